package domain

import (
	"slices"
	"strconv"
)

// A benefit (补助发放) is money of a payment that one beneficiary got. Rules:
//   - the beneficiary is registered, and neither removed nor restricted nor
//     forgotten;
//   - nobody gets a benefit of one project twice for the same period, or for
//     periods that overlap;
//   - the benefits of a payment are not more than the payment, and it is of the
//     project; a payment that has benefits is not taken back before them;
//   - more than the project's standard (补助标准) is found by a check, not refused.
//
// Benefits are in no total of money: the payment is. They count people.

// BenefitRecorded says what somebody got. Kind and place are those of the
// beneficiary at that time.
type BenefitRecorded struct {
	Correction
	Evidence
	Beneficiary  ID     `json:"beneficiary"`
	Kind         string `json:"kind"`
	Place        ID     `json:"place"`
	Project      ID     `json:"project"`
	Period       Date   `json:"period"`
	Amount       Money  `json:"amount"`
	Disbursement ID     `json:"disbursement"`
}

// BenefitInput is what benefits of one payment have in common.
type BenefitInput struct {
	Project      ID   `json:"project" doc:"project that helps"`
	Period       Date `json:"period" doc:"what it is for: a year such as 2019, or a month"`
	Disbursement ID   `json:"disbursement" doc:"payment that it is a part of"`
}

// BenefitLine is what one beneficiary got. The number is an easier way to name
// the beneficiary: it is looked up, and never recorded.
type BenefitLine struct {
	Beneficiary ID       `json:"beneficiary,omitempty" doc:"pseudonym of the beneficiary"`
	IDNumber    Personal `json:"id_number,omitzero" personal:"id-number" example:"-" doc:"or the citizen's number of the beneficiary"`
	Amount      Amount   `json:"amount" doc:"how much the beneficiary got"`
}

// RecordBenefit says what somebody got.
type RecordBenefit struct {
	BenefitInput
	BenefitLine
	Evidence
}

// RecordBenefits says what many got out of one payment.
type RecordBenefits struct {
	BenefitInput
	Benefits []BenefitLine `json:"benefits" doc:"who got how much"`
	Evidence
}

// BenefitStandardSet says how much a beneficiary gets of a project in a period.
type BenefitStandardSet struct {
	Evidence
	Project ID    `json:"project"`
	Amount  Money `json:"amount"`
}

// SetBenefitStandard says how much a beneficiary gets of a project in a period.
type SetBenefitStandard struct {
	Project  ID       `json:"project" doc:"project that helps"`
	Amount   Amount   `json:"amount" doc:"most that one beneficiary gets in one period"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Evidence
}

var (
	_ = command[RecordBenefit]("record-benefit", "Says what a beneficiary got out of a payment (补助发放).")
	_ = command[RecordBenefits]("record-benefits", "Says what many beneficiaries got out of one payment (补助发放).")
	_ = command[SetBenefitStandard]("set-benefit-standard", "Says how much a beneficiary gets of a project in a period (补助标准).")
	_ = event[BenefitRecorded]()
	_ = event[BenefitStandardSet]()
)

// payment is a disbursement that can be traced by its id, and what of it was
// given to beneficiaries.
type payment struct {
	project ID
	amount  Money
	given   int64
}

func (p *payment) fields() []any { return []any{&p.project, &p.amount, &p.given} }

// benefitKey names what one beneficiary gets of one project.
type benefitKey struct{ beneficiary, project ID }

func (k *benefitKey) fields() []any { return []any{&k.beneficiary, &k.project} }

func (c *RecordBenefit) decide(l *Ledger, ctx Context) ([]Event, error) {
	return c.record(l, ctx, c.Evidence, []BenefitLine{c.BenefitLine}, func(int) string { return "" })
}

func (c *RecordBenefits) decide(l *Ledger, ctx Context) ([]Event, error) {
	return c.record(l, ctx, c.Evidence, c.Benefits, func(i int) string { return "benefits[" + strconv.Itoa(i) + "]." })
}

func (c BenefitInput) record(l *Ledger, ctx Context, e Evidence, lines []BenefitLine, at func(int) string) ([]Event, error) {
	if err := l.known(ref{NounProject, c.Project, "project"}, ref{NounDisbursement, c.Disbursement, "disbursement"}); err != nil {
		return nil, err
	}
	paid, ok := l.paid.get(c.Disbursement)
	if !ok || paid.project != c.Project {
		return nil, clash("disbursement_differs", "the payment %s is none of the project %s that stands", c.Disbursement, c.Project).in("disbursement").
			hint("name a payment of the project").with("disbursement", c.Disbursement).with("project", c.Project)
	}
	e, err := l.evidence("benefit-recorded", e, ctx)
	if err != nil {
		return nil, err
	}
	left := paid.amount.Minor - paid.given
	seen := map[ID]bool{}
	var out []Event
	for i, line := range lines {
		b, err := l.entitled(line, c, at(i), seen)
		if err != nil {
			return nil, err
		}
		seen[line.Beneficiary] = true
		m, err := money(line.Amount, "", paid.amount.Currency)
		if err != nil {
			return nil, asRefusal(err).in(at(i) + "amount")
		}
		if left -= m.Minor; left < 0 {
			free := Money{paid.amount.Minor - paid.given, paid.amount.Currency}
			return nil, refuse("benefits_exceed_disbursement", "the benefits are more than what is left of the payment %s: %s", c.Disbursement, free).
				in(at(i)+"amount").hint("give at most that together").with("left", free).with("paid", paid.amount)
		}
		own := e
		if i > 0 {
			own.SourceReference = "" // the entry claims it once
		}
		out = append(out, &BenefitRecorded{Evidence: own, Beneficiary: line.Beneficiary, Kind: b.kind, Place: b.place, Project: c.Project,
			Period: c.Period, Amount: m, Disbursement: c.Disbursement})
	}
	return out, nil
}

// entitled refuses who may not get the benefit.
func (l *Ledger) entitled(line BenefitLine, c BenefitInput, at string, seen map[ID]bool) (beneficiary, error) {
	field := at + "beneficiary"
	if line.Beneficiary == "" {
		return beneficiary{}, refuse("field_required", "nobody is named").in(field).hint("give the pseudonym or the citizen's number")
	}
	b, err := l.beneficiary(line.Beneficiary, field)
	if err != nil {
		return b, err
	}
	if b.state != beneficiaryActive {
		return b, clash("beneficiary_not_entitled", "the beneficiary %s is %s", line.Beneficiary, b.state).in(field).
			hint("only who is registered gets a benefit").with("beneficiary", line.Beneficiary).with("state", b.state)
	}
	had, _ := l.benefits.get(benefitKey{line.Beneficiary, c.Project})
	i := slices.IndexFunc(had, func(d Date) bool { return overlaps(d, c.Period) })
	if i >= 0 || seen[line.Beneficiary] {
		period := c.Period
		if i >= 0 {
			period = had[i]
		}
		return b, clash("benefit_twice", "the beneficiary %s has a benefit of %s for %s already", line.Beneficiary, c.Project, period).in(field).
			hint("take that one back first, or check the period").with("beneficiary", line.Beneficiary).with("period", period)
	}
	return b, nil
}

func overlaps(a, b Date) bool { return !a.Last().Before(b.First()) && !b.Last().Before(a.First()) }

func (c *SetBenefitStandard) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.known(ref{NounProject, c.Project, "project"}); err != nil {
		return nil, err
	}
	m, err := money(c.Amount, "", l.giftCurrency(c.Amount, c.Currency, gift{}))
	if err != nil {
		return nil, err
	}
	if old, ok := l.standards.get(c.Project); ok && old == m {
		return nil, nil
	}
	e, err := l.evidence("benefit-standard-set", c.Evidence, ctx)
	return one(&BenefitStandardSet{Evidence: e, Project: c.Project, Amount: m}, err)
}

// EventType is benefit-recorded.
func (*BenefitRecorded) EventType() string { return "benefit-recorded" }

// EventType is benefit-standard-set.
func (*BenefitStandardSet) EventType() string { return "benefit-standard-set" }

func (e *BenefitRecorded) evolve(l *Ledger) {
	k := benefitKey{e.Beneficiary, e.Project}
	had, _ := l.benefits.get(k)
	if e.Reverses == "" {
		l.benefits.put(k, append(slices.Clone(had), e.Period))
	} else if i := slices.Index(had, e.Period); i >= 0 {
		l.benefits.put(k, slices.Concat(had[:i], had[i+1:]))
	}
	p, _ := l.paid.get(e.Disbursement)
	p.given += e.Amount.Minor
	l.paid.put(e.Disbursement, p)
	l.claimSource(e.EventType(), e.Correction, e.Evidence)
}

func (e *BenefitStandardSet) evolve(l *Ledger) {
	l.standards.put(e.Project, e.Amount)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e BenefitRecorded) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

// pays notes a payment that can be traced by its id, or that it was taken back.
func (e *FundsDisbursed) pays(l *Ledger) {
	if e.Reverses != "" {
		l.paid.del(e.Disbursement)
		return
	}
	l.paid.put(e.Disbursement, payment{project: e.Project, amount: e.Amount})
}

// recount refuses to take a payment back of which beneficiaries got a part.
func (e *FundsDisbursed) recount(l *Ledger, _ map[ID]gift) error {
	if p, _ := l.paid.get(e.Disbursement); p.given > 0 {
		given := Money{p.given, p.amount.Currency}
		return clash("entry_in_use", "beneficiaries got %s of the payment %s", given, e.Disbursement).in("entry").
			hint("reverse those benefits first").with("disbursement", e.Disbursement).with("given", given)
	}
	return nil
}
