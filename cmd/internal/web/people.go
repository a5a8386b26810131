package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// peopleRoutes are there where people can be.
var peopleRoutes = []Route{
	{"POST", "/v1/sign-in", access.Public, (*Server).postSignIn, "Signs a person in; the answer sets a cookie."},
	{"POST", "/v1/sign-out", access.SignedIn, (*Server).postSignOut, "Ends the session."},
	{"POST", "/v1/invitations", access.Public, (*Server).postInvitation, "Uses an invitation: chooses a password."},

	{"GET", "/v1/me", access.SignedIn, (*Server).getMe, "Who asks, and what the caller may do."},
	{"POST", "/v1/me/password", access.SignedIn, (*Server).postPassword, "Changes the caller's password and ends all sessions."},
	{"POST", "/v1/me/second-factor", access.SignedIn, (*Server).postSecondFactor, "Starts a second factor, or with a code turns it on."},
	{"GET", "/v1/me/tokens", access.SignedIn, (*Server).getTokens, "The caller's tokens."},
	{"POST", "/v1/me/tokens", access.SignedIn, (*Server).postToken, "Makes a token for what the caller may do; its secret is shown this one time."},
	{"DELETE", "/v1/me/tokens/{token}", access.SignedIn, (*Server).deleteToken, "Revokes a token of the caller."},

	{"GET", "/v1/roles", access.SignedIn, (*Server).getRoles, "The roles and the capabilities."},
	{"GET", "/v1/people", access.ManagePeople, (*Server).getPeople, "Everybody who may sign in."},
	{"POST", "/v1/people", access.ManagePeople, (*Server).postPerson, "Adds a person; the answer has the invitation."},
	{"PUT", "/v1/people/{person}/role", access.ManagePeople, (*Server).putRole, "Gives a person a role and limits; sessions end."},
	{"PUT", "/v1/people/{person}/disabled", access.ManagePeople, (*Server).putDisabled, "Keeps a person out, or lets the person in again."},
	{"POST", "/v1/people/{person}/invitation", access.ManagePeople, (*Server).postInvite, "Invites a person to choose a new password."},
	{"POST", "/v1/people/{person}/subjects", access.ManagePeople, (*Server).postSubject, "Links a person to a subject of an identity provider."},
	{"GET", "/v1/people/{person}/tokens", access.ManagePeople, (*Server).getTokens, "The tokens of a person."},
	{"POST", "/v1/people/{person}/tokens", access.ManagePeople, (*Server).postToken, "Makes a token for a person; for the owner of the server alone."},
	{"DELETE", "/v1/people/{person}/tokens/{token}", access.ManagePeople, (*Server).deleteToken, "Revokes a token of a person."},
	{"GET", "/v1/access-log", access.ReadAccessLog, (*Server).getAccessLog, "Who read what about beneficiaries, exported, or changed what people may do."},
}

func (s *Server) getMe(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	me := Me{Person: c.Person, Name: c.Name, Role: c.Role, Method: c.Method, Demo: c.Demo, Ledgers: c.Ledgers, Capabilities: []people.Grant{}}
	for _, name := range slices.Sorted(maps.Keys(c.Grants)) {
		g := people.Grant{Capability: string(name)}
		for _, id := range c.Grants[name].Places {
			g.Places = append(g.Places, string(id))
		}
		for _, id := range c.Grants[name].Projects {
			g.Projects = append(g.Projects, string(id))
		}
		me.Capabilities = append(me.Capabilities, g)
	}
	return reply(w, http.StatusOK, me)
}

func (s *Server) postSignIn(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[SignInForm](w, r)
	if err != nil {
		return err
	}
	if err := s.SignIn(w, r, body.Login, body.Password, body.Code); err != nil {
		return err
	}
	return done(w)
}

func (s *Server) postSignOut(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := errors.Join(newParams(r).err(), personally(c)); err != nil {
		return err
	}
	if err := s.SignOut(w, r); err != nil {
		return err
	}
	return done(w)
}

func (s *Server) postInvitation(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[InvitationForm](w, r)
	if err != nil {
		return err
	}
	if err := s.People.Accept(r.Context(), body.Invitation, body.Password); err != nil {
		return err
	}
	return done(w)
}

// personally refuses what only a person who signed in may do: a token must not
// be able to make another token, or to take the account over.
func personally(c access.Caller) error {
	if c.Method == access.Session {
		return nil
	}
	return newProblem("session_required", "only a person who signed in may do this, not a token", "sign in")
}

func (s *Server) postPassword(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[PasswordForm](w, r)
	if err == nil {
		err = personally(c)
	}
	if err != nil {
		return err
	}
	if err := s.People.ChangePassword(r.Context(), c.Person, body.Old, body.Password); err != nil {
		return err
	}
	return done(w)
}

func (s *Server) postSecondFactor(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[SecondFactorForm](w, r)
	if err == nil {
		err = personally(c)
	}
	if err != nil {
		return err
	}
	var answer SecondFactor
	if body.Code == "" {
		answer.Address, err = s.People.StartSecondFactor(r.Context(), c.Person)
	} else {
		answer.Recovery, err = s.People.ConfirmSecondFactor(r.Context(), c.Person, body.Code)
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, answer)
}

func (s *Server) getRoles(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	return reply(w, http.StatusOK, RoleTable{access.Roles(), access.Capabilities()})
}

func (s *Server) getPeople(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	all, err := s.People.People(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, PeopleList{all})
}

func (s *Server) postPerson(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[PersonForm](w, r)
	if err == nil {
		err = checkRole(body.Role, body.Grants)
	}
	if err != nil {
		return err
	}
	p, err := s.People.Add(r.Context(), c.Person, people.Person{Login: body.Login, Name: body.Name, Role: body.Role, Grants: body.Grants})
	if err != nil {
		return err
	}
	return s.invite(c, w, r, p, http.StatusCreated)
}

func (s *Server) postInvite(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	p, err := s.People.Lookup(r.Context(), r.PathValue("person"))
	if err != nil {
		return err
	}
	return s.invite(c, w, r, p, http.StatusOK)
}

func (s *Server) invite(c access.Caller, w http.ResponseWriter, r *http.Request, p people.Person, status int) error {
	invitation, err := s.People.Invite(r.Context(), c.Person, p.Person)
	if err != nil {
		return err
	}
	return reply(w, status, Invited{p, s.InvitationLink(invitation)})
}

// InvitationLink is where an invitation is used. It never depends on what a
// request says that the server is called.
func (s *Server) InvitationLink(invitation string) string { return s.PublicURL + "/join/" + invitation }

func checkRole(role string, grants []people.Grant) error {
	if _, ok := access.LookupRole(role); !ok {
		return newProblem("role_unknown", fmt.Sprintf("there is no role %q", shorten(role)), "GET /v1/roles lists them")
	}
	for _, g := range grants {
		if !access.Known(access.Capability(g.Capability)) {
			return newProblem("capability_unknown", fmt.Sprintf("there is no capability %q", shorten(g.Capability)), "GET /v1/roles lists them")
		}
	}
	return nil
}

func (s *Server) putRole(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[RoleForm](w, r)
	if err == nil {
		err = checkRole(body.Role, body.Grants)
	}
	if err != nil {
		return err
	}
	return s.onPerson(w, r, func(p people.Person) error {
		return s.People.SetRole(r.Context(), c.Person, p.Person, body.Role, body.Grants)
	})
}

func (s *Server) putDisabled(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[DisabledForm](w, r)
	if err != nil {
		return err
	}
	return s.onPerson(w, r, func(p people.Person) error {
		return s.People.SetDisabled(r.Context(), c.Person, p.Person, body.Disabled)
	})
}

func (s *Server) postSubject(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[SubjectForm](w, r)
	if err != nil {
		return err
	}
	return s.onPerson(w, r, func(p people.Person) error {
		return s.People.Link(r.Context(), c.Person, p.Person, body.Issuer, body.Subject)
	})
}

// onPerson finds the person in the path, does something, and answers with how
// the person is then.
func (s *Server) onPerson(w http.ResponseWriter, r *http.Request, do func(people.Person) error) error {
	p, err := s.People.Lookup(r.Context(), r.PathValue("person"))
	if err == nil {
		err = do(p)
	}
	if err == nil {
		p, err = s.People.Lookup(r.Context(), p.Person)
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// ownerOf returns whose tokens a request is about: the person in the path, else
// the caller.
func (s *Server) ownerOf(c access.Caller, r *http.Request) (string, error) {
	if r.PathValue("person") == "" {
		return c.Person, nil
	}
	p, err := s.People.Lookup(r.Context(), r.PathValue("person"))
	return p.Person, err
}

func (s *Server) getTokens(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	person, err := s.ownerOf(c, r)
	if err != nil {
		return err
	}
	all, err := s.People.Tokens(r.Context(), person)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, TokenList{all})
}

func (s *Server) postToken(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := readBody[TokenForm](w, r)
	if err != nil {
		return err
	}
	// An administrator with the token of somebody else could do what that person may.
	if c.Method != access.OwnerToken || r.PathValue("person") == "" {
		if err := personally(c); err != nil {
			return err
		}
		if r.PathValue("person") != "" {
			return newProblem("session_required", "only the person makes tokens of that person", "let the person sign in and make it")
		}
	}
	for _, name := range body.Capabilities {
		if !access.Known(access.Capability(name)) {
			return newProblem("capability_unknown", fmt.Sprintf("there is no capability %q", shorten(name)), "GET /v1/roles lists them")
		}
	}
	const day = 24 * time.Hour
	lasts := people.TokenUsual
	if body.Days != 0 {
		if body.Days < 0 || body.Days > int(people.TokenMax/day) {
			return newProblem("token_days", fmt.Sprintf("a token cannot last %d days", body.Days), "use 1 to 366")
		}
		lasts = time.Duration(body.Days) * day
	}
	person, err := s.ownerOf(c, r)
	if err != nil {
		return err
	}
	secret, t, err := s.People.NewToken(r.Context(), c.Person, people.Token{Person: person, Name: body.Name, Capabilities: body.Capabilities, Ledgers: body.Ledgers}, lasts)
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, NewToken{t, secret})
}

func (s *Server) deleteToken(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	person, err := s.ownerOf(c, r)
	if err == nil {
		err = s.People.Revoke(r.Context(), c.Person, person, r.PathValue("token"))
	}
	if err != nil {
		return err
	}
	return done(w)
}

func (s *Server) getAccessLog(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := people.AccessQuery{Person: p.text("person"), Act: p.text("act"), Ledger: p.text("ledger"), Thing: p.text("thing"),
		Before: int64(p.number("before", 0, 1, 1<<53)), Limit: p.number("limit", rowsUsual, 1, rowsMax)}
	if err := p.err(); err != nil {
		return err
	}
	lines, err := s.People.AccessLog(r.Context(), q)
	if err != nil {
		return err
	}
	page := AccessPage{Lines: lines}
	if len(lines) == q.Limit {
		page.Next = lines[len(lines)-1].Number
	}
	return reply(w, http.StatusOK, page)
}
