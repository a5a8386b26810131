package eventstore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// errConflict says that another writer stored a block first.
var errConflict = errors.New("another writer was faster")

// publish stores the block under the guard. It returns nil when the block is
// stored, errConflict when another one came first, and a *Failure otherwise:
// log_unavailable when it is certain that it was not stored, outcome_unknown
// when that could not be found out in time.
func (w *writer) publish(ctx context.Context, b *pending) error {
	if room := w.store.cfg.Room; room != nil {
		if err := room(); err != nil {
			return noRoom(err)
		}
	}
	b.encode(w.ledger, w.head)
	// No headers of our own: a lone command pays for each byte that is synced,
	// and the block says everything itself.
	msg := &nats.Msg{Subject: w.store.subject(w.ledger), Data: b.data}
	doubt := false // an earlier attempt may have been stored
	stuck := 0     // attempts that the server neither stored nor refused
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		revivals := w.store.revivals.Load()
		attempt, cancel := context.WithTimeout(ctx, w.store.cfg.PublishTimeout)
		ack, err := w.store.js.PublishMsg(attempt, msg,
			jetstream.WithExpectStream(w.store.cfg.Stream), jetstream.WithExpectLastSequencePerSubject(w.last))
		cancel()
		switch verdict(err) {
		case stored:
			b.sequence = ack.Sequence
			return nil
		case stale:
			return w.ours(ctx, b)
		case notStored:
			if !doubt {
				return failure(LogUnavailable, "the log did not take the block", "see the NATS server; then try again with the same id", err)
			}
		}
		doubt = true
		// The answer did not come. If the block is there it was stored; if
		// nothing is there, the same guard makes it safe to publish it again.
		switch found := w.ours(ctx, b); {
		case found == nil, errors.Is(found, errConflict) && w.moved(ctx):
			return found
		case errors.Is(found, errConflict) && errors.Is(err, context.DeadlineExceeded):
			// It answers and does not store. Once is a slow disk.
			if stuck++; stuck < 2 {
				break
			}
			if failed := w.store.revive(revivals); failed != nil {
				w.store.cfg.Log.Error("the log stores nothing and cannot be started again", "error", failed)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return failure(OutcomeUnknown, "the log did not answer", "repeat it with the same id to learn whether it was recorded", err)
		}
	}
}

func noRoom(err error) error {
	f := failure(LogUnavailable, "the log has no room, and nothing was recorded", "make room on its disk; then try again with the same id", err)
	f.RetryAfter = 5 * time.Second
	return f
}

// revive starts a server again that does not store, if that is possible from
// here and nobody did it since seen was the number of revivals.
func (s *Store) revive(seen uint64) error {
	s.reviving.Lock()
	defer s.reviving.Unlock()
	if s.cfg.Revive == nil || s.revivals.Load() != seen {
		return nil
	}
	err := s.cfg.Revive()
	s.revivals.Add(1)
	return err
}

type answer int

const (
	stored answer = iota
	stale
	notStored
	unknown
)

// verdict reads the server's answer to a guarded publish. A stale guard has one
// code on a single server and another on a replicated stream, where it can also
// mean that a block of ours is still in flight.
func verdict(err error) answer {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return stored
	case !errors.As(err, &api):
		return unknown
	case api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence,
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return stale
	}
	return notStored
}

// ours looks whether the block is the next one of the ledger. It returns nil if
// so, errConflict if another one is there or none, and an error if it cannot
// be known.
func (w *writer) ours(ctx context.Context, b *pending) error {
	m, ok, err := w.store.nextOf(ctx, w.ledger, w.last+1)
	if err != nil {
		return err
	}
	if ok && bytes.Equal(m.Data, b.data) {
		b.sequence = m.Sequence
		return nil
	}
	return errConflict
}

// moved tells whether the ledger has a block after the last one that is known.
func (w *writer) moved(ctx context.Context) bool {
	_, ok, err := w.store.nextOf(ctx, w.ledger, w.last+1)
	return err == nil && ok
}
