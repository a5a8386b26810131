package projections

import (
	"errors"
	"runtime"
	"sync"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
)

// block is a stored block, ready to be projected.
type block struct {
	sequence  uint64
	ledger    string
	hash      eventstore.Hash
	previous  eventstore.Hash
	entries   int
	movements int
	stored    eventstore.Message
	facts     []fact
	bad       *eventstore.BadBlock // the block as a whole cannot be read
	badEvent  []badEvent           // events of it that cannot be read, in order
}

type badEvent struct {
	eventType string
	*eventstore.BadBlock
}

// decodeAll reads stored blocks and keeps their order. One core is left to
// PostgreSQL, which takes the rows of the batch before meanwhile: while all are
// busy in this process, it would wait for its next rows.
func decodeAll(messages []eventstore.Message) []*block {
	blocks := make([]*block, len(messages))
	workers := min(max(1, runtime.NumCPU()-1), len(messages))
	var wait sync.WaitGroup
	for w := range workers {
		from, until := w*len(messages)/workers, (w+1)*len(messages)/workers
		wait.Go(func() {
			for i := from; i < until; i++ {
				blocks[i] = decode(messages[i])
			}
		})
	}
	wait.Wait()
	return blocks
}

func decode(m eventstore.Message) *block {
	out := &block{sequence: m.Sequence, ledger: m.Ledger, stored: m}
	b, err := eventstore.Decode(m)
	if b == nil {
		out.bad = asBadBlock(err, m.Sequence)
		return out
	}
	if err != nil {
		out.decodeEach(b)
	}
	out.hash, out.previous, out.entries = b.Hash, b.Previous, len(b.Entries)
	events := b.Events()
	out.facts = make([]fact, 0, events)
	room, ids := make([]domain.Movement, 0, events), make([]flowID, 0, events)
	_ = b.Each(func(at eventstore.Position, entry *eventstore.Entry, event *eventstore.Event) error {
		if event.Fact == nil {
			return nil
		}
		first := len(room)
		room = domain.AppendMovements(room, event.Fact)
		for i := first; i < len(room); i++ {
			k := flowKeyOf(b.Ledger, event.Fact, &room[i])
			ids = append(ids, k.id())
		}
		out.facts = append(out.facts, fact{at: at, ledger: b.Ledger, entry: entry, event: event,
			movements: room[first:len(room):len(room)], flows: ids[first:len(room):len(room)]})
		return nil
	})
	out.movements = len(room)
	return out
}

// decodeEach reads the events of a block one by one, so that a projection that
// has no use for the one at fault can go on.
func (out *block) decodeEach(b *eventstore.Block) {
	_ = b.Each(func(at eventstore.Position, entry *eventstore.Entry, event *eventstore.Event) error {
		single := eventstore.Block{Format: b.Format, Ledger: b.Ledger, Entries: []eventstore.Entry{*entry}}
		single.Entries[0].Events = []eventstore.Event{*event}
		data, err := json.Marshal(single)
		if err == nil {
			var decoded *eventstore.Block
			decoded, err = eventstore.Decode(eventstore.Message{Sequence: at.Block, Ledger: b.Ledger, Data: data})
			if err == nil {
				event.Fact = decoded.Entries[0].Events[0].Fact
				return nil
			}
		}
		event.Fact = nil
		bad := asBadBlock(err, at.Block)
		bad.Position = at
		out.badEvent = append(out.badEvent, badEvent{event.Type, bad})
		return nil
	})
}

func asBadBlock(err error, sequence uint64) *eventstore.BadBlock {
	var bad *eventstore.BadBlock
	if errors.As(err, &bad) {
		return bad
	}
	return &eventstore.BadBlock{Code: "bad_block", Position: eventstore.Position{Block: sequence, Event: eventstore.WholeBlock}, Reason: err.Error()}
}
