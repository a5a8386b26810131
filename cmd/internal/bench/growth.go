package bench

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
)

// Growth says how one measure grows with the size of something else, events or
// funds: its value at each size, and the exponent e of the curve size^e that
// comes closest to them. What does not grow has an exponent near 0, what is
// proportional one near 1. Over the sizes that are measured here the logarithm
// comes out below 0.2.
type Growth struct {
	Name     string    `json:"name"`
	With     string    `json:"with"`
	Unit     string    `json:"unit"`
	Sizes    []int     `json:"sizes"`
	Values   []float64 `json:"values"`
	Exponent float64   `json:"exponent"`
	Most     float64   `json:"most,omitzero"` // goal of the exponent; 0: none
	Reached  bool      `json:"reached,omitzero"`
}

// logarithmic is the goal of whatever a person waits for.
const logarithmic = 0.2

// growthCase is one measure that is taken at each size.
type growthCase struct {
	name, unit string
	most       float64 // goal of the exponent; 0: none
	measure    func(*bench, context.Context) (float64, error)
}

// growthCases are taken in this order on one set of servers for each size: the
// first case of the reads builds the read models that the others ask.
var growthCases = slices.Concat(readGrowth, writeGrowth)

// Sizes says for which programmes Grow measures.
type Sizes struct {
	Events []int // of the log, with the usual 500 funds
	Funds  []int // multiples of 10, in a log of 100,000 events or more
}

// Grow takes every measure at each size and gives it to emit once it is
// complete.
func Grow(ctx context.Context, c Config, s Sizes, emit func(Growth)) error {
	byEvents := func(n int) Config { c := c; c.Events = n; return c }
	if err := grow(ctx, "events", s.Events, byEvents, emit); err != nil {
		return err
	}
	byFunds := func(n int) Config {
		c := c
		c.Events, c.providers = max(100_000, 10*n), max(1, n/years)
		return c
	}
	return grow(ctx, "funds", s.Funds, byFunds, emit)
}

func grow(ctx context.Context, with string, sizes []int, config func(int) Config, emit func(Growth)) error {
	if len(sizes) == 0 {
		return nil
	}
	all := make([]Growth, len(growthCases))
	for i, size := range sizes {
		c := config(size)
		c.Dir = fmt.Sprintf("%s/%s-%d", c.Dir, with, i)
		values, err := measureGrowth(ctx, c)
		if err != nil {
			return fmt.Errorf("with %d %s: %w", size, with, err)
		}
		for i, v := range values {
			all[i].Sizes, all[i].Values = append(all[i].Sizes, size), append(all[i].Values, v)
		}
	}
	for i, c := range growthCases {
		g := &all[i]
		g.Name, g.With, g.Unit, g.Most = c.name, with, c.unit, c.most
		g.Exponent = exponent(g.Sizes, g.Values)
		g.Reached = g.Most > 0 && g.Exponent <= g.Most
		emit(*g)
	}
	return nil
}

// measureGrowth takes every measure of one programme, on servers of its own.
func measureGrowth(ctx context.Context, c Config) ([]float64, error) {
	if err := os.MkdirAll(c.Dir, 0o711); err != nil { // PostgreSQL may run as another user
		return nil, err
	}
	defer os.RemoveAll(c.Dir)
	b := newBench(c, func(Row) {})
	defer b.close()
	if err := b.start(ctx); err != nil {
		return nil, err
	}
	if err := b.generate(ctx); err != nil {
		return nil, err
	}
	var values []float64
	for _, g := range growthCases {
		b.Progress(g.name, 0, 0)
		v, err := g.measure(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// exponent fits a straight line through the logarithms of sizes and values by
// least squares and returns its slope; 0 where there are fewer than two sizes.
func exponent(sizes []int, values []float64) float64 {
	var sumX, sumY, sumXX, sumXY float64
	for i, size := range sizes {
		x, y := math.Log(float64(size)), math.Log(max(values[i], math.SmallestNonzeroFloat64))
		sumX, sumY, sumXX, sumXY = sumX+x, sumY+y, sumXX+x*x, sumXY+x*y
	}
	n := float64(len(sizes))
	spread := n*sumXX - sumX*sumX
	if len(sizes) < 2 || spread == 0 {
		return 0
	}
	return (n*sumXY - sumX*sumY) / spread
}
