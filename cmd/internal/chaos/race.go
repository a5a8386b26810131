package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections/localpg"

	"github.com/anishathalye/porcupine"
	"github.com/nats-io/nats.go/jetstream"
)

// The history of a race is checked against this model: a fund has so many fen
// left; a payment succeeds exactly when enough is left, a refusal tells how
// much is left, and an allocation adds to it.
type operation struct {
	fund     int
	allocate bool
	fen      int64
}

type outcome struct {
	refused bool
	left    int64 // as the refusal tells it
}

func balanceModel(initially int64) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			funds := map[int][]porcupine.Operation{}
			for _, o := range history {
				f := o.Input.(operation).fund
				funds[f] = append(funds[f], o)
			}
			var parts [][]porcupine.Operation
			for _, part := range funds {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return initially },
		Step: func(state, input, output any) (bool, any) {
			left, in, out := state.(int64), input.(operation), output.(outcome)
			switch {
			case in.allocate:
				return !out.refused, left + in.fen
			case out.refused:
				return in.fen > left && out.left == left, left
			}
			return in.fen <= left, left - in.fen
		},
	}
}

// racer does one operation and tells its outcome; it sends a command again
// until that is known.
type racer func(ctx context.Context, o operation) (outcome, error)

// clientsOf lets clients race on two or more roads to one log, and returns the
// history of what they saw.
func (r *Run) clientsOf(ctx context.Context, racers []racer, clients, operations, funds int) ([]porcupine.Operation, error) {
	var mu sync.Mutex
	var history []porcupine.Operation
	var failed error
	var wg sync.WaitGroup
	for client := range clients {
		dice := rand.New(rand.NewPCG(r.Seed, uint64(client)))
		wg.Go(func() {
			for range operations / clients {
				in := operation{fund: dice.IntN(funds), allocate: dice.IntN(4) == 0, fen: 1 + dice.Int64N(200)}
				call := time.Since(r.begun).Nanoseconds()
				out, err := racers[client%len(racers)](ctx, in)
				back := time.Since(r.begun).Nanoseconds()
				mu.Lock()
				failed = errors.Join(failed, err)
				history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: back})
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	wg.Wait()
	return history, failed
}

// judge checks a history: it is that of a ledger that does one thing after the
// other.
func (r *Run) judge(history []porcupine.Operation, initially int64) error {
	paid, refused := 0, 0
	for _, o := range history {
		if in, out := o.Input.(operation), o.Output.(outcome); out.refused {
			refused++
		} else if !in.allocate {
			paid++
		}
	}
	if paid == 0 || refused == 0 {
		return fmt.Errorf("%w: %d payments and %d refusals", errNothing, paid, refused)
	}
	switch porcupine.CheckOperationsTimeout(balanceModel(initially), history, patience) {
	case porcupine.Illegal:
		return violated("the history of %d operations is not linearizable", len(history))
	case porcupine.Unknown:
		return fmt.Errorf("the history could not be judged within %s", patience)
	}
	r.figure("%d operations (%d payments, %d refusals) linearizable", len(history), paid, refused)
	return nil
}

// ledgerRacer races on the ledger.
func ledgerRacer(do submit) racer {
	return func(ctx context.Context, o operation) (outcome, error) {
		var c domain.Command = pay(o.fund, o.fen)
		if o.allocate {
			c = allocate(o.fund, o.fen)
		}
		_, err := insist(ctx, do, ledger, ask(c))
		if codeOf(err) != "insufficient_allocation" {
			return outcome{}, err
		}
		left, err := leftOf(err)
		return outcome{refused: true, left: left}, err
	}
}

// leftOf reads from a refusal how many fen are left.
func leftOf(err error) (int64, error) {
	var allocated, disbursed domain.Money
	if err := allocated.UnmarshalText([]byte(numberOf(err, "allocated"))); err != nil {
		return 0, err
	}
	if err := disbursed.UnmarshalText([]byte(numberOf(err, "disbursed"))); err != nil {
		return 0, err
	}
	return allocated.Minor - disbursed.Minor, nil
}

// raceOn lets clients race on several roads to one log and compares the log
// with what they saw.
func (r *Run) raceOn(ctx context.Context, roads []submit, audited *eventstore.Store, clients, operations int) error {
	funds := max(operations/400, 4)
	const initially = 300
	if err := must(ctx, roads[0], ledger, programme(funds, initially)...); err != nil {
		return err
	}
	var racers []racer
	for _, road := range roads {
		racers = append(racers, ledgerRacer(road))
	}
	history, err := r.clientsOf(ctx, racers, clients, operations*9/10, funds)
	if err != nil {
		return err
	}
	// With one client on each road a refusal is often the only thing that is
	// decided, and no block tells it that another road was faster.
	alone, err := r.clientsOf(ctx, racers, len(roads), operations/10, funds)
	if err != nil {
		return err
	}
	history = append(history, alone...)
	var acknowledged int64
	for _, o := range history {
		if in := o.Input.(operation); !in.allocate && !o.Output.(outcome).refused {
			acknowledged += in.fen
		}
	}
	t, err := audit(ctx, audited)
	if err != nil {
		return err
	}
	if t.lowest < 0 || t.total() != acknowledged {
		return violated("%d fen were overspent; %d fen are in the log and %d were acknowledged", -t.lowest, t.total(), acknowledged)
	}
	if err := r.judge(history, initially); err != nil {
		return err
	}
	r.figure("%d clients on %d roads to %d funds: 0 fen overspent, %d fen acknowledged and in the log", clients, len(roads), funds, acknowledged)
	return nil
}

// raceStores races two stores with a connection each to one log.
func raceStores(ctx context.Context, r *Run) error {
	nats, err := localnats.Start(filepath.Join(r.Dir, "nats"))
	if err != nil {
		return err
	}
	defer nats.Close()
	if r.Unprotected {
		return r.raceNaive(ctx, nats)
	}
	var roads []submit
	var stores []*eventstore.Store
	for range 2 {
		conn, err := nats.Connect()
		if err != nil {
			return err
		}
		defer conn.Close()
		store, err := eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, SyncAlways: true})
		if err != nil {
			return err
		}
		defer store.Close()
		stores, roads = append(stores, store), append(roads, store.Submit)
	}
	return r.raceOn(ctx, roads, stores[0], 32, r.scale(6_000, 100_000))
}

// naive is what a ledger would be without the guard: it reads to the end of the
// log, decides, and publishes.
type naive struct {
	mu     sync.Mutex
	js     jetstream.JetStream
	stream jetstream.Stream
	seen   uint64
	left   map[int]int64
}

func (n *naive) do(ctx context.Context, o operation) (outcome, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		m, err := n.stream.GetMsg(ctx, n.seen+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return outcome{}, err
		}
		var fund int
		var change int64
		if _, err := fmt.Sscan(string(m.Data), &fund, &change); err != nil {
			return outcome{}, err
		}
		n.left[fund] += change
		n.seen++
	}
	change := o.fen
	if !o.allocate {
		if left := n.left[o.fund]; o.fen > left {
			return outcome{refused: true, left: left}, nil
		}
		change = -o.fen
	}
	_, err := n.js.Publish(ctx, "NAIVE.all", fmt.Append(nil, o.fund, " ", change))
	return outcome{}, err
}

func (r *Run) raceNaive(ctx context.Context, nats *localnats.Server) error {
	var racers []racer
	for range 2 {
		conn, err := nats.Connect()
		if err != nil {
			return err
		}
		defer conn.Close()
		n := &naive{left: map[int]int64{}}
		if n.js, err = jetstream.New(conn); err != nil {
			return err
		}
		if n.stream, err = n.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "NAIVE", Subjects: []string{"NAIVE.*"}}); err != nil {
			return err
		}
		racers = append(racers, n.do)
	}
	history, err := r.clientsOf(ctx, racers, 32, 6_000, 15)
	if err != nil {
		return err
	}
	return r.judge(history, 0)
}

// raceServers races two server processes on one NATS server and one database.
func raceServers(ctx context.Context, r *Run) error {
	nats, err := r.startNode(ctx, "race", filepath.Join(r.Dir, "nats"), "")
	if err != nil {
		return err
	}
	defer nats.kill()
	database, err := localpg.Start(ctx, filepath.Join(r.Dir, "postgres"), localpg.Config{})
	if err != nil {
		return err
	}
	defer database.Stop(context.WithoutCancel(ctx))
	if err := database.CreateDatabase(ctx, "aidledger"); err != nil {
		return err
	}
	var roads []submit
	var servers []*server
	for i := range 2 {
		s, err := r.serve(ctx, filepath.Join(r.Dir, fmt.Sprint("server", i)), "--nats-url", nats.url(), "--postgres-url", database.ConnString("aidledger"))
		if err != nil {
			return err
		}
		defer s.kill()
		servers, roads = append(servers, s), append(roads, s.submit)
	}
	store, done, err := openNode(ctx, nats)
	if err != nil {
		return err
	}
	defer done()
	if err := r.raceOn(ctx, roads, store, 32, r.scale(1_500, 100_000)); err != nil {
		return err
	}
	return r.agrees(ctx, servers[1], store)
}
