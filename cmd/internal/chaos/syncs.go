package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// storeVariable tells a new process of this program to be a log on the files of
// the directory that it names, behind the HTTP API and without read models. It
// waits less long than a server does.
const storeVariable = "AIDLEDGER_CHAOS_STORE"

const storeToken = "chaos"

func serveStore(dir string) error {
	nats, err := localnats.Start(dir)
	if err != nil {
		return err
	}
	defer nats.Close()
	store, err := eventstore.Open(context.Background(), eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true,
		Room: nats.Room, Revive: nats.Revive, PublishTimeout: 300 * time.Millisecond, AnswerTimeout: 1500 * time.Millisecond})
	if err != nil {
		return err
	}
	defer store.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s (a log alone)\n", listener.Addr())
	return web.New(web.Config{Store: store, Log: quiet, Token: storeToken}).HTTP().Serve(listener)
}

// answers counts what clients were told about their payments.
type answers struct {
	mu           sync.Mutex
	acknowledged map[string]int64
	refused      map[string]bool // said not to be recorded
	codes        map[string]int
}

func (a *answers) add(id string, fen int64, code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.codes[code]++
	switch code {
	case "":
		a.acknowledged[id] = fen
	case eventstore.LogUnavailable, eventstore.Busy:
		a.refused[id] = true
	}
}

func (a *answers) count(code string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.codes[code]
}

// failed counts the answers that were no success.
func (a *answers) failed() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for code, times := range a.codes {
		if code != "" {
			n += times
		}
	}
	return n
}

// syncsFail lets the disk of the log refuse to sync while clients pay, and
// recover. Nothing is acknowledged meanwhile, and the log goes on by itself
// afterwards.
func syncsFail(ctx context.Context, r *Run) error {
	dir := filepath.Join(r.Dir, "nats")
	var d disk
	s, err := r.startStore(ctx, dir, &d)
	if err != nil {
		return err
	}
	defer func() { s.kill() }()
	if err := must(ctx, s.submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	a := &answers{acknowledged: map[string]int64{}, refused: map[string]bool{}, codes: map[string]int{}}
	loading, stop := context.WithCancel(ctx)
	var load sync.WaitGroup
	defer load.Wait()
	defer stop()
	for range 8 {
		load.Go(func() {
			for loading.Err() == nil {
				q := ask(pay(0, 1))
				_, err := s.submit(ctx, ledger, q)
				a.add(q.ID, 1, codeOf(err))
			}
		})
	}
	for range r.scale(1, 20) {
		if err := r.failSyncs(ctx, &d, a); err != nil {
			return err
		}
	}
	stop()
	load.Wait()
	s.kill()
	t, err := auditDir(ctx, dir)
	if err != nil {
		return err
	}
	for id := range a.refused {
		if t.entries[id] > 0 {
			return violated("the payment %s was said not to be recorded, and is in the log", id)
		}
	}
	r.figure("%d syncs failed: acknowledged %d, lost 0, duplicated 0; %d were told that their outcome is unknown, %d that they were not recorded, which is true",
		d.refused.Load(), len(a.acknowledged), a.count(eventstore.OutcomeUnknown), len(a.refused))
	return t.compare(a.acknowledged)
}

// failSyncs lets syncs fail for a while.
func (r *Run) failSyncs(ctx context.Context, d *disk, a *answers) error {
	enough := a.count("") + 50 + r.dice.IntN(200)
	if err := until(ctx, "the load", func() bool { return a.count("") >= enough }); err != nil {
		return err
	}
	mode := int32(diskFails)
	if r.Unprotected { // as a log does that does not wait for the disk
		mode = diskLies
	}
	d.mode.Store(mode)
	before, failed, reached := a.count(""), a.failed(), d.reached.Load()
	if err := until(ctx, "an answer on a disk that does not sync", func() bool {
		return a.failed() > failed+8 || a.count("") > before+200
	}); err != nil {
		return err
	}
	// Whoever was acknowledged had a sync; the last of these may have been under
	// way, with a command of each client.
	if n := a.count("") - before; n > 8 {
		return violated("%d payments were acknowledged while %d syncs reached the disk", n, d.reached.Load()-reached)
	}
	d.mode.Store(diskHealthy)
	begun, again := time.Now(), a.count("")
	if err := until(ctx, "payments after the disk has recovered", func() bool { return a.count("") > again+20 }); err != nil {
		return violated("%v: %v", err, a.codes)
	}
	r.figure("the disk did not sync for a while: worked again %s after it did", time.Since(begun).Round(time.Millisecond))
	return nil
}

// startStore starts a log alone whose syncs d decides.
func (r *Run) startStore(ctx context.Context, dir string, d *disk) (*server, error) {
	s := newServer(storeToken)
	s.cmd = exec.Command(r.Program)
	s.cmd.Env = append(os.Environ(), storeVariable+"="+dir)
	started, err := d.attach(s.cmd)
	if err != nil {
		return nil, err
	}
	listens, err := s.launch()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(started(), listens(ctx)); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}
