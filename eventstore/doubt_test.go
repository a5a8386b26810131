package eventstore_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// deafProxy passes everything between clients and a server, but while it is
// deaf it swallows the answers to publishes: the server stored the block and
// the writer never hears of it.
type deafProxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	deaf     int  // how many more acknowledgements to swallow
	answers  bool // swallow the answers to reads as well
	mute     int  // how many more deliveries of blocks to swallow, without cutting the connection
	dropped  int
}

func newDeafProxy(t *testing.T, target string) *deafProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &deafProxy{listener: l, target: target}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *deafProxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	go io.Copy(server, client)
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if p.mutes(buf[:n]) {
			continue
		}
		if p.swallows(buf[:n]) {
			return // cut the connection: the client cannot tell what happened
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *deafProxy) mutes(data []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mute > 0 && bytes.Contains(data, []byte("$JS.ACK.")) {
		p.mute--
		p.dropped++
		return true
	}
	return false
}

func (p *deafProxy) swallows(data []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ack := bytes.Contains(data, []byte(`"seq":`)) && bytes.Contains(data, []byte(`{"stream":"AIDLEDGER"`))
	read := p.answers && bytes.Contains(data, []byte(`stream_msg_get_response`))
	if p.deaf > 0 && (ack || read) {
		p.deaf--
		p.dropped++
		return true
	}
	return false
}

// openDeaf opens a store on a server of its own, behind a deaf proxy.
func openDeaf(t *testing.T) (*eventstore.Store, *deafProxy) {
	t.Helper()
	srv, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	proxy := newDeafProxy(t, srv.Addr().String())
	conn, err := nats.Connect("nats://"+proxy.listener.Addr().String(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now, PublishTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store, proxy
}

func TestABlockWhoseAcknowledgementWasLostIsFoundAndCountedOnce(t *testing.T) {
	t.Parallel() // it waits for times to run out
	store, proxy := openDeaf(t)
	programme(t, store, "100")
	for range 3 {
		proxy.mu.Lock()
		proxy.deaf = 1
		proxy.mu.Unlock()
		r, err := store.Submit(t.Context(), ledger, ask(pay(t, "1")))
		if err != nil || r.Repeated || len(r.Events) != 1 {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	if proxy.dropped != 3 {
		t.Errorf("%d acknowledgements were lost, want 3: the test tested nothing", proxy.dropped)
	}
	if sum, times := disbursed(t, store); sum != 300 || times != 3 {
		t.Errorf("%d disbursed in %d payments, want 300 in 3", sum, times)
	}
}

func TestACommandThatTheLogDoesNotAnswerHasAnUnknownOutcome(t *testing.T) {
	t.Parallel() // it waits for times to run out
	srv := server(t)
	store := open(t, srv, func(c *eventstore.Config) {
		c.PublishTimeout = 100 * time.Millisecond
		c.AnswerTimeout = 500 * time.Millisecond
	})
	programme(t, store, "100")
	request := ask(pay(t, "1"))
	srv.Close()
	if _, err := store.Submit(t.Context(), ledger, request); codeOf(err) != eventstore.OutcomeUnknown && codeOf(err) != eventstore.LogUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestALostQuestionToTheLogDoesNotHoldUpTheCommand(t *testing.T) {
	t.Parallel() // it waits for times to run out
	store, proxy := openDeaf(t)
	programme(t, store, "100")
	proxy.mu.Lock()
	proxy.deaf, proxy.answers = 2, true // the acknowledgement, and the answer to the question whether it is there
	proxy.mu.Unlock()
	begun := time.Now()
	if _, err := store.Submit(t.Context(), ledger, ask(pay(t, "1"))); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 10*time.Second || proxy.dropped != 2 {
		t.Errorf("it took %s, and %d answers were lost", took, proxy.dropped)
	}
}

func TestACommandToALogThatCannotBeReadHasACode(t *testing.T) {
	srv := server(t)
	store := open(t, srv, func(c *eventstore.Config) { c.AnswerTimeout = 300 * time.Millisecond })
	srv.Close()
	if _, err := store.Submit(t.Context(), ledger, ask(&domain.OpenLedger{Title: "Test"})); codeOf(err) != eventstore.LogUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestAReaderWhoseDeliveryIsLostReadsOnToTheEnd(t *testing.T) {
	t.Parallel() // it waits for times to run out
	srv, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	defer func() { srv.Shutdown(); srv.WaitForShutdown() }()
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	proxy := newDeafProxy(t, srv.Addr().String())
	conn, err := nats.Connect("nats://"+proxy.listener.Addr().String(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	programme(t, store, "100")
	for range 3 {
		proxy.mu.Lock()
		proxy.mute, proxy.dropped = 1, 0
		proxy.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		end, err := store.End(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var last uint64
		for m, err := range store.Blocks(ctx, 0, end) {
			if err != nil {
				t.Fatalf("after block %d: %v", last, err)
			}
			last = m.Sequence
		}
		if cancel(); last != end || proxy.dropped != 1 {
			t.Errorf("read up to block %d of %d, with %d lost deliveries", last, end, proxy.dropped)
		}
	}
}
