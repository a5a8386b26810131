package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed notes.sql
var notesSQL string

// notesProjection holds what sources say and no total counts.
var notesProjection = &projection{
	name:   "notes",
	sql:    notesSQL,
	tables: []string{"notes"},
	reads:  []string{"note-added"},
	begin:  func(bool) projector { return &notesProjector{} },
}

type notesProjector struct{ statements }

func (p *notesProjector) apply(f *fact) error {
	e, ok := f.event.Fact.(*domain.NoteAdded)
	if !ok {
		return nil
	}
	if e.Reverses != "" {
		p.add(`update notes set reversed = true where ledger = $1 and id = $2`, f.ledger, e.NoteID)
		return nil
	}
	p.register(`insert into notes (ledger, id, about, kind, text, amount, currency, approximate, quantity, unit, undated,
			entry, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::numeric, $10, $11, $12, $13, $14, $15, $16)`,
		f, e.Evidence, f.ledger, e.NoteID, e.About, e.Kind, e.Text, minor(e.Amount), e.Amount.Currency, e.Approximate,
		e.Quantity.String(), e.Unit, e.Undated)
	return nil
}

// Note is what a source says about a thing. Its amount, decimal text, is in no
// total.
type Note struct {
	ID          domain.ID       `json:"id"`
	About       domain.ID       `json:"about,omitzero"`
	Kind        string          `json:"kind"`
	Text        string          `json:"text"`
	Amount      *string         `json:"amount"`
	Currency    domain.Currency `json:"currency,omitzero"`
	Approximate bool            `json:"approximate,omitzero"`
	Quantity    domain.Quantity `json:"quantity,omitzero"`
	Unit        string          `json:"unit,omitzero"`
	Undated     bool            `json:"undated,omitzero"`
	Provenance
}

var notesList = listing[Note]{
	projection: "notes", table: "notes", id: "id", where: "not x.reversed", extent: ofAbout("x.about"),
	columns: "x.id, x.about, x.kind, x.text, x.amount, x.currency, x.approximate, trim_scale(x.quantity)::text, x.unit, x.undated",
	targets: func(v *Note) ([]any, func() error) {
		var amount *int64
		return []any{&v.ID, &v.About, &v.Kind, &v.Text, &amount, &v.Currency, &v.Approximate, into(&v.Quantity), &v.Unit, &v.Undated},
			func() error { v.Amount = decimal(amount, v.Currency); return nil }
	},
	origin: func(v *Note) *Provenance { return &v.Provenance },
	idOf:   func(v *Note) string { return string(v.ID) },
}

// Notes lists the notes of a ledger by id, without those that were taken back.
func (db *DB) Notes(ctx context.Context, q ListQuery) (List[Note], error) {
	return notesList.list(ctx, db, q)
}
