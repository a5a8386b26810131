package projections

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a runner, a reader or a connection.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
