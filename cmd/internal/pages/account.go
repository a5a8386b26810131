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

// accountView is a form about the person who asks, or who wants to.
type accountView struct {
	Here     string // where to go then
	Login    string
	Name     string
	Demo     bool     // this is a demonstration with people of its own
	Demos    []option // those people: the form with the name of each
	Public   bool     // there are pages for everybody
	Identity bool     // an identity provider can tell who somebody is
	Problem  *failure
	Lead     string // why somebody has to sign in
	Wrong    bool   // what was sent was not recorded
	Done     string // what was done, said
	Code     bool   // a second factor is asked for
	Address  string // of the second factor, for the authenticator
	Recovery []string
	Facts    []fact
	Tokens   []tokenLine
	Secret   string // of a new token, shown this one time
	ReadOnly bool   // not signed in with a password: nothing can be changed
}

// smallForm is how many bytes a form of a few fields may have.
const smallForm = 16 << 10

// readForm reads a form. A field with a NUL is refused: there is nothing that it
// could name, and PostgreSQL takes none.
func (v *visit) readForm(most int64) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, most)
	if err := v.r.ParseForm(); err != nil {
		return problem(http.StatusBadRequest, "body_malformed", "the form could not be read", "send it again")
	}
	for name, values := range v.r.PostForm {
		if slices.ContainsFunc(append(values, name), func(s string) bool { return strings.ContainsRune(s, 0) }) {
			return problem(http.StatusBadRequest, "body_malformed", "a field of the form has a NUL", "type it again")
		}
	}
	return nil
}

// askSignIn shows the form to sign in.
func (v *visit) askSignIn() error {
	view := v.signInView(v.query)
	if view.Lead = v.texts["signin.unrecorded."+v.query.Get("unrecorded")]; view.Lead != "" {
		view.Wrong = true
	} else if view.Here != "/" {
		view.Lead = v.say("signin.then")
	}
	return v.show(http.StatusOK, "signin", v.say("page.signin"), view)
}

// signIn lets a person in and goes where the person wanted to go.
func (v *visit) signIn() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	f := v.r.PostForm
	err := v.server.SignIn(v.w, v.r, f.Get("login"), f.Get("password"), f.Get("code"))
	if err == nil {
		http.Redirect(v.w, v.r, local(f.Get("here")), http.StatusSeeOther)
		return nil
	}
	p := web.ProblemOf(err)
	if p.Status >= http.StatusInternalServerError {
		return err
	}
	wrong := v.failure(p)
	view := v.signInView(f)
	view.Problem, view.Code = &wrong, p.Code == "second_factor_required"
	return v.show(p.Status, "signin", v.say("page.signin"), view)
}

func (v *visit) signInView(from url.Values) accountView {
	view := accountView{Here: local(from.Get("here")), Login: from.Get("login"), Demo: v.server.Pages, Public: v.Public, Identity: v.server.Identity != nil}
	for _, role := range []string{access.FinanceOfficer, access.Supervisor, access.Auditor} {
		login := "demo-" + role
		view.Demos = append(view.Demos, option{Value: login, Label: v.label("role", role), Href: "/sign-in?" + url.Values{"login": {login}, "here": {view.Here}}.Encode()})
	}
	return view
}

// signOut ends the session.
func (v *visit) signOut() error {
	if err := v.server.SignOut(v.w, v.r); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/sign-in", http.StatusSeeOther)
	return nil
}

// askJoin shows the form by which a person who was invited chooses a password.
func (v *visit) askJoin() error {
	p, err := v.server.People.Invited(v.ctx(), v.r.PathValue("invitation"))
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "join", v.say("page.join"), accountView{Login: p.Login, Name: p.Name})
}

// join keeps the password of a person who was invited.
func (v *visit) join() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	invitation := v.r.PathValue("invitation")
	p, err := v.server.People.Invited(v.ctx(), invitation)
	if err != nil {
		return err
	}
	view := accountView{Login: p.Login, Name: p.Name}
	if v.r.PostForm.Get("password") != v.r.PostForm.Get("again") {
		wrong := v.failure(&web.Problem{Code: "passwords_differ", Detail: "the two passwords differ", Hint: "write the same one twice", Status: http.StatusUnprocessableEntity})
		view.Problem = &wrong
		return v.show(http.StatusUnprocessableEntity, "join", v.say("page.join"), view)
	}
	if err := v.server.People.Accept(v.ctx(), invitation, v.r.PostForm.Get("password")); err != nil {
		p := web.ProblemOf(err)
		wrong := v.failure(p)
		view.Problem = &wrong
		return v.show(p.Status, "join", v.say("page.join"), view)
	}
	http.Redirect(v.w, v.r, "/sign-in?login="+url.QueryEscape(p.Login), http.StatusSeeOther)
	return nil
}

// account shows who asks and what the person may do.
func (v *visit) account() error {
	return v.showAccount(http.StatusOK, v.accountView())
}

func (v *visit) showAccount(status int, view accountView) error {
	if v.caller.Method == access.Session {
		tokens, err := v.server.People.Tokens(v.ctx(), v.caller.Person)
		if err != nil {
			return err
		}
		view.Tokens = v.tokenLines(tokens)
	}
	return v.show(status, "account", v.say("page.account"), view)
}

func (v *visit) accountView() accountView {
	view := accountView{Login: v.caller.Person, Name: v.caller.Name, ReadOnly: v.caller.Method != access.Session || v.caller.Demo}
	view.Facts = []fact{{v.say("account.name"), text(v.caller.Name)}, {v.label("field", "role"), text(v.label("role", v.caller.Role))}, {v.label("field", "actor"), text(v.caller.Person)}}
	return view
}

// changeAccount changes the password or the second factor of who asks.
func (v *visit) changeAccount() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	if v.caller.Method != access.Session {
		return problem(http.StatusForbidden, access.Forbidden, "only a person who signed in may do this", "sign in")
	}
	view, f := v.accountView(), v.r.PostForm
	var err error
	switch f.Get("do") {
	case "password":
		if err = v.server.People.ChangePassword(v.ctx(), v.caller.Person, f.Get("old"), f.Get("password")); err == nil {
			http.Redirect(v.w, v.r, "/sign-in", http.StatusSeeOther)
			return nil
		}
	case "start":
		view.Address, err = v.server.People.StartSecondFactor(v.ctx(), v.caller.Person)
	case "confirm":
		if view.Recovery, err = v.server.People.ConfirmSecondFactor(v.ctx(), v.caller.Person, f.Get("code")); err != nil {
			view.Address = f.Get("address")
		}
	case "token":
		view.Secret, _, err = v.server.People.NewToken(v.ctx(), v.caller.Person, people.Token{Person: v.caller.Person, Name: f.Get("name")}, people.TokenUsual)
	case "revoke":
		err = v.server.People.Revoke(v.ctx(), v.caller.Person, v.caller.Person, f.Get("token"))
	}
	status := http.StatusOK
	if err != nil {
		view.Problem, status = v.wrong(err)
	}
	return v.showAccount(status, view)
}
