package domain

import "slices"

// A finding (督查/审计发现, 整改) is something that somebody, or a check over the
// read models, found wrong. Rules:
//   - it is about something that is registered, or about the ledger as a whole;
//   - its states are raised → answered → rectified → closed; it is rectified and
//     closed with evidence only: the number of a document, or an attachment;
//   - an unfounded finding is closed once it is answered;
//   - whoever rectified it does not close it;
//   - a check raises a finding under a key that stays the same while the facts
//     do, and once only: not again while it is open, nor after a person closed it;
//   - a check closes its own finding, in any state, when the facts have changed.

// CheckRole is the role under which checks record. No person has it.
const CheckRole = "check"

// FindingRaised says that something was found wrong.
type FindingRaised struct {
	Evidence
	Finding  ID     `json:"finding"`
	About    ID     `json:"about,omitempty"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
	DueDate  Date   `json:"due_date,omitzero"`
	Check    string `json:"check,omitempty"`
	Key      string `json:"key,omitempty"`
	By       string `json:"by"`
}

// RaiseFinding says that something is wrong.
type RaiseFinding struct {
	Finding  ID     `json:"finding" doc:"id of the new finding"`
	About    ID     `json:"about,omitempty" doc:"what it is about: any id of the ledger; left out: the ledger"`
	Severity string `json:"severity" enum:"minor,major,severe" doc:"how bad it is"`
	Text     string `json:"text" text:"note" doc:"what is wrong"`
	DueDate  Date   `json:"due_date,omitzero" doc:"day by which it should be rectified"`
	Check    string `json:"check,omitempty" example:"-" doc:"name of the check that found it; for checks only"`
	Key      string `json:"key,omitempty" example:"-" doc:"what the check found, the same as long as the facts are; for checks only"`
	Evidence
}

// FindingAnswered says what those concerned answer.
type FindingAnswered struct {
	Evidence
	Finding ID     `json:"finding"`
	Text    string `json:"text"`
	By      string `json:"by"`
}

// AnswerFinding says what those concerned answer.
type AnswerFinding struct {
	Finding ID     `json:"finding" doc:"finding to answer"`
	Text    string `json:"text" text:"note" doc:"the answer"`
	Evidence
}

// FindingRectified says what was done about a finding.
type FindingRectified struct {
	Evidence
	Finding    ID     `json:"finding"`
	Text       string `json:"text"`
	Attachment ID     `json:"attachment,omitempty"`
	By         string `json:"by"`
}

// RectifyFinding says what was done about a finding.
type RectifyFinding struct {
	Finding    ID     `json:"finding" doc:"finding that was rectified"`
	Text       string `json:"text" text:"note" doc:"what was done"`
	Attachment ID     `json:"attachment,omitempty" doc:"attachment that proves it; or give the number of a document"`
	Evidence
}

// FindingClosed says that nothing is left to do. Outcome is rectified,
// unfounded, or facts-changed where the check closed it.
type FindingClosed struct {
	Evidence
	Finding    ID     `json:"finding"`
	Outcome    string `json:"outcome"`
	Text       string `json:"text,omitempty"`
	Attachment ID     `json:"attachment,omitempty"`
	By         string `json:"by"`
}

// CloseFinding says that nothing is left to do.
type CloseFinding struct {
	Finding    ID     `json:"finding" doc:"finding to close"`
	Outcome    string `json:"outcome" enum:"rectified,unfounded,facts-changed" doc:"why nothing is left to do; facts-changed is for checks only"`
	Text       string `json:"text,omitempty" text:"note" doc:"what was looked at"`
	Attachment ID     `json:"attachment,omitempty" doc:"attachment that proves it; or give the number of a document"`
	Evidence
}

var (
	_ = command[RaiseFinding]("raise-finding", "Says that something is wrong (督查/审计发现).")
	_ = command[AnswerFinding]("answer-finding", "Says what those concerned answer to a finding.")
	_ = command[RectifyFinding]("rectify-finding", "Says what was done about a finding, with evidence (整改).")
	_ = command[CloseFinding]("close-finding", "Closes a finding, with evidence (销号).")
	_ = event[FindingRaised]()
	_ = event[FindingAnswered]()
	_ = event[FindingRectified]()
	_ = event[FindingClosed]()
)

type finding struct {
	state     findingState
	check     string
	key       string
	rectifier string
}

func (f *finding) fields() []any { return []any{&f.state, &f.check, &f.key, &f.rectifier} }

type findingState string

const (
	findingRaised    findingState = "raised"
	findingAnswered  findingState = "answered"
	findingRectified findingState = "rectified"
	findingClosed    findingState = "closed"
)

func (l *Ledger) finding(id ID, what string, from ...findingState) (finding, error) {
	if err := l.noun(NounFinding, id, "finding"); err != nil {
		return finding{}, err
	}
	f, _ := l.findings.get(id)
	if !slices.Contains(from, f.state) {
		return f, clash("wrong_state", "the finding %s is %s and cannot be %s", id, f.state, what).in("finding").
			hint("a finding is raised, answered, rectified and closed, in this order").with("finding", id).with("state", f.state)
	}
	return f, nil
}

// proven refuses what is not proven by a document or an attachment.
func (l *Ledger) proven(e Evidence, attachment ID) error {
	if attachment != "" {
		return l.known(ref{NounAttachment, attachment, "attachment"})
	}
	if e.Document == "" {
		return refuse("evidence_required", "there is no evidence for it").in("document").
			hint("give the number of a document, or an attachment")
	}
	return nil
}

func (c *RaiseFinding) decide(l *Ledger, ctx Context) ([]Event, error) {
	isCheck := ctx.Role == CheckRole
	if isCheck != (c.Check != "" && c.Key != "") || !isCheck && c.Check+c.Key != "" {
		return nil, refuse("check_only", "check and key are for checks, and for all of them").in("check").hint("leave them out")
	}
	if isCheck && l.findingKeys.has(findingKey(c.Check, c.Key)) {
		return nil, nil
	}
	if err := l.free(c.Finding, "finding"); err != nil {
		return nil, err
	}
	if c.About != "" && !l.names.has(c.About) {
		return nil, missing("about_not_found", "nothing is called %q", c.About).in("about").hint("check the id")
	}
	e, err := l.evidence("finding-raised", c.Evidence, ctx)
	return one(&FindingRaised{Evidence: e, Finding: c.Finding, About: c.About, Severity: c.Severity, Text: c.Text, DueDate: c.DueDate,
		Check: c.Check, Key: c.Key, By: ctx.Actor}, err)
}

func (c *AnswerFinding) decide(l *Ledger, ctx Context) ([]Event, error) {
	if _, err := l.finding(c.Finding, "answered", findingRaised, findingAnswered); err != nil {
		return nil, err
	}
	e, err := l.evidence("finding-answered", c.Evidence, ctx)
	return one(&FindingAnswered{Evidence: e, Finding: c.Finding, Text: c.Text, By: ctx.Actor}, err)
}

func (c *RectifyFinding) decide(l *Ledger, ctx Context) ([]Event, error) {
	if _, err := l.finding(c.Finding, "rectified", findingAnswered, findingRectified); err != nil {
		return nil, err
	}
	if err := l.proven(c.Evidence, c.Attachment); err != nil {
		return nil, err
	}
	e, err := l.evidence("finding-rectified", c.Evidence, ctx)
	return one(&FindingRectified{Evidence: e, Finding: c.Finding, Text: c.Text, Attachment: c.Attachment, By: ctx.Actor}, err)
}

func (c *CloseFinding) decide(l *Ledger, ctx Context) ([]Event, error) {
	from := map[string][]findingState{
		"rectified": {findingRectified}, "unfounded": {findingAnswered, findingRectified},
		"facts-changed": {findingRaised, findingAnswered, findingRectified},
	}[c.Outcome]
	f, err := l.finding(c.Finding, "closed as "+c.Outcome, from...)
	if err != nil {
		return nil, err
	}
	byCheck := c.Outcome == "facts-changed"
	switch {
	case byCheck && (ctx.Role != CheckRole || f.check == ""):
		return nil, refuse("check_only", "only a check says that the facts have changed, and only of its own finding").in("outcome").
			hint("answer and rectify the finding").with("finding", c.Finding)
	case !byCheck && f.rectifier == ctx.Actor:
		return nil, refuse("self_approval", "%s rectified it and cannot close it", ctx.Actor).in("finding").
			hint("ask another person to close it").with("finding", c.Finding).with("actor", ctx.Actor)
	case !byCheck:
		if err := l.proven(c.Evidence, c.Attachment); err != nil {
			return nil, err
		}
	}
	e, err := l.evidence("finding-closed", c.Evidence, ctx)
	return one(&FindingClosed{Evidence: e, Finding: c.Finding, Outcome: c.Outcome, Text: c.Text, Attachment: c.Attachment, By: ctx.Actor}, err)
}

func findingKey(check, found string) key { return keyOf("finding", check, found) }

// EventType is finding-raised.
func (*FindingRaised) EventType() string { return "finding-raised" }

// EventType is finding-answered.
func (*FindingAnswered) EventType() string { return "finding-answered" }

// EventType is finding-rectified.
func (*FindingRectified) EventType() string { return "finding-rectified" }

// EventType is finding-closed.
func (*FindingClosed) EventType() string { return "finding-closed" }

func (e *FindingRaised) evolve(l *Ledger) {
	l.names.put(e.Finding, NounFinding)
	l.findings.put(e.Finding, finding{state: findingRaised, check: e.Check, key: e.Key})
	if e.Check != "" {
		l.findingKeys.put(findingKey(e.Check, e.Key), struct{}{})
	}
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *FindingAnswered) evolve(l *Ledger) {
	f, _ := l.findings.get(e.Finding)
	f.state = findingAnswered
	l.findings.put(e.Finding, f)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *FindingRectified) evolve(l *Ledger) {
	f, _ := l.findings.get(e.Finding)
	f.state, f.rectifier = findingRectified, e.By
	l.findings.put(e.Finding, f)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

// A key that a check frees may be found again; one that a person closed stays
// taken, so that the check does not say the same thing for ever.
func (e *FindingClosed) evolve(l *Ledger) {
	f, _ := l.findings.get(e.Finding)
	f.state = findingClosed
	l.findings.put(e.Finding, f)
	if e.Outcome == "facts-changed" {
		l.findingKeys.del(findingKey(f.check, f.key))
	}
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
