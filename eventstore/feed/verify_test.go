package feed_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/feed"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// messages are what the stream of events has.
func (w *world) messages(js jetstream.JetStream) (all []*nats.Msg) {
	w.t.Helper()
	s, err := js.Stream(w.t.Context(), eventstore.EventStream(eventstore.DefaultStream))
	if err != nil {
		w.t.Fatal(err)
	}
	for n := range s.CachedInfo().State.Msgs {
		m, err := s.GetMsg(w.t.Context(), s.CachedInfo().State.FirstSeq+n)
		if err != nil {
			w.t.Fatal(err)
		}
		header := nats.Header{}
		for _, name := range []string{feed.PositionHeader, feed.NumberHeader, feed.BlockHeader} {
			header.Set(name, m.Header.Get(name))
		}
		all = append(all, &nats.Msg{Subject: m.Subject, Data: m.Data, Header: header})
	}
	return all
}

func TestVerifyEndsWhereTheLogIsEmpty(t *testing.T) {
	w := newWorld(t)
	f, err := feed.New(feed.Config{Conn: w.conn, Log: w.store, Now: time.Now, Out: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := f.Verify(t.Context(), func(uint64, uint64) {}); err != nil || !a.Clean() || a.Messages != 0 {
		t.Errorf("nothing was sent, and it is %+v, %v", a, err)
	}
	js, err := jetstream.New(w.conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: eventstore.EventStream(eventstore.DefaultStream), Subjects: []string{"events.*.*"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "events.one.funds-received", nil); err != nil {
		t.Fatal(err)
	}
	if a, err := f.Verify(t.Context(), func(uint64, uint64) {}); err != nil || a.Message != 1 {
		t.Errorf("one was forged, and it is %+v, %v", a, err)
	}
}

func TestVerifyNamesTheFirstMessageThatIsNotWhatTheLogSays(t *testing.T) {
	w := newWorld(t)
	w.record("one", 3)
	w.record("two", 1)
	f, stop := w.feed(w.store)
	w.sent(w.store)
	stop()
	js, err := jetstream.New(w.conn)
	if err != nil {
		t.Fatal(err)
	}
	said := w.messages(js) // 1.0 to 1.3 of one, 2.0 and 2.1 of two
	s, _ := js.Stream(t.Context(), eventstore.EventStream(eventstore.DefaultStream))
	for _, c := range []struct {
		name   string
		change func([]*nats.Msg) []*nats.Msg
		want   feed.Audit
	}{
		{"it is what the log says", func(all []*nats.Msg) []*nats.Msg { return all }, feed.Audit{Messages: 6}},
		{"it is not yet complete", func(all []*nats.Msg) []*nats.Msg { return all[:4] }, feed.Audit{Messages: 4, Lag: 2}},
		{"nothing was sent", func([]*nats.Msg) []*nats.Msg { return nil }, feed.Audit{Lag: 6}},
		{"a forged content", func(all []*nats.Msg) []*nats.Msg { all[2].Data = []byte(`{"amount":"1"}`); return all },
			feed.Audit{Messages: 6, Message: 3, Difference: "it is not what the log says of the event 1.2: it was forged"}},
		{"a forged subject", func(all []*nats.Msg) []*nats.Msg { all[1].Subject = "events.two.organisation-registered"; return all },
			feed.Audit{Messages: 6, Message: 2, Difference: "it is not what the log says of the event 1.1: it was forged"}},
		{"a forged message between", func(all []*nats.Msg) []*nats.Msg {
			return slices.Insert(all, 1, nats.NewMsg("events.one.funds-received"))
		}, feed.Audit{Messages: 7, Message: 2, Difference: "it is not what the log says of the event 1.1: it was forged"}},
		{"a message that is missing", func(all []*nats.Msg) []*nats.Msg { return slices.Delete(all, 3, 4) },
			feed.Audit{Messages: 5, Message: 4, Difference: "it is of the event 2.0, and the event 1.3 belongs there: that is missing"}},
		{"two that changed places", func(all []*nats.Msg) []*nats.Msg { all[0], all[1] = all[1], all[0]; return all },
			feed.Audit{Messages: 6, Message: 1, Difference: "it is of the event 1.1, and the event 1.0, which belongs there, comes later: it is out of order"}},
		{"one that comes again", func(all []*nats.Msg) []*nats.Msg { return slices.Insert(all, 2, all[0]) },
			feed.Audit{Messages: 7, Message: 3, Difference: "it is of the event 1.0, which came before; the event 1.2 belongs there: it is out of order"}},
		{"one too many at the end", func(all []*nats.Msg) []*nats.Msg { return append(all, all[5]) },
			feed.Audit{Messages: 7, Message: 7, Difference: "the log has no event for it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			var all []*nats.Msg
			for _, m := range said {
				all = append(all, &nats.Msg{Subject: m.Subject, Data: m.Data, Header: m.Header})
			}
			for _, m := range c.change(all) {
				if _, err := js.PublishMsg(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			c.want.Stream = eventstore.EventStream(eventstore.DefaultStream)
			if got, err := f.Verify(t.Context(), func(uint64, uint64) {}); err != nil || got != c.want || got.Clean() != (c.want.Difference == "") {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	f.Rebuild()
	run(t, f)
	w.sent(w.store)
	if a, err := f.Verify(t.Context(), func(uint64, uint64) {}); err != nil || !a.Clean() || a.Messages != 6 {
		t.Errorf("made anew it is %+v, %v", a, err)
	}
}
