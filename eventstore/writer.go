package eventstore

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"aidledger/domain"
)

// writer is the one goroutine of this process that decides the commands of one
// ledger. It holds the ledger's state, packs what is waiting into a block and
// publishes it under the guard. Other processes may have a writer of their own
// for the same ledger: the guard orders them.
type writer struct {
	store   *Store
	ledger  string
	queue   chan *job
	waiting atomic.Int64 // commands in the queue

	ledgerState
	loaded bool // the log was folded once
	behind bool // the log may hold more than was folded

	lastRead *Block // see read
}

func newWriter(s *Store, ledger string) *writer {
	return &writer{store: s, ledger: ledger, queue: make(chan *job, s.cfg.QueueMax)}
}

// submit queues a job and waits for its answer.
func (w *writer) submit(j *job) []Outcome {
	n := int64(len(j.items))
	if w.waiting.Add(n)-n >= int64(w.store.cfg.QueueMax) {
		w.waiting.Add(-n)
		f := failure(Busy, "too many commands are waiting for this ledger", "try again in a second with the same id", nil)
		f.RetryAfter = time.Second
		return all(len(j.items), f)
	}
	defer w.waiting.Add(-n)
	select {
	case w.queue <- j:
	case <-w.store.ctx.Done():
		return all(len(j.items), failure(Closed, "the ledger is shutting down", "try again when it has started", nil))
	}
	select {
	case out := <-j.answer:
		return out
	case <-j.ctx.Done():
		return all(len(j.items), failure(OutcomeUnknown, "the answer did not come in time",
			"repeat it with the same id to learn whether it was recorded", j.ctx.Err()))
	}
}

// run decides jobs until the store is closed.
func (w *writer) run() {
	var backlog []*job
	for {
		if len(backlog) == 0 {
			select {
			case j := <-w.queue:
				backlog = append(backlog, j)
			case <-w.store.ctx.Done():
			}
		}
		backlog = w.gather(backlog)
		if w.store.ctx.Err() != nil {
			w.refuseWaiting(backlog)
			return
		}
		backlog = w.step(backlog)
	}
}

// gather takes what else is waiting, up to what one block may hold. Callers
// that were just answered are about to come back, so it lets them run as long
// as that brings more: a block costs the same with one command or with many.
func (w *writer) gather(backlog []*job) []*job {
	for before := -1; before < len(backlog) && len(backlog) < entriesMax; {
		before = len(backlog)
		runtime.Gosched()
		for n := len(w.queue); n > 0 && len(backlog) < entriesMax; n-- {
			backlog = append(backlog, <-w.queue)
		}
	}
	return backlog
}

func (w *writer) refuseWaiting(backlog []*job) {
	for {
		for _, j := range backlog {
			j.fail(failure(Closed, "the ledger is shutting down", "try again when it has started", nil))
		}
		if backlog = w.gather(nil); len(backlog) == 0 {
			return
		}
	}
}

// fail answers every command of the job that has no outcome yet.
func (j *job) fail(err error) {
	for len(j.out) < len(j.items) {
		j.out = append(j.out, Outcome{Err: err})
	}
	j.answer <- j.out
}

// step writes one block out of the backlog and returns what is left of it.
func (w *writer) step(backlog []*job) []*job {
	if err := w.unanswered(w.ready()); err != nil {
		w.store.cfg.Log.Error("the ledger cannot be read", "ledger", w.ledger, "error", err)
		for _, j := range backlog {
			j.fail(err)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(w.store.ctx, w.store.cfg.AnswerTimeout)
	defer cancel()
	for {
		b := w.assemble(ctx, backlog)
		err := b.fatal
		switch {
		case err != nil:
		case len(b.entries) > 0:
			err = w.publish(ctx, b)
		case b.refused:
			err = w.current(ctx)
		}
		switch {
		case err == nil:
			w.keep(b)
			return b.answer(backlog)
		case err == errConflict:
			w.rollback(0) // somebody else was faster: decide again on what they wrote
			if err = w.catchUp(ctx); err == nil {
				continue
			}
		}
		w.rollback(0)
		w.behind = true
		err = w.unanswered(err)
		for _, j := range backlog {
			j.fail(err)
		}
		return nil
	}
}

// unanswered says what it means for commands that a read of the log was ended
// by its time or by the end of the store: nothing of them was published.
func (w *writer) unanswered(err error) error {
	switch {
	case err != context.DeadlineExceeded && err != context.Canceled:
		return err
	case w.store.ctx.Err() != nil:
		return failure(Closed, "the ledger is shutting down", "try again when it has started", nil)
	}
	return failure(LogUnavailable, "the log did not answer in time, and nothing was recorded", "see the NATS server; then try again with the same id", err)
}

// ledgerState is what the writer knows of its ledger: the folded state, the
// end of the log, and where each entry is.
type ledgerState struct {
	domain  *domain.Ledger
	entries map[entryKey]entryRecord
	last    uint64 // sequence of the ledger's last block
	head    Hash   // of that block
	zone    *time.Location
}

// entryRecord says where an entry is, and enough of its content to tell a
// repetition from another command with the same id.
type entryRecord struct {
	block   uint64
	content uint64
	actor   uint32
}

// ready makes the state that of the log's end, as far as this process knows.
func (w *writer) ready() error {
	ctx, cancel := context.WithTimeout(w.store.ctx, w.store.cfg.AnswerTimeout)
	defer cancel()
	switch {
	case !w.loaded:
		return w.load(ctx)
	case w.behind:
		return w.catchUp(ctx)
	}
	return nil
}

// load folds the whole log of the ledger into a new state.
func (w *writer) load(ctx context.Context) error {
	end, err := w.store.lastOf(ctx, w.ledger)
	if err != nil {
		return err
	}
	w.ledgerState = ledgerState{domain: domain.NewLedger(), entries: map[entryKey]entryRecord{}, zone: time.UTC}
	if end > 0 { // until 0 would follow the log for ever
		err = w.replay(end)
	}
	w.domain.Track()
	w.loaded = err == nil
	return err
}

// replay folds the ledger's blocks up to a sequence. It takes as long as it
// takes; only the store's end interrupts it.
func (w *writer) replay(until uint64) error {
	for m, err := range w.store.blocks(w.store.ctx, w.store.subject(w.ledger), 0, until) {
		if err == nil {
			err = w.fold(m)
		}
		if err != nil {
			return unreadable(err)
		}
	}
	return nil
}

// catchUp folds what other writers wrote since.
func (w *writer) catchUp(ctx context.Context) error {
	for {
		m, ok, err := w.store.nextOf(ctx, w.ledger, w.last+1)
		if err != nil {
			return err
		}
		if !ok {
			w.behind = false
			return nil
		}
		if err := w.fold(m); err != nil {
			return unreadable(err)
		}
		w.domain.Keep()
	}
}

// current returns errConflict where another writer has recorded something. A
// block that is stored proves by its guard that it was decided on the end of
// the log; refusals alone store nothing, so they have to ask.
func (w *writer) current(ctx context.Context) error {
	_, moved, err := w.store.nextOf(ctx, w.ledger, w.last+1)
	if moved {
		return errConflict
	}
	return err
}

func unreadable(err error) error {
	if bad, ok := err.(*BadBlock); ok {
		return failure(LogUnreadable, "a stored block of this ledger cannot be read, so its rules cannot be checked",
			"nothing is recorded until an operator has looked at it", bad)
	}
	return err
}

// fold adds one stored block to the state, after checking the hash chain.
func (w *writer) fold(m Message) error {
	b, err := Decode(m)
	if err != nil {
		return err
	}
	if b.Previous != w.head {
		return &BadBlock{"chain_broken", Position{Block: m.Sequence, Event: WholeBlock},
			"it does not carry the hash of the block before it"}
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		w.entries[keyOf(e.ID)] = recordOf(m.Sequence, e.Content, e.Actor)
		for j := range e.Events {
			w.domain.Evolve(e.Events[j].Fact)
		}
	}
	w.last, w.head = m.Sequence, b.Hash
	w.setZone()
	return nil
}

// setZone makes the ledger's calendar that of its time zone.
func (w *writer) setZone() {
	name := w.domain.Facts().Zone
	if name == "" || w.zone.String() == name {
		return
	}
	if zone, err := time.LoadLocation(name); err == nil {
		w.zone = zone
	}
}

func (w *writer) rollback(mark int) { w.domain.Rollback(mark) }

// keep makes a stored block part of the state.
func (w *writer) keep(b *pending) {
	w.domain.Keep()
	if len(b.entries) == 0 {
		return
	}
	for _, e := range b.entries {
		w.entries[e.key] = recordOf(b.sequence, e.content, e.actor)
	}
	w.last, w.head = b.sequence, b.hash
	w.setZone()
}
