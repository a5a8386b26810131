package bench

import (
	"context"
	"errors"
	"time"

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
	{"journal of a village", "ms", logarithmic, (*bench).growJournal},
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
