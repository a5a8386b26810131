package eventstore

import (
	"context"

	"aidledger/domain"
)

// Rehearsal decides commands on a copy of a ledger's state, one after the other
// on what the ones before led to, and records nothing. It shows what a file of
// commands would do before the first of them is recorded. It is not safe for
// concurrent use, and does not see what is recorded after it has begun.
type Rehearsal struct {
	Remember bool // what commands lead to, for later ones that take it back

	w     *writer // never started
	seal  Sealer
	facts map[entryKey][]domain.Event
}

// Trial is what a command would lead to. Size is how many bytes its entry takes
// in a block. Repeated says that it is recorded already, under the same id.
type Trial struct {
	Events   []domain.Event
	Size     int
	Repeated bool
}

// BlockMax is how many bytes of entries one block, and so one atomic batch, has
// room for.
func (s *Store) BlockMax() int { return newWriter(s, "").blockMax() }

// Rehearse reads the state of a ledger, which may not exist yet.
func (s *Store) Rehearse(ctx context.Context, ledger string) (*Rehearsal, error) {
	id, err := domain.ParseID(ledger)
	if err != nil {
		return nil, err
	}
	w := newWriter(s, string(id))
	w.whole = nil
	if err := w.load(ctx); err != nil {
		return nil, err
	}
	return &Rehearsal{w: w, seal: s.sealer(true), facts: map[entryKey][]domain.Event{}}, nil
}

// Ledger returns the state as the rehearsal has left it.
func (r *Rehearsal) Ledger() *domain.Ledger { return r.w.domain }

// Try decides a command as [Store.Submit] would.
func (r *Rehearsal) Try(ctx context.Context, q Request) (Trial, error) {
	it := newItem(ctx, r.w.ledger, q, r.seal)
	again, ok, err := r.w.entry(ctx, it.key)
	if err != nil {
		return Trial{}, err
	}
	if ok && again.block == 0 && it.err == nil {
		if again != recordOf(0, it.content, it.Actor) {
			return Trial{}, failure(KeyReused, "the id "+it.ID+" is used twice for different commands", "give each command an id of its own", nil)
		}
		return Trial{Repeated: true}, nil
	}
	b := &pending{keys: map[entryKey]int{}}
	if about, ok := q.Command.(domain.Referrer); ok {
		key := keyOf(about.RefersTo())
		if facts, ok := r.facts[key]; ok {
			b.keys[key] = len(b.entries)
			b.entries = append(b.entries, pendingEntry{key: key, facts: facts})
		}
	}
	earlier := len(b.entries)
	out, _ := r.w.decide(ctx, b, &it)
	switch {
	case b.fatal != nil:
		return Trial{}, b.fatal
	case out.Err != nil:
		return Trial{}, out.Err
	case len(b.entries) == earlier:
		return Trial{Repeated: true}, nil
	}
	facts := b.entries[earlier].facts
	if r.Remember {
		r.facts[it.key] = facts
	}
	r.w.domain.Keep()
	r.w.entries.put(it.key, recordOf(0, it.content, it.Actor))
	return Trial{Events: facts, Size: b.size}, nil
}

// EntriesOf calls f for each entry of a ledger that carries a correlation id
// and has events, in the order of the log, until f returns an error.
func (s *Store) EntriesOf(ctx context.Context, ledger, correlation string, f func(*Entry) error) error {
	end, err := s.lastOf(ctx, ledger)
	if err != nil || end == 0 {
		return err
	}
	for m, err := range s.blocks(ctx, s.subject(ledger), 0, end) {
		if err != nil {
			return unreadable(err)
		}
		b, err := DecodeEnvelope(m)
		if err != nil {
			return unreadable(err)
		}
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Correlation == correlation && len(e.Events) > 0 {
				if err := f(e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
