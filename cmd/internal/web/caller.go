package web

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections/people"
)

// admit finds the caller of a request and asks the gate whether the caller may
// use the route. Every handler gets its caller from here.
func (s *Server) admit(rt Route, r *http.Request) (access.Caller, error) {
	if rt.Needs == access.Public {
		return access.Caller{}, nil
	}
	c, err := s.caller(r)
	if err != nil {
		return c, err
	}
	act := access.Act{Needs: rt.Needs, Route: r.Pattern, Ledger: ledgerOf(r)}
	switch {
	case rt.Needs == access.ByCommand:
		act.Needs = access.SignedIn // the gate is asked again for each command
	case !c.LimitOf(rt.Needs).IsZero():
		subject(r, &act)
	}
	return c, s.gate.Allow(r.Context(), c, act)
}

// Still tells whether who made a request may go on with what it needs, for
// answers that last: a person may have been kept out since, or a session ended.
func (s *Server) Still(needs access.Capability, r *http.Request) error {
	_, err := s.admit(Route{Needs: needs}, r)
	return err
}

// caller turns a request into its caller. It is the only place that does.
func (s *Server) caller(r *http.Request) (access.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if s.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.Token)) == 1 && strings.EqualFold(scheme, "Bearer") {
		return access.LocalOwner(), nil
	}
	var b people.Bearer
	var ok bool
	var err error
	switch session := s.sessionOf(r); {
	case s.People == nil:
	case scheme != "": // a token that is of no use is not made good by a cookie
		b, ok, err = s.People.Token(r.Context(), token)
		ok = ok && strings.EqualFold(scheme, "Bearer")
	case session != "":
		b, ok, err = s.People.Session(r.Context(), session)
	}
	if err != nil || ok {
		return access.CallerOf(b), err
	}
	if c := s.visitor(r); !c.IsNobody() {
		return c, nil
	}
	return access.Caller{}, newProblem("unauthenticated", "this needs a token or a session",
		"sign in, or send the header Authorization: Bearer TOKEN; that of the owner is in server.json of the data directory")
}

// Record is the way from a caller to the log: it stamps a command with the
// caller, asks the gate, and records it.
func (s *Server) Record(ctx context.Context, c access.Caller, ledger string, q eventstore.Request) (eventstore.Receipt, error) {
	q, err := s.stamp(ctx, c, ledger, q)
	if err != nil {
		return eventstore.Receipt{}, err
	}
	return s.Store.Submit(ctx, ledger, q)
}

// RecordAll records commands as a whole or not at all. The error is that the
// caller may not give one of them.
func (s *Server) RecordAll(ctx context.Context, c access.Caller, ledger string, qs []eventstore.Request) ([]eventstore.Outcome, error) {
	if err := s.stampAll(ctx, c, ledger, qs); err != nil {
		return nil, err
	}
	return s.Store.SubmitBatch(ctx, ledger, qs, true), nil
}

// TryAll is Try for several commands, each on what those before it would leave.
func (s *Server) TryAll(ctx context.Context, c access.Caller, ledger string, qs []eventstore.Request) ([]eventstore.Outcome, error) {
	if err := s.stampAll(ctx, c, ledger, qs); err != nil {
		return nil, err
	}
	return s.Store.Try(ctx, ledger, qs), nil
}

// Try is Record without recording: it says what would be recorded, or refused.
func (s *Server) Try(ctx context.Context, c access.Caller, ledger string, q eventstore.Request) (eventstore.Receipt, error) {
	q, err := s.stamp(ctx, c, ledger, q)
	if err != nil {
		return eventstore.Receipt{}, err
	}
	out := s.Store.Try(ctx, ledger, []eventstore.Request{q})[0]
	return out.Receipt, out.Err
}

func (s *Server) stampAll(ctx context.Context, c access.Caller, ledger string, qs []eventstore.Request) (err error) {
	for i := range qs {
		if qs[i], err = s.stamp(ctx, c, ledger, qs[i]); err != nil {
			return err
		}
	}
	return nil
}

// stamp makes a request that the log takes from a command of a caller who may
// give it. Nothing else makes one.
func (s *Server) stamp(ctx context.Context, c access.Caller, ledger string, q eventstore.Request) (eventstore.Request, error) {
	name := domain.CommandName(q.Command)
	q.Actor, q.Role = c.Person, c.Role
	act := access.Act{Needs: access.OfCommand(name), Route: "commands/" + name, Ledger: ledger, Command: q.Command}
	if limit := c.LimitOf(act.Needs); !limit.IsZero() {
		var err error
		if act.Names, err = s.asked(ctx, ledger, q.Command, limit); err != nil {
			return q, err
		}
	}
	if err := s.gate.Allow(ctx, c, act); err != nil {
		return q, err
	}
	return q, s.complete(ctx, ledger, q.Command)
}
