package exchange

import (
	"context"
	"iter"

	"aidledger/eventstore"
)

// partSize is how many commands are recorded together where not all fit into
// one block.
const partSize = 2000

// posting records commands that were rehearsed.
type posting struct {
	store    *eventstore.Store
	ledger   string
	whole    []eventstore.Request // all of them, where they fit into one block
	progress func(done int)
	position eventstore.Position // of the last entry
}

// post records the commands as one where they fit into one block, and otherwise
// in parts, in their order. Commands that were recorded before are passed over
// by their ids, so that a posting that was cut off can be repeated.
func (p *posting) post(ctx context.Context, all iter.Seq2[eventstore.Request, error]) error {
	if len(p.whole) > 0 {
		outcomes := p.store.SubmitBatch(ctx, p.ledger, p.whole, true)
		if !tooLarge(outcomes) {
			return p.settle(outcomes)
		}
	}
	var part []eventstore.Request
	done := 0
	flush := func() error {
		outcomes := p.store.SubmitBatch(ctx, p.ledger, part, false)
		done += len(part)
		part = part[:0]
		p.progress(done)
		return p.settle(outcomes)
	}
	for q, err := range all {
		if err != nil {
			return err
		}
		if part = append(part, q); len(part) >= partSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func tooLarge(outcomes []eventstore.Outcome) bool {
	for _, o := range outcomes {
		if eventstore.Is(o.Err, eventstore.CommandTooLarge) {
			return true
		}
	}
	return false
}

// settle looks at what the log answered. What was rehearsed is refused only
// where somebody else recorded something meanwhile.
func (p *posting) settle(outcomes []eventstore.Outcome) error {
	for _, o := range outcomes {
		if o.Err != nil && !known(o.Err) && !eventstore.Is(o.Err, eventstore.BatchNotRecorded) {
			return o.Err
		}
		if o.Err == nil && o.Receipt.Position.Compare(p.position) > 0 {
			p.position = o.Receipt.Position
		}
	}
	return nil
}
