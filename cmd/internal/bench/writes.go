package bench

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"aidledger/eventstore/localnats"
	"aidledger/projections"
)

// writeGrowth is what a person waits for who writes, and what a start needs. It
// comes last, since it starts the server of the log anew.
var writeGrowth = []growthCase{
	{"start, to the first command", "s", logarithmic, (*bench).growStart},
	{"memory held after it", "MiB", 0, (*bench).growMemory},
	{"one command, p50", "ms", logarithmic, commandGrowth(1)},
	{"64 commands at once, p50", "ms", logarithmic, commandGrowth(64)},
	// Last, since the server keeps what was read in memory for a while.
	{"start without a snapshot", "s", 0, (*bench).growReplay},
}

// growStart measures the seconds from the start of the server of the log until
// the first command is recorded. The store was closed in order, so that its last
// snapshot is the end of the log; after a kill up to 100,000 events follow it.
func (b *bench) growStart(ctx context.Context) (float64, error) {
	b.large.Close()
	b.store.Close()
	b.nats.Close()
	b.large, b.store, b.runner, b.nats = nil, nil, nil, nil // and their memory with them
	debug.FreeOSMemory()
	begun := time.Now()
	var err error
	if b.nats, err = localnats.Start(b.Dir + "/nats"); err != nil {
		return 0, err
	}
	if b.large, err = b.open(ctx, "LARGE"); err != nil {
		return 0, err
	}
	_, err = b.large.Submit(ctx, largeLedger, request(disbursement(rand.New(rand.NewPCG(seed, 1)), b.providers)))
	took := time.Since(begun)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.started = float64(m.HeapAlloc) / (1 << 20)
	b.runner = projections.NewRunner(b.views, b.large, slog.New(slog.DiscardHandler))
	return took.Seconds(), err
}

// growMemory returns what the process held when growStart was done, in MiB.
func (b *bench) growMemory(context.Context) (float64, error) { return b.started, nil }

// growReplay measures the same for a process that has no snapshot, without the
// start of the server.
func (b *bench) growReplay(ctx context.Context) (float64, error) {
	begun := time.Now()
	err := b.refold(ctx)
	return time.Since(begun).Seconds(), err
}

// commandGrowth measures the milliseconds that a command takes, as the median.
func commandGrowth(clients int) func(*bench, context.Context) (float64, error) {
	return func(b *bench, ctx context.Context) (float64, error) {
		row, err := b.recordAll(ctx, clients)
		return float64(row.P50) / float64(time.Millisecond), err
	}
}

// recordAll lets clients record in the large ledger.
func (b *bench) recordAll(ctx context.Context, clients int) (Row, error) {
	return b.load(ctx, "command", clients, 1, func(ctx context.Context, _ int) error {
		_, err := b.large.Submit(ctx, largeLedger, request(disbursement(rand.New(rand.NewPCG(seed, serial.Add(1))), b.providers)))
		return err
	})
}
