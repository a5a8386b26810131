package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

//go:embed beneficiaries.sql
var beneficiariesSQL string

// beneficiariesProjection holds who is helped, and what they got.
var beneficiariesProjection = &projection{
	name:   "beneficiaries",
	sql:    beneficiariesSQL,
	tables: []string{"beneficiaries", "benefits", "benefit_standards", "helped", "helped_people"},
	reads: []string{"beneficiary-registered", "beneficiary-removed", "beneficiary-restricted", "beneficiary-forgotten",
		"benefit-recorded", "benefit-standard-set"},
	begin: func(bool) projector { return &beneficiariesProjector{} },
}

type beneficiariesProjector struct {
	statements
	counts helpedCounts
}

func (p *beneficiariesProjector) flush(ctx context.Context, tx pgx.Tx) error {
	if err := p.statements.flush(ctx, tx); err != nil {
		return err
	}
	return p.counts.flush(ctx, tx)
}

func (p *beneficiariesProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.BeneficiaryRegistered:
		p.register(`insert into beneficiaries (ledger, beneficiary, kind, place, name, id_number, phone, bank_card, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			on conflict (ledger, beneficiary) do update set kind = excluded.kind, place = excluded.place, name = excluded.name, id_number = excluded.id_number,
				phone = excluded.phone, bank_card = excluded.bank_card, state = default, entry = excluded.entry, date = excluded.date,
				document = excluded.document, source_reference = excluded.source_reference, note = excluded.note`,
			f, e.Evidence, f.ledger, e.Beneficiary, e.Kind, e.Place, e.Name, e.IDNumber, e.Phone, e.BankCard)
	case *domain.BeneficiaryRemoved:
		p.add(`update beneficiaries set state = 'removed' where ledger = $1 and beneficiary = $2`, f.ledger, e.Beneficiary)
	case *domain.BeneficiaryRestricted:
		p.add(`update beneficiaries set state = 'restricted' where ledger = $1 and beneficiary = $2`, f.ledger, e.Beneficiary)
	case *domain.BeneficiaryForgotten:
		p.add(`update beneficiaries set state = 'forgotten', name = '', id_number = '', phone = '', bank_card = '' where ledger = $1 and beneficiary = $2`,
			f.ledger, e.Beneficiary)
	case *domain.BenefitRecorded:
		p.add(`insert into benefits (ledger, block, event, entry, beneficiary, kind, place, project, period, year, amount, currency, disbursement, date, reverses)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			f.ledger, int64(f.at.Block), int64(f.at.Event), f.entry.ID, e.Beneficiary, e.Kind, e.Place, e.Project, e.Period.String(), e.Period.Year(),
			e.Amount.Minor, e.Amount.Currency, e.Disbursement, e.Date.Last().Time(), e.Reverses)
		p.counts.add(f.ledger, e)
	case *domain.BenefitStandardSet:
		p.add(`insert into benefit_standards (ledger, project, amount, currency, entry) values ($1, $2, $3, $4, $5)
			on conflict (ledger, project) do update set amount = excluded.amount, currency = excluded.currency, entry = excluded.entry`,
			f.ledger, e.Project, e.Amount.Minor, e.Amount.Currency, f.entry.ID)
	}
	return nil
}

// Beneficiary is who may be helped. Name, number, phone and card are sealed
// texts, or what was made of them for showing.
type Beneficiary struct {
	Beneficiary domain.ID `json:"beneficiary"`
	Kind        string    `json:"kind"`
	Place       domain.ID `json:"place"`
	Name        string    `json:"name,omitzero"`
	IDNumber    string    `json:"id_number,omitzero"`
	Phone       string    `json:"phone,omitzero"`
	BankCard    string    `json:"bank_card,omitzero"`
	State       string    `json:"state"`
	Provenance
}

var beneficiariesList = listing[Beneficiary]{
	projection: "beneficiaries", table: "beneficiaries", id: "beneficiary",
	filters: equal("beneficiary", "place", "state", "kind", "entry"),
	extent:  extent{places: "select x.place"},
	columns: "x.beneficiary, x.kind, x.place, x.name, x.id_number, x.phone, x.bank_card, x.state",
	targets: func(v *Beneficiary) ([]any, func() error) {
		return []any{&v.Beneficiary, &v.Kind, &v.Place, &v.Name, &v.IDNumber, &v.Phone, &v.BankCard, &v.State}, nil
	},
	origin: func(v *Beneficiary) *Provenance { return &v.Provenance },
	idOf:   func(v *Beneficiary) string { return string(v.Beneficiary) },
}

// shownBeneficiaries leaves out who is hidden.
var shownBeneficiaries = func() listing[Beneficiary] {
	l := beneficiariesList
	l.where = "x.state not in ('restricted', 'forgotten')"
	return l
}()

// Beneficiaries lists the beneficiaries of a ledger by their pseudonym, sealed.
// Who is restricted or forgotten is left out, unless the query asks for a state.
func (db *DB) Beneficiaries(ctx context.Context, q ListQuery) (List[Beneficiary], error) {
	if !db.until.IsZero() { // who is hidden now is hidden in the past too
		var err error
		if q.hidden, err = db.hidden(ctx, q.Ledger); err != nil {
			return List[Beneficiary]{}, err
		}
	}
	if q.Filter["state"] != "" || q.Filter["beneficiary"] != "" {
		return beneficiariesList.list(ctx, db, q)
	}
	return shownBeneficiaries.list(ctx, db, q)
}

// hidden returns who is restricted or forgotten now.
func (db *DB) hidden(ctx context.Context, ledger string) (all []string, err error) {
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `select beneficiary from aidledger.beneficiaries where ledger = $1 and state in ('restricted', 'forgotten')`, ledger)
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return all, err
}

// Pseudonym names a beneficiary of a ledger.
type Pseudonym struct {
	Ledger      string
	Beneficiary domain.ID
}

// Forgotten returns everybody of all ledgers who was forgotten.
func (db *DB) Forgotten(ctx context.Context) (all []Pseudonym, err error) {
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `select ledger, beneficiary from aidledger.beneficiaries where state = 'forgotten'`)
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Pseudonym])
		return err
	})
	return all, err
}
