package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const ledger = "test"

// server starts a NATS server of the test's own.
func server(t testing.TB) *localnats.Server {
	t.Helper()
	s, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func open(t testing.TB, s *localnats.Server, change ...func(*eventstore.Config)) *eventstore.Store {
	t.Helper()
	cfg := eventstore.Config{Conn: s.Conn(), Now: time.Now, SyncAlways: s.SyncAlways()}
	for _, c := range change {
		c(&cfg)
	}
	store, err := eventstore.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

var keys struct {
	sync.Mutex
	n int
}

// ask makes a request with an id of its own.
func ask(c domain.Command) eventstore.Request {
	keys.Lock()
	defer keys.Unlock()
	keys.n++
	return eventstore.Request{ID: fmt.Sprintf("k-%d", keys.n), Command: c, Actor: "tester"}
}

func must(t testing.TB, store *eventstore.Store, commands ...domain.Command) {
	t.Helper()
	for _, c := range commands {
		if _, err := store.Submit(t.Context(), ledger, ask(c)); err != nil {
			t.Fatalf("%s: %v", domain.CommandName(c), err)
		}
	}
}

func amount(t testing.TB, s string) domain.Amount {
	t.Helper()
	a, err := domain.ParseAmount(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// programme is a ledger with one fund whose cash and allocation are as given.
func programme(t testing.TB, store *eventstore.Store, yuan string) {
	t.Helper()
	a := amount(t, yuan)
	must(t, store,
		&domain.OpenLedger{Title: "Test"},
		&domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"},
		&domain.RegisterProject{Project: "road", Name: "Road"},
		&domain.SetTargets{Project: "road", Targets: []domain.Target{{Indicator: "km", Value: domain.WholeQuantity(3), Unit: "km"}}},
		&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}},
		&domain.CommitFunds{FundInput: domain.FundInput{Fund: "fund", Provider: "giver", Amount: a}, Evidence: domain.Evidence{Document: "1"}},
		&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "fund", Amount: a}},
		&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: a}, Project: "road"},
	)
}

func pay(t testing.TB, yuan string) *domain.DisburseFunds {
	return &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: amount(t, yuan)}, Project: "road"}
}

// disbursed replays the log and returns what was disbursed, in minor units, and
// how often.
func disbursed(t testing.TB, store *eventstore.Store) (sum int64, times int) {
	t.Helper()
	end, err := store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	heads := map[string]eventstore.Hash{}
	for m, err := range store.Blocks(t.Context(), 0, end) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := eventstore.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if b.Previous != heads[b.Ledger] {
			t.Fatalf("block %d does not carry the hash of the block before it", b.Sequence)
		}
		heads[b.Ledger] = b.Hash
		b.Each(func(_ eventstore.Position, _ *eventstore.Entry, e *eventstore.Event) error {
			for _, m := range domain.Movements(e.Fact) {
				if m.Stage == domain.Disbursed {
					sum += m.Money.Minor
					times++
				}
			}
			return nil
		})
	}
	return sum, times
}

func codeOf(err error) string {
	var f *eventstore.Failure
	var r *domain.Refusal
	switch {
	case errors.As(err, &f):
		return f.Code
	case errors.As(err, &r):
		return r.Code
	case err != nil:
		return err.Error()
	}
	return ""
}

func TestACommandIsAnsweredWithItsPositionAndEvents(t *testing.T) {
	store := open(t, server(t))
	r, err := store.Submit(t.Context(), ledger, ask(&domain.OpenLedger{Title: "Test"}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Position != (eventstore.Position{Block: 1}) || len(r.Events) != 1 || r.Events[0].Type != "ledger-opened" || r.Repeated {
		t.Errorf("got %+v", r)
	}
}

func TestARepeatedCommandGetsItsFirstAnswerEvenAfterARestart(t *testing.T) {
	srv := server(t)
	first := open(t, srv)
	programme(t, first, "100")
	request := ask(pay(t, "60"))
	once, err := first.Submit(t.Context(), ledger, request)
	if err != nil {
		t.Fatal(err)
	}
	again := func(store *eventstore.Store) {
		t.Helper()
		request.Command = pay(t, "60.00") // the same amount, written differently
		r, err := store.Submit(t.Context(), ledger, request)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Repeated || r.Position != once.Position || r.Events[0] != once.Events[0] || !r.Recorded.Equal(once.Recorded) {
			t.Errorf("first answer %+v, then %+v", once, r)
		}
	}
	again(first)
	first.Close()
	again(open(t, srv))
	if sum, times := disbursed(t, open(t, srv)); sum != 6000 || times != 1 {
		t.Errorf("%d disbursed in %d payments, want 6000 in 1", sum, times)
	}
}

func TestAnIDIsNotUsedForAnythingElse(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	request := ask(pay(t, "60"))
	if _, err := store.Submit(t.Context(), ledger, request); err != nil {
		t.Fatal(err)
	}
	other := request
	other.Command = pay(t, "61")
	if _, err := store.Submit(t.Context(), ledger, other); codeOf(err) != eventstore.KeyReused {
		t.Errorf("another amount: %v", err)
	}
	other = request
	other.Actor = "somebody else"
	if _, err := store.Submit(t.Context(), ledger, other); codeOf(err) != eventstore.KeyTaken {
		t.Errorf("another actor: %v", err)
	}
}

func TestTheSameCommandManyTimesAtOnceIsRecordedOnce(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := store.Submit(t.Context(), ledger, eventstore.Request{ID: "same", Command: pay(t, "1"), Actor: "tester"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sum, times := disbursed(t, store); sum != 100 || times != 1 {
		t.Errorf("%d disbursed in %d payments, want 100 in 1", sum, times)
	}
}

func TestTwoWritersRacingForTheLastYuanNeverOverspend(t *testing.T) {
	srv := server(t)
	conn, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stores := []*eventstore.Store{open(t, srv), open(t, srv, func(c *eventstore.Config) { c.Conn = conn })}
	programme(t, stores[0], "500")
	var mu sync.Mutex
	accepted := map[int]int{}
	var wg sync.WaitGroup
	for client := range 16 {
		wg.Go(func() {
			for range 60 {
				_, err := stores[client%2].Submit(t.Context(), ledger, ask(pay(t, "1")))
				mu.Lock()
				switch code := codeOf(err); code {
				case "":
					accepted[client%2]++
				case "insufficient_allocation":
				default:
					t.Errorf("%s: %v", code, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	sum, times := disbursed(t, stores[0])
	if sum != 50_000 || times != 500 || accepted[0]+accepted[1] != 500 {
		t.Errorf("%d disbursed in %d payments of which %v were acknowledged; want 50000 in 500", sum, times, accepted)
	}
	if accepted[0] == 0 || accepted[1] == 0 {
		t.Errorf("one writer made no progress: %v", accepted)
	}
}

func TestABatchIsRecordedInOrderAndAnAtomicOneWholeOrNotAtAll(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	batch := func() []eventstore.Request {
		return []eventstore.Request{ask(pay(t, "40")), ask(pay(t, "70")), ask(pay(t, "60"))}
	}
	for i, out := range store.SubmitBatch(t.Context(), ledger, batch(), true) {
		want := eventstore.BatchNotRecorded
		if i == 1 {
			want = "insufficient_allocation"
		}
		if codeOf(out.Err) != want {
			t.Errorf("atomic, command %d: %v; want %s", i+1, out.Err, want)
		}
	}
	if sum, _ := disbursed(t, store); sum != 0 {
		t.Errorf("a refused atomic batch left %d behind", sum)
	}
	out := store.SubmitBatch(t.Context(), ledger, batch(), false)
	if out[0].Err != nil || codeOf(out[1].Err) != "insufficient_allocation" || out[2].Err != nil {
		t.Errorf("got %v, %v, %v", out[0].Err, out[1].Err, out[2].Err)
	}
	if out[0].Receipt.Position.Compare(out[2].Receipt.Position) >= 0 {
		t.Errorf("positions %s and %s are not in order", out[0].Receipt.Position, out[2].Receipt.Position)
	}
	if sum, _ := disbursed(t, store); sum != 10_000 {
		t.Errorf("disbursed %d, want 10000", sum)
	}
}

func TestAnEntryIsReversedAlsoWhenItIsInTheSameBatch(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	payment := ask(pay(t, "100"))
	out := store.SubmitBatch(t.Context(), ledger, []eventstore.Request{
		payment,
		ask(&domain.ReverseEntry{Entry: payment.ID, Reason: "wrong fund"}),
		ask(&domain.ReverseEntry{Entry: payment.ID, Reason: "again"}),
		ask(&domain.ReverseEntry{Entry: "nothing", Reason: "not there"}),
		ask(pay(t, "100")),
	}, false)
	for i, want := range []string{"", "", "already_reversed", "entry_not_found", ""} {
		if codeOf(out[i].Err) != want {
			t.Errorf("command %d: %v; want %q", i+1, out[i].Err, want)
		}
	}
	if sum, times := disbursed(t, store); sum != 10_000 || times != 3 {
		t.Errorf("%d in %d movements, want 10000 in 3", sum, times)
	}
}

func TestAFullQueueSaysBusyInsteadOfGrowing(t *testing.T) {
	store := open(t, server(t), func(c *eventstore.Config) { c.QueueMax = 4 })
	programme(t, store, "1000")
	var mu sync.Mutex
	codes := map[string]int{}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 20 {
				_, err := store.Submit(t.Context(), ledger, ask(pay(t, "0.01")))
				mu.Lock()
				codes[codeOf(err)]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if codes[eventstore.Busy] == 0 || codes[""] == 0 || codes[""]+codes[eventstore.Busy] != 64*20 {
		t.Errorf("got %v", codes)
	}
	if _, times := disbursed(t, store); times != codes[""] {
		t.Errorf("%d payments recorded, %d acknowledged", times, codes[""])
	}
}

func TestAStreamThatCouldForgetIsRefused(t *testing.T) {
	srv := server(t)
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
	}{
		{"max_age", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }},
		{"max_msgs", func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 }},
		{"max_bytes", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 }},
		{"max_msgs_per_subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 }},
		{"storage", func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }},
		{"discard", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }},
		{"deny_delete", func(c *jetstream.StreamConfig) { c.DenyDelete = false }},
		{"deny_purge", func(c *jetstream.StreamConfig) { c.DenyPurge = false }},
		{"allow_rollup_hdrs", func(c *jetstream.StreamConfig) { c.AllowRollup, c.DenyPurge = true, false }},
		{"allow_msg_ttl", func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true }},
		{"persist_mode", func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode }},
	} {
		name := fmt.Sprintf("DRIFT%d", i)
		cfg := jetstream.StreamConfig{Name: name, Subjects: []string{name + ".*"}, Storage: jetstream.FileStorage,
			Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true}
		c.change(&cfg)
		if _, err := js.CreateStream(t.Context(), cfg); err != nil {
			t.Fatalf("%s: %v", c.setting, err)
		}
		_, err := eventstore.Open(t.Context(), eventstore.Config{Conn: srv.Conn(), Stream: name, Now: time.Now})
		var f *eventstore.Failure
		if !errors.As(err, &f) || f.Code != eventstore.StreamSettings || !strings.Contains(f.Message, c.setting+" must be") {
			t.Errorf("%s: %v", c.setting, err)
		}
	}
	if _, err := eventstore.Open(t.Context(), eventstore.Config{Conn: srv.Conn(), Stream: "GONE", Now: time.Now, MustExist: true}); codeOf(err) != eventstore.StreamMissing {
		t.Errorf("a stream that should exist: %v", err)
	}
}

func TestAServerThatCannotHoldALogIsRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		options natsserver.Options
		code    string
		names   string // what the answer speaks of
	}{
		{"without JetStream", natsserver.Options{}, eventstore.LogUnavailable, "JetStream"},
		{"with messages of 1 KiB", natsserver.Options{JetStream: true, MaxPayload: 1 << 10}, eventstore.StreamSettings, "max_payload"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.options.Host, c.options.Port, c.options.NoSigs, c.options.NoLog, c.options.StoreDir = "127.0.0.1", -1, true, true, t.TempDir()
			srv, err := natsserver.NewServer(&c.options)
			if err != nil {
				t.Fatal(err)
			}
			srv.Start()
			defer srv.WaitForShutdown()
			defer srv.Shutdown()
			if !srv.ReadyForConnections(time.Minute) {
				t.Fatal("the server does not start")
			}
			conn, err := nats.Connect(srv.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now})
			if codeOf(err) != c.code || !strings.Contains(err.Error(), c.names) {
				t.Errorf("got %v, want %s and the name %s", err, c.code, c.names)
			}
		})
	}
}

func TestWhatAnotherClientWritesIntoALedgerStopsItsWriter(t *testing.T) {
	for _, c := range []struct{ name, data string }{
		{"not JSON", "hello"},
		{"an unknown event type", `{"v":1,"ledger":"test","previous":"%s","entries":[{"id":"x","command":"x","content":"","actor":"x","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":"funds-teleported","version":1,"data":{}}]}]}`},
		{"a future version", `{"v":1,"ledger":"test","previous":"%s","entries":[{"id":"x","command":"x","content":"","actor":"x","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":"funds-pledged","version":9,"data":{}}]}]}`},
		{"a future format", `{"v":2,"ledger":"test","previous":"%s","entries":[]}`},
		{"half a block", `{"v":1,"ledger":"test","previous":"%s","entries":[{"id":"x","comm`},
		{"nothing", ""},
		{"bytes that are not UTF-8", "\xff\xfe"},
		{"an event without its amount", `{"v":1,"ledger":"test","previous":"%s","entries":[{"id":"x","command":"x","content":"","actor":"x","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":"funds-disbursed","version":1,"data":{"amount":7}}]}]}`},
		{"an event that no command gave", `{"v":1,"ledger":"test","previous":"%s","entries":[{"id":"x","command":"","content":"","actor":"x","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":"organisation-registered","version":1,"data":{"date":"2018","organisation":"o","name":"N","kind":"government"}}]}]}`},
		{"another ledger's name", `{"v":1,"ledger":"other","previous":"%s","entries":[]}`},
		{"no link to the block before", `{"v":1,"ledger":"test","previous":"0000000000000000000000000000000000000000000000000000000000000000","entries":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := server(t)
			first := open(t, srv)
			programme(t, first, "100")
			end, _ := first.End(t.Context())
			m, err := first.Block(t.Context(), end)
			if err != nil {
				t.Fatal(err)
			}
			data := c.data
			if strings.Contains(data, "%s") {
				data = fmt.Sprintf(data, m.Hash())
			}
			js, _ := jetstream.New(srv.Conn())
			if _, err := js.Publish(t.Context(), "AIDLEDGER.test", []byte(data)); err != nil {
				t.Fatal(err)
			}
			if err := first.Check(t.Context(), end+1); err == nil || first.Damage() == nil {
				t.Errorf("the check found %v and remembers %v", err, first.Damage())
			}
			for name, store := range map[string]*eventstore.Store{"the running writer": first, "a new writer": open(t, srv)} {
				if _, err := store.Submit(t.Context(), ledger, ask(pay(t, "1"))); codeOf(err) != eventstore.LogUnreadable {
					t.Errorf("%s: %v; want %s", name, err, eventstore.LogUnreadable)
				}
			}
		})
	}
}

func TestACommandForAStrangeLedgerNameIsRefusedBeforeItReachesASubject(t *testing.T) {
	store := open(t, server(t))
	for _, name := range []string{"*", ">", "a.b", "", "a b", "..", "a\x00b"} {
		if _, err := store.Submit(t.Context(), name, ask(&domain.OpenLedger{Title: "T"})); codeOf(err) != "id_format" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if end, _ := store.End(t.Context()); end != 0 {
		t.Errorf("%d blocks were written", end)
	}
}

func TestANameThatNoLedgerHasCostsNothing(t *testing.T) {
	store := open(t, server(t))
	before := runtime.NumGoroutine()
	for i := range 100 {
		_, err := store.Submit(t.Context(), fmt.Sprintf("nobody-%d", i), ask(pay(t, "1")))
		if codeOf(err) != "ledger_not_found" {
			t.Fatal(err)
		}
	}
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestFollowingSeesBlocksAsTheyAreWrittenAndEndsWithItsContext(t *testing.T) {
	store := open(t, server(t))
	must(t, store, &domain.OpenLedger{Title: "Test"})
	ctx, stop := context.WithCancel(t.Context())
	seen := make(chan uint64)
	done := make(chan error, 1)
	go func() {
		var last error
		for m, err := range store.Blocks(ctx, 0, 0) {
			if last = err; err != nil {
				break
			}
			seen <- m.Sequence
		}
		done <- last
	}()
	if got := <-seen; got != 1 {
		t.Errorf("first block %d", got)
	}
	must(t, store, &domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"})
	if got := <-seen; got != 2 {
		t.Errorf("second block %d", got)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestARefusalIsDecidedOnWhatOtherWritersHaveRecorded(t *testing.T) {
	srv := server(t)
	first, second := open(t, srv), open(t, srv)
	programme(t, first, "100")
	must(t, second, pay(t, "100")) // both have read the log now
	must(t, first, &domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "other", Provider: "giver", Amount: amount(t, "50")}},
		&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "other", Amount: amount(t, "50")}, Project: "road"})
	c := pay(t, "50")
	c.Fund = "other"
	if _, err := second.Submit(t.Context(), ledger, ask(c)); err != nil {
		t.Errorf("refused on an old state: %v", err)
	}
}

func TestARepeatedCommandIsNotRefusedByAWriterThatHasNotReadIt(t *testing.T) {
	srv := server(t)
	first, second := open(t, srv), open(t, srv)
	programme(t, first, "100")
	must(t, second, pay(t, "10"))
	must(t, first, &domain.RegisterProject{Project: "bridge", Name: "Bridge"})
	request := ask(&domain.SetTargets{Project: "bridge", Targets: []domain.Target{{Indicator: "m", Value: domain.WholeQuantity(9), Unit: "m"}}})
	if _, err := first.Submit(t.Context(), ledger, request); err != nil {
		t.Fatal(err)
	}
	if r, err := second.Submit(t.Context(), ledger, request); err != nil || !r.Repeated {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestALogThatIsNotTheOneThatIsRememberedIsFound(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	end, err := store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := store.Block(t.Context(), end)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		sequence uint64
		hash     eventstore.Hash
		code     string
	}{
		{"nothing is remembered", 0, eventstore.Hash{}, ""},
		{"the same block", end, m.Hash(), ""},
		{"another block", end, eventstore.Hash{1}, eventstore.LogDamaged},
		{"a block after the end", end + 1, m.Hash(), eventstore.LogDamaged},
	} {
		if err := store.CheckHead(t.Context(), c.sequence, c.hash); codeOf(err) != c.code {
			t.Errorf("%s: %v; want %q", c.name, err, c.code)
		}
	}
}

func TestAnAtomicBatchMayReverseItsOwnEntry(t *testing.T) {
	store := open(t, server(t))
	programme(t, store, "100")
	payment := ask(pay(t, "100"))
	out := store.SubmitBatch(t.Context(), ledger, []eventstore.Request{payment,
		ask(&domain.ReverseEntry{Entry: payment.ID, Reason: "wrong fund"}), ask(pay(t, "100"))}, true)
	for i := range out {
		if out[i].Err != nil {
			t.Errorf("command %d: %v", i+1, out[i].Err)
		}
	}
	if sum, times := disbursed(t, store); sum != 10_000 || times != 3 {
		t.Errorf("%d in %d movements, want 10000 in 3", sum, times)
	}
}
