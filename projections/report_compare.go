package projections

import (
	"context"
	"errors"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Comparison is a report as it was published, and as it is now. Recounted tells
// whether the journal up to its position still adds up to all that was
// published.
type Comparison struct {
	Ledger string `json:"ledger"`
	PublishedReport
	Now       eventstore.Position `json:"now"`
	Recounted bool                `json:"recounted"`
	Cells     []ComparedCell      `json:"cells"`
}

// ComparedCell is one amount as it was published and as it is now. Nil means
// not reported.
type ComparedCell struct {
	Key       string          `json:"key"`
	Name      string          `json:"name,omitzero"`
	Line      string          `json:"line,omitzero"`
	Stage     domain.Stage    `json:"stage"`
	Currency  domain.Currency `json:"currency"`
	Published *string         `json:"published"`
	Now       *string         `json:"now"`
	Changed   bool            `json:"changed"`
}

// CompareReport compares a published report with the totals of now. It returns
// not_found where no report has that id.
func (db *DB) CompareReport(ctx context.Context, ledger, id string) (c Comparison, err error) {
	c = Comparison{Ledger: ledger, Cells: []ComparedCell{}}
	published, err := db.publishedReport(ctx, &c, id)
	if err != nil {
		return c, err
	}
	q := c.totalsQuery()
	now, err := db.Totals(ctx, q)
	if err != nil {
		return c, err
	}
	q.AsOf.Position = c.Position
	q.AsOf.EffectiveUntil = c.EffectiveUntil
	then, err := db.Until(AsOf{}).ReportCells(ctx, q)
	if err != nil {
		return c, err
	}
	c.Now = now.Position
	c.Recounted = same(then, published)
	c.compare(now, published)
	return c, nil
}

// publishedReport reads a report and its amounts.
func (db *DB) publishedReport(ctx context.Context, c *Comparison, id string) (cells []domain.ReportCell, err error) {
	found, err := db.PublishedReports(ctx, ListQuery{Ledger: c.Ledger, Filter: map[string]string{"report": id}})
	if err != nil {
		return nil, err
	}
	if len(found.Rows) == 0 {
		return nil, fail(NotFound, "see the reports of the ledger for their ids", "no report has the id %.100q", id)
	}
	c.PublishedReport = found.Rows[0]
	err = db.at(ctx, c.Ledger, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, "select key, stage, currency, amount from aidledger.report_cells where ledger = $1 and report = $2", c.Ledger, id)
		cells, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (cell domain.ReportCell, err error) {
			err = row.Scan(&cell.Key, into(&cell.Stage), &cell.Amount.Currency, &cell.Amount.Minor)
			return cell, err
		})
		if err == nil {
			err = c.placeHere(ctx, tx)
		}
		return err
	})
	return cells, err
}

// placeHere makes the position of a report that of this log. It is another one
// where the ledger was moved here since; the last block that counts is the same.
func (c *Comparison) placeHere(ctx context.Context, tx pgx.Tx) error {
	var last, next uint64
	err := tx.QueryRow(ctx, `select sequence, coalesce((select sequence from aidledger_archive.blocks
				where ledger = $1 and first >= $2 order by first, sequence limit 1), 0)
			from (select sequence, hash from aidledger_archive.blocks
				where ledger = $1 and first < $2 order by first desc, sequence desc limit 1) last
			where encode(hash, 'hex') = $3`, c.Ledger, c.Entries, c.Head).Scan(&last, &next)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if at := c.Position.Block; last > at || next != 0 && next <= at {
		c.Position = eventstore.Position{Block: last, Event: eventstore.WholeBlock}
	}
	return err
}

// totalsQuery asks for the totals of a report as they are now.
func (c *Comparison) totalsQuery() TotalsQuery {
	return TotalsQuery{Ledger: c.Ledger, By: c.By, Year: c.Year, Currency: c.Currency, Limit: totalsPageMax, AsOf: AsOf{EffectiveUntil: c.EffectiveUntil}}
}

// ReportCells returns the amounts that a report of totals has: those that are
// known, without decisions that were never taken.
func (db *DB) ReportCells(ctx context.Context, q TotalsQuery) (cells []domain.ReportCell, err error) {
	q.Limit = totalsPageMax
	totals, err := db.Totals(ctx, q)
	if err == nil && totals.Next != "" {
		err = fail(BadQuery, "choose one year or currency", "these totals have more than %d lines", totalsPageMax)
	}
	if err != nil {
		return nil, err
	}
	for _, row := range totals.Rows {
		for _, s := range domain.Stages() {
			m, known, err := minorOf(row.Amount(s), row.Currency)
			if err != nil {
				return nil, err
			}
			if known && (s.Reported() || !m.IsZero()) {
				cells = append(cells, domain.ReportCell{Key: row.Key, Stage: s, Amount: m})
			}
		}
	}
	return cells, nil
}

// minorOf reads an amount that an answer shows; known is false for nil.
func minorOf(shown *string, currency domain.Currency) (m domain.Money, known bool, err error) {
	if shown == nil {
		return m, false, nil
	}
	amount, err := domain.ParseAmount(*shown)
	if err == nil {
		m, err = amount.Money(currency)
	}
	return m, true, err
}

// cellName is what one amount of totals goes by.
type cellName struct {
	key      string
	stage    domain.Stage
	currency domain.Currency
}

func nameOf(c domain.ReportCell) cellName { return cellName{c.Key, c.Stage, c.Amount.Currency} }

// same tells whether two sets of amounts are the same.
func same(a, b []domain.ReportCell) bool {
	amounts := map[cellName]int64{}
	for _, c := range a {
		amounts[nameOf(c)] = c.Amount.Minor
	}
	for _, c := range b {
		if minor, ok := amounts[nameOf(c)]; !ok || minor != c.Amount.Minor {
			return false
		}
	}
	return len(a) == len(b)
}

// compare puts what was published beside what is now, in the order of the totals
// of now, and after them lines that are no more.
func (c *Comparison) compare(now Totals, published []domain.ReportCell) {
	before := map[cellName]domain.ReportCell{}
	for _, cell := range published {
		before[nameOf(cell)] = cell
	}
	add := func(row TotalsRow, s domain.Stage) {
		name := cellName{row.Key, s, row.Currency}
		cell := ComparedCell{Key: row.Key, Name: row.Name, Line: row.Line, Stage: s, Currency: row.Currency, Now: row.Amount(s)}
		if old, ok := before[name]; ok {
			text := old.Amount.Decimal()
			cell.Published = &text
			delete(before, name)
		}
		zero := domain.Money{Currency: row.Currency}.Decimal()
		if !s.Reported() { // a decision that was never taken is zero
			cell.Published, cell.Now = orZero(cell.Published, zero), orZero(cell.Now, zero)
		}
		cell.Changed = (cell.Published == nil) != (cell.Now == nil) || cell.Now != nil && *cell.Published != *cell.Now
		if cell.Changed || cell.Now != nil && (s.Reported() || *cell.Now != zero) {
			c.Cells = append(c.Cells, cell)
		}
	}
	for _, row := range now.Rows {
		for _, s := range domain.Stages() {
			add(row, s)
		}
	}
	for _, cell := range published {
		if _, left := before[nameOf(cell)]; left {
			add(TotalsRow{Key: cell.Key, Line: lineOf(c.By, cell.Key), TotalsSum: TotalsSum{Currency: cell.Amount.Currency}}, cell.Stage)
		}
	}
}

func orZero(shown *string, zero string) *string {
	if shown == nil {
		return &zero
	}
	return shown
}

// lineOf returns the name of a line without a key.
func lineOf(by, key string) string {
	if key != "" {
		return ""
	}
	return roads[by].line
}
