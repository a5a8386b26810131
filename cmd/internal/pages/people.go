package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/projections/people"
)

// peopleView is everybody who may sign in, and the form for one more.
type peopleView struct {
	Table   table
	Form    personForm
	Invited *invited
	Problem *failure
}

// personForm is what a person is called and may do.
type personForm struct {
	Login, Name      string
	Roles            []option
	Places, Projects string // limits: ids with spaces between
}

// invited is a link by which a person chooses a password, shown this one time.
type invited struct{ Login, Link string }

// personView is one person.
type personView struct {
	Person   string
	Facts    []fact
	Form     personForm
	Disabled bool
	Own      bool // nobody changes what they themselves may do
	Tokens   []tokenLine
	Invited  *invited
	Problem  *failure
	Done     string
}

// tokenLine is a token with whether it can still be revoked.
type tokenLine struct {
	ID, Name, Scope, Expires string
	Works                    bool
}

func (v *visit) people() error {
	return v.showPeople(http.StatusOK, peopleView{Form: v.personForm(people.Person{Role: access.FinanceOfficer})})
}

func (v *visit) showPeople(status int, view peopleView) error {
	all, err := v.server.People.People(v.ctx())
	if err != nil {
		return err
	}
	view.Table = table{Columns: v.columns("login", "person_name", "role", "account", "limits", "created")}
	for _, p := range all {
		state := v.accountState(p)
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(p.Login, "/people/"+p.Person), text(p.Name), text(v.label("role", p.Role)),
			{Text: v.label("account-state", state), State: state}, text(v.limits(p)), text(v.moment(p.Created))}})
	}
	return v.show(status, "people", v.say("page.people"), view)
}

func (v *visit) accountState(p people.Person) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Demo:
		return "demonstration"
	case p.SecondFactor:
		return "password-and-code"
	case p.HasPassword:
		return "password"
	}
	return "invited"
}

// limits says where a person may act, and what beside the role.
func (v *visit) limits(p people.Person) string {
	var all []string
	role, _ := access.LookupRole(p.Role)
	for _, g := range p.Grants {
		if !slices.Contains(role.Capabilities, access.Capability(g.Capability)) {
			all = append(all, "+"+v.label("capability", g.Capability))
		}
	}
	places, projects := limitsOf(p)
	return strings.Join(slices.Concat(places, projects, all), v.say("and"))
}

// limitsOf is the places and projects of the grants of a person.
func limitsOf(p people.Person) (places, projects []string) {
	for _, g := range p.Grants {
		places, projects = append(places, g.Places...), append(projects, g.Projects...)
	}
	slices.Sort(places)
	slices.Sort(projects)
	return slices.Compact(places), slices.Compact(projects)
}

func (v *visit) personForm(p people.Person) personForm {
	places, projects := limitsOf(p)
	f := personForm{Login: p.Login, Name: p.Name, Places: strings.Join(places, " "), Projects: strings.Join(projects, " ")}
	for _, r := range access.Roles() {
		f.Roles = append(f.Roles, option{Value: r.Name, Label: v.label("role", r.Name), Current: r.Name == p.Role})
	}
	return f
}

// readPerson reads what a form says about a person.
func (v *visit) readPerson() (people.Person, error) {
	f := v.r.PostForm
	p := people.Person{Login: strings.TrimSpace(f.Get("login")), Name: strings.TrimSpace(f.Get("name")), Role: f.Get("role")}
	role, ok := access.LookupRole(p.Role)
	if !ok {
		return p, problem(http.StatusUnprocessableEntity, "role_unknown", "there is no such role", "choose one of the list")
	}
	p.Grants = role.Limited(strings.Fields(f.Get("places")), strings.Fields(f.Get("projects")), nil)
	return p, nil
}

// addPerson adds a person and shows the link that lets the person in.
func (v *visit) addPerson() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	p, err := v.readPerson()
	if err == nil {
		var added people.Person
		if added, err = v.server.People.Add(v.ctx(), v.caller.Person, p); err == nil {
			view := peopleView{Form: v.personForm(people.Person{Role: p.Role})}
			if view.Invited, err = v.invite(added); err == nil {
				return v.showPeople(http.StatusCreated, view)
			}
		}
	}
	wrong, status := v.wrong(err)
	return v.showPeople(status, peopleView{Form: v.personForm(p), Problem: wrong})
}

// wrong is an error as a part of a page.
func (v *visit) wrong(err error) (*failure, int) {
	p := web.ProblemOf(err)
	f := v.failure(p)
	return &f, p.Status
}

func (v *visit) invite(p people.Person) (*invited, error) {
	invitation, err := v.server.People.Invite(v.ctx(), v.caller.Person, p.Person)
	return &invited{p.Login, v.server.InvitationLink(invitation)}, err
}

func (v *visit) person() error {
	p, err := v.server.People.Lookup(v.ctx(), v.r.PathValue("person"))
	if err != nil {
		return err
	}
	return v.showPerson(http.StatusOK, p, personView{Done: v.texts["person.done."+v.query.Get("done")]})
}

func (v *visit) showPerson(status int, p people.Person, view personView) error {
	tokens, err := v.server.People.Tokens(v.ctx(), p.Person)
	if err != nil {
		return err
	}
	state := v.accountState(p)
	view.Facts = []fact{{v.label("field", "login"), text(p.Login)}, {v.label("field", "person_name"), text(p.Name)}, {v.label("field", "role"), text(v.label("role", p.Role))},
		{v.label("field", "account"), cell{Text: v.label("account-state", state), State: state}}, {v.label("field", "limits"), text(v.limits(p))},
		{v.label("field", "created"), text(v.moment(p.Created))}, {v.label("field", "person"), cell{Text: p.Person, State: "code"}}}
	view.Person, view.Form, view.Disabled, view.Own = p.Person, v.personForm(p), p.Disabled, p.Person == v.caller.Person
	view.Tokens = v.tokenLines(tokens)
	return v.show(status, "person", v.say("person.title", p.Login), view)
}

func (v *visit) tokenLines(all []people.Token) []tokenLine {
	var lines []tokenLine
	for _, t := range all {
		scope := slices.Clone(t.Ledgers)
		for _, c := range t.Capabilities {
			scope = append(scope, v.label("capability", c))
		}
		line := tokenLine{ID: t.Token, Name: t.Name, Scope: strings.Join(scope, v.say("and")), Expires: v.moment(t.Expires), Works: t.Revoked == nil && t.Expires.After(v.Now())}
		if t.Revoked != nil {
			line.Expires = v.say("token.revoked", v.moment(*t.Revoked))
		}
		lines = append(lines, line)
	}
	return lines
}

// changePerson does what one of the buttons of a person's page says.
func (v *visit) changePerson() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	all := v.server.People
	p, err := all.Lookup(v.ctx(), v.r.PathValue("person"))
	if err != nil {
		return err
	}
	var view personView
	by := v.caller.Person
	switch do := v.r.PostForm.Get("do"); do {
	case "role":
		var wanted people.Person
		if wanted, err = v.readPerson(); err == nil {
			err = all.SetRole(v.ctx(), by, p.Person, wanted.Role, wanted.Grants)
		}
	case "disable", "enable":
		err = all.SetDisabled(v.ctx(), by, p.Person, do == "disable")
	case "invite":
		view.Invited, err = v.invite(p)
	case "revoke":
		err = all.Revoke(v.ctx(), by, p.Person, v.r.PostForm.Get("token"))
	default:
		err = problem(http.StatusBadRequest, "bad_query", "there is no such button", "use a button of the page")
	}
	if err != nil {
		wrong, status := v.wrong(err)
		return v.showPerson(status, p, personView{Problem: wrong})
	}
	if view.Invited == nil {
		http.Redirect(v.w, v.r, "/people/"+url.PathEscape(p.Person)+"?done="+url.QueryEscape(v.r.PostForm.Get("do")), http.StatusSeeOther)
		return nil
	}
	return v.showPerson(http.StatusOK, p, view)
}
