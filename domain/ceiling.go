package domain

// The totals of a ledger stay within [MaxMinor], so that every reader of JSON
// gets them exactly. Rules:
//   - for each currency, no stage adds up to more than that;
//   - nor does the funding together: what was committed, recognised and given
//     in kind.

// withinCeiling refuses events after which a total would be too large.
func (l *Ledger) withinCeiling(c Command, events []Event) error {
	var room [4]Movement
	after := map[Currency]Sums{}
	for _, e := range events {
		for _, m := range AppendMovements(room[:0], e) {
			s, ok := after[m.Money.Currency]
			if !ok {
				s, _ = l.totals.get(m.Money.Currency)
			}
			s[m.Stage] += m.Money.Minor
			after[m.Money.Currency] = s
		}
	}
	for _, currency := range sortedKeys(after) {
		s := after[currency]
		for stage, minor := range s {
			if outOfRange(minor) {
				return overCeiling(c, Stage(stage).String(), Money{minor, currency})
			}
		}
		if funding := s[Committed] + s[Recognised] + s[InKind]; outOfRange(funding) {
			return overCeiling(c, "funding", Money{funding, currency})
		}
	}
	return nil
}

func overCeiling(c Command, what string, total Money) error {
	field := "amount"
	switch c.(type) {
	case *ReceiveGift, *ValueGift:
		field = "value"
	case *ReverseEntry:
		field = "entry"
	}
	return refuse("amount_too_large", "all that is %s would be %s, more than one ledger can hold", what, total).in(field).
		hint("check the amount; a total is at most %s", Money{MaxMinor, total.Currency}).
		with("total", total).with("limit", Money{MaxMinor, total.Currency})
}
