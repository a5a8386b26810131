package projections

import (
	"context"
	"maps"
	"slices"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// Money goes from a provider to its fund, from there to a project, and from
// there to villages and payees. These are the steps on that way; an edge that
// ends at or before the step of a thing is above it.
const (
	stepProvider = iota
	stepFund
	stepProject
	stepPlace
)

func stepOf(noun string) int {
	switch noun {
	case "organisation":
		return stepProvider
	case "fund", "gift":
		return stepFund
	case "place":
		return stepPlace
	}
	return stepProject // what passes through a project: a disbursement, an entry
}

// touching limits movements of a ledger ($1) to those of a thing.
func (c *conditions) touching(q TraceQuery, noun string) {
	switch noun {
	case "organisation":
		c.andFlow("(provider = ? or payee = ?)", q.ID, q.ID)
	case "place":
		c.andWithin(Within{Places: []domain.ID{domain.ID(q.ID)}})
	case "fund", "gift":
		c.andFlow("fund = ?", q.ID)
	case "project":
		c.andFlow("project = ?", q.ID)
	case "disbursement", nounEntry:
		c.named(noun, q.ID)
	default:
		c.few = true
		c.and("false")
	}
	c.andWithin(q.within)
	c.asOf(q.AsOf)
}

// edges reads the money that passes the thing. An organisation may give and be
// paid: what it gave goes down from it, what it was paid came down to it.
func (t *Trace) edges(ctx context.Context, tx pgx.Tx, q TraceQuery) error {
	var all []step
	roads := map[int]func(*conditions){stepOf(t.Noun): func(c *conditions) { c.touching(q, t.Noun) }}
	if t.Noun == "organisation" {
		roads = map[int]func(*conditions){
			stepProvider: func(c *conditions) { c.andFlow("provider = ?", q.ID); c.andWithin(q.within); c.asOf(q.AsOf) },
			stepPlace:    func(c *conditions) { c.andFlow("payee = ?", q.ID); c.andWithin(q.within); c.asOf(q.AsOf) },
		}
	}
	for _, at := range slices.Sorted(maps.Keys(roads)) {
		found, err := readSteps(ctx, tx, q, at, roads[at])
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if err := nameSteps(ctx, tx, q.Ledger, all); err != nil {
		return err
	}
	for _, s := range all {
		if s.above {
			t.Up = append(t.Up, s.Edge)
		} else {
			t.Down = append(t.Down, s.Edge)
		}
	}
	return nil
}

// step is an edge with its place in relation to the thing that is traced.
type step struct {
	Edge
	above   bool
	funding bool // of whole funds, not of the thing alone
	flows   []flowID
}

// stepsSQL adds up the money of a thing (legs) and of its funds (funding) by the
// edges of the way. The first edges are those of the whole funds: what a village
// got came out of them.
const stepsSQL = `
	steps as (
		select 1 as step, 'organisation' as from_noun, provider as from_id, 'fund' as to_noun, fund as to_id, stage, currency, amount, entries, flow
		from funding where stage not in ('carried-in', 'carried-out', 'distributed')
		union all
		select 1, 'fund', other_fund, 'fund', fund, stage, currency, amount, entries, flow from funding where stage = 'carried-in'
		union all
		select 1, 'fund', fund, 'fund', other_fund, 'carried-in', currency, amount, entries, flow
		from funding where stage = 'carried-out' and other_fund not in (select fund from legs)
		union all
		select 2, 'fund', fund, 'project', project, stage, currency, amount, {entries}, flow from legs where project <> ''
		union all
		select 3, 'project', project, 'place', place, stage, currency, amount, place_entries, flow from legs where project <> '' and place <> ''
		union all
		select 3, 'fund', fund, 'place', place, stage, currency, amount, place_entries, flow from legs where project = '' and place <> ''
		union all
		select 3, 'project', project, 'organisation', payee, stage, currency, amount, {entries}, flow from legs where project <> '' and payee <> '')
	select step, from_noun, from_id, to_noun, to_id, stage, currency, sum(amount)::bigint, sum(entries)::bigint, array_agg(distinct flow)
	from steps
	group by step, from_noun, from_id, to_noun, to_id, stage, currency
	having sum(amount) <> 0 or sum(entries) <> 0
	order by step, from_id, to_id, currency, (select min(n) from unnest($2::text[]) with ordinality s (stage, n) where s.stage = steps.stage)`

func readSteps(ctx context.Context, tx pgx.Tx, q TraceQuery, at int, touching func(*conditions)) ([]step, error) {
	legs := &conditions{args: []any{q.Ledger, stageNames()}}
	touching(legs)
	legsFrom := legs.sums()
	funding := &conditions{args: legs.args}
	funding.andFlow("fund = any(array(select distinct fund from legs)) and project = ''")
	funding.andWithin(q.within) // a fund as a whole is not within any limit
	funding.asOf(q.AsOf)
	fundingFrom := funding.sums()
	sql := "with legs as materialized (" + legsFrom + "), funding as (" + fundingFrom + "), " + strings.ReplaceAll(stepsSQL, "{entries}", counted(funding, at, q.ID))
	rows, _ := tx.Query(ctx, sql, funding.args...)
	steps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (step, error) {
		var s step
		var n int
		var amount int64
		err := row.Scan(&n, &s.From.Noun, &s.From.ID, &s.To.Noun, &s.To.ID, &s.Stage, &s.Currency, &amount, &s.Entries, &s.flows)
		s.Amount = domain.Money{Minor: amount, Currency: s.Currency}.Decimal()
		s.above, s.funding = n <= at, n == 1
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return steps, readEvidence(ctx, tx, q, steps, touching)
}

// counted is the column by which entries of a step are counted. Of an amount for
// several villages, each has a leg, and only the first one counts as an entry: a
// village alone counts the legs that are its own.
func counted(c *conditions, at int, id string) string {
	if at != stepPlace {
		return "entries"
	}
	return c.fill("case when exists (select from aidledger.places where ledger = $1 and place = ? and level = 'village') then place_entries else entries end", []any{id})
}

func stageNames() []string {
	var names []string
	for _, s := range domain.Stages() {
		names = append(names, s.String())
	}
	return names
}

// nameSteps gives the nodes of edges their names, and gifts their noun.
func nameSteps(ctx context.Context, tx pgx.Tx, ledger string, all []step) error {
	ids := map[string]bool{}
	for _, s := range all {
		ids[s.From.ID], ids[s.To.ID] = true, true
	}
	var list []string
	for id := range ids {
		list = append(list, id)
	}
	rows, _ := tx.Query(ctx, namesSQL, ledger, list)
	nodes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Node])
	if err != nil {
		return err
	}
	named := map[string]Node{}
	for _, n := range nodes {
		named[n.ID] = n
	}
	for i := range all {
		for _, n := range []*Node{&all[i].From, &all[i].To} {
			if known, ok := named[n.ID]; ok {
				*n = known
			}
		}
	}
	return nil
}
