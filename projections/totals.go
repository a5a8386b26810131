package projections

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

//go:embed totals.sql
var totalsSQL string

// totalsProjection adds the movements up: by flow, and the flows by each
// dimension.
var totalsProjection = &projection{
	name:   "totals",
	sql:    totalsSQL,
	tables: []string{"totals", "flows", "cutoffs", "year_sums"},
	dated:  true,
	whole:  true,
	begin: func(bulk bool) projector {
		return &totalsProjector{flows: flows{}, open: map[string]*openSums{}, bulk: bulk}
	},
	ready: func(p projector) projector { return p.(*totalsProjector).ready() },
}

type totalsProjector struct {
	flows flows
	open  map[string]*openSums // of each ledger
	kept  keptSums
	block uint64 // the last one
	bulk  bool   // the tables are empty and have no index
}

// ready returns the rows that will not change any more.
func (p *totalsProjector) ready() *totalsProjector {
	part := &totalsProjector{kept: p.kept, bulk: true}
	p.kept = keptSums{}
	return part
}

// dimension is one road to the same total.
type dimension uint8

const (
	byYear dimension = iota
	byBudgetYear
	byProject
	byPlace
	byProvider
	byFund
	dimensionCount
)

var dimensionNames = [dimensionCount]string{"year", "budget-year", "project", "place", "provider", "fund"}

type totalsKey struct {
	ledger    string
	key       string
	currency  domain.Currency
	year      int16
	dimension dimension
	stage     domain.Stage
}

type totalsCell struct {
	amount, entries, approximate int64
}

func (c *totalsCell) add(o totalsCell) {
	c.amount += o.amount
	c.entries += o.entries
	c.approximate += o.approximate
}

func (p *totalsProjector) apply(f *fact) error {
	if len(f.movements) == 0 {
		return nil
	}
	d, err := detailOf(f.event.Fact)
	if err != nil {
		return err
	}
	o := p.openOf(f.ledger)
	p.block = f.at.Block
	if p.bulk {
		o.next(f.at.Block, &p.kept)
	}
	for i := range f.movements {
		m := &f.movements[i]
		entries, placeEntries := entriesOf(f, d.reverses != "", i)
		to := p.flows.of(f.flows[i], f, m)
		to.add(m, entries, placeEntries)
		if p.bulk {
			o.add(to, m, entries, f.entry.Recorded)
		} else { // what was before this batch is not known yet
			o.count(f.entry.Recorded)
		}
	}
	return nil
}

func (p *totalsProjector) openOf(ledger string) *openSums {
	o := p.open[ledger]
	if o == nil {
		o = &openSums{ledger: strings.Clone(ledger), years: map[yearKey]*yearSums{}}
		p.open[o.ledger] = o
	}
	return o
}

// cells holds sums by the key of the table.
type cells map[totalsKey]*totalsCell

// add counts a cell in its year and in all years together.
func (t cells) add(k totalsKey, d dimension, key string, c totalsCell) {
	k.dimension, k.key = d, key
	for range 2 {
		cell, ok := t[k]
		if !ok {
			cell = &totalsCell{}
			t[k] = cell
		}
		cell.add(c)
		if k.year == 0 {
			return
		}
		k.year = 0
	}
}

// addFlow counts a flow in every dimension.
func (t cells) addFlow(f *flow) {
	k := totalsKey{ledger: f.ledger, currency: f.currency, year: f.year, stage: f.stage}
	c := totalsCell{f.amount, f.entries, f.approximate}
	t.add(k, byYear, yearText(int(f.year)), c)
	t.add(k, byBudgetYear, yearText(int(f.budgetYear)), c)
	t.add(k, byProject, string(f.project), c)
	t.add(k, byProvider, string(f.provider), c)
	t.add(k, byFund, string(f.fund), c)
	t.add(k, byPlace, string(f.place), totalsCell{f.amount, f.placeEntries, f.placeApproximate})
	t.attribute(k, f)
}

// attribute moves funding to the project and place that it was given to, so
// that projects and what is not allocated add up to the fund. Handing it on from
// no village to villages moves nothing between projects.
func (t cells) attribute(k totalsKey, f *flow) {
	stage, ok := fundingOf(f)
	if !ok {
		return
	}
	k.stage = stage
	if f.project != "" {
		t.add(k, byProject, "", totalsCell{amount: -f.amount})
		t.add(k, byProject, string(f.project), totalsCell{amount: f.amount})
	}
	if f.place != "" {
		t.add(k, byPlace, "", totalsCell{amount: -f.amount})
		t.add(k, byPlace, string(f.place), totalsCell{amount: f.amount})
	}
}

// fundingOf says as which stage an amount was funding before it was allocated
// to a project or handed out as goods.
func fundingOf(f *flow) (domain.Stage, bool) {
	switch {
	case f.stage == domain.Distributed:
		return domain.InKind, true
	case f.stage != domain.Allocated:
		return 0, false
	case f.onReceipt:
		return domain.Recognised, true
	}
	return domain.Committed, true
}

// years holds the text of the years that a ledger holds.
var years = func() (all [2201]string) {
	for y := range all {
		all[y] = strconv.Itoa(y)
	}
	return all
}()

func yearText(y int) string {
	if y >= 0 && y < len(years) {
		return years[y]
	}
	return strconv.Itoa(y)
}

// totalsChunk is how many rows one statement upserts.
const totalsChunk = 10_000

// flush adds the sums to the tables, in the order of their keys, so that two
// transactions never wait for each other in a circle.
func (p *totalsProjector) flush(ctx context.Context, tx pgx.Tx) error {
	all := p.flows.sorted()
	sums := cells{}
	for _, f := range all {
		sums.addFlow(f)
	}
	keys := slices.SortedFunc(maps.Keys(sums), compareTotals)
	if p.bulk {
		if err := copyFlows(ctx, tx, all); err != nil {
			return err
		}
		if err := sums.copy(ctx, tx, keys); err != nil {
			return err
		}
		return p.flushCutoffs(ctx, tx)
	}
	for chunk := range slices.Chunk(all, totalsChunk) {
		if err := upsertFlows(ctx, tx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(keys, totalsChunk) {
		if err := sums.upsert(ctx, tx, chunk); err != nil {
			return err
		}
	}
	return p.flushCutoffs(ctx, tx)
}

func compareTotals(a, b totalsKey) int {
	if c := strings.Compare(a.ledger, b.ledger); c != 0 {
		return c
	}
	if c := strings.Compare(dimensionNames[a.dimension], dimensionNames[b.dimension]); c != 0 {
		return c
	}
	if c := int(a.year) - int(b.year); c != 0 {
		return c
	}
	if c := strings.Compare(a.key, b.key); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.currency), string(b.currency)); c != 0 {
		return c
	}
	return strings.Compare(a.stage.String(), b.stage.String())
}

func (t cells) upsert(ctx context.Context, tx pgx.Tx, keys []totalsKey) error {
	n := len(keys)
	ledgers, dimensions, texts := make([]string, n), make([]string, n), make([]string, n)
	currencies, stages, years := make([]string, n), make([]string, n), make([]int16, n)
	amounts, entries, approximate := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, k := range keys {
		c := t[k]
		ledgers[i], dimensions[i], years[i], texts[i] = k.ledger, dimensionNames[k.dimension], k.year, k.key
		currencies[i], stages[i] = string(k.currency), k.stage.String()
		amounts[i], entries[i], approximate[i] = c.amount, c.entries, c.approximate
	}
	_, err := tx.Exec(ctx, `insert into totals (ledger, dimension, year, key, currency, stage, amount, entries, approximate)
		select * from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[])
		on conflict (ledger, dimension, year, key, currency, stage) do update set
			amount      = totals.amount + excluded.amount,
			entries     = totals.entries + excluded.entries,
			approximate = totals.approximate + excluded.approximate`,
		ledgers, dimensions, years, texts, currencies, stages, amounts, entries, approximate)
	return err
}

func (t cells) copy(ctx context.Context, tx pgx.Tx, keys []totalsKey) error {
	var rows copying
	for _, k := range keys {
		c := t[k]
		rows.row(9)
		rows.text(k.ledger)
		rows.text(dimensionNames[k.dimension])
		rows.int16(int(k.year))
		rows.text(k.key)
		rows.text(string(k.currency))
		rows.text(k.stage.String())
		rows.int64(c.amount)
		rows.int64(c.entries)
		rows.int64(c.approximate)
	}
	return rows.flush(ctx, tx, "copy totals from stdin (format binary, freeze)")
}
