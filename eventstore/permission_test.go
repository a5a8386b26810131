package eventstore_test

import (
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// guarded is a server whose user "server" has the permissions of a server, and
// "admin" all.
func guarded(t *testing.T, publish, subscribe []string) func(user string) *nats.Conn {
	t.Helper()
	s, err := natsserver.NewServer(&natsserver.Options{Port: -1, Host: "127.0.0.1", JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoLog: true, NoSigs: true,
		Users: []*natsserver.User{{Username: "admin", Password: "admin"}, {Username: "server", Password: "server", Permissions: &natsserver.Permissions{
			Publish: &natsserver.SubjectPermission{Allow: publish}, Subscribe: &natsserver.SubjectPermission{Allow: subscribe}}}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return func(user string) *nats.Conn {
		t.Helper()
		conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(user, user), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
}

// under opens the store as the user of the server.
func under(t *testing.T, conn *nats.Conn) *eventstore.Store {
	t.Helper()
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now, PublishTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func TestTheUserOfAServerCanRecordAndReadAndNothingElse(t *testing.T) {
	t.Parallel() // it waits for times to run out
	publish, subscribe := eventstore.Permissions(eventstore.DefaultStream, "")
	as := guarded(t, publish, subscribe)
	conn := as("server")
	store := under(t, conn)
	programme(t, store, "100")
	store.Close() // saves the state
	store = under(t, conn)
	must(t, store, pay(t, "10"))
	if sum, _ := disbursed(t, store); sum != 1000 {
		t.Errorf("%d disbursed", sum)
	}
	end, err := store.End(t.Context())
	if names, _ := store.Ledgers(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("got %v, %v", names, err)
	}

	const stream = eventstore.DefaultStream
	js, _ := jetstream.New(as("server"), jetstream.WithDefaultTimeout(200*time.Millisecond))
	admin, _ := jetstream.New(as("admin"))
	info, err := admin.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	forgetful := info.CachedInfo().Config
	forgetful.MaxMsgs = 1
	for name, try := range map[string]func() error{
		"update":      func() error { _, err := js.UpdateStream(t.Context(), forgetful); return err },
		"create anew": func() error { _, err := js.CreateStream(t.Context(), forgetful); return err },
		"delete":      func() error { return js.DeleteStream(t.Context(), stream) },
		"delete a message": func() error {
			_, err := js.Conn().Request("$JS.API.STREAM.MSG.DELETE."+stream, []byte(`{"seq":1}`), 200*time.Millisecond)
			return err
		},
		"purge": func() error {
			_, err := js.Conn().Request("$JS.API.STREAM.PURGE."+stream, nil, 200*time.Millisecond)
			return err
		},
		"restore": func() error {
			_, err := js.Conn().Request("$JS.API.STREAM.RESTORE."+stream, nil, 200*time.Millisecond)
			return err
		},
		"mirror elsewhere": func() error {
			_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "COPY", Mirror: &jetstream.StreamSource{Name: stream}})
			return err
		},
		"another subject": func() error { _, err := js.Publish(t.Context(), "other.subject", nil); return err },
		"listen to what others ask": func() error {
			sub, err := js.Conn().SubscribeSync(stream + ".>")
			if err == nil {
				_ = js.Conn().Flush()
				_, err = sub.NextMsg(200 * time.Millisecond)
			}
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("the user can %s", name)
		}
	}
	after, err := admin.Stream(t.Context(), stream)
	if err != nil || after.CachedInfo().State.LastSeq != end || after.CachedInfo().State.Msgs != end || after.CachedInfo().Config.MaxMsgs != -1 {
		t.Errorf("the log is %+v, %v", after.CachedInfo(), err)
	}
}

func TestWhatTheServerMayNotDoIsSaidAndDoesNotLookLikeSilence(t *testing.T) {
	t.Parallel() // it waits for a time to run out
	publish, subscribe := eventstore.Permissions(eventstore.DefaultStream, "")
	as := guarded(t, publish[1:], subscribe) // not to the log itself
	store := under(t, as("server"))
	_, err := store.Submit(t.Context(), ledger, ask(&domain.OpenLedger{Title: "Test"}))
	if !eventstore.Is(err, eventstore.LogForbidden) {
		t.Errorf("got %v", err)
	}
	nothing := guarded(t, []string{"other"}, subscribe)
	_, err = eventstore.Open(t.Context(), eventstore.Config{Conn: nothing("server"), Now: time.Now})
	if !eventstore.Is(err, eventstore.LogForbidden) {
		t.Errorf("opening it: %v", err)
	}
}
