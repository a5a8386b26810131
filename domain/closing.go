package domain

import (
	"slices"
	"strings"
)

// At the end of a period money is carried over (结转), funds are closed (决算)
// and years are closed (关账). Rules:
//   - no more is carried over than the fund holds in cash, and only between
//     funds of the same currency; what is handed on can be allocated in the
//     other fund, and no longer in this one;
//   - a fund closes with no cash, nothing unspent at a project and nothing due
//     (open items);
//   - a year closes once it is over and its check-list is empty: no fund of that
//     budget year holds cash that was not carried over, and no request for money
//     of such a fund waits for its approval or payment; then nothing is recorded
//     with a date in it, unless a second person allows it (see restatement.go).

// FundsCarriedOver says that cash passed from one fund to another.
type FundsCarriedOver struct {
	FundFacts
	Correction
	Evidence
	To     FundFacts `json:"to"`
	Amount Money     `json:"amount"`
}

// CarryOver hands cash on to another fund.
type CarryOver struct {
	FundAmount
	To ID `json:"to" doc:"fund that gets it"`
	Evidence
}

// FundClosed says that a fund takes no more entries.
type FundClosed struct {
	FundFacts
	Evidence
}

// CloseFund ends a fund.
type CloseFund struct {
	Fund ID `json:"fund" doc:"fund to close"`
	Evidence
}

// YearClosed says that nothing more is recorded with a date in that year.
type YearClosed struct {
	Evidence
	Year int `json:"year"`
}

// CloseYear closes a calendar year.
type CloseYear struct {
	Year int `json:"year" doc:"year to close"`
	Evidence
}

var (
	_ = command[CarryOver]("carry-over", "Hands cash on to another fund, usually of the next year (结转).")
	_ = command[CloseFund]("close-fund", "Ends a fund that has no open items (决算).")
	_ = command[CloseYear]("close-year", "Closes a calendar year (关账).")
	_ = event[FundsCarriedOver]()
	_ = event[FundClosed]()
	_ = event[YearClosed]()
)

func (c *CarryOver) decide(l *Ledger, ctx Context) ([]Event, error) {
	if c.To == c.Fund {
		return nil, refuse("same_fund", "%s would give to itself", c.Fund).in("to").hint("name another fund")
	}
	f, e, m, err := c.take(l, c.Evidence, "funds-carried-over", ctx, ref{NounFund, c.To, "to"})
	if err != nil {
		return nil, err
	}
	to, err := l.openFund(c.To, "to")
	if err != nil {
		return nil, err
	}
	if to.currency != f.currency {
		return nil, refuse("currency_mismatch", "%s is in %s, %s is in %s", c.Fund, f.currency, c.To, to.currency).in("to").
			hint("name a fund in %s", f.currency).with("expected", f.currency).with("given", to.currency)
	}
	if err := l.sameEarmark(c.Fund, c.To); err != nil {
		return nil, err
	}
	if err := l.holds(f, c.Fund, m, ctx); err != nil {
		return nil, err
	}
	return []Event{&FundsCarriedOver{FundFacts: f.facts(c.Fund), To: to.facts(c.To), Evidence: e, Amount: m}}, nil
}

func (c *CloseFund) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, err := l.openFund(c.Fund, "fund")
	if err != nil {
		return nil, err
	}
	e, err := l.evidence("fund-closed", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	if err := f.notBefore(e.Date); err != nil {
		return nil, err
	}
	cash, unspent, due := f.money(f.sums.Cash()), f.money(f.sums.Unspent()), f.money(max(f.sums.Due(), 0))
	if !cash.IsZero() || !unspent.IsZero() || !due.IsZero() {
		return nil, clash("open_items", "the fund %s has open items: cash %s, unspent %s, due %s", c.Fund, cash, unspent, due).in("fund").
			hint("spend, return, carry over or reduce them first").with("cash", cash).with("unspent", unspent).with("due", due)
	}
	return []Event{&FundClosed{FundFacts: f.facts(c.Fund), Evidence: e}}, nil
}

func (c *CloseYear) decide(l *Ledger, ctx Context) ([]Event, error) {
	if l.closedYears.has(c.Year) {
		return nil, nil
	}
	if err := checkYear(c.Year, "year"); err != nil {
		return nil, err
	}
	if c.Year >= ctx.Today.Year() {
		return nil, refuse("year_not_over", "%d is not over; today is %s", c.Year, ctx.Today).in("year").
			hint("close it when it is over").with("today", ctx.Today)
	}
	if err := l.openItems(c.Year, ctx); err != nil {
		return nil, err
	}
	e, err := l.evidence("year-closed", c.Evidence, ctx)
	return one(&YearClosed{Evidence: e, Year: c.Year}, err)
}

// openItems refuses to close a year and names everything that is still open.
func (l *Ledger) openItems(year int, ctx Context) error {
	items := map[string][]string{}
	for id, f := range l.funds.rows {
		if f.budgetYear != year || f.closed {
			continue
		}
		if f.sums.Cash() != 0 {
			items["funds"] = append(items["funds"], string(id))
		}
		open, _ := l.openRequests.get(id)
		for _, request := range open {
			switch r, _ := l.requests.get(request); {
			case !r.reserves(ctx.Today):
			case r.state == requestOpen:
				items["unapproved"] = append(items["unapproved"], string(request))
			default:
				items["unpaid"] = append(items["unpaid"], string(request))
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	refusal := clash("open_items", "of %d, %d funds hold cash, %d requests are not approved and %d are not paid",
		year, len(items["funds"]), len(items["unapproved"]), len(items["unpaid"])).in("year").
		hint("pay the cash out, return it or carry it over; approve and pay the requests, or withdraw or reject them")
	for what, ids := range items {
		slices.Sort(ids)
		refusal.with(what, strings.Join(ids, " "))
	}
	return refusal
}

// EventType is funds-carried-over.
func (*FundsCarriedOver) EventType() string { return "funds-carried-over" }

// EventType is fund-closed.
func (*FundClosed) EventType() string { return "fund-closed" }

// EventType is year-closed.
func (*YearClosed) EventType() string { return "year-closed" }

func (e *FundsCarriedOver) evolve(l *Ledger) { l.record(e, e.Correction, e.Evidence) }

func (e *FundClosed) evolve(l *Ledger) {
	f, _ := l.funds.get(e.Fund)
	f.closed = true
	l.funds.put(e.Fund, f)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *YearClosed) evolve(l *Ledger) {
	l.closedYears.put(e.Year, true)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *FundsCarriedOver) movements(out []Movement) []Movement {
	return append(out,
		e.movement(CarriedOut, e.Amount, e.Date),
		e.To.movement(CarriedIn, e.Amount, e.Date))
}

func (e FundsCarriedOver) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}
