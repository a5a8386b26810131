package eventstore_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a writer, a reader or a server.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
