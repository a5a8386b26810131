package bench

import (
	"testing"
	"time"

	"aidledger/projections/localpg/pgtest"
)

// The figures of so short a run mean nothing; that each case runs, is compared
// with its limit and finds what it expects does.
func TestEveryCaseRuns(t *testing.T) {
	var names []string
	err := Run(t.Context(), Config{Dir: pgtest.Dir(t), Duration: 20 * time.Millisecond, Events: 10_000}, func(r Row) {
		names = append(names, r.Name)
		if r.Rate <= 0 {
			t.Errorf("%s has the rate %f", r.Name, r.Rate)
		}
		if r.Limit != "" && r.Ratio <= 0 {
			t.Errorf("%s is not compared with %s", r.Name, r.Limit)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 20 {
		t.Errorf("only %d cases ran: %v", len(names), names)
	}
}
