package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/exchange"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"

	"github.com/go-json-experiment/json"
)

// world is a log with its read models and somebody who imports.
type world struct {
	t      testing.TB
	store  *eventstore.Store
	views  *projections.DB
	runner *projections.Runner
	*exchange.Importer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	nats, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	log := slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Now: time.Now, Log: log, SyncAlways: true})
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
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return &world{t: t, store: store, views: views, runner: runner, Importer: &exchange.Importer{Store: store, Decode: decode,
		Stamp: func(q eventstore.Request) (eventstore.Request, error) { q.Actor = "clerk"; return q, nil }}}
}

// decode reads a line of JSON in the way of the API, as far as the tests need.
func decode(name string, line []byte) (string, domain.Command, error) {
	var head struct {
		Command string `json:"command"`
		ID      string `json:"id"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return "", nil, &domain.Refusal{Code: "json_syntax", Message: "it is no JSON", Hint: "write JSON"}
	}
	if head.Command != "" {
		name = head.Command
	}
	t, ok := domain.LookupCommand(name)
	if !ok {
		return "", nil, &domain.Refusal{Code: "command_not_found", Message: "there is no such command", Hint: "name one"}
	}
	c := t.New()
	return head.ID, c, json.Unmarshal(line, c)
}

// give imports a file that is taken as a whole.
func (w *world) give(ledger, name, content string, o exchange.Options) exchange.Report {
	w.t.Helper()
	r, err := w.try(ledger, name, content, o)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (w *world) try(ledger, name, content string, o exchange.Options) (exchange.Report, error) {
	w.t.Helper()
	f, err := exchange.Receive(strings.NewReader(content), name)
	if err != nil {
		return exchange.Report{}, err
	}
	defer f.Close()
	o.Open = true
	return w.Import(w.t.Context(), ledger, f, o, func(uint64, uint64) {})
}

// counts demands how many rows were recorded, known already and refused.
func counts(t testing.TB, r exchange.Report, outcome exchange.Outcome, recorded, already, refused int) {
	t.Helper()
	if r.Outcome != outcome || r.Recorded != recorded || r.Already != already || r.Refused != refused {
		t.Errorf("%s: %d recorded, %d already, %d refused (%+v); want %s %d %d %d", r.Outcome, r.Recorded, r.Already, r.Refused, r.Faults, outcome, recorded, already, refused)
	}
}

// faults are the rows at fault, with column and code.
func faults(r exchange.Report) []string {
	var all []string
	for _, f := range r.Faults {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s", f.Row, f.Column, f.Code)))
	}
	return all
}

// reach waits until the read models have the whole log.
func (w *world) reach() {
	w.t.Helper()
	end, err := w.store.End(w.t.Context())
	if err == nil {
		err = w.runner.WaitFor(w.t.Context(), end)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// reported are totals of what others published: key, receiver, type, currency,
// and how it was published.
func (w *world) reported(ledger, by string) []string {
	w.t.Helper()
	w.reach()
	all, err := w.views.ReportedTotals(w.t.Context(), projections.ReportedTotalsQuery{Ledger: ledger, By: by, Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, r := range all.Rows {
		key := []string{r.Key}
		if by == "flow" {
			key = append(key, r.Receiver)
		}
		for i := range key {
			if key[i] == "" {
				key[i] = "none"
			}
		}
		lines = append(lines, strings.Join(append(key, r.Type, string(r.Currency), fmt.Sprint(r.Published), strings.TrimSuffix(r.PublishedAmount, ".00")), ","))
	}
	slices.Sort(lines)
	return lines
}

func reportedOf(ledger string) projections.ReportedTotalsQuery {
	return projections.ReportedTotalsQuery{Ledger: ledger, By: "year"}
}

// code is the code of a refusal.
func code(err error) string {
	var r *domain.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return fmt.Sprint(err)
}

// events counts the events of a ledger in the log.
func (w *world) events(ledger string) int {
	w.t.Helper()
	end, err := w.store.End(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for m, err := range w.store.Blocks(w.t.Context(), 0, end) {
		if err != nil {
			w.t.Fatal(err)
		}
		b, err := eventstore.Decode(m)
		if err != nil {
			w.t.Fatal(err)
		}
		if b.Ledger == ledger {
			n += b.Events()
		}
	}
	return n
}

type eventEntry = eventstore.Entry

// field is a text of the data of an event.
func field(data []byte, name string) string {
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil || all[name] == nil {
		return ""
	}
	return fmt.Sprint(all[name])
}
