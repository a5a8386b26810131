package pages

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/demo"

	"github.com/nats-io/nats.go"
)

// All read models stop at a block that somebody wrote past the ledger: the page
// says so once, with what can be done, and trying again comes to the same.
func TestAnOperatorIsToldAtWhichEventTheReadModelsStopAndWhatToDecide(t *testing.T) {
	s := demonstrated(t)
	if err := s.nats.Conn().PublishMsg(&nats.Msg{Subject: s.store.Stream() + "." + demo.Invented, Data: []byte(`{"format":99}`)}); err != nil {
		t.Fatal(err)
	}
	late := time.After(time.Minute)
	stopped := func() string {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			if _, page, _ := s.get(t, "/status", owner...); strings.Contains(page, "停在位置") {
				return page
			}
			select {
			case <-tick.C:
			case <-late:
				t.Fatal("the page does not say that anything stopped")
			}
		}
	}
	page := stopped()
	if n := strings.Count(page, "停在位置"); n != 1 || !strings.Contains(page, "流水") || !strings.Contains(page, "aidledger repair") || strings.Count(page, `name="projection"`) < 20 {
		t.Errorf("it says so %d times, or not what to do: %s", n, page)
	}
	if status, answer, at := s.send(t, "/status/resume", url.Values{"projection": {"journal", "totals"}}); status != 303 || at != "/status" {
		t.Errorf("trying again answers %d at %s: %s", status, at, answer)
	}
	stopped()
	if status, answer, _ := s.send(t, "/status/resume", url.Values{"projection": {"none"}}); status == 303 {
		t.Errorf("a read model that there is not tries again: %s", answer)
	}
}
