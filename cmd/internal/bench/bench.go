// Package bench measures the ledger against the raw limits of the machine that
// it runs on, in the same run: a durable command against one raw durable
// publish to the same JetStream, a command over HTTP against one single-row
// commit in the same PostgreSQL, a rebuild against a bare COPY of the same
// rows, a total against a lookup by primary key. What counts is the ratio;
// absolute figures belong to the machine.
package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5"
)

// Config says how much to measure and where.
type Config struct {
	Dir      string        // an empty directory that is used and left behind
	Duration time.Duration // of each case that is measured by time
	Events   int           // size of the log for replay, rebuild, verify and totals
	Progress func(doing string, done, total uint64)

	providers     int // of the generated programme, with ten funds each; 0: 50
	beneficiaries int // of the programme that is measured with them
	clients       int // that are measured at a time
}

// clientsMax is the largest number of clients of a case.
const clientsMax = 256

// Row is the result of one case. Rate is per second: commands, rows, events or
// queries, as Unit says. Ratio compares with the case named Limit of the same
// run: rate with rate, or for queries P99 with P99; it is 0 for a raw limit.
type Row struct {
	Name    string      `json:"name"`
	Clients int         `json:"clients"`
	Unit    string      `json:"unit"`
	Rate    float64     `json:"rate"`
	P50     Nanoseconds `json:"p50_ns"`
	P99     Nanoseconds `json:"p99_ns"`
	Ratio   float64     `json:"ratio,omitzero"`
	Limit   string      `json:"limit,omitzero"`
	Goal    string      `json:"goal,omitzero"`
	Reached bool        `json:"reached,omitzero"`
	Note    string      `json:"note,omitzero"`
}

// Nanoseconds are a time.Duration that is a number in JSON.
type Nanoseconds int64

// bench is one run: the servers that it started, and what it has measured.
type bench struct {
	Config
	nats    *localnats.Server
	pg      *localpg.Cluster
	url     string
	store   *eventstore.Store // takes the commands that are measured
	large   *eventstore.Store // holds the generated programme
	views   *projections.DB
	runner  *projections.Runner
	rows    map[string]Row
	emit    func(Row)
	started float64 // memory that the last start holds, in MiB
	closing []func()
}

// Run measures all cases, giving each row to emit as soon as it is known.
func Run(ctx context.Context, c Config, emit func(Row)) error {
	b := newBench(c, emit)
	defer b.close()
	if err := b.start(ctx); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{b.commands, b.http, b.lag, b.generate, b.replay, b.readModels, b.queries, b.pages} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func newBench(c Config, emit func(Row)) *bench {
	if c.Progress == nil {
		c.Progress = func(string, uint64, uint64) {}
	}
	if c.providers == 0 {
		c.providers = providers
	}
	return &bench{Config: c, rows: map[string]Row{}, emit: emit}
}

// close ends what start began, the last first.
func (b *bench) close() {
	for _, end := range slices.Backward(b.closing) {
		end()
	}
}

func (b *bench) start(ctx context.Context) (err error) {
	if b.nats, err = localnats.Start(b.Dir + "/nats"); err != nil {
		return err
	}
	b.closing = append(b.closing, func() {
		if b.nats != nil { // the last one that was started
			b.nats.Close()
		}
	})
	if err := os.MkdirAll(b.Dir+"/postgres", 0o755); err != nil {
		return err
	}
	if b.pg, err = localpg.Start(ctx, b.Dir+"/postgres", localpg.Config{Connections: 2 * clientsMax}); err != nil {
		return err
	}
	b.closing = append(b.closing, func() { b.pg.Stop(context.Background()) })
	if err := b.pg.CreateDatabase(ctx, "bench"); err != nil {
		return err
	}
	b.url = b.pg.ConnString("bench")
	if b.store, err = b.open(ctx, "COMMANDS"); err != nil {
		return err
	}
	b.closing = append(b.closing, func() { closeStore(b.store) })
	if b.large, err = b.open(ctx, "LARGE"); err != nil {
		return err
	}
	b.closing = append(b.closing, func() { closeStore(b.large) })
	if b.views, err = projections.Open(ctx, b.url); err != nil {
		return err
	}
	b.closing = append(b.closing, b.views.Close)
	b.runner = projections.NewRunner(b.views, b.large, slog.New(slog.DiscardHandler))
	return nil
}

// closeStore closes a store, where a case has not taken it away.
func closeStore(s *eventstore.Store) {
	if s != nil {
		s.Close()
	}
}

func (b *bench) open(ctx context.Context, stream string) (*eventstore.Store, error) {
	return eventstore.Open(ctx, eventstore.Config{Conn: b.nats.Conn(), Stream: stream, Now: time.Now, SyncAlways: b.nats.SyncAlways()})
}

func (b *bench) connect(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, b.url) }

// record keeps a row for later ones to be compared with, and shows it.
func (b *bench) record(r Row) {
	b.rows[r.Name+fmt.Sprint(r.Clients)] = r
	b.emit(r)
}

// against compares the rate of a row with that of a raw limit; least is the goal
// of the ratio, 0 where there is none.
func (b *bench) against(r Row, limit string, clients int, least float64) Row {
	raw := b.rows[limit+fmt.Sprint(clients)]
	r.Limit = fmt.Sprintf("%s, %d clients", limit, clients)
	r.Ratio = r.Rate / raw.Rate
	if least > 0 {
		r.Goal, r.Reached = fmt.Sprintf("≥ %.2f", least), r.Ratio >= least
	}
	return r
}

// load runs do in as many goroutines as there are clients for the duration of
// a case, at least once in each, and returns its rate and latencies. each says how many units one call
// of do stands for.
func (b *bench) load(ctx context.Context, name string, clients, each int, do func(ctx context.Context, client int) error) (Row, error) {
	b.Progress(fmt.Sprintf("%s, %d clients", name, clients), 0, 0)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wg sync.WaitGroup
	begun := time.Now()
	end := begun.Add(b.Duration)
	for client := range clients {
		wg.Go(func() {
			var own []time.Duration
			for now := time.Now(); len(own) == 0 || now.Before(end); {
				err := do(ctx, client)
				next := time.Now()
				if err != nil {
					mu.Lock()
					if failed == nil {
						failed = fmt.Errorf("%s: %w", name, err)
					}
					mu.Unlock()
					cancel()
					return
				}
				own = append(own, next.Sub(now))
				now = next
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	took := time.Since(begun)
	if failed != nil {
		return Row{}, failed
	}
	slices.Sort(all)
	return Row{Name: name, Clients: clients, Rate: float64(len(all)*each) / took.Seconds(),
		P50: Nanoseconds(all[len(all)/2]), P99: Nanoseconds(all[len(all)*99/100])}, nil
}

// timed runs do once and returns the rate of n units.
func (b *bench) timed(name, unit string, n int, do func() error) (Row, error) {
	b.Progress(name, 0, 0)
	begun := time.Now()
	if err := do(); err != nil {
		return Row{}, fmt.Errorf("%s: %w", name, err)
	}
	return Row{Name: name, Clients: 1, Unit: unit, Rate: float64(n) / time.Since(begun).Seconds()}, nil
}
