package evidence

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"aidledger/domain"
	"aidledger/eventstore/proof"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"
)

// book records commands in a ledger of its own, as leaves of a tree.
type book struct {
	t      *testing.T
	ledger *domain.Ledger
	leaves [][]byte
	events map[string][]domain.Event
}

func (b *book) record(c domain.Command) string {
	b.t.Helper()
	if err := domain.Check(c); err != nil {
		b.t.Fatal(err)
	}
	id, at := fmt.Sprintf("entry-%d", len(b.leaves)), time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	ctx := domain.Context{Entry: id, Actor: "owner", Role: "owner", Recorded: at, Today: domain.DateOf(at)}
	if r, ok := c.(domain.Referrer); ok {
		ctx.Original = b.events[r.RefersTo()]
	}
	events, err := b.ledger.Decide(c, ctx)
	if err != nil {
		b.t.Fatalf("%s: %v", domain.CommandName(c), err)
	}
	e := entry{ID: id, Command: domain.CommandName(c), Actor: "owner", Recorded: at}
	for i, fact := range events {
		b.ledger.Evolve(fact)
		data, err := json.Marshal(fact)
		if err != nil {
			b.t.Fatal(err)
		}
		e.Events = append(e.Events, event{ID: fmt.Sprint(id, "-", i), Type: fact.EventType(), Version: 1, Data: data})
	}
	leaf, err := json.Marshal(e)
	if err != nil {
		b.t.Fatal(err)
	}
	b.leaves, b.events[id] = append(b.leaves, leaf), events
	return id
}

// checkpoint is what a report or sample says of the entries so far.
func (b *book) checkpoint() domain.Checkpoint {
	var edge proof.Edge
	for _, leaf := range b.leaves {
		edge.Add(tlog.RecordHash(leaf))
	}
	return domain.Checkpoint{Position: "9", Head: "x", Entries: len(b.leaves), Root: edge.Root().String()}
}

// bundle signs all entries with a key that is made up, and takes the totals from
// them.
func (b *book) bundle() fstest.MapFS {
	b.t.Helper()
	secret, err := proof.GenerateSigningKey(rand.Reader, "ledger.example")
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := proof.ParseSigningKey(secret)
	if err != nil {
		b.t.Fatal(err)
	}
	signer, err := key.Signer("test")
	if err != nil {
		b.t.Fatal(err)
	}
	var edge proof.Edge
	sums := tally{}
	for _, leaf := range b.leaves {
		edge.Add(tlog.RecordHash(leaf))
		changes, err := changesOf(leaf)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, c := range changes {
			sums.count(c, domain.ReportScope{})
		}
	}
	signed, err := proof.Checkpoint{Origin: key.Origin("test"), Size: edge.Size(), Root: edge.Root()}.Sign(signer)
	if err != nil {
		b.t.Fatal(err)
	}
	files := map[string][]byte{EntriesFile: append(bytes.Join(b.leaves, []byte("\n")), '\n'), CheckpointFile: signed, CheckpointsFile: nil,
		KeysFile: []byte(key.Verifier("test") + "\n")}
	for _, by := range Dimensions() {
		files[TotalsFile(by)] = []byte(sums.table(by))
	}
	m := Manifest{Format: format, Ledger: "test", Origin: key.Origin("test"), Size: edge.Size(), Files: map[string]string{}}
	all := fstest.MapFS{}
	for name, data := range files {
		sum := sha256.Sum256(data)
		m.Files[name], all[name] = hex.EncodeToString(sum[:]), &fstest.MapFile{Data: data}
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	all[manifestFile] = &fstest.MapFile{Data: manifest}
	return all
}

// table shows the sums by a dimension as CSV, one amount a row.
func (t tally) table(by string) string {
	text := by + ",currency"
	for _, s := range domain.Stages() {
		text += "," + strings.ReplaceAll(s.String(), "-", "_")
	}
	shown := map[cell]bool{}
	for c := range t {
		line := cell{by: by, key: c.key, currency: c.currency}
		if c.by != by || shown[line] {
			continue
		}
		shown[line] = true
		text += "\n" + c.key + "," + string(c.currency)
		for _, s := range domain.Stages() {
			text += "," + domain.Money{Minor: t[cell{by, c.key, c.currency, s}], Currency: c.currency}.Decimal()
		}
	}
	return text + "\n"
}

func money(t *testing.T, text string) domain.Amount {
	t.Helper()
	a, err := domain.ParseAmount(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// opened is a ledger with 150.00 in two funds, and a third one that was taken
// back.
func opened(t *testing.T) *book {
	t.Helper()
	b := &book{t: t, ledger: domain.NewLedger(), events: map[string][]domain.Event{}}
	b.record(&domain.OpenLedger{Title: "Test"})
	b.record(&domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"})
	commit := func(fund, sum, date string) string {
		day, err := domain.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		return b.record(&domain.CommitFunds{FundInput: domain.FundInput{Fund: domain.ID(fund), Provider: "giver", Amount: money(t, sum)},
			Evidence: domain.Evidence{Date: day, Document: "D " + fund}})
	}
	commit("f", "100", "2018")
	commit("g", "50", "2019-03")
	b.record(&domain.ReverseEntry{Entry: commit("h", "7", "2019"), Reason: "twice"})
	return b
}

func TestWhatALedgerPublishedIsMadeAgainFromItsEntries(t *testing.T) {
	yuan := func(minor int64) domain.Money { return domain.Money{Minor: minor, Currency: "CNY"} }
	cells := func(amounts ...any) (all []domain.ReportCell) {
		for i := 0; i < len(amounts); i += 2 {
			all = append(all, domain.ReportCell{Key: amounts[i].(string), Stage: domain.Committed, Amount: yuan(int64(amounts[i+1].(int)))})
		}
		return all
	}
	population := []domain.SampleItem{{Entry: "entry-2", Amount: yuan(10000)}, {Entry: "entry-3", Amount: yuan(5000)}}
	more := append(population[:2:2], domain.SampleItem{Entry: "entry-4", Amount: yuan(700)})
	year, _ := domain.ParseDate("2018")
	report := func(s domain.ReportScope, cells []domain.ReportCell) func(*book, domain.Checkpoint) {
		return func(b *book, at domain.Checkpoint) {
			b.record(&domain.PublishReport{Report: "r", Title: "R", ReportScope: s, Figures: &domain.ReportFigures{Checkpoint: at, Cells: cells}})
		}
	}
	sample := func(method string, size int, of []domain.SampleItem, change func(*domain.SampleDraw)) func(*book, domain.Checkpoint) {
		return func(b *book, at domain.Checkpoint) {
			c := &domain.DrawSample{Sample: "s", Size: size, SampleScope: domain.SampleScope{Method: method, Seed: "20260101-1", Stage: "committed", Currency: "CNY"}}
			if err := c.From(at, of); err != nil {
				b.t.Fatal(err)
			}
			if change != nil {
				change(c.Drawn)
			}
			b.record(c)
		}
	}
	for name, test := range map[string]struct {
		publish func(*book, domain.Checkpoint)
		want    string // in what differs; empty: nothing does
	}{
		"a true report by fund":           {report(domain.ReportScope{By: "fund"}, cells("f", 10000, "g", 5000)), ""},
		"a true report of one year":       {report(domain.ReportScope{By: "fund", Year: 2019}, cells("g", 5000)), ""},
		"a true report until a date":      {report(domain.ReportScope{By: "year", EffectiveUntil: year}, cells("2018", 10000)), ""},
		"a report with one cent more":     {report(domain.ReportScope{By: "fund"}, cells("f", 10001, "g", 5000)), `report "r": "f" committed: 100.01 CNY was published, and the entries say 100.00 CNY`},
		"a report that leaves a fund out": {report(domain.ReportScope{By: "fund"}, cells("f", 10000)), `report "r": "g" committed: 50.00 CNY is missing`},
		"a report of another past": {func(b *book, at domain.Checkpoint) {
			at.Root = "x"
			report(domain.ReportScope{By: "fund"}, cells("f", 10000, "g", 5000))(b, at)
		}, `names the root x`},
		"a report of entries to come": {func(b *book, at domain.Checkpoint) {
			at.Entries = 7
			report(domain.ReportScope{By: "fund"}, cells("f", 10000, "g", 5000))(b, at)
		}, `published before all of them were there`},
		"a report of entries nobody has": {func(b *book, at domain.Checkpoint) {
			at.Entries = 99
			report(domain.ReportScope{By: "fund"}, cells("f", 10000, "g", 5000))(b, at)
		}, `which are not there`},
		"a true sample of records":          {sample("record", 1, population, nil), ""},
		"a true sample of units":            {sample("monetary-unit", 9, population, nil), ""},
		"a sample from what was taken back": {sample("record", 1, more, nil), "it was drawn from 3 entries of 157.00 CNY, and there are 2 of 150.00 CNY"},
		"a record that was chosen": {sample("record", 1, population, func(d *domain.SampleDraw) {
			other := slices.IndexFunc(population, func(i domain.SampleItem) bool { return i.Entry != d.Items[0].Entry })
			d.Items[0] = population[other]
		}), `the seed "20260101-1" draws other entries`},
		"a unit that was hit once more": {sample("monetary-unit", 9, population, func(d *domain.SampleDraw) { d.Items[0].Hits++ }), `draws other entries`},
	} {
		b := opened(t)
		test.publish(b, b.checkpoint())
		r, err := Verify(b.bundle(), Trust{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := strings.Join(r.Different, "; ")
		if r.Remade != 1 || (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %d remade, %q, want %q", name, r.Remade, got, test.want)
		}
	}
}
