package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

var allRoads = []string{"year", "budget-year", "project", "village", "provider", "fund"}

// projectedProgramme returns a database with a random programme in it.
func projectedProgramme(t *testing.T, seed uint64, steps int) (*DB, *Runner, *programme) {
	t.Helper()
	log := newMemory()
	p := newProgramme(t, log, "one", seed).run(steps)
	db := open(t)
	r := running(t, db, log)
	reach(t, r)
	return db, r, p
}

func totals(t *testing.T, db *DB, q TotalsQuery) Totals {
	t.Helper()
	got, err := db.Totals(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return got
}

func TestTheSameTotalIsTheSameNumberByEveryRoad(t *testing.T) {
	for seed := range uint64(3) {
		db, _, _ := projectedProgramme(t, seed, 400)
		for _, year := range []int{0, 2018, 2019, 2020, 2021} {
			for _, asOf := range []AsOf{{}, {Time: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}} {
				want := sums(t, totals(t, db, TotalsQuery{Ledger: "one", By: "year", Year: year, AsOf: asOf}))
				for _, by := range allRoads {
					got := totals(t, db, TotalsQuery{Ledger: "one", By: by, Year: year, AsOf: asOf})
					if added := sums(t, got); !maps.Equal(added, want) {
						t.Errorf("seed %d: by %s in %d the rows add up to %v, by year to %v", seed, by, year, added, want)
					}
					if len(want) > 0 && len(got.Sum) == 0 {
						t.Errorf("seed %d: by %s in %d there is no sum", seed, by, year)
					}
				}
			}
		}
	}
}

// sums adds the rows up, by currency and stage, leaving zeros out.
func sums(t *testing.T, all Totals) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, row := range all.Rows {
		addTo(t, out, row.TotalsSum)
	}
	stated := map[string]int64{}
	for _, s := range all.Sum {
		addTo(t, stated, s)
	}
	maps.DeleteFunc(out, func(_ string, n int64) bool { return n == 0 })
	maps.DeleteFunc(stated, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(out, stated) {
		t.Errorf("by %s in %d: the rows add up to %v, the sum says %v", all.By, all.Year, out, stated)
	}
	return out
}

func addTo(t *testing.T, out map[string]int64, s TotalsSum) {
	t.Helper()
	for _, stage := range domain.Stages() {
		text := s.Amount(stage)
		if text == nil {
			continue
		}
		var m domain.Money
		if err := m.UnmarshalText([]byte(*text + " " + string(s.Currency))); err != nil {
			t.Fatal(err)
		}
		out[fmt.Sprint(s.Currency, " ", stage)] += m.Minor
	}
}

func TestTotalsAreWhatTheMovementsAddUpTo(t *testing.T) {
	db, _, p := projectedProgramme(t, 11, 500)
	want := map[string]int64{}
	for _, events := range p.facts {
		for _, e := range events {
			for _, m := range domain.Movements(e) {
				want[fmt.Sprint(m.Money.Currency, " ", m.Stage)] += m.Money.Minor
			}
		}
	}
	maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
	if got := sums(t, totals(t, db, TotalsQuery{Ledger: "one", By: "year"})); !maps.Equal(got, want) || len(want) < 12 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAsOfAnyPositionIsWhatAReplayUpToThereGives(t *testing.T) {
	db, _, p := projectedProgramme(t, 21, 400)
	end := uint64(len(p.log.messages))
	for _, block := range []uint64{end / 5, end / 2, end * 4 / 5, end} {
		early := open(t)
		reach(t, running(t, early, p.log.prefix(block)))
		for _, by := range allRoads {
			for _, year := range []int{0, 2019} {
				want := totals(t, early, TotalsQuery{Ledger: "one", By: by, Year: year})
				for _, asOf := range []AsOf{{Position: eventstore.Position{Block: block, Event: eventstore.WholeBlock}}, {Time: lastRecorded(t, p.log, block)}} {
					got := totals(t, db, TotalsQuery{Ledger: "one", By: by, Year: year, AsOf: asOf})
					sameTotals(t, fmt.Sprintf("by %s in %d as of block %d", by, year, block), got, want)
				}
			}
		}
	}
}

func lastRecorded(t *testing.T, log *memory, block uint64) time.Time {
	t.Helper()
	b, err := eventstore.Decode(log.messages[block-1])
	if err != nil {
		t.Fatal(err)
	}
	return b.Entries[len(b.Entries)-1].Recorded
}

// sameTotals compares rows and sums; names may be learned later.
func sameTotals(t *testing.T, what string, got, want Totals) {
	t.Helper()
	line := func(s TotalsSum) string {
		text := string(s.Currency)
		for _, stage := range domain.Stages() {
			text += " " + stage.String() + "=" + shown(s.Amount(stage))
		}
		slices.Sort(s.Approximate)
		return text + fmt.Sprint(" ", shown(s.Cash), shown(s.Undisbursed), shown(s.Unspent), s.Approximate)
	}
	var a, b []string
	for _, row := range got.Rows {
		a = append(a, row.Key+" "+line(row.TotalsSum))
	}
	for _, row := range want.Rows {
		b = append(b, row.Key+" "+line(row.TotalsSum))
	}
	for _, s := range got.Sum {
		a = append(a, line(s))
	}
	for _, s := range want.Sum {
		b = append(b, line(s))
	}
	if !slices.Equal(a, b) {
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Errorf("%s, line %d:\n got %v\nwant %v", what, i, a[min(i, len(a)):min(i+1, len(a))], b[min(i, len(b)):min(i+1, len(b))])
				return
			}
		}
	}
}

func shown(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func TestWhatNobodyReportedIsUnknownAndNotZero(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	y2018, y2019 := domain.Evidence{Date: dateOf("2018"), Document: "文"}, domain.Evidence{Date: dateOf("2019"), Document: "文"}
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "m01", Provider: "org-0", Amount: amountOf("37210000")}, Evidence: y2018})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "m02", Provider: "org-1", Amount: amountOf("1112300")}, Evidence: y2018})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "m03", Provider: "org-2", Amount: amountOf("1300000"), Approximate: true}, Evidence: y2018})
	p.must(&domain.ReceiveGift{Gift: "m04", Donor: "org-2", Item: "goods", Quantity: quantityOf("1"), Unit: "批", Value: amountOf("300000"), Method: "stated-by-source", Approximate: true, Evidence: y2018})
	mistake := p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "m06", Provider: "org-0", Amount: amountOf("5")}, Evidence: y2019})
	p.must(&domain.ReverseEntry{Entry: mistake, Reason: "wrong ledger"})
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "m07", Provider: "org-0", Amount: amountOf("44110000")}, Evidence: y2019})
	p.close()
	db := open(t)
	reach(t, running(t, db, log))
	type line struct{ committed, received, inKind, funding, disbursed, due, undisbursed, approximate string }
	want := map[string]line{
		"2018": {"37210000.00", "2412300.00", "300000.00", "39922300.00", "-", "37210000.00", "-", "[in-kind received recognised]"},
		"2019": {"44110000.00", "-", "-", "44110000.00", "-", "-", "-", "[]"},
	}
	for _, asOf := range []AsOf{{}, {EffectiveUntil: dateOf("2019")}} {
		got := map[string]line{}
		for _, r := range totals(t, db, TotalsQuery{Ledger: "one", By: "year", AsOf: asOf}).Rows {
			slices.Sort(r.Approximate)
			got[r.Key] = line{shown(r.Committed), shown(r.Received), shown(r.InKind), shown(r.Funding), shown(r.Disbursed), shown(r.Due), shown(r.Undisbursed), fmt.Sprint(r.Approximate)}
		}
		if !maps.Equal(got, want) {
			t.Errorf("as of %+v:\n got %+v\nwant %+v", asOf, got, want)
		}
	}
	early := totals(t, db, TotalsQuery{Ledger: "one", By: "year", AsOf: AsOf{EffectiveUntil: dateOf("2018-12-31")}})
	if len(early.Rows) != 1 || early.Rows[0].Key != "2018" {
		t.Errorf("effective until 2018 there are %+v", early.Rows)
	}
}

func TestTotalsComeInPages(t *testing.T) {
	db, _, _ := projectedProgramme(t, 31, 300)
	for _, asOf := range []AsOf{{}, {EffectiveUntil: dateOf("2200")}} {
		whole := totals(t, db, TotalsQuery{Ledger: "one", By: "fund", AsOf: asOf})
		var paged []TotalsRow
		q := TotalsQuery{Ledger: "one", By: "fund", AsOf: asOf, Limit: 3}
		for {
			page := totals(t, db, q)
			paged = append(paged, page.Rows...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if fmt.Sprint(keysOf(paged)) != fmt.Sprint(keysOf(whole.Rows)) || len(paged) < 10 {
			t.Errorf("pages have %v, all at once has %v", keysOf(paged), keysOf(whole.Rows))
		}
		key := whole.Rows[2].Key
		one := totals(t, db, TotalsQuery{Ledger: "one", By: "fund", AsOf: asOf, Key: &key})
		if len(one.Rows) != 1 || shown(one.Rows[0].Funding) != shown(whole.Rows[2].Funding) || shown(one.Sum[0].Funding) != shown(one.Rows[0].Funding) {
			t.Errorf("one line is %+v, want %+v", one.Rows, whole.Rows[2])
		}
	}
}

func keysOf(rows []TotalsRow) (keys []string) {
	for _, r := range rows {
		keys = append(keys, r.Key+" "+string(r.Currency))
	}
	return keys
}

func TestAQueryThatMakesNoSenseIsRefused(t *testing.T) {
	db, _, _ := projectedProgramme(t, 41, 10)
	for _, test := range []struct {
		name, code string
		query      TotalsQuery
	}{
		{"a dimension that does not exist", BadQuery, TotalsQuery{Ledger: "one", By: "colour"}},
		{"a page without end", BadQuery, TotalsQuery{Ledger: "one", By: "year", Limit: 1_000_000}},
		{"a cursor of something else", BadQuery, TotalsQuery{Ledger: "one", By: "year", After: "x"}},
		{"a ledger that does not exist", LedgerNotFound, TotalsQuery{Ledger: "two", By: "year"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := db.Totals(t.Context(), test.query); !Is(err, test.code) {
				t.Errorf("got %v, want %s", err, test.code)
			}
		})
	}
}

func TestDebitsEqualCreditsAndNoAccountHoldsWhatNeverCame(t *testing.T) {
	db, _, _ := projectedProgramme(t, 51, 400)
	err := db.snapshot(t.Context(), func(tx pgx.Tx) error {
		var difference, accounts int64
		err := tx.QueryRow(t.Context(), `select sum(amount), count(distinct account) from (
			select to_account as account, amount from aidledger.journal
			union all select from_account, -amount from aidledger.journal) a`).Scan(&difference, &accounts)
		if difference != 0 || accounts < 10 {
			t.Errorf("the %d accounts together hold %d", accounts, difference)
		}
		if err != nil {
			return err
		}
		rows, _ := tx.Query(context.Background(), `select to_account from (
			select fund, project, to_account, amount from aidledger.journal
			union all select fund, project, from_account, -amount from aidledger.journal where from_account = 'project:advances') a
			where to_account = 'project:advances' group by fund, project, to_account having sum(amount) < 0`)
		negative, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if len(negative) > 0 {
			t.Errorf("%d projects spent what they were not paid", len(negative))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
