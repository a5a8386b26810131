package domain

import "slices"

// Projects are what money is for. Rules:
//   - the states follow one another: registered (入库) → approved (立项) →
//     started (开工) ⇄ suspended (暂停) → accepted (验收); any of them but
//     accepted may be cancelled (取消);
//   - a project is approved only with targets (绩效目标);
//   - its places are registered, lie in its county where one is named, and
//     their shares are percentages that add up to exactly 100.

// ProjectRegistered says that a project was proposed.
type ProjectRegistered struct {
	Evidence
	Project     ID     `json:"project"`
	Name        string `json:"name"`
	Sector      string `json:"sector,omitempty"`
	County      ID     `json:"county,omitempty"`
	Implementer ID     `json:"implementer,omitempty"`
}

// RegisterProject proposes a project.
type RegisterProject struct {
	Evidence
	Project     ID     `json:"project" doc:"id of the new project"`
	Name        string `json:"name" doc:"its name"`
	Sector      string `json:"sector,omitempty" doc:"field of work, as the programme names it"`
	County      ID     `json:"county,omitempty" doc:"place that all its places must lie in"`
	Implementer ID     `json:"implementer,omitempty" doc:"organisation that carries it out"`
}

// Target is one thing that a project is meant to reach.
type Target struct {
	Indicator string   `json:"indicator" doc:"what is measured"`
	Value     Quantity `json:"value" doc:"how much of it"`
	Unit      string   `json:"unit" doc:"in which unit"`
}

// TargetsSet replaces the targets of a project.
type TargetsSet struct {
	Evidence
	Project ID       `json:"project"`
	Targets []Target `json:"targets"`
}

// SetTargets replaces the targets of a project.
type SetTargets struct {
	Evidence
	Project ID       `json:"project" doc:"project"`
	Targets []Target `json:"targets" doc:"what it is meant to reach"`
}

// PlaceShare is the percentage of a project that belongs to one place.
type PlaceShare struct {
	Place   ID       `json:"place" doc:"place, usually a village"`
	Percent Quantity `json:"percent" doc:"its share of the project in percent"`
}

// PlacesAssigned says in which places a project is carried out (落实到村), from
// now on. Settled is the money of the project that had waited for its places;
// it is divided by the same shares.
type PlacesAssigned struct {
	Evidence
	Project ID           `json:"project"`
	Shares  []PlaceShare `json:"shares"`
	Settled []Waiting    `json:"settled,omitempty"`
}

// AssignPlaces says in which places a project is carried out.
type AssignPlaces struct {
	Evidence
	Project ID           `json:"project" doc:"project"`
	Shares  []PlaceShare `json:"shares" doc:"places with their shares, 100 percent together"`
}

// Waiting is an amount of a project that no place was named for yet.
type Waiting struct {
	FundFacts
	Stage  Stage `json:"stage"`
	Amount Money `json:"amount"`
	Date   Date  `json:"date"`
}

// ProjectStep names the project that passes from one state to the next.
type ProjectStep struct {
	Evidence
	Project ID `json:"project" doc:"project"`
}

// Each step of a project is a command and an event of its own.
type (
	// ApproveProject lets a project with targets receive money (立项).
	ApproveProject struct{ ProjectStep }
	// StartProject says that work begins (开工).
	StartProject struct{ ProjectStep }
	// SuspendProject says that work rests (暂停).
	SuspendProject struct{ ProjectStep }
	// ResumeProject says that work goes on (复工).
	ResumeProject struct{ ProjectStep }
	// AcceptProject says that the result is accepted (验收).
	AcceptProject struct{ ProjectStep }
	// CancelProject gives a project up (取消).
	CancelProject struct{ ProjectStep }

	// ProjectApproved says that the project may receive money.
	ProjectApproved struct{ ProjectStep }
	// ProjectStarted says that work began.
	ProjectStarted struct{ ProjectStep }
	// ProjectSuspended says that work rests.
	ProjectSuspended struct{ ProjectStep }
	// ProjectResumed says that work went on.
	ProjectResumed struct{ ProjectStep }
	// ProjectAccepted says that the result was accepted.
	ProjectAccepted struct{ ProjectStep }
	// ProjectCancelled says that the project was given up.
	ProjectCancelled struct{ ProjectStep }
)

var (
	_ = command[RegisterProject]("register-project", "Proposes a project (入库).")
	_ = command[SetTargets]("set-targets", "Says what a project is meant to reach (绩效目标).")
	_ = command[AssignPlaces]("assign-places", "Says in which places a project is carried out, with shares (落实到村).")
	_ = command[ApproveProject]("approve-project", "Lets a project with targets receive money (立项).")
	_ = command[StartProject]("start-project", "Says that work on a project begins (开工).")
	_ = command[SuspendProject]("suspend-project", "Says that work on a project rests (暂停).")
	_ = command[ResumeProject]("resume-project", "Says that work on a project goes on (复工).")
	_ = command[AcceptProject]("accept-project", "Says that the result of a project is accepted (验收).")
	_ = command[CancelProject]("cancel-project", "Gives a project up (取消).")

	_ = event[ProjectRegistered]()
	_ = event[TargetsSet]()
	_ = event[PlacesAssigned]()
	_ = event[ProjectApproved]()
	_ = event[ProjectStarted]()
	_ = event[ProjectSuspended]()
	_ = event[ProjectResumed]()
	_ = event[ProjectAccepted]()
	_ = event[ProjectCancelled]()
)

type project struct {
	name    string
	sector  string
	state   projectState
	county  ID
	targets []Target
	shares  []PlaceShare
	settled []PlaceShare // the first shares: what had waited was divided by them
}

func (p *project) fields() []any {
	return []any{&p.name, &p.sector, &p.state, &p.county, &p.targets, &p.shares, &p.settled}
}

type projectState string

const (
	registered projectState = "registered"
	approved   projectState = "approved"
	started    projectState = "started"
	suspended  projectState = "suspended"
	accepted   projectState = "accepted"
	cancelled  projectState = "cancelled"
)

func (l *Ledger) project(id ID, field string) (project, error) {
	if err := l.noun(NounProject, id, field); err != nil {
		return project{}, err
	}
	p, _ := l.projects.get(id)
	return p, nil
}

func (c *RegisterProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Project, "project"); err != nil {
		return nil, err
	}
	if err := l.known(ref{NounPlace, c.County, "county"}, ref{NounOrganisation, c.Implementer, "implementer"}); err != nil {
		return nil, err
	}
	e, err := l.evidence("project-registered", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&ProjectRegistered{Evidence: e, Project: c.Project, Name: c.Name, Sector: c.Sector, County: c.County, Implementer: c.Implementer}}, nil
}

func (c *SetTargets) decide(l *Ledger, ctx Context) ([]Event, error) {
	p, err := l.project(c.Project, "project")
	if err != nil {
		return nil, err
	}
	if p.state == accepted || p.state == cancelled {
		return nil, wrongState(c.Project, p.state, "take targets")
	}
	if slices.Equal(p.targets, c.Targets) {
		return nil, nil
	}
	for _, t := range c.Targets {
		if t.Value.Sign() <= 0 {
			return nil, refuse("quantity_not_positive", "the target %q is %s", t.Indicator, t.Value).in("targets").hint("give more than 0").with("target", t.Indicator).with("quantity", t.Value)
		}
	}
	e, err := l.evidence("targets-set", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&TargetsSet{Evidence: e, Project: c.Project, Targets: slices.Clone(c.Targets)}}, nil
}

func (c *AssignPlaces) decide(l *Ledger, ctx Context) ([]Event, error) {
	p, err := l.project(c.Project, "project")
	if err != nil {
		return nil, err
	}
	if p.state == accepted || p.state == cancelled {
		return nil, wrongState(c.Project, p.state, "change its places")
	}
	if slices.Equal(p.shares, c.Shares) {
		return nil, nil
	}
	if err := l.checkShares(p, c.Shares); err != nil {
		return nil, err
	}
	e, err := l.evidence("places-assigned", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&PlacesAssigned{Evidence: e, Project: c.Project, Shares: slices.Clone(c.Shares), Settled: settle(l.waitingFor(c.Project))}}, nil
}

func (l *Ledger) checkShares(p project, shares []PlaceShare) error {
	var sum Quantity
	seen := map[ID]bool{}
	for _, s := range shares {
		if err := l.noun(NounPlace, s.Place, "shares"); err != nil {
			return err
		}
		if p.county != "" && !l.within(s.Place, p.county) {
			return refuse("village_not_in_county", "%s does not lie in %s", s.Place, p.county).in("shares").
				hint("name a place of the project's county").with("place", s.Place).with("county", p.county)
		}
		if seen[s.Place] {
			return refuse("place_repeated", "%s is named twice", s.Place).in("shares").hint("name each place once").with("place", s.Place)
		}
		if s.Percent.Sign() <= 0 || s.Percent.Compare(WholeQuantity(100)) > 0 {
			return refuse("share_range", "the share of %s is %s percent", s.Place, s.Percent).in("shares").hint("give more than 0 and at most 100, or leave the place out").with("place", s.Place).with("percent", s.Percent)
		}
		seen[s.Place] = true
		sum = sum.add(s.Percent)
	}
	if whole := WholeQuantity(100); sum != whole {
		return refuse("shares_not_whole", "the shares add up to %s percent, not 100", sum).in("shares").
			hint("change them so that they add up to exactly 100").with("sum", sum)
	}
	return nil
}

func wrongState(id ID, s projectState, what string) *Refusal {
	return clash("wrong_state", "the project %s is %s and cannot %s", id, s, what).in("project").
		hint("look at the project's history").with("project", id).with("state", s)
}

// step checks the order of states and returns the facts of the event.
func (c ProjectStep) step(l *Ledger, ctx Context, eventType, what string, from ...projectState) (ProjectStep, error) {
	p, err := l.project(c.Project, "project")
	if err != nil {
		return c, err
	}
	if !slices.Contains(from, p.state) {
		return c, wrongState(c.Project, p.state, what)
	}
	if eventType == "project-approved" && len(p.targets) == 0 {
		return c, refuse("targets_missing", "the project %s has no targets", c.Project).in("project").
			hint("set its targets first").with("project", c.Project)
	}
	c.Evidence, err = l.evidence(eventType, c.Evidence, ctx)
	return c, err
}

func (c *ApproveProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-approved", "be approved", registered)
	return one(&ProjectApproved{s}, err)
}

func (c *StartProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-started", "be started", approved)
	return one(&ProjectStarted{s}, err)
}

func (c *SuspendProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-suspended", "be suspended", started)
	return one(&ProjectSuspended{s}, err)
}

func (c *ResumeProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-resumed", "be resumed", suspended)
	return one(&ProjectResumed{s}, err)
}

func (c *AcceptProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-accepted", "be accepted", started)
	return one(&ProjectAccepted{s}, err)
}

func (c *CancelProject) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, err := c.step(l, ctx, "project-cancelled", "be cancelled", registered, approved, started, suspended)
	return one(&ProjectCancelled{s}, err)
}

func one(e Event, err error) ([]Event, error) {
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// EventType is project-registered.
func (*ProjectRegistered) EventType() string { return "project-registered" }

// EventType is targets-set.
func (*TargetsSet) EventType() string { return "targets-set" }

// EventType is places-assigned.
func (*PlacesAssigned) EventType() string { return "places-assigned" }

// EventType is project-approved.
func (*ProjectApproved) EventType() string { return "project-approved" }

// EventType is project-started.
func (*ProjectStarted) EventType() string { return "project-started" }

// EventType is project-suspended.
func (*ProjectSuspended) EventType() string { return "project-suspended" }

// EventType is project-resumed.
func (*ProjectResumed) EventType() string { return "project-resumed" }

// EventType is project-accepted.
func (*ProjectAccepted) EventType() string { return "project-accepted" }

// EventType is project-cancelled.
func (*ProjectCancelled) EventType() string { return "project-cancelled" }

func (e *ProjectRegistered) evolve(l *Ledger) {
	l.names.put(e.Project, NounProject)
	l.projects.put(e.Project, project{name: e.Name, sector: e.Sector, state: registered, county: e.County})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *TargetsSet) evolve(l *Ledger) {
	p, _ := l.projects.get(e.Project)
	p.targets = e.Targets
	l.projects.put(e.Project, p)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *PlacesAssigned) evolve(l *Ledger) {
	p, _ := l.projects.get(e.Project)
	p.shares = e.Shares
	if p.settled == nil {
		p.settled = e.Shares
	}
	l.projects.put(e.Project, p)
	l.waitNoMore(e.Project)
	for _, m := range Movements(e) {
		l.paidFor(m)
	}
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

// movements hands the money that had waited over to the places; the amounts of
// fund and project stay as they were.
func (e *PlacesAssigned) movements(out []Movement) []Movement {
	for _, w := range e.Settled {
		m := w.movement(w.Stage, w.Amount.Neg(), w.Date)
		m.Project = e.Project
		out = append(out, m)
		out = m.perPlace(out, splitByShares(w.Amount, e.Shares))
	}
	return out
}

func (s ProjectStep) enter(l *Ledger, eventType string, state projectState) {
	p, _ := l.projects.get(s.Project)
	p.state = state
	l.projects.put(s.Project, p)
	l.claimSource(eventType, Correction{}, s.Evidence)
}

func (e *ProjectApproved) evolve(l *Ledger)  { e.enter(l, e.EventType(), approved) }
func (e *ProjectStarted) evolve(l *Ledger)   { e.enter(l, e.EventType(), started) }
func (e *ProjectSuspended) evolve(l *Ledger) { e.enter(l, e.EventType(), suspended) }
func (e *ProjectResumed) evolve(l *Ledger)   { e.enter(l, e.EventType(), started) }
func (e *ProjectAccepted) evolve(l *Ledger)  { e.enter(l, e.EventType(), accepted) }
func (e *ProjectCancelled) evolve(l *Ledger) { e.enter(l, e.EventType(), cancelled) }

// settledPlaces returns the parts of an amount that was recorded with the given ones.
// An amount that waited for its places was divided when they were assigned, so
// what takes it back is divided in the same way.
func (l *Ledger) settledPlaces(parts []PlaceAmount, project ID, m Money) []PlaceAmount {
	if len(parts) > 0 || project == "" {
		return parts
	}
	p, _ := l.projects.get(project)
	return splitByShares(m, p.settled)
}

// splitByShares divides an amount among the places of a project, exact to the
// minor unit. No shares: no parts.
func splitByShares(m Money, shares []PlaceShare) []PlaceAmount {
	if len(shares) == 0 {
		return nil
	}
	weights := make([]int64, len(shares))
	for i, s := range shares {
		weights[i] = s.Percent.micro
	}
	parts := make([]PlaceAmount, len(shares))
	for i, part := range m.Split(weights) {
		parts[i] = PlaceAmount{Place: shares[i].Place, Amount: part}
	}
	return parts
}
