package localnats

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestAReaderReadsItsStreamAndCanDoNothingElse(t *testing.T) {
	s, err := StartFor(t.TempDir(), Reader{Address: "127.0.0.1:0", Token: "open sesame", Stream: "EVENTS", Subjects: "events.>"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	for name, subject := range map[string]string{"LOG": "LOG.*", "EVENTS": "events.>"} {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{subject}}); err != nil {
			t.Fatal(err)
		}
	}
	say := func(subject string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), subject, []byte(subject)); err != nil {
			t.Fatal(err)
		}
	}
	say("LOG.one")
	say("events.one.a")
	other := connect(t, s, "open sesame")
	live, err := other.SubscribeSync("events.*.b")
	if err != nil || other.Flush() != nil {
		t.Fatal(err)
	}
	say("events.two.b")
	if m, err := live.NextMsg(time.Minute); err != nil || m.Subject != "events.two.b" {
		t.Errorf("the first live message is %v, %v", m, err)
	}
	reads(t, other)

	forbidden(t, other)
	if err := other.PublishRequest("$JS.API.STREAM.MSG.GET.EVENTS", "LOG.one", []byte(`{"seq":1}`)); err != nil || other.Flush() != nil {
		t.Fatal(err)
	}
	if err := other.Publish("events.one.b", []byte("forged")); err != nil || other.Flush() != nil {
		t.Fatal(err)
	}
	if m, err := live.NextMsg(20 * time.Millisecond); err == nil {
		t.Errorf("a reader tells others %s", m.Data)
	}
	say("LOG.two")
	for name, want := range map[string]uint64{"LOG": 2, "EVENTS": 2} {
		stream, err := js.Stream(t.Context(), name)
		if err != nil || stream.CachedInfo().State.LastSeq != want {
			t.Errorf("%s has %+v, %v; want %d messages", name, stream.CachedInfo().State, err, want)
		}
	}
	for _, token := range []string{"", "open", "aidledger"} {
		if conn, err := nats.Connect(s.Address(), nats.Token(token)); err == nil {
			conn.Close()
			t.Errorf("the token %q lets somebody in", token)
		}
	}
	if _, err := StartFor(t.TempDir(), Reader{Address: s.Address(), Token: "x"}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("on an address that is taken: %v", err)
	}
	if err := s.Revive(); err != nil {
		t.Fatal(err)
	}
	reads(t, connect(t, s, "open sesame"))
}

func connect(t *testing.T, s *Server, token string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(s.Address(), nats.Token(token), nats.PermissionErrOnSubscribe(true), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// reads reads the second message by its number, and by its subject.
func reads(t *testing.T, conn *nats.Conn) {
	t.Helper()
	js, _ := jetstream.New(conn)
	stream, err := js.Stream(t.Context(), "EVENTS")
	if err != nil || stream.CachedInfo().State.Msgs != 2 {
		t.Fatalf("the stream is %v, %v", stream, err)
	}
	for filter, from := range map[string]uint64{"events.two.>": 1, "": 2} {
		var by []jetstream.GetMsgOpt
		if filter != "" {
			by = append(by, jetstream.WithGetMsgSubject(filter))
		}
		if m, err := stream.GetMsg(t.Context(), from, by...); err != nil || m.Subject != "events.two.b" {
			t.Errorf("from %d on %q is %v, %v", from, filter, m, err)
		}
	}
}

// forbidden tries what a reader may not do.
func forbidden(t *testing.T, conn *nats.Conn) {
	t.Helper()
	for _, subject := range []string{"events.one.a", "LOG.one", "$JS.API.STREAM.MSG.GET.LOG", "$JS.API.STREAM.INFO.LOG", "$JS.API.DIRECT.GET.LOG", "$JS.API.STREAM.NAMES",
		"$JS.API.INFO", "$JS.API.STREAM.PURGE.EVENTS", "$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.DELETE.LOG", "$JS.API.STREAM.UPDATE.EVENTS", "$JS.API.STREAM.CREATE.MORE",
		"$JS.API.STREAM.MSG.DELETE.EVENTS", "$JS.API.CONSUMER.CREATE.EVENTS", "$JS.API.CONSUMER.CREATE.LOG", "$SYS.REQ.SERVER.PING"} {
		if m, err := conn.Request(subject, []byte(`{"seq":1}`), 30*time.Millisecond); err == nil && !bytes.Contains(m.Data, []byte(`"error":`)) {
			t.Errorf("%s answers %s", subject, m.Data)
		}
	}
	for _, subject := range []string{">", "LOG.>", "$SYS.>", "$JS.>"} {
		heard, err := conn.SubscribeSync(subject)
		if err != nil || conn.Flush() != nil {
			t.Fatal(err)
		}
		if m, err := heard.NextMsg(10 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "ermission") {
			t.Errorf("%s hears %v, %v", subject, m, err)
		}
	}
}
