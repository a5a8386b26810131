package domain

import (
	"slices"
	"strings"
)

// An earmark (专款专用) limits what the money of a fund is for. Rules:
//   - it limits at least one thing: the field of work of the projects, the
//     projects, the places, or the last day on which the fund pays;
//   - a request or payment outside of it is refused, and the limit is named; an
//     amount without a place is outside of an earmark for places;
//   - a fund that has paid outside already is not earmarked, unless the project
//     returned the money; a payment after the last day counts even when it was
//     reversed;
//   - cash is carried over only to a fund with the same limits, though its last
//     day may be another;
//   - a fund has one earmark; it is lifted before another one is set.

// Earmark is what the money of a fund is for. What is left out is not limited.
type Earmark struct {
	Purpose  string `json:"purpose,omitempty"`
	Projects []ID   `json:"projects,omitempty"`
	Places   []ID   `json:"places,omitempty"`
	Until    Date   `json:"until,omitzero"`
}

// FundsEarmarked says what the money of a fund is for.
type FundsEarmarked struct {
	Evidence
	Fund ID `json:"fund"`
	Earmark
}

// EarmarkFunds says what the money of a fund is for.
type EarmarkFunds struct {
	Fund     ID             `json:"fund" doc:"fund to limit"`
	Purpose  string         `json:"purpose,omitempty" doc:"only projects of this sector"`
	Projects []NamedProject `json:"projects,omitempty" doc:"only these projects"`
	Places   []NamedPlace   `json:"places,omitempty" doc:"only these places and what lies in them"`
	Until    Date           `json:"until,omitzero" doc:"only payments up to this day"`
	Evidence
}

// NamedProject names one project in a list.
type NamedProject struct {
	Project ID `json:"project" doc:"project"`
}

// NamedPlace names one place in a list.
type NamedPlace struct {
	Place ID `json:"place" doc:"place"`
}

// EarmarkLifted says that the money of a fund is no longer limited.
type EarmarkLifted struct {
	Evidence
	Fund ID `json:"fund"`
}

// LiftEarmark ends the limits of a fund.
type LiftEarmark struct {
	Fund ID `json:"fund" doc:"fund that is no longer limited"`
	Evidence
}

var (
	_ = command[EarmarkFunds]("earmark-funds", "Limits what the money of a fund is for (专款专用).")
	_ = command[LiftEarmark]("lift-earmark", "Ends the limits of a fund.")
	_ = event[FundsEarmarked]()
	_ = event[EarmarkLifted]()
)

// fundPlace names what one fund paid for one place.
type fundPlace struct{ fund, place ID }

func (k *fundPlace) fields() []any { return []any{&k.fund, &k.place} }

func (m Earmark) equal(o Earmark) bool { return m.Until == o.Until && m.alike(o) }

// alike tells whether two earmarks differ at most in their last day.
func (m Earmark) alike(o Earmark) bool {
	return FoldName(m.Purpose) == FoldName(o.Purpose) && slices.Equal(m.Projects, o.Projects) && slices.Equal(m.Places, o.Places)
}

// limits returns the earmark that the command asks for, its lists in the order
// of ids.
func (c *EarmarkFunds) limits() Earmark {
	m := Earmark{Purpose: c.Purpose, Until: c.Until}
	for _, p := range c.Projects {
		m.Projects = append(m.Projects, p.Project)
	}
	for _, p := range c.Places {
		m.Places = append(m.Places, p.Place)
	}
	slices.Sort(m.Projects)
	slices.Sort(m.Places)
	m.Projects, m.Places = slices.Compact(m.Projects), slices.Compact(m.Places)
	return m
}

func (c *EarmarkFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return nil, err
	}
	m := c.limits()
	for _, id := range m.Projects {
		if err := l.noun(NounProject, id, "projects"); err != nil {
			return nil, err
		}
	}
	for _, id := range m.Places {
		if err := l.noun(NounPlace, id, "places"); err != nil {
			return nil, err
		}
	}
	if m.equal(Earmark{}) {
		return nil, refuse("earmark_empty", "the earmark limits nothing").in("purpose").
			hint("give a purpose, projects, places or a last day")
	}
	if old, ok := l.earmarks.get(c.Fund); ok {
		if old.equal(m) {
			return nil, nil
		}
		return nil, clash("fund_earmarked", "the fund %s is earmarked already", c.Fund).in("fund").
			hint("lift that earmark first").with("fund", c.Fund)
	}
	if err := l.paidWithin(c.Fund, f, m); err != nil {
		return nil, err
	}
	e, err := l.evidence("funds-earmarked", c.Evidence, ctx)
	return one(&FundsEarmarked{Evidence: e, Fund: c.Fund, Earmark: m}, err)
}

func (c *LiftEarmark) decide(l *Ledger, ctx Context) ([]Event, error) {
	if _, err := l.openFund(c.Fund, "fund"); err != nil {
		return nil, err
	}
	if !l.earmarks.has(c.Fund) {
		return nil, nil
	}
	e, err := l.evidence("earmark-lifted", c.Evidence, ctx)
	return one(&EarmarkLifted{Evidence: e, Fund: c.Fund}, err)
}

// paidWithin refuses limits outside of which the fund has paid already.
func (l *Ledger) paidWithin(id ID, f fund, m Earmark) error {
	outside := func(field, limit string, what any) error {
		return clash("spent_outside", "the fund %s has paid outside of that limit already: %v", id, what).in(field).
			hint("have the money returned, or set a wider limit").with("limit", limit).with("paid", what)
	}
	var found []string
	for k, s := range l.lines.rows {
		if p, _ := l.projects.get(k.project); k.fund == id && s[Disbursed] > s[Returned] && !m.takes(k.project, p) {
			found = append(found, string(k.project))
		}
	}
	if len(found) > 0 {
		slices.Sort(found)
		field := "projects"
		if len(m.Projects) == 0 {
			field = "purpose"
		}
		return outside(field, field, strings.Join(found, " "))
	}
	if len(m.Places) > 0 {
		for k, minor := range l.paidPlaces.rows {
			if k.fund == id && minor > 0 && !l.withinAny(k.place, m.Places) {
				found = append(found, string(k.place))
			}
		}
	}
	switch {
	case len(found) > 0:
		slices.Sort(found)
		return outside("places", "places", strings.Join(found, " "))
	case !m.Until.IsZero() && f.sums[Disbursed] > f.sums[Returned] && m.Until.Last().Before(f.lastPaid.First()):
		return outside("until", "until", f.lastPaid)
	}
	return nil
}

// takes tells whether a project is one that the money is for.
func (m Earmark) takes(id ID, p project) bool {
	return (len(m.Projects) == 0 || slices.Contains(m.Projects, id)) &&
		(m.Purpose == "" || FoldName(m.Purpose) == FoldName(p.sector))
}

// withinAny tells whether a place is one of several, or lies in one of them.
func (l *Ledger) withinAny(id ID, outer []ID) bool {
	return id != "" && slices.ContainsFunc(outer, func(o ID) bool { return l.within(id, o) })
}

// earmarked refuses a payment outside of the fund's earmark.
func (l *Ledger) earmarked(fundID, projectID ID, places []PlaceAmount, d Date) error {
	m, ok := l.earmarks.get(fundID)
	if !ok {
		return nil
	}
	outside := func(field, limit string, allowed any) error {
		return refuse("outside_earmark", "the fund %s is for %s %v only", fundID, limit, allowed).in(field).
			hint("pay from another fund, or have the earmark lifted").with("limit", limit).with("allowed", allowed)
	}
	p, _ := l.projects.get(projectID)
	switch {
	case len(m.Projects) > 0 && !slices.Contains(m.Projects, projectID):
		return outside("project", "projects", listed(m.Projects))
	case !m.takes(projectID, p):
		return outside("project", "purpose", m.Purpose)
	case len(m.Places) > 0 && len(places) == 0:
		return outside("place", "places", listed(m.Places))
	case !m.Until.IsZero() && m.Until.Last().Before(d.Last()):
		return outside("date", "until", m.Until)
	}
	for _, part := range places {
		if len(m.Places) > 0 && !l.withinAny(part.Place, m.Places) {
			return outside("place", "places", listed(m.Places))
		}
	}
	return nil
}

// listed names at most 20 ids.
func listed(ids []ID) string {
	var names []string
	for _, id := range ids[:min(len(ids), 20)] {
		names = append(names, string(id))
	}
	return strings.Join(names, " ")
}

// sameEarmark refuses to carry money over to where it would lose its limits.
func (l *Ledger) sameEarmark(from, to ID) error {
	m, limited := l.earmarks.get(from)
	if o, _ := l.earmarks.get(to); !limited || m.alike(o) {
		return nil
	}
	return refuse("outside_earmark", "the fund %s is earmarked, and %s has not the same limits", from, to).in("to").
		hint("earmark the other fund alike first").with("limit", "fund").with("allowed", from)
}

// EventType is funds-earmarked.
func (*FundsEarmarked) EventType() string { return "funds-earmarked" }

// EventType is earmark-lifted.
func (*EarmarkLifted) EventType() string { return "earmark-lifted" }

func (e *FundsEarmarked) evolve(l *Ledger) {
	l.earmarks.put(e.Fund, e.Earmark)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *EarmarkLifted) evolve(l *Ledger) {
	l.earmarks.del(e.Fund)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
