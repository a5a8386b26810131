package chaos

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"aidledger/eventstore"
	"aidledger/projections/localpg"
)

// regions are two logs that share the NATS servers. Each has two servers and a
// database of its own.
var regions = []string{"EAST", "WEST"}

// counties is many ledgers in two regions.
type counties struct {
	*Run
	nats    string // URLs
	ledgers int
	servers [][]*server // by region; the first one of each moves its read models
	moved   moved
}

// county opens many ledgers, each through both regions at once, and lets clients
// pay in all of them through any server while some ledgers are moved to the other
// region and a server is killed.
func county(ctx context.Context, r *Run) error {
	c := &counties{Run: r, ledgers: r.scale(8, 200)}
	stop, err := c.start(ctx)
	defer stop()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := c.each(func(name string) error { return c.open(ctx, name) }); err != nil {
		return err
	}
	places, err := c.places(ctx)
	if err != nil {
		return err
	}
	c.figure("%d ledgers opened through both regions at once within %s: %d in %s, %d in %s, none in both", c.ledgers,
		time.Since(begun).Round(time.Millisecond), places[regions[0]], regions[0], places[regions[1]], regions[1])
	m := newMemory()
	if err := c.load(ctx, m); err != nil {
		return err
	}
	return c.compare(ctx, m)
}

// start starts the servers. What it returns ends them, also after an error.
func (c *counties) start(ctx context.Context) (stop func(), err error) {
	var started []func()
	stop = func() {
		for i := len(started) - 1; i >= 0; i-- {
			started[i]()
		}
	}
	if c.Full {
		cluster, err := c.startCluster(ctx)
		if err != nil {
			return stop, err
		}
		started, c.nats = append(started, cluster.close), cluster.urls()
	} else {
		n, err := c.startNode(ctx, "county", filepath.Join(c.Dir, "nats"), "")
		if err != nil {
			return stop, err
		}
		started, c.nats = append(started, n.kill), n.url()
	}
	database, err := localpg.Start(ctx, filepath.Join(c.Dir, "postgres"), localpg.Config{Connections: 120})
	if err != nil {
		return stop, err
	}
	started = append(started, func() { _ = database.Stop(context.WithoutCancel(ctx)) })
	for _, region := range regions {
		name := strings.ToLower(region)
		if err := database.CreateDatabase(ctx, name); err != nil {
			return stop, err
		}
		args := []string{"--nats-url", c.nats, "--postgres-url", database.ConnString(name), "--stream", region, "--replicas", fmt.Sprint(c.scale(1, 3))}
		if !c.Unprotected {
			args = append(args, "--places", "PLACES")
		}
		var both []*server
		for i := range 2 {
			s, err := c.serve(ctx, filepath.Join(c.Dir, fmt.Sprint(name, i)), args...)
			if err != nil {
				return stop, err
			}
			started, both = append(started, s.kill), append(both, s)
		}
		c.servers = append(c.servers, both)
	}
	return stop, nil
}

func countyName(i int) string { return fmt.Sprint("county-", i) }

// each does something with every ledger, some of them at a time.
func (c *counties) each(do func(name string) error) error {
	next := make(chan string, c.ledgers)
	for i := range c.ledgers {
		next <- countyName(i)
	}
	close(next)
	errs := make([]error, 8)
	var work sync.WaitGroup
	for i := range errs {
		work.Go(func() {
			for name := range next {
				errs[i] = cmp.Or(errs[i], do(name))
			}
		})
	}
	work.Wait()
	return cmp.Or(errs...)
}

// open opens a ledger at a server of each region at once, and fills it through
// whichever comes.
func (c *counties) open(ctx context.Context, name string) error {
	commands := programme(1, plenty)
	errs := make([]error, len(regions))
	var opening sync.WaitGroup
	for i := range regions {
		opening.Go(func() { _, errs[i] = insist(ctx, c.servers[i][0].submit, name, ask(commands[0])) })
	}
	opening.Wait()
	opened := 0
	for _, err := range errs {
		switch codeOf(err) {
		case "":
			opened++
		case "ledger_exists":
		default:
			return err
		}
	}
	if opened != 1 {
		return violated("the ledger %s was opened %d times", name, opened)
	}
	return must(ctx, c.any(), name, commands[1:]...)
}

// any is a road to some server, another one for each request.
func (c *counties) any() submit {
	return func(ctx context.Context, name string, q request) (receipt, error) {
		return c.servers[rand.IntN(len(regions))][rand.IntN(2)].submit(ctx, name, q)
	}
}

// store opens the log of a region.
func (c *counties) store(ctx context.Context, region string) (*eventstore.Store, func(), error) {
	conn, err := connect(c.nats)
	if err != nil {
		return nil, nil, err
	}
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: conn, Stream: region, Log: quiet, Now: time.Now, MustExist: true})
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return store, func() { store.Close(); conn.Close() }, nil
}

// places counts the ledgers of each region.
func (c *counties) places(ctx context.Context) (map[string]int, error) {
	count, seen := map[string]int{}, map[string]string{}
	for _, region := range regions {
		store, done, err := c.store(ctx, region)
		if err != nil {
			return nil, err
		}
		defer done()
		ledgers, err := store.Ledgers(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range ledgers {
			if seen[l] != "" {
				return nil, violated("the ledger %s is in the region %s and in %s", l, seen[l], region)
			}
			seen[l] = region
			count[region]++
		}
	}
	if len(seen) != c.ledgers {
		return nil, violated("%d ledgers were opened and %d are there", c.ledgers, len(seen))
	}
	return count, nil
}

// load lets clients pay in all ledgers, and kills the server that moves the read
// models of the first region in the middle.
func (c *counties) load(ctx context.Context, m *memory) error {
	const clients = 16
	payments := c.scale(400, 20_000)
	var paying sync.WaitGroup
	begun := time.Now()
	for client := range clients {
		paying.Go(func() {
			for range payments / clients {
				fen := int64(1 + client)
				q := ask(pay(0, fen))
				m.sent(q, fen)
				if _, err := insist(ctx, c.any(), countyName(rand.IntN(c.ledgers)), q); err != nil {
					m.gaveUp(err)
					return
				}
				m.answered(q.ID)
			}
		})
	}
	var failed error
	if !c.Unprotected {
		c.moved, failed = c.move(ctx)
	}
	err := cmp.Or(failed, until(ctx, "half of the payments", func() bool { return m.count() >= payments/2 }))
	c.servers[0][0].kill()
	lost := time.Now()
	if err == nil {
		err = c.servers[0][1].follows(ctx)
	}
	took := time.Since(lost)
	paying.Wait()
	if err = cmp.Or(err, m.gave); err != nil {
		return err
	}
	c.figure("%d clients, each command to any of 4 servers: %.0f commands/s with a server killed in the middle", clients,
		float64(m.count())/time.Since(begun).Seconds())
	if n := len(c.moved.took); n > 0 {
		c.figure("%d ledgers moved to the other region meanwhile, each within %s, half of them within %s", n,
			c.moved.took[n-1].Round(time.Millisecond), c.moved.took[n/2].Round(time.Millisecond))
	}
	c.figure("the server that moved the read models of %s killed: another one had shown everything %s later", regions[0], took.Round(time.Millisecond))
	return nil
}

// compare looks for everything that was acknowledged in the two logs, and lets
// the servers that are left compare their read models with a replay.
func (c *counties) compare(ctx context.Context, m *memory) error {
	all := &tally{entries: map[string]int{}, paid: map[string]int64{}}
	for i, region := range regions {
		store, done, err := c.store(ctx, region)
		if err != nil {
			return err
		}
		defer done()
		t, err := audit(ctx, store)
		if err != nil {
			return err
		}
		if err := t.leave(ctx, store, region, c.moved); err != nil {
			return err
		}
		for id, n := range t.entries {
			all.entries[id] += n
		}
		all.paid[region] = t.total()
		if err := c.servers[i][1].caughtUp(ctx, t.blocks); err != nil {
			return err
		}
		report, err := c.servers[i][1].verify(ctx)
		if err != nil {
			return err
		}
		if !report.Clean {
			return violated("the read models of %s differ from its log: %v", region, report.Copies.Findings)
		}
		c.figure("region %s: verify compared %d tables over %d events, 0 differences", region, len(report.Tables), report.Events)
	}
	if err := m.compare(all); err != nil {
		return err
	}
	c.figure("acknowledged %d, lost 0, duplicated 0", m.count())
	return nil
}
