package domain

// A note keeps what a source says about a thing and what no total counts: a
// part of an amount that is counted elsewhere, an amount whose overlap is not
// resolved, goods without a value, a milestone. Rules:
//   - it is about something that is registered, or about the ledger as a whole;
//   - an amount in it is a memo: it is shown where it belongs, and added nowhere.

// NoteAdded says what a source says about a thing.
type NoteAdded struct {
	Correction
	Evidence
	NoteID      ID       `json:"id"`
	About       ID       `json:"about,omitempty"`
	Kind        string   `json:"kind"`
	Text        string   `json:"text"`
	Amount      Money    `json:"amount,omitzero"`
	Approximate bool     `json:"approximate,omitzero"`
	Quantity    Quantity `json:"quantity,omitzero"`
	Unit        string   `json:"unit,omitempty"`
	Undated     bool     `json:"undated,omitzero"`
}

// AddNote keeps what a source says about a thing, outside of all totals.
type AddNote struct {
	NoteID      ID       `json:"id" doc:"id of the new note"`
	About       ID       `json:"about,omitempty" doc:"what it is about: any id of the ledger; left out: the ledger"`
	Kind        string   `json:"kind" enum:"memo,milestone,question" doc:"memo: a fact in no total; milestone: something that happened; question: something that is not resolved"`
	Text        string   `json:"text" text:"note" doc:"what the source says"`
	Amount      Amount   `json:"amount,omitzero" doc:"an amount that is in no total"`
	Currency    Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Approximate bool     `json:"approximate,omitzero" doc:"the amount is approximate (约)"`
	Quantity    Quantity `json:"quantity,omitzero" doc:"a number that is in no total"`
	Unit        string   `json:"unit,omitempty" doc:"unit of the quantity"`
	Undated     bool     `json:"undated,omitzero" doc:"the source does not say when"`
	Evidence
}

var (
	_ = command[AddNote]("add-note", "Keeps what a source says about a thing, outside of all totals.")
	_ = event[NoteAdded]()
)

func (c *AddNote) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.NoteID, "id"); err != nil {
		return nil, err
	}
	if c.About != "" && !l.names.has(c.About) {
		return nil, missing("about_not_found", "nothing is called %q", c.About).in("about").hint("check the id")
	}
	if !c.Quantity.IsZero() {
		if err := unit(c.Unit); err != nil {
			return nil, err
		}
	}
	e, err := l.evidence("note-added", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	out := &NoteAdded{Evidence: e, NoteID: c.NoteID, About: c.About, Kind: c.Kind, Text: c.Text,
		Approximate: c.Approximate, Quantity: c.Quantity, Unit: c.Unit, Undated: c.Undated}
	if c.Amount != (Amount{}) {
		if out.Amount, err = money(c.Amount, "", l.giftCurrency(c.Amount, c.Currency, gift{})); err != nil {
			return nil, err
		}
	}
	return []Event{out}, nil
}

// EventType is note-added.
func (*NoteAdded) EventType() string { return "note-added" }

func (e *NoteAdded) evolve(l *Ledger) {
	l.names.put(e.NoteID, NounNote)
	l.claimSource(e.EventType(), e.Correction, e.Evidence)
}

func (e NoteAdded) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.Quantity = e.Amount.Neg(), e.Quantity.neg()
	return &e
}
