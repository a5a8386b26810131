package eventstore

import (
	"context"
	"errors"
	"fmt"
)

// CheckHead compares the log with what somebody outside remembers of it: that
// the block of this sequence has this hash. A log whose end was cut off looks
// whole from the inside; only a memory outside of it can tell. It returns a
// *Failure of code log_damaged where the log ends earlier or the block is
// another one, and nil for sequence 0, which remembers nothing.
func (s *Store) CheckHead(ctx context.Context, sequence uint64, hash Hash) error {
	if sequence == 0 {
		return nil
	}
	const hint = "restore the log from a backup before anything is written"
	end, err := s.End(ctx)
	if err != nil {
		return err
	}
	if end < sequence {
		return failure(LogDamaged, fmt.Sprintf("the log %s ends with block %d, but block %d was recorded", s.cfg.Stream, end, sequence), hint, nil)
	}
	m, err := s.Block(ctx, sequence)
	if bad, ok := errors.AsType[*BadBlock](err); ok {
		return failure(LogDamaged, fmt.Sprintf("block %d of the log %s cannot be read", sequence, s.cfg.Stream), hint, bad)
	}
	if err != nil {
		return err
	}
	if got := m.Hash(); got != hash {
		return failure(LogDamaged, fmt.Sprintf("block %d of the log %s has the hash %s, but %s was recorded", sequence, s.cfg.Stream, got, hash), hint, nil)
	}
	return nil
}
