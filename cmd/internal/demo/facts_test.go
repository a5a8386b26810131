package demo

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aidledger/domain"
)

// factIDs are the ids of the facts that the programme is made of.
var factIDs = strings.Fields(`
M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11a M11b M11c M12 M13 M14 N01 N02 N03 N04
I01 I02 I03 I04 I05 I06 I07 I08 I09 I10 I11 I12 I13 I14 I15 I16 I17 I18 I19 I20 I21 I22 I23 I24 I25 I26 I27 I28
I29 I30 I31 I32 I33 I34 I35 I36 I37 I38 I39 I40 I41 I42 I43 I44 I45 I46 I47 I48 I49 I50 I51 I52 I53 I54 I55 I56
P01 P02 P03 P04 P05 P06 P07 P08 P09 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19 P20
G01 G02 G03 G04 G05 G06 G07 G08 J01 J02 J03 J04 J05 J06 J07`)

// fact is what the ledger holds of one fact.
type fact struct {
	amounts, counts []string // in yuan; without their unit
	places          []domain.ID
	years           []int // 0: the record does not say when
	from, until     string
	approximate     bool
	commercial      bool
	moves           bool // it is in a total
}

// factsOf collects what was recorded under the reference of each fact. Parts of
// a fact, such as the names in it, count as the fact.
func factsOf(all []recorded) map[string]*fact {
	facts := map[string]*fact{}
	for _, r := range all {
		reference, ok := strings.CutPrefix(*input[string](r.Command, "source_reference"), "seed:")
		if !ok {
			continue
		}
		id, _, part := strings.Cut(reference, "/")
		if part && strings.HasPrefix(domain.CommandName(r.Command), "register-") {
			continue // somebody who is named in it
		}
		f := facts[id]
		if f == nil {
			f = &fact{}
			facts[id] = f
		}
		for _, e := range r.events {
			f.add(e)
		}
	}
	return facts
}

func (f *fact) add(e domain.Event) {
	year := e.Effective().Year()
	f.moves = f.moves || len(domain.Movements(e)) > 0
	for _, m := range domain.Movements(e) {
		f.amounts = append(f.amounts, plain(m.Money))
		f.approximate = f.approximate || m.Approximate
	}
	switch e := e.(type) {
	case *domain.NoteAdded:
		f.amounts = append(f.amounts, plain(e.Amount))
		f.counts = append(f.counts, e.Quantity.String())
		f.approximate = f.approximate || e.Approximate
		if e.Undated {
			year = 0
		}
	case *domain.IndicatorReported:
		f.counts = append(f.counts, e.Value.String())
		if e.Unit == "元" {
			f.amounts = append(f.amounts, e.Value.String())
		}
		f.places = append(f.places, e.Place)
		f.commercial = f.commercial || e.Commercial
		f.from, f.until = e.From.String(), e.Until.String()
		year = e.From.Year()
	case *domain.PairingEstablished:
		f.counts = append(f.counts, fmt.Sprint(e.Pairs))
		if e.Undated {
			year = 0
		}
	case *domain.PlacesAssigned:
		f.places = append(f.places, e.Shares[0].Place)
	case *domain.ProjectRegistered:
		f.places = append(f.places, e.County)
	}
	f.years = append(f.years, year)
}

func plain(m domain.Money) string { return strings.TrimSuffix(m.Decimal(), ".00") }

func TestEveryFactHasAHome(t *testing.T) {
	_, all := fold(t, Programme)
	facts := factsOf(all)
	if len(factIDs) != 111 {
		t.Errorf("the list has %d facts", len(factIDs))
	}
	for _, id := range factIDs {
		if facts[id] == nil {
			t.Errorf("%s is not in the ledger", id)
		}
		delete(facts, id)
	}
	delete(facts, "programme") // the ledger itself
	for id := range facts {
		t.Errorf("%s is in the ledger, and no such fact is known", id)
	}
}

func TestMemoFactsAreInNoTotal(t *testing.T) {
	_, all := fold(t, Programme)
	counted := strings.Fields("M01 M02 M03 M04 M06 M07 M08 M09 M10 M12")
	for id, f := range factsOf(all) {
		if f.moves != slices.Contains(counted, id) {
			t.Errorf("%s is in a total: %t", id, f.moves)
		}
		if f.commercial != strings.HasPrefix(id, "N") {
			t.Errorf("%s is marked as business: %t", id, f.commercial)
		}
	}
}

func TestApproximateAmountsKeepTheirMark(t *testing.T) {
	_, all := fold(t, Programme)
	for id, f := range factsOf(all) {
		if want := slices.Contains([]string{"M03", "M04", "M05"}, id); f.approximate != want {
			t.Errorf("%s is approximate: %t", id, f.approximate)
		}
	}
}

// TestTheLedgerAgreesWithTheListOfFacts compares each fact with the list that
// the programme was written from, where that list lies beside the module.
func TestTheLedgerAgreesWithTheListOfFacts(t *testing.T) {
	_, all := fold(t, Programme)
	facts := factsOf(all)
	for _, row := range listOfFacts(t) {
		id := row["id"]
		f := facts[id]
		if f == nil {
			t.Errorf("%s is not in the ledger", id)
			continue
		}
		if amount := row["amount_yuan"]; amount != "" && !slices.Contains(f.amounts, amount) {
			t.Errorf("%s has the amounts %v, want %s", id, f.amounts, amount)
		}
		if count := row["count"]; count != "" && !slices.Contains(f.counts, count) {
			t.Errorf("%s has the counts %v, want %s", id, f.counts, count)
		}
		if f.approximate != (row["approx"] != "") {
			t.Errorf("%s is approximate: %t", id, f.approximate)
		}
		if f.moves != (row["additive"] == "yes") {
			t.Errorf("%s is in a total: %t", id, f.moves)
		}
		if place := domain.ID(row["place_code"]); len(f.places) > 0 && !slices.Contains(f.places, place) {
			t.Errorf("%s is about the places %v, want %s", id, f.places, place)
		}
		compareYear(t, id, row["year"], f)
	}
}

func compareYear(t *testing.T, id, written string, f *fact) {
	t.Helper()
	want := 0
	if written != "" {
		if _, err := fmt.Sscanf(written, "%4d", &want); err != nil {
			t.Fatal(err)
		}
	}
	for _, year := range f.years {
		if year != want {
			t.Errorf("%s has the years %v, want %d", id, f.years, want)
			return
		}
	}
	if !strings.HasPrefix(id, "I") {
		return
	}
	from, until, _ := strings.Cut(written, "/")
	if until != "" {
		until = from[:len("2019-07-")] + until
	}
	if f.from != from || f.until != until {
		t.Errorf("%s is about %s to %s, want %s", id, f.from, f.until, written)
	}
}

// listOfFacts reads the list from the first directory above that has it. It
// has no rows where none has.
func listOfFacts(t *testing.T) []map[string]string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for above := ""; dir != above; above, dir = dir, filepath.Dir(dir) {
		file, err := os.Open(filepath.Join(dir, "shared", "seed", "seed-facts.csv"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var all []map[string]string
		for _, row := range rows[1:] {
			named := map[string]string{}
			for i, name := range rows[0] {
				named[name] = row[i]
			}
			all = append(all, named)
		}
		if len(all) != len(factIDs) {
			t.Errorf("the list has %d rows, the test knows %d", len(all), len(factIDs))
		}
		return all
	}
	return nil
}
