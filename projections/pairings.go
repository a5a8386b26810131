package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed pairings.sql
var pairingsSQL string

// pairingsProjection holds who helps whom.
var pairingsProjection = &projection{
	name:   "pairings",
	sql:    pairingsSQL,
	tables: []string{"agreements", "pairings"},
	reads:  []string{"agreement-signed", "pairing-established", "pairing-ended"},
	begin:  func(bool) projector { return &pairingsProjector{} },
}

type pairingsProjector struct{ statements }

func (p *pairingsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.AgreementSigned:
		p.register(`insert into agreements (ledger, agreement, title, party, other_side, until, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			f, e.Evidence, f.ledger, e.Agreement, e.Title, e.Party, e.OtherSide, e.Until.String())
	case *domain.PairingEstablished:
		p.register(`insert into pairings (ledger, pairing, helper, helped, purpose, agreement, pairs, undated, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			f, e.Evidence, f.ledger, e.Pairing, e.Helper, e.Helped, e.Purpose, e.Agreement, e.Pairs, e.Undated)
	case *domain.PairingEnded:
		p.add(`update pairings set ended = $3 where ledger = $1 and pairing = $2`, f.ledger, e.Pairing, e.Date.String())
	}
	return nil
}

// Agreement is a written agreement between two organisations.
type Agreement struct {
	Agreement domain.ID   `json:"agreement"`
	Title     string      `json:"title"`
	Party     domain.ID   `json:"party"`
	OtherSide domain.ID   `json:"other_side"`
	Until     domain.Date `json:"until,omitzero"`
	Provenance
}

var agreementsList = listing[Agreement]{
	projection: "pairings", table: "agreements", id: "agreement",
	columns: "x.agreement, x.title, x.party, x.other_side, x.until",
	targets: func(v *Agreement) ([]any, func() error) {
		return []any{&v.Agreement, &v.Title, &v.Party, &v.OtherSide, into(&v.Until)}, nil
	},
	origin: func(v *Agreement) *Provenance { return &v.Provenance },
	idOf:   func(v *Agreement) string { return string(v.Agreement) },
}

// Agreements lists the agreements of a ledger by id.
func (db *DB) Agreements(ctx context.Context, q ListQuery) (List[Agreement], error) {
	return agreementsList.list(ctx, db, q)
}

// Pairing says that one unit helps another. Date is since when, unless it is
// undated.
type Pairing struct {
	Pairing   domain.ID   `json:"pairing"`
	Helper    Node        `json:"helper"`
	Helped    Node        `json:"helped"`
	Purpose   string      `json:"purpose"`
	Agreement domain.ID   `json:"agreement,omitzero"`
	Pairs     int         `json:"pairs"`
	Undated   bool        `json:"undated,omitzero"`
	Ended     domain.Date `json:"ended,omitzero"`
	Provenance
}

var pairingsList = listing[Pairing]{
	projection: "pairings", table: "pairings", id: "pairing",
	columns: "x.pairing, x.helper, " + unitOf("helper") + ", x.helped, " + unitOf("helped") + ", x.purpose, x.agreement, x.pairs, x.undated, x.ended",
	targets: func(v *Pairing) ([]any, func() error) {
		var helper, helped []string
		return []any{&v.Pairing, &v.Helper.ID, &helper, &v.Helped.ID, &helped, &v.Purpose, &v.Agreement, &v.Pairs, &v.Undated, into(&v.Ended)},
			func() error {
				v.Helper.Noun, v.Helper.Name = helper[0], helper[1]
				v.Helped.Noun, v.Helped.Name = helped[0], helped[1]
				return nil
			}
	},
	origin: func(v *Pairing) *Provenance { return &v.Provenance },
	idOf:   func(v *Pairing) string { return string(v.Pairing) },
}

// unitOf is SQL for the noun and name of a unit that helps or is helped.
func unitOf(column string) string {
	return `coalesce((select array['place', name] from aidledger.places where ledger = x.ledger and place = x.` + column + `),
		(select array['organisation', name] from aidledger.organisations where ledger = x.ledger and organisation = x.` + column + `), array['', ''])`
}

// Pairings lists the pairings of a ledger by id.
func (db *DB) Pairings(ctx context.Context, q ListQuery) (List[Pairing], error) {
	return pairingsList.list(ctx, db, q)
}
