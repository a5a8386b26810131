package pages

import (
	"net/http"
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
)

// settingsView is what a ledger was told about approvals and checks.
type settingsView struct {
	Approvals table
	Checks    table
	Set, Lift string // addresses of the forms, for who may use them
}

func (v *visit) settings() error {
	s, err := v.Views.Settings(v.ctx(), v.ledger.Ledger)
	if err != nil {
		return err
	}
	if !v.past.Shown {
		v.holdsFor(s.Position)
	}
	view := settingsView{Approvals: table{Columns: v.columns("currency", "+threshold_amount", "entry"), Empty: v.say("settings.no-approval")},
		Checks: table{Columns: v.columns("threshold", "+value", "+usual")}}
	for _, a := range s.Approvals {
		view.Approvals.Rows = append(view.Approvals.Rows, row{Cells: []cell{text(string(a.Currency)), v.amount(&a.Amount, a.Currency, false, ""), linked(a.Entry, v.href("trace/"+a.Entry))}})
	}
	may := v.caller.Has(access.OfCommand("set-check-threshold"))
	for _, t := range domain.CheckThresholds() {
		name, value := text(v.label("threshold", t.Name)), s.Checks[t.Name]
		if may {
			name.Href = v.href("record/set-check-threshold", "threshold", t.Name, "value", strconv.Itoa(value))
		}
		view.Checks.Rows = append(view.Checks.Rows, row{Cells: []cell{name, {Text: strconv.Itoa(value), Number: true}, {Text: strconv.Itoa(t.Usual), Number: true}}})
	}
	if v.caller.Has(access.OfCommand("set-approval-threshold")) {
		view.Set, view.Lift = v.href("record/set-approval-threshold"), v.href("record/lift-approval-threshold")
	}
	return v.show(http.StatusOK, "settings", v.say("page.settings"), view)
}
