package eventstore_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a writer, a reader or a server.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// A mirror that is promoted while its source is down asks the source for a
		// while to forget it, and outlives its server with that.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).tryDeleteSourcingConsumer.func1"))
}
