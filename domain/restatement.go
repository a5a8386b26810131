package domain

// A restatement (以前年度调整) is an entry with a date in a closed year. Rules:
//   - one person allows it and says why, another one records it;
//   - what is allowed is one entry, by the id that its command will have: the one
//     that was refused because the year is closed, and that is then repeated;
//   - the entry is of that year, of that fund and of exactly that amount, or moves
//     no money where no amount was allowed, and it comes by the last day;
//   - the entry is marked, so that it can be listed.

// RestatementAllowed says that an entry may be recorded in a closed year.
type RestatementAllowed struct {
	Evidence
	Entry   string `json:"entry"`
	Year    int    `json:"year"`
	Fund    ID     `json:"fund,omitempty"`
	Amount  Money  `json:"amount,omitzero"`
	LastDay Date   `json:"last_day"`
	Reason  string `json:"reason"`
	By      string `json:"by"`
}

// AllowRestatement lets somebody else record one entry in a closed year.
type AllowRestatement struct {
	Entry    string   `json:"entry" doc:"id of the command that was refused because the year is closed"`
	Year     int      `json:"year" doc:"closed year"`
	Fund     ID       `json:"fund,omitempty" doc:"fund whose money it moves; left out: it moves none"`
	Amount   Amount   `json:"amount,omitzero" doc:"how much it moves, exactly"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the fund's if left out"`
	LastDay  Date     `json:"last_day" doc:"last day on which it may be recorded"`
	Reason   string   `json:"reason" text:"note" doc:"why the closed year has to change"`
	Evidence
}

// EntryRestated marks the entry that it stands in as one in a closed year.
type EntryRestated struct {
	Correction
	Evidence
	Entry      string `json:"entry"`
	Year       int    `json:"year"`
	Reason     string `json:"reason"`
	AllowedBy  string `json:"allowed_by"`
	RecordedBy string `json:"recorded_by"`
}

var (
	_ = command[AllowRestatement]("allow-restatement", "Lets somebody else record one entry in a closed year.")
	_ = event[RestatementAllowed]()
	_ = event[EntryRestated]()
)

// restatement is what was allowed and not yet recorded.
type restatement struct {
	year    int
	fund    ID
	amount  Money
	lastDay Date
	reason  string
	by      string
}

func (r *restatement) fields() []any {
	return []any{&r.year, &r.fund, &r.amount, &r.lastDay, &r.reason, &r.by}
}

func (c *AllowRestatement) decide(l *Ledger, ctx Context) ([]Event, error) {
	if !l.closedYears.has(c.Year) {
		return nil, clash("year_open", "the year %d is not closed", c.Year).in("year").
			hint("record the entry as any other").with("year", c.Year)
	}
	out := &RestatementAllowed{Entry: c.Entry, Year: c.Year, Fund: c.Fund, LastDay: c.LastDay, Reason: c.Reason, By: ctx.Actor}
	if c.Fund == "" && !c.Amount.IsZero() {
		return nil, refuse("field_required", "an amount needs its fund").in("fund").hint("name the fund, or leave the amount out")
	}
	if c.Fund != "" {
		if err := l.noun(NounFund, c.Fund, "fund"); err != nil {
			return nil, err
		}
		f, _ := l.funds.get(c.Fund)
		var err error
		if out.Amount, err = money(c.Amount, c.Currency, f.currency); err != nil {
			return nil, err
		}
	}
	if c.LastDay.IsZero() || c.LastDay.Last().Before(ctx.Today) {
		return nil, refuse("last_day_passed", "%s has passed; today is %s", c.LastDay, ctx.Today).in("last_day").
			hint("give today or a later day").with("last_day", c.LastDay).with("today", ctx.Today)
	}
	e, err := l.evidence("restatement-allowed", c.Evidence, ctx)
	out.Evidence = e
	return one(out, err)
}

// mayRestate refuses a date in a closed year, unless somebody else allowed the
// entry.
func (l *Ledger) mayRestate(d Date, ctx Context) error {
	r, ok := l.restatements.get(ctx.Entry)
	if !ok || r.year != d.Year() || r.lastDay.Last().Before(ctx.Today) {
		return clash("period_closed", "the year %d is closed", d.Year()).in("date").
			hint("record it with a date in an open year; or let somebody else allow it with allow-restatement for the entry %s, and send it again under that id", shown(ctx.Entry)).
			with("year", d.Year()).with("entry", ctx.Entry)
	}
	if r.by == ctx.Actor {
		return refuse("self_approval", "%s allowed it and cannot record it", ctx.Actor).in("date").
			hint("ask another person to record it").with("actor", ctx.Actor)
	}
	return nil
}

// restated marks events in a closed year, which mayRestate has let through, and
// refuses those that are not what was allowed.
func (l *Ledger) restated(events []Event, ctx Context) ([]Event, error) {
	r, allowed := l.restatements.get(ctx.Entry)
	if !allowed {
		return events, nil
	}
	for _, e := range events {
		if !l.closedYears.has(e.Effective().Year()) {
			continue
		}
		if err := r.covers(events); err != nil {
			return nil, err
		}
		return append(events, &EntryRestated{Evidence: Evidence{Date: e.Effective()}, Entry: ctx.Entry, Year: r.year, Reason: r.reason,
			AllowedBy: r.by, RecordedBy: ctx.Actor}), nil
	}
	return events, nil
}

// covers refuses events that move other money than was allowed.
func (r restatement) covers(events []Event) error {
	var sums Sums
	for _, e := range events {
		for _, m := range Movements(e) {
			if m.Stage != CarriedIn && m.Fund != r.fund {
				return r.differs("the fund %s", m.Fund).with("fund", m.Fund)
			}
			sums[m.Stage] += m.Money.Minor
		}
	}
	var largest uint64
	for _, minor := range sums {
		largest = max(largest, magnitude(minor))
	}
	if largest != uint64(r.amount.Minor) {
		asked := Money{int64(largest), r.amount.Currency}
		return r.differs("%s", asked).with("asked", asked)
	}
	return nil
}

func (r restatement) differs(format string, what any) *Refusal {
	return clash("restatement_differs", "what was allowed is %s of the fund %q, not "+format, r.amount, r.fund, what).
		hint("record what was allowed, or have the right entry allowed").with("allowed", r.amount)
}

// EventType is restatement-allowed.
func (*RestatementAllowed) EventType() string { return "restatement-allowed" }

// EventType is entry-restated.
func (*EntryRestated) EventType() string { return "entry-restated" }

func (e *RestatementAllowed) evolve(l *Ledger) {
	l.restatements.put(e.Entry, restatement{e.Year, e.Fund, e.Amount, e.LastDay, e.Reason, e.By})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *EntryRestated) evolve(l *Ledger) { l.restatements.del(e.Entry) }

func (e EntryRestated) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	return &e
}
