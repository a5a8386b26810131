package eventstore

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
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
	flying *pending // the block that is on its way to the log
	next   *pending // what was decided meanwhile
	acks   acks
	alone  int // blocks for which callers are not waited for, see waitForCallers

	loaded   bool // the log was folded once
	behind   bool // the log may hold more than was folded
	distrust bool // the snapshot has lost something, and is not used again

	saving bool               // a snapshot is on its way
	merged chan sortedEntries // its entries, when it is done
	whole  chan wholeEntries  // those of the snapshot of the start, when all were read

	lastRead *Block // see read
}

func newWriter(s *Store, ledger string) *writer {
	return &writer{store: s, ledger: ledger, queue: make(chan *job, s.cfg.QueueMax), merged: make(chan sortedEntries, 1), whole: make(chan wholeEntries, 1)}
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
			w.acks.close()
			w.saveAtTheEnd()
			return
		}
		backlog = w.step(backlog)
		w.saveWhenDue()
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

// step writes the backlog and what comes in meanwhile into blocks, and returns
// what is left of it. While a block is on its way the next one is decided on the
// state that it will lead to, so that the log never waits for a decision.
func (w *writer) step(backlog []*job) []*job {
	if err := w.unanswered(w.ready(), false); err != nil {
		if !Is(err, LedgerElsewhere) {
			w.store.cfg.Log.Error("the ledger cannot be read", "ledger", w.ledger, "error", err)
		}
		failAll(backlog, err)
		return nil
	}
	var b *pending
	doubt := false // a block with the commands that are left may be stored
	for left := backlog; b != nil || len(left) > 0; {
		ctx, cancel := context.WithTimeout(w.store.ctx, w.store.cfg.AnswerTimeout)
		if b == nil {
			b, left = w.assemble(ctx, left)
		}
		ahead := len(left) == 0 && !b.full && !w.due()
		err := w.write(ctx, b, ahead)
		doubt = err != nil && (doubt || b.doubt)
		if err == nil {
			w.keep(b)
			if w.next != nil {
				w.next.mark -= b.mark
			}
			left = append(b.answer(), left...)
			if ahead {
				w.waitForCallers(ctx, len(b.jobs))
			}
			b, w.next = w.next, nil
			if !ahead {
				cancel()
				return left
			}
		} else {
			w.rollback(0)
			left = slices.Concat(b.jobs, w.next.given(), left)
			b, w.next = nil, nil
			switch {
			case err == errConflict: // somebody else was faster: decide again on what they wrote
				err = w.catchUp(ctx)
			case errors.Is(err, errPage): // the snapshot has lost something: decide again on what the log says
				err = w.load(ctx)
			}
			if err != nil {
				w.behind = true
				failAll(left, w.unanswered(err, doubt))
				left = nil
			}
		}
		cancel()
	}
	return nil
}

// write stores the block, where it has anything to store.
func (w *writer) write(ctx context.Context, b *pending, ahead bool) error {
	switch {
	case b.fatal != nil:
		return b.fatal
	case len(b.entries) > 0:
		w.flying = b
		defer func() { w.flying = nil }()
		return w.publish(ctx, b, ahead)
	case b.refused:
		return w.current(ctx)
	}
	return nil
}

// ahead decides a job while a block is on its way.
func (w *writer) ahead(ctx context.Context, j *job) {
	if w.next == nil {
		w.next = newPending()
	}
	w.take(ctx, w.next, j)
}

// The bounds of waiting for callers.
const (
	lingerFrom = 4 // callers that were answered together
	lingerMax  = time.Millisecond
	lingerSkip = 32 // blocks that are not waited after, when callers did not come back
)

// waitForCallers decides what the callers that were just answered ask next, for
// as long as most of them come back: a block costs the same with one command or
// with many, and each that is saved is time for the callers themselves.
func (w *writer) waitForCallers(ctx context.Context, answered int) {
	if answered < lingerFrom {
		return
	}
	if w.alone > 0 {
		w.alone--
		return
	}
	late := time.NewTimer(lingerMax)
	defer late.Stop()
	for missing := answered - answered/8; missing > 0 && !w.next.closed(); missing-- {
		select {
		case j := <-w.queue:
			w.ahead(ctx, j)
		case <-late.C:
			w.alone = lingerSkip
			return
		case <-ctx.Done():
			return
		}
	}
}

// closed tells whether a block that may not be there takes no further job.
func (b *pending) closed() bool { return b != nil && (b.full || b.fatal != nil) }

// given returns the jobs of a block that may not be there.
func (b *pending) given() []*job {
	if b == nil {
		return nil
	}
	return b.jobs
}

func failAll(jobs []*job, err error) {
	for _, j := range jobs {
		j.fail(err)
	}
}

// unanswered says what it means for commands that the log refused, or did not
// answer before the time or the store ended. Where a block of theirs is in
// doubt, no later answer makes it certain that nothing was recorded.
func (w *writer) unanswered(err error, doubt bool) error {
	ended := err == context.DeadlineExceeded || err == context.Canceled
	switch {
	case doubt && (ended || Is(err, LogUnavailable)):
		return unansweredBy(true, err)
	case !ended:
		return err
	case w.store.ctx.Err() != nil:
		return failure(Closed, "the ledger is shutting down", "try again when it has started", nil)
	}
	return unansweredBy(false, err)
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

// load makes the state out of the last snapshot and the log after it.
func (w *writer) load(ctx context.Context) error {
	if places := w.store.cfg.Places; places != nil { // the ledger may be on its way: what is here is a part of it
		if err := places.claim(ctx, w.ledger, false); err != nil {
			return err
		}
	}
	end, err := w.store.lastOf(ctx, w.ledger)
	if err != nil {
		return err
	}
	w.ledgerState = newLedgerState()
	if end > 0 { // until 0 would follow the log for ever
		w.restore()
		err = w.replay(end)
	}
	w.domain.Track()
	w.loaded = err == nil
	return err
}

// restore takes the state from the last snapshot, where there is one that can
// be trusted.
func (w *writer) restore() {
	if w.distrust {
		return
	}
	state, err := w.store.snapshot(w.store.ctx, w.ledger)
	switch {
	case err == nil:
		w.ledgerState = state
		if w.whole != nil {
			w.store.done.Go(func() { w.readPages(state.entries.paged) })
		}
	case !errors.Is(err, errNoSnapshot):
		w.store.cfg.Log.Warn("the snapshot of a ledger is not used; its log is read from the first block", "ledger", w.ledger, "reason", err)
	}
}

// due tells whether enough has happened for a snapshot since the last one.
// Nothing is decided ahead then, since a snapshot holds what is stored.
func (w *writer) due() bool {
	select {
	case merged := <-w.merged:
		w.entries.thaw(merged)
		w.saving = false
	case whole := <-w.whole:
		w.complete(whole)
	default:
	}
	return !w.saving && w.loaded && w.entries.paged == nil && w.since >= w.store.cfg.SnapshotEvents
}

// saveWhenDue hands the state to a snapshot. Only copying the domain's state
// holds commands up.
func (w *writer) saveWhenDue() {
	if w.due() {
		w.save()
	}
}

// saveAtTheEnd makes a snapshot of a store that closes, unless the log after
// the last one is short anyway.
func (w *writer) saveAtTheEnd() {
	if w.saving {
		w.entries.thaw(<-w.merged)
	}
	if !w.loaded || w.since < max(w.store.cfg.SnapshotEvents/10, 1) {
		return
	}
	if w.entries.paged != nil { // who stops so soon waits a little longer
		ctx, cancel := context.WithTimeout(context.Background(), snapshotTimeMax)
		defer cancel()
		whole, err := w.entries.paged.all(ctx)
		w.complete(wholeEntries{w.entries.paged, whole, err})
		if err != nil {
			return
		}
	}
	w.save()
}

func (w *writer) save() {
	w.saving = true
	i := w.image(w.ledger)
	w.store.done.Go(func() {
		merged := i.sorted.merge(i.frozen)
		w.merged <- merged
		if err := w.store.storeSnapshot(i, merged); err != nil {
			w.store.cfg.Log.Warn("a snapshot of a ledger was not stored; the next start takes longer", "ledger", i.ledger, "error", err)
		}
	})
}

// replay folds the ledger's blocks after those that are folded, up to a
// sequence. It takes as long as it takes; only the store's end interrupts it.
func (w *writer) replay(until uint64) error {
	for m, err := range w.store.blocks(w.store.ctx, w.store.subject(w.ledger), w.last, until) {
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

func (w *writer) rollback(mark int) { w.domain.Rollback(mark) }
