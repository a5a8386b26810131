package chaos

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"

	"github.com/jackc/pgx/v5"
)

// projectors lets three projectors work at once on one database, and ends the
// connections of the one that leads again and again.
func projectors(ctx context.Context, r *Run) error {
	d, err := r.startDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { d.stop(ctx) }()
	defer d.close()
	nats, err := localnats.Start(filepath.Join(r.Dir, "nats"))
	if err != nil {
		return err
	}
	defer nats.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := must(ctx, store.Submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	if r.Unprotected {
		if err := r.someBlocks(ctx, store, 150); err != nil {
			return err
		}
		return r.projectNaively(ctx, d, store)
	}
	url, err := d.url()
	if err != nil {
		return err
	}
	return r.threeRunners(ctx, d, url, store)
}

func (r *Run) threeRunners(ctx context.Context, d *database, url string, store *eventstore.Store) error {
	running, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	var runners []*projections.Runner
	for range 3 {
		views, err := projections.Open(ctx, url)
		if err != nil {
			return err
		}
		defer views.Close()
		runner := projections.NewRunner(views, store, quiet)
		runners = append(runners, runner)
		work.Go(func() { _ = runner.Run(running) })
	}
	ended := 0
	for round := 0; round < r.scale(5, 100) || ended == 0 && round < 100; round++ {
		if err := r.someBlocks(ctx, store, 30); err != nil {
			return err
		}
		n, err := d.terminate(ctx)
		if ended += n; err != nil {
			return err
		}
	}
	end, err := store.End(ctx)
	if err != nil {
		return err
	}
	for _, runner := range runners {
		if err := runner.WaitFor(ctx, end); err != nil {
			return err
		}
	}
	report, err := runners[0].Verify(ctx, func(uint64, uint64) {})
	switch {
	case err != nil:
		return err
	case !report.Clean:
		return violated("the read models differ from the log: %+v", report.Tables)
	case ended == 0:
		return errNothing
	}
	r.figure("3 projectors, %d connections ended while they worked, %d events: 0 differences", ended, report.Events)
	stop()
	work.Wait()
	return nil
}

func (r *Run) someBlocks(ctx context.Context, store *eventstore.Store, n int) error {
	for range n {
		if _, err := insist(ctx, store.Submit, ledger, ask(pay(0, 1+r.dice.Int64N(100)))); err != nil {
			return err
		}
	}
	return nil
}

// projectNaively is what three projectors would do that move their checkpoint
// without looking where it is.
func (r *Run) projectNaively(ctx context.Context, d *database, store *eventstore.Store) error {
	t, err := audit(ctx, store)
	if err != nil {
		return err
	}
	config, err := d.config()
	if err != nil {
		return err
	}
	var one int
	if err := d.ask(ctx, "with x as (select 1) select count(*) from x", &one); err != nil {
		return err
	}
	setup, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer setup.Close(ctx)
	if _, err := setup.Exec(ctx, "create table naive as select 0::bigint as block, 0::bigint as paid"); err != nil {
		return err
	}
	var work, start sync.WaitGroup
	errs := make([]error, 3)
	start.Add(len(errs))
	for i := range errs {
		work.Go(func() { errs[i] = followNaively(ctx, config, store, t.blocks, &start) })
	}
	work.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var paid int64
	if err := setup.QueryRow(ctx, "select paid from naive").Scan(&paid); err != nil {
		return err
	}
	if paid != t.total() {
		return violated("%d fen were counted, %d are in the log", paid, t.total())
	}
	return nil
}

// followNaively counts from where the checkpoint is. All have read it before
// the first one moves it.
func followNaively(ctx context.Context, config *pgx.ConnConfig, store *eventstore.Store, end uint64, start *sync.WaitGroup) error {
	ready := sync.OnceFunc(start.Done)
	defer ready()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for {
		var at uint64
		if err := conn.QueryRow(ctx, "select block from naive").Scan(&at); err != nil || at >= end {
			return err
		}
		ready()
		start.Wait()
		until := min(at+10, end)
		part := &tally{entries: map[string]int{}, paid: map[string]int64{}, left: map[string]int64{}}
		for m, err := range store.Blocks(ctx, at, until) {
			if err != nil {
				return err
			}
			b, err := eventstore.Decode(m)
			if err != nil {
				return err
			}
			part.add(b)
		}
		if _, err := conn.Exec(ctx, "update naive set block = $1, paid = paid + $2", until, part.total()); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
}
