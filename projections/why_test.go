package projections

import (
	"slices"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
)

func TestWhyEndsWithTheNumberThatItExplains(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 3).run(250)
	db := open(t)
	reach(t, running(t, db, log))
	half := AsOf{Position: eventstore.Position{Block: uint64(len(log.messages) / 2), Event: eventstore.WholeBlock}}
	explained := 0
	for _, as := range []AsOf{{}, half, {EffectiveUntil: dateOf("2018")}} {
		for by, pick := range map[string]func(q *JournalQuery, key string){
			"project": func(q *JournalQuery, key string) { q.Project = domain.ID(key) },
			"village": func(q *JournalQuery, key string) { q.Place = domain.ID(key) },
			"fund":    func(q *JournalQuery, key string) { q.Fund = domain.ID(key) },
		} {
			for _, row := range totals(t, db, TotalsQuery{Ledger: "one", By: by, AsOf: as}).Rows {
				if row.Key == "" {
					continue
				}
				for _, s := range domain.Stages() {
					q := JournalQuery{Ledger: "one", Stage: s.String(), AsOf: as}
					pick(&q, row.Key)
					why, err := db.Why(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					last := domain.Money{Currency: row.Currency}.Decimal()
					for _, step := range why.Steps {
						if step.Currency == row.Currency {
							last = step.Running
						}
					}
					if want := row.Amount(s); want != nil && *want != last {
						t.Errorf("%s %s: %s is %s, and its movements end with %s", by, row.Key, s, *want, last)
					} else if want != nil && len(why.Steps) > 0 {
						explained++
					}
				}
			}
		}
	}
	if explained < 100 {
		t.Errorf("only %d numbers had movements to compare", explained)
	}
	if _, err := db.Why(t.Context(), JournalQuery{Ledger: "one"}); !Is(err, BadQuery) {
		t.Errorf("without a stage: %v", err)
	}
}

// The steps on a page are those of the whole, whatever page it is, and the number
// is the same on each.
func TestWhyGoesOnWhereThePageBeforeEnded(t *testing.T) {
	db, _, p := projectedProgramme(t, 3, 250)
	half := AsOf{Position: eventstore.Position{Block: uint64(len(p.log.messages) / 2), Event: eventstore.WholeBlock}}
	for _, q := range []JournalQuery{
		{Stage: "received"}, {Stage: "allocated", AsOf: half}, {Stage: "committed", Project: "p-1"}, {Stage: "received", AsOf: AsOf{EffectiveUntil: dateOf("2019-06")}},
		{Stage: "received", AsOf: AsOf{Position: half.Position, EffectiveUntil: dateOf("2019-06")}}, {Stage: "in-kind", LateDays: 10},
	} {
		q.Ledger = "one"
		whole, err := db.Why(t.Context(), q)
		if err != nil || whole.Next != "" || len(whole.Steps) < 4 {
			t.Fatalf("%+v has %d steps, %v", q, len(whole.Steps), err)
		}
		var steps []WhyStep
		for q.Limit = 2; ; {
			page, err := db.Why(t.Context(), q)
			if err != nil || !slices.Equal(page.Sum, whole.Sum) {
				t.Fatalf("%+v: %v, %v is not %v", q, err, page.Sum, whole.Sum)
			}
			steps = append(steps, page.Steps...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if !slices.Equal(steps, whole.Steps) {
			t.Errorf("%+v:\n got %+v\nwant %+v", q, steps, whole.Steps)
		}
	}
}

func TestADiffNamesEachTotalThatChangedAndTheMovementsBetween(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 3)
	p.run(120)
	db := open(t)
	r := running(t, db, log)
	before := AsOf{Position: eventstore.Position{Block: reach(t, r), Event: eventstore.WholeBlock}}
	p.run(60)
	reach(t, r)
	for _, by := range []string{"year", "project", "village"} {
		d, err := db.Diff(t.Context(), DiffQuery{Ledger: "one", By: by, From: before})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Changes) == 0 || len(d.Movements) == 0 || d.Movements[0].Position.Compare(before.Position) <= 0 {
			t.Errorf("by %s: %d changes and %d movements, the first at %v", by, len(d.Changes), len(d.Movements), d.Movements)
		}
		for _, ch := range d.Changes {
			if shown(ch.From) == shown(ch.To) {
				t.Errorf("by %s: %+v is no change", by, ch)
			}
		}
		same, err := db.Diff(t.Context(), DiffQuery{Ledger: "one", By: by, From: before, To: before})
		if err != nil || len(same.Changes) > 0 || len(same.Movements) > 0 {
			t.Errorf("by %s: from a point to itself %d amounts changed (%v)", by, len(same.Changes), err)
		}
	}
}

func TestLatePostingsAndReversalsAreFound(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 3).run(250)
	db := open(t)
	reach(t, running(t, db, log))
	late, err := db.Journal(t.Context(), JournalQuery{Ledger: "one", LateDays: 365, Limit: 1000})
	if err != nil || len(late.Movements) == 0 {
		t.Fatalf("%d late movements, %v", len(late.Movements), err)
	}
	for _, m := range late.Movements {
		if m.Recorded.Sub(m.Date.Last().Time()).Hours() <= 365*24 {
			t.Errorf("%s of %s was recorded on %s and is not late", m.Position, m.Date, m.Recorded)
		}
	}
	back, err := db.Journal(t.Context(), JournalQuery{Ledger: "one", Reversals: true, Limit: 1000})
	if err != nil || len(back.Movements) == 0 {
		t.Fatalf("%d reversals, %v", len(back.Movements), err)
	}
	for _, m := range back.Movements {
		if m.Reverses == "" {
			t.Errorf("%s takes nothing back", m.Position)
		}
	}
}
