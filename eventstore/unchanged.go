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
