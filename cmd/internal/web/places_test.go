package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"

	"github.com/nats-io/nats.go"
)

// inRegion runs the API of a region, with a database of its own.
func inRegion(t *testing.T, log *localnats.Server, name string) *api {
	t.Helper()
	places, err := eventstore.OpenPlaces(t.Context(), log.Conn(), "PLACES", name, 1)
	if err != nil {
		t.Fatal(err)
	}
	a := &api{log: &syncBuffer{}}
	logger := slog.New(slog.NewTextHandler(a.log, nil))
	a.store, err = eventstore.Open(t.Context(), eventstore.Config{Conn: log.Conn(), Stream: name, Places: places, Now: time.Now, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.store.Close)
	views, err := projections.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(views.Close)
	runner := projections.NewRunner(views, a.store, logger)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = runner.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-ended })
	a.Server = httptest.NewUnstartedServer(nil)
	a.Config = New(Config{Store: a.store, Places: places, Views: views, Runner: runner, Log: logger, Token: token}).HTTP()
	a.Start()
	t.Cleanup(a.Close)
	a.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if err := places.Announce(t.Context(), a.URL, name); err != nil {
		t.Fatal(err)
	}
	return a
}

// regions runs two of them on one NATS server, with the ledger "test" in the
// first one.
func regions(t *testing.T) (east, west *api, conn *nats.Conn) {
	t.Helper()
	log, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	east, west = inRegion(t, log, "EAST"), inRegion(t, log, "WEST")
	east.fill(t)
	return east, west, log.Conn()
}

// leads looks that a region answers a request with the address of another one.
func (a *api) leads(t *testing.T, got answer, to *api, path string) {
	t.Helper()
	if got.status != http.StatusTemporaryRedirect || got.header.Get("Location") != to.URL+path || got.problem().Code != eventstore.LedgerElsewhere {
		t.Errorf("%s: %d, Location %q, %s", path, got.status, got.header.Get("Location"), got.body)
	}
}

const (
	paying = "/v1/ledgers/test/commands/disburse-funds"
	onePay = `{"fund":"fund","project":"road","amount":"1.00","date":"2018"}`
)

func TestARegionLeadsToTheOneThatHasALedger(t *testing.T) {
	east, west, _ := regions(t)
	for _, path := range []string{"/v1/ledgers/test/totals?by=year", "/v1/ledgers/test/funds?limit=1", "/v1/ledgers/test/events?from=1"} {
		west.leads(t, west.call(t, "GET", path, ""), east, path)
	}
	west.leads(t, west.call(t, "POST", paying, onePay, "Idempotency-Key", "k-1"), east, paying)
	west.leads(t, west.call(t, "POST", "/v1/ledgers/test/commands/open-ledger", `{"title":"again"}`, "Idempotency-Key", "k-2"), east, "/v1/ledgers/test/commands/open-ledger")
	west.leads(t, west.call(t, "POST", "/v1/ledgers/test/commands", `{"command":"add-note"}`, "Idempotency-Key", "k-3"), east, "/v1/ledgers/test/commands")
	if got := west.call(t, "GET", "/v1/ledgers/test/totals?by=year", "", "Authorization", ""); got.status != http.StatusUnauthorized {
		t.Errorf("who has no token is led on: %d %s", got.status, got.body)
	}
	if got := west.call(t, "GET", "/v1/ledgers/nowhere/totals?by=year", ""); got.status != http.StatusNotFound {
		t.Errorf("a ledger that nobody has is said to be elsewhere: %d %s", got.status, got.body)
	}
	following := &http.Client{}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", west.URL+paying, strings.NewReader(onePay))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Idempotency-Key", "k-4")
	got, err := following.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	following.CloseIdleConnections()
	if got.StatusCode != http.StatusCreated {
		t.Errorf("a client that is led on with its command gets %s", got.Status)
	}
}

func TestAMovedLedgerIsAnsweredFromItsNewRegion(t *testing.T) {
	east, west, conn := regions(t)
	places, err := eventstore.OpenPlaces(t.Context(), conn, "PLACES", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	killed := errors.New("killed")
	move := func(until string) error {
		_, err := eventstore.MoveLedger(t.Context(), eventstore.Config{Conn: conn, Now: time.Now}, places,
			eventstore.Move{Ledger: "test", To: "WEST", Actor: "operator", Before: func(step string) error {
				if step == until {
					return killed
				}
				return nil
			}})
		return err
	}
	const totals = "/v1/ledgers/test/totals?by=year"
	east.must(t, "k-1", "disburse-funds", onePay)
	for _, until := range []string{"close", "adopt", "settle"} {
		if err := move(until); !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if got := east.call(t, "GET", totals, ""); got.status != http.StatusOK {
			t.Errorf("before %s the old region answers %d %s", until, got.status, got.body)
		}
		west.leads(t, west.call(t, "GET", totals, ""), east, totals) // and not with a part of the ledger
		west.leads(t, west.call(t, "POST", paying, onePay, "Idempotency-Key", "k-2"), east, paying)
		if got := east.do(t, "k-1", "disburse-funds", onePay); got.status != http.StatusOK {
			t.Errorf("before %s a command that is repeated is answered with %d %s", until, got.status, got.body)
		}
		if until == "close" {
			continue
		}
		if got := east.do(t, "k-2", "disburse-funds", onePay); got.problem().Code != "ledger_moving" || got.status != 503 || got.header.Get("Retry-After") != "1" {
			t.Errorf("before %s a command is answered with %d %s", until, got.status, got.body)
		}
	}
	if err := move(""); err != nil {
		t.Fatal(err)
	}
	east.leads(t, east.do(t, "k-2", "disburse-funds", onePay), west, paying)
	if got := west.do(t, "k-1", "disburse-funds", onePay); got.status != http.StatusOK {
		t.Errorf("what the old region recorded is repeated with %d %s", got.status, got.body)
	}
	got := west.call(t, "POST", paying+"?wait=true", onePay, "Idempotency-Key", "k-2", "Content-Type", "application/json")
	if got.status != http.StatusCreated {
		t.Errorf("the new region answers a command with %d %s", got.status, got.body)
	}
	if got := west.call(t, "GET", totals, ""); got.status != http.StatusOK || !strings.Contains(got.body, `"disbursed":"2.00"`) {
		t.Errorf("the new region shows %d %s", got.status, got.body)
	}
	for late := time.After(10 * time.Second); ; { // what the old region knows is old for a second
		got := east.call(t, "GET", totals, "")
		if got.status == http.StatusTemporaryRedirect {
			east.leads(t, got, west, totals)
			break
		}
		select {
		case <-late:
			t.Fatalf("the old region goes on to answer: %d %s", got.status, got.body)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
