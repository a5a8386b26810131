package pages

import (
	"net/http"
	"net/url"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/vault"
)

// beneficiariesView lists who was helped, masked. Nothing is shown before the
// reader has said what for.
type beneficiariesView struct {
	Why      string
	Place    string
	States   []option
	Table    table
	Reading  bool // a reason was given, and the reading is recorded
	Problem  *failure
	Register string // address of the form, for who may use it
}

var beneficiaryStates = []string{"registered", "removed", "restricted", "forgotten"}

func (v *visit) beneficiaries() error {
	view := beneficiariesView{Why: strings.TrimSpace(v.query.Get("why")), Place: strings.TrimSpace(v.query.Get("place"))}
	if v.caller.Has(access.OfCommand("register-beneficiary")) {
		view.Register = v.href("record/register-beneficiary")
	}
	state := v.query.Get("state")
	for _, s := range beneficiaryStates {
		view.States = append(view.States, option{Value: s, Label: v.label("beneficiary-state", s), Current: s == state})
	}
	if view.Why == "" {
		return v.show(http.StatusOK, "beneficiaries", v.say("page.beneficiaries"), view)
	}
	q := projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listPage, After: v.query.Get("after"), Filter: map[string]string{}}
	for name, value := range map[string]string{"place": view.Place, "state": state} {
		if value != "" {
			q.Filter[name] = value
		}
	}
	rows, err := v.server.ReadBeneficiaries(v.r, v.caller, q, v.asOf, view.Why)
	if err != nil {
		wrong, status := v.wrong(err)
		view.Problem = wrong
		return v.show(status, "beneficiaries", v.say("page.beneficiaries"), view)
	}
	view.Reading = true
	if view.Table, err = v.beneficiariesTable(rows.Rows, view.Why); err != nil {
		return err
	}
	v.paged(&view.Table, rows.Next)
	view.Table.Export = "" // personal data leaves by the export alone, with its own reason
	return v.show(http.StatusOK, "beneficiaries", v.say("page.beneficiaries"), view)
}

func (v *visit) beneficiariesTable(all []projections.Beneficiary, why string) (table, error) {
	t := table{Columns: v.columns("beneficiary", "kind", "place", "person_name", "id_number", "phone", "bank_card", "state"), Empty: v.say("register.empty")}
	var ids []domain.ID
	for _, b := range all {
		ids = append(ids, b.Place)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, b := range all {
		id := text(string(b.Beneficiary))
		if v.caller.Has(access.RevealBeneficiary) {
			id.Href = v.href("beneficiaries/"+url.PathEscape(string(b.Beneficiary)), "why", why)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{id, text(v.label("kind", b.Kind)), v.thing(b.Place), text(b.Name), text(b.IDNumber), text(b.Phone), text(b.BankCard),
			{Text: v.label("beneficiary-state", b.State), State: b.State}}})
	}
	return t, nil
}

// revealView shows one field of a beneficiary in full, to who says why.
type revealView struct {
	Fields  []option
	Why     string
	Shown   []fact
	Problem *failure
}

func (v *visit) revealView(why, field string) revealView {
	view := revealView{Why: why}
	for _, f := range []string{vault.Name, vault.IDNumber, vault.Phone, vault.BankCard} {
		view.Fields = append(view.Fields, option{Value: f, Label: v.personal(f), Current: f == field})
	}
	return view
}

// personal is what a personal field is called.
func (v *visit) personal(field string) string {
	if field == vault.Name {
		return v.label("field", "person_name")
	}
	return v.label("field", strings.ReplaceAll(field, "-", "_"))
}

func (v *visit) askReveal() error {
	return v.show(http.StatusOK, "reveal", v.say("beneficiary.title", v.r.PathValue("id")), v.revealView(v.query.Get("why"), ""))
}

// reveal shows one field of a beneficiary in full.
func (v *visit) reveal() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	form := web.RevealForm{Field: v.r.PostForm.Get("field"), Why: v.r.PostForm.Get("why")}
	view, status := v.revealView(form.Why, form.Field), http.StatusOK
	value, err := v.server.Reveal(v.r, v.caller, form)
	if err != nil {
		view.Problem, status = v.wrong(err)
	} else {
		if value == "" {
			value = v.say("beneficiary.not-given")
		}
		view.Shown = []fact{{v.personal(form.Field), text(value)}}
	}
	return v.show(status, "reveal", v.say("beneficiary.title", v.r.PathValue("id")), view)
}
