package eventstore

import (
	"context"
	"fmt"
	"slices"

	"aidledger/domain"
)

// unchangedMax is how many blocks of a ledger are read to find out whether a
// thing has changed. What was seen longer ago counts as changed.
const unchangedMax = 500

// unchanged refuses a command where what it changes is no longer what its caller
// has seen: something was recorded about it after the block that the caller
// names. A command about the whole ledger allows nothing new in it.
func (w *writer) unchanged(ctx context.Context, b *pending, it *item, original []domain.Event) (out Outcome) {
	if it.After == 0 {
		return out
	}
	if foreign, err := w.foreign(ctx, it); err != nil {
		b.fatal = err
		return out
	} else if foreign {
		b.refused = true
		out.Err = failure(ChangedSince, fmt.Sprintf("block %d is none of this log that somebody can have seen", it.After),
			fmt.Sprintf("look at it again, then give the new position with its region, as in %s:%d", w.store.region(), w.last), nil)
		return out
	}
	subjects := domain.Subjects(it.Command)
	for _, e := range original {
		subjects = append(subjects, domain.Subjects(e)...)
	}
	touches := func(e domain.Event) bool {
		return len(subjects) == 0 || slices.ContainsFunc(domain.Subjects(e), func(id domain.ID) bool { return slices.Contains(subjects, id) })
	}
	changed, err := w.anySince(ctx, it.After, touches)
	for _, p := range []*pending{b, w.flying} {
		for i := 0; p != nil && i < len(p.entries); i++ {
			changed = changed || slices.ContainsFunc(p.entries[i].facts, touches)
		}
	}
	switch {
	case err != nil:
		b.fatal = unreadable(err)
	case changed:
		b.refused = true
		what := "the ledger"
		if len(subjects) > 0 {
			what = fmt.Sprint(subjects)
		}
		out.Err = failure(ChangedSince, fmt.Sprintf("%s has changed since block %d", what, it.After), "look at it again, then give the command with the new position", nil)
	}
	return out
}

// foreign tells whether a position may be one of another log. Logs count alike, so
// the number that was seen before a ledger was moved may stand for a later block
// here, and what changed in between would be missed: such a ledger takes a
// position only with its region. No log has one that it has not come to.
func (w *writer) foreign(ctx context.Context, it *item) (bool, error) {
	moved := w.domain.Facts().Region != ""
	if it.AfterIn != "" && it.AfterIn != w.store.region() || it.AfterIn == "" && moved {
		return true, nil
	}
	if it.After <= w.last {
		return false, nil
	}
	end, err := w.store.End(ctx)
	return it.After > end, err
}

// region is what positions of this log are told apart by.
func (s *Store) region() string {
	if s.cfg.Places != nil && s.cfg.Places.here != "" {
		return s.cfg.Places.here
	}
	return s.cfg.Stream
}

// anySince tells whether an event of the ledger after a block is of some kind.
func (w *writer) anySince(ctx context.Context, after uint64, is func(domain.Event) bool) (bool, error) {
	for range unchangedMax {
		if after >= w.last {
			return false, nil
		}
		m, ok, err := w.store.nextOf(ctx, w.ledger, after+1)
		if err != nil || !ok {
			return false, err
		}
		block, err := Decode(m)
		if err != nil {
			return false, err
		}
		for _, entry := range block.Entries {
			if slices.ContainsFunc(entry.Events, func(e Event) bool { return is(e.Fact) }) {
				return true, nil
			}
		}
		after = m.Sequence
	}
	return true, nil
}
