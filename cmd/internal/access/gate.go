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
	Names   Names          // what it is about, besides what the command names

	// A query whose answer is limited to what its caller may read, if it is of
	// places or of projects, needs to name none.
	AnswersByPlace, AnswersByProject bool
}

// Refusal says that a caller may not do something. Code is stable.
type Refusal struct {
	Code    string
	Message string
	Hint    string
	Limit   Limit // where the caller may do it, where that is the reason
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

	// Holds tells whether a thing of whichever kind lies within a limit. One on a
	// place holds for what lies in it. Nil: nothing lies in anything else.
	Holds func(ctx context.Context, ledger string, l Limit, thing domain.ID) (bool, error)

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
		return &Refusal{Code: Forbidden, Message: fmt.Sprintf("this needs the capability %s, and the role %s does not have it", a.Needs, c.Role),
			Hint: "ask an administrator, or somebody who may do it"}, nil
	case !c.reaches(a.Ledger):
		return &Refusal{Code: ForbiddenLedger, Message: fmt.Sprintf("the token is not for the ledger %q", a.Ledger), Hint: "use a token that is"}, nil
	}
	limit := c.LimitOf(a.Needs)
	if limit.IsZero() || a.Needs == SignedIn {
		return nil, nil
	}
	if a.Command != nil {
		a.Names = a.Names.with(NamedBy(a.Command))
	}
	if len(a.Names.Places)+len(a.Names.Things) == 0 && len(limit.Places) > 0 {
		a.Names.Things = a.Names.Projects // what names a project alone is about all places of it
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
		if len(limit.Places) == 0 {
			break
		}
		if held, err := g.holds(ctx, a.Ledger, Limit{Places: limit.Places}, id); err != nil || !held {
			return limit.outside("place", id), err
		}
	}
	for _, id := range a.Names.Things {
		if held, err := g.holds(ctx, a.Ledger, limit, id); err != nil || !held {
			return limit.outside("thing", id), err
		}
	}
	return nil, nil
}

// holds tells whether a thing is one of the limit or lies within it.
func (g *Gate) holds(ctx context.Context, ledger string, l Limit, thing domain.ID) (bool, error) {
	if slices.Contains(l.Places, thing) || slices.Contains(l.Projects, thing) {
		return true, nil
	}
	if g.Holds == nil {
		return false, nil
	}
	return g.Holds(ctx, ledger, l, thing)
}

// namesNone refuses what is about no place or project, where it must be.
func (a Act) namesNone(l Limit) *Refusal {
	for _, of := range []struct {
		what         string
		limit, names []domain.ID
		answers      bool
	}{{"place", l.Places, a.Names.Places, a.AnswersByPlace}, {"project", l.Projects, a.Names.Projects, a.AnswersByProject}} {
		if len(of.limit) > 0 && len(of.names) == 0 && !of.answers && len(a.Names.Things) == 0 {
			return l.refuse("you may do this for some " + of.what + "s only, and it names none")
		}
	}
	return nil
}

func (l Limit) outside(what string, id domain.ID) *Refusal {
	if id == "" { // somebody who was named by a number
		return l.refuse("somebody whom it names is not one of those for whom you may do this")
	}
	return l.refuse(fmt.Sprintf("the %s %q is not one of those for which you may do this", what, id))
}

func (l Limit) refuse(message string) *Refusal {
	return &Refusal{OutsideLimit, message, l.hint(), l}
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

// Named returns the places and the projects of a limit as texts, by the field
// that names one; nil where there are none.
func (l Limit) Named() map[string]string {
	named := map[string]string{}
	for field, ids := range map[string][]domain.ID{"place": l.Places, "project": l.Projects} {
		if len(ids) > 0 {
			named[field] = join(ids)
		}
	}
	if len(named) == 0 {
		return nil
	}
	return named
}

func join(ids []domain.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, ", ")
}
