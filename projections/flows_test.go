package projections

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestFlowsAreTheJournalAddedUp(t *testing.T) {
	db, _, _ := projectedProgramme(t, 71, 400)
	const differing = `with sums as (
			select flow, ledger, fund, project, place, payee, other_fund, stage, currency, year, provider, budget_year, on_receipt,
				sum(amount)::bigint, sum(entries)::bigint, sum(place_entries)::bigint
			from aidledger.journal group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
		select (select count(*) from sums), (select count(*) from ((table sums except table aidledger.flows) union all (table aidledger.flows except table sums)) d)`
	err := db.snapshot(t.Context(), func(tx pgx.Tx) error {
		var flows, different int
		err := tx.QueryRow(t.Context(), differing).Scan(&flows, &different)
		if flows < 20 || different > 0 {
			t.Errorf("of %d flows %d differ from the journal", flows, different)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesOfManyFlowsAreTheJournalInOrder(t *testing.T) {
	db, _, _ := projectedProgramme(t, 73, 300)
	whole, err := db.Journal(t.Context(), JournalQuery{Ledger: "one", Limit: 1000})
	if err != nil || whole.Next != "" {
		t.Fatalf("the journal is longer than one page, %v", err)
	}
	some := whole.Movements[len(whole.Movements)/2]
	for name, test := range map[string]struct {
		query JournalQuery
		of    func(Movement) bool
	}{
		"a provider":      {JournalQuery{Provider: some.Provider}, func(m Movement) bool { return m.Provider == some.Provider }},
		"a stage":         {JournalQuery{Stage: some.Stage}, func(m Movement) bool { return m.Stage == some.Stage }},
		"without a place": {JournalQuery{Without: "place"}, func(m Movement) bool { return m.Place == "" }},
		"until a position": {JournalQuery{Fund: some.Fund, AsOf: AsOf{Position: some.Position}},
			func(m Movement) bool { return m.Fund == some.Fund && m.Position.Compare(some.Position) <= 0 }},
	} {
		for _, newest := range []bool{false, true} {
			want := slices.DeleteFunc(slices.Clone(whole.Movements), func(m Movement) bool { return !test.of(m) })
			if newest {
				slices.Reverse(want)
			}
			var got []Movement
			q := test.query
			q.Ledger, q.Newest, q.Limit = "one", newest, 3
			for {
				page, err := db.Journal(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page.Movements...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("of %s, newest first %v, the pages have %d movements, want %d", name, newest, len(got), len(want))
			}
		}
	}
}
