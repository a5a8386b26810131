package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

//go:embed earmarks.sql
var earmarksSQL string

// earmarksProjection holds what the money of funds is for.
var earmarksProjection = &projection{
	name:   "earmarks",
	sql:    earmarksSQL,
	tables: []string{"earmarks"},
	reads:  []string{"funds-earmarked", "earmark-lifted"},
	begin:  func(bool) projector { return &earmarksProjector{} },
}

type earmarksProjector struct{ statements }

func (p *earmarksProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.FundsEarmarked:
		projects, err := json.Marshal(e.Projects)
		if err != nil {
			return err
		}
		places, err := json.Marshal(e.Places)
		if err != nil {
			return err
		}
		p.register(`insert into earmarks (ledger, fund, purpose, projects, places, until, last_day, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			f, e.Evidence, f.ledger, e.Fund, e.Purpose, projects, places, e.Until.String(), lastDay(e.Until))
	case *domain.EarmarkLifted:
		p.add(`delete from earmarks where ledger = $1 and fund = $2`, f.ledger, e.Fund)
	}
	return nil
}

// lastDay returns the last day of a date, nil where there is none.
func lastDay(d domain.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := d.Last().Time()
	return &t
}

// EarmarkedFund is what the money of a fund is for, and the cash that it holds.
type EarmarkedFund struct {
	Fund domain.ID `json:"fund"`
	domain.Earmark
	Cash     *string         `json:"cash"`
	Currency domain.Currency `json:"currency"`
	Provenance
}

// cashOf adds up what a fund x.fund holds.
const cashOf = `(select coalesce(sum(case when t.stage in ('received', 'carried-in', 'returned') then t.amount
		when t.stage in ('carried-out', 'disbursed', 'repaid') then -t.amount end), 0)::bigint
	from aidledger.totals t where t.ledger = x.ledger and t.dimension = 'fund' and t.year = 0 and t.key = x.fund)`

var earmarksList = listing[EarmarkedFund]{
	projection: "earmarks", table: "earmarks", id: "fund",
	filters: map[string]filter{"lapses_by": {where: "x.last_day <= ?::date and " + cashOf + " > 0", date: true}},
	columns: `x.fund, x.purpose, x.projects, x.places, x.until, ` + cashOf + `,
		(select f.currency from aidledger.funds f where f.ledger = x.ledger and f.fund = x.fund)`,
	targets: func(v *EarmarkedFund) ([]any, func() error) {
		var projects, places []byte
		var cash *int64
		return []any{&v.Fund, &v.Purpose, &projects, &places, into(&v.Until), &cash, &v.Currency}, func() error {
			v.Cash = decimal(cash, v.Currency)
			if err := json.Unmarshal(projects, &v.Projects); err != nil {
				return err
			}
			return json.Unmarshal(places, &v.Places)
		}
	},
	origin: func(v *EarmarkedFund) *Provenance { return &v.Provenance },
	idOf:   func(v *EarmarkedFund) string { return string(v.Fund) },
}

// Earmarks lists the earmarked funds of a ledger by id. The filter lapses_by
// leaves those whose cash nobody may spend after a day.
func (db *DB) Earmarks(ctx context.Context, q ListQuery) (List[EarmarkedFund], error) {
	return earmarksList.list(ctx, db, q)
}
