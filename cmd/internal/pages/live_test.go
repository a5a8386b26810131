package pages

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/demo"
)

// news reads the blocks that a page is told about; zero where no more come.
func (s *running) news(t *testing.T, ctx context.Context, by *http.Client, ledger string) (next func() uint64) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/ledgers/"+ledger+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := by.Do(r)
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
		return 0
	}
}

func TestAnOpenPageIsToldWhatIsRecordedInItsLedger(t *testing.T) {
	s := demonstrated(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	next := s.news(t, ctx, s.Client(), demo.Invented)
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

// An open page is told nothing of what is recorded after its session has ended.
func TestAnOpenPageOfWhoIsKeptOutIsToldNothingMore(t *testing.T) {
	s := start(t, false) // where nobody reads without a session
	s.twoTownships(t)
	next := s.news(t, t.Context(), s.signedIn(t, "zhou", access.Auditor).Client, "two")
	if next() == 0 {
		t.Fatal("it is told nothing at all")
	}
	if err := s.people.SetRole(t.Context(), access.Owner, s.personOf(t, "zhou"), access.Administrator, nil); err != nil {
		t.Fatal(err)
	}
	note := url.Values{"idempotency_key": {"secret"}, "id": {"secret"}, "kind": {"memo"}, "text": {"for others"}}
	if status, page, _ := s.send(t, "/ledgers/two/record/add-note", note); status != 303 {
		t.Fatalf("the note answers %d: %s", status, page)
	}
	if block := next(); block != 0 {
		t.Errorf("it is told of block %d", block)
	}
}
