package feed_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/feed"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// divided is a server whose log and whose subscriber have accounts of their own.
func divided(t *testing.T, s feed.Subscriber) (ledger, subscriber *nats.Conn) {
	t.Helper()
	var options natsserver.Options
	err := options.ProcessConfigString(fmt.Sprintf(`
		jetstream { store_dir: %q, sync_interval: always }
		accounts {
			LEDGER { jetstream: enabled, users: [{ user: ledger, password: ledger }], exports: [
				%s
			] }
			OTHERS { users: [{ user: %s, password: other }], imports: [
				%s
			] }
		}`, t.TempDir(), s.Exports(), s.Name, s.Imports("LEDGER")))
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.NoSigs, options.NoLog = "127.0.0.1", -1, true, true
	server, err := natsserver.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() { server.Shutdown(); server.WaitForShutdown() })
	if !server.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	as := func(user, password string) *nats.Conn {
		conn, err := nats.Connect(server.ClientURL(), nats.UserInfo(user, password), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
	return as("ledger", "ledger"), as(s.Name, "other")
}

func TestASubscriberReadsItsEventsAndCanDoNothingElse(t *testing.T) {
	s := feed.Subscriber{Name: "warehouse", Log: eventstore.DefaultStream, Filter: "events.one.>"}
	conn, other := divided(t, s)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now, SyncAlways: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	w := &world{t: t, conn: conn, store: store}
	live, err := other.SubscribeSync("events.*.>")
	if err != nil || other.Flush() != nil {
		t.Fatal(err)
	}
	w.feed(store)
	w.record("two", 2)
	w.record("one", 2)
	w.sent(store)
	if m, err := live.NextMsg(time.Minute); err != nil || m.Subject != "events.one.ledger-opened" {
		t.Errorf("the first live event is %v, %v", m, err)
	}
	js, _ := jetstream.New(conn)
	stream := eventstore.EventStream(eventstore.DefaultStream)
	if _, err := js.CreateConsumer(t.Context(), stream, jetstream.ConsumerConfig{Durable: s.Name, FilterSubject: s.Filter, AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	next := "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + s.Name
	for range 2 {
		m, err := other.Request(next, []byte(`{"batch":1}`), time.Minute)
		if err != nil || m.Header.Get(feed.PositionHeader) == "" {
			t.Fatalf("got %v, %v", m, err)
		}
		if err := m.AckSync(); err != nil {
			t.Fatal(err)
		}
	}
	c, err := js.Consumer(t.Context(), stream, s.Name)
	if err != nil || c.CachedInfo().AckFloor.Consumer != 2 || c.CachedInfo().NumPending != 1 {
		t.Errorf("after two of three events the consumer is %+v, %v", c.CachedInfo(), err)
	}

	end, _ := store.End(t.Context())
	for _, subject := range []string{"events.one.funds-received", "AIDLEDGER.one", "$JS.API.STREAM.PURGE." + stream, "$JS.API.STREAM.DELETE.AIDLEDGER",
		"$JS.API.CONSUMER.CREATE." + stream, "$JS.API.CONSUMER.MSG.NEXT.AIDLEDGER.x", "$JS.API.STREAM.MSG.GET." + stream} {
		if m, err := other.Request(subject, []byte(`{"seq":1}`), 50*time.Millisecond); err == nil && !bytes.Contains(m.Data, []byte(`"error":`)) {
			t.Errorf("%s answers %s", subject, m.Data)
		}
	}
	if err := other.PublishRequest(next, "AIDLEDGER.one", []byte(`{"batch":1}`)); err != nil || other.Flush() != nil {
		t.Fatal(err)
	}
	w.record("one", 1)
	w.sent(store)
	if after, _ := store.End(t.Context()); after != end+1 {
		t.Errorf("the log ended at %d and after one block at %d", end, after)
	}
}

func TestNoFeedWithoutItsNATSServer(t *testing.T) {
	w := newWorld(t)
	w.record("one", 1)
	conn, err := w.server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	f, err := feed.New(feed.Config{Conn: conn, Log: w.store, Now: time.Now, Out: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	run(t, f)
	for tick := time.NewTicker(5 * time.Millisecond); f.Status(1).Problem == ""; <-tick.C {
		if t.Context().Err() != nil {
			t.Fatal("nothing is said")
		}
	}
}
