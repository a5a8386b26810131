package tracing_test

import (
	"bytes"
	"compress/gzip"
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
	"aidledger/cmd/internal/tracing"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"

	"go.opentelemetry.io/otel"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	span "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// received is what a collector of OTLP over HTTP got.
type received struct {
	mu    sync.Mutex
	spans []*span.Span
	text  bytes.Buffer // all that came, as it was sent
}

func (c *received) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	data, err := io.ReadAll(body)
	var export collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(data, &export) != nil {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(data)
	for _, of := range export.ResourceSpans {
		for _, by := range of.ScopeSpans {
			c.spans = append(c.spans, by.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// named returns the spans of a name.
func (c *received) named(name string) (all []*span.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			all = append(all, s)
		}
	}
	return all
}

func attribute(s *span.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// server is a server that is followed: the log, the read models and the API.
func server(t *testing.T, tracer *tracing.Tracer) (*httptest.Server, *projections.Runner) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	nats, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Now: time.Now, Log: log, SyncAlways: true, Writing: tracer.Block})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	views, err := projections.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(views.Close)
	runner := projections.NewRunner(views, store, log)
	runner.Writing = tracer.Batch
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	h := httptest.NewServer(web.New(web.Config{Store: store, Views: views, Runner: runner, Log: log, Token: "owner-of-this-test", Tracer: tracer}))
	t.Cleanup(h.Close)
	return h, runner
}

func give(t *testing.T, h *httptest.Server, path, body, key, parent string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/v1/ledgers/test/commands"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer owner-of-this-test")
	r.Header.Set("Idempotency-Key", key)
	r.Header.Set("Traceparent", parent)
	got, err := h.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if text, _ := io.ReadAll(got.Body); got.StatusCode >= 300 && key != "refused" {
		t.Fatalf("%d %s", got.StatusCode, text)
	}
}

func TestACommandIsFollowedThroughItsBlockIntoTheReadModels(t *testing.T) {
	var c received
	at := httptest.NewServer(&c)
	defer at.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", at.URL)
	tracer, err := tracing.Open(t.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h, runner := server(t, tracer)
	for i, command := range badinput.Opening() {
		parent := ""
		if i == 0 {
			parent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
		}
		give(t, h, "/"+command[0], command[1], "opening-"+string(rune('a'+i)), parent)
	}
	give(t, h, "/register-project", `{"project":"","name":"秘密"}`, "refused", "")
	if err := runner.WaitFor(t.Context(), uint64(len(badinput.Opening()))); err != nil {
		t.Fatal(err)
	}
	if err := tracer.Close(t.Context()); err != nil { // delivers all that ended
		t.Fatal(err)
	}

	opened := c.named("command open-ledger")
	if len(opened) != 1 || attribute(opened[0], "aidledger.ledger") != "test" || attribute(opened[0], "aidledger.entry") != "opening-a" {
		t.Fatalf("the command is %v", opened)
	}
	if got := opened[0]; string(got.ParentSpanId) != "\x01\x23\x45\x67\x89\xab\xcd\xef" {
		t.Errorf("it is no child of its client's span: %v", got)
	}
	var block *span.Span
	for _, b := range c.named("block") {
		if bytes.Equal(b.ParentSpanId, opened[0].SpanId) && bytes.Equal(b.TraceId, opened[0].TraceId) {
			block = b
		}
	}
	if block == nil {
		t.Fatalf("no block is a child of the command: %v", c.named("block"))
	}
	followed := false
	for _, p := range c.named("projection") {
		followed = followed || bytes.Equal(p.ParentSpanId, block.SpanId) && bytes.Equal(p.TraceId, block.TraceId)
		for _, l := range p.Links {
			followed = followed || bytes.Equal(l.SpanId, block.SpanId)
		}
	}
	if !followed {
		t.Errorf("no projection follows the block: %v", c.named("projection"))
	}
	refused := c.named("command register-project")
	if last := refused[len(refused)-1]; attribute(last, "error.type") != "field_required" && attribute(last, "error.type") != "id_format" {
		t.Errorf("the refusal is %v", last)
	}
	if strings.Contains(c.text.String(), "秘密") || strings.Contains(c.text.String(), "owner-of-this-test") {
		t.Error("a value of a command, or the token, is in a trace")
	}
}

func TestABlockOfManyCommandsHasLinksToAllOfThem(t *testing.T) {
	var c received
	at := httptest.NewServer(&c)
	defer at.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", at.URL+"/v1/traces")
	tracer, err := tracing.Open(t.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var calls []context.Context
	for _, name := range []string{"GET /a", "GET /b", "GET /c"} {
		r, done := tracer.Request(&http.Request{Pattern: name, Header: http.Header{}})
		calls = append(calls, r.Context())
		done(http.StatusOK, "")
	}
	carried, done := tracer.Block("test", 3, append(calls, calls[0], context.Background()))
	done(7, nil)
	tracer.Batch(projections.Batch{From: 6, To: 8, Traces: []string{carried, "nonsense"}})(nil)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	block := c.named("block")[0]
	if !bytes.Equal(block.ParentSpanId, c.named("GET /a")[0].SpanId) || len(block.Links) != 2 || !bytes.Equal(block.Links[1].SpanId, c.named("GET /c")[0].SpanId) {
		t.Errorf("the block is %v", block)
	}
	if got := c.named("projection")[0]; !bytes.Equal(got.ParentSpanId, block.SpanId) || len(got.Links) != 0 {
		t.Errorf("the projection is %v", got)
	}
}

func TestNobodyIsFollowedWithoutACollector(t *testing.T) {
	tracer, err := tracing.Open(t.Context(), "test", slog.New(slog.DiscardHandler))
	if tracer != nil || err != nil {
		t.Fatalf("got %v, %v", tracer, err)
	}
	r := &http.Request{}
	if got, done := tracer.Request(r); got != r {
		t.Error("the request is another one")
	} else {
		done(http.StatusOK, "")
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACollectorThatIsGoneStopsNothing(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", gone.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50")
	var log bytes.Buffer
	tracer, err := tracing.Open(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, done := tracer.Block("test", 1, nil)
	done(1, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err = tracer.Close(ctx)
	if otel.Handle(io.EOF); err == nil && !strings.Contains(log.String(), "not delivered") {
		t.Error("nobody is told that it is gone")
	}
}
