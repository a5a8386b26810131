package exchange_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/exchange"
	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/eventstore"
)

func (w *world) exporter() *exchange.Exporter {
	return &exchange.Exporter{Views: w.views, Store: w.store}
}

func (w *world) export(ledger, name, format string) []byte {
	w.t.Helper()
	w.reach()
	var b bytes.Buffer
	write, err := w.exporter().Rows(w.t.Context(), ledger, name, format)
	if err == nil {
		err = write(&b)
	}
	if err != nil {
		w.t.Fatalf("%s as %s: %v", name, format, err)
	}
	return b.Bytes()
}

// withDemo loads the programmes of the demonstration.
func withDemo(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	submit := func(ctx context.Context, ledger string, rs []eventstore.Request) []eventstore.Outcome {
		return w.store.SubmitBatch(ctx, ledger, rs, false)
	}
	if err := demo.Load(t.Context(), submit, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	w.reach()
	return w
}

func TestEveryViewCanBeTakenOutInEveryForm(t *testing.T) {
	w := withDemo(t)
	for _, name := range exchange.Exports() {
		lines := bytes.Count(w.export(demo.Invented, name, exchange.FormatJSONLines), []byte("\n"))
		if name == "commands" {
			continue
		}
		table := w.export(demo.Invented, name, exchange.FormatCSV)
		if !bytes.HasPrefix(table, []byte("\xef\xbb\xbf")) {
			t.Errorf("%s has no byte order mark", name)
		}
		records, err := csv.NewReader(bytes.NewReader(table[3:])).ReadAll()
		if err != nil || lines > 0 && len(records) != lines+1 {
			t.Errorf("%s has %d lines and %d records: %v", name, lines, len(records), err)
		}
		if lines > 0 {
			if columns := ofParquet(t, w.export(demo.Invented, name, exchange.FormatParquet)); !sameTable(records, columns) {
				t.Errorf("%s is in Parquet\n%.900q, and in CSV\n%.900q", name, columns, records)
			}
		}
		file := w.export(demo.Invented, name, exchange.FormatXLSX)
		book, err := sheet.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for row, err := range book.Rows("", nil) {
			if err != nil {
				t.Fatal(err)
			}
			for i, cell := range row.Cells {
				if cell.Formula || n < len(records) && cell.Kind == sheet.Text && strings.TrimPrefix(records[n][i], "'") != cell.Value {
					t.Errorf("%s, row %d: %+v, in CSV %q", name, n, cell, records[n][i])
				}
			}
			n++
		}
		if lines > 0 && n != lines+1 {
			t.Errorf("%s has %d rows in the workbook, want %d", name, n, lines+1)
		}
	}
}

func TestNoSpreadsheetTakesATextForAFormula(t *testing.T) {
	w := newWorld(t)
	names := []string{"=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "plain"}
	var lines string
	for i, name := range names {
		lines += fmt.Sprintf(`{"command":"register-organisation","organisation":"o-%d","name":%q,"kind":"government"}`+"\n", i, name)
	}
	lines += `{"command":"receive-funds","fund":"f","provider":"o-0","amount":"5","date":"2018"}` + "\n"
	r := w.give("a", "names.jsonl", lines, exchange.Options{})
	if _, err := w.Undo(t.Context(), "a", r.Import, "to see a negative amount", exchange.Options{SkipBad: true}, func(uint64, uint64) {}); err != nil {
		t.Fatal(err)
	}
	records, _ := csv.NewReader(bytes.NewReader(w.export("a", "organisations", exchange.FormatCSV)[3:])).ReadAll()
	at := slices.Index(records[0], "name")
	for _, record := range records[1:] {
		if strings.ContainsAny(record[at][:1], "=+-@") {
			t.Errorf("%q is a formula", record[at])
		}
	}
	if journal := string(w.export("a", "journal", exchange.FormatCSV)); !strings.Contains(journal, ",-5.00,") {
		t.Errorf("a negative amount is no number any more: %s", journal)
	}
	// And what was made inert is read back as it was.
	table := bytes.ReplaceAll(w.export("a", "organisations", exchange.FormatCSV), []byte("entry"), []byte("#entry"))
	again := w.give("b", "organisations.csv", string(table), exchange.Options{Command: "register-organisation"})
	counts(t, again, exchange.Recorded, len(names), 0, 0)
	if got := w.export("b", "organisations", exchange.FormatCSV); !strings.Contains(string(got), "'=cmd|") {
		t.Errorf("got %s", got)
	}
}

func TestALedgerThatIsTakenOutAndBroughtInAgainIsTheSame(t *testing.T) {
	w := withDemo(t)
	for _, ledger := range []string{demo.Programme, demo.Invented} {
		history := w.export(ledger, "commands", exchange.FormatJSONLines)
		r := w.give(ledger+"-2", "history.jsonl", string(history), exchange.Options{})
		if r.Outcome != exchange.Recorded || r.Refused > 0 {
			t.Fatalf("%s: %s %d %.1000v", ledger, r.Outcome, r.Refused, r.Faults[:min(len(r.Faults), 8)])
		}
		if got, want := w.events(ledger+"-2"), w.events(ledger); got != want+1 { // and the import itself
			t.Errorf("%s has %d events, and after the way out and in %d", ledger, want, got-1)
		}
		for _, by := range []string{"year", "budget-year", "project", "village", "provider", "fund"} {
			name := "totals-by-" + by
			if got, want := w.export(ledger+"-2", name, exchange.FormatCSV), w.export(ledger, name, exchange.FormatCSV); !bytes.Equal(got, want) {
				t.Errorf("%s by %s:\n%s\nwant\n%s", ledger, by, got, want)
			}
		}
	}
}

func TestAnExportOfWhatThereIsNotIsAnError(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"journal", "events", "secrets"} {
		if _, err := w.exporter().Rows(t.Context(), "none", name, exchange.FormatCSV); err == nil {
			t.Errorf("%s can be exported", name)
		}
	}
}
