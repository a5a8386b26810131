package eventstore

import (
	"context"
	"errors"
	"fmt"
)

// Check reads every block up to a sequence and returns a *BadBlock for the first
// that is missing, cannot be read or breaks the chain of its ledger. A writer
// that begins with a snapshot and read models that have everything never look
// at old blocks again; Check does. What it finds, Damage tells from then on.
func (s *Store) Check(ctx context.Context, until uint64) error {
	if until == 0 {
		return nil
	}
	heads := map[string]Hash{}
	for m, err := range s.Blocks(ctx, 0, until) {
		var b *Block
		if err == nil {
			b, err = Decode(m)
		}
		if err == nil && b.Previous != heads[b.Ledger] {
			err = brokenChain(m.Sequence)
		}
		if err != nil {
			if bad, ok := errors.AsType[*BadBlock](err); ok {
				s.damage.Store(bad)
			}
			return fmt.Errorf("check the log: %w", err)
		}
		heads[b.Ledger] = b.Hash
	}
	return nil
}

// Damage returns the *BadBlock that Check found, or nil.
func (s *Store) Damage() error {
	if bad := s.damage.Load(); bad != nil {
		return bad
	}
	return nil
}

func brokenChain(sequence uint64) *BadBlock {
	return &BadBlock{"chain_broken", Position{Block: sequence, Event: WholeBlock}, "it does not carry the hash of the block before it"}
}
