package eventstore_test

import (
	"runtime"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a writer, a reader or a server.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// A mirror that is promoted while its source is down asks the source for a
		// while to forget it, and outlives its server with that.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).tryDeleteSourcingConsumer.func1"))
}

// A server opens one store for its life, but a test, a bench and a copy of a log
// open many on one connection.
func TestAClosedStoreIsForgotten(t *testing.T) {
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: server(t).Conn(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	must(t, store, &domain.OpenLedger{Title: "Forgotten"})
	forgotten := make(chan struct{})
	runtime.AddCleanup(store, func(struct{}) { close(forgotten) }, struct{}{})
	store.Close()
	store = nil
	for range 100 {
		runtime.GC()
		select {
		case <-forgotten:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("what a closed store knew of all commands is still in memory")
}
