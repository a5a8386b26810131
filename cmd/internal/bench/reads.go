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
	{"why a number of a village", "ms", logarithmic, (*bench).growWhy},
	{"events from the middle", "ms", logarithmic, (*bench).growEvents},
	{"totals of all years as of the middle", "ms", logarithmic, totalsAsOf("year", middle)},
	{"the same as of a date", "ms", logarithmic, totalsAsOf("year", midsummer)},
	{"the same as of both", "ms", logarithmic, totalsAsOf("year", middle, midsummer)},
	{"totals of one project as of both", "ms", logarithmic, projectAsOf(middle, midsummer)},
	{"totals of all projects as of the middle", "ms", logarithmic, totalsAsOf("project", middle)},
	{"the same as of both", "ms", logarithmic, totalsAsOf("project", middle, midsummer)},
	{"money of a project as of the middle", "ms", logarithmic, traceAsOf(string(project(7)), middle)},
	{"money of a provider as of both", "ms", logarithmic, traceAsOf("provider-1", middle, midsummer)},
	{"list of projects as of the middle", "ms", logarithmic, (*bench).growPastList},
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

// growWhy asks for a page of steps in the middle of all that are behind a number.
func (b *bench) growWhy(ctx context.Context) (float64, error) {
	q := projections.JournalQuery{Ledger: largeLedger, Place: village(14), Stage: "disbursed", Limit: 50}
	end, err := b.large.End(ctx)
	if err != nil {
		return 0, err
	}
	q.After = eventstore.Position{Block: end / 2}.String() + ".0"
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		why, err := b.views.Why(ctx, q)
		return len(why.Sum), err
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

// middle and midsummer limit a question to half of the log, and to what
// happened until a day in the middle of a year.
func middle(a *projections.AsOf, end uint64) {
	a.Position = eventstore.Position{Block: end / 2, Event: eventstore.WholeBlock}
}

func midsummer(a *projections.AsOf, _ uint64) { a.EffectiveUntil = day(years/2, 165) }

// pastGrowth measures a question about the past.
func pastGrowth(limits []func(*projections.AsOf, uint64), ask func(*bench, context.Context, projections.AsOf) (int, error)) func(*bench, context.Context) (float64, error) {
	return func(b *bench, ctx context.Context) (float64, error) {
		end, err := b.large.End(ctx)
		if err != nil {
			return 0, err
		}
		var past projections.AsOf
		for _, limit := range limits {
			limit(&past, end)
		}
		return b.asking(ctx, func(ctx context.Context) (int, error) { return ask(b, ctx, past) })
	}
}

func totalsAsOf(by string, limits ...func(*projections.AsOf, uint64)) func(*bench, context.Context) (float64, error) {
	return pastGrowth(limits, func(b *bench, ctx context.Context, past projections.AsOf) (int, error) {
		totals, err := b.views.Totals(ctx, projections.TotalsQuery{Ledger: largeLedger, By: by, AsOf: past})
		return len(totals.Rows), err
	})
}

func projectAsOf(limits ...func(*projections.AsOf, uint64)) func(*bench, context.Context) (float64, error) {
	return pastGrowth(limits, func(b *bench, ctx context.Context, past projections.AsOf) (int, error) {
		totals, err := b.views.Totals(ctx, projections.TotalsQuery{Ledger: largeLedger, By: "project", Key: new(string(project(7))), AsOf: past})
		return len(totals.Rows), err
	})
}

func traceAsOf(id string, limits ...func(*projections.AsOf, uint64)) func(*bench, context.Context) (float64, error) {
	return pastGrowth(limits, func(b *bench, ctx context.Context, past projections.AsOf) (int, error) {
		t, err := b.views.Trace(ctx, projections.TraceQuery{Ledger: largeLedger, ID: id, AsOf: past, MoneyOnly: true})
		return len(t.Movements), err
	})
}

// growPastList asks for a list as of another event in the middle each time, since
// the last pasts are kept.
func (b *bench) growPastList(ctx context.Context) (float64, error) {
	end, err := b.large.End(ctx)
	if err != nil {
		return 0, err
	}
	at := eventstore.Position{Block: end / 2}
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		at.Event++
		list, err := b.views.Until(projections.AsOf{Position: at}).Projects(ctx, projections.ListQuery{Ledger: largeLedger})
		return len(list.Rows), err
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
