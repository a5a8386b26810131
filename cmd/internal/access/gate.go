package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"aidledger/domain"
)

// Act is what a caller is about to do.
type Act struct {
	Needs  Capability
	Route  string // method and pattern, for the log
	Ledger string // empty: of no ledger

	Command domain.Command // nil: a query
	Names   Limit          // places and projects that it is about, besides those that the command names
	Thing   domain.ID      // what a query is about, of whichever kind

	// A query whose answer is limited to what its caller may read, if it is of
	// places or of projects, needs to name none.
	AnswersByPlace, AnswersByProject bool
}

// Refusal says that a caller may not do something. Code is stable.
type Refusal struct {
	Code    string
	Message string
	Hint    string
}

// The codes of a Refusal.
const (
	Forbidden       = "forbidden"        // the caller does not have the capability
	ForbiddenLedger = "forbidden_ledger" // the token is for other ledgers
	OutsideLimit    = "outside_limit"    // the capability is limited to other places or projects
)

// Error returns the message and what to do.
func (r *Refusal) Error() string { return r.Message + "; " + r.Hint }

// Gate decides and records who does what. Its fields must not change after the
// first use.
type Gate struct {
	Log *slog.Logger

	// Above returns the places in which a place lies. A limit on a place holds for
	// those too that lie in it. Nil: no place lies in another.
	Above func(ctx context.Context, ledger string, place domain.ID) ([]domain.ID, error)

	allowed, refused atomic.Uint64
}

// Allow is the one function that says whether a caller may do something. It
// returns a *Refusal where not, and counts and logs it.
func (g *Gate) Allow(ctx context.Context, c Caller, a Act) error {
	refusal, err := g.decide(ctx, c, a)
	if err != nil {
		return err
	}
	if refusal == nil {
		g.allowed.Add(1)
		return nil
	}
	g.refused.Add(1)
	g.Log.Warn("refused", "code", refusal.Code, "needs", a.Needs, "route", a.Route, "ledger", a.Ledger,
		"command", commandName(a.Command), "person", c.Person, "role", c.Role, "method", c.Method)
	return refusal
}

// Counts returns how often the gate allowed and refused something.
func (g *Gate) Counts() (allowed, refused uint64) { return g.allowed.Load(), g.refused.Load() }

func commandName(c domain.Command) string {
	if c == nil {
		return ""
	}
	return domain.CommandName(c)
}

func (g *Gate) decide(ctx context.Context, c Caller, a Act) (*Refusal, error) {
	switch {
	case a.Needs == Public:
		return nil, nil
	case !c.Has(a.Needs):
		return &Refusal{Forbidden, fmt.Sprintf("this needs the capability %s, and the role %s does not have it", a.Needs, c.Role),
			"ask an administrator, or somebody who may do it"}, nil
	case !c.reaches(a.Ledger):
		return &Refusal{ForbiddenLedger, fmt.Sprintf("the token is not for the ledger %q", a.Ledger), "use a token that is"}, nil
	}
	limit := c.LimitOf(a.Needs)
	if limit.IsZero() || a.Needs == SignedIn {
		return nil, nil
	}
	if a.Command != nil {
		a.Names = a.Names.with(NamedBy(a.Command))
	}
	if refusal := a.namesNone(limit); refusal != nil {
		return refusal, nil
	}
	for _, id := range a.Names.Projects {
		if len(limit.Projects) > 0 && !slices.Contains(limit.Projects, id) {
			return limit.outside("project", id), nil
		}
	}
	for _, id := range a.Names.Places {
		if inside, err := g.inside(ctx, a.Ledger, limit.Places, id); err != nil || !inside {
			return limit.outside("place", id), err
		}
	}
	if a.Thing == "" || slices.Contains(limit.Projects, a.Thing) {
		return nil, nil
	}
	if inside, err := g.inside(ctx, a.Ledger, limit.Places, a.Thing); err != nil || !inside || len(limit.Places) == 0 {
		return limit.outside("thing", a.Thing), err
	}
	return nil, nil
}

// inside tells whether a place is one of the limit or lies in one of them.
func (g *Gate) inside(ctx context.Context, ledger string, limit []domain.ID, place domain.ID) (bool, error) {
	if len(limit) == 0 || slices.Contains(limit, place) {
		return true, nil
	}
	if g.Above == nil {
		return false, nil
	}
	above, err := g.Above(ctx, ledger, place)
	return slices.ContainsFunc(above, func(id domain.ID) bool { return slices.Contains(limit, id) }), err
}

// namesNone refuses what is about no place or project, where it must be.
func (a Act) namesNone(l Limit) *Refusal {
	for _, of := range []struct {
		what         string
		limit, names []domain.ID
		answers      bool
	}{{"place", l.Places, a.Names.Places, a.AnswersByPlace}, {"project", l.Projects, a.Names.Projects, a.AnswersByProject}} {
		if len(of.limit) > 0 && len(of.names) == 0 && !of.answers && a.Thing == "" {
			return &Refusal{OutsideLimit, "you may do this for some " + of.what + "s only, and it names none", l.hint()}
		}
	}
	return nil
}

func (l Limit) outside(what string, id domain.ID) *Refusal {
	return &Refusal{OutsideLimit, fmt.Sprintf("the %s %q is not one of those for which you may do this", what, id), l.hint()}
}

func (l Limit) hint() string {
	var parts []string
	if len(l.Places) > 0 {
		parts = append(parts, "one of the places "+join(l.Places)+" or in one of them")
	}
	if len(l.Projects) > 0 {
		parts = append(parts, "one of the projects "+join(l.Projects))
	}
	return "name " + strings.Join(parts, " and ") + ", and no other"
}

func join(ids []domain.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, ", ")
}
