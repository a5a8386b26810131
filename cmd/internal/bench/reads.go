package bench

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"aidledger/eventstore"
	"aidledger/projections"
)

// readGrowth is what a person waits for who reads, and how long the read models
// need to be made.
var readGrowth = []growthCase{
	{"rebuild", "s", 0, (*bench).growRebuild},
	{"totals of all years", "ms", logarithmic, totalsGrowth("year", "")},
	{"totals of one project", "ms", logarithmic, totalsGrowth("project", string(project(7)))},
	{"totals of one village", "ms", logarithmic, totalsGrowth("village", string(village(14)))},
	{"trace of a project", "ms", logarithmic, traceGrowth(string(project(7)))},
	{"trace of a provider", "ms", logarithmic, traceGrowth("provider-1")},
	{"trace of a payment", "ms", logarithmic, (*bench).growPayment},
	{"journal of a village", "ms", logarithmic, (*bench).growJournal},
	{"events from the middle", "ms", logarithmic, (*bench).growEvents},
	{"totals as of the middle", "ms", 0, (*bench).growAsOf},
}

// growRebuild measures seconds for all read models.
func (b *bench) growRebuild(ctx context.Context) (float64, error) {
	if err := b.forget(ctx); err != nil {
		return 0, err
	}
	begun := time.Now()
	err := b.runner.Rebuild(ctx, func(done, total uint64) { b.Progress("rebuild", done, total) })
	return time.Since(begun).Seconds(), err
}

// asking measures the milliseconds that a query takes, as the median.
func (b *bench) asking(ctx context.Context, ask func(context.Context) (found int, err error)) (float64, error) {
	row, err := b.load(ctx, "query", 1, 1, func(ctx context.Context, _ int) error {
		found, err := ask(ctx)
		if err == nil && found == 0 {
			err = errors.New("nothing was found")
		}
		return err
	})
	return float64(row.P50) / float64(time.Millisecond), err
}

func totalsGrowth(by, key string) func(*bench, context.Context) (float64, error) {
	q := projections.TotalsQuery{Ledger: largeLedger, By: by}
	if key != "" {
		q.Key = &key
	}
	return func(b *bench, ctx context.Context) (float64, error) {
		return b.asking(ctx, func(ctx context.Context) (int, error) {
			totals, err := b.views.Totals(ctx, q)
			return len(totals.Rows), err
		})
	}
}

func traceGrowth(id string) func(*bench, context.Context) (float64, error) {
	return func(b *bench, ctx context.Context) (float64, error) {
		return b.asking(ctx, func(ctx context.Context) (int, error) {
			t, err := b.views.Trace(ctx, projections.TraceQuery{Ledger: largeLedger, ID: id})
			return len(t.Movements), err
		})
	}
}

func (b *bench) growJournal(ctx context.Context) (float64, error) {
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		page, err := b.views.Journal(ctx, projections.JournalQuery{Ledger: largeLedger, Place: village(14)})
		return len(page.Movements), err
	})
}

// growPayment asks for the last entry.
func (b *bench) growPayment(ctx context.Context) (float64, error) {
	last, err := b.views.Journal(ctx, projections.JournalQuery{Ledger: largeLedger, Newest: true, Limit: 1})
	if err != nil {
		return 0, err
	}
	return traceGrowth(last.Movements[0].Entry)(b, ctx)
}

// growEvents reads a block in the middle of the log.
func (b *bench) growEvents(ctx context.Context) (float64, error) {
	end, err := b.large.End(ctx)
	if err != nil {
		return 0, err
	}
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		for m, err := range b.large.LedgerBlocks(ctx, largeLedger, end/2, 0) {
			return len(m.Data), err
		}
		return 0, nil
	})
}

func (b *bench) growAsOf(ctx context.Context) (float64, error) {
	end, err := b.large.End(ctx)
	if err != nil {
		return 0, err
	}
	q := projections.TotalsQuery{Ledger: largeLedger, By: "year",
		AsOf: projections.AsOf{Position: eventstore.Position{Block: end / 2, Event: eventstore.WholeBlock}}}
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		totals, err := b.views.Totals(ctx, q)
		return len(totals.Rows), err
	})
}

// lag measures how long what was recorded takes to reach the read models, while
// as many clients as make the most commands record.
func (b *bench) lag(ctx context.Context) error {
	const clients = 64
	if err := b.pg.CreateDatabase(ctx, "lag"); err != nil {
		return err
	}
	views, err := projections.Open(ctx, b.pg.ConnString("lag"))
	if err != nil {
		return err
	}
	defer views.Close()
	runner := projections.NewRunner(views, b.store, slog.New(slog.DiscardHandler))
	follow, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { defer close(stopped); runner.Run(follow) }()
	defer func() { stop(); <-stopped }()
	end, err := b.store.End(ctx)
	if err != nil {
		return err
	}
	if err := runner.WaitFor(ctx, end); err != nil {
		return err
	}
	var waits []time.Duration // of the first client
	row, err := b.load(ctx, "lag", clients, 1, func(ctx context.Context, client int) error {
		r, err := b.store.Submit(ctx, commandLedger, request(payment()))
		if err != nil || client > 0 {
			return err
		}
		begun := time.Now()
		err = runner.WaitFor(ctx, r.Position.Block)
		waits = append(waits, time.Since(begun))
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(waits)
	row.P50, row.P99 = Nanoseconds(waits[len(waits)/2]), Nanoseconds(waits[len(waits)*99/100])
	row.Unit, row.Note = "commands", "from the answer to the read models, while 64 clients record"
	b.record(row)
	return nil
}
