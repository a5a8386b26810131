package feed_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/eventstore/localnats"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server, a log on it and what its events are expected to be.
type world struct {
	t      *testing.T
	server *localnats.Server
	conn   *nats.Conn // to it, or to another one
	store  *eventstore.Store
	n      int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	w := &world{t: t, server: server, conn: server.Conn()}
	w.store = w.open(eventstore.DefaultStream)
	return w
}

func (w *world) open(stream string) *eventstore.Store {
	w.t.Helper()
	store, err := eventstore.Open(w.t.Context(), eventstore.Config{Conn: w.conn, Stream: stream, Now: time.Now, SyncAlways: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	return store
}

// record records some organisations in a ledger, many in one block.
func (w *world) record(ledger string, some int) {
	w.t.Helper()
	var all []eventstore.Request
	for range some {
		w.n++
		all = append(all, eventstore.Request{ID: fmt.Sprintf("c-%d", w.n), Actor: "tester",
			Command: &domain.RegisterOrganisation{Organisation: domain.ID(fmt.Sprintf("o-%d", w.n)), Name: "O", Kind: "government"}})
	}
	if end, _ := w.store.LedgerEnd(w.t.Context(), ledger); end == 0 {
		all = append([]eventstore.Request{{ID: "open-" + ledger, Actor: "tester", Command: &domain.OpenLedger{Title: "Test"}}}, all...)
	}
	for _, o := range w.store.SubmitBatch(w.t.Context(), ledger, all, false) {
		if o.Err != nil {
			w.t.Fatal(o.Err)
		}
	}
}

// feed lets a feed work until the test ends or the returned function is called.
func (w *world) feed(log *eventstore.Store) (*feed.Feed, func()) {
	w.t.Helper()
	f, err := feed.New(feed.Config{Conn: w.conn, Log: log, Name: eventstore.DefaultStream, Now: time.Now, Out: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	return f, run(w.t, f)
}

func run(t *testing.T, f *feed.Feed) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); f.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

// expected are the messages that the log says.
func (w *world) expected(log *eventstore.Store) (subjects []string, bodies [][]byte) {
	w.t.Helper()
	end, err := log.End(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for m, err := range log.Blocks(w.t.Context(), 0, end) {
		if err != nil {
			w.t.Fatal(err)
		}
		b, err := eventstore.DecodeEnvelope(m)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := b.EachRecord(func(r eventstore.Record) error {
			body, err := json.Marshal(r)
			subjects, bodies = append(subjects, "events."+r.Ledger+"."+r.Type), append(bodies, body)
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	return subjects, bodies
}

// sent waits until the stream has what the log says, and compares each message.
func (w *world) sent(log *eventstore.Store) {
	w.t.Helper()
	subjects, bodies := w.expected(log)
	js, _ := jetstream.New(w.conn)
	var s jetstream.Stream
	var info *jetstream.StreamInfo
	complete := func() bool {
		var err error
		if s, err = js.Stream(w.t.Context(), eventstore.EventStream(eventstore.DefaultStream)); err != nil {
			return false
		}
		info, err = s.Info(w.t.Context())
		if err != nil || info.State.Msgs < uint64(len(subjects)) {
			return false
		}
		last, err := s.GetMsg(w.t.Context(), info.State.LastSeq)
		return err == nil && bytes.Equal(last.Data, bodies[len(bodies)-1])
	}
	until(w.t, complete)
	if info.State.Msgs != uint64(len(subjects)) {
		w.t.Fatalf("%d messages for %d events", info.State.Msgs, len(subjects))
	}
	for i := range subjects {
		m, err := s.GetMsg(w.t.Context(), info.State.FirstSeq+uint64(i))
		if err != nil {
			w.t.Fatal(err)
		}
		if m.Subject != subjects[i] || !bytes.Equal(m.Data, bodies[i]) || m.Header.Get(feed.NumberHeader) != fmt.Sprint(i+1) {
			w.t.Fatalf("message %d is %s %s %v; want %s %s", i+1, m.Subject, m.Data, m.Header, subjects[i], bodies[i])
		}
	}
}

func TestEachEventIsSentOnceAndInOrderByFeedsThatCompeteAndAreKilled(t *testing.T) {
	w := newWorld(t)
	w.record("one", 300)
	_, stop := w.feed(w.store)
	_, other := w.feed(w.store)
	for i := range 20 {
		w.record("one", 40)
		w.record("two", 1)
		switch i {
		case 5:
			stop()
		case 10:
			_, stop = w.feed(w.store)
		case 15:
			other()
		}
	}
	w.sent(w.store)
}

func TestAFeedThatBeganWithAnEmptyLogSaysHowFarItIs(t *testing.T) {
	w := newWorld(t)
	f, _ := w.feed(w.store)
	until(t, func() bool { return !f.Status(0).UpdatedAt.IsZero() })
	w.record("one", 3)
	end, err := w.store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return f.Status(end).Lag == 0 })
}

// until waits for something.
func until(t *testing.T, so func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	for tick := time.NewTicker(time.Millisecond); !so(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it does not come")
		}
	}
}

func TestAStreamOfEventsIsRebuiltFromTheLog(t *testing.T) {
	w := newWorld(t)
	w.record("one", 30)
	_, stop := w.feed(w.store)
	w.sent(w.store)
	js, _ := jetstream.New(w.conn)
	if _, err := js.Publish(t.Context(), "events.one.funds-received", []byte(`{"forged":true}`)); err != nil {
		t.Fatal(err)
	}
	w.record("one", 1) // the feed finds the message that it did not send
	w.sent(w.store)
	stop()
	if _, err := js.Publish(t.Context(), "events.one.funds-received", []byte(`{"forged":true}`)); err != nil {
		t.Fatal(err)
	}
	f, _ := w.feed(w.store)
	w.sent(w.store)
	f.Rebuild()
	w.record("one", 2)
	w.sent(w.store)
	end, _ := w.store.End(t.Context())
	status := f.Status(end)
	for tick := time.NewTicker(5 * time.Millisecond); status.Lag > 0; <-tick.C {
		status = f.Status(end)
	}
	if status.Events != 34 || status.Problem != "" {
		t.Errorf("the status is %+v", status)
	}
}

func TestTheEventsOfARestoredLogTakeTheirPlace(t *testing.T) {
	w := newWorld(t)
	w.record("one", 30)
	_, stop := w.feed(w.store)
	w.sent(w.store)
	stop()
	restored := w.open("RESTORED")
	was := w.store
	w.store = restored
	w.record("one", 40)
	w.store = was
	w.feed(restored)
	w.sent(restored)
}

func TestASubscriberWithAFilterGetsWhatItAsksFor(t *testing.T) {
	w := newWorld(t)
	w.feed(w.store)
	w.record("one", 3)
	w.record("two", 2)
	w.sent(w.store)
	js, _ := jetstream.New(w.conn)
	for filter, want := range map[string]int{"events.one.>": 4, "events.*.ledger-opened": 2, "events.two.organisation-registered": 2} {
		c, err := js.OrderedConsumer(t.Context(), eventstore.EventStream(eventstore.DefaultStream), jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}})
		if err != nil {
			t.Fatal(err)
		}
		info, err := c.Info(t.Context())
		if err != nil || info.NumPending != uint64(want) {
			t.Errorf("%s has %d events, %v; want %d", filter, info.NumPending, err, want)
		}
	}
}
