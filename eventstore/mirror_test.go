package eventstore_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// site is a NATS server of its own in a JetStream domain of its own. It returns
// the port for leaf nodes as well.
func site(t *testing.T, domain string, leaf natsserver.LeafNodeOpts) (*natsserver.Server, *nats.Conn, int) {
	t.Helper()
	options := &natsserver.Options{ServerName: domain, Host: "127.0.0.1", Port: -1, JetStream: true, JetStreamDomain: domain,
		StoreDir: t.TempDir(), SyncAlways: true, LeafNode: leaf, NoSigs: true, NoLog: true}
	srv, err := natsserver.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	conn, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return srv, conn, options.LeafNode.Port
}

// await returns when a stream has a sequence.
func await(t *testing.T, stream jetstream.Stream, sequence uint64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := stream.Info(t.Context())
		if err == nil && info.State.LastSeq >= sequence {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
}

// It follows the steps of docs/scale.md for the loss of a site.
func TestALogIsRecoveredFromItsMirrorOnAnotherSite(t *testing.T) {
	main, conn, port := site(t, "main", natsserver.LeafNodeOpts{Host: "127.0.0.1", Port: -1})
	first, err := eventstore.Open(t.Context(), eventstore.Config{Conn: conn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	address, err := url.Parse(fmt.Sprint("nats-leaf://127.0.0.1:", port))
	if err != nil {
		t.Fatal(err)
	}
	_, away, _ := site(t, "away", natsserver.LeafNodeOpts{Remotes: []*natsserver.RemoteLeafOpts{{URLs: []*url.URL{address}}}})
	js, err := jetstream.New(away)
	if err != nil {
		t.Fatal(err)
	}
	config := jetstream.StreamConfig{Name: eventstore.DefaultStream, Storage: jetstream.FileStorage,
		Mirror: &jetstream.StreamSource{Name: eventstore.DefaultStream, Domain: "main"}}
	mirror, err := js.CreateStream(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}

	programme(t, first, "100")
	paid := ask(pay(t, "1"))
	if _, err := first.Submit(t.Context(), ledger, paid); err != nil {
		t.Fatal(err)
	}
	end, err := first.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last, err := first.Block(t.Context(), end)
	if err != nil {
		t.Fatal(err)
	}
	await(t, mirror, end)
	if _, err := eventstore.Open(t.Context(), eventstore.Config{Conn: away, Now: time.Now}); codeOf(err) != eventstore.StreamSettings {
		t.Errorf("the mirror was opened as a log: %v", err)
	}

	first.Close()
	conn.Close()
	main.Shutdown()
	config.Mirror, config.Subjects = nil, []string{eventstore.DefaultStream + ".*"}
	config.Discard, config.DenyDelete, config.DenyPurge = jetstream.DiscardNew, true, true
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	second, err := eventstore.Open(t.Context(), eventstore.Config{Conn: away, Now: time.Now, MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	if err := second.CheckHead(t.Context(), end, last.Hash()); err != nil {
		t.Error(err)
	}
	if again, err := second.Submit(t.Context(), ledger, paid); err != nil || !again.Repeated || again.Position.Block != end {
		t.Errorf("the last payment again: %+v, %v", again, err)
	}
	next, err := second.Submit(t.Context(), ledger, ask(&domain.RegisterPlace{Place: "130732", Name: "County", Level: "county"}))
	if err != nil || next.Position.Block != end+1 {
		t.Errorf("the next command: %+v, %v", next, err)
	}
}
