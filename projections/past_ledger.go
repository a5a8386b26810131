package projections

import (
	"context"
	"errors"
	"math"
	"time"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// pastLedger selects what a whole ledger added up to, from the sums of the last
// cutoff and the movements after it: by year, or where years is false by flow.
// ctes is what it needs in front.
//
// A date cuts through one year. By year, the sums of its days say what there was
// until then; by flow, the movements of that year are read.
func (c *conditions) pastLedger(years bool) (ctes, query string) {
	before := uint64(math.MaxInt64)
	if at := c.until.Position; !at.IsZero() && at.Block < before {
		before = at.Block
		if at.Event == eventstore.WholeBlock {
			before++
		}
	}
	ctes = `cutoff as materialized (
			select coalesce(max(block), 0) as block from aidledger.cutoffs where ledger = $1 and block < ` + c.arg(int64(before)) + `::bigint),
		kept as (
			select t.year, t.budget_year, t.currency, t.stage, ` + keptColumns + ` from (
				select year, key::smallint as budget_year, currency, stage
				from aidledger.totals where ledger = $1 and dimension = 'budget-year' and year <> 0` + also(c.ofFlows()) + `) t
			cross join lateral (
				select * from aidledger.year_sums y where y.ledger = $1 and y.year = t.year and y.budget_year = t.budget_year
					and y.currency = t.currency and y.stage = t.stage and y.block <= (select block from cutoff)
				order by y.block desc limit 1) y),
		since as (
			` + movementsSQL + `ledger = $1 and block > (select block from cutoff) and block < ` + c.arg(int64(math.MaxInt64)) + "::bigint" + also(c.String()) + "), "
	whole, cut := "true", "" // which years are taken whole, and which one is not
	if !c.until.EffectiveUntil.IsZero() {
		whole = "year <= " + c.cutYear()
		if !c.endsYear() {
			whole, cut = "year < "+c.cutYear(), "year = "+c.cutYear()
		}
	}
	if years {
		return ctes, c.pastYears(whole, cut)
	}
	return ctes, c.pastWholeFlows(whole, cut)
}

// keptColumns are those of a row of the table year_sums that queries read.
const keptColumns = `y.amount, y.entries, y.approximate, y.day_amounts, y.day_entries, y.day_approximate,
	y.flows, y.flow_amounts, y.flow_entries, y.flow_approximate, y.flow_place_entries, y.flow_place_approximate`

// pastYears adds up years, the one that is cut by its days.
func (c *conditions) pastYears(whole, cut string) string {
	const names = "select year, budget_year, currency, stage, false as on_receipt, "
	query := names + "amount, entries, approximate from kept where " + whole
	if cut != "" {
		day := "[extract(doy from " + c.day + ")::integer], 0)"
		query += " union all " + names + "coalesce(day_amounts" + day + ", coalesce(day_entries" + day + ", coalesce(day_approximate" + day +
			" from kept where " + cut
	}
	return query + " union all " + names + "sum(amount)::bigint, sum(entries), sum(approximate) from since group by year, budget_year, currency, stage"
}

// pastWholeFlows adds up all flows, those of the year that is cut by their
// movements, for which the index by flow is enough.
func (c *conditions) pastWholeFlows(whole, cut string) string {
	sums := `
			select unnest(flows) as flow, unnest(flow_amounts) as amount, unnest(flow_entries) as entries, unnest(flow_place_entries) as place_entries,
				unnest(flow_approximate) as approximate, unnest(flow_place_approximate) as place_approximate
			from kept where ` + whole + `
			union all
			select flow, sum(amount)::bigint, sum(entries), sum(place_entries), sum(approximate), sum(place_approximate)
			from since where ` + whole + " group by flow"
	if cut != "" {
		sums += `
			union all
			select flow, sum(amount)::bigint, ` + countedSQL + `
			from aidledger.movements j
			where flow = any(array(select flow from aidledger.flows where ledger = $1 and ` + cut + also(c.ofFlows()) + "))" + also(c.ofMovements()) + " group by flow"
	}
	return "select " + flowNames + `, coalesce(s.amount, 0) as amount, coalesce(s.entries, 0) as entries, coalesce(s.place_entries, 0) as place_entries,
			coalesce(s.approximate, 0) as approximate, coalesce(s.place_approximate, 0) as place_approximate
		from (` + sums + ") s join (select " + flowNames + " from aidledger.flows where ledger = $1) f using (flow)"
}

// Known turns the time of an AsOf into a position, as every query does first:
// that before the first entry that was recorded later. What follows it in the
// log counts as later too, even where a clock that went back says otherwise: the
// order is what is certain. The ledger "" is all of them.
func (db *DB) Known(ctx context.Context, ledger string, a AsOf) (AsOf, error) {
	a = a.and(db.until)
	if a.Time.IsZero() {
		return a, nil
	}
	var later eventstore.Position
	err := db.pool.read(ctx, func(conn *pgx.Conn) error {
		of := "ledger = $1"
		if ledger == "" {
			of = "$1 = ''"
		}
		return conn.QueryRow(ctx, `
			(select block, event from aidledger.movements where `+of+` and recorded > $2 and block > coalesce((
				select block from aidledger.cutoffs where ledger = $1 and recorded_until <= $2 order by recorded_until desc, block desc limit 1), 0)
			order by block, event limit 1)
			union all
			(select block, event from aidledger.entries where `+of+` and recorded > $2 order by block, event limit 1)
			order by block, event limit 1`, ledger, a.Time.UTC()).Scan(&later.Block, &later.Event)
	})
	a.Time = time.Time{}
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil
	}
	before := eventstore.Position{Block: later.Block - 1, Event: eventstore.WholeBlock}
	if later.Event > 0 {
		before = eventstore.Position{Block: later.Block, Event: later.Event - 1}
	}
	if a.Position.IsZero() || before.Compare(a.Position) < 0 {
		a.Position = before
	}
	return a, err
}
