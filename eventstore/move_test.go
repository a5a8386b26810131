package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// moving is a ledger that clients pay in through the servers of two regions while
// it is moved.
type moving struct {
	t      *testing.T
	nats   *localnats.Server
	places *eventstore.Places
	stores map[string]*eventstore.Store // of each region
	acked  sync.Map                     // ids of what was acknowledged, and the requests
	count  atomic.Int64
	ended  chan struct{}
	end    func() // lets nobody pay any more
	paying sync.WaitGroup
}

func startMoving(t *testing.T) *moving {
	t.Helper()
	m := &moving{t: t, nats: server(t), stores: map[string]*eventstore.Store{}, ended: make(chan struct{})}
	m.end = sync.OnceFunc(func() { close(m.ended); m.paying.Wait() })
	for _, name := range []string{"EAST", "WEST"} {
		m.stores[name] = region(t, m.nats, name)
		p, err := eventstore.OpenPlaces(t.Context(), m.nats.Conn(), "PLACES", name, 1)
		if err == nil {
			err = p.Announce(t.Context(), "http://"+name, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if m.places, err = eventstore.OpenPlaces(t.Context(), m.nats.Conn(), "PLACES", "", 1); err != nil {
		t.Fatal(err)
	}
	programme(t, m.stores["EAST"], "10000")
	for _, store := range []*eventstore.Store{m.stores["EAST"], region(t, m.nats, "EAST"), m.stores["WEST"], region(t, m.nats, "WEST")} {
		m.paying.Go(func() { m.pay(store) })
	}
	t.Cleanup(m.end)
	return m
}

// pay lets a client pay again and again, through one server as long as that has
// the ledger.
func (m *moving) pay(store *eventstore.Store) {
	for i := 0; ; i++ {
		select {
		case <-m.ended:
			return
		default:
		}
		q := ask(pay(m.t, "0.01"))
		_, err := store.Submit(m.t.Context(), ledger, q)
		switch {
		case err == nil:
			m.acked.Store(q.ID, q)
			m.count.Add(1)
		case m.t.Context().Err() != nil:
			return
		case eventstore.Away(err):
			select { // it asks again soon
			case <-m.ended:
			case <-time.After(time.Millisecond):
			}
		default:
			m.t.Errorf("a payment ended with %v", err)
			return
		}
	}
}

// paid waits until clients have paid some more.
func (m *moving) paid(more int64) {
	m.t.Helper()
	late := time.After(20 * time.Second)
	for end := m.count.Load() + more; m.count.Load() < end; {
		select {
		case <-late:
			m.t.Fatal("nobody could pay")
		case <-time.After(time.Millisecond):
		}
	}
}

func (m *moving) move(to string, change func(*eventstore.Config, *eventstore.Move)) (eventstore.HandOver, error) {
	conn, err := m.nats.Connect()
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close()
	cfg := eventstore.Config{Conn: conn, Now: time.Now}
	move := eventstore.Move{Ledger: ledger, To: to, Actor: "operator", Note: "the county belongs to it now"}
	if change != nil {
		change(&cfg, &move)
	}
	return eventstore.MoveLedger(m.t.Context(), cfg, m.places, move)
}

// blocks reads the ledger in the log of a region.
func (m *moving) blocks(region string) (all []*eventstore.Block) {
	m.t.Helper()
	for msg, err := range m.stores[region].LedgerBlocks(m.t.Context(), ledger, 0, 0) {
		var b *eventstore.Block
		if err == nil {
			b, err = eventstore.Decode(msg)
		}
		if err != nil {
			m.t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// compare looks for everything that was acknowledged in the region that has the
// ledger now, and compares what another one has with its beginning.
func (m *moving) compare(has, had string) {
	t := m.t
	t.Helper()
	there, old := m.blocks(has), m.blocks(had)
	entries := map[string]int{}
	for _, b := range there {
		for _, e := range b.Entries {
			entries[e.ID]++
		}
	}
	m.acked.Range(func(id, _ any) bool {
		if n := entries[id.(string)]; n != 1 {
			t.Errorf("%s was acknowledged and is there %d times", id, n)
		}
		return true
	})
	if len(old) >= len(there) {
		t.Fatalf("%s has %d blocks and %s %d", has, len(there), had, len(old))
	}
	for i, b := range old {
		if b.Hash != there[i].Hash {
			t.Fatalf("block %d is another one in %s", i+1, has)
		}
	}
	last, first := old[len(old)-1], there[len(old)]
	moved := last.Entries[len(last.Entries)-1]
	if e, ok := moved.Events[0].Fact.(*domain.LedgerMoved); !ok || e.From != had || e.To != has || moved.Actor != "operator" || e.Note == "" {
		t.Errorf("the last event in %s is %+v", had, moved)
	}
	over := first.Entries[0]
	want := eventstore.Position{Block: last.Sequence, Event: eventstore.WholeBlock}.String()
	if e, ok := over.Events[0].Fact.(*domain.LedgerAdopted); !ok || e.From != had || e.Region != has || e.Head != last.Hash.String() ||
		e.Position != want || e.Blocks != len(old) || over.Actor != "operator" {
		t.Errorf("the first event in %s is %+v", has, over)
	}
}

var errKilled = errors.New("killed")

func TestALedgerIsMovedWhileItIsWrittenTo(t *testing.T) {
	for _, kill := range []string{"", "announce", "copy", "close", "finish", "adopt", "settle", "within copy", "within finish"} {
		t.Run("killed "+kill, func(t *testing.T) {
			m := startMoving(t)
			m.paid(20)
			if kill != "" {
				if _, err := m.move("WEST", killedAt(kill)); !errors.Is(err, errKilled) {
					t.Fatalf("the move ended with %v", err)
				}
			}
			var movers sync.WaitGroup // the operator, and another one who does not know that
			for range 2 {
				movers.Go(func() {
					if _, err := m.move("WEST", nil); err != nil && !eventstore.Is(err, eventstore.NotMoved) && !eventstore.Is(err, eventstore.LogUnavailable) {
						t.Error(err)
					}
				})
			}
			movers.Wait()
			m.paid(20)
			m.end()
			m.compare("WEST", "EAST")
			m.repeat("WEST")
			if at, err := m.places.Of(t.Context(), ledger); err != nil || at.Region != "WEST" {
				t.Errorf("the place of the ledger is %+v (%v)", at, err)
			}
		})
	}
}

// killedAt makes a mover that dies before a step, or when it has stored some
// blocks in one.
func killedAt(kill string) func(*eventstore.Config, *eventstore.Move) {
	return func(cfg *eventstore.Config, move *eventstore.Move) {
		step, blocks := "", 0
		move.Before = func(s string) error {
			if step, blocks = s, 0; s == kill {
				return errKilled
			}
			return nil
		}
		cfg.Room = func() error {
			if blocks++; "within "+step == kill && (step == "finish" || blocks > 5) {
				return errKilled
			}
			return nil
		}
	}
}

// repeat sends what was acknowledged once more.
func (m *moving) repeat(region string) {
	m.acked.Range(func(id, q any) bool {
		if r, err := m.stores[region].Submit(context.Background(), ledger, q.(eventstore.Request)); err != nil || !r.Repeated {
			m.t.Errorf("repeating %s in %s ended with %+v, %v", id, region, r, err)
		}
		return true
	})
}

func TestAMovedLedgerCanComeBack(t *testing.T) {
	m := startMoving(t)
	for i, to := range []string{"WEST", "EAST", "WEST"} {
		m.paid(10)
		over, err := m.move(to, nil)
		if err != nil || over.To != to || over.Receipt.Repeated {
			t.Fatalf("move %d ended with %+v, %v", i, over, err)
		}
	}
	m.paid(10)
	m.end()
	m.compare("WEST", "EAST")
	for _, name := range []string{"EAST", "WEST"} {
		if err := m.stores[name].Check(t.Context(), must1(m.stores[name].End(t.Context()))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		region(t, m.nats, name) // a server of it starts with what was moved away
	}
	if _, err := m.move("WEST", nil); !eventstore.Is(err, eventstore.NotMoved) {
		t.Errorf("moving it to where it is ended with %v", err)
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The logs of two regions count alike, so what was seen in one cannot be told from
// what was seen in the other by its number.
func TestAPositionOfTheFormerRegionIsNotTakenForOneOfTheNew(t *testing.T) {
	m := startMoving(t)
	m.end()
	before := must1(m.stores["EAST"].End(t.Context()))
	must1(m.move("WEST", nil))
	west := m.stores["WEST"]
	for must1(west.End(t.Context())) < before+5 { // the new log comes to the number that was seen in the old one
		must(t, west, pay(t, "0.01"))
	}
	end := must1(west.End(t.Context()))
	give := func(after uint64, in string) error {
		q := ask(pay(t, "0.01"))
		q.After, q.AfterIn = after, in
		_, err := west.Submit(t.Context(), ledger, q)
		return err
	}
	for _, c := range []struct {
		name    string
		after   uint64
		in      string
		refused bool
	}{
		{"a number that may be of either", end, "", true},
		{"the end of the former region", before, "EAST", true},
		{"a number of the former region that is the last one here", end, "EAST", true},
		{"a block before the last one here", end - 1, "WEST", true},
		{"a block that is not there yet", end + 100, "WEST", true},
		{"the last block here", end, "WEST", false},
	} {
		if err := give(c.after, c.in); eventstore.Is(err, eventstore.ChangedSince) != c.refused || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAMoveIsRefused(t *testing.T) {
	m := startMoving(t)
	m.end()
	if _, err := m.move("NORTH", nil); !eventstore.Is(err, eventstore.RegionUnknown) {
		t.Errorf("to a region that nobody knows: %v", err)
	}
	m.announce("NORTH")
	if _, err := m.move("NORTH", nil); !eventstore.Is(err, eventstore.StreamMissing) {
		t.Errorf("to a region whose log is lost: %v", err)
	}
	if _, err := m.move("WEST", killedAt("copy")); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	region(t, m.nats, "NORTH")
	if _, err := m.move("NORTH", nil); !eventstore.Is(err, eventstore.MovingAlready) {
		t.Errorf("to another region than before: %v", err)
	}
	var refusal *domain.Refusal
	_, err := m.move("WEST", func(_ *eventstore.Config, move *eventstore.Move) { move.Ledger = "nowhere" })
	if !errors.As(err, &refusal) || refusal.Code != "ledger_not_found" {
		t.Errorf("of a ledger that is not there: %v", err)
	}
}

func (m *moving) announce(region string) {
	m.t.Helper()
	p, err := eventstore.OpenPlaces(m.t.Context(), m.nats.Conn(), "PLACES", region, 1)
	if err == nil {
		err = p.Announce(m.t.Context(), "http://"+region, region)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

func TestAHandOverThatDoesNotFollowIsFound(t *testing.T) {
	m := startMoving(t)
	m.end()
	must1(m.move("WEST", nil))
	s := m.stores["WEST"]
	var last eventstore.Message
	for msg, err := range s.LedgerBlocks(t.Context(), ledger, 0, 0) {
		if last = msg; err != nil {
			t.Fatal(err)
		}
	}
	b := must1(eventstore.Decode(last))
	head := b.Entries[0].Events[0].Fact.(*domain.LedgerAdopted).Head
	if head != b.Previous.String() {
		t.Fatalf("it was adopted after %s and follows %s", head, b.Previous)
	}
	last.Data = []byte(strings.Replace(string(last.Data), `"head":"`+head, `"head":"`+fmt.Sprintf("%064d", 0), 1))
	var bad *eventstore.BadBlock
	if _, err := eventstore.Decode(last); !errors.As(err, &bad) || bad.Code != "hand_over" {
		t.Errorf("reading it ended with %v", err)
	}
}
