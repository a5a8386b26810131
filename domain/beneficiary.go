package domain

// A beneficiary (受益人/户) is a person or a household that is helped. Rules:
//   - it appears in the log under a pseudonym that the server makes, and what is
//     known about the person only sealed (see personal.go); whoever seals gives
//     the same person of a ledger the same pseudonym;
//   - a person is registered once;
//   - who was removed (移除) gets no further benefits, and may be registered again,
//     also elsewhere; who is restricted is hidden and kept; who was forgotten cannot be read again, because the key is gone,
//     while the benefits stay in all totals.

// BeneficiaryRegistered says that somebody may be helped. Name, number, phone and
// card are sealed.
type BeneficiaryRegistered struct {
	Evidence
	Beneficiary ID     `json:"beneficiary"`
	Kind        string `json:"kind"`
	Place       ID     `json:"place"`
	Name        string `json:"name"`
	IDNumber    string `json:"id_number"`
	Phone       string `json:"phone,omitempty"`
	BankCard    string `json:"bank_card,omitempty"`
}

// RegisterBeneficiary says that somebody may be helped. Beneficiary is the
// pseudonym; whoever seals the command fills it in.
type RegisterBeneficiary struct {
	Beneficiary ID       `json:"-"`
	Kind        string   `json:"kind" enum:"person,household" doc:"person, or household by its head"`
	Place       ID       `json:"place" doc:"village where the person lives"`
	Name        Personal `json:"name" personal:"name" doc:"name of the person or of the head of the household"`
	IDNumber    Personal `json:"id_number" personal:"id-number" example:"11010519491231002X" doc:"citizen's number (公民身份号码)"`
	Phone       Personal `json:"phone,omitzero" personal:"phone" example:"13800138000" doc:"telephone number"`
	BankCard    Personal `json:"bank_card,omitzero" personal:"bank-card" example:"6222020000000007" doc:"number of the bank card that is paid to"`
	Evidence
}

// BeneficiaryStep names the beneficiary whose state changes, and says why.
type BeneficiaryStep struct {
	Beneficiary ID     `json:"beneficiary" doc:"pseudonym of the beneficiary"`
	Reason      string `json:"reason" text:"note" doc:"why; nothing about the person"`
	Evidence
}

// Each step of a beneficiary is a command and an event of its own.
type (
	// RemoveBeneficiary ends that somebody may be helped.
	RemoveBeneficiary struct{ BeneficiaryStep }
	// RestrictBeneficiary hides somebody, who is kept as long as the law demands.
	RestrictBeneficiary struct{ BeneficiaryStep }
	// ForgetBeneficiary makes what is known about somebody unreadable for ever.
	ForgetBeneficiary struct{ BeneficiaryStep }

	// BeneficiaryRemoved says that somebody is no longer helped.
	BeneficiaryRemoved struct{ BeneficiaryStep }
	// BeneficiaryRestricted says that somebody is hidden.
	BeneficiaryRestricted struct{ BeneficiaryStep }
	// BeneficiaryForgotten says that the key of somebody is to be destroyed.
	BeneficiaryForgotten struct{ BeneficiaryStep }
)

var (
	_ = command[RegisterBeneficiary]("register-beneficiary", "Says that a person or household may be helped; what is personal is sealed.")
	_ = command[RemoveBeneficiary]("remove-beneficiary", "Ends that somebody may be helped (移除).")
	_ = command[RestrictBeneficiary]("restrict-beneficiary", "Hides somebody, who is kept as long as the law demands.")
	_ = command[ForgetBeneficiary]("forget-beneficiary", "Makes what is known about somebody unreadable for ever; totals stay.")
	_ = event[BeneficiaryRegistered]()
	_ = event[BeneficiaryRemoved]()
	_ = event[BeneficiaryRestricted]()
	_ = event[BeneficiaryForgotten]()
)

type beneficiary struct {
	kind  string
	place ID
	state beneficiaryState
}

func (b *beneficiary) fields() []any { return []any{&b.kind, &b.place, &b.state} }

type beneficiaryState string

const (
	beneficiaryActive     beneficiaryState = "registered"
	beneficiaryRemoved    beneficiaryState = "removed"
	beneficiaryRestricted beneficiaryState = "restricted"
	beneficiaryForgotten  beneficiaryState = "forgotten"
)

// beneficiary returns somebody who was not forgotten.
func (l *Ledger) beneficiary(id ID, field string) (beneficiary, error) {
	if err := l.noun(NounBeneficiary, id, field); err != nil {
		return beneficiary{}, err
	}
	b, _ := l.beneficiaries.get(id)
	if b.state == beneficiaryForgotten {
		return b, clash("beneficiary_erased", "the beneficiary %s was forgotten", id).in(field).hint("nothing can be recorded about who was forgotten").
			with("beneficiary", id)
	}
	return b, nil
}

func (c *RegisterBeneficiary) decide(l *Ledger, ctx Context) ([]Event, error) {
	if c.Beneficiary == "" || c.Name.sealed == "" || c.IDNumber.sealed == "" {
		return nil, refuse("not_sealed", "what is personal was not sealed").in("id_number").hint("start the server with its vault")
	}
	if b, known := l.beneficiaries.get(c.Beneficiary); known && b.state != beneficiaryRemoved || !known && l.names.has(c.Beneficiary) {
		return nil, clash("duplicate_beneficiary", "somebody with this number is registered already").in("id_number").
			hint("find the record, or check the number")
	}
	if err := l.known(ref{NounPlace, c.Place, "place"}); err != nil {
		return nil, err
	}
	e, err := l.evidence("beneficiary-registered", c.Evidence, ctx)
	return one(&BeneficiaryRegistered{Evidence: e, Beneficiary: c.Beneficiary, Kind: c.Kind, Place: c.Place, Name: c.Name.sealed,
		IDNumber: c.IDNumber.sealed, Phone: c.Phone.sealed, BankCard: c.BankCard.sealed}, err)
}

// step returns the facts of an event, and false where the state is that already.
func (c BeneficiaryStep) step(l *Ledger, ctx Context, eventType string, to beneficiaryState) (BeneficiaryStep, bool, error) {
	if err := l.noun(NounBeneficiary, c.Beneficiary, "beneficiary"); err != nil {
		return c, false, err
	}
	if b, _ := l.beneficiaries.get(c.Beneficiary); b.state == to {
		return c, false, nil
	}
	if _, err := l.beneficiary(c.Beneficiary, "beneficiary"); err != nil {
		return c, false, err
	}
	var err error
	c.Evidence, err = l.evidence(eventType, c.Evidence, ctx)
	return c, err == nil, err
}

func (c *RemoveBeneficiary) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, changes, err := c.step(l, ctx, "beneficiary-removed", beneficiaryRemoved)
	if !changes {
		return nil, err
	}
	return []Event{&BeneficiaryRemoved{s}}, nil
}

func (c *RestrictBeneficiary) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, changes, err := c.step(l, ctx, "beneficiary-restricted", beneficiaryRestricted)
	if !changes {
		return nil, err
	}
	return []Event{&BeneficiaryRestricted{s}}, nil
}

func (c *ForgetBeneficiary) decide(l *Ledger, ctx Context) ([]Event, error) {
	s, changes, err := c.step(l, ctx, "beneficiary-forgotten", beneficiaryForgotten)
	if !changes {
		return nil, err
	}
	return []Event{&BeneficiaryForgotten{s}}, nil
}

// EventType is beneficiary-registered.
func (*BeneficiaryRegistered) EventType() string { return "beneficiary-registered" }

// EventType is beneficiary-removed.
func (*BeneficiaryRemoved) EventType() string { return "beneficiary-removed" }

// EventType is beneficiary-restricted.
func (*BeneficiaryRestricted) EventType() string { return "beneficiary-restricted" }

// EventType is beneficiary-forgotten.
func (*BeneficiaryForgotten) EventType() string { return "beneficiary-forgotten" }

func (e *BeneficiaryRegistered) evolve(l *Ledger) {
	l.names.put(e.Beneficiary, NounBeneficiary)
	l.beneficiaries.put(e.Beneficiary, beneficiary{kind: e.Kind, place: e.Place, state: beneficiaryActive})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (s BeneficiaryStep) enter(l *Ledger, eventType string, state beneficiaryState) {
	b, _ := l.beneficiaries.get(s.Beneficiary)
	b.state = state
	l.beneficiaries.put(s.Beneficiary, b)
	l.claimSource(eventType, Correction{}, s.Evidence)
}

func (e *BeneficiaryRemoved) evolve(l *Ledger) { e.enter(l, e.EventType(), beneficiaryRemoved) }
func (e *BeneficiaryRestricted) evolve(l *Ledger) {
	e.enter(l, e.EventType(), beneficiaryRestricted)
}
func (e *BeneficiaryForgotten) evolve(l *Ledger) { e.enter(l, e.EventType(), beneficiaryForgotten) }
