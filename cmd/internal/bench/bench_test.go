package bench

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"

	"aidledger/projections/localpg/pgtest"

	"github.com/go-json-experiment/json"
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
		if text, err := json.Marshal(r); err != nil || !bytes.Contains(text, []byte(`"p99_ns":`)) {
			t.Errorf("as JSON it is %s: %v", text, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 20 {
		t.Errorf("only %d cases ran: %v", len(names), names)
	}
}

func TestEveryMeasureOfGrowthIsTakenAtEachSize(t *testing.T) {
	var names []string
	err := Grow(t.Context(), Config{Dir: pgtest.Dir(t), Duration: time.Millisecond}, Sizes{Events: []int{6_000, 7_000}, Beneficiaries: []int{20, 40}, Clients: []int{1, 2}}, func(g Growth) {
		names = append(names, g.Name)
		if len(g.Values) != 2 || slices.Min(g.Values) <= 0 {
			t.Errorf("%s has the values %v", g.Name, g.Values)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(growthCases)+len(peopleGrowth)+len(clientGrowth) {
		t.Errorf("only these were measured: %v", names)
	}
}

func TestTheExponentIsThatOfTheCurve(t *testing.T) {
	sizes := []int{10, 100, 1000}
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7, 7, 7}, 0},
		{[]float64{20, 200, 2000}, 1},
		{[]float64{3, 300, 30000}, 2},
	} {
		if got := exponent(sizes, c.values); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v grows with the exponent %f, want %f", c.values, got, c.want)
		}
	}
	if got := exponent(sizes[:1], []float64{5}); got != 0 {
		t.Errorf("one size says nothing about growth, but got %f", got)
	}
}
