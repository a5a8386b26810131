package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go/jetstream"
)

// The two codes by which a cluster says that another writer was faster.
const (
	wordStale    = `"err_code":10071`
	wordInFlight = `"err_code":10164`
)

// cluster is three NATS servers whose every connection runs over a link: one
// for the clients of each, and one for each way between two of them.
type cluster struct {
	nodes   []*node
	clients []*link
	routes  [3][3]*link // from, to
}

func (r *Run) startCluster(ctx context.Context) (c *cluster, err error) {
	c = &cluster{}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	listen := make([]string, 3)
	for i := range listen {
		if listen[i], err = freeAddress(); err != nil {
			return c, err
		}
	}
	for from := range 3 {
		for to := range 3 {
			if from == to {
				continue
			}
			if c.routes[from][to], err = newLink(dialTCP(listen[to])); err != nil {
				return c, err
			}
		}
	}
	for i := range 3 {
		var routes []string
		for to := range 3 {
			if to != i {
				routes = append(routes, "nats-route://"+c.routes[i][to].address())
			}
		}
		// Nobody can connect to the address that is advertised: the nodes must
		// use the links, and clients as well.
		text := fmt.Sprintf("cluster { name: chaos, listen: %q, advertise: \"127.0.0.1:1\", no_advertise: true, connect_retries: 1000000, routes: [%s] }",
			listen[i], strings.Join(routes, ", "))
		n, err := r.startNode(ctx, fmt.Sprint("node", i+1), filepath.Join(r.Dir, fmt.Sprint("node", i+1)), text)
		if n != nil {
			c.nodes = append(c.nodes, n)
		}
		if err != nil {
			return c, err
		}
		l, err := newLink(dialTCP(n.address), wordStale, wordInFlight)
		if err != nil {
			return c, err
		}
		c.clients = append(c.clients, l)
	}
	return c, nil
}

func (c *cluster) close() {
	for _, n := range c.nodes {
		_ = n.cmd.Process.Signal(syscall.SIGCONT)
		n.kill()
	}
	for _, l := range c.clients {
		l.close()
	}
	for _, ways := range c.routes {
		for _, l := range ways {
			if l != nil {
				l.close()
			}
		}
	}
}

// urls names all three nodes to a client.
func (c *cluster) urls() string {
	var all []string
	for _, l := range c.clients {
		all = append(all, "nats://"+l.address())
	}
	return strings.Join(all, ",")
}

// seen counts how often a node said a word to a client.
func (c *cluster) seen(word string) (n int64) {
	for _, l := range c.clients {
		n += l.watched[word].Load()
	}
	return n
}

// isolate takes a node away from the other two and from the clients, or gives
// it back. Nobody is told: what is sent does not arrive.
func (c *cluster) isolate(i int, away bool) {
	c.clients[i].set(func(l *link) { l.stuck = away })
	for other := range 3 {
		if other != i {
			c.routes[i][other].set(func(l *link) { l.stuck = away })
			c.routes[other][i].set(func(l *link) { l.stuck = away })
		}
	}
}

// leader returns the index of the node that leads the stream, -1 where nobody
// knows.
func (c *cluster) leader(ctx context.Context, js jetstream.JetStream) int {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	stream, err := js.Stream(ctx, eventstore.DefaultStream)
	if err != nil || stream.CachedInfo().Cluster == nil {
		return -1
	}
	name := stream.CachedInfo().Cluster.Leader
	return slices.IndexFunc(c.nodes, func(n *node) bool { return n.name == name })
}

// known waits until there is a leader.
func (c *cluster) known(ctx context.Context, js jetstream.JetStream) (i int, err error) {
	err = until(ctx, "a leader", func() bool {
		i = c.leader(ctx, js)
		return i >= 0
	})
	return i, err
}

// together waits until all three nodes have everything.
func (c *cluster) together(ctx context.Context, js jetstream.JetStream) error {
	return until(ctx, "three nodes that have everything", func() bool {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		stream, err := js.Stream(ctx, eventstore.DefaultStream)
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		current := 0
		for _, replica := range stream.CachedInfo().Cluster.Replicas {
			if replica.Current && replica.Lag == 0 && !replica.Offline {
				current++
			}
		}
		return current == 2
	})
}

// clusterFaults loses leaders under load.
func clusterFaults(ctx context.Context, r *Run) error {
	c, err := r.startCluster(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var stores []*eventstore.Store
	var js jetstream.JetStream
	for range 2 {
		conn, err := connect(c.urls())
		if err != nil {
			return err
		}
		defer conn.Close()
		if js, err = jetstream.New(conn); err != nil {
			return err
		}
		var store *eventstore.Store
		err = until(ctx, "the cluster's stream", func() bool {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			store, err = eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, Replicas: 3, PublishTimeout: 2 * time.Second})
			return err == nil
		})
		if err != nil {
			return err
		}
		defer store.Close()
		stores = append(stores, store)
	}
	if err := must(ctx, stores[0].Submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	return r.loseLeaders(ctx, c, js, stores)
}

func (r *Run) loseLeaders(ctx context.Context, c *cluster, js jetstream.JetStream, stores []*eventstore.Store) error {
	m, gap := newMemory(), &gaps{}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	for _, store := range stores {
		load.Go(func() {
			m.payers(loading, func(_ context.Context, name string, q eventstore.Request) (eventstore.Receipt, error) {
				receipt, err := insist(ctx, store.Submit, name, q)
				gap.answered()
				return receipt, err
			}, 8)
		})
	}
	faults := []struct {
		name       string
		lose, mend func(i int) error
	}{
		{"killed", func(i int) error { c.nodes[i].kill(); return nil }, func(i int) error { return c.nodes[i].restart(ctx) }},
		{"cut off", func(i int) error { c.isolate(i, true); return nil }, func(i int) error { c.isolate(i, false); return nil }},
		{"paused", func(i int) error { return c.nodes[i].cmd.Process.Signal(syscall.SIGSTOP) },
			func(i int) error { return c.nodes[i].cmd.Process.Signal(syscall.SIGCONT) }},
	}
	for round := range r.scale(1, 12) {
		f := faults[round%len(faults)]
		if err := r.underLoad(ctx, m, 100); err != nil {
			return err
		}
		i, err := c.known(ctx, js)
		if err != nil {
			return err
		}
		gap.reset()
		if err := f.lose(i); err != nil {
			return err
		}
		if err := r.underLoad(ctx, m, 100); err != nil { // the others go on
			return fmt.Errorf("with the leader %s: %w", f.name, err)
		}
		r.figure("leader %s %s: outage %s", c.nodes[i].name, f.name, gap.longest().Round(10*time.Millisecond))
		if err := f.mend(i); err != nil {
			return err
		}
		if err := c.together(ctx, js); err != nil {
			return err
		}
	}
	// Which of the two codes a lost race gets depends on the moment. The writers
	// race on until both were told.
	if err := until(ctx, "lost races", func() bool { return c.seen(wordStale) > 0 && c.seen(wordInFlight) > 0 }); err != nil {
		return fmt.Errorf("%w: conflicts were told %d times by code 10071 and %d times by 10164: %w",
			errNothing, c.seen(wordStale), c.seen(wordInFlight), err)
	}
	stop()
	load.Wait()
	if err := r.compareLeaders(ctx, c, js, stores[0], m); err != nil {
		return err
	}
	r.figure("acknowledged %d, lost 0, duplicated 0, on each of three leaders", len(m.acknowledged))
	r.figure("two writers lost %d races by code 10071 and %d by code 10164", c.seen(wordStale), c.seen(wordInFlight))
	return nil
}

// compareLeaders compares the log as each leader in turn has it with what was
// acknowledged.
func (r *Run) compareLeaders(ctx context.Context, c *cluster, js jetstream.JetStream, store *eventstore.Store, m *memory) error {
	for range 3 { // the log as each leader has it
		t, err := audit(ctx, store)
		if err != nil {
			return err
		}
		if err := m.compare(t); err != nil {
			return err
		}
		if err := r.stepDown(ctx, c, js); err != nil {
			return err
		}
	}
	return nil
}

// underLoad waits until so many more payments were acknowledged.
func (r *Run) underLoad(ctx context.Context, m *memory, more int) error {
	enough := m.count() + more
	if err := until(ctx, "the load going on", func() bool { return m.count() >= enough }); err != nil {
		return fmt.Errorf("%w; the last client that gave up was told: %v", err, m.gave)
	}
	return nil
}

// stepDown lets another node lead.
func (r *Run) stepDown(ctx context.Context, c *cluster, js jetstream.JetStream) error {
	before, err := c.known(ctx, js)
	if err != nil {
		return err
	}
	return until(ctx, "another leader", func() bool {
		now := c.leader(ctx, js)
		if now == before { // the request can be lost
			asking, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			_, _ = js.Conn().RequestWithContext(asking, "$JS.API.STREAM.LEADER.STEPDOWN."+eventstore.DefaultStream, nil)
		}
		return now >= 0 && now != before
	})
}

// gaps measures the longest time between two answers.
type gaps struct {
	mu   sync.Mutex
	last time.Time
	max  time.Duration
}

func (g *gaps) answered() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !g.last.IsZero() {
		g.max = max(g.max, now.Sub(g.last))
	}
	g.last = now
}

func (g *gaps) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last, g.max = time.Now(), 0
}

func (g *gaps) longest() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.max
}
