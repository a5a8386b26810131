package exchange_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/exchange"
	"aidledger/domain"
	"aidledger/projections"
)

// publishedAt is when the files of the tests are published: now, since a ledger
// is opened on the day of the test and a file must not begin after its own day.
var publishedAt = time.Now()

func (w *world) publish(ledger, name string, p exchange.Publication) []byte {
	w.t.Helper()
	w.reach()
	p.Now = publishedAt
	var b bytes.Buffer
	write, err := w.exporter().Publish(w.t.Context(), ledger, name, p)
	if err == nil {
		err = write(&b)
	}
	if err != nil {
		w.t.Fatalf("%s of %s: %v", name, ledger, err)
	}
	return b.Bytes()
}

// withStages gives every stage something: also what is paid back, carried over
// and reversed, goods, and an entry of a year that is not over.
const withStages = `{"command":"register-organisation","organisation":"gov","name":"赤城县财政局","kind":"government"}
{"command":"register-organisation","organisation":"donor","name":"A & B <Ltd>","kind":"enterprise"}
{"command":"pledge-funds","fund":"f1","provider":"donor","amount":"1000","date":"2025"}
{"command":"commit-funds","fund":"f1","provider":"donor","amount":"900.55","document":"文号1","date":"2025-02"}
{"command":"receive-funds","fund":"f1","provider":"donor","amount":"800.55","date":"2025-03-01"}
{"command":"receive-funds","fund":"f2","provider":"donor","amount":"50","date":"2026"}
{"command":"receive-funds","fund":"f2","provider":"donor","amount":"7","date":"2026-05-01","id":"wrong"}
{"command":"reverse-entry","entry":"wrong","reason":"twice"}
{"command":"receive-funds","fund":"usd","provider":"donor","amount":"12.30","currency":"USD","date":"2026-05-01"}
`

func TestAPublicationKeepsTheOfficialSchemaAndRuleset(t *testing.T) {
	w := withDemo(t)
	w.give("own", "own.jsonl", withStages, exchange.Options{})
	if !mayValidate(t) {
		return
	}
	for _, ledger := range []string{demo.Programme, demo.Invented, "own"} {
		for name, schema := range map[string]string{exchange.Activities: "iati-activities-schema.xsd", exchange.OrganisationsFile: "iati-organisations-schema.xsd"} {
			file := w.publish(ledger, name, exchange.Publication{})
			if said := invalid(t, schema, file); said != "" {
				t.Errorf("%s of %s: %s", name, ledger, said)
			}
			if rules := broken(t, file); len(rules) > 0 {
				t.Errorf("%s of %s breaks the rules %q", name, ledger, rules)
			}
		}
	}
	file := string(w.publish(demo.Invented, exchange.Activities, exchange.Publication{}))
	for _, spoiled := range []struct{ rule, from, to string }{
		{"6.2.2", "<sector .*?</sector>", ""},
		{"11.2.1", `transaction-date iso-date="20..`, `transaction-date iso-date="2099`},
		{"1.1.21", "<iati-identifier>", "<iati-identifier>x"},
		{"8.10.1", `<actual value="[^"]*"`, "<actual"},
		{"2.1.2", `<sector vocabulary="99"`, `<sector percentage="60" vocabulary="1" code="11110"/><sector percentage="60" vocabulary="1"`},
	} {
		worse := regexp.MustCompile("(?s)"+spoiled.from).ReplaceAllString(file, spoiled.to)
		if rules := broken(t, []byte(worse)); !slices.Contains(rules, spoiled.rule) {
			t.Errorf("without %s the rules %q are broken, and %s is not among them", spoiled.from, rules, spoiled.rule)
		}
	}
}

func TestAPublicationBroughtInAgainIsReportedWithTheSameTotals(t *testing.T) {
	w := withDemo(t)
	w.give("own", "own.jsonl", withStages, exchange.Options{})
	for i, ledger := range []string{demo.Programme, demo.Invented, "own"} {
		again := fmt.Sprintf("again-%d", i)
		r := w.give(again, "activities.xml", string(w.publish(ledger, exchange.Activities, exchange.Publication{Reference: "XX-1"})), exchange.Options{})
		if r.Outcome != exchange.Recorded || r.Refused > 0 {
			t.Fatalf("%s: %+v", ledger, r)
		}
		got, want := w.reportedAmounts(again), w.ownAmounts(ledger)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s:\n%s\nwant\n%s", ledger, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// reportedAmounts are the totals that are not zero: year, type, currency, amount.
func (w *world) reportedAmounts(ledger string) (lines []string) {
	w.t.Helper()
	w.reach()
	all, err := w.views.ReportedTotals(w.t.Context(), reportedOf(ledger))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range all.Rows {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", r.Key, r.Type, r.Currency, r.Amount))
	}
	slices.Sort(lines)
	return lines
}

// ownAmounts are the ledger's own figures in the same form.
func (w *world) ownAmounts(ledger string) (lines []string) {
	w.t.Helper()
	all, err := w.views.Totals(w.t.Context(), projections.TotalsQuery{Ledger: ledger, By: "year", Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range all.Rows {
		sums, known := map[string]domain.Money{}, map[string]bool{}
		for _, s := range []struct {
			stage domain.Stage
			kind  string
			taken bool
		}{
			{domain.Pledged, "13", false}, {domain.Committed, "11", false}, {domain.Received, "1", false}, {domain.InKind, "1", false}, {domain.Repaid, "1", true},
			{domain.Disbursed, "3", false}, {domain.Returned, "3", true}, {domain.Spent, "4", false}, {domain.Distributed, "4", false},
		} {
			text := row.Amount(s.stage)
			if text == nil {
				continue
			}
			a, err := domain.ParseAmountStrict(*text)
			if err != nil {
				w.t.Fatal(err)
			}
			m, err := a.Money(row.Currency)
			if err != nil {
				w.t.Fatal(err)
			}
			if s.taken {
				m = m.Neg()
			}
			known[s.kind] = known[s.kind] || !m.IsZero()
			sums[s.kind] = domain.Money{Minor: sums[s.kind].Minor + m.Minor, Currency: row.Currency}
		}
		for kind := range known {
			if known[kind] {
				lines = append(lines, fmt.Sprintf("%s %s %s %s", row.Key, kind, row.Currency, sums[kind].Decimal()))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func TestAPublicationSaysWhatIsKnownAndNothingElse(t *testing.T) {
	w := withDemo(t)
	for ledger, organisation := range map[string]domain.ID{demo.Programme: "chicheng", demo.Invented: "inv-roads"} {
		file := w.publish(ledger, exchange.Activities, exchange.Publication{Organisation: organisation, Reference: "CN-USCI-1", Country: "CN", Sector: "43040"})
		if regexp.MustCompile(`<value[^>]*>-?0(\.0*)?</value>`).Match(file) {
			t.Errorf("%s has an amount of 0, which is not known", ledger)
		}
		if !bytes.Contains(file, []byte(`<reporting-org ref="CN-USCI-1" type="1`)) {
			t.Errorf("%s: %.400s", ledger, file)
		}
		for _, secret := range []string{"beneficiary", "sealed", "voucher", "note"} {
			if bytes.Contains(file, []byte(secret)) {
				t.Errorf("%s says %q", ledger, secret)
			}
		}
		results, targets := bytes.Count(file, []byte("<actual ")), bytes.Count(file, []byte("<target "))
		locations := bytes.Count(file, []byte("<location ref="))
		if results == 0 || locations == 0 || ledger == demo.Invented && targets == 0 {
			t.Errorf("%s has %d results, %d targets and %d locations", ledger, results, targets, locations)
		}
		if invented := bytes.Contains(file, []byte("invented for demonstration")); invented != (ledger == demo.Invented) {
			t.Errorf("%s says of itself that it is invented: %t", ledger, invented)
		}
	}
	// The seed has no payments, and a publication of it has none either.
	if file := w.publish(demo.Programme, exchange.Activities, exchange.Publication{}); bytes.Contains(file, []byte(`transaction-type code="3"`)) {
		t.Error("a payment was published that nobody reported")
	}
	if _, err := w.exporter().Publish(t.Context(), demo.Programme, exchange.Activities, exchange.Publication{Organisation: "nobody"}); code(err) != "organisation_not_found" {
		t.Errorf("an unknown organisation: %v", err)
	}
	if _, err := w.exporter().Publish(t.Context(), demo.Programme, exchange.Activities, exchange.Publication{Reference: "a/b"}); code(err) != "reference_malformed" {
		t.Errorf("a malformed reference: %v", err)
	}
}
