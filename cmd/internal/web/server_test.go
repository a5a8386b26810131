package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/cmd/internal/badinput"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
	"aidledger/projections/people"
	"aidledger/projections/roles"
	"aidledger/projections/vault"

	"github.com/go-json-experiment/json"
)

const token = "token-of-the-tests"

// api is a running server with everything behind it.
type api struct {
	*httptest.Server
	store    *eventstore.Store
	people   *people.Store
	log      *syncBuffer
	database string
	dir      string // of the log
}

// syncBuffer is a log that tests read while the server writes.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs the API on a log and a database of its own. More routes may be
// added to those of the API.
func start(t testing.TB, more ...Route) *api {
	t.Helper()
	return startWith(t, nil, more...)
}

// startWith is start with an identity provider.
func startWith(t testing.TB, identity *Identity, more ...Route) *api {
	t.Helper()
	log := &syncBuffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	dir := t.TempDir()
	nats, err := localnats.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	database := pgtest.Database(t)
	if err := roles.Create(t.Context(), database, nil); err != nil {
		t.Fatal(err)
	}
	as := func(user string) string { return pgtest.As(database, user) } // each part may do what it must, and no more
	keys, err := vault.Open(t.Context(), as(roles.Vault), vault.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Now: time.Now, Log: logger, SyncAlways: true, Seal: keys.Seal, Rehearse: keys.Rehearse})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	views, err := projections.OpenApart(t.Context(), as(roles.Projector), as(roles.API))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(views.Close)
	persons, err := people.Open(t.Context(), as(roles.API), vault.NewKey(), time.Now, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(persons.Close)
	runner := projections.NewRunner(views, store, logger)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := runner.Run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("the runner ended: %v", err)
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	forgetting := make(chan struct{})
	go func() {
		defer close(forgetting)
		keys.Follow(ctx, runner, views, func(err error) { t.Errorf("keys are not destroyed: %v", err) })
	}()
	t.Cleanup(func() { stop(); <-forgetting })
	h := httptest.NewUnstartedServer(nil)
	s := New(Config{Store: store, Views: views, Runner: runner, Notary: signing(t, store, views, logger), Log: logger, Token: token, People: persons, Vault: keys, Identity: identity, Translate: inChinese,
		PublicURL: "http://" + h.Listener.Addr().String(), Pages: true}, more...)
	h.Config = s.HTTP()
	h.Start()
	t.Cleanup(h.Close)
	return &api{h, store, persons, log, database, dir}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem is the body as a problem, zero if it is none.
func (a answer) problem() (p Problem) {
	if a.header.Get("Content-Type") == "application/problem+json" {
		_ = json.Unmarshal([]byte(a.body), &p)
	}
	return p
}

// field is the error of one field, zero if there is none.
func (p Problem) field(name string) FieldError {
	for _, e := range p.Errors {
		if e.Field == name {
			return e
		}
	}
	return FieldError{}
}

// call sends a request with the token and the headers, given as name and value
// in turn.
func (a *api) call(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, in)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	got, err := a.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

// do records a command under a key and returns the answer.
func (a *api) do(t testing.TB, key, command, body string) answer {
	t.Helper()
	return a.call(t, "POST", "/v1/ledgers/test/commands/"+command, body, "Idempotency-Key", key, "Content-Type", "application/json")
}

// must is do for a command that is accepted.
func (a *api) must(t testing.TB, key, command, body string) recorded {
	t.Helper()
	got := a.do(t, key, command, body)
	if got.status != http.StatusCreated {
		t.Fatalf("%s: %d %s", command, got.status, got.body)
	}
	var r recorded
	if err := json.Unmarshal([]byte(got.body), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// opened has a ledger "test" with an organisation, a place, an approved
// project and a fund with 1,000 CNY committed, received and allocated, and read
// models that show it.
func opened(t testing.TB, more ...Route) *api {
	t.Helper()
	a := start(t, more...)
	a.fill(t)
	return a
}

// fill records what opened has.
func (a *api) fill(t testing.TB) {
	t.Helper()
	var last recorded
	for _, c := range badinput.Opening() {
		last = a.must(t, "opened-"+c[0]+c[1][:20], c[0], c[1])
	}
	a.call(t, "GET", "/v1/status?wait_for="+last.Position.String(), "")
}

func mustDecode(t *testing.T, command, body string) domain.Command {
	t.Helper()
	c, err := decode(command, body)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inChinese stands for the texts of the pages.
func inChinese(code string) (text, hint string, ok bool) { return "中文 " + code, "提示", true }
