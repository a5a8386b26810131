package chaos

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// memory is what clients keep: the payments that were acknowledged, and those
// that they sent and have no answer to.
type memory struct {
	mu           sync.Mutex
	acknowledged map[string]int64 // fen, by id
	open         map[string]eventstore.Request
	fen          map[string]int64 // of all that were sent
	gave         error            // why the last client that gave up did so
	deaf         bool             // nobody hears answers any more
}

func newMemory() *memory {
	return &memory{acknowledged: map[string]int64{}, open: map[string]eventstore.Request{}, fen: map[string]int64{}}
}

func (m *memory) sent(r eventstore.Request, fen int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[r.ID], m.fen[r.ID] = r, fen
}

func (m *memory) answered(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaf {
		return
	}
	delete(m.open, id)
	m.acknowledged[id] = m.fen[id]
}

func (m *memory) gaveUp(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gave = why
}

// deafen makes the clients deaf or lets them hear again. What is answered to
// the deaf stays open.
func (m *memory) deafen(deaf bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaf = deaf
}

// rename gives a command that has no answer the id of another one.
func (m *memory) rename(id string, r request) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, id)
	m.open[r.ID], m.fen[r.ID] = r, m.fen[id]
	return r.ID
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.acknowledged)
}

// payers lets clients pay one fund until ctx ends; it returns when all have
// stopped. A client stops at its first error.
func (m *memory) payers(ctx context.Context, do submit, clients int) {
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				amount := int64(1 + client)
				request := ask(pay(0, amount))
				m.sent(request, amount)
				if _, err := do(ctx, ledger, request); err != nil {
					m.gaveUp(err)
					return
				}
				m.answered(request.ID)
			}
		})
	}
	wg.Wait()
}

// load lets clients pay until the returned function is called. What has no
// answer by then stays without one.
func (m *memory) load(ctx context.Context, do submit, clients int) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		m.payers(ctx, finishing(ctx, do), clients)
	}()
	return func() {
		cancel()
		<-stopped
	}
}

// repeat sends what has no answer again and returns how many of these had been
// recorded the first time. Without ids of their own they are new commands.
func (m *memory) repeat(ctx context.Context, do submit, unprotected bool) (recorded int, err error) {
	m.mu.Lock()
	all := maps.Clone(m.open)
	m.mu.Unlock()
	for id, request := range all {
		if unprotected {
			request.ID = ask(request.Command).ID
			id = m.rename(id, request)
		}
		receipt, err := insist(ctx, do, ledger, request)
		if err != nil {
			return recorded, fmt.Errorf("repeat %s: %w", id, err)
		}
		if receipt.Repeated {
			recorded++
		}
		m.answered(id)
	}
	return recorded, nil
}

// compare looks whether the log holds exactly what was acknowledged.
func (m *memory) compare(t *tally) error {
	var sum int64
	for _, fen := range m.acknowledged {
		sum += fen
	}
	if total := t.total(); total != sum {
		return violated("%d fen are in the log and %d were acknowledged: %d fen off", total, sum, total-sum)
	}
	return t.compare(m.acknowledged)
}

// kill kills a server under load at random moments and starts it again.
func kill(ctx context.Context, r *Run) error {
	dir := filepath.Join(r.Dir, "data")
	s, err := r.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { s.kill() }()
	if err := must(ctx, s.submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	m := newMemory()
	cycles, killed, recorded, repeated := r.scale(2, 50), 0, 0, 0
	var outage time.Duration
	if r.Unprotected {
		cycles = 5
	}
	// A kill may find no block between its storage and its answer; then there is another one.
	for cycle := 0; cycle < cycles || !r.Unprotected && recorded == 0 && cycle < 20; cycle++ {
		enough := m.count() + 20 + r.dice.IntN(400)
		stop := m.load(ctx, s.submit, 32)
		if err := until(ctx, "the load", func() bool { return m.count() >= enough }); err != nil {
			stop()
			return fmt.Errorf("%w: %s", err, s.said())
		}
		s.kill()
		killed++
		stop()
		repeated += len(m.open)
		begun := time.Now()
		if s, err = r.serve(ctx, dir); err != nil {
			return err
		}
		outage = max(outage, time.Since(begun))
		n, err := m.repeat(ctx, s.submit, r.Unprotected)
		if err != nil {
			return err
		}
		recorded += n
	}
	if repeated == 0 || recorded == 0 && !r.Unprotected {
		return fmt.Errorf("%w: %d commands had no answer, %d of them were recorded", errNothing, repeated, recorded)
	}
	served := &tally{}
	if served, err = r.inspect(ctx, s, dir); err != nil {
		return err
	}
	if err := m.compare(served); err != nil {
		return err
	}
	r.figure("%d kills under load of 32 clients, back within %s: acknowledged %d, lost 0, duplicated 0", killed, outage.Round(time.Millisecond), len(m.acknowledged))
	r.figure("%d commands had no answer and were sent again, %d of them had been recorded already", repeated, recorded)
	return nil
}

// inspect compares the totals of a server with its log and stops it. The log is
// read from its files, after the server has gone.
func (r *Run) inspect(ctx context.Context, s *server, dir string, args ...string) (*tally, error) {
	var status struct {
		LogEnd uint64 `json:"log_end"`
	}
	if err := s.do(ctx, "GET", "/v1/status", "", nil, &status); err != nil {
		return nil, err
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	t, err := auditDir(ctx, filepath.Join(dir, "nats"))
	if err != nil {
		return nil, err
	}
	if t.blocks != status.LogEnd {
		return nil, violated("the log ended with block %d and ends with %d after a stop", status.LogEnd, t.blocks)
	}
	again, err := r.serve(ctx, dir, args...)
	if err != nil {
		return nil, err
	}
	defer again.kill()
	if err := r.agreesWith(ctx, again, t); err != nil {
		return nil, err
	}
	return t, again.stop()
}

// auditDir audits a log in the files of a server that does not run.
func auditDir(ctx context.Context, dir string) (*tally, error) {
	nats, err := localnats.Start(dir)
	if err != nil {
		return nil, err
	}
	defer nats.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true, MustExist: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return audit(ctx, store)
}
