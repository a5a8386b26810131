package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// overload sends more than the queue takes: to a store with a short queue, and
// to a server by many clients at once.
func overload(ctx context.Context, r *Run) error {
	if err := r.overloadStore(ctx); err != nil {
		return err
	}
	if r.Unprotected {
		return nil
	}
	return r.overloadServer(ctx)
}

func (r *Run) overloadStore(ctx context.Context) error {
	nats, err := localnats.Start(filepath.Join(r.Dir, "nats"))
	if err != nil {
		return err
	}
	defer nats.Close()
	queue := 64
	if r.Unprotected {
		queue = 1 << 20
	}
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true, QueueMax: queue})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := must(ctx, store.Submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	codes, acknowledged := map[string]int{}, map[string]int64{}
	// A scheduler that runs one client after the other never fills the queue.
	for round := 0; round == 0 || !r.Unprotected && codes[eventstore.Busy] == 0 && round < 20; round++ {
		crowd(r.scale(2_000, 50_000), func() (string, error) {
			q := ask(pay(0, 1))
			_, err := store.Submit(ctx, ledger, q)
			if again(err) && !eventstore.Is(err, eventstore.Busy) {
				_, err = insist(ctx, store.Submit, ledger, q)
			}
			return q.ID, err
		}, codes, acknowledged)
	}
	t, err := audit(ctx, store)
	if err != nil {
		return err
	}
	if codes[eventstore.Busy] == 0 {
		return violated("a queue of 64 took everything: %v", codes)
	}
	if len(codes) != 2 || t.total() != int64(codes[""]) {
		return violated("the answers were %v, and %d fen are in the log", codes, t.total())
	}
	r.figure("queue of %d commands: %d acknowledged and recorded, %d told that it is busy, 0 of these recorded", queue, codes[""], codes[eventstore.Busy])
	return t.compare(acknowledged)
}

// crowd lets so many clients do something at once, and counts their answers by
// code.
func crowd(clients int, do func() (id string, err error), codes map[string]int, acknowledged map[string]int64) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range clients {
		wg.Go(func() {
			<-begin
			id, err := do()
			mu.Lock()
			defer mu.Unlock()
			if codes[codeOf(err)]++; err == nil {
				acknowledged[id] = 1
			}
		})
	}
	close(begin)
	wg.Wait()
}

func (r *Run) overloadServer(ctx context.Context) error {
	dir := filepath.Join(r.Dir, "data")
	s, err := r.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer s.kill()
	if err := must(ctx, s.submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	before := residentMiB(s.cmd.Process.Pid)
	m := newMemory()
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		m.payers(loading, finishing(ctx, s.submit), r.scale(256, 1024))
	})
	peak := before
	if err := until(ctx, "the load", func() bool {
		peak = max(peak, residentMiB(s.cmd.Process.Pid))
		return m.count() > r.scale(1_500, 200_000)
	}); err != nil {
		return err
	}
	stop()
	wg.Wait()
	const bound = 1024
	if peak > bound {
		return violated("the server took %d MiB, more than %d", peak, bound)
	}
	t, err := r.inspect(ctx, s, dir)
	if err != nil {
		return err
	}
	r.figure("%d clients over HTTP: %d acknowledged, memory %d MiB before and %d MiB at most", r.scale(256, 1024), len(m.acknowledged), before, peak)
	return m.compare(t)
}

// residentMiB is how much memory a process has, 0 where the system does not tell.
func residentMiB(pid int) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib >> 10
		}
	}
	return 0
}
