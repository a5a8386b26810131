package chaos

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// clock is a clock that a scenario sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Now returns what the clock was set to.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// clocks pays in the last second of a year and in the first of the next, with
// a clock that jumps and on machines in three time zones.
func clocks(ctx context.Context, r *Run) error {
	var first map[string]int64
	for i, zone := range []string{"Asia/Shanghai", "UTC", "America/New_York"} {
		years, err := r.yearsIn(ctx, filepath.Join(r.Dir, fmt.Sprint("nats", i)), zone)
		if err != nil {
			return err
		}
		if i == 0 {
			first = years
		} else if !maps.Equal(first, years) {
			return violated("by year it is %v on a machine in Asia/Shanghai and %v in %s", first, years, zone)
		}
	}
	if first["2025"] == 0 || first["2026"] == 0 {
		return errNothing
	}
	if first["2025"] != 3 || first["2026"] != 4 {
		return violated("the fen by year are %v, want 3 in 2025 and 4 in 2026", first)
	}
	r.figure("machines in 3 time zones, a clock that jumps back and forth over the year's end: same totals %v", first)
	return nil
}

// yearsIn runs a ledger on a machine whose clock is in a zone, and returns the
// fen that were paid by year. The zone of the ledger is Asia/Shanghai.
func (r *Run) yearsIn(ctx context.Context, dir, zone string) (map[string]int64, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	nats, err := localnats.Start(dir)
	if err != nil {
		return nil, err
	}
	defer nats.Close()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	last := time.Date(2025, 12, 31, 23, 59, 59, 0, shanghai)
	c := &clock{now: last.Add(-time.Hour).In(location)}
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: c.Now, SyncAlways: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	commands := programme(1, plenty)
	if r.Unprotected { // the calendar of the machine instead of the ledger's
		commands[0] = &domain.OpenLedger{Title: "Chaos", Zone: zone}
	}
	if err := must(ctx, store.Submit, ledger, commands...); err != nil {
		return nil, err
	}
	at := []time.Time{last, last.Add(999_999 * time.Microsecond), last.Add(time.Second), last.Add(24 * time.Hour),
		last.Add(-time.Second), last.Add(48 * time.Hour), last.Add(8 * time.Hour)} // the fifth goes back
	for _, t := range at {
		c.set(t.In(location))
		if _, err := store.Submit(ctx, ledger, ask(pay(0, 1))); err != nil {
			return nil, err
		}
	}
	years := map[string]int64{}
	end, err := store.End(ctx)
	if err != nil {
		return nil, err
	}
	for m, err := range store.Blocks(ctx, 0, end) {
		if err != nil {
			return nil, err
		}
		b, err := eventstore.Decode(m)
		if err != nil {
			return nil, err
		}
		for _, e := range b.Entries {
			for _, event := range e.Events {
				for _, m := range slices.DeleteFunc(domain.Movements(event.Fact), func(m domain.Movement) bool { return m.Stage != domain.Disbursed }) {
					years[fmt.Sprint(m.Date.Year())] += m.Money.Minor
				}
			}
		}
	}
	return years, nil
}
