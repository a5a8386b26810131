package projections

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
)

// addUp makes the totals and flows of a past, in the tables of a transaction.
func (db *DB) addUp(ctx context.Context, ledger string, a AsOf, tx pgx.Tx) error {
	c := &conditions{args: []any{ledger}}
	c.asOf(a)
	ctes, all := c.pastLedger(false)
	p := &totalsProjector{flows: flows{}, bulk: true}
	if err := db.snapshot(ctx, func(now pgx.Tx) error {
		rows, _ := now.Query(ctx, "with "+ctes+"legs as ("+all+") select * from legs", c.args...)
		k, stage := flowKey{ledger: ledger}, ""
		var id flowID
		var s flowSums
		_, err := pgx.ForEachRow(rows, []any{(*[16]byte)(&id), &k.fund, &k.provider, &k.project, &k.place, &k.payee, &k.otherFund, &stage,
			&k.currency, &k.year, &k.budgetYear, &k.onReceipt, &s.amount, &s.entries, &s.placeEntries, &s.approximate, &s.placeApproximate}, func() error {
			f := p.flows[id]
			if f == nil {
				f = &flow{flowKey: k, id: id}
				p.flows[id] = f
			}
			f.flowSums.plus(s)
			return f.stage.UnmarshalText([]byte(stage))
		})
		return err
	}); err != nil {
		return err
	}
	return p.flush(ctx, tx)
}

// movements is the query for the movements of a past.
func (k *past) movements() string {
	at := k.until.Position
	sql := fmt.Sprintf("(select * from aidledger.movements where (block, event) <= (%d, %d)", at.Block, min(int64(at.Event), math.MaxInt32))
	if k.ledger != "" {
		sql += " and ledger = '" + strings.ReplaceAll(k.ledger, "'", "''") + "'"
	}
	if until := k.until.EffectiveUntil; !until.IsZero() {
		sql += " and date <= '" + until.Last().String() + "'"
	}
	return sql + ")"
}
