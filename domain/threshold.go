package domain

// Above a threshold a payment needs the approval of a second person (四眼原则).
// Rules:
//   - a ledger has at most one threshold for each currency; without one, no
//     payment in that currency needs an approval;
//   - the threshold itself may still be paid by one person, and a threshold of 0
//     leaves nothing to one person.

// ApprovalThresholdSet says up to which amount one person may pay alone.
type ApprovalThresholdSet struct {
	Evidence
	Amount Money `json:"amount"`
}

// SetApprovalThreshold says up to which amount one person may pay alone.
type SetApprovalThreshold struct {
	Amount   Amount   `json:"amount" doc:"the largest amount that needs no approval; 0: every payment needs one"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Evidence
}

// ApprovalThresholdLifted says that payments in a currency need no approval.
type ApprovalThresholdLifted struct {
	Evidence
	Currency Currency `json:"currency"`
}

// LiftApprovalThreshold ends the need for approvals in a currency.
type LiftApprovalThreshold struct {
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Evidence
}

var (
	_ = command[SetApprovalThreshold]("set-approval-threshold", "Says up to which amount one person may pay alone.")
	_ = command[LiftApprovalThreshold]("lift-approval-threshold", "Lets one person pay any amount in a currency alone.")
	_ = event[ApprovalThresholdSet]()
	_ = event[ApprovalThresholdLifted]()
)

func (c *SetApprovalThreshold) decide(l *Ledger, ctx Context) ([]Event, error) {
	m, err := c.Amount.Money(l.giftCurrency(c.Amount, c.Currency, gift{}))
	if err != nil {
		return nil, asRefusal(err).in("amount")
	}
	if m.Minor < 0 {
		return nil, refuse("amount_negative", "the threshold is %s", m).in("amount").hint("give 0 or more").with("amount", m)
	}
	if old, ok := l.thresholds.get(m.Currency); ok && old == m.Minor {
		return nil, nil
	}
	e, err := l.evidence("approval-threshold-set", c.Evidence, ctx)
	return one(&ApprovalThresholdSet{Evidence: e, Amount: m}, err)
}

func (c *LiftApprovalThreshold) decide(l *Ledger, ctx Context) ([]Event, error) {
	currency := c.Currency
	if currency == "" {
		currency = l.Facts().Currency
	}
	if !l.thresholds.has(currency) {
		return nil, nil
	}
	e, err := l.evidence("approval-threshold-lifted", c.Evidence, ctx)
	return one(&ApprovalThresholdLifted{Evidence: e, Currency: currency}, err)
}

// aboveThreshold refuses an amount that one person may not pay alone.
func (l *Ledger) aboveThreshold(m Money) error {
	limit, ok := l.thresholds.get(m.Currency)
	if !ok || m.Minor <= limit {
		return nil
	}
	return refuse("approval_required", "%s is more than one person may pay alone", m).in("request").
		hint("request it with request-disbursement, let somebody else approve it, and name the request").
		with("asked", m).with("threshold", Money{limit, m.Currency})
}

// EventType is approval-threshold-set.
func (*ApprovalThresholdSet) EventType() string { return "approval-threshold-set" }

// EventType is approval-threshold-lifted.
func (*ApprovalThresholdLifted) EventType() string { return "approval-threshold-lifted" }

func (e *ApprovalThresholdSet) evolve(l *Ledger) {
	l.thresholds.put(e.Amount.Currency, e.Amount.Minor)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *ApprovalThresholdLifted) evolve(l *Ledger) {
	l.thresholds.del(e.Currency)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
