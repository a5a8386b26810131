package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// helped adds to a trace whom the money has helped, each once: by the payments
// that benefits came out of; of a project and a place, by the benefits
// themselves.
func (t *Trace) helped(ctx context.Context, tx pgx.Tx, q TraceQuery) (err error) {
	if found, err := t.helpedNow(ctx, tx, q); found || err != nil {
		return err
	}
	c := &conditions{args: []any{q.Ledger}}
	of := ""
	switch t.Noun {
	case "project":
		of = "b.project = " + c.arg(q.ID)
	case "place":
		of = c.fill("b.place = any("+insidePlaces+")", []any{[]string{q.ID}})
	case "organisation", "fund", "disbursement", nounEntry:
		paid := &conditions{args: c.args}
		paid.touching(TraceQuery{Ledger: q.Ledger, ID: q.ID}, t.Noun)
		of = `exists (select from aidledger.movements j where j.ledger = $1 and j.disbursement = b.disbursement and j.disbursement <> '' and j.stage = 'disbursed'` +
			also(paid.String()) + `)`
		c.args = paid.args
	default:
		return nil
	}
	of += c.benefitsWithin(q.within)
	recorded, took := c.benefitsAsOf("b", q.AsOf), c.benefitsAsOf("r", q.AsOf)
	t.Helped, err = helped(ctx, tx, `select '', count(distinct beneficiary) filter (where kind = 'person'), count(distinct beneficiary) filter (where kind = 'household'),
			count(*), sum(amount)::bigint, currency
		from aidledger.benefits b where ledger = $1 and reverses = '' and `+of+recorded+`
			and not exists (select from aidledger.benefits r where r.ledger = $1 and r.reverses = b.entry`+took+`)
		group by currency order by currency`, c.args...)
	return err
}

// helpedNow looks up whom a project or village has helped, which is counted as
// benefits come. In a place with others in it, who was helped in two of them is
// counted once, which the counts of these do not say.
func (t *Trace) helpedNow(ctx context.Context, tx pgx.Tx, q TraceQuery) (found bool, err error) {
	dimension := map[string]string{"project": "project", "place": "village"}[t.Noun]
	if dimension == "" || !q.AsOf.IsZero() || !q.within.IsZero() {
		return false, nil
	}
	t.Helped, err = helped(ctx, tx, `select '', persons, households, benefits, amount, currency from aidledger.helped
		where ledger = $1 and dimension = $2 and key = $3 and benefits > 0
			and not exists (select from aidledger.places where ledger = $1 and parent = $3)
		order by currency`, q.Ledger, dimension, q.ID)
	return len(t.Helped) > 0, err
}

// benefitsWithin limits benefits b to what may be read.
func (c *conditions) benefitsWithin(w Within) (clause string) {
	if len(w.Places) > 0 {
		clause += c.fill(" and b.place = any("+insidePlaces+")", []any{w.Places})
	}
	if len(w.Projects) > 0 {
		clause += c.fill(" and b.project = any(?)", []any{w.Projects})
	}
	return clause
}

// benefitsAsOf limits benefits by what AsOf says.
func (c *conditions) benefitsAsOf(table string, a AsOf) (clause string) {
	if !a.Position.IsZero() {
		clause += fmt.Sprintf(" and (%s.block, %s.event) <= (%s::bigint, %s::bigint)", table, table, c.arg(int64(a.Position.Block)), c.arg(int64(a.Position.Event)))
	}
	if !a.EffectiveUntil.IsZero() {
		clause += fmt.Sprintf(" and %s.date <= %s::date", table, c.arg(a.EffectiveUntil.Last().Time()))
	}
	return clause
}
