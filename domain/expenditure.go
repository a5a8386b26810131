package domain

// Expenditure and returns say what became of money that a project was paid.
// Rules:
//   - together they are not more than what was disbursed to the project;
//   - a reimbursement fund (报账制) takes expenditure only of a project that was
//     accepted;
//   - a return (退回) without a project is cash that the fund pays back to its
//     provider (缴回), at most what it holds.

// ExpenditureReported says that a project used money (支出, 报账).
type ExpenditureReported struct {
	FundFacts
	Correction
	Evidence
	Project ID            `json:"project"`
	Amount  Money         `json:"amount"`
	Places  []PlaceAmount `json:"places,omitempty"`
	Payee   ID            `json:"payee,omitempty"`
	Voucher string        `json:"voucher,omitempty"`
}

// ReportExpenditure records that a project used money.
type ReportExpenditure struct {
	FundAmount
	Project ID          `json:"project" doc:"project that used it"`
	Place   ID          `json:"place,omitempty" doc:"one place that all of it is for; left out: the project's places by their shares"`
	Places  []PlacePart `json:"places,omitempty" doc:"the part of each place, the whole amount together"`
	Payee   ID          `json:"payee,omitempty" doc:"organisation that was paid by the project"`
	Voucher string      `json:"voucher,omitempty" doc:"invoice or voucher number"`
	Evidence
}

// FundsReturned says that a project paid money back to the fund.
type FundsReturned struct {
	FundFacts
	Correction
	Evidence
	Project ID            `json:"project"`
	Amount  Money         `json:"amount"`
	Places  []PlaceAmount `json:"places,omitempty"`
}

// FundsRepaid says that a fund paid cash back to its provider.
type FundsRepaid struct {
	FundFacts
	Correction
	Evidence
	Amount Money `json:"amount"`
}

// ReturnFunds pays money back: a project to its fund, or a fund to its provider.
type ReturnFunds struct {
	FundAmount
	Project ID          `json:"project,omitempty" doc:"project that pays back to the fund; left out: the fund pays back to its provider"`
	Place   ID          `json:"place,omitempty" doc:"one place that all of it is from"`
	Places  []PlacePart `json:"places,omitempty" doc:"the part of each place, the whole amount together"`
	Evidence
}

var (
	_ = command[ReportExpenditure]("report-expenditure", "Records that a project used money (支出/报账).")
	_ = command[ReturnFunds]("return-funds", "Pays money back: a project to its fund (退回), or a fund to its provider (缴回).")
	_ = event[ExpenditureReported]()
	_ = event[FundsReturned]()
	_ = event[FundsRepaid]()
)

func (c *ReportExpenditure) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.take(l, c.Evidence, "expenditure-reported", ctx, append(placeRefs(c.Place, c.Places),
		ref{NounProject, c.Project, "project"}, ref{NounOrganisation, c.Payee, "payee"})...)
	if err != nil {
		return nil, err
	}
	p, _ := l.projects.get(c.Project)
	if f.reimbursement && p.state != accepted {
		return nil, clash("project_not_accepted", "the fund %s pays on account of results, and the project %s is %s", c.Fund, c.Project, p.state).
			in("project").hint("accept the project first").with("state", p.state)
	}
	places, err := l.placesFor(m, c.Project, c.Place, c.Places)
	if err != nil {
		return nil, err
	}
	err = l.unspent(f, c.Fund, c.Project, m, "expenditure_exceeds_disbursed")
	return one(&ExpenditureReported{FundFacts: f.facts(c.Fund), Evidence: e, Project: c.Project, Amount: m, Places: places,
		Payee: c.Payee, Voucher: c.Voucher}, err)
}

// unspent refuses more than what a project was paid and has not accounted for.
func (l *Ledger) unspent(f fund, fundID, projectID ID, m Money, code string) error {
	line, _ := l.lines.get(lineKey{fundID, projectID})
	if left := line.Unspent(); m.Minor > left {
		return refuse(code, "the project %s has only %s of the fund %s to account for", projectID, f.money(left), fundID).
			in("amount").hint("record at most that, or the disbursement first").with("disbursed", f.money(line[Disbursed])).
			with("spent", f.money(line[Spent])).with("returned", f.money(line[Returned])).with("asked", m)
	}
	return nil
}

func (c *ReturnFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	if c.Project == "" {
		return c.repay(l, ctx)
	}
	f, e, m, err := c.take(l, c.Evidence, "funds-returned", ctx, append(placeRefs(c.Place, c.Places),
		ref{NounProject, c.Project, "project"})...)
	if err != nil {
		return nil, err
	}
	places, err := l.placesFor(m, c.Project, c.Place, c.Places)
	if err != nil {
		return nil, err
	}
	err = l.unspent(f, c.Fund, c.Project, m, "refund_exceeds_disbursed")
	return one(&FundsReturned{FundFacts: f.facts(c.Fund), Evidence: e, Project: c.Project, Amount: m, Places: places}, err)
}

func (c *ReturnFunds) repay(l *Ledger, ctx Context) ([]Event, error) {
	if c.Place != "" || len(c.Places) > 0 {
		field := "place"
		if c.Place == "" {
			field = "places"
		}
		return nil, refuse("place_without_project", "cash of a fund is not of a place").in(field).hint("name the project, or leave the place out")
	}
	f, e, m, err := c.take(l, c.Evidence, "funds-repaid", ctx)
	if err != nil {
		return nil, err
	}
	if err := l.holds(f, c.Fund, m, ctx); err != nil {
		return nil, err
	}
	return []Event{&FundsRepaid{FundFacts: f.facts(c.Fund), Evidence: e, Amount: m}}, nil
}

// holds refuses more than the cash of a fund that no request reserves.
func (l *Ledger) holds(f fund, id ID, m Money, ctx Context) error {
	reserved, _ := l.reserved(lineKey{fund: id}, ctx, "")
	if cash := f.sums.Cash() - reserved; m.Minor > cash {
		return refuse("insufficient_funds", "the fund %s has only %s in cash to give", id, f.money(max(cash, 0))).in("amount").
			hint("give at most that").with("cash", f.money(f.sums.Cash())).with("asked", m).requested(f, reserved)
	}
	return nil
}

// EventType is expenditure-reported.
func (*ExpenditureReported) EventType() string { return "expenditure-reported" }

// EventType is funds-returned.
func (*FundsReturned) EventType() string { return "funds-returned" }

// EventType is funds-repaid.
func (*FundsRepaid) EventType() string { return "funds-repaid" }

func (e *ExpenditureReported) evolve(l *Ledger) {
	if len(e.Places) == 0 {
		l.wait(Spent, e.FundFacts, e.Project, e.Amount, e.Date)
	}
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsReturned) evolve(l *Ledger) {
	if len(e.Places) == 0 {
		l.wait(Returned, e.FundFacts, e.Project, e.Amount, e.Date)
	}
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsRepaid) evolve(l *Ledger) { l.record(e, e.Correction, e.Evidence) }

func (e *ExpenditureReported) movements(out []Movement) []Movement {
	m := e.movement(Spent, e.Amount, e.Date)
	m.Project = e.Project
	return m.perPlace(out, e.Places)
}

func (e *FundsReturned) movements(out []Movement) []Movement {
	m := e.movement(Returned, e.Amount, e.Date)
	m.Project = e.Project
	return m.perPlace(out, e.Places)
}

func (e *FundsRepaid) movements(out []Movement) []Movement {
	return append(out, e.movement(Repaid, e.Amount, e.Date))
}

func (e ExpenditureReported) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.Places = e.Amount.Neg(), negated(e.Places)
	return &e
}

func (e FundsReturned) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.Places = e.Amount.Neg(), negated(e.Places)
	return &e
}

func (e FundsRepaid) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e *ExpenditureReported) place(l *Ledger) {
	e.Places = l.settledPlaces(e.Places, e.Project, e.Amount)
}

func (e *FundsReturned) place(l *Ledger) { e.Places = l.settledPlaces(e.Places, e.Project, e.Amount) }
