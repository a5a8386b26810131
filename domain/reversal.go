package domain

import (
	"maps"
	"slices"
)

// A mistake is corrected by a reversal (红字冲销) and a new entry, never by a
// change. Rules:
//   - it names the entry and says why;
//   - an entry is reversed once, and a reversal is not reversed;
//   - nothing that came later may depend on what it takes away: no balance
//     becomes negative;
//   - it takes the date of the original, unless that year is closed: then it
//     needs a date in an open year. Its date is never before the original's.
//
// The reversal is recorded as one marker and, for each event of the original,
// an event of the same type with the negative amount. So whoever adds amounts
// up gets the right sum without knowing about reversals. Voucher numbers and
// source references are free again; ids stay taken, save those of indicators.

// EntryReversed says which entry was taken back, and why.
type EntryReversed struct {
	Evidence
	Entry  string `json:"entry"`
	Reason string `json:"reason"`
}

// ReverseEntry takes an entry back.
type ReverseEntry struct {
	Entry  string `json:"entry" doc:"id of the entry to take back"`
	Reason string `json:"reason" text:"note" doc:"why it was wrong"`
	Evidence
}

var (
	_ = command[ReverseEntry]("reverse-entry", "Takes an entry back (红字冲销).")
	_ = event[EntryReversed]()
)

// RefersTo returns the entry that is to be taken back.
func (c *ReverseEntry) RefersTo() string { return c.Entry }

func (c *ReverseEntry) decide(l *Ledger, ctx Context) ([]Event, error) {
	if l.reversed.has(c.Entry) {
		return nil, clash("already_reversed", "the entry %s is reversed already", c.Entry).in("entry").
			hint("record the right entry instead").with("entry", c.Entry)
	}
	if len(ctx.Original) == 0 {
		return nil, missing("entry_not_found", "no entry is called %s", shown(c.Entry)).in("entry").
			hint("look its id up in the events")
	}
	date := c.Date
	marker := &EntryReversed{Evidence: c.Evidence, Entry: c.Entry, Reason: c.Reason}
	out := []Event{marker}
	for _, original := range ctx.Original {
		e, ok := original.(reversible)
		if !ok {
			return nil, clash("not_reversible", "%s cannot be reversed", original.EventType()).in("entry").
				hint("use the command that ends or changes it").with("event", original.EventType())
		}
		if date.IsZero() {
			date = e.Effective()
		}
		reversal := e.reversal(c.Entry, c.Date)
		if reversal.Effective().Last().Before(e.Effective().First()) {
			return nil, refuse("date_order", "%s is before the entry's own date (%s)", c.Date, e.Effective()).in("date").
				hint("give a later date, or none").with("date", c.Date).with("original", e.Effective())
		}
		if err := l.openDate(reversal.Effective(), ctx); err != nil {
			return nil, err
		}
		if p, ok := reversal.(interface{ place(l *Ledger) }); ok {
			p.place(l)
		}
		out = append(out, reversal)
	}
	marker.Date = date
	e, err := l.evidence("entry-reversed", marker.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	marker.Evidence = e
	return out, l.bears(out[1:], ctx)
}

// bears refuses events after which a balance, less what requests reserve of it,
// would be negative, and says which.
func (l *Ledger) bears(events []Event, ctx Context) error {
	funds := map[ID]fund{}
	lines := map[lineKey]Sums{}
	gifts := map[ID]gift{}
	for _, e := range events {
		if r, ok := e.(interface {
			recount(l *Ledger, gifts map[ID]gift) error
		}); ok {
			if err := r.recount(l, gifts); err != nil {
				return err
			}
		}
		for _, m := range Movements(e) {
			f, ok := funds[m.Fund]
			if !ok {
				if f, ok = l.funds.get(m.Fund); !ok {
					continue // goods of a gift
				}
			}
			if f.closed {
				return clash("fund_closed", "the fund %s is closed", m.Fund).in("entry").hint("it can no longer change")
			}
			f.sums[m.Stage] += m.Money.Minor
			funds[m.Fund] = f
			if m.Project == "" {
				continue
			}
			k := lineKey{m.Fund, m.Project}
			s, ok := lines[k]
			if !ok {
				s, _ = l.lines.get(k)
			}
			s[m.Stage] += m.Money.Minor
			lines[k] = s
		}
	}
	// In the order of ids, so that the answer is always the same.
	for _, id := range sortedKeys(funds) {
		before, _ := l.funds.get(id)
		reserved, _ := l.reserved(lineKey{fund: id}, ctx, "")
		if err := funds[id].overdrawn(id, before, reserved); err != nil {
			return err
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(lines), lineKey.compare) {
		_, reserved := l.reserved(k, ctx, "")
		if err := lineOverdrawn(k, funds[k.fund], lines[k], reserved); err != nil {
			return err
		}
	}
	return nil
}

func inUse(field, what string, id ID, short Money) *Refusal {
	return clash("entry_in_use", "later entries depend on it: %s of %s would be %s", what, id, short).in("entry").
		hint("reverse those first").with(field, id).with(what, short)
}

func (f fund) overdrawn(id ID, before fund, reserved int64) error {
	switch s := f.sums; {
	case s[Pledged] < 0:
		return inUse("fund", "pledged", id, f.money(s[Pledged]))
	case s.Cash() < reserved:
		return inUse("fund", "cash", id, f.money(s.Cash()-reserved)).requested(f, reserved)
	case s.Unallocated() < min(before.sums.Unallocated(), 0):
		return inUse("fund", "unallocated", id, f.money(s.Unallocated()))
	case s[Committed] < 0:
		return inUse("fund", "committed", id, f.money(s[Committed]))
	}
	return nil
}

func lineOverdrawn(k lineKey, f fund, s Sums, reserved int64) error {
	switch {
	case s.Undisbursed() < reserved:
		return inUse("project", "undisbursed", k.project, f.money(s.Undisbursed()-reserved)).requested(f, reserved)
	case s.Unspent() < 0:
		return inUse("project", "unspent", k.project, f.money(s.Unspent()))
	}
	return nil
}

// EventType is entry-reversed.
func (*EntryReversed) EventType() string { return "entry-reversed" }

func (e *EntryReversed) evolve(l *Ledger) {
	l.reversed.put(e.Entry, true)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
