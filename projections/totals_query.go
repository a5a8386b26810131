package projections

import (
	"cmp"
	"context"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// AsOf limits an answer to what was known, or true, at some point. The zero
// AsOf is now. The limits hold together.
type AsOf struct {
	Position       eventstore.Position // recorded at or before it; zero: no limit
	Time           time.Time           // in the log before anything that was recorded later, UTC; zero: no limit
	EffectiveUntil domain.Date         // effective date on or before its last day; zero: no limit
}

// IsZero tells whether there is no limit.
func (a AsOf) IsZero() bool {
	return a.Position.IsZero() && a.Time.IsZero() && a.EffectiveUntil.IsZero()
}

// and limits an answer by both.
func (a AsOf) and(b AsOf) AsOf {
	if !b.Position.IsZero() {
		a.Position = b.limited(cmp.Or(a.Position, b.Position))
	}
	if a.Time.IsZero() || !b.Time.IsZero() && b.Time.Before(a.Time) {
		a.Time = b.Time
	}
	if a.EffectiveUntil.IsZero() || !b.EffectiveUntil.IsZero() && b.EffectiveUntil.Last().Before(a.EffectiveUntil.Last()) {
		a.EffectiveUntil = b.EffectiveUntil
	}
	return a
}

// TotalsQuery asks for totals by one dimension: year, budget-year, project,
// village, provider or fund.
type TotalsQuery struct {
	Ledger   string
	By       string
	Year     int             // effective year; 0: all years together
	Currency domain.Currency // empty: all, each in rows of its own
	Key      *string         // only this line; nil: all
	AsOf     AsOf
	Limit    int    // rows; 0: 1,000; at most 10,000
	After    string // Next of the page before
	within   Within
}

// Totals is the answer to a TotalsQuery. Amounts are decimal text in units of
// the currency; nil means that nobody reported it, which is not zero. Sum is
// over all rows of the query, not only those of the page.
type Totals struct {
	Ledger   string              `json:"ledger"`
	By       string              `json:"by"`
	Year     int                 `json:"year,omitzero"`
	Position eventstore.Position `json:"position"` // the answer is exact for it
	Rows     []TotalsRow         `json:"rows"`
	Sum      []TotalsSum         `json:"sum"` // one per currency
	Next     string              `json:"next,omitzero"`
}

// TotalsRow is one line of totals. Line is "unallocated" (no project) or
// "not-assigned" (no village) for the line without a key.
type TotalsRow struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Line string `json:"line,omitzero"`
	TotalsSum
}

// TotalsSum holds the amounts of one currency. Approximate names the stages in
// which at least one amount is approximate.
type TotalsSum struct {
	Currency    domain.Currency `json:"currency"`
	Pledged     *string         `json:"pledged"`
	Committed   *string         `json:"committed"`
	Recognised  *string         `json:"recognised"`
	Received    *string         `json:"received"`
	CarriedIn   *string         `json:"carried_in"`
	CarriedOut  *string         `json:"carried_out"`
	Allocated   *string         `json:"allocated"`
	Disbursed   *string         `json:"disbursed"`
	Spent       *string         `json:"spent"`
	Returned    *string         `json:"returned"`
	Repaid      *string         `json:"repaid"`
	InKind      *string         `json:"in_kind"`
	Distributed *string         `json:"distributed"`
	Funding     *string         `json:"funding"`     // committed, recognised and in kind together
	Unallocated *string         `json:"unallocated"` // may still be given to projects
	Due         *string         `json:"due"`         // committed and not received
	Cash        *string         `json:"cash"`        // held by the funds
	Undisbursed *string         `json:"undisbursed"` // allocated and not paid out
	Unspent     *string         `json:"unspent"`     // paid out, and neither spent nor returned
	Approximate []string        `json:"approximate,omitempty"`
}

// totalsPageMax and totalsPage limit the rows of one answer.
const totalsPage, totalsPageMax = 1_000, 10_000

// road is how a query goes along one dimension.
type road struct {
	dimension string // in the table totals
	key       string // of a flow
	place     string // "place_" where entries are counted by place
	ofYears   bool   // the key is a year
	name      string // of the key p.key
	line      string // name of the line without a key
}

var roads = map[string]road{
	"year":        {"year", "year::text", "", true, "p.key", ""},
	"budget-year": {"budget-year", "budget_year::text", "", true, "p.key", ""},
	"project": {"project", "project", "", false,
		"(select name from aidledger.projects where ledger = $1 and project = p.key)", "unallocated"},
	"village": {"place", "place", "place_", false,
		"(select name from aidledger.places where ledger = $1 and place = p.key)", "not-assigned"},
	"provider": {"provider", "provider", "", false,
		"(select name from aidledger.organisations where ledger = $1 and organisation = p.key)", ""},
	"fund": {"fund", "fund", "", false, `coalesce(
		(select coalesce(nullif(purpose, ''), document) from aidledger.funds where ledger = $1 and fund = p.key),
		(select item from aidledger.gifts where ledger = $1 and gift = p.key))`, ""},
}

// Totals answers a TotalsQuery. It returns ledger_not_found, or bad_query for
// a dimension, limit or cursor that does not exist.
func (db *DB) Totals(ctx context.Context, q TotalsQuery) (Totals, error) {
	out := Totals{Ledger: q.Ledger, By: q.By, Year: q.Year, Rows: []TotalsRow{}, Sum: []TotalsSum{}}
	road, ok := roads[q.By]
	if !ok {
		return out, fail(BadQuery, "use year, budget-year, project, village, provider or fund", "there are no totals by %.100q", q.By)
	}
	limit, err := limitOf(q.Limit, totalsPage, totalsPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	c := &conditions{args: []any{q.Ledger}}
	projection, lines := "totals", c.tableLines
	if q.within = db.within; !q.AsOf.IsZero() || !q.within.IsZero() {
		projection, lines = "journal", c.pastLines
	}
	from, sums := lines(road, q)
	after := "true"
	if q.After != "" {
		i := strings.LastIndexByte(q.After, ' ')
		if i < 0 {
			return out, badCursor(q.After)
		}
		after = "(key, currency) > (" + c.arg(q.After[:i]) + ", " + c.arg(q.After[i+1:]) + ")"
	}
	sql := "with " + from + `, page as (
			select key, currency, array_agg(stage) as stages, array_agg(amount) as amounts, array_agg(approximate) as approximates
			from lines where ` + after + ` group by key, currency order by key, currency limit ` + c.arg(limit+1) + `)
		select 0 as part, '' collate "C" as key, '' collate "C" as currency, case when exists (select from aidledger.ledgers where ledger = $1) then $1::text end, null::text[], null::bigint[], null::boolean[], block
			from aidledger.checkpoint where projection = ` + c.arg(projection) + `
		union all (select 1, p.key, p.currency, ` + road.name + `, p.stages, p.amounts, p.approximates, 0 from page p)
		union all (select 2, '', currency, '', array_agg(stage), array_agg(amount), array_agg(approximate), 0 from (` + sums + `) s
			group by currency)
		order by part, key, currency`
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		out.Rows, out.Sum = out.Rows[:0], out.Sum[:0]
		rows, _ := conn.Query(ctx, sql, c.args...)
		return out.scan(rows, road, q.AsOf)
	})
	if err == nil && len(out.Rows) > limit {
		out.Rows = out.Rows[:limit]
		last := out.Rows[limit-1]
		out.Next = last.Key + " " + string(last.Currency)
	}
	return out, err
}

// tableLines reads the table of totals. The sum over all keys is the same for
// every dimension, so without a key it is taken from the one with the fewest.
func (c *conditions) tableLines(r road, q TotalsQuery) (lines, sums string) {
	const from = "select key, currency, stage, amount, entries, approximate > 0 as approximate from aidledger.totals where "
	filter := func(dimension string) string {
		w := &conditions{args: c.args}
		w.and("ledger = $1 and dimension = ? and year = ?::smallint", dimension, q.Year)
		if q.Currency != "" {
			w.and("currency = ?", string(q.Currency))
		}
		if q.Key != nil {
			w.and("key = ?", *q.Key)
		}
		c.args = w.args
		return w.String()
	}
	lines = "lines as not materialized (" + from + filter(r.dimension) + " and (entries <> 0 or amount <> 0))"
	if q.Key != nil {
		return lines, "select * from lines"
	}
	return lines, "select currency, stage, sum(amount)::bigint as amount, bool_or(approximate) as approximate from (" +
		from + filter("year") + ") y group by currency, stage having sum(entries) <> 0 or sum(amount) <> 0"
}

// pastLines adds up flows as they were, in the same way as the projector of
// totals does.
func (c *conditions) pastLines(r road, q TotalsQuery) (lines, sums string) {
	c.asOf(q.AsOf)
	if q.Year != 0 {
		c.andFlow("year = ?::smallint", q.Year)
	}
	if q.Currency != "" {
		c.andFlow("currency = ?", string(q.Currency))
	}
	c.andWithin(q.within)
	ctes, legs := "", ""
	switch {
	case !q.within.IsZero():
		legs = c.pastFlows()
	case r.ofYears:
		ctes, legs = c.pastLedger(true)
	case q.Key == nil || *q.Key == "" && r.line != "": // the line without a key is what no other line has
		ctes, legs = c.pastLedger(false)
	default:
		c.andFlow(r.key+" = ?", *q.Key)
		legs = c.pastFlows()
	}
	attributed := ""
	switch {
	case !q.within.IsZero(): // it is all of some village or project
		attributed = `
			union all
			select key, currency, ` + partFunding + `, amount, 0, 0 from legs where stage in ('allocated', 'distributed')`
	case r.line != "":
		attributed = `
			union all
			select k.key, currency, ` + partFunding + `, k.amount, 0, 0
			from legs cross join lateral (values ('', -amount), (legs.key, amount)) k (key, amount)
			where legs.key <> '' and stage in ('allocated', 'distributed')`
	}
	counted := r.place
	if len(q.within.Places) > 0 {
		counted = "place_"
	}
	lines = ctes + `legs as materialized (
			select ` + r.key + ` as key, currency, stage, on_receipt, amount, entries, approximate,
				` + counted + `entries as key_entries, ` + counted + `approximate as key_approximate
			from (` + legs + `) f),
		lines as (
			select key, currency, stage, sum(amount)::bigint as amount, sum(approximate) > 0 as approximate
			from (
				select key, currency, stage, amount, key_entries as entries, key_approximate as approximate from legs` + attributed + `
			) l ` + c.onlyKey(q) + `
			group by key, currency, stage having sum(entries) <> 0 or sum(amount) <> 0)`
	if q.Key != nil || !q.within.IsZero() {
		return lines, "select currency, stage, sum(amount)::bigint as amount, bool_or(approximate) as approximate from lines group by currency, stage"
	}
	return lines, `select currency, stage, sum(amount)::bigint as amount, sum(approximate) > 0 as approximate
		from legs group by currency, stage having sum(entries) <> 0 or sum(amount) <> 0`
}

// partFunding is the stage that funds a part, of what was given to it.
const partFunding = "case when stage = 'distributed' then 'in-kind' when on_receipt then 'recognised' else 'committed' end"

func (c *conditions) onlyKey(q TotalsQuery) string {
	w := &conditions{args: c.args}
	w.and("true")
	if q.Key != nil {
		w.and("key = ?", *q.Key)
	}
	c.args = w.args
	return "where " + w.String()
}

// scan reads the three parts of the answer: the position, the page, the sums.
func (t *Totals) scan(rows pgx.Rows, r road, a AsOf) error {
	var part int
	var key, currency string
	var name *string
	var stages []string
	var amounts []int64
	var approximate []bool
	var block int64
	found := false
	_, err := pgx.ForEachRow(rows, []any{&part, &key, &currency, &name, &stages, &amounts, &approximate, &block}, func() error {
		if part == 0 {
			found = name != nil
			t.Position = a.limited(eventstore.Position{Block: uint64(block), Event: eventstore.WholeBlock})
			return nil
		}
		sum, err := totalsSum(domain.Currency(currency), stages, amounts, approximate)
		if part == 2 {
			t.Sum = append(t.Sum, sum)
			return err
		}
		row := TotalsRow{Key: key, TotalsSum: sum}
		if name != nil {
			row.Name = *name
		}
		if key == "" {
			row.Line = r.line
		}
		t.Rows = append(t.Rows, row)
		return err
	})
	if err == nil && !found {
		err = noLedger(t.Ledger)
	}
	return err
}
