package projections

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

//go:embed samples.sql
var samplesSQL string

// samplesProjection holds which entries were drawn for audits.
var samplesProjection = &projection{
	name:   "samples",
	sql:    samplesSQL,
	tables: []string{"samples"},
	reads:  []string{"sample-drawn"},
	begin:  func(bool) projector { return &samplesProjector{} },
}

type samplesProjector struct{ statements }

func (p *samplesProjector) apply(f *fact) error {
	e, ok := f.event.Fact.(*domain.SampleDrawn)
	if !ok {
		return nil
	}
	items, err := json.Marshal(e.Items)
	p.register(`insert into samples (ledger, sample, method, seed, size, stage, currency, fund, project, place, provider, year, extends,
			position, head, entries, root, population, total, items, actor, recorded, entry, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`,
		f, e.Evidence, f.ledger, e.Sample, e.Method, e.Seed, e.Size, e.Stage, e.Currency, e.Fund, e.Project, e.Place, e.Provider, e.Year, e.Extends,
		e.Checkpoint.Position, e.Checkpoint.Head, e.Checkpoint.Entries, e.Checkpoint.Root, e.Population, e.Total.Minor, items,
		f.entry.Actor, f.entry.Recorded)
	return err
}

// Sample is what was drawn for an audit.
type Sample struct {
	Sample domain.ID `json:"sample"`
	Size   int       `json:"size"`
	domain.SampleScope
	Extends    domain.ID           `json:"extends,omitzero"`
	Position   eventstore.Position `json:"position"` // up to which entries could be drawn
	Checkpoint domain.Checkpoint   `json:"checkpoint"`
	Population int                 `json:"population"`
	Total      domain.Money        `json:"total"`
	Items      []domain.SampleItem `json:"items"`
	Actor      string              `json:"actor"`
	Recorded   time.Time           `json:"recorded"`
	Provenance
}

var samplesList = listing[Sample]{
	projection: "samples", table: "samples", id: "sample", filters: equal("sample", "method", "stage"),
	columns: `x.sample, x.method, x.seed, x.size, x.stage, x.currency, x.fund, x.project, x.place, x.provider, x.year, x.extends,
		x.position, x.head, x.entries, x.root, x.population, x.total, x.items, x.actor, x.recorded`,
	targets: func(v *Sample) ([]any, func() error) {
		var items []byte
		return []any{&v.Sample, &v.Method, &v.Seed, &v.Size, &v.Stage, &v.Currency, &v.Fund, &v.Project, &v.Place, &v.Provider, &v.Year, &v.Extends,
				&v.Checkpoint.Position, &v.Checkpoint.Head, &v.Checkpoint.Entries, &v.Checkpoint.Root, &v.Population, &v.Total.Minor, &items,
				&v.Actor, &v.Recorded}, func() (err error) {
				v.Recorded, v.Total.Currency = v.Recorded.UTC(), v.Currency
				if v.Position, err = eventstore.ParsePosition(v.Checkpoint.Position); err != nil {
					return err
				}
				return json.Unmarshal(items, &v.Items)
			}
	},
	origin: func(v *Sample) *Provenance { return &v.Provenance },
	idOf:   func(v *Sample) string { return string(v.Sample) },
}

// Samples lists the samples of a ledger by id.
func (db *DB) Samples(ctx context.Context, q ListQuery) (List[Sample], error) {
	return samplesList.list(ctx, db, q)
}

// SampleAgain is a sample that was drawn once more: Repeated tells whether the
// same entries came out.
type SampleAgain struct {
	Sample
	Repeated bool `json:"repeated"`
}

// DrawAgain draws a sample once more, from the same point of the log. It returns
// not_found where no sample has that id.
func (db *DB) DrawAgain(ctx context.Context, ledger, id string) (out SampleAgain, err error) {
	found, err := db.Samples(ctx, ListQuery{Ledger: ledger, Filter: map[string]string{"sample": id}})
	if err == nil && len(found.Rows) == 0 {
		err = fail(NotFound, "see the samples of the ledger for their ids", "no sample has the id %.100q", id)
	}
	if err != nil {
		return out, err
	}
	out.Sample = found.Rows[0]
	population, err := db.Population(ctx, ledger, out.SampleScope, out.Position)
	if err != nil {
		return out, err
	}
	again := domain.DrawSample{Size: out.Size, SampleScope: out.SampleScope}
	if err := again.From(out.Checkpoint, population); err != nil {
		return out, err
	}
	out.Repeated = again.Drawn.Population == out.Population && again.Drawn.Total == out.Total && slices.Equal(again.Drawn.Items, out.Items)
	return out, nil
}

// Population returns the entries that a sample can be drawn from at a position,
// in the order of the log. An entry that was taken back by then, or whose amount
// is not above zero, is not among them.
func (db *DB) Population(ctx context.Context, ledger string, s domain.SampleScope, at eventstore.Position) (items []domain.SampleItem, err error) {
	c := &conditions{args: []any{ledger, s.Stage, string(s.Currency)}}
	for _, part := range []struct {
		column string
		id     domain.ID
	}{{"fund", s.Fund}, {"project", s.Project}, {"place", s.Place}, {"provider", s.Provider}} {
		if part.id != "" {
			c.and("j."+part.column+" = ?", string(part.id))
		}
	}
	c.asOf(AsOf{Position: at})
	parts := also(c.String())
	year := ""
	if s.Year != 0 {
		year = " and j.year = " + c.arg(s.Year) + "::smallint"
	}
	sql := `with legs as (
			select block, event, entry, reverses, j.year, amount, currency from aidledger.movements j
			where ledger = $1 and stage = $2
				and currency = coalesce(nullif($3, ''), (select currency from aidledger.ledgers where ledger = $1))` + parts + `),
		taken as (select reverses as entry, sum(amount) as amount from legs where reverses <> '' group by reverses)
		select j.entry, (sum(j.amount) + coalesce(min(t.amount), 0))::bigint, min(j.currency)
		from legs j left join taken t using (entry) where j.reverses = ''` + year + `
		group by j.entry having sum(j.amount) + coalesce(min(t.amount), 0) > 0
		order by min(j.block), min(j.event)`
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		if _, err := position(ctx, tx, ledger, "journal"); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, sql, c.args...)
		items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (i domain.SampleItem, err error) {
			err = row.Scan(&i.Entry, &i.Amount.Minor, &i.Amount.Currency)
			return i, err
		})
		return err
	})
	return items, err
}
