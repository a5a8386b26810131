package projections

import (
	"context"
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

//go:embed totals.sql
var totalsSQL string

// totalsProjection adds the movements up by each dimension.
var totalsProjection = &projection{
	name:   "totals",
	sql:    totalsSQL,
	tables: []string{"totals"},
	whole:  true,
	begin:  func(bulk bool) projector { return &totalsProjector{cells: map[totalsKey]*totalsCell{}, bulk: bulk} },
}

type totalsProjector struct {
	cells map[totalsKey]*totalsCell // of one year each; flush adds all years
	bulk  bool                      // the table is empty and has no index
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

func (p *totalsProjector) add(k totalsKey, d dimension, key string, c totalsCell) {
	k.dimension, k.key = d, key
	cell, ok := p.cells[k]
	if !ok {
		cell = &totalsCell{}
		p.cells[k] = cell
	}
	cell.add(c)
}

func (p *totalsProjector) apply(f *fact) error {
	if len(f.movements) == 0 {
		return nil
	}
	_, handover := f.event.Fact.(*domain.PlacesAssigned)
	d, err := detailOf(f.event.Fact)
	if err != nil {
		return err
	}
	for i := range f.movements {
		m := &f.movements[i]
		entries, placeEntries := entriesOf(f, d.reverses != "", i)
		k := totalsKey{ledger: f.ledger, currency: m.Money.Currency, year: int16(m.Date.Year()), stage: m.Stage}
		p.add(k, byPlace, string(m.Place), counted(m, placeEntries))
		if handover {
			continue // from no village to the villages; every other total stays as it is
		}
		c := counted(m, entries)
		p.add(k, byYear, yearText(m.Date.Year()), c)
		p.add(k, byBudgetYear, yearText(m.BudgetYear), c)
		p.add(k, byProject, string(m.Project), c)
		p.add(k, byProvider, string(m.Provider), c)
		p.add(k, byFund, string(m.Fund), c)
		p.attribute(k, m)
	}
	if handover {
		p.attributePlaces(f)
	}
	return nil
}

// attribute moves funding to the project and place that it was given to, so
// that projects and what is not allocated add up to the fund.
func (p *totalsProjector) attribute(k totalsKey, m *domain.Movement) {
	stage, ok := fundingOf(m)
	if !ok {
		return
	}
	k.stage = stage
	if m.Project != "" {
		p.add(k, byProject, "", totalsCell{amount: -m.Money.Minor})
		p.add(k, byProject, string(m.Project), totalsCell{amount: m.Money.Minor})
	}
	if m.Place != "" {
		p.add(k, byPlace, "", totalsCell{amount: -m.Money.Minor})
		p.add(k, byPlace, string(m.Place), totalsCell{amount: m.Money.Minor})
	}
}

// attributePlaces moves the funding of what had waited for its places.
func (p *totalsProjector) attributePlaces(f *fact) {
	for i := range f.movements {
		m := f.movements[i]
		m.Project = ""
		p.attribute(totalsKey{ledger: f.ledger, currency: m.Money.Currency, year: int16(m.Date.Year())}, &m)
	}
}

// fundingOf says as which stage an amount was funding before it was allocated
// to a project or handed out as goods.
func fundingOf(m *domain.Movement) (domain.Stage, bool) {
	switch {
	case m.Stage == domain.Distributed:
		return domain.InKind, true
	case m.Stage != domain.Allocated:
		return 0, false
	case m.OnReceipt:
		return domain.Recognised, true
	}
	return domain.Committed, true
}

func counted(m *domain.Movement, entries int) totalsCell {
	c := totalsCell{amount: m.Money.Minor, entries: int64(entries)}
	if m.Approximate {
		c.approximate = c.entries
	}
	return c
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

// flush adds the cells to the table, in the order of its key, so that two
// transactions never wait for each other in a circle.
func (p *totalsProjector) flush(ctx context.Context, tx pgx.Tx) error {
	for k, c := range p.cells {
		if k.year == 0 {
			continue
		}
		k.year = 0
		p.add(k, k.dimension, k.key, *c)
	}
	keys := make([]totalsKey, 0, len(p.cells))
	for k := range p.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareTotals)
	if p.bulk {
		return p.copyAll(ctx, tx, keys)
	}
	for chunk := range slices.Chunk(keys, totalsChunk) {
		if err := p.upsert(ctx, tx, chunk); err != nil {
			return err
		}
	}
	return nil
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

func (p *totalsProjector) upsert(ctx context.Context, tx pgx.Tx, keys []totalsKey) error {
	n := len(keys)
	ledgers, dimensions, texts := make([]string, n), make([]string, n), make([]string, n)
	currencies, stages, years := make([]string, n), make([]string, n), make([]int16, n)
	amounts, entries, approximate := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, k := range keys {
		c := p.cells[k]
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

func (p *totalsProjector) copyAll(ctx context.Context, tx pgx.Tx, keys []totalsKey) error {
	var rows copying
	for _, k := range keys {
		c := p.cells[k]
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
