package exchange_test

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange"
)

// published is a small file of version 1.00 with what real ones have: a
// transaction that comes twice under one reference, two equal ones with
// references of their own, a correction, nothing, and one without a reference.
const published = `<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="1.00">
<iati-activity default-currency="GBP"><reporting-org ref="GB-CHC-1">Helpers</reporting-org><iati-identifier>GB-CHC-1-A</iati-identifier><title>Wells</title>
<recipient-country code="CD">Congo</recipient-country>
<transaction ref="1"><transaction-type code="IF"/><provider-org>Fund</provider-org><value value-date="2010-01-02">1000</value><transaction-date iso-date="2010-01-01"/></transaction>
<transaction ref="2"><transaction-type code="D"/><receiver-org>Village</receiver-org><value value-date="2011-01-02">300.5</value><transaction-date iso-date="2010-12-31"/></transaction>
<transaction ref="2"><transaction-type code="D"/><receiver-org>Village</receiver-org><value value-date="2011-01-02">300.5</value><transaction-date iso-date="2010-12-31"/></transaction>
<transaction ref="3"><transaction-type code="D"/><receiver-org>Village</receiver-org><value value-date="2011-01-02">300.5</value><transaction-date iso-date="2010-12-31"/></transaction>
<transaction ref="4"><transaction-type code="D"/><receiver-org>Village</receiver-org><value value-date="2011-05-05">-50</value><transaction-date iso-date="2011-05-05"/></transaction>
<transaction ref="5"><transaction-type code="E"/><value value-date="2011-05-05">0</value><transaction-date iso-date="2011-05-05"/></transaction>
<transaction><transaction-type code="E"/><value currency="JPY" value-date="2011-05-05">12.5</value><transaction-date iso-date="2011-05-05"/></transaction>
</iati-activity>
</iati-activities>`

// shuffled is a file with its transactions in another order.
func shuffled(file string) string {
	transactions := regexp.MustCompile(`(?s)\s*<transaction[ >].*?</transaction>`)
	var out strings.Builder
	for _, activity := range regexp.MustCompile(`(?s)^.*?</iati-activity>|.*?</iati-activity>|.*$`).FindAllString(file, -1) {
		all := transactions.FindAllString(activity, -1)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		next := 0
		out.WriteString(transactions.ReplaceAllStringFunc(activity, func(string) string { next++; return all[next-1] }))
	}
	return out.String()
}

func TestWhatOthersPublishedIsAddedUpAsTheyPublishedIt(t *testing.T) {
	w := newWorld(t)
	r := w.give("a", `C:\reports\helpers.xml`, published, exchange.Options{})
	counts(t, r, exchange.Recorded, 7, 0, 0)
	if r.File != "helpers.xml" || r.Format != exchange.FormatIATI || !r.Opened || r.Events["transaction-reported"] != 7 {
		t.Errorf("%+v", r)
	}
	want := []string{"2010,1,GBP,1,1000", "2010,3,GBP,3,901.50", "2011,3,GBP,1,-50", "2011,4,GBP,1,0", "2011,4,JPY,1,12"}
	if got := w.reported("a", "year"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	counts(t, w.give("b", "shuffled.xml", shuffled(published), exchange.Options{}), exchange.Recorded, 7, 0, 0)
	if got := w.reported("b", "year"); !slices.Equal(got, want) {
		t.Errorf("in another order: got %q, want %q", got, want)
	}
}

func TestReportsInCurrenciesOfThePastComeBackFromTheHistory(t *testing.T) {
	w := newWorld(t)
	file := strings.NewReplacer(`<recipient-country code="CD">`, `<recipient-country code="RW" percentage="40"/><recipient-country code="CD" percentage="60">`, `default-currency="GBP"`, `default-currency="ZMK"`, "JPY", "XDR").Replace(published)
	w.give("a", "old.xml", file, exchange.Options{})
	history := string(w.export("a", exchange.Commands, exchange.FormatJSONLines))
	r := w.give("b", "a.jsonl", history, exchange.Options{})
	if len(r.Notices) != 1 || r.Notices[0].Text != `the history does not carry {"record-import":1,"shares of recipients":7}` {
		t.Errorf("the notices are %+v", r.Notices)
	}
	if a, b := w.reported("a", "year"), w.reported("b", "year"); !slices.Equal(a, b) || !slices.Contains(a, "2011,4,XDR,1,12.50") {
		t.Errorf("%q came back as %q", a, b)
	}
}

func TestTheSameFileAgainChangesNothingWhateverItsOrder(t *testing.T) {
	w := newWorld(t)
	w.give("a", "helpers.xml", published, exchange.Options{})
	end, _ := w.store.End(t.Context())
	counts(t, w.give("a", "helpers.xml", published, exchange.Options{}), exchange.Known, 0, 7, 0)
	counts(t, w.give("a", "shuffled.xml", shuffled(published), exchange.Options{}), exchange.Known, 0, 7, 0)
	if now, _ := w.store.End(t.Context()); now != end {
		t.Errorf("the log grew from %d to %d", end, now)
	}
	more := strings.Replace(published, "</iati-activity>", `<transaction ref="9"><transaction-type code="D"/><value value-date="2012-01-01">1</value><transaction-date iso-date="2012-01-01"/></transaction></iati-activity>`, 1)
	counts(t, w.give("a", "more.xml", more, exchange.Options{}), exchange.Recorded, 1, 7, 0)
}

func TestAFileWithAFaultLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	bad := strings.Replace(published, "<value value-date=\"2010-01-02\">1000<", "<value value-date=\"2010-01-02\">1e3<", 1)
	r := w.give("a", "bad.xml", bad, exchange.Options{})
	counts(t, r, exchange.Refused, 0, 0, 1)
	if got := faults(r); !slices.Equal(got, []string{"5 value amount_format"}) {
		t.Errorf("the faults are %q", got)
	}
	if end, _ := w.store.End(t.Context()); end != 0 {
		t.Errorf("the log has %d blocks", end)
	}
	dry := w.give("a", "bad.xml", bad, exchange.Options{SkipBad: true, DryRun: true})
	counts(t, dry, exchange.Rehearsed, 6, 0, 1)
	counts(t, w.give("a", "bad.xml", bad, exchange.Options{SkipBad: true}), exchange.Recorded, 6, 0, 1)
	for name, file := range map[string]string{"xml_syntax": published[:900], "xml_dtd": `<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + published[38:],
		"file_type": "\xd0\xcf\x11\xe0", "file_empty": ""} {
		if _, err := w.try("new", "x.xml", file, exchange.Options{}); code(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.views.ReportedTotals(t.Context(), reportedOf("new")); err == nil {
		t.Error("a ledger was opened")
	}
}

func TestAnImportIsTakenBackAsOneAndCanComeAgain(t *testing.T) {
	w := newWorld(t)
	r := w.give("a", "helpers.xml", published, exchange.Options{})
	undo := func(o exchange.Options) exchange.UndoReport {
		t.Helper()
		u, err := w.Undo(t.Context(), "a", r.Import, "the wrong file", o, func(uint64, uint64) {})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := undo(exchange.Options{DryRun: true}); u.Reversed != 7 || u.Outcome != exchange.Rehearsed {
		t.Errorf("%+v", u)
	}
	if u := undo(exchange.Options{}); u.Reversed != 7 || u.Outcome != exchange.Recorded {
		t.Errorf("%+v", u)
	}
	if got := w.reported("a", "year"); len(got) > 0 {
		t.Errorf("what is left is %q", got)
	}
	if _, err := w.Undo(t.Context(), "a", r.Import, "again", exchange.Options{}, func(uint64, uint64) {}); code(err) != "already_reversed" {
		t.Errorf("again: %v", err)
	}
	again := w.give("a", "helpers.xml", published, exchange.Options{})
	counts(t, again, exchange.Recorded, 7, 0, 0)
	if again.Import == r.Import {
		t.Error("it has the id of the one that was taken back")
	}
	if got := w.reported("a", "type"); len(got) != 4 {
		t.Errorf("after it came again there is %q", got)
	}
}

// The files of real publishers may not be copied into the project. Where they
// are beside it, their totals are compared with those that somebody else
// computed.
func TestRealFilesGiveTheTotalsThatOthersComputed(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "..", "shared", "data", "iati")
	files, _ := filepath.Glob(filepath.Join(folder, "*.xml"))
	if len(files) == 0 {
		return
	}
	w := newWorld(t)
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain, mixed := "f-"+string(rune('a'+i)), "s-"+string(rune('a'+i))
		first := w.give(plain, file, string(content), exchange.Options{SkipBad: true})
		other := w.give(mixed, "shuffled.xml", shuffled(string(content)), exchange.Options{SkipBad: true})
		counts(t, w.give(plain, file, string(content), exchange.Options{SkipBad: true}), exchange.Known, 0, first.Recorded, first.Refused)
		counts(t, w.give(plain, "shuffled.xml", shuffled(string(content)), exchange.Options{SkipBad: true}), exchange.Known, 0, first.Recorded, first.Refused)
		if first.Recorded != other.Recorded {
			t.Errorf("%s: %d and %d recorded", file, first.Recorded, other.Recorded)
		}
		for by, table := range map[string]string{"year": "by_year", "activity": "by_activity", "flow": "by_provider_receiver", "recipient": "by_recipient_country"} {
			want := reference(t, strings.TrimSuffix(filepath.Base(file), ".xml")+"."+table+".csv", folder)
			for _, ledger := range []string{plain, mixed} {
				if got := w.reported(ledger, by); !slices.Equal(got, want) {
					t.Errorf("%s %s by %s:\n%s\nwant\n%s", file, ledger, by, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
	before := w.reported("f-a", "activity")
	if err := w.runner.Rebuild(t.Context(), func(uint64, uint64) {}); err != nil {
		t.Fatal(err)
	}
	if after := w.reported("f-a", "activity"); !slices.Equal(before, after) {
		t.Error("a rebuild gives other totals")
	}
}

// reference reads a table of totals; its last column is not compared.
func reference(t *testing.T, name, folder string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "reference", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range all[1:] {
		lines = append(lines, strings.Join(row[:len(row)-1], ","))
	}
	slices.Sort(lines)
	return lines
}
