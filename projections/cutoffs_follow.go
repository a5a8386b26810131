package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// flushCutoffs writes new cutoffs, and where each ledger stands after them.
func (p *totalsProjector) flushCutoffs(ctx context.Context, tx pgx.Tx) error {
	ledgers := slices.Sorted(maps.Keys(p.open))
	if len(ledgers) == 0 {
		return p.kept.flush(ctx, tx, p.bulk)
	}
	for _, ledger := range ledgers {
		if p.bulk {
			p.open[ledger].end(&p.kept)
			continue
		}
		if err := p.catchUp(ctx, tx, ledger); err != nil {
			return fmt.Errorf("the cutoffs of %s: %w", ledger, err)
		}
	}
	if err := p.kept.flush(ctx, tx, p.bulk); err != nil {
		return err
	}
	var blocks, movements, due []int64
	var latest []time.Time
	for _, ledger := range ledgers {
		o := p.open[ledger]
		blocks, movements = append(blocks, int64(o.cutoff)), append(movements, int64(o.movements))
		due, latest = append(due, int64(max(o.due(), o.waits))), append(latest, o.latest)
	}
	_, err := tx.Exec(ctx, `insert into since_cutoff select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
		on conflict (ledger) do update set block = excluded.block, movements = excluded.movements, due = excluded.due, recorded_until = excluded.recorded_until`,
		ledgers, blocks, movements, due, latest)
	return err
}

// catchUp adds what came to a ledger before this batch. Where a cutoff is due,
// it takes the sums of the last one and adds the movements of the journal after
// it in order, as a bulk load does.
func (p *totalsProjector) catchUp(ctx context.Context, tx pgx.Tx, ledger string) error {
	o := p.open[ledger]
	var before int
	var latest time.Time
	rows, _ := tx.Query(ctx, "select block, movements, due, recorded_until from since_cutoff where ledger = $1", ledger)
	if _, err := pgx.ForEachRow(rows, []any{&o.cutoff, &before, &o.waits, &latest}, func() error { return nil }); err != nil {
		return err
	}
	o.movements += before
	if latest.After(o.latest) {
		o.latest = latest
	}
	if o.movements < max(cutoffAfter.movements, o.waits) {
		return nil
	}
	again := &openSums{ledger: ledger, cutoff: o.cutoff, latest: latest, years: map[yearKey]*yearSums{}}
	known, err := again.read(ctx, tx)
	if err != nil {
		return err
	}
	found, kept := 0, keptSums{}
	rows, _ = tx.Query(ctx, `select block, recorded, date, amount, entries, place_entries, approximate, flow, year, budget_year, currency, stage
		from journal where ledger = $1 and block > $2 and block <= $3 order by block, event, leg`, ledger, int64(o.cutoff), int64(p.block))
	var block uint64
	var recorded, date time.Time
	var m domain.Movement
	var entries, placeEntries int
	var id [16]byte
	var k yearKey
	var stage string
	_, err = pgx.ForEachRow(rows, []any{&block, &recorded, &date, &m.Money.Minor, &entries, &placeEntries, &m.Approximate, &id,
		&k.year, &k.budgetYear, &k.currency, &stage}, func() error {
		if err := k.stage.UnmarshalText([]byte(stage)); err != nil {
			return err
		}
		f := known[id]
		if f == nil {
			f = k.flow(id)
			known[id] = f
		}
		m.Date = domain.DateOf(date)
		again.next(block, &kept)
		f.add(&m, entries, placeEntries)
		again.add(f, &m, entries, recorded)
		found++
		return nil
	})
	if err != nil || found != o.movements {
		return err // the journal is halted somewhere else: there is no cutoff before it is rebuilt
	}
	again.end(&kept)
	p.open[ledger] = again
	return kept.flush(ctx, tx, false)
}

// read reads the sums of the last cutoff and returns its flows.
func (o *openSums) read(ctx context.Context, tx pgx.Tx) (map[flowID]*flow, error) {
	known := map[flowID]*flow{}
	rows, _ := tx.Query(ctx, `select s.year, s.budget_year, s.currency, s.stage, s.day_amounts, s.day_entries, s.day_approximate,
			s.flows, s.flow_amounts, s.flow_entries, s.flow_approximate, s.flow_place_entries, s.flow_place_approximate
		from totals t cross join lateral (
			select * from year_sums s where s.ledger = t.ledger and s.year = t.year and s.budget_year = t.key::smallint
				and s.currency = t.currency and s.stage = t.stage order by s.block desc limit 1) s
		where t.ledger = $1 and t.dimension = 'budget-year' and t.year <> 0`, o.ledger)
	var k yearKey
	var stage string
	var days [3][]int64
	var ids [][16]byte
	var sums [5][]int64
	_, err := pgx.ForEachRow(rows, []any{&k.year, &k.budgetYear, &k.currency, &stage, &days[0], &days[1], &days[2],
		&ids, &sums[0], &sums[1], &sums[2], &sums[3], &sums[4]}, func() error {
		if err := k.stage.UnmarshalText([]byte(stage)); err != nil {
			return err
		}
		y := &yearSums{key: k}
		for i, to := range []*[daysMax]int64{&y.amounts, &y.entries, &y.approximate} {
			before := int64(0)
			for day, until := range days[i] {
				to[day], before = until-before, until
			}
		}
		for i, id := range ids {
			f := k.flow(id)
			f.in = y
			for j, to := range []*int64{&f.amount, &f.entries, &f.approximate, &f.placeEntries, &f.placeApproximate} {
				if sums[j] != nil {
					*to = sums[j][i]
				}
			}
			known[f.id] = f
			y.flows = append(y.flows, f)
		}
		o.years[k] = y
		return nil
	})
	return known, err
}

// flow returns a flow of the year of which only the id is known.
func (k yearKey) flow(id flowID) *flow {
	return &flow{id: id, flowKey: flowKey{year: k.year, budgetYear: k.budgetYear, currency: k.currency, stage: k.stage}}
}
