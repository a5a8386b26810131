package eventstore

import (
	"context"
	"fmt"
	"iter"

	"aidledger/domain"
)

// singleBlocks is how many blocks of a ledger are asked for one by one before a
// consumer is made for the rest: most readers want a page.
const singleBlocks = 128

// LedgerEnd returns the sequence of the last block of a ledger, 0 where there is
// no such ledger.
func (s *Store) LedgerEnd(ctx context.Context, ledger string) (uint64, error) {
	if _, err := domain.ParseID(ledger); err != nil {
		return 0, nil // it would not be a subject either
	}
	return s.lastOf(ctx, ledger)
}

// LedgerBlocks reads the stored blocks of one ledger in their order, after one
// sequence and up to and including another, and nothing of other ledgers; until
// 0 stands for the last one that is there now. Each must be chained to the one
// before it, so a missing one ends the reading with a *BadBlock of code
// chain_broken, never silently.
func (s *Store) LedgerBlocks(ctx context.Context, ledger string, after, until uint64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		end, err := s.LedgerEnd(ctx, ledger)
		if err != nil {
			yield(Message{}, err)
			return
		}
		if until != 0 {
			end = min(end, until)
		}
		var before *Message
		for m, err := range s.ledgerBlocks(ctx, ledger, after, end) {
			if err == nil && m.Sequence > end {
				return // what was asked for ends between two blocks of the ledger
			}
			if err == nil && before != nil {
				err = follows(before, &m)
			}
			if err != nil {
				yield(Message{}, err)
				return
			}
			if !yield(m, nil) {
				return
			}
			before = &m
		}
	}
}

func (s *Store) ledgerBlocks(ctx context.Context, ledger string, after, end uint64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for range singleBlocks {
			if after >= end {
				return
			}
			m, ok, err := s.nextOf(ctx, ledger, after+1)
			if err == nil && !ok {
				err = missingSequence(end)
			}
			if !yield(m, err) || err != nil {
				return
			}
			after = m.Sequence
		}
		s.blocks(ctx, s.subject(ledger), after, end)(yield)
	}
}

// follows refuses a block that is not chained to the one before it.
func follows(before, m *Message) error {
	previous, ok := previousOf(m.Data)
	if !ok {
		b, err := DecodeEnvelope(*m)
		if err != nil {
			return err
		}
		previous = b.Previous
	}
	if previous != before.Hash() {
		return &BadBlock{"chain_broken", Position{Block: m.Sequence, Event: WholeBlock},
			fmt.Sprintf("it does not follow block %d of the ledger %s", before.Sequence, m.Ledger)}
	}
	return nil
}
