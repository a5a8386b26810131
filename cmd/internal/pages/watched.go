package pages

import (
	"strconv"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// What has to be watched: money that only some may have, evidence that is not
// there, and entries in closed years.

// earmarksTable says what the money of funds is for, and what nobody has spent.
func (v *visit) earmarksTable(all []projections.EarmarkedFund) (table, error) {
	t := table{Columns: v.columns("fund", "purpose", "projects", "limited_places", "until", "+cash")}
	var ids []domain.ID
	for _, e := range all {
		ids = append(append(append(ids, e.Fund), e.Projects...), e.Places...)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	today := domain.DateOf(v.Now().In(v.zone()))
	for _, e := range all {
		until := cell{}
		if !e.Until.IsZero() {
			until = text(e.Until.String())
			if cash, ok := minor(e.Cash, e.Currency); ok && cash > 0 && e.Until.Last().Before(today) {
				until.State = "severe"
			}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.thing(e.Fund), text(e.Purpose), text(v.namesOf(e.Projects)), text(v.namesOf(e.Places)), until, v.amount(e.Cash, e.Currency, false, "")}})
	}
	return t, nil
}

func (v *visit) namesOf(ids []domain.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.name(string(id))
	}
	return strings.Join(names, v.say("and"))
}

// gapsTable says which evidence projects lack.
func (v *visit) gapsTable(all []projections.ProjectGap) (table, error) {
	t := table{Columns: v.columns("project", "state", "lacking")}
	for _, g := range all {
		var lacking []string
		for _, what := range g.Missing {
			lacking = append(lacking, v.label("gap", what))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.own(g.Name, g.Project), {Text: v.label("state", g.State), State: g.State}, text(strings.Join(lacking, v.say("and")))}})
	}
	return t, nil
}

// restatementsTable lists entries in closed years, with who let them be recorded.
func (v *visit) restatementsTable(all []projections.Restatement) (table, error) {
	t := table{Columns: v.columns("year", "fund", "+amount", "state", "reason", "approved_by", "actor", "entry")}
	var ids []domain.ID
	for _, r := range all {
		ids = append(ids, r.Fund)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, r := range all {
		entry := text(r.Restated)
		if r.State != "allowed" { // it is recorded
			entry = linked(r.Restated, v.href("trace/"+r.Restated))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(strconv.Itoa(r.Year)), v.thing(r.Fund), v.amount(r.Amount, r.Currency, false, ""),
			{Text: v.label("restatement-state", r.State), State: r.State}, text(r.Reason), text(v.who(r.AllowedBy)), text(v.who(r.RecordedBy)), entry}})
	}
	return t, nil
}
