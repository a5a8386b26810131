package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// doubt loses acknowledgements of the log, and makes the way to it slow, stuck
// and cut, while clients go on.
func doubt(ctx context.Context, r *Run) error {
	server, err := r.startNode(ctx, "doubt", filepath.Join(r.Dir, "nats"), "")
	if err != nil {
		return err
	}
	defer server.kill()
	road, err := newLink(dialTCP(server.address))
	if err != nil {
		return err
	}
	defer road.close()
	conn, err := connect("nats://" + road.address())
	if err != nil {
		return err
	}
	defer conn.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, PublishTimeout: 500 * time.Millisecond})
	if err != nil {
		return err
	}
	defer store.Close()
	if r.Unprotected {
		return publishAgain(ctx, conn, road)
	}
	if err := must(ctx, store.Submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	m := newMemory()
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	load.Go(func() {
		m.payers(loading, finishing(ctx, store.Submit), 8)
	})
	for range r.scale(3, 200) {
		road.set(func(l *link) { l.deaf = 1 + r.dice.IntN(2) })
		if err := r.underLoad(ctx, m, 30); err != nil {
			return fmt.Errorf("with lost acknowledgements: %w", err)
		}
		road.set(func(l *link) { l.delay = time.Duration(r.dice.IntN(20)) * time.Millisecond })
		if err := r.underLoad(ctx, m, 30); err != nil {
			return fmt.Errorf("with a slow log: %w", err)
		}
		road.set(func(l *link) { l.delay, l.cut = 0, true })
		if err := pause(ctx, time.Duration(r.dice.IntN(100))*time.Millisecond); err != nil {
			return err
		}
		road.set(func(l *link) { l.cut, l.stuck = false, true })
		if err := pause(ctx, time.Duration(r.dice.IntN(300))*time.Millisecond); err != nil {
			return err
		}
		road.set(func(l *link) { l.stuck = false })
	}
	stop()
	load.Wait()
	t, err := audit(ctx, store)
	if err != nil {
		return err
	}
	if err := m.compare(t); err != nil {
		return err
	}
	if road.swallowed == 0 {
		return errNothing
	}
	r.figure("%d acknowledgements lost, the log slow, stuck and cut off %d times: acknowledged %d, lost 0, duplicated 0", road.swallowed, road.cuts, len(m.acknowledged))
	return nil
}

// publishAgain is what a client without ids and guard does: it publishes again
// when it gets no answer.
func publishAgain(ctx context.Context, conn *nats.Conn, road *link) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	const wanted = 20
	for i := range wanted {
		if i%5 == 0 {
			road.set(func(l *link) { l.deaf = 1 })
		}
		for {
			attempt, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			_, err := js.Publish(attempt, eventstore.DefaultStream+".naive", fmt.Append(nil, i))
			cancel()
			if err == nil {
				break
			}
		}
	}
	stream, err := js.Stream(ctx, eventstore.DefaultStream)
	if err != nil {
		return err
	}
	if n := stream.CachedInfo().State.Msgs; n != wanted {
		return violated("%d payments were made and %d are in the log", wanted, n)
	}
	return nil
}
