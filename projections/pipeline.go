package projections

import (
	"context"
	"errors"
	"sync"
	"time"

	"aidledger/eventstore"
)

// A batch ends after so many messages or bytes, or as soon as it would have to
// wait for more.
const (
	batchMessagesMax = 16_384
	batchBytesMax    = 8 << 20
	bytesAhead       = 16 << 20 // read and not yet in a batch
	batchesAhead     = 1        // projected and not yet written
)

// idleEvery is how often a pipeline that follows the log looks up.
const idleEvery = time.Second

// projected is a batch, or why there is none.
type projected struct {
	batch *batch
	err   error
}

// pipeline reads the log from where a track stands, up to a block or for ever
// (0), and hands over batches in order: the next one is read, decoded and
// projected while the last one is written. It ends with the first error, or
// without one when no member of the track is left. While it waits for blocks,
// it calls idle every second, if there is one.
func pipeline(ctx context.Context, log Log, t *track, until uint64, write func(*batch) error, idle func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	ahead, batches := newBacklog(), make(chan projected, batchesAhead)
	after := t.block
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { ahead.read(ctx, log, after, until) })
	wait.Go(func() { projectAll(ctx, t, ahead, batches) })

	tick := time.NewTicker(idleEvery)
	defer tick.Stop()
	for {
		select {
		case p, open := <-batches:
			if !open {
				return ctx.Err()
			}
			if p.err != nil {
				return p.err
			}
			if err := write(p.batch); err != nil {
				return err
			}
		case <-tick.C:
			if idle == nil {
				continue
			}
			if err := idle(); err != nil {
				return err
			}
		}
	}
}

// projectAll makes batches of what was read.
func projectAll(ctx context.Context, t *track, ahead *backlog, batches chan<- projected) {
	defer close(batches)
	for len(t.members) > 0 {
		messages, err := ahead.take()
		blocks := decodeAll(messages)
		var damage *eventstore.BadBlock
		if errors.As(err, &damage) { // of the log, which halts all: that is a result
			next := t.block + uint64(len(blocks)) + 1
			blocks, err = append(blocks, &block{sequence: next, bad: damage}), nil
		}
		if len(blocks) == 0 && err == nil {
			return
		}
		var p projected
		if len(blocks) > 0 {
			if p.batch, p.err = t.project(blocks); !send(ctx, batches, p) || p.err != nil {
				return
			}
		}
		if err != nil {
			send(ctx, batches, projected{err: err})
			return
		}
	}
}

func send(ctx context.Context, batches chan<- projected, p projected) bool {
	select {
	case batches <- p:
		return true
	case <-ctx.Done():
		return false
	}
}
