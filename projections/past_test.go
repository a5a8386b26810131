package projections

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// Tests make cutoffs often, so that every question about the past meets some;
// benchmarks do not.
var usualCutoffs = cutoffAfter

func init() { cutoffAfter.movements, cutoffAfter.perYear, cutoffAfter.perSum = 20, 0, 0 }

// randomPast returns a point in the past of a programme: a position in it, also
// in the middle of a block, an effective date, a time, or several of them.
func randomPast(dice *rand.Rand, p *programme) AsOf {
	var a AsOf
	if dice.IntN(4) > 0 {
		a.Position = eventstore.Position{Block: 1 + dice.Uint64N(uint64(len(p.log.messages))), Event: dice.Uint32N(3)}
		if dice.IntN(2) == 0 {
			a.Position.Event = eventstore.WholeBlock
		}
	}
	if a.Position.IsZero() || dice.IntN(2) == 0 {
		year := 2017 + dice.IntN(6)
		forms := []string{fmt.Sprint(year), fmt.Sprintf("%d-12-31", year), fmt.Sprintf("%d-%02d", year, 1+dice.IntN(12)),
			fmt.Sprintf("%d-%02d-%02d", year, 1+dice.IntN(12), 1+dice.IntN(28))}
		a.EffectiveUntil = dateOf(forms[dice.IntN(len(forms))])
	}
	if dice.IntN(4) == 0 {
		a.Time = began.Add(time.Duration(dice.IntN(p.count)) * time.Minute)
	}
	return a
}

// replayed adds up what a log holds until a point, without a database.
func replayed(t *testing.T, log *memory, a AsOf) cells {
	t.Helper()
	all := flows{}
	later := false
	for _, b := range decodeAll(log.messages) {
		for i := range b.facts {
			f := &b.facts[i]
			later = later || !a.Time.IsZero() && f.entry.Recorded.After(a.Time)
			if later || !a.Position.IsZero() && f.at.Compare(a.Position) > 0 {
				continue
			}
			if len(f.movements) == 0 {
				continue
			}
			d, err := detailOf(f.event.Fact)
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.movements {
				m := &f.movements[i]
				if !a.EffectiveUntil.IsZero() && m.Date.Last().Time().After(a.EffectiveUntil.Last().Time()) {
					continue
				}
				entries, placeEntries := entriesOf(f, d.reverses != "", i)
				all.of(f.flows[i], f, m).add(m, entries, placeEntries)
			}
		}
	}
	sums := cells{}
	for _, f := range all {
		sums.addFlow(f)
	}
	return sums
}

// said returns the lines of totals as text, and replayedLines those of a replay.
func said(t *testing.T, all Totals) []string {
	t.Helper()
	var out []string
	for _, row := range all.Rows {
		for _, s := range domain.Stages() {
			if amount := row.Amount(s); amount != nil && (s.Reported() || *amount != "0.00") {
				out = append(out, fmt.Sprint(row.Key, " ", row.Currency, " ", s, " ", *amount, " ", slices.Contains(row.Approximate, s.String())))
			}
		}
	}
	slices.Sort(out)
	return out
}

func replayedLines(sums cells, q TotalsQuery) []string {
	var out []string
	for k, c := range sums {
		if dimensionNames[k.dimension] != roads[q.By].dimension || int(k.year) != q.Year || c.amount == 0 && c.entries == 0 ||
			q.Key != nil && *q.Key != k.key || !k.stage.Reported() && c.amount == 0 {
			continue
		}
		out = append(out, fmt.Sprint(k.key, " ", k.currency, " ", k.stage, " ", domain.Money{Minor: c.amount, Currency: k.currency}.Decimal(), " ", c.approximate > 0))
	}
	slices.Sort(out)
	return out
}

func TestTotalsAsOfAnyPointAreWhatAReplayUntilThereGives(t *testing.T) {
	p := newProgramme(t, newMemory(), "one", 61)
	db := open(t)
	r := running(t, db, p.log)
	for i := range 9 { // each part goes on where the one before left the sums
		if i == 4 {
			p.setback = 3 * time.Hour // of the clock
		}
		p.run(100)
		reach(t, r)
	}
	dice := rand.New(rand.NewPCG(61, 1))
	lines := 0
	for range 25 {
		a := randomPast(dice, p)
		want := replayed(t, p.log, a)
		keys := slices.SortedFunc(maps.Keys(want), compareTotals)
		for _, by := range allRoads {
			q := TotalsQuery{Ledger: "one", By: by, AsOf: a}
			if dice.IntN(2) == 0 {
				q.Year = 2018 + dice.IntN(4)
			}
			if dice.IntN(3) == 0 && len(keys) > 0 {
				q.Key = &keys[dice.IntN(len(keys))].key
			}
			got, expected := said(t, totals(t, db, q)), replayedLines(want, q)
			if lines += len(got); !slices.Equal(got, expected) {
				t.Fatalf("%+v:\n got %v\nwant %v", q, got, expected)
			}
		}
	}
	if lines < 800 {
		t.Errorf("only %d lines were compared", lines)
	}
	for table, least := range map[string]int{"cutoffs": 5, "year_sums": 30} {
		if rows := count(t, db, table); rows < least {
			t.Errorf("there are only %d rows in the table %s", rows, table)
		}
	}
	verified(t, r)
}

func count(t *testing.T, db *DB, table string) (rows int) {
	t.Helper()
	err := db.snapshot(t.Context(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "select count(*) from aidledger."+table).Scan(&rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What is asked for by flows is what the single movements add up to.
func TestFlowsAsOfAnyPointAreWhatTheirMovementsAddUpTo(t *testing.T) {
	db, _, p := projectedProgramme(t, 62, 700)
	dice := rand.New(rand.NewPCG(62, 1))
	filters := []JournalQuery{{}, {Project: "p-1"}, {Fund: "fund-3"}, {Place: "v-2"}, {Provider: "org-1", Stage: "disbursed,allocated"}, {Year: 2019}, {LateDays: 900}}
	some := 0
	for i := range 120 {
		q := filters[i%len(filters)]
		q.Ledger = "one"
		var err error
		if q.AsOf, err = db.Known(t.Context(), "one", randomPast(dice, p)); err != nil {
			t.Fatal(err)
		}
		added := func(single bool) []string {
			c, err := q.conditions()
			if err != nil {
				t.Fatal(err)
			}
			c.few = single
			var out []string
			err = db.snapshot(t.Context(), func(tx pgx.Tx) error {
				rows, _ := tx.Query(t.Context(), `select concat_ws('|', fund, provider, project, place, payee, other_fund, stage, currency, year, budget_year, on_receipt,
					sum(amount), sum(entries), sum(place_entries), sum(approximate), sum(place_approximate)) from (`+c.sums()+`) s
					group by fund, provider, project, place, payee, other_fund, stage, currency, year, budget_year, on_receipt order by 1`, c.args...)
				out, err = pgx.CollectRows(rows, pgx.RowTo[string])
				return err
			})
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			return out
		}
		got, want := added(false), added(true)
		if some += len(got); !slices.Equal(got, want) {
			t.Fatalf("%+v:\n got %v\nwant %v", q, got, want)
		}
	}
	if some < 500 {
		t.Errorf("only %d flows were compared", some)
	}
}

// before is the position before the first entry that was recorded after a time,
// as a replay of the log finds it.
func before(log *memory, at time.Time) eventstore.Position {
	last := eventstore.Position{}
	for _, b := range decodeAll(log.messages) {
		for i := range b.facts {
			if b.facts[i].entry.Recorded.After(at) {
				return last
			}
			last = b.facts[i].at
		}
		last = positionOf(b)
	}
	return last
}

func TestEveryQueryTakesATimeAsTheSamePositionAlsoWhenTheClockWentBack(t *testing.T) {
	p := newProgramme(t, newMemory(), "one", 63)
	db := open(t)
	r := running(t, db, p.log)
	p.run(150)
	p.setback = 90 * time.Minute
	p.run(150)
	p.must(report("A", "T1", "100.00", "2019"))
	p.close()
	reach(t, r)
	ctx := t.Context()
	queries := map[string]func(AsOf) (any, error){
		"totals":  func(a AsOf) (any, error) { return db.Totals(ctx, TotalsQuery{Ledger: "one", By: "project", AsOf: a}) },
		"journal": func(a AsOf) (any, error) { return db.Journal(ctx, JournalQuery{Ledger: "one", Limit: 1000, AsOf: a}) },
		"flow": func(a AsOf) (any, error) {
			return db.Flow(ctx, JournalQuery{Ledger: "one", Stage: "allocated", AsOf: a})
		},
		"trace": func(a AsOf) (any, error) { return db.Trace(ctx, TraceQuery{Ledger: "one", ID: "org-1", AsOf: a}) },
		"why": func(a AsOf) (any, error) {
			return db.Why(ctx, JournalQuery{Ledger: "one", Stage: "disbursed", AsOf: a})
		},
		"diff":     func(a AsOf) (any, error) { return db.Diff(ctx, DiffQuery{Ledger: "one", By: "year", From: a}) },
		"late":     func(a AsOf) (any, error) { return db.LatePostings(ctx, LateQuery{Ledger: "one", Days: 1, AsOf: a}) },
		"ledgers":  func(a AsOf) (any, error) { return db.Until(a).Ledgers(ctx, ListQuery{}) },
		"projects": func(a AsOf) (any, error) { return db.Until(a).Projects(ctx, ListQuery{Ledger: "one"}) },
		"reported": func(a AsOf) (any, error) {
			return db.Reported(ctx, ReportedQuery{Ledger: "one", AsOf: a})
		},
		"reported totals": func(a AsOf) (any, error) {
			return db.ReportedTotals(ctx, ReportedTotalsQuery{Ledger: "one", By: "type", AsOf: a})
		},
	}
	dice := rand.New(rand.NewPCG(63, 1))
	for range 12 {
		at := began.Add(time.Duration(dice.IntN(p.count)) * time.Minute)
		there := before(p.log, at)
		for name, ask := range queries {
			byTime, err := ask(AsOf{Time: at})
			if err != nil {
				t.Fatal(name, err)
			}
			byPosition, err := ask(AsOf{Position: there})
			if err != nil {
				t.Fatal(name, err)
			}
			if got, want := asJSON(t, byTime), asJSON(t, byPosition); got != want {
				t.Errorf("%s at %s, position %s:\n got %s\nwant %s", name, at, there, got, want)
			}
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
