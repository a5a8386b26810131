package domain

// This file folds the events of fund.go into the state and says which
// movements of money they stand for.

// EventType is funds-pledged.
func (*FundsPledged) EventType() string { return "funds-pledged" }

// EventType is pledge-lapsed.
func (*PledgeLapsed) EventType() string { return "pledge-lapsed" }

// EventType is funds-committed.
func (*FundsCommitted) EventType() string { return "funds-committed" }

// EventType is commitment-increased.
func (*CommitmentIncreased) EventType() string { return "commitment-increased" }

// EventType is commitment-reduced.
func (*CommitmentReduced) EventType() string { return "commitment-reduced" }

// EventType is funds-received.
func (*FundsReceived) EventType() string { return "funds-received" }

// fundOf returns the fund of an event, opened by the event if it is new, or if
// all that had opened it was taken back.
func (l *Ledger) fundOf(f FundFacts, m Money, d Date) fund {
	known, ok := l.funds.get(f.Fund)
	if ok {
		if known.empty() || d.First().Before(known.opened.First()) {
			known.opened = d
		}
		return known
	}
	l.names.put(f.Fund, NounFund)
	return fund{provider: f.Provider, budgetYear: f.BudgetYear, currency: m.Currency, opened: d}
}

// count adds movements to the totals, and to the sums of their funds and lines.
func (l *Ledger) count(e Event) {
	var room [4]Movement
	for _, m := range AppendMovements(room[:0], e) {
		total, _ := l.totals.get(m.Money.Currency)
		total[m.Stage] += m.Money.Minor
		l.totals.put(m.Money.Currency, total)
		f, ok := l.funds.get(m.Fund)
		if !ok {
			continue // goods of a gift
		}
		f.sums[m.Stage] += m.Money.Minor
		if m.Stage == Disbursed && f.lastPaid.Before(m.Date) {
			f.lastPaid = m.Date
		}
		l.funds.put(m.Fund, f)
		l.paidFor(m)
		if m.Project != "" {
			k := lineKey{m.Fund, m.Project}
			s, _ := l.lines.get(k)
			s[m.Stage] += m.Money.Minor
			l.lines.put(k, s)
		}
	}
}

// paidFor adds a movement to what its place was paid.
func (l *Ledger) paidFor(m Movement) {
	minor := m.Money.Minor
	switch {
	case m.Place == "" || m.Stage != Disbursed && m.Stage != Returned:
		return
	case m.Stage == Returned:
		minor = -minor
	}
	k := fundPlace{m.Fund, m.Place}
	paid, _ := l.paidPlaces.get(k)
	l.paidPlaces.put(k, paid+minor)
}

func (e *FundsPledged) evolve(l *Ledger) {
	l.funds.put(e.Fund, l.fundOf(e.FundFacts, e.Amount, e.Date))
	l.record(e, e.Correction, e.Evidence)
}

func (e *PledgeLapsed) evolve(l *Ledger) {
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsCommitted) evolve(l *Ledger) {
	f := l.fundOf(e.FundFacts, e.Amount, e.Date)
	f.committed = e.Reverses == ""
	f.reimbursement = f.committed && e.Reimbursement
	l.funds.put(e.Fund, f)
	l.record(e, e.Correction, e.Evidence)
}

func (e *CommitmentIncreased) evolve(l *Ledger) {
	l.changed(e.Fund, e.Correction)
	l.record(e, e.Correction, e.Evidence)
}

func (e *CommitmentReduced) evolve(l *Ledger) {
	l.changed(e.Fund, e.Correction)
	l.record(e, e.Correction, e.Evidence)
}

// changed counts the standing changes of a commitment.
func (l *Ledger) changed(id ID, c Correction) {
	f, _ := l.funds.get(id)
	f.changes++
	if c.Reverses != "" {
		f.changes -= 2
	}
	l.funds.put(id, f)
}

func (e *FundsReceived) evolve(l *Ledger) {
	l.funds.put(e.Fund, l.fundOf(e.FundFacts, e.Amount, e.Date))
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsPledged) movements(out []Movement) []Movement {
	m := e.movement(Pledged, e.Amount, e.Date)
	m.Approximate = e.Approximate
	return append(out, m)
}

func (e *PledgeLapsed) movements(out []Movement) []Movement {
	return append(out, e.movement(Pledged, e.Amount.Neg(), e.Date))
}

func (e *FundsCommitted) movements(out []Movement) []Movement {
	m := e.movement(Committed, e.Amount, e.Date)
	m.Approximate = e.Approximate
	return append(out, m)
}

func (e *CommitmentIncreased) movements(out []Movement) []Movement {
	m := e.movement(Committed, e.Amount, e.Date)
	m.Approximate = e.Approximate
	return append(out, m)
}

func (e *CommitmentReduced) movements(out []Movement) []Movement {
	return append(out, e.movement(Committed, e.Amount.Neg(), e.Date))
}

func (e *FundsReceived) movements(out []Movement) []Movement {
	m := e.movement(Received, e.Amount, e.Date)
	m.Approximate = e.Approximate
	out = append(out, m)
	if e.OnReceipt {
		m.Stage = Recognised
		out = append(out, m)
	}
	return out
}

func (e FundsPledged) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e PledgeLapsed) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e FundsCommitted) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e CommitmentIncreased) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e CommitmentReduced) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

func (e FundsReceived) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

// recount refuses to take back a commitment that was changed since.
func (e *FundsCommitted) recount(l *Ledger, _ map[ID]gift) error {
	if f, _ := l.funds.get(e.Fund); f.changes > 0 {
		return clash("entry_in_use", "the commitment of %s was changed %d times since", e.Fund, f.changes).in("entry").
			hint("reverse its increases and reductions first").with("fund", e.Fund).with("changes", f.changes)
	}
	return nil
}
