package chaos

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5"
)

const databaseName = "aidledger"

// database is a PostgreSQL server that is reached over a link.
type database struct {
	*link
	dir string

	mu      sync.Mutex
	cluster *localpg.Cluster
}

func (r *Run) startDatabase(ctx context.Context) (*database, error) {
	d := &database{dir: filepath.Join(r.Dir, "postgres")}
	if err := d.start(ctx); err != nil {
		return nil, err
	}
	err := d.cluster.CreateDatabase(ctx, databaseName)
	if err == nil {
		d.link, err = newLink(d.dial)
	}
	return d, err
}

func (d *database) start(ctx context.Context) error {
	cluster, err := localpg.Start(ctx, d.dir, localpg.Config{})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cluster = cluster
	return nil
}

// stop ends the server; what it wrote stays.
func (d *database) stop(ctx context.Context) {
	_ = d.cluster.Stop(context.WithoutCancel(ctx))
}

// config is how to reach the server without the link.
func (d *database) config() (*pgx.ConnConfig, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return pgx.ParseConfig(d.cluster.ConnString(databaseName))
}

func (d *database) dial() (net.Conn, error) {
	c, err := d.config()
	if err != nil {
		return nil, err
	}
	network, address := pgNetwork(c)
	return net.DialTimeout(network, address, time.Second)
}

func pgNetwork(c *pgx.ConnConfig) (network, address string) {
	if filepath.IsAbs(c.Host) {
		return "unix", filepath.Join(c.Host, fmt.Sprintf(".s.PGSQL.%d", c.Port))
	}
	return "tcp", net.JoinHostPort(c.Host, fmt.Sprint(c.Port))
}

// url reaches the server over the link.
func (d *database) url() (string, error) {
	c, err := d.config()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable&connect_timeout=5", c.User, d.address(), databaseName), nil
}

// ask runs one statement without the link and scans the one value of its answer.
func (d *database) ask(ctx context.Context, sql string, value any, args ...any) error {
	c, err := d.config()
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.QueryRow(ctx, sql, args...).Scan(value)
}

// terminate ends all connections of others and returns how many there were.
func (d *database) terminate(ctx context.Context) (n int, err error) {
	err = d.ask(ctx, `select count(pg_terminate_backend(pid)) from pg_stat_activity
		where pid <> pg_backend_pid() and backend_type = 'client backend'`, &n)
	return n, err
}

// fault is one thing that happens to a server, and its end.
type fault struct {
	name       string
	lose, mend func() error
}

// databaseFaults lists what can happen to PostgreSQL.
func (r *Run) databaseFaults(ctx context.Context, d *database, m *memory, terminated *int) []fault {
	return []fault{
		{"connections ended", func() error {
			for range r.scale(3, 20) {
				n, err := d.terminate(ctx)
				if *terminated += n; err != nil {
					return err
				}
				if err := r.underLoad(ctx, m, 10); err != nil {
					return err
				}
			}
			return nil
		}, func() error { return nil }},
		{"slow", func() error { d.set(func(l *link) { l.delay = 30 * time.Millisecond }); return nil },
			func() error { d.set(func(l *link) { l.delay = 0 }); return nil }},
		{"stuck", func() error { d.set(func(l *link) { l.stuck = true }); return nil },
			func() error { d.set(func(l *link) { l.stuck = false }); return nil }},
		{"cut off", func() error { d.set(func(l *link) { l.cut = true }); return nil },
			func() error { d.set(func(l *link) { l.cut = false }); return nil }},
		{"killed", func() error { return syscall.Kill(d.cluster.PID(), syscall.SIGKILL) },
			func() error { d.stop(ctx); return d.start(ctx) }},
		{"restarted", func() error { d.stop(ctx); return nil }, func() error { return d.start(ctx) }},
	}
}

// databaseLoses does everything to PostgreSQL that can happen to it while
// clients go on.
func databaseLoses(ctx context.Context, r *Run) error {
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
	s, err := r.serve(ctx, filepath.Join(r.Dir, "data"), "--postgres-url", url)
	if err != nil {
		return err
	}
	defer s.kill()
	if err := must(ctx, s.submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	m := newMemory()
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	load.Go(func() {
		m.payers(loading, finishing(ctx, s.submit), 8)
	})
	terminated := 0
	faults := r.databaseFaults(ctx, d, m, &terminated)
	for range r.scale(1, 5) {
		for _, f := range faults {
			if err := f.lose(); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			before := m.count()
			if err := r.underLoad(ctx, m, r.scale(50, 2000)); err != nil { // commands are accepted meanwhile
				return fmt.Errorf("with PostgreSQL %s: %w", f.name, err)
			}
			during := m.count() - before
			if err := f.mend(); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			begun := time.Now()
			if err := s.follows(ctx); err != nil {
				return fmt.Errorf("after PostgreSQL was %s: %w", f.name, err)
			}
			r.figure("PostgreSQL %s: %d commands accepted meanwhile, caught up %s after it was back", f.name, during, time.Since(begun).Round(time.Millisecond))
		}
	}
	stop()
	load.Wait()
	if terminated == 0 {
		return errNothing
	}
	t, err := r.inspect(ctx, s, filepath.Join(r.Dir, "data"), "--postgres-url", url)
	if err != nil {
		return err
	}
	return m.compare(t)
}

// follows waits until the read models have what the log had at the call.
func (s *server) follows(ctx context.Context) error {
	var end uint64
	if err := until(ctx, "the server telling its status", func() bool {
		var status struct {
			LogEnd uint64 `json:"log_end"`
		}
		err := s.do(ctx, "GET", "/v1/status", "", nil, &status)
		end = status.LogEnd
		return err == nil
	}); err != nil {
		return err
	}
	return s.caughtUp(ctx, end)
}
