package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aidledger/projections/localpg/pgtest"
)

// ending ends a server when it says that it listens.
type ending struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	stop context.CancelFunc
}

func (e *ending) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.buf.Write(p)
	if strings.Contains(e.buf.String(), "listening on") {
		e.stop()
	}
	return n, err
}

// A server that is stopped leaves no goroutine behind, which TestMain finds out.
func TestAServerThatIsStoppedLeavesNothingBehind(t *testing.T) {
	t.Setenv("AIDLEDGER_POSTGRES_URL", pgtest.Database(t))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, notes := &ending{stop: stop}, &bytes.Buffer{}
	code := run(ctx, []string{"serve", "--demo", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0"}, strings.NewReader(""), out, notes)
	if code != 0 {
		t.Fatalf("it ended with %d: %s", code, notes)
	}
	if !strings.Contains(out.buf.String(), "listening on") {
		t.Errorf("it said %s", out.buf.String())
	}
}
