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

// readBlocks is some of the log, and what ended its reading after that.
type readBlocks struct {
	blocks []*block
	err    error
}

// projected is a batch, or why there is none.
type projected struct {
	batch *batch
	err   error
}

// pipeline reads the log from where a track stands, up to a block or for ever
// (0), and hands over batches in order. Reading, decoding, projecting and writing
// go on at the same time, each one step ahead of the next. It ends with the first error, or
// without one when no member of the track is left. While it waits for blocks,
// it calls idle every second, if there is one.
func pipeline(ctx context.Context, log Log, t *track, until uint64, write func(*batch) error, idle func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	ahead, decoded, batches := newBacklog(), make(chan readBlocks), make(chan projected, batchesAhead)
	after := t.block
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { ahead.read(ctx, log, after, until) })
	wait.Go(func() { decodeAhead(ctx, ahead, decoded) })
	wait.Go(func() { projectAll(ctx, t, decoded, batches) })

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

// decodeAhead reads what is in the blocks, while those before are projected. It
// ends after what ended the reading of the log.
func decodeAhead(ctx context.Context, ahead *backlog, decoded chan<- readBlocks) {
	defer close(decoded)
	for {
		messages, err := ahead.take()
		if !send(ctx, decoded, readBlocks{decodeAll(messages), err}) || len(messages) == 0 || err != nil {
			return
		}
	}
}

// projectAll makes batches of what was read.
func projectAll(ctx context.Context, t *track, decoded <-chan readBlocks, batches chan<- projected) {
	defer close(batches)
	for r := range decoded {
		var damage *eventstore.BadBlock
		if errors.As(r.err, &damage) { // of the log, which halts all: that is a result
			next := t.block + uint64(len(r.blocks)) + 1
			r.blocks, r.err = append(r.blocks, &block{sequence: next, bad: damage}), nil
		}
		var p projected
		if len(r.blocks) > 0 {
			if p.batch, p.err = t.project(r.blocks); !send(ctx, batches, p) || p.err != nil || len(t.members) == 0 {
				return
			}
		}
		if r.err != nil {
			send(ctx, batches, projected{err: r.err})
			return
		}
	}
}

func send[T any](ctx context.Context, to chan<- T, v T) bool {
	select {
	case to <- v:
		return true
	case <-ctx.Done():
		return false
	}
}
