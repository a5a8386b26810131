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
			d, err := detailOf(f.event.Fact)
			if err != nil {
				continue // it moves no money
			}
			later = later || len(f.movements) > 0 && !a.Time.IsZero() && f.entry.Recorded.After(a.Time)
			if later || !a.Position.IsZero() && f.at.Compare(a.Position) > 0 {
				continue
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
		if q.AsOf, err = db.known(t.Context(), "one", randomPast(dice, p)); err != nil {
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
