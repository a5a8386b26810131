package chaos

import (
	"context"
	"maps"
	"slices"
	"time"

	"aidledger/eventstore"
)

// moved is where ledgers are that were moved, and how long that took.
type moved struct {
	to   map[string]string // region by ledger
	took []time.Duration
}

// move moves some ledgers to the other region, one after the other.
func (c *counties) move(ctx context.Context) (moved, error) {
	done := moved{to: map[string]string{}}
	conn, err := connect(c.nats)
	if err != nil {
		return done, err
	}
	defer conn.Close()
	places, err := eventstore.OpenPlaces(ctx, conn, "PLACES", "", 1)
	if err != nil {
		return done, err
	}
	for i := range c.scale(3, 40) {
		name := countyName(i)
		at, err := places.Of(ctx, name)
		if err != nil {
			return done, err
		}
		done.to[name] = regions[1-slices.Index(regions, at.Region)]
		begun := time.Now()
		order := eventstore.Move{Ledger: name, To: done.to[name], Actor: "operator", Note: "the county belongs to it now"}
		failed := until(ctx, "moving "+name, func() bool { // as an operator does who is told to give the same command again
			_, err = eventstore.MoveLedger(ctx, eventstore.Config{Conn: conn, Now: time.Now, Log: quiet}, places, order)
			return !eventstore.Is(err, eventstore.LogUnavailable)
		})
		if err != nil && !eventstore.Is(err, eventstore.NotMoved) { // it was moved by a command whose answer was lost
			return done, err
		}
		if failed != nil {
			return done, failed
		}
		done.took = append(done.took, time.Since(begun))
	}
	slices.Sort(done.took)
	return done, nil
}

// leave takes out of the tally of a region what it still has of ledgers that are
// in the other one now. What is not there as well is lost.
func (t *tally) leave(ctx context.Context, store *eventstore.Store, region string, gone moved) error {
	for name, to := range gone.to {
		if to == region {
			continue
		}
		old := newTally()
		for m, err := range store.LedgerBlocks(ctx, name, 0, 0) {
			var b *eventstore.Block
			if err == nil {
				b, err = eventstore.Decode(m)
			}
			if err != nil {
				return err
			}
			old.add(b)
		}
		for id, n := range old.entries {
			t.entries[id] -= n
		}
		for fund, paid := range old.paid {
			t.paid[fund] -= paid
		}
	}
	maps.DeleteFunc(t.entries, func(_ string, n int) bool { return n == 0 })
	return nil
}
