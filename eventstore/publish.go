package eventstore

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// errConflict says that another writer stored a block first.
var errConflict = errors.New("another writer was faster")

// publish stores the block under the guard. It returns nil when the block is
// stored, errConflict when another one came first, and a *Failure otherwise:
// log_unavailable when it is certain that it was not stored, outcome_unknown
// when that could not be found out in time.
// Where ahead is set, jobs that come meanwhile are decided for the next block.
func (w *writer) publish(ctx context.Context, b *pending, ahead bool) (err error) {
	if room := w.store.cfg.Room; room != nil {
		if err := room(); err != nil {
			return noRoom(err)
		}
	}
	b.encode(w.ledger, w.head)
	// No headers of our own, unless somebody follows the blocks: a lone command
	// pays for each byte that is synced, and the block says everything itself.
	msg := &nats.Msg{Subject: w.store.subject(w.ledger), Data: b.data, Header: nats.Header{
		jetstream.ExpectedStreamHeader:      {w.store.cfg.Stream},
		jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(w.last, 10)},
	}}
	if w.store.cfg.Writing != nil {
		trace, done := w.store.cfg.Writing(w.ledger, len(b.entries), b.calls())
		msg.Header[traceHeader] = []string{trace}
		defer func() { done(b.sequence, err) }()
	}
	stuck := 0 // attempts that the server neither stored nor explained
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		revivals, denials := w.store.revivals.Load(), w.store.denied.count.Load()
		sequence, err := w.attempt(ctx, msg, ahead)
		v := verdict(err)
		switch {
		case v == stored:
			b.sequence = sequence
			return nil
		case v == notStored && !b.doubt:
			return failure(LogUnavailable, "the log did not take the block", "see the NATS server; then try again with the same id", err)
		}
		if denied := w.store.denied.since(denials, err); Is(denied, LogForbidden) && !b.doubt {
			return denied
		}
		b.doubt = b.doubt || v == unknown
		// If the block is there it was stored; if nothing is there, the same guard
		// makes it safe to publish it again.
		switch next, failed := w.look(ctx, b); {
		case next == ours:
			return nil
		case next == theirs, failed == nil && v == inFlight:
			return errConflict
		case failed == nil && (v == stale || errors.Is(err, context.DeadlineExceeded)):
			// It answers and does not store, or it counts a block that it does not
			// have: its last write failed. Once is a slow disk.
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
			return unansweredBy(b.doubt, err)
		}
	}
}

// traceHeader is the name of the header that W3C gave it.
const traceHeader = "traceparent"

// calls returns the contexts of the calls whose commands were looked at.
func (b *pending) calls() []context.Context {
	all := make([]context.Context, len(b.jobs))
	for i, j := range b.jobs {
		all[i] = j.ctx
	}
	return all
}

// unansweredBy says what it means for commands that the log did not answer in
// time, where a block of theirs may have been stored or certainly was not.
func unansweredBy(doubt bool, cause error) error {
	if doubt {
		return failure(OutcomeUnknown, "the log did not answer", "repeat it with the same id to learn whether it was recorded", cause)
	}
	return failure(LogUnavailable, "the log did not answer in time, and nothing was recorded", "see the NATS server; then try again with the same id", cause)
}

// attempt sends the message once and waits for the answer of the stream, which
// is the sequence that the message got there.
func (w *writer) attempt(ctx context.Context, msg *nats.Msg, ahead bool) (sequence uint64, err error) {
	if msg.Reply, err = w.acks.next(w.store.cfg.Conn); err != nil {
		return 0, err
	}
	if err := w.store.cfg.Conn.PublishMsg(msg); err != nil {
		return 0, err
	}
	late := time.NewTimer(w.store.cfg.PublishTimeout)
	defer late.Stop()
	for {
		queue := w.queue
		if !ahead || w.next.closed() {
			queue = nil
		}
		select {
		case j := <-queue:
			w.ahead(ctx, j)
		case m := <-w.acks.in:
			if m.Subject == msg.Reply { // and not the answer to an attempt that was given up
				return sequenceOf(m)
			}
		case <-late.C:
			return 0, context.DeadlineExceeded
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// acks is where the stream answers what a writer publishes: a subscription of
// its own, whose messages come to the writer without another goroutine between.
type acks struct {
	in     chan *nats.Msg
	sub    *nats.Subscription
	prefix string
	n      uint64
}

// next returns the subject for the answer to one attempt.
func (a *acks) next(conn *nats.Conn) (subject string, err error) {
	if a.sub == nil {
		a.in, a.prefix = make(chan *nats.Msg, 64), conn.NewInbox()+"."
		if a.sub, err = conn.ChanSubscribe(a.prefix+"*", a.in); err != nil {
			return "", err
		}
	}
	a.n++
	return a.prefix + strconv.FormatUint(a.n, 10), nil
}

func (a *acks) close() {
	if a.sub != nil {
		_ = a.sub.Unsubscribe() // it ends with the connection at the latest
	}
}

// sequenceOf reads the answer to a publish.
func sequenceOf(m *nats.Msg) (uint64, error) {
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return 0, nats.ErrNoResponders
	}
	var ack struct {
		Stream   string              `json:"stream"`
		Sequence uint64              `json:"seq"`
		Error    *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(m.Data, &ack); {
	case err != nil:
		return 0, err
	case ack.Error != nil:
		return 0, ack.Error
	case ack.Stream == "" || ack.Sequence == 0:
		return 0, jetstream.ErrInvalidJSAck
	}
	return ack.Sequence, nil
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
	inFlight
	notStored
	unknown
)

// verdict reads the server's answer to a guarded publish. A stale guard has one
// code for what is stored and another, on a replicated stream, for what is
// still in flight, which can also be a block of ours.
func verdict(err error) answer {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return stored
	case !errors.As(err, &api):
		return unknown
	case api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence:
		return stale
	case api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return inFlight
	}
	return notStored
}

type next int

const (
	nothing next = iota
	ours
	theirs
)

// look tells which block is the next one of the ledger: the given one, that of
// another writer, or none yet.
func (w *writer) look(ctx context.Context, b *pending) (next, error) {
	m, ok, err := w.store.nextOf(ctx, w.ledger, w.last+1)
	switch {
	case err != nil || !ok:
		return nothing, err
	case bytes.Equal(m.Data, b.data):
		b.sequence = m.Sequence
		return ours, nil
	}
	return theirs, nil
}
