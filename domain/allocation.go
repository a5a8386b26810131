package domain

import (
	"cmp"
)

// An allocation (分配) sets part of a fund aside for a project. Rules:
//   - the project is approved, and neither accepted nor cancelled;
//   - no more is allocated than is unallocated in the fund;
//   - a reallocation (调整) moves what was not yet disbursed to another project,
//     or back to the fund where no project is named.
//
// The amount is divided among the places of the project by their shares; where
// the project has none it waits, and is divided when places are assigned.

// FundsAllocated says that part of a fund was set aside for a project.
type FundsAllocated struct {
	FundFacts
	Correction
	Evidence
	Project ID            `json:"project"`
	Amount  Money         `json:"amount"`
	Places  []PlaceAmount `json:"places,omitempty"`
}

// AllocateFunds sets part of a fund aside for a project.
type AllocateFunds struct {
	FundAmount
	Project ID `json:"project" doc:"project that may use it"`
	Evidence
}

// FundsReallocated says that an allocation was moved to another project, or
// back to the fund.
type FundsReallocated struct {
	FundFacts
	Correction
	Evidence
	From       ID            `json:"from"`
	To         ID            `json:"to,omitempty"`
	Amount     Money         `json:"amount"`
	FromPlaces []PlaceAmount `json:"from_places,omitempty"`
	ToPlaces   []PlaceAmount `json:"to_places,omitempty"`
}

// ReallocateFunds moves an allocation to another project, or back to the fund.
type ReallocateFunds struct {
	FundAmount
	From ID `json:"from" doc:"project that gives up the amount"`
	To   ID `json:"to,omitempty" doc:"project that gets it; left out: back to the fund"`
	Evidence
}

var (
	_ = command[AllocateFunds]("allocate-funds", "Sets part of a fund aside for a project (分配).")
	_ = command[ReallocateFunds]("reallocate-funds", "Moves an allocation to another project, or back to the fund (调整).")
	_ = event[FundsAllocated]()
	_ = event[FundsReallocated]()
)

// lineKey names the line of one project in one fund.
type lineKey struct{ fund, project ID }

func (k lineKey) compare(o lineKey) int {
	return cmp.Or(cmp.Compare(k.fund, o.fund), cmp.Compare(k.project, o.project))
}

// take settles the fund, evidence and amount of a command that uses a fund and
// names other things, which have to be known.
func (c FundAmount) take(l *Ledger, e Evidence, eventType string, ctx Context, others ...ref) (fund, Evidence, Money, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return f, e, Money{}, err
	}
	if err = l.known(others...); err != nil {
		return f, e, Money{}, err
	}
	if e, err = l.evidence(eventType, e, ctx); err != nil {
		return f, e, Money{}, err
	}
	if err := f.notBefore(e.Date); err != nil {
		return f, e, Money{}, err
	}
	m, err := money(c.Amount, c.Currency, f.currency)
	return f, e, m, err
}

// fundable refuses a project that may not be given money.
func (l *Ledger) fundable(id ID, field string) (project, error) {
	p, err := l.project(id, field)
	if err != nil {
		return p, err
	}
	switch p.state {
	case registered:
		return p, clash("project_not_approved", "the project %s is not approved", id).in(field).
			hint("approve it first").with("project", id).with("state", p.state)
	case accepted, cancelled:
		return p, wrongState(id, p.state, "be given money").in(field)
	}
	return p, nil
}

func (c *AllocateFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.take(l, c.Evidence, "funds-allocated", ctx, ref{NounProject, c.Project, "project"})
	if err != nil {
		return nil, err
	}
	p, err := l.fundable(c.Project, "project")
	if err != nil {
		return nil, err
	}
	if free := max(f.sums.Unallocated(), 0); m.Minor > free {
		return nil, refuse("insufficient_unallocated", "only %s of the fund %s is not allocated", f.money(free), c.Fund).in("amount").
			hint("allocate at most that").with("unallocated", f.money(free)).with("asked", m)
	}
	return []Event{&FundsAllocated{FundFacts: f.facts(c.Fund), Evidence: e, Project: c.Project, Amount: m,
		Places: splitByShares(m, p.shares)}}, nil
}

func (c *ReallocateFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.take(l, c.Evidence, "funds-reallocated", ctx,
		ref{NounProject, c.From, "from"}, ref{NounProject, c.To, "to"})
	if err != nil {
		return nil, err
	}
	from, err := l.project(c.From, "from")
	if err != nil {
		return nil, err
	}
	var to project
	if c.To != "" {
		if c.From == c.To {
			return nil, refuse("same_project", "%s would give to itself", c.From).in("to").hint("name another project")
		}
		if to, err = l.fundable(c.To, "to"); err != nil {
			return nil, err
		}
	}
	line, _ := l.lines.get(lineKey{c.Fund, c.From})
	_, reserved := l.reserved(lineKey{c.Fund, c.From}, ctx, "")
	if left := line.Undisbursed() - reserved; m.Minor > left {
		return nil, refuse("insufficient_allocation", "only %s of the allocation to %s is not disbursed", f.money(max(left, 0)), c.From).
			in("amount").hint("move at most that").with("allocated", f.money(line[Allocated])).
			with("disbursed", f.money(line[Disbursed])).with("asked", m).requested(f, reserved)
	}
	return []Event{&FundsReallocated{FundFacts: f.facts(c.Fund), Evidence: e, From: c.From, To: c.To, Amount: m,
		FromPlaces: splitByShares(m, from.shares), ToPlaces: splitByShares(m, to.shares)}}, nil
}

// wait notes money of a project that has no places yet, so that it can be
// divided when they are assigned. Each entry waits on its own: what reverses it
// later is then divided exactly as it was.
func (l *Ledger) wait(s Stage, f FundFacts, project ID, m Money, d Date) {
	p, _ := l.projects.get(project)
	if len(p.shares) > 0 {
		return
	}
	n, _ := l.waits.get(project)
	k := waitKey{project, n / waitsTogether}
	// Appending may share an array with the shorter slice that a rollback puts
	// back; nothing reads an array beyond the length of its slice.
	some, _ := l.waiting.get(k)
	l.waiting.put(k, append(some, Waiting{FundFacts: f, Stage: s, Amount: m, Date: d}))
	l.waits.put(project, n+1)
}

// waitKey names some of the entries of a project that wait: the first
// waitsTogether of them, the next, and so on. A project may wait with any number
// of entries, and one that is added must not make all others be copied.
type waitKey struct {
	project ID
	part    int
}

func (k *waitKey) fields() []any { return []any{&k.project, &k.part} }

const waitsTogether = 64

// waitingFor returns what waits for the places of a project, in its order.
func (l *Ledger) waitingFor(project ID) []Waiting {
	n, _ := l.waits.get(project)
	var all []Waiting
	for part := 0; part*waitsTogether < n; part++ {
		some, _ := l.waiting.get(waitKey{project, part})
		all = append(all, some...)
	}
	return all
}

// waitNoMore forgets what waited for the places of a project.
func (l *Ledger) waitNoMore(project ID) {
	n, _ := l.waits.get(project)
	for part := 0; part*waitsTogether < n; part++ {
		l.waiting.del(waitKey{project, part})
	}
	l.waits.del(project)
}

// settle returns what still waits: without the entries that a later one of the
// opposite amount took back, and without that one. It is done once, when the
// places are assigned, since a project may wait with any number of entries.
func settle(all []Waiting) []Waiting {
	standing := map[Waiting][]int{} // where equal entries stand, the first first
	gone := make([]bool, len(all))
	for i, w := range all {
		opposite := w
		opposite.Amount = w.Amount.Neg()
		if at := standing[opposite]; w.Amount.Minor < 0 && len(at) > 0 {
			gone[i], gone[at[0]] = true, true
			standing[opposite] = at[1:]
			continue
		}
		standing[w] = append(standing[w], i)
	}
	var left []Waiting
	for i, w := range all {
		if !gone[i] {
			left = append(left, w)
		}
	}
	return left
}

// EventType is funds-allocated.
func (*FundsAllocated) EventType() string { return "funds-allocated" }

// EventType is funds-reallocated.
func (*FundsReallocated) EventType() string { return "funds-reallocated" }

func (e *FundsAllocated) evolve(l *Ledger) {
	if len(e.Places) == 0 {
		l.wait(Allocated, e.FundFacts, e.Project, e.Amount, e.Date)
	}
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsReallocated) evolve(l *Ledger) {
	if len(e.FromPlaces) == 0 {
		l.wait(Allocated, e.FundFacts, e.From, e.Amount.Neg(), e.Date)
	}
	if len(e.ToPlaces) == 0 && e.To != "" {
		l.wait(Allocated, e.FundFacts, e.To, e.Amount, e.Date)
	}
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsAllocated) movements(out []Movement) []Movement {
	m := e.movement(Allocated, e.Amount, e.Date)
	m.Project = e.Project
	return m.perPlace(out, e.Places)
}

func (e *FundsReallocated) movements(out []Movement) []Movement {
	m := e.movement(Allocated, e.Amount.Neg(), e.Date)
	m.Project = e.From
	out = m.perPlace(out, negated(e.FromPlaces))
	if e.To == "" {
		return out
	}
	m = e.movement(Allocated, e.Amount, e.Date)
	m.Project = e.To
	return m.perPlace(out, e.ToPlaces)
}

func (e FundsAllocated) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.Places = e.Amount.Neg(), negated(e.Places)
	return &e
}

func (e FundsReallocated) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.FromPlaces, e.ToPlaces = e.Amount.Neg(), negated(e.FromPlaces), negated(e.ToPlaces)
	return &e
}

func (e *FundsAllocated) place(l *Ledger) { e.Places = l.settledPlaces(e.Places, e.Project, e.Amount) }

func (e *FundsReallocated) place(l *Ledger) {
	e.FromPlaces = l.settledPlaces(e.FromPlaces, e.From, e.Amount)
	e.ToPlaces = l.settledPlaces(e.ToPlaces, e.To, e.Amount)
}

func (k *lineKey) fields() []any { return []any{&k.fund, &k.project} }
