package projections

import (
	"context"
	"errors"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// CellQuery picks one amount of a published report.
type CellQuery struct {
	Ledger, Report string
	Key            string
	Stage          string
	Currency       domain.Currency // empty: the only one of the line
}

// CellChanges is one amount as it was published and as it is now, and each
// movement since that changed it, with its value after. Effect is what the
// movement did to it: what is given to a part leaves the line without a part.
type CellChanges struct {
	ComparedCell
	Since eventstore.Position `json:"since"`
	Until eventstore.Position `json:"until"`
	Steps []CellStep          `json:"steps"`
}

// CellStep is a movement and what it did to an amount.
type CellStep struct {
	Movement
	Effect  string `json:"effect"`  // decimal text
	Running string `json:"running"` // decimal text
}

// ReportCell explains what changed one amount since it was published. It returns
// not_found for a report or an amount that does not exist, and bad_query for one
// that more than 10,000 movements have changed.
func (db *DB) ReportCell(ctx context.Context, q CellQuery) (out CellChanges, err error) {
	c, err := db.CompareReport(ctx, q.Ledger, q.Report)
	if err != nil {
		return out, err
	}
	cell, err := c.cell(q)
	if err != nil {
		return out, err
	}
	out = CellChanges{ComparedCell: cell, Since: c.Position, Until: c.Now, Steps: []CellStep{}}
	where := &conditions{args: []any{q.Ledger}}
	where.cell(c.By, cell.Key, cell.Stage)
	where.andFlow("currency = ?", string(cell.Currency))
	if c.Year != 0 {
		where.andFlow("year = ?::smallint", c.Year)
	}
	where.since(c.Position)
	where.asOf(AsOf{Position: c.Now})
	where.asOf(AsOf{EffectiveUntil: c.EffectiveUntil})
	var movements []Movement
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		var next string
		movements, next, err = readMovements(ctx, tx, where, explainedMax)
		if err == nil && next != "" {
			err = fail(BadQuery, "look at the diff of the ledger", "more than %d movements have changed it", explainedMax)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	return out, out.explain(movements)
}

// cell picks one amount.
func (c *Comparison) cell(q CellQuery) (found ComparedCell, err error) {
	var s domain.Stage
	if s.UnmarshalText([]byte(q.Stage)) != nil {
		return found, fail(BadQuery, "name one stage, such as disbursed", "%.100q is not one stage", q.Stage)
	}
	matches := 0
	for _, cell := range c.Cells {
		if cell.Key == q.Key && cell.Stage == s && (q.Currency == "" || cell.Currency == q.Currency) {
			found = cell
			matches++
		}
	}
	switch {
	case matches == 0:
		return found, fail(NotFound, "take key, stage and currency from the report", "the report %.100q has no amount of %s for %.100q", q.Report, s, q.Key)
	case matches > 1:
		return found, fail(BadQuery, "name the currency", "there are %d currencies in that line", matches)
	}
	return found, nil
}

// cell limits the journal to what one amount of totals is made of. To the line
// without a part belongs what was given to parts, since it left that line.
func (c *conditions) cell(by, key string, s domain.Stage) {
	r := roads[by]
	column := map[string]string{"year": "year", "budget-year": "budget_year", "project": "project", "village": "place", "provider": "provider", "fund": "fund"}[by]
	if r.line == "" || key != "" {
		c.andFlow(column+"::text = ?", key)
		c.fundedBy(s, r.line != "")
		return
	}
	given := map[domain.Stage]string{
		domain.Committed:  " or stage = 'allocated' and not on_receipt and " + column + " <> ''",
		domain.Recognised: " or stage = 'allocated' and on_receipt and " + column + " <> ''",
		domain.InKind:     " or stage = 'distributed' and " + column + " <> ''",
	}[s]
	c.andFlow("(stage = ? and "+column+" = ''"+given+")", s.String())
}

// explain adds the movements up from what was published. That they end at what
// is now is checked: anything else would be an error of this program.
func (out *CellChanges) explain(movements []Movement) error {
	at, _, err := minorOf(out.Published, out.Currency)
	if err != nil {
		return err
	}
	at.Currency = out.Currency
	for _, m := range movements {
		effect, _, err := minorOf(&m.Amount, m.Currency)
		if err != nil {
			return err
		}
		if out.Line != "" && m.Stage != out.Stage.String() {
			effect = effect.Neg()
		}
		at.Minor += effect.Minor
		out.Steps = append(out.Steps, CellStep{m, effect.Decimal(), at.Decimal()})
	}
	now, _, err := minorOf(out.Now, out.Currency)
	if err == nil && now.Minor != at.Minor {
		err = errors.New("the movements since do not lead from what was published to what is now")
	}
	return err
}
