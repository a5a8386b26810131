package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// placeLock is the advisory lock of the runner that works, see package
// projections.
const placeLock = 7_318_002

// fleet is several server processes on one log and one database.
type fleet struct {
	*Run
	database *database
	servers  []*server
	start    func(ctx context.Context, i int) (*server, error)
}

// takeOver takes server processes away, one after the other, while clients pay
// through those that are left. Another one moves the read models on.
func takeOver(ctx context.Context, r *Run) error {
	nats, err := r.startNode(ctx, "takeover", filepath.Join(r.Dir, "nats"), "")
	if err != nil {
		return err
	}
	defer nats.kill()
	d, err := r.startDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { d.stop(ctx) }()
	defer d.close()
	url, err := d.url()
	if err != nil {
		return err
	}
	f := &fleet{Run: r, database: d, start: func(ctx context.Context, i int) (*server, error) {
		return r.serve(ctx, filepath.Join(r.Dir, fmt.Sprint("server", i)), "--nats-url", nats.url(), "--postgres-url", url)
	}}
	defer f.kill()
	for i := range 3 {
		s, err := f.start(ctx, i)
		if err != nil {
			return err
		}
		f.servers = append(f.servers, s)
	}
	if err := must(ctx, f.servers[0].submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	if r.Unprotected {
		return f.loseWithPlaceKept(ctx)
	}
	m := newMemory()
	for i := range r.scale(1, 30) {
		if err := f.lose(ctx, m, (i+int(r.Seed%3))%len(f.servers)); err != nil {
			return err
		}
	}
	store, done, err := openNode(ctx, nats)
	if err != nil {
		return err
	}
	defer done()
	t, err := audit(ctx, store)
	if err != nil {
		return err
	}
	if err := m.compare(t); err != nil {
		return err
	}
	r.figure("acknowledged %d, lost 0, duplicated 0", m.count())
	return r.agreesWith(ctx, f.servers[0], t)
}

// kill ends all servers, also those that are paused.
func (f *fleet) kill() {
	f.signal(syscall.SIGCONT, -1)
	for _, s := range f.servers {
		s.kill()
	}
}

// signal sends a signal to all servers but one.
func (f *fleet) signal(what syscall.Signal, but int) {
	for i, s := range f.servers {
		if i != but {
			_ = s.cmd.Process.Signal(what)
		}
	}
}

// crown makes one server the one that moves the read models: the others are
// paused while the place is free.
func (f *fleet) crown(ctx context.Context, i int) error {
	f.signal(syscall.SIGSTOP, i)
	defer f.signal(syscall.SIGCONT, i)
	var begun time.Time
	if err := f.database.ask(ctx, "select clock_timestamp()", &begun); err != nil {
		return err
	}
	if _, err := f.database.terminate(ctx); err != nil {
		return err
	}
	return until(ctx, "a server taking the place", func() bool {
		var holders int
		err := f.database.ask(ctx, `select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
			where l.locktype = 'advisory' and l.granted and l.objid = $1 and a.backend_start > $2`, &holders, placeLock, begun)
		return err == nil && holders == 1
	})
}

// lose takes one server away, in two ways, and measures how long it takes
// until the others show what was recorded afterwards.
func (f *fleet) lose(ctx context.Context, m *memory, i int) error {
	for _, way := range []string{"killed", "paused"} {
		if err := f.crown(ctx, i); err != nil {
			return err
		}
		lost := f.servers[i]
		took, err := f.outage(ctx, m, f.servers[(i+1)%len(f.servers)], func() error {
			if way == "paused" {
				return lost.cmd.Process.Signal(syscall.SIGSTOP)
			}
			lost.kill()
			return nil
		})
		if err != nil {
			return fmt.Errorf("with server %d %s: %w", i+1, way, err)
		}
		f.figure("of 3 servers the one that moved the read models was %s: the others show what was recorded afterwards within %s", way, took.Round(time.Millisecond))
		if way == "paused" {
			err = lost.cmd.Process.Signal(syscall.SIGCONT)
		} else {
			f.servers[i], err = f.start(ctx, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// outage lets clients pay through a server while something happens to another
// one, and returns how long it took from then until the read models had what
// was recorded meanwhile.
func (f *fleet) outage(ctx context.Context, m *memory, left *server, happen func() error) (time.Duration, error) {
	loading, stop := context.WithCancel(ctx)
	var load sync.WaitGroup
	defer load.Wait() // until the outcome of every payment is known
	defer stop()
	load.Go(func() { m.payers(loading, finishing(ctx, left.submit), 8) })
	if err := f.underLoad(ctx, m, 50); err != nil {
		return 0, err
	}
	if err := happen(); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := f.underLoad(ctx, m, 50); err != nil {
		return 0, err
	}
	err := left.follows(ctx)
	return time.Since(begun), err
}

// placeFor is how long the counter-proof lets the others try. A take-over takes
// a fraction of a second after a kill.
const placeFor = 8 * time.Second

// loseWithPlaceKept kills the server that moves the read models, where its
// place is not free afterwards: it would be so if a row in a table said whose
// turn it is, and not a lock that ends with the connection.
func (f *fleet) loseWithPlaceKept(ctx context.Context) error {
	if err := f.crown(ctx, 0); err != nil {
		return err
	}
	config, err := f.database.config()
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	keeping, stop := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	defer keeper.Wait()
	defer stop()
	keeper.Go(func() {
		defer conn.Close(context.WithoutCancel(ctx))
		_, _ = conn.Exec(keeping, "select pg_advisory_lock($1), pg_sleep(3600)", placeLock) // first in the queue
	})
	if err := until(ctx, "the keeper waiting for the place", func() bool {
		var waiting int
		err := f.database.ask(ctx, "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = $1", &waiting, placeLock)
		return err == nil && waiting == 1
	}); err != nil {
		return err
	}
	f.servers[0].kill()
	receipt, err := insist(ctx, f.servers[1].submit, ledger, ask(pay(0, 1)))
	if err != nil {
		return err
	}
	waiting, end := context.WithTimeout(ctx, placeFor)
	defer end()
	if err := f.servers[1].caughtUp(waiting, receipt.Position.Block); waiting.Err() == nil || ctx.Err() != nil {
		return err
	}
	return violated("nobody moved the read models on within %s", placeFor)
}
