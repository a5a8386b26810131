package domain

// A fund (资金) is one amount of one provider for one budget year. Rules:
//   - it is opened by its first pledge, commitment or receipt; its provider,
//     budget year and currency never change, even when that entry is reversed;
//     it counts as open from the earliest of these dates;
//   - a commitment needs a document number (文号) and is made once; what comes
//     later are increases (追加) and reductions (调减);
//   - a fund is funded either by a commitment, which receipts then fulfil, or by
//     its receipts (a donation that simply arrives), never by both: so no yuan
//     is counted twice in the funding of a year; where every receipt, or the
//     commitment with all its changes, is reversed, it may be funded anew;
//   - a commitment is not reduced below what is allocated, a pledge does not
//     lapse beyond what is open;
//   - a source reference is received once;
//   - things that are unknown are named before dates and amounts are looked at.

// FundsPledged says that a provider promised money (认捐).
type FundsPledged struct {
	FundFacts
	Correction
	Evidence
	Amount      Money  `json:"amount"`
	Approximate bool   `json:"approximate,omitzero"`
	Purpose     string `json:"purpose,omitempty"`
}

// PledgeFunds promises money; it opens the fund if it is new.
type PledgeFunds struct {
	FundInput
	Evidence
}

// PledgeLapsed says that the open part of a pledge will not come.
type PledgeLapsed struct {
	FundFacts
	Correction
	Evidence
	Amount Money `json:"amount"`
}

// LapsePledge gives up the open part of a pledge.
type LapsePledge struct {
	Evidence
	Fund ID `json:"fund" doc:"fund whose pledge will not be kept any further"`
}

// FundsCommitted says that a provider notified a fund by document (安排, 下达).
type FundsCommitted struct {
	FundFacts
	Correction
	Evidence
	Amount        Money  `json:"amount"`
	Approximate   bool   `json:"approximate,omitzero"`
	Purpose       string `json:"purpose,omitempty"`
	Reimbursement bool   `json:"reimbursement,omitzero"`
}

// CommitFunds notifies a fund by document; it opens the fund if it is new.
type CommitFunds struct {
	FundInput
	Evidence
	Reimbursement bool `json:"reimbursement,omitzero" doc:"expenditure is reported only after the project is accepted (报账制)"`
}

// CommitmentIncreased says that a commitment was raised (追加).
type CommitmentIncreased struct {
	FundFacts
	Correction
	Evidence
	Amount      Money `json:"amount"`
	Approximate bool  `json:"approximate,omitzero"`
}

// IncreaseCommitment raises a commitment.
type IncreaseCommitment struct {
	FundAmount
	Evidence
}

// CommitmentReduced says that a commitment was lowered (调减). Amount is what
// it was lowered by.
type CommitmentReduced struct {
	FundFacts
	Correction
	Evidence
	Amount Money `json:"amount"`
}

// ReduceCommitment lowers a commitment.
type ReduceCommitment struct {
	FundAmount
	Evidence
}

// FundsReceived says that cash of a fund arrived (到位).
type FundsReceived struct {
	FundFacts
	Correction
	Evidence
	Amount      Money  `json:"amount"`
	Approximate bool   `json:"approximate,omitzero"`
	Purpose     string `json:"purpose,omitempty"`
}

// ReceiveFunds records that cash arrived; it opens the fund if it is new.
type ReceiveFunds struct {
	FundInput
	Evidence
}

// FundInput is what opens a fund or adds to it.
type FundInput struct {
	Fund        ID       `json:"fund" doc:"id of the fund; a new id opens a fund"`
	Provider    ID       `json:"provider,omitempty" doc:"organisation that gives; required for a new fund"`
	BudgetYear  int      `json:"budget_year,omitzero" doc:"budget year (年度); the year of the date if left out"`
	Amount      Amount   `json:"amount" doc:"how much: 37210000, 37,210,000.00 or 3721万元"`
	Currency    Currency `json:"currency,omitempty" doc:"ISO 4217 code; the fund's or the ledger's if left out"`
	Approximate bool     `json:"approximate,omitzero" doc:"the source gives the amount as approximate (约)"`
	Purpose     string   `json:"purpose,omitempty" doc:"what it is for"`
}

// FundAmount is an amount of a fund that exists.
type FundAmount struct {
	Fund     ID       `json:"fund" doc:"fund"`
	Amount   Amount   `json:"amount" doc:"how much: 37210000, 37,210,000.00 or 3721万元"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the fund's if left out"`
}

var (
	_ = command[PledgeFunds]("pledge-funds", "Promises money before it is decided (认捐).")
	_ = command[LapsePledge]("lapse-pledge", "Gives up the open part of a pledge.")
	_ = command[CommitFunds]("commit-funds", "Notifies a fund by document (安排/下达).")
	_ = command[IncreaseCommitment]("increase-commitment", "Raises a commitment (追加).")
	_ = command[ReduceCommitment]("reduce-commitment", "Lowers a commitment (调减).")
	_ = command[ReceiveFunds]("receive-funds", "Records that cash of a fund arrived (到位).")

	_ = event[FundsPledged]()
	_ = event[PledgeLapsed]()
	_ = event[FundsCommitted]()
	_ = event[CommitmentIncreased]()
	_ = event[CommitmentReduced]()
	_ = event[FundsReceived]()
)

type fund struct {
	provider      ID
	budgetYear    int
	currency      Currency
	opened        Date
	committed     bool // a commitment stands
	changes       int  // increases and reductions that stand
	reimbursement bool
	closed        bool
	lastPaid      Date // the latest date of a payment
	sums          Sums
}

func (f *fund) fields() []any {
	return []any{&f.provider, &f.budgetYear, &f.currency, &f.opened, &f.committed, &f.changes, &f.reimbursement, &f.closed, &f.lastPaid, &f.sums}
}

// basis says what funds a fund.
type basis uint8

const (
	undecided    basis = iota // only pledged so far
	byCommitment              // receipts fulfil the commitment
	byReceipt                 // each receipt is funding of its own
)

func (f fund) basis() basis {
	switch {
	case f.sums[Recognised] > 0:
		return byReceipt
	case f.committed || f.sums[Received] > 0:
		return byCommitment
	}
	return undecided
}

// empty tells whether nothing stands in the fund.
func (f fund) empty() bool { return f.sums == Sums{} && !f.committed }

func (f fund) facts(id ID) FundFacts {
	return FundFacts{Fund: id, Provider: f.provider, BudgetYear: f.budgetYear, OnReceipt: f.basis() == byReceipt}
}

func (f fund) money(minor int64) Money { return Money{Minor: minor, Currency: f.currency} }

// openFund returns a fund that may still change.
func (l *Ledger) openFund(id ID, field string) (fund, error) {
	if err := l.noun(NounFund, id, field); err != nil {
		return fund{}, err
	}
	f, _ := l.funds.get(id)
	if f.closed {
		return f, clash("fund_closed", "the fund %s is closed", id).in(field).hint("use another fund").with("fund", id)
	}
	return f, nil
}

// money reads an amount in the currency of the fund or ledger and refuses what
// is not more than zero.
func money(a Amount, named, own Currency) (Money, error) {
	if named != "" && named != own {
		return Money{}, refuse("currency_mismatch", "the amount is in %s, but %s is expected", named, own).in("currency").
			hint("give the amount in %s; currencies are never mixed in one fund", own).with("given", named).with("expected", own)
	}
	m, err := a.Money(own)
	if err != nil {
		return Money{}, asRefusal(err).in("amount")
	}
	if m.Minor <= 0 {
		return Money{}, refuse("amount_not_positive", "the amount is %s", m).in("amount").
			hint("give more than 0; to take an entry back, use reverse-entry").with("amount", m)
	}
	return m, nil
}

// input settles everything that opens a fund or adds to it: a fund that exists
// keeps its facts, a new one gets them.
func (l *Ledger) input(c FundInput, e Evidence, eventType string, ctx Context) (fund, Evidence, Money, error) {
	var f fund
	var err error
	known := l.names.has(c.Fund)
	if known {
		f, err = l.sameFund(c)
	} else {
		err = l.newProvider(c)
	}
	if err != nil {
		return f, e, Money{}, err
	}
	if e, err = l.evidence(eventType, e, ctx); err != nil {
		return f, e, Money{}, err
	}
	if !known {
		if f, err = l.newFund(c, e); err != nil {
			return f, e, Money{}, err
		}
	}
	m, err := money(c.Amount, c.Currency, f.currency)
	return f, e, m, err
}

func (l *Ledger) newProvider(c FundInput) error {
	if c.Provider == "" {
		return refuse("field_required", "the fund %s is new and needs a provider", c.Fund).in("provider").
			hint("name the organisation that gives, or check the fund's id").with("fund", c.Fund)
	}
	return l.known(ref{NounOrganisation, c.Provider, "provider"})
}

func (l *Ledger) newFund(c FundInput, e Evidence) (fund, error) {
	f := fund{provider: c.Provider, budgetYear: c.BudgetYear, currency: c.Currency, opened: e.Date}
	if f.budgetYear == 0 {
		f.budgetYear = e.Date.Year()
	}
	if f.currency == "" {
		f.currency = c.Amount.Currency()
	}
	if f.currency == "" {
		f.currency = l.Facts().Currency
	}
	if f.budgetYear < yearMin || f.budgetYear > yearMax {
		return f, refuse("budget_year_range", "%d is not a budget year", f.budgetYear).in("budget_year").hint("give a year such as 2019").
			with("budget_year", f.budgetYear)
	}
	return f, nil
}

func (l *Ledger) sameFund(c FundInput) (fund, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return f, err
	}
	if c.Provider != "" && c.Provider != f.provider {
		return f, clash("fund_exists", "the fund %s belongs to the provider %s", c.Fund, f.provider).in("provider").
			hint("choose another id for a new fund").with("provider", f.provider)
	}
	if c.BudgetYear != 0 && c.BudgetYear != f.budgetYear {
		return f, clash("fund_exists", "the fund %s belongs to the budget year %d", c.Fund, f.budgetYear).in("budget_year").
			hint("choose another id for a new fund").with("budget_year", f.budgetYear)
	}
	return f, nil
}

func (c *PledgeFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	if f, known := l.funds.get(c.Fund); !known || !f.empty() {
		if err := l.free(c.Fund, "fund"); err != nil {
			return nil, err
		}
	}
	f, e, m, err := l.input(c.FundInput, c.Evidence, "funds-pledged", ctx)
	return one(&FundsPledged{FundFacts: f.facts(c.Fund), Evidence: e, Amount: m, Approximate: c.Approximate, Purpose: c.Purpose}, err)
}

func (c *LapsePledge) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return nil, err
	}
	e, err := l.evidence("pledge-lapsed", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	if err := f.notBefore(e.Date); err != nil {
		return nil, err
	}
	open := f.sums[Pledged] - max(f.sums[Committed], f.sums[Received])
	if open <= 0 {
		return nil, clash("nothing_to_lapse", "no part of the pledge of %s is open", c.Fund).in("fund").
			hint("nothing is left to do").with("pledged", f.money(f.sums[Pledged]))
	}
	return []Event{&PledgeLapsed{FundFacts: f.facts(c.Fund), Evidence: e, Amount: f.money(open)}}, nil
}

func (c *CommitFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	if c.Document == "" {
		return nil, refuse("document_required", "a commitment needs its document number (文号)").in("document").
			hint("give the number of the notice")
	}
	f, e, m, err := l.input(c.FundInput, c.Evidence, "funds-committed", ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case f.basis() == byReceipt:
		return nil, clash("fund_by_receipt", "the fund %s is funded by what it receives", c.Fund).in("fund").
			hint("open another fund for a commitment: otherwise the same money would count twice").with("received", f.money(f.sums[Received]))
	case f.committed:
		return nil, clash("fund_committed", "the fund %s has a commitment of %s", c.Fund, f.money(f.sums[Committed])).in("fund").
			hint("raise it with increase-commitment, or choose a new id").with("committed", f.money(f.sums[Committed]))
	}
	return []Event{&FundsCommitted{FundFacts: f.facts(c.Fund), Evidence: e, Amount: m, Approximate: c.Approximate,
		Purpose: c.Purpose, Reimbursement: c.Reimbursement}}, nil
}

// committed returns a fund with a commitment, and the amount of the command.
func (c FundAmount) committed(l *Ledger, e Evidence, eventType string, ctx Context) (fund, Evidence, Money, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return f, e, Money{}, err
	}
	if !f.committed {
		return f, e, Money{}, clash("not_committed", "the fund %s has no commitment", c.Fund).in("fund").
			hint("commit it first").with("fund", c.Fund)
	}
	if e.Document == "" {
		return f, e, Money{}, refuse("document_required", "a change of a commitment needs its document number (文号)").in("document").
			hint("give the number of the notice")
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

// notBefore refuses a date before the fund was opened.
func (f fund) notBefore(d Date) error {
	if d.Last().Before(f.opened.First()) {
		return refuse("date_before_commitment", "%s is before the fund was opened (%s)", d, f.opened).in("date").
			hint("check the date, or the fund").with("date", d).with("opened", f.opened)
	}
	return nil
}

func (c *IncreaseCommitment) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.committed(l, c.Evidence, "commitment-increased", ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&CommitmentIncreased{FundFacts: f.facts(c.Fund), Evidence: e, Amount: m}}, nil
}

func (c *ReduceCommitment) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.committed(l, c.Evidence, "commitment-reduced", ctx)
	if err != nil {
		return nil, err
	}
	if free := max(min(f.sums.Unallocated(), f.sums[Committed]), 0); m.Minor > free {
		return nil, refuse("below_allocated", "only %s of the commitment is not allocated", f.money(free)).in("amount").
			hint("reduce by at most that, or take allocations back first").
			with("committed", f.money(f.sums[Committed])).with("allocated", f.money(f.sums[Allocated])).with("unallocated", f.money(free))
	}
	return []Event{&CommitmentReduced{FundFacts: f.facts(c.Fund), Evidence: e, Amount: m}}, nil
}

func (c *ReceiveFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := l.input(c.FundInput, c.Evidence, "funds-received", ctx)
	if err != nil {
		return nil, err
	}
	facts := f.facts(c.Fund)
	facts.OnReceipt = f.basis() != byCommitment
	return []Event{&FundsReceived{FundFacts: facts, Evidence: e, Amount: m, Approximate: c.Approximate, Purpose: c.Purpose}}, nil
}
