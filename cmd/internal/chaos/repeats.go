package chaos

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// repeats sends the same commands again: at once, many times together, after a
// restart, after a day, and with another payload.
func repeats(ctx context.Context, r *Run) error {
	dir := filepath.Join(r.Dir, "nats")
	c := &clock{now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	commands := r.scale(100, 5_000)
	first := make([]request, commands)
	for i := range first {
		first[i] = ask(pay(0, int64(1+i)))
	}
	answers := make([]receipt, commands)
	again, refused := 0, 0
	for round, wait := range []time.Duration{0, 0, time.Minute, 24 * time.Hour, 400 * 24 * time.Hour} {
		c.set(c.Now().Add(wait))
		err := withStore(ctx, dir, c, func(store *eventstore.Store) error {
			if round == 0 {
				if err := must(ctx, store.Submit, ledger, programme(1, plenty)...); err != nil {
					return err
				}
			}
			n, err := r.sendAll(ctx, store, first, answers, round == 0)
			again += n
			if err != nil || round == 0 || r.Unprotected {
				return err
			}
			n, err = otherPayloads(ctx, store, first)
			refused += n
			return err
		})
		if err != nil {
			return err
		}
	}
	return withStore(ctx, dir, c, func(store *eventstore.Store) error {
		t, err := audit(ctx, store)
		if err != nil {
			return err
		}
		if want := int64(commands) * int64(commands+1) / 2; t.total() != want {
			return violated("%d fen are in the log, %d were asked for", t.total(), want)
		}
		if again == 0 || refused == 0 {
			return errNothing
		}
		r.figure("%d commands, %d repetitions (together, after restarts, a day and a year): 0 duplicates; %d with another payload or person refused", commands, again, refused)
		return nil
	})
}

// withStore runs a server and a store for as long as f takes.
func withStore(ctx context.Context, dir string, c *clock, f func(*eventstore.Store) error) error {
	nats, err := localnats.Start(dir)
	if err != nil {
		return err
	}
	defer nats.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: c.Now, SyncAlways: true})
	if err != nil {
		return err
	}
	defer store.Close()
	return f(store)
}

// sendAll sends every command three times together and compares the answers
// with the first ones. It returns how many repetitions there were.
func (r *Run) sendAll(ctx context.Context, store *eventstore.Store, all []request, answers []receipt, first bool) (again int, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range all {
		for range 3 {
			wg.Go(func() {
				q := all[i]
				if r.Unprotected {
					q.ID = ask(q.Command).ID
				}
				got, failed := insist(ctx, store.Submit, ledger, q)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case failed != nil:
					err = errors.Join(err, failed)
				case answers[i].Entry == "":
					answers[i] = got
				case !r.Unprotected && (got.Position != answers[i].Position || got.Events[0].ID != answers[i].Events[0].ID):
					err = errors.Join(err, violated("a repetition was answered with %s, the first one with %s", got.Position, answers[i].Position))
				default:
					again++
				}
			})
		}
	}
	wg.Wait()
	return again, err
}

// otherPayloads uses the ids of the commands for other commands and by other
// people, and returns how many were refused: all of them.
func otherPayloads(ctx context.Context, store *eventstore.Store, all []request) (refused int, err error) {
	for _, q := range all[:min(len(all), 20)] {
		amount, person := q, q
		amount.Command = pay(0, 999_999)
		person.Actor = "somebody else"
		for code, q := range map[string]request{eventstore.KeyReused: amount, eventstore.KeyTaken: person} {
			if _, err := store.Submit(ctx, ledger, q); codeOf(err) != code {
				return refused, violated("an id that was used was answered with %q, want %s", codeOf(err), code)
			}
			refused++
		}
	}
	return refused, nil
}
