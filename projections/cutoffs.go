package projections

import (
	"context"
	"time"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// A cutoff is the end of a block at which sums are kept, so that totals as of a
// later position begin there and read only the movements after it. There is one
// after so many movements of a ledger, and not before the sums to keep are a
// quarter of these movements or less. What is posted late belongs to the next cutoff: no row
// is ever changed.
var cutoffAfter = struct {
	movements       int // at least
	perYear, perSum int // for each row that is kept, with its days, and for each sum of a flow in them
}{4096, 512, 4}

// yearKey names what is kept in one row: the movements of one year, stage and
// currency for one budget year.
type yearKey struct {
	year, budgetYear int16
	currency         domain.Currency
	stage            domain.Stage
}

// daysMax is the number of days of a leap year.
const daysMax = 366

// yearSums is what the movements of a year add up to, by day and by flow.
type yearSums struct {
	amounts, entries, approximate [daysMax]int64
	key                           yearKey
	flows                         []*flow // in the order of their first movements
	touched                       bool    // since the last cutoff
}

// openSums is what has come to a ledger since its last cutoff, and the sums
// that the next one will keep.
type openSums struct {
	ledger    string
	cutoff    uint64 // block of the last one
	block     uint64 // that is being added
	movements int    // since the last cutoff
	waits     int    // for so many of them at least
	latest    time.Time
	touched   []*yearSums
	years     map[yearKey]*yearSums
}

// next begins a block. The one before it may become a cutoff.
func (o *openSums) next(block uint64, kept *keptSums) {
	if block != o.block {
		o.end(kept)
		o.block = block
	}
}

// add counts a movement of a flow, which has its own sums.
func (o *openSums) add(f *flow, m *domain.Movement, entries int, recorded time.Time) {
	if f.in == nil {
		o.include(f)
	}
	y := f.in
	if !y.touched {
		y.touched = true
		o.touched = append(o.touched, y)
	}
	day := m.Date.Last().Time().YearDay() - 1
	y.amounts[day] += m.Money.Minor
	y.entries[day] += int64(entries)
	if m.Approximate {
		y.approximate[day] += int64(entries)
	}
	o.count(recorded)
}

// include puts a flow into the sums of its year.
func (o *openSums) include(f *flow) {
	k := yearKey{f.year, f.budgetYear, f.currency, f.stage}
	f.in = o.years[k]
	if f.in == nil {
		f.in = &yearSums{key: k}
		o.years[k] = f.in
	}
	f.in.flows = append(f.in.flows, f)
}

// count counts a movement, whose sums may come later.
func (o *openSums) count(recorded time.Time) {
	o.movements++
	if recorded.After(o.latest) {
		o.latest = recorded
	}
}

// end makes a cutoff of a block that is complete, if it is time.
func (o *openSums) end(kept *keptSums) {
	if o.movements < cutoffAfter.movements || o.movements < o.due() {
		return
	}
	for _, y := range o.touched {
		y.touched = false
		kept.year(o.ledger, o.block, y)
	}
	kept.cutoff(o.ledger, o.block, o.latest)
	o.cutoff, o.movements, o.touched = o.block, 0, o.touched[:0]
}

// due is how many movements have to come before the next cutoff, as far as can
// be said now: it only grows.
func (o *openSums) due() int {
	sums := cutoffAfter.perYear * len(o.touched)
	for _, y := range o.touched {
		sums += cutoffAfter.perSum * len(y.flows)
	}
	return max(cutoffAfter.movements, sums)
}

// keptSums are the rows of new cutoffs.
type keptSums struct{ cutoffs, years copying }

func (s *keptSums) cutoff(ledger string, block uint64, latest time.Time) {
	c := &s.cutoffs
	c.row(3)
	c.text(ledger)
	c.int64(int64(block))
	c.time(latest)
}

// year writes the columns in the order of the table year_sums.
func (s *keptSums) year(ledger string, block uint64, y *yearSums) {
	c := &s.years
	c.row(18)
	c.text(ledger)
	c.int16(int(y.key.year))
	c.int16(int(y.key.budgetYear))
	c.text(string(y.key.currency))
	c.text(y.key.stage.String())
	c.int64(int64(block))
	days := [...]*[daysMax]int64{&y.amounts, &y.entries, &y.approximate}
	var until [len(days)][]int64
	for i, sums := range days {
		total := int64(0)
		for _, n := range sums {
			total += n
			until[i] = append(until[i], total)
		}
		c.int64(total)
	}
	for _, sums := range until {
		c.int64s(sums)
	}
	ids := make([]flowID, len(y.flows))
	for i, f := range y.flows {
		ids[i] = f.id
	}
	c.uuids(ids)
	for _, of := range []func(*flow) int64{
		func(f *flow) int64 { return f.amount }, func(f *flow) int64 { return f.entries }, func(f *flow) int64 { return f.approximate },
		func(f *flow) int64 { return f.placeEntries }, func(f *flow) int64 { return f.placeApproximate },
	} {
		sums := make([]int64, len(y.flows))
		for i, f := range y.flows {
			sums[i] = of(f)
		}
		c.int64s(sums)
	}
}

// flush copies the rows into their tables.
func (s *keptSums) flush(ctx context.Context, tx pgx.Tx, bulk bool) error {
	form := " from stdin (format binary)"
	if bulk {
		form = " from stdin (format binary, freeze)"
	}
	if err := s.cutoffs.flush(ctx, tx, "copy cutoffs"+form); err != nil {
		return err
	}
	return s.years.flush(ctx, tx, "copy year_sums"+form)
}
