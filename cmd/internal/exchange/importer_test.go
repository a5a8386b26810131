package exchange_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange"
)

// notes are JSON lines of notes, too many for one block.
func notes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"command":"add-note","id":"n-%d","kind":"memo","text":%q}`+"\n", i, strings.Repeat("what the source says ", 60))
	}
	return b.String()
}

func TestAnImportThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	const rows = 4500
	f, err := exchange.Receive(strings.NewReader(notes(rows)), "notes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := exchange.Options{Command: "add-note", Open: true}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = w.Import(ctx, "a", f, o, func(done, total uint64) {
		if total > 0 {
			cancel() // after the first part
		}
	})
	first := w.events("a")
	if err == nil || first == 0 || first >= rows {
		t.Fatalf("it was not cut off: %d events, %v", first, err)
	}
	r, err := w.Import(t.Context(), "a", f, o, func(uint64, uint64) {})
	if err != nil {
		t.Fatal(err)
	}
	if r.Recorded+r.Already != rows || r.Already < 1000 {
		t.Errorf("%d recorded and %d before", r.Recorded, r.Already)
	}
	if got := w.events("a"); got != rows+2 { // and the ledger, and the import
		t.Errorf("there are %d events, want %d", got, rows+2)
	}
}

func TestRowsOfAFileSeeEachOther(t *testing.T) {
	w := newWorld(t)
	lines := []string{
		`{"command":"register-organisation","organisation":"giver","name":"单位","kind":"government"}`,
		`{"command":"commit-funds","fund":"f","provider":"giver","amount":"100","document":"d","date":"2018"}`,
		``,
		`{"command":"receive-funds","fund":"f","amount":"60","date":"2018","source_reference":"s-1"}`,
	}
	w.give("a", "open.jsonl", strings.Join(lines, "\n"), exchange.Options{})
	more := []string{
		`{"command":"receive-funds","fund":"f","amount":"1","date":"2018","source_reference":"s-1"}`,
		`{"command":"receive-funds","fund":"f","amount":"1","currency":"USD","date":"2018"}`,
		`{"command":"teleport"}`,
		`no json`,
		`{"command":"reduce-commitment","fund":"f","amount":"90","document":"d","date":"2018"}`,
		`{"command":"reduce-commitment","fund":"f","amount":"90","document":"d","date":"2018"}`,
	}
	r := w.give("a", "more.jsonl", strings.Join(more, "\n"), exchange.Options{})
	counts(t, r, exchange.Refused, 0, 1, 4)
	want := []string{"2 currency currency_mismatch", "3  command_not_found", "4  json_syntax", "6 amount below_allocated"}
	if got := faults(r); !slices.Equal(got, want) {
		t.Errorf("the faults are %q, want %q", got, want)
	}
	r = w.give("a", "more.jsonl", strings.Join(more, "\n"), exchange.Options{SkipBad: true})
	counts(t, r, exchange.Recorded, 1, 1, 4)
	undone, err := w.Undo(t.Context(), "a", w.give("b", "open.jsonl", strings.Join(lines, "\n"), exchange.Options{}).Import, "wrong", exchange.Options{}, func(uint64, uint64) {})
	if code(err) != "import_not_found" {
		t.Errorf("an import of another ledger: %+v %v", undone, err)
	}
}
