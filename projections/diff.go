package projections

import (
	"context"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// DiffQuery asks what changed in the totals between two points.
type DiffQuery struct {
	Ledger   string
	By       string
	From, To AsOf
}

// Diff is what changed: each amount of the totals that is another one, and the
// movements between the two points in the order of the log, 10,000 at most.
type Diff struct {
	Ledger    string     `json:"ledger"`
	By        string     `json:"by"`
	From      Totals     `json:"from"`
	To        Totals     `json:"to"`
	Changes   []Change   `json:"changes"`
	Movements []Movement `json:"movements"`
	More      bool       `json:"more,omitzero"` // there are more movements than are shown
}

// Change is one amount that is another one. Nil means not reported.
type Change struct {
	Key      string          `json:"key"`
	Name     string          `json:"name,omitzero"`
	Line     string          `json:"line,omitzero"`
	Currency domain.Currency `json:"currency"`
	Stage    string          `json:"stage"`
	From     *string         `json:"from"`
	To       *string         `json:"to"`
}

// Diff answers a DiffQuery. It returns what Totals does.
func (db *DB) Diff(ctx context.Context, q DiffQuery) (d Diff, err error) {
	d = Diff{Ledger: q.Ledger, By: q.By, Changes: []Change{}, Movements: []Movement{}}
	for _, a := range []*AsOf{&q.From, &q.To} {
		if *a, err = db.Known(ctx, q.Ledger, *a); err != nil {
			return d, err
		}
	}
	if d.From, err = db.Totals(ctx, TotalsQuery{Ledger: q.Ledger, By: q.By, AsOf: q.From, Limit: totalsPageMax}); err != nil {
		return d, err
	}
	if d.To, err = db.Totals(ctx, TotalsQuery{Ledger: q.Ledger, By: q.By, AsOf: q.To, Limit: totalsPageMax}); err != nil {
		return d, err
	}
	d.compare()
	c := &conditions{args: []any{q.Ledger}}
	c.asOf(AsOf{Position: d.To.Position, EffectiveUntil: q.To.EffectiveUntil})
	c.since(d.From.Position) // also where the point is now, or later
	c.andWithin(db.within)
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		movements, next, err := readMovements(ctx, tx, c, explainedMax)
		d.Movements, d.More = append(d.Movements, movements...), next != ""
		return err
	})
	return d, err
}

// explainedMax is how many movements explain a difference at most.
const explainedMax = 10_000

// compare finds the amounts that are not the same in both totals.
func (d *Diff) compare() {
	type line struct {
		key      string
		currency domain.Currency
	}
	before := map[line]TotalsRow{}
	for _, r := range d.From.Rows {
		before[line{r.Key, r.Currency}] = r
	}
	add := func(old, now TotalsRow) {
		for _, s := range domain.Stages() {
			from, to := old.Amount(s), now.Amount(s)
			if from == to || from != nil && to != nil && *from == *to {
				continue
			}
			d.Changes = append(d.Changes, Change{Key: now.Key, Name: now.Name, Line: now.Line, Currency: now.Currency, Stage: s.String(), From: from, To: to})
		}
	}
	for _, r := range d.To.Rows {
		k := line{r.Key, r.Currency}
		add(before[k], r)
		delete(before, k)
	}
	for _, r := range d.From.Rows { // in their order
		if old, ok := before[line{r.Key, r.Currency}]; ok {
			add(old, TotalsRow{Key: r.Key, Name: r.Name, Line: r.Line, TotalsSum: TotalsSum{Currency: r.Currency}})
		}
	}
}
