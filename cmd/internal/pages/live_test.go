package pages

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"aidledger/cmd/internal/demo"
)

// news reads the blocks that a page is told about.
func (s *running) news(t *testing.T, ctx context.Context, ledger string) (next func() uint64) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/ledgers/"+ledger+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Body.Close() })
	if kind := got.Header.Get("Content-Type"); got.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("it answers %d, %s", got.StatusCode, kind)
	}
	lines := bufio.NewScanner(got.Body)
	return func() uint64 {
		t.Helper()
		for lines.Scan() {
			if block, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				n, err := strconv.ParseUint(block, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		t.Fatalf("the news ended: %v", lines.Err())
		return 0
	}
}

func TestAnOpenPageIsToldWhatIsRecordedInItsLedger(t *testing.T) {
	s := demonstrated(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	next := s.news(t, ctx, demo.Invented)
	before := next()
	s.record(t, "receive-funds", url.Values{"fund": {"inv-c-2019"}, "amount": {"1"}, "date": {"2019-12-30"}})
	if after := next(); after <= before {
		t.Errorf("after block %d it says %d", before, after)
	}
	_, page, _ := s.get(t, invented)
	if !strings.Contains(page, `data-events="/ledgers/`+demo.Invented+`/live"`) {
		t.Error("the overview does not listen")
	}
	if _, page, _ = s.get(t, invented+"?as_of=20"); strings.Contains(page, "data-events") {
		t.Error("an overview of the past listens")
	}
}
