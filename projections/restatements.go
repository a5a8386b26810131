package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"
)

//go:embed restatements.sql
var restatementsSQL string

// restatementsProjection holds what was recorded in closed years.
var restatementsProjection = &projection{
	name:   "restatements",
	sql:    restatementsSQL,
	tables: []string{"restatements"},
	reads:  []string{"restatement-allowed", "entry-restated"},
	begin:  func(bool) projector { return &restatementsProjector{} },
}

type restatementsProjector struct{ statements }

func (p *restatementsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.RestatementAllowed:
		var amount *int64
		if e.Fund != "" {
			amount = &e.Amount.Minor
		}
		p.register(`insert into restatements (ledger, restated, year, fund, amount, currency, last_day, reason, allowed_by, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			on conflict (ledger, restated) do update set year = excluded.year, fund = excluded.fund, amount = excluded.amount,
				currency = excluded.currency, last_day = excluded.last_day, reason = excluded.reason, allowed_by = excluded.allowed_by,
				entry = excluded.entry, date = excluded.date, document = excluded.document, source_reference = excluded.source_reference, note = excluded.note`,
			f, e.Evidence, f.ledger, e.Entry, e.Year, e.Fund, amount, e.Amount.Currency, e.LastDay.String(), e.Reason, e.By)
	case *domain.EntryRestated:
		if e.Reverses != "" {
			p.add(`update restatements set state = 'reversed' where ledger = $1 and restated = $2`, f.ledger, e.Entry)
			return nil
		}
		p.add(`update restatements set state = 'recorded', recorded_by = $3, recorded = $4 where ledger = $1 and restated = $2`,
			f.ledger, e.Entry, e.RecordedBy, f.entry.Recorded)
	}
	return nil
}

// Restatement is an entry in a closed year. Recorded is zero while it is only
// allowed.
type Restatement struct {
	Restated   string          `json:"restated"`
	Year       int             `json:"year"`
	Fund       domain.ID       `json:"fund,omitzero"`
	Amount     *string         `json:"amount,omitzero"`
	Currency   domain.Currency `json:"currency,omitzero"`
	LastDay    domain.Date     `json:"last_day"`
	Reason     string          `json:"reason"`
	AllowedBy  string          `json:"allowed_by"`
	State      string          `json:"state"`
	RecordedBy string          `json:"recorded_by,omitzero"`
	Recorded   time.Time       `json:"recorded,omitzero"`
	Provenance
}

var restatementsList = listing[Restatement]{
	projection: "restatements", table: "restatements", id: "restated",
	filters: map[string]filter{"year": {where: "x.year::text = ?"}, "state": {where: "x.state = ?"}},
	columns: "x.restated, x.year, x.fund, x.amount, x.currency, x.last_day, x.reason, x.allowed_by, x.state, x.recorded_by, x.recorded",
	targets: func(v *Restatement) ([]any, func() error) {
		var amount *int64
		var recorded *time.Time
		return []any{&v.Restated, &v.Year, &v.Fund, &amount, &v.Currency, into(&v.LastDay), &v.Reason, &v.AllowedBy, &v.State, &v.RecordedBy, &recorded},
			func() error {
				v.Amount = decimal(amount, v.Currency)
				if recorded != nil {
					v.Recorded = recorded.UTC()
				}
				return nil
			}
	},
	origin: func(v *Restatement) *Provenance { return &v.Provenance },
	idOf:   func(v *Restatement) string { return v.Restated },
}

// Restatements lists the entries in closed years of a ledger, by their id.
func (db *DB) Restatements(ctx context.Context, q ListQuery) (List[Restatement], error) {
	return restatementsList.list(ctx, db, q)
}
