package web

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a request, a follower of the log or a
// connection.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
