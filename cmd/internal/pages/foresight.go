package pages

import (
	"net/url"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// foresee says what a command would do, before it is recorded: the amount in
// words and what would be left, and whether it looks like something that was
// recorded before. It says nothing to who may not read the ledger.
func (v *visit) foresee(c domain.Command) (checked []fact, warnings []cell, err error) {
	if !v.caller.Has(access.ReadLedger) {
		return nil, nil, nil
	}
	switch c := c.(type) {
	case *domain.ReverseEntry:
		checked, err = v.moved(c.Entry)
	case *domain.AnswerFinding:
		checked, err = v.foreseeFinding(c.Finding)
	case *domain.RectifyFinding:
		checked, err = v.foreseeFinding(c.Finding)
	case *domain.CloseFinding:
		checked, err = v.foreseeFinding(c.Finding)
	case *domain.DisburseFunds:
		checked, err = v.foreseePayment(c.Fund, c.Project, c.Amount)
		if err == nil {
			warnings, err = v.similar(c)
		}
		if err == nil && c.Voucher == "" && c.Payer != "" {
			next, failed := v.nextVoucher(c.Payer, v.dayOf(c.Date))
			checked, err = append(checked, fact{v.say("form.next-voucher"), cell{Text: next, State: "voucher-next"}}), failed
		}
	case *domain.RequestDisbursement:
		checked, err = v.foreseePayment(c.Fund, c.Project, c.Amount)
	case *domain.ChangeRequest:
		checked, err = v.foreseePayment(c.Fund, c.Project, c.Amount)
	case *domain.AllocateFunds:
		checked, err = v.foreseeFund(c.Fund, "", c.Amount)
	case *domain.ReallocateFunds:
		checked, err = v.foreseeFund(c.Fund, c.From, c.Amount)
	case *domain.ReturnFunds:
		checked, err = v.foreseeFund(c.Fund, c.Project, c.Amount)
	case *domain.ReportExpenditure:
		checked, err = v.foreseeFund(c.Fund, c.Project, c.Amount)
	case *domain.CarryOver:
		checked, err = v.foreseeFund(c.Fund, "", c.Amount)
	case *domain.ReduceCommitment:
		checked, err = v.foreseeFund(c.Fund, "", c.Amount)
	case *domain.IncreaseCommitment:
		checked = v.inWords(c.Amount, v.ledger.Currency)
	case *domain.PledgeFunds:
		checked = v.inWords(c.Amount, v.ledger.Currency)
	case *domain.CommitFunds:
		checked = v.inWords(c.Amount, v.ledger.Currency)
	case *domain.ReceiveFunds:
		checked = v.inWords(c.Amount, v.ledger.Currency)
	case *domain.ReceiveGift:
		checked = v.inWords(c.Value, v.ledger.Currency)
	case *domain.RecordBenefit:
		checked = v.inWords(c.Amount, v.ledger.Currency)
	}
	return checked, warnings, err
}

// foreseeFinding says what a finding is that somebody answers, rectifies or closes.
func (v *visit) foreseeFinding(id domain.ID) ([]fact, error) {
	rows, err := v.Views.Findings(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"finding": string(id)}, Limit: 1})
	if err != nil || id == "" || len(rows.Rows) == 0 {
		return nil, err
	}
	f := rows.Rows[0]
	if err := v.learn(f.About); err != nil {
		return nil, err
	}
	return v.given("finding", text(v.found(f)), "about", v.thing(f.About), "answer", text(f.Answer), "rectification", text(f.Rectification)), nil
}

// dayOf is the date of a command; today where it has none.
func (v *visit) dayOf(date domain.Date) domain.Date {
	if date.IsZero() {
		return domain.DateOf(v.Now().In(v.zone()))
	}
	return date
}

// inWords shows an amount as it was understood, and in capital numerals.
func (v *visit) inWords(a domain.Amount, c domain.Currency) []fact {
	m, err := a.Money(c)
	if err != nil || m.IsZero() {
		return nil
	}
	understood := cell{Text: m.Grouped(), Number: true}
	if c != v.ledger.Currency {
		understood.Text += " " + string(c)
	}
	facts := []fact{{v.say("form.understood"), understood}}
	if capitals, err := m.Capitals(); err == nil {
		facts = append(facts, fact{v.say("form.capitals"), cell{Text: capitals, State: "capitals"}})
	}
	return facts
}

// foreseeFund adds what a fund and a line of it have left.
func (v *visit) foreseeFund(fund, project domain.ID, a domain.Amount) ([]fact, error) {
	id := string(fund)
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "fund", Key: &id})
	if err != nil || len(totals.Rows) == 0 {
		return v.inWords(a, v.ledger.Currency), err
	}
	sum := &totals.Rows[0].TotalsSum
	facts := v.inWords(a, sum.Currency)
	if v.readsPart() && project == "" {
		return facts, nil
	}
	if project == "" {
		facts = append(facts, fact{v.say("form.unallocated"), v.total(sum, "unallocated", "")})
	} else {
		left, err := v.lineMoney(fund, project, sum.Currency)
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact{v.say("form.line-left"), v.exact(left, "")})
	}
	if v.readsPart() {
		return facts, nil
	}
	return append(facts, fact{v.say("form.cash-left"), v.total(sum, "cash", "")}), nil
}

// foreseePayment adds what the project would have left after a payment.
func (v *visit) foreseePayment(fund, project domain.ID, a domain.Amount) ([]fact, error) {
	facts, err := v.foreseeFund(fund, project, a)
	if err != nil || fund == "" || project == "" {
		return facts, err
	}
	paid, err := a.Money(v.ledger.Currency)
	if err != nil || paid.IsZero() {
		return facts, nil // the form says what is wrong with it
	}
	left, err := v.lineMoney(fund, project, paid.Currency)
	if err == nil {
		left, err = left.Add(paid.Neg())
	}
	if err != nil {
		return facts, nil // of another currency, or more than a ledger can hold
	}
	return append(facts, fact{v.say("form.line-after"), v.exact(left, "")}), nil
}

// lineMoney is what a fund has allocated to a project and not paid out.
func (v *visit) lineMoney(fund, project domain.ID, c domain.Currency) (domain.Money, error) {
	left := domain.Money{Currency: c}
	for _, s := range []domain.Stage{domain.Allocated, domain.Disbursed} {
		parts, err := v.Views.Flow(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Fund: fund, Project: project, Stage: s.String()})
		if err != nil {
			return left, err
		}
		for _, p := range parts {
			n, _ := minor(&p.Amount, p.Currency)
			m := domain.Money{Minor: n, Currency: p.Currency}
			if s == domain.Disbursed {
				m = m.Neg()
			}
			if left, err = left.Add(m); err != nil {
				return left, err
			}
		}
	}
	return left, nil
}

// similar finds payments of the same amount to the same payee, or of the same
// project, within a month: perhaps this one is recorded already.
func (v *visit) similar(c *domain.DisburseFunds) ([]cell, error) {
	date := c.Date
	if date.IsZero() {
		date = domain.DateOf(v.Now().In(v.zone()))
	}
	q := projections.JournalQuery{Ledger: v.ledger.Ledger, Project: c.Project, Payee: c.Payee, Stage: domain.Disbursed.String(), Year: date.Year(), Newest: true, Limit: listMax}
	journal, err := v.Views.Journal(v.ctx(), q)
	if err != nil {
		return nil, err
	}
	type payment struct {
		date    domain.Date
		voucher string
		amount  int64
	}
	payments := map[string]payment{}
	var order []string
	for _, m := range journal.Movements {
		n, _ := minor(&m.Amount, m.Currency)
		p, seen := payments[m.Entry]
		if !seen {
			order = append(order, m.Entry)
		}
		payments[m.Entry] = payment{m.Date, m.Voucher, p.amount + n}
	}
	var found []cell
	for _, entry := range order {
		p := payments[entry]
		asked, err := c.Amount.Money(v.ledger.Currency)
		if err != nil || p.amount != asked.Minor || p.date.First().String()[:7] != date.First().String()[:7] {
			continue
		}
		if found = append(found, linked(strings.TrimSpace(v.say("form.similar", p.date.String(), asked.Grouped())+" "+p.voucher), v.href("trace/"+url.PathEscape(entry)))); len(found) == 3 {
			break
		}
	}
	return found, nil
}
