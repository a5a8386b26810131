package projections

import (
	"context"
	"slices"
	"sync"

	"aidledger/eventstore"
)

// backlog holds blocks that were read and are not in a batch yet. Blocks differ
// in size by a factor of thousands, so it is bounded by their bytes.
type backlog struct {
	mu       sync.Mutex
	changed  *sync.Cond
	messages []eventstore.Message
	size     int
	done     bool
	err      error // that ended the reading
}

func newBacklog() *backlog {
	b := &backlog{}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// read adds the blocks of the log, and waits while there are too many.
func (b *backlog) read(ctx context.Context, log Log, after, until uint64) {
	defer context.AfterFunc(ctx, b.wake)()
	for m, err := range log.Blocks(ctx, after, until) {
		if err != nil || !b.add(ctx, m) {
			b.end(err)
			return
		}
	}
	b.end(nil)
}

// add returns false where nobody wants more.
func (b *backlog) add(ctx context.Context, m eventstore.Message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.size >= bytesAhead && ctx.Err() == nil {
		b.changed.Wait()
	}
	b.messages, b.size = append(b.messages, m), b.size+len(m.Data)
	b.changed.Broadcast()
	return ctx.Err() == nil
}

// wake lets add see that ctx is over.
func (b *backlog) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed.Broadcast()
}

func (b *backlog) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done, b.err = true, err
	b.changed.Broadcast()
}

// take waits for one block and takes what else was read already, as much as a
// batch may hold. It returns nothing at the end, with the error that ended it.
func (b *backlog) take() ([]eventstore.Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.messages) == 0 && !b.done {
		b.changed.Wait()
	}
	n, size := 0, 0
	for n < min(len(b.messages), batchMessagesMax) && size < batchBytesMax {
		size += len(b.messages[n].Data)
		n++
	}
	if n == 0 {
		return nil, b.err
	}
	taken := slices.Clone(b.messages[:n])
	b.messages, b.size = slices.Delete(b.messages, 0, n), b.size-size
	b.changed.Broadcast()
	return taken, nil
}
