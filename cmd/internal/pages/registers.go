package pages

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"aidledger/domain"
	"aidledger/projections"
)

// registerView is what is registered of one kind.
type registerView struct {
	Table table
	Lead  string
}

// registers are the lists of a ledger, by the last part of their address.
var registers = map[string]func(*visit, projections.ListQuery) (table, string, error){
	"projects":      listed((*projections.DB).Projects, (*visit).projectsTable),
	"places":        listed((*projections.DB).Places, (*visit).placesTable),
	"organisations": listed((*projections.DB).Organisations, (*visit).organisationsTable),
	"funds":         listed((*projections.DB).Funds, (*visit).fundsTable),
	"gifts":         listed((*projections.DB).Gifts, (*visit).giftsTable),
	"pairings":      listed((*projections.DB).Pairings, (*visit).pairingsTable),
	"indicators":    listed((*projections.DB).Indicators, (*visit).indicatorsTable),
	"notes":         listed((*projections.DB).Notes, (*visit).notesTable),
	"earmarks":      listed((*projections.DB).Earmarks, (*visit).earmarksTable),
	"gaps":          listed((*projections.DB).ProjectGaps, (*visit).gapsTable),
	"restatements":  listed((*projections.DB).Restatements, (*visit).restatementsTable),
}

// listed reads a page of a list and makes its table.
func listed[T any](query func(*projections.DB, context.Context, projections.ListQuery) (projections.List[T], error),
	tabled func(*visit, []T) (table, error)) func(*visit, projections.ListQuery) (table, string, error) {
	return func(v *visit, q projections.ListQuery) (table, string, error) {
		rows, err := query(v.Views, v.ctx(), q)
		if err != nil {
			return table{}, "", err
		}
		if !v.past.Shown {
			v.past.Position = rows.Position.String()
		}
		t, err := tabled(v, rows.Rows)
		return t, rows.Next, err
	}
}

func (v *visit) register() error {
	name := v.r.PathValue("register")
	list, ok := registers[name]
	if !ok {
		return problem(http.StatusNotFound, "path_not_found", "there is nothing at this path", "use the menu")
	}
	q := projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: v.query.Get("after")}
	t, next, err := list(v, q)
	if err != nil {
		return err
	}
	t.Empty = v.say("register.empty")
	v.paged(&t, next)
	if sent, err := v.sendFile(name, &t); sent {
		return err
	}
	return v.show(http.StatusOK, "register", v.say("page."+name), registerView{Table: t, Lead: v.texts["lead."+name]})
}

// columns makes the heads of a table from names of fields; one with a + before
// it is a number.
func (v *visit) columns(names ...string) []column {
	all := make([]column, len(names))
	for i, name := range names {
		if name[0] == '+' {
			all[i] = column{Label: v.label("field", name[1:]), Number: true}
		} else {
			all[i] = column{Label: v.label("field", name)}
		}
	}
	return all
}

func (v *visit) own(name string, id domain.ID) cell { return linked(name, v.href("trace/"+string(id))) }

func (v *visit) projectsTable(all []projections.Project) (table, error) {
	t := table{Columns: v.columns("project", "state", "sector", "place", "implementer", "+allocated", "+disbursed", "+progress")}
	var ids []domain.ID
	for _, p := range all {
		ids = append(ids, p.Implementer)
		for _, s := range p.Places {
			ids = append(ids, s.Place)
		}
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	sums, err := v.sumsByKey("project")
	if err != nil {
		return t, err
	}
	for _, p := range all {
		place := cell{}
		switch len(p.Places) {
		case 0:
		case 1:
			place = v.thing(p.Places[0].Place)
		default:
			place = text(v.say("places.several", strconv.Itoa(len(p.Places))))
		}
		cells := []cell{v.own(p.Name, p.Project), {Text: v.label("state", p.State), State: p.State}, text(p.Sector), place, v.thing(p.Implementer), {Number: true, Unknown: true}, {Number: true, Unknown: true}, {}}
		if sum, ok := sums[string(p.Project)]; ok {
			cells[5] = v.total(&sum, "allocated", v.rowsOf("allocated", "project", string(p.Project)))
			cells[6] = v.total(&sum, "disbursed", v.rowsOf("disbursed", "project", string(p.Project)))
			if steps := v.progress(nil, "", &sum, "disbursed", "allocated"); len(steps) > 0 {
				cells[7] = cell{Text: steps[0].Rate, Number: true}
			}
		} else {
			zero := domain.Money{Currency: v.ledger.Currency}.Decimal()
			cells[5] = v.amount(&zero, v.ledger.Currency, false, "")
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t, nil
}

// sumsByKey reads the totals of a dimension in the currency of the ledger.
func (v *visit) sumsByKey(by string) (map[string]projections.TotalsSum, error) {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: by, Currency: v.ledger.Currency, Limit: 10_000})
	sums := map[string]projections.TotalsSum{}
	for _, r := range totals.Rows {
		sums[r.Key] = r.TotalsSum
	}
	return sums, err
}

func (v *visit) placesTable(all []projections.Place) (table, error) {
	t := table{Columns: v.columns("place", "level", "parent", "code")}
	var ids []domain.ID
	for _, p := range all {
		ids = append(ids, p.Parent)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, p := range all {
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(p.Name, p.Place), text(v.label("level", p.Level)), v.thing(p.Parent), text(string(p.Place))}})
	}
	return t, nil
}

func (v *visit) organisationsTable(all []projections.Organisation) (table, error) {
	t := table{Columns: v.columns("organisation", "kind", "place", "credit_code")}
	var ids []domain.ID
	for _, o := range all {
		ids = append(ids, o.Place)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, o := range all {
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(o.Name, o.Organisation), text(v.label("kind", o.Kind)), v.thing(o.Place), text(o.CreditCode)}})
	}
	return t, nil
}

func (v *visit) fundsTable(all []projections.Fund) (table, error) {
	t := table{Columns: v.columns("fund", "provider", "budget_year", "basis", "document", "+committed", "+received", "+disbursed")}
	var ids []domain.ID
	for _, f := range all {
		ids = append(ids, f.Provider)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	sums, err := v.sumsByKey("fund")
	if err != nil {
		return t, err
	}
	for _, f := range all {
		name := cmp.Or(f.Purpose, f.Document, string(f.Fund))
		cells := []cell{v.own(name, f.Fund), v.thing(f.Provider), text(strconv.Itoa(f.BudgetYear)), text(v.label("basis", f.Basis)), text(f.Document)}
		for _, c := range []string{"committed", "received", "disbursed"} {
			if sum, ok := sums[string(f.Fund)]; ok {
				cells = append(cells, v.total(&sum, c, v.rowsOf(c, "fund", string(f.Fund))))
			} else {
				cells = append(cells, cell{Number: true, Unknown: true})
			}
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t, nil
}

func (v *visit) giftsTable(all []projections.Gift) (table, error) {
	t := table{Columns: v.columns("gift", "donor", "date", "+quantity", "+distributed", "+receive-gift.value", "method")}
	var ids []domain.ID
	for _, g := range all {
		ids = append(ids, g.Donor)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, g := range all {
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(g.Item, g.Gift), v.thing(g.Donor), text(g.Date.String()),
			{Text: g.Quantity.String() + " " + g.Unit, Number: true}, {Text: g.Distributed.String() + " " + g.Unit, Number: true},
			v.amount(g.Value, g.Currency, g.Approximate, ""), text(v.label("method", g.Method))}})
	}
	return t, nil
}

func (v *visit) pairingsTable(all []projections.Pairing) (table, error) {
	t := table{Columns: v.columns("helper", "helped", "purpose", "+pairs", "since", "ended", "agreement")}
	var ids []domain.ID
	for _, p := range all {
		ids = append(ids, p.Agreement)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, p := range all {
		since := p.Date.String()
		if p.Undated {
			since = v.say("undated")
		}
		ended := ""
		if !p.Ended.IsZero() {
			ended = p.Ended.String()
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.node(p.Helper), v.node(p.Helped), v.own(v.label("purpose", p.Purpose), p.Pairing),
			{Text: strconv.Itoa(p.Pairs), Number: true}, text(since), text(ended), v.thing(p.Agreement)}})
	}
	return t, nil
}

func (v *visit) indicatorsTable(all []projections.Indicator) (table, error) {
	t := table{Columns: v.columns("indicator", "+value", "unit", "period", "place", "part_of", "commercial")}
	var ids []domain.ID
	for _, i := range all {
		ids = append(ids, i.Place, i.Project, i.PartOf)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, i := range all {
		period := i.Until.String()
		if !i.From.IsZero() {
			period = i.From.String() + " – " + period
		}
		if i.Until.IsZero() {
			period = i.Date.String()
		}
		about := v.thing(i.Place)
		if i.Project != "" {
			about = v.thing(i.Project)
		}
		commercial := ""
		if i.Commercial {
			commercial = v.say("yes")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(i.Name, i.Indicator), {Text: v.label("qualifier", i.Qualifier) + i.Value.String(), Number: true}, text(i.Unit), text(period),
			about, v.thing(i.PartOf), text(commercial)}})
	}
	return t, nil
}

func (v *visit) notesTable(all []projections.Note) (table, error) {
	t := table{Columns: v.columns("note", "kind", "date", "about", "+amount")}
	var ids []domain.ID
	for _, n := range all {
		ids = append(ids, n.About)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, n := range all {
		date := n.Date.String()
		if n.Undated {
			date = v.say("undated")
		}
		amount := cell{Number: true}
		if n.Amount != nil {
			amount = v.amount(n.Amount, n.Currency, n.Approximate, "")
		} else if !n.Quantity.IsZero() {
			amount.Text = n.Quantity.String() + " " + n.Unit
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(n.Text, n.ID), text(v.label("note", n.Kind)), text(date), v.thing(n.About), amount}})
	}
	return t, nil
}
