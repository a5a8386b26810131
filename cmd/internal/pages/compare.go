package pages

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"aidledger/domain"
	"aidledger/projections"
)

// compareView is one column of totals on two days, and what has changed.
type compareView struct {
	From, To string
	By       []option
	Columns  []option
	Kept     []kept
	Table    table
}

func (v *visit) compare() error {
	today := domain.DateOf(v.Now().In(v.zone()))
	from, errFrom := domain.ParseDate(cmp.Or(v.query.Get("from"), strconv.Itoa(today.Year()-1)+"-12-31"))
	to, errTo := domain.ParseDate(cmp.Or(v.query.Get("to"), today.String()))
	if errFrom != nil || errTo != nil {
		return problem(http.StatusBadRequest, "date_format", "that is no date", "write dates such as 2019-06-30")
	}
	by, columnName := cmp.Or(v.query.Get("by"), "project"), cmp.Or(v.query.Get("column"), "disbursed")
	columns, known := []string{"committed", "received", "allocated", "disbursed", "spent", "cash"}, allColumns()
	if v.readsPart() {
		columns, known = partColumns, partColumns
	}
	if !slices.Contains(known, columnName) {
		return problem(http.StatusBadRequest, "bad_query", "there is no such column", "choose one of the page")
	}
	view := compareView{From: from.String(), To: to.String(), Kept: []kept{{"by", by}, {"column", columnName}}}
	for _, r := range roads {
		view.By = append(view.By, option{Label: v.label("road", r.by), Href: v.with("by", r.by), Current: r.by == by})
	}
	for _, c := range columns {
		view.Columns = append(view.Columns, option{Label: v.label("column", c), Href: v.with("column", c), Current: c == columnName})
	}
	days := [2]domain.Date{from, to}
	var totals [2]projections.Totals
	for i, day := range days {
		as := v.asOf
		as.EffectiveUntil = day
		var err error
		if totals[i], err = v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: by, AsOf: as, Limit: v.rowsAtOnce(), After: v.query.Get("after")}); err != nil {
			return err
		}
	}
	view.Table = v.compared(by, columnName, days, totals)
	v.paged(&view.Table, totals[1].Next)
	if sent, err := v.sendFile("compare-"+by, &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "compare", v.say("page.compare"), view)
}

// compared puts the lines of two days beside each other. What nobody had
// reported on the first day has no difference: it is not zero.
func (v *visit) compared(by, name string, days [2]domain.Date, totals [2]projections.Totals) table {
	t := table{Empty: v.say("totals.empty"), Columns: []column{{Label: v.label("road", by)}, {Label: days[0].String(), Number: true},
		{Label: days[1].String(), Number: true}, {Label: v.say("compare.change"), Number: true}}}
	type key struct {
		key      string
		currency domain.Currency
	}
	before := map[key]*projections.TotalsSum{}
	for i := range totals[0].Rows {
		r := &totals[0].Rows[i]
		before[key{r.Key, r.Currency}] = &r.TotalsSum
	}
	for i := range totals[1].Rows {
		r := &totals[1].Rows[i]
		cells := v.comparedCells(name, before[key{r.Key, r.Currency}], &r.TotalsSum, days, by, r.Key)
		t.Rows = append(t.Rows, row{Cells: append([]cell{v.totalsKey(totals[1], *r)}, cells...)})
	}
	for i := range totals[1].Sum {
		s := &totals[1].Sum[i]
		j := slices.IndexFunc(totals[0].Sum, func(b projections.TotalsSum) bool { return b.Currency == s.Currency })
		var b *projections.TotalsSum
		if j >= 0 {
			b = &totals[0].Sum[j]
		}
		t.Rows = append(t.Rows, row{Sum: true, Cells: append([]cell{text(v.say("sum"))}, v.comparedCells(name, b, s, days, by, "")...)})
	}
	return t
}

func (v *visit) comparedCells(name string, before, after *projections.TotalsSum, days [2]domain.Date, by, id string) []cell {
	cells := make([]cell, 3)
	var minors [2]int64
	known := true
	for i, s := range []*projections.TotalsSum{before, after} {
		var decimal *string
		if s != nil {
			decimal = s.Column(name)
		}
		var ok bool
		minors[i], ok = minor(decimal, after.Currency)
		known = known && ok
		cells[i] = v.amount(decimal, after.Currency, false, "")
		if cells[i].Text != "" && id != "" {
			q := url.Values{"effective_until": {days[i].String()}, keyParam(by): {id}, "stage": {cmp.Or(derived[name], stageOfColumn(name))}}
			cells[i].Href = "/ledgers/" + url.PathEscape(v.ledger.Ledger) + "/journal?" + q.Encode()
		}
	}
	cells[2] = cell{Number: true, Unknown: true}
	if known {
		cells[2] = v.exact(domain.Money{Minor: minors[1] - minors[0], Currency: after.Currency}, "")
	}
	return cells
}

// idleView is the cash of funds by how long it has lain there.
type idleView struct {
	Day   string
	Table table
}

// idleAges are the days after which cash is shown as older: two to see it come,
// and the thresholds of the ledger from which on it is idle, and severely so.
func (v *visit) idleAges() ([]int, error) {
	s, err := v.Views.Settings(v.ctx(), v.ledger.Ledger)
	ages := []int{90, 180, s.Checks["idle-days"], s.Checks["severe-idle-days"]}
	slices.Sort(ages)
	return slices.Compact(ages), err
}

// inflow is cash that came into a fund on a day.
type inflow struct {
	date  time.Time
	minor int64
}

func (v *visit) idle() error {
	day := domain.DateOf(v.Now().In(v.zone()))
	if until := v.asOf.EffectiveUntil; !until.IsZero() {
		day = until.Last()
	}
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "fund", Limit: 10_000})
	if err != nil {
		return err
	}
	v.holdsFor(totals.Position)
	ages, err := v.idleAges()
	if err != nil {
		return err
	}
	came, err := v.inflows()
	if err != nil {
		return err
	}
	view := idleView{Day: day.String(), Table: table{Empty: v.say("idle.empty"), Columns: []column{{Label: v.label("field", "fund")}, {Label: v.label("column", "cash"), Number: true, Hint: v.say("column-hint.cash")}}}}
	for i, age := range ages {
		view.Table.Columns = append(view.Table.Columns, column{Label: v.say("idle.until", strconv.Itoa(age)), Number: true})
		if i == len(ages)-1 {
			view.Table.Columns = append(view.Table.Columns, column{Label: v.say("idle.over", strconv.Itoa(age)), Number: true})
		}
	}
	var with []projections.TotalsRow // cash in them
	sums := map[domain.Currency]*agedCash{}
	for _, r := range totals.Rows {
		cash, known := minor(r.Cash, r.Currency)
		if !known || cash <= 0 || !paid(totals.Sum, r.Currency) {
			continue
		}
		with = append(with, r)
		if sums[r.Currency] == nil {
			sums[r.Currency] = &agedCash{parts: make([]int64, len(ages)+1)}
		}
		sums[r.Currency].add(cash, byAge(came[r.Key], cash, day.Time(), ages))
	}
	shown, next := pageOf(v, v.query.Get("after"), with, func(r projections.TotalsRow) string { return r.Key + " " + string(r.Currency) })
	for _, r := range shown {
		cash, _ := minor(r.Cash, r.Currency)
		cells := []cell{v.totalsKey(totals, r), v.total(&r.TotalsSum, "cash", v.rowsOf("cash", "fund", r.Key))}
		view.Table.Rows = append(view.Table.Rows, row{Cells: append(cells, v.aged(byAge(came[r.Key], cash, day.Time(), ages), r.Currency)...)})
	}
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		cells := append([]cell{text(v.say("sum")), v.minorUnits(sums[c].cash, c)}, v.aged(sums[c].parts, c)...)
		view.Table.Rows = append(view.Table.Rows, row{Sum: true, Cells: cells})
	}
	v.paged(&view.Table, next)
	if sent, err := v.sendFile("idle", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "idle", v.say("page.idle"), view)
}

// agedCash is cash, divided by its age.
type agedCash struct {
	cash  int64
	parts []int64
}

func (a *agedCash) add(cash int64, parts []int64) {
	a.cash += cash
	for i, n := range parts {
		a.parts[i] += n
	}
}

// aged shows cash by age; what is older than all limits is the worst.
func (v *visit) aged(parts []int64, c domain.Currency) []cell {
	cells := make([]cell, len(parts))
	for i, n := range parts {
		cells[i].Number = true
		if n != 0 {
			cells[i] = v.minorUnits(n, c)
			if i == len(parts)-1 {
				cells[i].State = "overdue"
			}
		}
	}
	return cells
}

func (v *visit) minorUnits(n int64, c domain.Currency) cell {
	return v.exact(domain.Money{Minor: n, Currency: c}, "")
}

// paid tells whether anybody reported a payment in a currency. Where nobody did,
// nobody knows what is left, and nothing can be called idle.
func paid(sums []projections.TotalsSum, c domain.Currency) bool {
	return slices.ContainsFunc(sums, func(s projections.TotalsSum) bool { return s.Currency == c && s.Disbursed != nil })
}

// inflows reads what came into each fund.
func (v *visit) inflows() (map[string][]inflow, error) {
	came := map[string][]inflow{}
	q := projections.JournalQuery{Ledger: v.ledger.Ledger, Stage: "received,carried-in", Limit: listMax}
	for {
		journal, err := v.Views.Journal(v.ctx(), q)
		if err != nil {
			return nil, err
		}
		for _, m := range journal.Movements {
			n, _ := minor(&m.Amount, m.Currency)
			came[string(m.Fund)] = append(came[string(m.Fund)], inflow{m.Date.Last().Time(), n})
		}
		if q.After = journal.Next; q.After == "" {
			return came, nil
		}
	}
}

// byAge divides cash by how long it has lain there: what goes out is taken from
// what came in first, so what is left came in last.
func byAge(came []inflow, cash int64, day time.Time, limits []int) []int64 {
	ages := make([]int64, len(limits)+1)
	slices.SortStableFunc(came, func(a, b inflow) int { return b.date.Compare(a.date) })
	for _, in := range came {
		part := min(cash, max(in.minor, 0))
		days := int(day.Sub(in.date).Hours() / 24)
		i, _ := slices.BinarySearch(limits, days)
		ages[i] += part
		cash -= part
	}
	ages[len(limits)] += cash // older than anything that is known
	return ages
}
