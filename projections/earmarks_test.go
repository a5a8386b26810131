package projections

import (
	"testing"

	"aidledger/domain"
)

func TestMoneyThatIsAboutToLapseIsAList(t *testing.T) {
	log := newMemory()
	p := funded(t, log)
	p.must(&domain.EarmarkFunds{Fund: "f", Purpose: "roads", Places: []domain.NamedPlace{{Place: "v-1"}, {Place: "v-0"}}, Until: dateOf("2020-12")})
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "empty", Provider: "org-0", Amount: amountOf("1")}, Evidence: domain.Evidence{Document: "文 2"}})
	p.must(&domain.EarmarkFunds{Fund: "empty", Until: dateOf("2020-12")})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "free", Provider: "org-0", Amount: amountOf("1")}})
	p.must(&domain.EarmarkFunds{Fund: "free", Purpose: "roads"})
	p.must(&domain.LiftEarmark{Fund: "free"})
	p.close()
	db := open(t)
	r := running(t, db, log)
	reach(t, r)
	for filter, want := range map[string]int{"": 2, "2020-12-30": 0, "2020-12-31": 1, "2020": 1, "2021": 1} {
		q := ListQuery{Ledger: "one", Filter: map[string]string{}}
		if filter != "" {
			q.Filter["lapses_by"] = filter
		}
		got, err := db.Earmarks(t.Context(), q)
		if err != nil || len(got.Rows) != want {
			t.Fatalf("by %q: %v %+v, want %d", filter, err, got.Rows, want)
		}
		if want == 1 && (got.Rows[0].Fund != "f" || *got.Rows[0].Cash != "4000.00" || got.Rows[0].Purpose != "roads" || got.Rows[0].Places[0] != "v-0") {
			t.Errorf("by %q: %+v", filter, got.Rows[0])
		}
	}
	if _, err := db.Earmarks(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"lapses_by": "soon"}}); !Is(err, BadQuery) {
		t.Errorf("a filter that is no date: %v", err)
	}
	verified(t, r)
}
