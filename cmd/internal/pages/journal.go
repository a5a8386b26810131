package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// journalView is a page of movements.
type journalView struct {
	Filters []filter
	Stages  []option
	Years   string // as it was asked for
	Table   table
	Active  bool // something is filtered
	Clear   string
	Why     string // address of the steps to the sum, where one can be named
}

// filter is one thing that the movements are limited to.
type filter struct {
	Name, Label, Value string
	Shown              cell
	Without            string // address of the page without it
}

// journalFilters are the parameters that name a thing.
var journalFilters = []string{"fund", "project", "place", "provider", "payee", "disbursement", "entry"}

func (v *visit) journalQuery() projections.JournalQuery {
	id := func(name string) domain.ID { return domain.ID(strings.TrimSpace(v.query.Get(name))) }
	return projections.JournalQuery{Ledger: v.ledger.Ledger, Fund: id("fund"), Project: id("project"), Place: id("place"),
		Provider: id("provider"), Payee: id("payee"), Disbursement: id("disbursement"), Entry: v.query.Get("entry"),
		Stage: v.query.Get("stage"), Without: v.query.Get("without"), Year: v.number("year"), BudgetYear: v.number("budget_year"),
		Newest: v.query.Get("order") != "oldest", Limit: v.rowsAtOnce(), After: v.query.Get("after")}
}

func (v *visit) journal() error {
	q := v.journalQuery()
	journal, err := v.Views.Journal(v.ctx(), q)
	if err != nil {
		return err
	}
	v.holdsFor(journal.Position)
	view := journalView{Clear: v.href("journal"), Years: v.query.Get("year")}
	if view.Table, err = v.movements(journal.Movements); err != nil {
		return err
	}
	v.paged(&view.Table, journal.Next)
	if q.After == "" && journal.Next == "" && len(journal.Movements) > 1 {
		view.Table.Rows = append(view.Table.Rows, v.sums(journal.Movements)...)
	}
	if err := v.journalFilters(&view); err != nil {
		return err
	}
	if q.Stage != "" && q.Payee == "" && q.Disbursement == "" && q.Entry == "" {
		view.Why = whyOf(v.with("after", ""))
	}
	if sent, err := v.sendFile("journal", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "journal", v.say("page.journal"), view)
}

// journalFilters shows what the movements are limited to, and what else they
// could be limited to.
func (v *visit) journalFilters(view *journalView) error {
	var ids []domain.ID
	for _, name := range journalFilters {
		ids = append(ids, domain.ID(v.query.Get(name)))
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	for _, name := range append(journalFilters, "without", "year", "budget_year") {
		value := v.query.Get(name)
		if value == "" {
			continue
		}
		f := filter{Name: name, Label: v.label("field", name), Value: value, Without: v.with(name, "")}
		switch name {
		case "without":
			f.Shown = text(v.label("line", map[string]string{"project": "unallocated", "place": "not-assigned"}[value]))
		case "year", "budget_year", "entry":
			f.Shown = text(value)
		default:
			f.Shown = v.thing(domain.ID(value))
		}
		view.Filters = append(view.Filters, f)
	}
	chosen := strings.Split(v.query.Get("stage"), ",")
	for _, s := range domain.Stages() {
		o := option{Value: s.String(), Label: v.label("stage", s.String())}
		for _, c := range chosen {
			o.Current = o.Current || c == s.String()
		}
		view.Stages = append(view.Stages, o)
		view.Active = view.Active || o.Current
	}
	if len(chosen) > 1 {
		var labels []string
		for _, c := range chosen {
			labels = append(labels, v.label("stage", c))
		}
		view.Filters = append(view.Filters, filter{Name: "stage", Label: v.label("field", "stage"), Value: v.query.Get("stage"),
			Shown: text(strings.Join(labels, v.say("and"))), Without: v.with("stage", "")})
	}
	view.Active = view.Active || len(view.Filters) > 0
	return nil
}

// movements shows rows of the journal.
func (v *visit) movements(all []projections.Movement) (table, error) {
	t := table{Empty: v.say("journal.empty")}
	for _, c := range []string{"date", "stage", "amount", "fund", "project", "place", "payee", "paper", "position"} {
		t.Columns = append(t.Columns, column{Label: v.label("field", c), Number: c == "amount"})
	}
	var ids []domain.ID
	for _, m := range all {
		ids = append(ids, m.Fund, m.Provider, m.Project, m.Place, m.Payee)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, m := range all {
		paper := text(strings.TrimSpace(m.Document + " " + m.Voucher))
		if m.Voucher != "" && m.Stage == domain.Disbursed.String() && m.Reverses == "" && !v.readsPart() {
			paper.Href = v.href("voucher/" + url.PathEscape(m.Entry))
		}
		stage := cell{Text: v.label("stage", m.Stage), State: m.Stage}
		if m.Reverses != "" {
			stage = cell{Text: v.say("journal.reversal", v.label("stage", m.Stage)), State: "reversal", Href: v.href("trace/" + m.Reverses)}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			text(m.Date.String()), stage, v.amount(&m.Amount, m.Currency, m.Approximate, v.href("trace/"+m.Entry)),
			v.thing(m.Fund), v.thing(m.Project), v.thing(m.Place), v.thing(m.Payee), paper,
			v.at(m.Position.String()),
		}})
	}
	return t, nil
}

// sums adds up movements that are all shown: one line for each stage and
// currency, since neither is ever mixed.
func (v *visit) sums(all []projections.Movement) []row {
	type key struct {
		stage    string
		currency domain.Currency
	}
	sums := map[key]domain.Money{}
	var order []key
	approximate := map[key]bool{}
	for _, m := range all {
		k := key{m.Stage, m.Currency}
		n, _ := minor(&m.Amount, m.Currency)
		sum, err := domain.Money{Minor: sums[k].Minor, Currency: m.Currency}.Add(domain.Money{Minor: n, Currency: m.Currency})
		if err != nil {
			return nil // more than a ledger can hold
		}
		if _, seen := sums[k]; !seen {
			order = append(order, k)
		}
		sums[k], approximate[k] = sum, approximate[k] || m.Approximate
	}
	var rows []row
	for _, k := range order {
		decimal := sums[k].Decimal()
		rows = append(rows, row{Sum: true, Cells: []cell{text(v.say("sum")), text(v.label("stage", k.stage)),
			v.amount(&decimal, k.currency, approximate[k], ""), {}, {}, {}, {}, {}, text("")}})
	}
	return rows
}

// whole is the text of a whole number.
func whole(n uint64) string { return strconv.FormatUint(n, 10) }
