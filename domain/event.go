package domain

// Event is something that happened and was recorded. Events are never changed:
// a new form of an event is a new version (see package eventstore), and a
// mistake is reversed by a further event.
type Event interface {
	// EventType is the stable name in the log, in the past tense.
	EventType() string
	// Effective is the calendar date on which it happened, in the ledger's
	// time zone. It decides the year in which an amount is counted.
	Effective() Date
	evolve(l *Ledger)
}

// Evidence is what every command may say about when it happened and what it
// rests on, and what every event therefore carries.
type Evidence struct {
	Date            Date   `json:"date,omitzero" doc:"effective date (业务日期): 2018-03-05, 2018-03 or 2018; today if left out"`
	Document        string `json:"document,omitempty" doc:"document number (文号) or contract number"`
	SourceReference string `json:"source_reference,omitempty" doc:"the reference that the source itself uses; recorded only once"`
	Note            string `json:"note,omitempty" text:"note" doc:"free text"`
}

// Effective returns the effective date.
func (e Evidence) Effective() Date { return e.Date }

// Correction marks an event that takes another entry back (红字冲销). Its
// amounts are the negatives of the ones that it reverses.
type Correction struct {
	Reverses string `json:"reverses,omitempty"` // the entry that is taken back
}

// FundFacts repeats, on each event about a fund's money, what never changes
// about the fund, so that the event can be counted without looking anything up.
type FundFacts struct {
	Fund       ID   `json:"fund"`
	Provider   ID   `json:"provider"`
	BudgetYear int  `json:"budget_year"`
	OnReceipt  bool `json:"on_receipt,omitzero"`
}

func (f FundFacts) movement(s Stage, m Money, d Date) Movement {
	return Movement{
		Stage: s, Fund: f.Fund, Provider: f.Provider, BudgetYear: f.BudgetYear,
		Money: m, Date: d, OnReceipt: f.OnReceipt,
	}
}

// reversible is an event that can be taken back by its own negative.
type reversible interface {
	Event
	// reversal returns the event that takes this one back on the given date.
	reversal(entry string, on Date) Event
}

func taken(c *Correction, e *Evidence, entry string, on Date) {
	c.Reverses = entry
	if !on.IsZero() {
		e.Date = on
	}
}

// Reversible tells whether an entry with an event of that type can be taken back.
func Reversible(eventType string) bool {
	_, ok := NewEvent(eventType).(reversible)
	return ok
}

// NewEvent returns a pointer to a zero event of the given type for a decoder to
// fill, or nil when the type is unknown.
func NewEvent(eventType string) Event {
	if mk, ok := eventTypes[eventType]; ok {
		return mk()
	}
	return nil
}

// EventTypes lists the names of all events.
func EventTypes() []string { return sortedKeys(eventTypes) }

var eventTypes = map[string]func() Event{}

func event[E any, P interface {
	*E
	Event
}]() struct{} {
	var zero E
	name := P(&zero).EventType()
	if _, taken := eventTypes[name]; taken {
		panic("two events are called " + name)
	}
	eventTypes[name] = func() Event { return P(new(E)) }
	return struct{}{}
}
