package pages

import (
	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// findingsTable lists what was found to be wrong. The state leads to the form of
// the next step, for who may take it.
func (v *visit) findingsTable(all []projections.Finding) (table, error) {
	t := table{Columns: v.columns("finding", "severity", "state", "about", "due_date", "raised_by", "entry")}
	var ids []domain.ID
	for _, f := range all {
		ids = append(ids, f.About)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, f := range all {
		due := ""
		if !f.DueDate.IsZero() {
			due = f.DueDate.String()
		}
		state := cell{Text: v.label("finding-state", f.State), State: f.State}
		if next := nextOfFinding[f.State]; next != "" && v.caller.Has(access.OfCommand(next)) {
			state.Href = v.href("record/"+next, "finding", string(f.Finding))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(f.Text), {Text: v.label("severity", f.Severity), State: f.Severity}, state, v.thing(f.About), text(due),
			text(f.RaisedBy), linked(f.Entry, v.href("journal", "entry", f.Entry))}})
	}
	return t, nil
}

// nextOfFinding is the command that usually follows a state.
var nextOfFinding = map[string]string{"raised": "answer-finding", "answered": "rectify-finding", "rectified": "close-finding"}

// noticesTable lists what was made public, with how long it stood or stands.
func (v *visit) noticesTable(all []projections.Notice) (table, error) {
	t := table{Columns: v.columns("notice", "project", "place", "+amount", "from", "until", "contact")}
	var ids []domain.ID
	for _, n := range all {
		ids = append(ids, n.Project, n.Place)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, n := range all {
		name := text(string(n.Notice))
		if n.Withdrawn != "" {
			name = cell{Text: v.say("notice.withdrawn", string(n.Notice)), State: "cancelled"}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{name, v.thing(n.Project), v.thing(n.Place), v.amount(n.Amount, n.Currency, false, ""),
			text(n.From.String()), text(n.To.String()), text(n.Contact)}})
	}
	return t, nil
}
