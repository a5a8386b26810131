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
	Names   Limit          // places and projects that a query is about
	Thing   domain.ID      // what a query is about, of whichever kind
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

	allowed, refused atomic.Uint64
}

// Allow is the one function that says whether a caller may do something. It
// returns a *Refusal where not, and counts and logs it.
func (g *Gate) Allow(_ context.Context, c Caller, a Act) error {
	refusal := decide(c, a)
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

func decide(c Caller, a Act) *Refusal {
	switch {
	case a.Needs == Public:
		return nil
	case !c.Has(a.Needs):
		return &Refusal{Forbidden, fmt.Sprintf("this needs the capability %s, and the role %s does not have it", a.Needs, c.Role),
			"ask an administrator, or somebody who may do it"}
	case !c.reaches(a.Ledger):
		return &Refusal{ForbiddenLedger, fmt.Sprintf("the token is not for the ledger %q", a.Ledger), "use a token that is"}
	}
	limit := c.LimitOf(a.Needs)
	if limit.IsZero() || a.Needs == SignedIn {
		return nil
	}
	if a.Thing != "" && (slices.Contains(limit.Places, a.Thing) || slices.Contains(limit.Projects, a.Thing)) {
		return nil
	}
	names := a.Names
	if a.Command != nil {
		names = NamedBy(a.Command)
	}
	return limit.holds(names)
}

// holds refuses what names anything outside of the limit, and what names
// nothing inside of it.
func (l Limit) holds(names Limit) *Refusal {
	for _, of := range []struct {
		what         string
		limit, names []domain.ID
	}{{"place", l.Places, names.Places}, {"project", l.Projects, names.Projects}} {
		if len(of.limit) == 0 {
			continue
		}
		hint := fmt.Sprintf("name one of the %ss %s, and no other", of.what, join(of.limit))
		if len(of.names) == 0 {
			return &Refusal{OutsideLimit, "you may do this for some " + of.what + "s only, and it names none", hint}
		}
		for _, id := range of.names {
			if !slices.Contains(of.limit, id) {
				return &Refusal{OutsideLimit, fmt.Sprintf("the %s %q is not one of those for which you may do this", of.what, id), hint}
			}
		}
	}
	return nil
}

func join(ids []domain.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, ", ")
}
