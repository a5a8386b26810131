package bench

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
)

// Growth says how one measure grows with the size of something else, such as
// events: its value at each size, and the exponent e of the curve size^e that
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
	Events        []int // of the log, with the usual 500 funds
	Funds         []int // multiples of 10, in a log of 100,000 events or more
	Beneficiaries []int // each of whom is helped twice
	Clients       []int // that record and ask at a time, in a log of 10,000 events
}

// dimension is what the measures grow with: the programme for a size, and the
// cases that are taken of it.
type dimension struct {
	with   string
	sizes  []int
	config func(Config, int) Config
	fill   func(*bench, context.Context) error
	cases  []growthCase
}

func (s Sizes) dimensions() []dimension {
	return []dimension{
		{"events", s.Events, func(c Config, n int) Config { c.Events = n; return c }, (*bench).generate, growthCases},
		{"funds", s.Funds, func(c Config, n int) Config {
			c.Events, c.providers = max(100_000, 10*n), max(1, n/years)
			return c
		}, (*bench).generate, growthCases},
		{"beneficiaries", s.Beneficiaries, func(c Config, n int) Config { c.beneficiaries = n; return c }, (*bench).help, peopleGrowth},
		{"clients", s.Clients, func(c Config, n int) Config { c.Events, c.clients = 10_000, n; return c }, (*bench).generate, clientGrowth},
	}
}

// Grow takes every measure at each size and gives it to emit once it is
// complete.
func Grow(ctx context.Context, c Config, s Sizes, emit func(Growth)) error {
	for _, d := range s.dimensions() {
		if err := d.grow(ctx, c, emit); err != nil {
			return err
		}
	}
	return nil
}

func (d *dimension) grow(ctx context.Context, usual Config, emit func(Growth)) error {
	if len(d.sizes) == 0 {
		return nil
	}
	all := make([]Growth, len(d.cases))
	for i, size := range d.sizes {
		c := d.config(usual, size)
		c.Dir = fmt.Sprintf("%s/%s-%d", c.Dir, d.with, i)
		values, err := d.measure(ctx, c)
		if err != nil {
			return fmt.Errorf("with %d %s: %w", size, d.with, err)
		}
		for i, v := range values {
			all[i].Sizes, all[i].Values = append(all[i].Sizes, size), append(all[i].Values, v)
		}
	}
	for i, c := range d.cases {
		g := &all[i]
		g.Name, g.With, g.Unit, g.Most = c.name, d.with, c.unit, c.most
		g.Exponent = exponent(g.Sizes, g.Values)
		g.Reached = g.Most > 0 && g.Exponent <= g.Most
		emit(*g)
	}
	return nil
}

// measure takes every measure of one programme, on servers of its own.
func (d *dimension) measure(ctx context.Context, c Config) ([]float64, error) {
	if err := os.MkdirAll(c.Dir, 0o711); err != nil { // PostgreSQL may run as another user
		return nil, err
	}
	defer os.RemoveAll(c.Dir)
	b := newBench(c, func(Row) {})
	defer b.close()
	if err := b.start(ctx); err != nil {
		return nil, err
	}
	if err := d.fill(b, ctx); err != nil {
		return nil, err
	}
	var values []float64
	for _, g := range d.cases {
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
