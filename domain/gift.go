package domain

import "cmp"

// A gift in kind (捐物) is goods with a quantity and, where it is known, a value
// (折款). Rules:
//   - the quantity is more than 0 and has a unit;
//   - a value comes with the method by which it was found;
//   - a value is recorded again only where it, its method or its exactness is
//     another one;
//   - a gift is valued before it is handed out, and handed out at most as far as
//     it is held; what is handed out carries its part of the value, so that the
//     last unit takes what is left to the minor unit.

// GiftReceived says that goods arrived.
type GiftReceived struct {
	Correction
	Evidence
	Gift        ID       `json:"gift"`
	Donor       ID       `json:"donor"`
	Item        string   `json:"item"`
	Quantity    Quantity `json:"quantity"`
	Unit        string   `json:"unit"`
	Value       Money    `json:"value,omitzero"`
	Method      string   `json:"method,omitempty"`
	Approximate bool     `json:"approximate,omitzero"`
}

// ReceiveGift records that goods arrived.
type ReceiveGift struct {
	Gift        ID       `json:"gift" doc:"id of the new gift"`
	Donor       ID       `json:"donor" doc:"organisation that gives"`
	Item        string   `json:"item" doc:"what it is"`
	Quantity    Quantity `json:"quantity" doc:"how many or how much"`
	Unit        string   `json:"unit,omitempty" doc:"unit of the quantity; required"`
	Value       Amount   `json:"value,omitzero" doc:"its value in money (折款); left out: not valued yet"`
	Currency    Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Method      string   `json:"method,omitempty" enum:"invoice,market-price,appraisal,stated-by-donor,stated-by-source" doc:"how the value was found; required with a value"`
	Approximate bool     `json:"approximate,omitzero" doc:"the source gives the value as approximate (约)"`
	Evidence
}

// GiftValued sets the value of a gift. Change is by how much that alters the
// value that was recorded before.
type GiftValued struct {
	Correction
	Evidence
	Gift        ID     `json:"gift"`
	Donor       ID     `json:"donor"`
	Value       Money  `json:"value"`
	Change      Money  `json:"change"`
	Method      string `json:"method"`
	Approximate bool   `json:"approximate,omitzero"`
}

// ValueGift sets the value of a gift.
type ValueGift struct {
	Gift        ID       `json:"gift" doc:"gift"`
	Value       Amount   `json:"value" doc:"its value in money"`
	Currency    Currency `json:"currency,omitempty" doc:"ISO 4217 code; the gift's or the ledger's if left out"`
	Method      string   `json:"method" enum:"invoice,market-price,appraisal,stated-by-donor,stated-by-source" doc:"how the value was found"`
	Approximate bool     `json:"approximate,omitzero" doc:"the value is approximate (约)"`
	Evidence
}

// GiftDistributed says that goods were handed out.
type GiftDistributed struct {
	Correction
	Evidence
	Gift     ID       `json:"gift"`
	Donor    ID       `json:"donor"`
	Quantity Quantity `json:"quantity"`
	Value    Money    `json:"value,omitzero"`
	Place    ID       `json:"place,omitempty"`
	Receiver ID       `json:"receiver,omitempty"`
	Project  ID       `json:"project,omitempty"`
}

// DistributeGift hands goods out.
type DistributeGift struct {
	Gift     ID       `json:"gift" doc:"gift"`
	Quantity Quantity `json:"quantity" doc:"how many or how much of it"`
	Place    ID       `json:"place,omitempty" doc:"place that gets it"`
	Receiver ID       `json:"receiver,omitempty" doc:"organisation that gets it; a place or a receiver is required"`
	Project  ID       `json:"project,omitempty" doc:"project that it is used in"`
	Evidence
}

var (
	_ = command[ReceiveGift]("receive-gift", "Records that goods were given (捐物).")
	_ = command[ValueGift]("value-gift", "Sets the value of goods that were given (折款).")
	_ = command[DistributeGift]("distribute-gift", "Hands goods out.")
	_ = event[GiftReceived]()
	_ = event[GiftValued]()
	_ = event[GiftDistributed]()
)

type gift struct {
	donor     ID
	quantity  Quantity
	handedOut Quantity
	value     Money // zero currency: not valued
	valueOut  int64 // minor units that were handed out
	stated    valuation
}

func (g *gift) fields() []any {
	return []any{&g.donor, &g.quantity, &g.handedOut, &g.value, &g.valueOut, &g.stated}
}

// valuation is how a value was found.
type valuation struct {
	method      string
	approximate bool
}

func (v *valuation) fields() []any { return []any{&v.method, &v.approximate} }

func (l *Ledger) gift(id ID) (gift, error) {
	if err := l.noun(NounGift, id, "gift"); err != nil {
		return gift{}, err
	}
	g, _ := l.gifts.get(id)
	return g, nil
}

func positive(q Quantity) error {
	if q.Sign() <= 0 {
		return refuse("quantity_not_positive", "the quantity is %s", q).in("quantity").hint("give more than 0").with("quantity", q)
	}
	return nil
}

func unit(u string) error {
	if u == "" {
		return refuse("unit_required", "the quantity has no unit").in("unit").hint("say what is counted: 人, 户, 村, 台, 批 …")
	}
	return nil
}

func (c *ReceiveGift) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Gift, "gift"); err != nil {
		return nil, err
	}
	if err := l.noun(NounOrganisation, c.Donor, "donor"); err != nil {
		return nil, err
	}
	if err := positive(c.Quantity); err != nil {
		return nil, err
	}
	if err := unit(c.Unit); err != nil {
		return nil, err
	}
	e, err := l.evidence("gift-received", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	out := &GiftReceived{Evidence: e, Gift: c.Gift, Donor: c.Donor, Item: c.Item, Quantity: c.Quantity, Unit: c.Unit,
		Method: c.Method, Approximate: c.Approximate}
	if c.Value != (Amount{}) {
		if c.Method == "" {
			return nil, refuse("field_required", "a value needs the method by which it was found").in("method").
				hint("say how the value was found")
		}
		if out.Value, err = money(c.Value, "", l.giftCurrency(c.Value, c.Currency, gift{})); err != nil {
			return nil, asRefusal(err).in("value")
		}
	}
	return []Event{out}, nil
}

// giftCurrency is the currency of a gift's value: the one that is named, or the
// one of its earlier value, or the ledger's.
func (l *Ledger) giftCurrency(a Amount, named Currency, g gift) Currency {
	for _, c := range []Currency{named, g.value.Currency, a.Currency()} {
		if c != "" {
			return c
		}
	}
	return l.Facts().Currency
}

func (c *ValueGift) decide(l *Ledger, ctx Context) ([]Event, error) {
	g, err := l.gift(c.Gift)
	if err != nil {
		return nil, err
	}
	if g.quantity.Sign() == 0 {
		return nil, clash("wrong_state", "the gift %s was taken back", c.Gift).in("gift").
			hint("record it again under another id").with("gift", c.Gift)
	}
	if g.handedOut.Sign() > 0 {
		return nil, clash("gift_distributed", "%s of the gift %s is handed out already", g.handedOut, c.Gift).in("gift").
			hint("reverse the distributions, value it, and record them again").with("distributed", g.handedOut)
	}
	m, err := money(c.Value, "", l.giftCurrency(c.Value, c.Currency, g))
	if err != nil {
		return nil, asRefusal(err).in("value")
	}
	if g.value.Currency != "" && g.value.Currency != m.Currency {
		return nil, refuse("currency_mismatch", "the gift is valued in %s", g.value.Currency).in("currency").hint("use the same currency").
			with("expected", g.value.Currency).with("given", m.Currency)
	}
	if m == g.value && g.stated == (valuation{c.Method, c.Approximate}) {
		return nil, nil
	}
	e, err := l.evidence("gift-valued", c.Evidence, ctx)
	change := Money{Minor: m.Minor - g.value.Minor, Currency: m.Currency}
	return one(&GiftValued{Evidence: e, Gift: c.Gift, Donor: g.donor, Value: m, Change: change, Method: c.Method, Approximate: c.Approximate}, err)
}

func (c *DistributeGift) decide(l *Ledger, ctx Context) ([]Event, error) {
	g, err := l.gift(c.Gift)
	if err != nil {
		return nil, err
	}
	if err := l.receiver(c); err != nil {
		return nil, err
	}
	if err := positive(c.Quantity); err != nil {
		return nil, err
	}
	if held := g.quantity.add(g.handedOut.neg()); c.Quantity.Compare(held) > 0 {
		return nil, refuse("insufficient_gift", "only %s of the gift %s is left", held, c.Gift).in("quantity").
			hint("hand out at most that").with("held", held).with("asked", c.Quantity)
	}
	e, err := l.evidence("gift-distributed", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	out := &GiftDistributed{Evidence: e, Gift: c.Gift, Donor: g.donor, Quantity: c.Quantity, Place: c.Place, Receiver: c.Receiver, Project: c.Project}
	if g.value.Currency != "" {
		after := g.handedOut.add(c.Quantity).portion(g.quantity, g.value.Minor)
		// After a reversal more may be out than the part that is due by now.
		out.Value = Money{Minor: max(after-g.valueOut, 0), Currency: g.value.Currency}
	}
	return []Event{out}, nil
}

func (l *Ledger) receiver(c *DistributeGift) error {
	if c.Place == "" && c.Receiver == "" {
		return refuse("field_required", "nobody is named who gets it").in("place").hint("name a place or a receiver")
	}
	return l.known(ref{NounPlace, c.Place, "place"}, ref{NounOrganisation, c.Receiver, "receiver"}, ref{NounProject, c.Project, "project"})
}

// EventType is gift-received.
func (*GiftReceived) EventType() string { return "gift-received" }

// EventType is gift-valued.
func (*GiftValued) EventType() string { return "gift-valued" }

// EventType is gift-distributed.
func (*GiftDistributed) EventType() string { return "gift-distributed" }

func (e *GiftReceived) evolve(l *Ledger) {
	l.names.put(e.Gift, NounGift)
	g, _ := l.gifts.get(e.Gift)
	g.donor, g.stated = e.Donor, stated(e.Correction, e.Method, e.Approximate)
	l.gifts.put(e.Gift, g.changed(e.Quantity, e.Value))
	l.record(e, e.Correction, e.Evidence)
}

func (g gift) changed(q Quantity, m Money) gift {
	g.quantity = g.quantity.add(q)
	g.value = Money{g.value.Minor + m.Minor, cmp.Or(m.Currency, g.value.Currency)}
	if g.value.IsZero() {
		g.value = Money{} // no longer valued
	}
	return g
}

// stated returns how a value was found; after a reversal that is not known.
func stated(c Correction, method string, approximate bool) valuation {
	if c.Reverses != "" {
		return valuation{}
	}
	return valuation{method, approximate}
}

func (e *GiftValued) evolve(l *Ledger) {
	g, _ := l.gifts.get(e.Gift)
	g.stated = stated(e.Correction, e.Method, e.Approximate)
	l.gifts.put(e.Gift, g.changed(Quantity{}, e.Change))
	l.record(e, e.Correction, e.Evidence)
}

func (g gift) handed(q Quantity, m Money) gift {
	g.handedOut = g.handedOut.add(q)
	g.valueOut += m.Minor
	return g
}

func (e *GiftDistributed) evolve(l *Ledger) {
	g, _ := l.gifts.get(e.Gift)
	l.gifts.put(e.Gift, g.handed(e.Quantity, e.Value))
	l.record(e, e.Correction, e.Evidence)
}

// goods returns a movement of goods. They are given outside of any budget, so
// each entry about them counts in the year of its own date, a reversal too.
func goods(s Stage, id, donor ID, m Money, d Date) Movement {
	return Movement{Stage: s, Fund: id, Provider: donor, BudgetYear: d.Year(), Money: m, Date: d}
}

func (e *GiftReceived) movements(out []Movement) []Movement {
	if e.Value.Currency == "" {
		return out
	}
	m := goods(InKind, e.Gift, e.Donor, e.Value, e.Date)
	m.Approximate = e.Approximate
	return append(out, m)
}

func (e *GiftValued) movements(out []Movement) []Movement {
	if e.Change.IsZero() {
		return out // the same value, found in another way
	}
	m := goods(InKind, e.Gift, e.Donor, e.Change, e.Date)
	m.Approximate = e.Approximate
	return append(out, m)
}

func (e *GiftDistributed) movements(out []Movement) []Movement {
	if e.Value.Currency == "" {
		return out
	}
	m := goods(Distributed, e.Gift, e.Donor, e.Value, e.Date)
	m.Place, m.Project = e.Place, e.Project
	return append(out, m)
}

func (e GiftReceived) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Quantity, e.Value = e.Quantity.neg(), e.Value.Neg()
	return &e
}

func (e GiftValued) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Change = e.Change.Neg()
	e.Value = e.Value.Neg()
	return &e
}

func (e GiftDistributed) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Quantity, e.Value = e.Quantity.neg(), e.Value.Neg()
	return &e
}

// recount refuses a reversal that takes away goods or value that were handed
// out.
func (e *GiftReceived) recount(l *Ledger, gifts map[ID]gift) error {
	return bearGift(l, gifts, e.Gift, func(g gift) gift { return g.changed(e.Quantity, e.Value) })
}

func (e *GiftValued) recount(l *Ledger, gifts map[ID]gift) error {
	if g, _ := l.gifts.get(e.Gift); g.handedOut.Sign() > 0 {
		return handedOut(e.Gift, g)
	}
	return bearGift(l, gifts, e.Gift, func(g gift) gift { return g.changed(Quantity{}, e.Change) })
}

func (e *GiftDistributed) recount(l *Ledger, gifts map[ID]gift) error {
	return bearGift(l, gifts, e.Gift, func(g gift) gift { return g.handed(e.Quantity, e.Value) })
}

func bearGift(l *Ledger, gifts map[ID]gift, id ID, change func(gift) gift) error {
	g, ok := gifts[id]
	if !ok {
		g, _ = l.gifts.get(id)
	}
	g = change(g)
	gifts[id] = g
	switch {
	case g.handedOut.Compare(g.quantity) > 0 || g.valueOut > max(g.value.Minor, 0):
		return handedOut(id, g)
	case g.value.Minor < 0 || g.quantity.IsZero() && !g.value.IsZero():
		return clash("entry_in_use", "the gift %s was valued later", id).in("entry").
			hint("reverse that valuation first").with("gift", id).with("value", g.value)
	}
	return nil
}

func handedOut(id ID, g gift) error {
	return clash("entry_in_use", "%s of the gift %s is handed out already", g.handedOut, id).in("entry").
		hint("reverse those distributions first").with("gift", id).with("distributed", g.handedOut)
}
