package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed register.sql
var registerSQL string

// registerProjection holds who and where: ledgers, organisations and places.
var registerProjection = &projection{
	name:   "register",
	sql:    registerSQL,
	tables: []string{"ledgers", "organisations", "places"},
	reads:  []string{"ledger-opened", "ledger-moved", "ledger-adopted", "year-closed", "organisation-registered", "place-registered"},
	begin:  func(bool) projector { return &registerProjector{} },
}

type registerProjector struct{ statements }

func (p *registerProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.LedgerOpened:
		p.register(`insert into ledgers (ledger, title, zone, currency, invented, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			f, e.Evidence, f.ledger, e.Title, e.Zone, e.Currency, e.Invented)
	case *domain.LedgerMoved:
		p.add(`update ledgers set moved_to = $2 where ledger = $1`, f.ledger, e.To)
	case *domain.LedgerAdopted:
		p.add(`update ledgers set moved_to = '' where ledger = $1`, f.ledger)
	case *domain.YearClosed:
		p.add(`update ledgers set closed_years = closed_years || $2::integer where ledger = $1`, f.ledger, e.Year)
	case *domain.OrganisationRegistered:
		p.register(`insert into organisations (ledger, organisation, name, kind, credit_code, place, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			f, e.Evidence, f.ledger, e.Organisation, e.Name, e.Kind, e.CreditCode, e.Place)
	case *domain.PlaceRegistered:
		p.register(`insert into places (ledger, place, name, level, parent, code_year, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			f, e.Evidence, f.ledger, e.Place, e.Name, e.Level, e.Parent, e.CodeYear)
	}
	return nil
}

// Ledger is one programme of aid. Zone is an IANA time zone. Invented figures
// are made up, for demonstration.
type Ledger struct {
	Ledger      string          `json:"ledger"`
	Title       string          `json:"title"`
	Zone        string          `json:"zone"`
	Currency    domain.Currency `json:"currency"`
	Invented    bool            `json:"invented"`
	ClosedYears []int           `json:"closed_years"`
	MovedTo     string          `json:"moved_to,omitzero"` // region that has it now
	Provenance
}

var ledgersList = listing[Ledger]{
	projection: "register", table: "ledgers", id: "ledger", filters: equal("ledger"),
	columns: "x.ledger, x.title, x.zone, x.currency, x.invented, x.closed_years, x.moved_to",
	targets: func(v *Ledger) ([]any, func() error) {
		return []any{&v.Ledger, &v.Title, &v.Zone, &v.Currency, &v.Invented, &v.ClosedYears, &v.MovedTo}, nil
	},
	origin: func(v *Ledger) *Provenance { return &v.Provenance },
	idOf:   func(v *Ledger) string { return v.Ledger },
}

// Ledgers lists all ledgers by name. The Ledger of the query is not looked at,
// and its limit neither: everybody who may read knows which ledgers there are.
func (db *DB) Ledgers(ctx context.Context, q ListQuery) (List[Ledger], error) {
	q.Ledger = ""
	return ledgersList.list(ctx, db.Within(Within{}), q)
}

// Organisation gives, hands on, carries out or receives.
type Organisation struct {
	Organisation domain.ID `json:"organisation"`
	Name         string    `json:"name"`
	Kind         string    `json:"kind"`
	CreditCode   string    `json:"credit_code,omitzero"`
	Place        domain.ID `json:"place,omitzero"`
	Provenance
}

var organisationsList = listing[Organisation]{
	projection: "register", table: "organisations", id: "organisation", byName: true,
	columns: "x.organisation, x.name, x.kind, x.credit_code, x.place",
	targets: func(v *Organisation) ([]any, func() error) {
		return []any{&v.Organisation, &v.Name, &v.Kind, &v.CreditCode, &v.Place}, nil
	},
	origin: func(v *Organisation) *Provenance { return &v.Provenance },
	idOf:   func(v *Organisation) string { return string(v.Organisation) },
}

// Organisations lists the organisations of a ledger by name.
func (db *DB) Organisations(ctx context.Context, q ListQuery) (List[Organisation], error) {
	return organisationsList.list(ctx, db, q)
}

// Place is a county, a township, a village or a level above.
type Place struct {
	Place    domain.ID `json:"place"`
	Name     string    `json:"name"`
	Level    string    `json:"level"`
	Parent   domain.ID `json:"parent,omitzero"`
	CodeYear int       `json:"code_year,omitzero"`
	Provenance
}

var placesList = listing[Place]{
	projection: "register", table: "places", id: "place", filters: equal("place"),
	extent:  extent{places: "select x.place"},
	columns: "x.place, x.name, x.level, x.parent, x.code_year",
	targets: func(v *Place) ([]any, func() error) {
		return []any{&v.Place, &v.Name, &v.Level, &v.Parent, &v.CodeYear}, nil
	},
	origin: func(v *Place) *Provenance { return &v.Provenance },
	idOf:   func(v *Place) string { return string(v.Place) },
}

// Places lists the places of a ledger by code.
func (db *DB) Places(ctx context.Context, q ListQuery) (List[Place], error) {
	return placesList.list(ctx, db, q)
}
