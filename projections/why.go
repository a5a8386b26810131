package projections

import (
	"context"
	"maps"
	"slices"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Why is what one number of a total is made of: the number, and a page of the
// movements behind it in the order of the log, each with the value that the number
// had after it.
type Why struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Sum      []WhySum            `json:"sum"` // the number in each currency; none: nothing was recorded
	Steps    []WhyStep           `json:"steps"`
	Next     string              `json:"next,omitzero"`
}

// WhySum is a number in one currency, in decimal text.
type WhySum struct {
	Currency domain.Currency `json:"currency"`
	Amount   string          `json:"amount"`
}

// WhyStep is one movement and the running value.
type WhyStep struct {
	Movement
	Running string `json:"running"` // decimal text
}

// Why explains the number of one stage that a query picks by fund, project,
// place, provider and year. It counts as totals do: what funds a project or
// village is what was allocated to it. A page begins with what the flows had added
// up to by then, so that it takes the same time however many movements are before
// it. It returns bad_query for a query without one stage.
func (db *DB) Why(ctx context.Context, q JournalQuery) (Why, error) {
	out := Why{Ledger: q.Ledger, Sum: []WhySum{}, Steps: []WhyStep{}}
	var stage domain.Stage
	if err := stage.UnmarshalText([]byte(q.Stage)); err != nil {
		return out, fail(BadQuery, "name one stage, such as stage=disbursed", "%.100q is not one stage", q.Stage)
	}
	limit, err := limitOf(q.Limit, journalPageMax, journalPageMax)
	if err != nil {
		return out, err
	}
	q.Stage, q.Newest = "", false
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	q.within = db.within
	page, err := q.conditions()
	if err != nil {
		return out, err
	}
	after := q.After
	q.After = ""
	whole, err := q.conditions()
	if err != nil {
		return out, err
	}
	part := q.Project != "" || q.Place != "" || !q.within.IsZero()
	page.fundedBy(stage, part)
	whole.fundedBy(stage, part)
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "journal")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		sums, err := whole.sumsByCurrency(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range slices.Sorted(maps.Keys(sums)) {
			out.Sum = append(out.Sum, WhySum{c, domain.Money{Minor: sums[c], Currency: c}.Decimal()})
		}
		running := map[domain.Currency]int64{}
		if after != "" {
			if err := whole.upTo(after); err != nil {
				return err
			}
			if running, err = whole.sumsByCurrency(ctx, tx); err != nil {
				return err
			}
		}
		movements, next, err := readMovements(ctx, tx, page, limit)
		if err == nil {
			out.Next = next
			out.Steps, err = stepsOf(movements, running)
		}
		return err
	})
	return out, err
}

// sumsByCurrency adds up what the conditions ask for, in minor units.
func (c *conditions) sumsByCurrency(ctx context.Context, tx pgx.Tx) (map[domain.Currency]int64, error) {
	sums := map[domain.Currency]int64{}
	rows, _ := tx.Query(ctx, "select currency, sum(amount)::bigint from ("+c.sums()+") f group by currency", c.args...)
	var currency domain.Currency
	var minor int64
	_, err := pgx.ForEachRow(rows, []any{&currency, &minor}, func() error { sums[currency] = minor; return nil })
	return sums, err
}

// fundedBy limits the journal to a stage. For a part of the funding that is what
// was given to the part.
func (c *conditions) fundedBy(s domain.Stage, part bool) {
	switch {
	case part && s == domain.Committed:
		c.andFlow("(stage = ? or stage = ? and not on_receipt)", s.String(), domain.Allocated.String())
	case part && s == domain.Recognised:
		c.andFlow("(stage = ? or stage = ? and on_receipt)", s.String(), domain.Allocated.String())
	case part && s == domain.InKind:
		c.andFlow("stage = any(?)", []string{s.String(), domain.Distributed.String()})
	default:
		c.andFlow("stage = ?", s.String())
	}
}

// stepsOf adds movements to what there was before them.
func stepsOf(movements []Movement, running map[domain.Currency]int64) ([]WhyStep, error) {
	steps := make([]WhyStep, 0, len(movements))
	for _, m := range movements {
		amount, err := domain.ParseAmount(m.Amount)
		if err != nil {
			return nil, err
		}
		money, err := amount.Money(m.Currency)
		if err != nil {
			return nil, err
		}
		running[m.Currency] += money.Minor
		steps = append(steps, WhyStep{m, domain.Money{Minor: running[m.Currency], Currency: m.Currency}.Decimal()})
	}
	return steps, nil
}
