package projections

import (
	"context"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Why is what one number of a total is made of: the movements in the order of
// the log, each with the value that the number had after it. The last one of a
// currency is the number itself.
type Why struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Steps    []WhyStep           `json:"steps"`
}

// WhyStep is one movement and the running value.
type WhyStep struct {
	Movement
	Running string `json:"running"` // decimal text
}

// whyMax is how many movements a number may have to be explained.
const whyMax = 10_000

// Why explains the number of one stage that a query picks by fund, project,
// place, provider and year. It counts as totals do: what funds a project or
// village is what was allocated to it. It returns bad_query for a query without
// one stage, and too_many_movements for one with more than 10,000 of them.
func (db *DB) Why(ctx context.Context, q JournalQuery) (Why, error) {
	out := Why{Ledger: q.Ledger, Steps: []WhyStep{}}
	var stage domain.Stage
	if err := stage.UnmarshalText([]byte(q.Stage)); err != nil {
		return out, fail(BadQuery, "name one stage, such as stage=disbursed", "%.100q is not one stage", q.Stage)
	}
	q.Stage = ""
	var err error
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	q.within = db.within
	c, err := q.conditions()
	if err != nil {
		return out, err
	}
	c.fundedBy(stage, q.Project != "" || q.Place != "" || !q.within.IsZero())
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "journal")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		movements, next, err := readMovements(ctx, tx, c, whyMax)
		if err == nil && next != "" {
			err = fail(TooManyMovements, "narrow it by year, project or village", "more than %d movements are behind that number", whyMax)
		}
		if err == nil {
			out.Steps, err = stepsOf(movements)
		}
		return err
	})
	return out, err
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

func stepsOf(movements []Movement) ([]WhyStep, error) {
	steps := make([]WhyStep, 0, len(movements))
	running := map[domain.Currency]int64{}
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
