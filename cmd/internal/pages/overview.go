package pages

import (
	"net/http"
	"net/url"
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// homeView lists the ledgers.
type homeView struct{ Ledgers []homeLedger }

type homeLedger struct {
	Title, Name, Href string
	Invented          bool
	Sums              []tile
}

// homeOfOthers is the first page of who may not read ledgers: the first one that
// they may see.
func (v *visit) homeOfOthers() error {
	for _, path := range []string{"/people", "/status"} {
		if v.mayOpen(path) {
			http.Redirect(v.w, v.r, path, http.StatusSeeOther)
			return nil
		}
	}
	http.Redirect(v.w, v.r, "/account", http.StatusSeeOther)
	return nil
}

// home shows the ledgers, or the only one.
func (v *visit) home() error {
	if !v.caller.Has(access.ReadLedger) {
		return v.homeOfOthers()
	}
	if len(v.ledgers) == 1 {
		http.Redirect(v.w, v.r, "/ledgers/"+url.PathEscape(v.ledgers[0].Ledger), http.StatusSeeOther)
		return nil
	}
	var view homeView
	for _, l := range v.ledgers {
		v.ledger = l
		totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: l.Ledger, By: "year"})
		if err != nil {
			return err
		}
		h := homeLedger{Title: l.Title, Name: l.Ledger, Href: v.href(""), Invented: l.Invented}
		for _, sum := range totals.Sum {
			h.Sums = append(h.Sums, v.tiles(&sum, 0, v.columnsOf("funding", "received", "disbursed")...)...)
		}
		view.Ledgers = append(view.Ledgers, h)
	}
	v.ledger = projections.Ledger{}
	return v.show(http.StatusOK, "home", v.say("page.home"), view)
}

// tile is one large figure, with what it counts.
type tile struct {
	Label, Hint string
	Value       cell
}

// tiles shows columns of a sum; year 0 stands for all years.
func (v *visit) tiles(sum *projections.TotalsSum, ofYear int, columns ...string) []tile {
	var all []tile
	for _, c := range columns {
		value := v.total(sum, c, v.rowsOf(c, "year", year(ofYear)))
		if c == "cash" && sum.Disbursed == nil {
			value = cell{Number: true, Unknown: true} // where nobody reports payments, nobody knows what is left
		}
		all = append(all, tile{v.label("column", c), v.say("column-hint." + c), value})
	}
	return all
}

// overviewView is a programme at one glance.
type overviewView struct {
	Live   string // address that tells when there is something new; empty in the past
	At     string // block for which it holds
	Todo   []option
	Tiles  []tile
	Counts []fact
	Years  table
	Bars   bars
	Helped table
	Latest table
}

func (v *visit) overview() error {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "year"})
	if err != nil {
		return err
	}
	v.holdsFor(totals.Position)
	var view overviewView
	if !v.past.Shown {
		view.Live, view.At = v.href("live"), whole(v.past.End)
	}
	for _, sum := range totals.Sum {
		view.Tiles = append(view.Tiles, v.tiles(&sum, 0, v.columnsOf("committed", "received", "in_kind", "disbursed", "cash")...)...)
	}
	view.Years = v.totalsTable(totals, v.columnsOf(overviewColumns...))
	view.Bars = v.yearBars(totals)
	if view.Todo, err = v.todo(); err != nil {
		return err
	}
	if view.Counts, err = v.counts(); err != nil {
		return err
	}
	if view.Helped, err = v.helped(); err != nil {
		return err
	}
	latest, err := v.Views.Journal(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Newest: true, Limit: 8})
	if err != nil {
		return err
	}
	if view.Latest, err = v.movements(latest.Movements); err != nil {
		return err
	}
	return v.show(http.StatusOK, "overview", v.ledger.Title, view)
}

// columnsOf are the columns of an overview, or those of a part of the ledger for
// who may read a part.
func (v *visit) columnsOf(whole ...string) []string {
	if v.readsPart() {
		return partColumns[:4]
	}
	return whole
}

var overviewColumns = []string{"committed", "received", "in_kind", "funding", "disbursed", "cash"}

// helped counts the people who were helped in each year, each once.
func (v *visit) helped() (table, error) {
	t := table{Columns: v.columns("year", "+persons", "+households", "+benefit_count", "+benefit_sum")}
	all, err := v.Views.PeopleHelped(v.ctx(), v.ledger.Ledger, "year")
	if err != nil {
		return t, err
	}
	number := func(n int64) cell { return cell{Text: strconv.FormatInt(n, 10), Number: true} }
	line := func(h projections.Helped, label string, sum bool) {
		t.Rows = append(t.Rows, row{Sum: sum, Cells: []cell{text(label), number(h.Persons), number(h.Households), number(h.Benefits), v.amount(h.Amount, h.Currency, false, "")}})
	}
	for _, h := range all.Rows {
		line(h, h.Key, false)
	}
	for _, h := range all.Together {
		line(h, v.say("helped.together"), true)
	}
	return t, nil
}

// counts says how many things of each kind there are.
func (v *visit) counts() ([]fact, error) {
	nodes, err := v.Views.Nodes(v.ctx(), v.ledger.Ledger)
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for _, node := range nodes {
		n[node.Noun]++
	}
	var all []fact
	for _, c := range []struct{ noun, register string }{{"project", "projects"}, {"place", "places"}, {"organisation", "organisations"},
		{"fund", "funds"}, {"pairing", "pairings"}, {"gift", "gifts"}, {"indicator", "indicators"}} {
		if v.mayOpen(c.register) {
			all = append(all, fact{v.say("page." + c.register), linked(strconv.Itoa(n[c.noun]), v.href(c.register))})
		}
	}
	return all, nil
}

// yearBars draws the stages of each year.
func (v *visit) yearBars(t projections.Totals) bars {
	stages := []domain.Stage{domain.Committed, domain.Received, domain.Disbursed}
	if v.readsPart() {
		stages = flowStages
	}
	var names []string
	for _, s := range stages {
		names = append(names, v.label("column", s.String()))
	}
	b := newBars(v.say("bars.years"), names...)
	for _, row := range t.Rows {
		g := b.group(row.Key)
		for i, s := range stages {
			c := s.String()
			b.add(g, i, row.Amount(s), row.Currency, v.total(&row.TotalsSum, c, v.rowsOf(c, "year", row.Key)))
		}
	}
	b.scale()
	return *b
}
