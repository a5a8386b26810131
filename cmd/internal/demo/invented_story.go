package demo

import (
	"fmt"

	"aidledger/domain"
)

func (s *story) places() {
	const day = "2018-01-03"
	for _, d := range divisions {
		s.tell(day, "place-"+string(d.code), &domain.RegisterPlace{Place: d.code, Name: d.name, Level: d.level, Parent: d.parent})
	}
	for _, v := range villages {
		s.tell(day, "place-"+string(v.id), &domain.RegisterPlace{Place: v.id, Name: v.name + madeUp, Level: "village", Parent: v.township})
	}
}

func (s *story) organisations() {
	for _, o := range organisations {
		s.tell("2018-01-04", "org-"+string(o.id), &domain.RegisterOrganisation{Organisation: o.id, Name: o.name + madeUp, Kind: o.kind})
	}
}

// fund tells the life of a fund. Documents are numbered through within it.
func (s *story) fund(f fundPlan) {
	for i, step := range f.steps {
		id := fmt.Sprintf("%s-%d", f.id, i+1)
		evidence := domain.Evidence{Document: fmt.Sprintf("虚构〔%s〕%s-%d号", step.day[:4], f.id, i+1)}
		open := domain.FundInput{Fund: f.id, Provider: f.provider, BudgetYear: f.year, Purpose: f.purpose + madeUp}
		change := domain.FundAmount{Fund: f.id}
		if step.amount != "" {
			open.Amount, change.Amount = s.yuan(step.amount), s.yuan(step.amount)
		}
		open.Approximate = step.what == "receive about"
		switch step.what {
		case "pledge":
			s.tell(step.day, id, &domain.PledgeFunds{FundInput: open, Evidence: evidence})
		case "lapse":
			s.tell(step.day, id, &domain.LapsePledge{Fund: f.id, Evidence: evidence})
		case "commit":
			s.tell(step.day, id, &domain.CommitFunds{FundInput: open, Evidence: evidence, Reimbursement: f.id == reimbursing})
		case "increase":
			s.tell(step.day, id, &domain.IncreaseCommitment{FundAmount: change, Evidence: evidence})
		case "reduce":
			s.tell(step.day, id, &domain.ReduceCommitment{FundAmount: change, Evidence: evidence})
		case "receive", "receive about":
			s.tell(step.day, id, &domain.ReceiveFunds{FundInput: open, Evidence: evidence})
		case "carry-over":
			s.tell(step.day, id, &domain.CarryOver{FundAmount: change, To: "inv-c-2019", Evidence: evidence})
		case "repay":
			s.tell(step.day, id, &domain.ReturnFunds{FundAmount: change, Evidence: evidence})
		case "close":
			s.tell(step.day, id, &domain.CloseFund{Fund: f.id, Evidence: evidence})
		default:
			s.err = fmt.Errorf("fund %s: nobody knows the step %q", f.id, step.what)
		}
	}
}

// project tells the life of a project, and what it reached when it was
// accepted.
func (s *story) project(p projectPlan) {
	id := string(p.id)
	s.tell(p.registered, id+"-register", &domain.RegisterProject{Project: p.id, Name: p.name + madeUp, Sector: p.sector, County: county, Implementer: p.implementer})
	s.tell(p.registered, id+"-targets", &domain.SetTargets{Project: p.id,
		Targets: []domain.Target{{Indicator: p.target, Value: s.quantity(p.value), Unit: p.unit}}})
	shares := make([]domain.PlaceShare, len(p.shares))
	for i, place := range p.shares {
		shares[i] = domain.PlaceShare{Place: place, Percent: s.quantity(p.percent[i])}
	}
	s.tell(p.placed, id+"-places", &domain.AssignPlaces{Project: p.id, Shares: shares})
	step := func() domain.ProjectStep { return domain.ProjectStep{Project: p.id} }
	for _, c := range []struct {
		day, name string
		command   domain.Command
	}{
		{p.approved, "-approve", &domain.ApproveProject{ProjectStep: step()}},
		{p.started, "-start", &domain.StartProject{ProjectStep: step()}},
		{p.suspended, "-suspend", &domain.SuspendProject{ProjectStep: step()}},
		{p.resumed, "-resume", &domain.ResumeProject{ProjectStep: step()}},
		{p.accepted, "-accept", &domain.AcceptProject{ProjectStep: step()}},
		{p.cancelled, "-cancel", &domain.CancelProject{ProjectStep: step()}},
	} {
		if c.day != "" {
			s.tell(c.day, id+c.name, c.command)
		}
	}
	if p.accepted != "" {
		s.tell(p.accepted, id+"-result", &domain.ReportIndicator{Indicator: p.id + "-result", Name: p.target + madeUp, Value: s.quantity(p.value),
			Unit: p.unit, From: s.date(p.accepted[:4]), Project: p.id, Place: county})
	}
}

// corrections tells what did not go as planned: a payment with two digits
// swapped that is taken back and recorded again under its voucher number, a
// return, and money that moves to another project.
func (s *story) corrections() {
	payment := func(amount, id string) *domain.DisburseFunds {
		return &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "inv-a-2018", Amount: s.yuan(amount)}, Project: "inv-p02",
			Disbursement: domain.ID("inv-" + id), Payer: treasury, Payee: "inv-payee-2", Voucher: "虚拨2018-更正1",
			Evidence: domain.Evidence{Date: s.date("2018-08-17")}}
	}
	s.tellLater("2018-08-17", "pay-wrong", payment("86400", "pay-wrong"))
	s.tellLater("2018-08-24", "reverse-wrong", &domain.ReverseEntry{Entry: "invented-pay-wrong", Reason: "金额录反：凭证为68400元，误记86400元" + madeUp})
	s.tellLater("2018-08-24", "pay-right", payment("68400", "pay-right"))

	last := s.money("3100000").Minor
	for _, c := range s.told {
		if spent, ok := c.Command.(*domain.ReportExpenditure); ok && spent.Fund == "inv-a-2018" && spent.Project == "inv-p03" {
			m, err := spent.Amount.Money("CNY")
			last -= keep(s, m, err).Minor
		}
	}
	returned := s.money("30000")
	line := domain.FundAmount{Fund: "inv-a-2018", Amount: s.amount(returned)}
	s.tell("2018-12-20", "return-a-p03", &domain.ReturnFunds{FundAmount: line, Project: "inv-p03"})
	line.Amount = s.amount(domain.Money{Minor: last - returned.Minor, Currency: returned.Currency})
	s.tell("2018-12-20", "spend-a-p03-rest", &domain.ReportExpenditure{FundAmount: line, Project: "inv-p03", Payee: "inv-payee-4", Voucher: "虚支-a-p03-余款"})

	move := func(day, id, amount string, from, to domain.ID) {
		s.tell(day, id, &domain.ReallocateFunds{FundAmount: domain.FundAmount{Fund: "inv-c-2019", Amount: s.yuan(amount)}, From: from, To: to})
	}
	move("2019-07-10", "reallocate-p11", "900000", "inv-p11", "inv-p10")
	move("2019-09-10", "reallocate-p05", "150000", "inv-p05", "inv-p09")
}

// goods tells of two gifts: one that is valued when it comes and handed out as
// a whole, and one that is valued later and handed out in part.
func (s *story) goods() {
	s.tell("2018-08-20", "gift-desks", &domain.ReceiveGift{Gift: "inv-desks", Donor: charity, Item: "课桌椅" + madeUp, Quantity: s.quantity("300"), Unit: "套",
		Value: s.yuan("96000"), Method: "invoice"})
	s.tell("2018-11-05", "gift-coats", &domain.ReceiveGift{Gift: "inv-coats", Donor: charity, Item: "冬衣" + madeUp, Quantity: s.quantity("520"), Unit: "件"})
	s.tell("2018-11-19", "gift-coats-value", &domain.ValueGift{Gift: "inv-coats", Value: s.yuan("67600"), Method: "market-price"})
	for _, d := range []struct {
		day      string
		gift     domain.ID
		quantity string
		place    domain.ID
	}{
		{"2018-09-03", "inv-desks", "120", "inv-v17"},
		{"2018-09-04", "inv-desks", "100", "inv-v18"},
		{"2018-09-10", "inv-desks", "80", "inv-v11"},
		{"2018-12-03", "inv-coats", "230", "inv-v09"},
		{"2018-12-04", "inv-coats", "170", "130732203"},
	} {
		s.tell(d.day, fmt.Sprintf("distribute-%s-%s", d.gift, d.place), &domain.DistributeGift{Gift: d.gift, Quantity: s.quantity(d.quantity), Place: d.place})
	}
}

// partners tells of an agreement and of two pairings, one of which ends.
func (s *story) partners() {
	s.tell("2018-01-10", "agreement", &domain.SignAgreement{Agreement: "inv-agreement", Title: "演示帮扶协议" + madeUp, Party: district, OtherSide: treasury})
	s.tell("2018-01-18", "pairing-1", &domain.EstablishPairing{Pairing: "inv-pairing-1", Helper: "inv-payee-4", Helped: "inv-v07", Purpose: "enterprise", Agreement: "inv-agreement"})
	s.tell("2018-01-18", "pairing-2", &domain.EstablishPairing{Pairing: "inv-pairing-2", Helper: "inv-payee-6", Helped: "inv-v15", Purpose: "enterprise", Agreement: "inv-agreement"})
	s.tell("2019-12-27", "pairing-1-end", &domain.EndPairing{Pairing: "inv-pairing-1"})
}
