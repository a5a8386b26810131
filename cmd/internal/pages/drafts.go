package pages

import (
	"net/http"
	"net/url"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections/people"
)

// draftLine is a form that the caller began.
type draftLine struct{ ID, Label, Says, Href, Kept string }

// draftSays are the inputs by which people know one draft from another.
var draftSays = []string{"name", "title", "voucher", "document", "amount", "purpose", "project", "payee", "provider", "fund"}

// mayDraft tells whether the form of a command can be kept for later. What is
// about beneficiaries cannot: nothing personal is stored outside the vault.
func (v *visit) mayDraft(command string) bool {
	needs := access.OfCommand(command)
	return v.caller.Method != "" && v.server != nil && v.server.People != nil && needs != access.KeepBeneficiaries && needs != access.ForgetBeneficiaries
}

// drafts lists the forms that the caller began in this ledger.
func (v *visit) drafts() ([]draftLine, error) {
	if !v.mayDraft("") {
		return nil, nil
	}
	all, err := v.server.People.Drafts(v.ctx(), v.caller.Person, v.ledger.Ledger)
	if err != nil {
		return nil, err
	}
	var ids []domain.ID
	for _, d := range all {
		for _, name := range draftSays {
			ids = append(ids, domain.ID(url.Values(d.Form).Get(name)))
		}
	}
	if err := v.learn(ids...); err != nil {
		return nil, err
	}
	var lines []draftLine
	for _, d := range all {
		var says []string
		for _, name := range draftSays {
			if value := url.Values(d.Form).Get(name); value != "" && name != newNoun[d.Command].field && len(says) < 3 {
				says = append(says, v.name(value))
			}
		}
		lines = append(lines, draftLine{d.Draft, v.label("command", d.Command), strings.Join(says, paperGap), v.href("record/"+d.Command, "draft", d.Draft), v.moment(d.Kept)})
	}
	return lines, nil
}

// readDraft puts what was kept into the inputs of a form that are still empty.
func (v *visit) readDraft(id string) error {
	if id == "" || !v.mayDraft("") {
		return nil
	}
	d, err := v.server.People.FindDraft(v.ctx(), v.caller.Person, id)
	for name, values := range d.Form {
		if v.query.Get(name) == "" {
			v.query[name] = values
		}
	}
	return err
}

// notKept are the inputs that a draft does not keep.
var notKept = []string{"do", "draft"}

// keepDraft keeps a form as it is, right or wrong, and shows the list.
func (v *visit) keepDraft(command string, values url.Values) error {
	if !v.mayDraft(command) {
		return problem(http.StatusForbidden, access.Forbidden, "this form cannot be kept", "record it")
	}
	d := people.Draft{Draft: values.Get("draft"), Person: v.caller.Person, Ledger: v.ledger.Ledger, Command: command, Form: map[string][]string{}}
	for name, all := range values {
		if len(all) > 0 && all[0] != "" {
			d.Form[name] = all
		}
	}
	for _, name := range notKept {
		delete(d.Form, name)
	}
	if _, err := v.server.People.KeepDraft(v.ctx(), d); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.href("record", "kept", "true"), http.StatusSeeOther)
	return nil
}

// dropDraft deletes a draft.
func (v *visit) dropDraft() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	if err := v.server.People.DropDraft(v.ctx(), v.caller.Person, v.r.PostForm.Get("draft")); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.href("record"), http.StatusSeeOther)
	return nil
}
