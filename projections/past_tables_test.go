package projections

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
)

// listOf asks for a whole list.
func listOf[T any](query func(*DB, context.Context, ListQuery) (List[T], error)) func(*testing.T, *DB) (any, error) {
	return func(t *testing.T, db *DB) (any, error) {
		return query(db, t.Context(), ListQuery{Ledger: "one", Limit: listPageMax})
	}
}

// allQueries ask everything that can be asked about a ledger.
var allQueries = map[string]func(*testing.T, *DB) (any, error){
	"ledgers": listOf((*DB).Ledgers), "organisations": listOf((*DB).Organisations), "places": listOf((*DB).Places), "projects": listOf((*DB).Projects),
	"funds": listOf((*DB).Funds), "gifts": listOf((*DB).Gifts), "agreements": listOf((*DB).Agreements), "pairings": listOf((*DB).Pairings),
	"indicators": listOf((*DB).Indicators), "notes": listOf((*DB).Notes), "earmarks": listOf((*DB).Earmarks), "requests": listOf((*DB).Requests),
	"same person": listOf((*DB).SamePersonChains), "restatements": listOf((*DB).Restatements), "findings": listOf((*DB).Findings),
	"gaps": listOf((*DB).ProjectGaps), "notices": listOf((*DB).Notices), "attachments": listOf((*DB).Attachments),
	"beneficiaries": listOf((*DB).Beneficiaries), "approvals": listOf((*DB).Approvals), "reports": listOf((*DB).PublishedReports),
	"samples": listOf((*DB).Samples), "imports": listOf((*DB).Imports), "statement formats": listOf((*DB).StatementFormats),
	"statement lines": listOf((*DB).StatementLines),
	"nodes":           func(t *testing.T, db *DB) (any, error) { return db.Nodes(t.Context(), "one") },
	"settings":        func(t *testing.T, db *DB) (any, error) { return db.Settings(t.Context(), "one") },
	"people helped":   func(t *testing.T, db *DB) (any, error) { return db.PeopleHelped(t.Context(), "one", "village") },
	"vouchers":        func(t *testing.T, db *DB) (any, error) { return db.Vouchers(t.Context(), "one", 2020, "") },
	"proposals":       func(t *testing.T, db *DB) (any, error) { return db.ProposeMatches(t.Context(), "one") },
	"differences":     func(t *testing.T, db *DB) (any, error) { return db.StatementDifferences(t.Context(), "one") },
	"journal": func(t *testing.T, db *DB) (any, error) {
		return db.Journal(t.Context(), JournalQuery{Ledger: "one", Limit: journalPageMax})
	},
	"trace": func(t *testing.T, db *DB) (any, error) {
		return db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "p-1"})
	},
	"trace of a provider": func(t *testing.T, db *DB) (any, error) {
		return db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "org-1"})
	},
	"why": func(t *testing.T, db *DB) (any, error) {
		return db.Why(t.Context(), JournalQuery{Ledger: "one", Stage: "allocated"})
	},
	"flow": func(t *testing.T, db *DB) (any, error) {
		return db.Flow(t.Context(), JournalQuery{Ledger: "one", Stage: "allocated"})
	},
	"late":     func(t *testing.T, db *DB) (any, error) { return db.LatePostings(t.Context(), LateQuery{Ledger: "one"}) },
	"reported": func(t *testing.T, db *DB) (any, error) { return db.Reported(t.Context(), ReportedQuery{Ledger: "one"}) },
	"reported totals": func(t *testing.T, db *DB) (any, error) {
		return db.ReportedTotals(t.Context(), ReportedTotalsQuery{Ledger: "one", By: "year"})
	},
}

func init() {
	for by := range roads {
		allQueries["totals by "+by] = func(t *testing.T, db *DB) (any, error) {
			return db.Totals(t.Context(), TotalsQuery{Ledger: "one", By: by})
		}
	}
}

// byMovements are answers made of movements, each of which has a date of its own:
// one that hands money on to villages has that of the money.
var byMovements = regexp.MustCompile("^(totals|journal|trace|why|flow|late|gaps)")

// cut returns a log that holds only what had been recorded and had happened at a
// point, as if nothing else had ever been recorded.
func cut(t *testing.T, log *memory, a AsOf) *memory {
	t.Helper()
	out := newMemory()
	for _, m := range log.messages[:a.Position.Block] {
		b, err := eventstore.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		index := uint32(0)
		for i := range b.Entries {
			b.Entries[i].Events = slices.DeleteFunc(b.Entries[i].Events, func(e eventstore.Event) bool {
				at := eventstore.Position{Block: m.Sequence, Event: index}
				index++
				return at.Compare(a.Position) > 0 || e.Type != "ledger-opened" && e.Type != "organisation-registered" && e.Type != "place-registered" && e.Type != "project-registered" &&
					!a.EffectiveUntil.IsZero() && a.EffectiveUntil.Last().Before(e.Fact.Effective().Last())
			})
		}
		out.append(t, m.Ledger, b.Entries...)
	}
	return out
}

// middle is a position in a block that is followed by an event of a type there.
func middle(t *testing.T, log *memory, eventType string) eventstore.Position {
	t.Helper()
	for _, b := range slices.Backward(decodeAll(log.messages)) {
		for i := 1; i < len(b.facts); i++ {
			if b.facts[i].event.Type == eventType {
				return b.facts[i-1].at
			}
		}
	}
	t.Fatalf("no block has %s after another event", eventType)
	return eventstore.Position{}
}

// places of events are others where events were left out of a block.
var positionText = regexp.MustCompile(`"position":"[0-9.]+"`)

func TestEveryQueryAsOfAnyPointIsWhatALedgerThatEndsThereAnswers(t *testing.T) {
	p := newProgramme(t, newMemory(), "one", 64)
	db := open(t)
	r := running(t, db, p.log)
	for range 4 {
		p.run(90)
		p.must(report("A", fmt.Sprint(p.count), "100.00", "2019"))
	}
	p.close()
	reach(t, r)
	dice := rand.New(rand.NewPCG(64, 1))
	said := map[string]bool{}
	for i := range 6 {
		a := randomPast(dice, p)
		switch i {
		case 0: // an effective date alone
			a = AsOf{EffectiveUntil: dateOf("2020-06")}
		case 1: // now, which has a past too
			a = AsOf{Time: began.AddDate(1, 0, 0)}
		case 2: // between the entries of one block
			a = AsOf{Position: middle(t, p.log, "funds-committed")}
		}
		there, err := db.Known(t.Context(), "one", a)
		if err != nil {
			t.Fatal(err)
		}
		end := eventstore.Position{Block: uint64(len(p.log.messages)), Event: eventstore.WholeBlock}
		there.Position = there.limited(end)
		alone, dated := open(t), open(t)
		reach(t, running(t, alone, cut(t, p.log, AsOf{Position: there.Position})))
		reach(t, running(t, dated, cut(t, p.log, there)))
		for _, name := range slices.Sorted(maps.Keys(allQueries)) {
			got, err := allQueries[name](t, db.Until(a))
			if err != nil {
				t.Fatalf("%s as of %+v: %v", name, a, err)
			}
			reference := dated
			if byMovements.MatchString(name) {
				reference = alone.Until(AsOf{EffectiveUntil: there.EffectiveUntil})
			}
			want, err := allQueries[name](t, reference)
			if err != nil {
				t.Fatal(name, err)
			}
			one, other := withoutPositions(t, got), withoutPositions(t, want)
			if one != other {
				t.Errorf("%s as of %+v:\n got %.1500s\nwant %.1500s", name, a, one, other)
			}
			said[name] = said[name] || len(one) > 120
		}
	}
	for name := range allQueries {
		if !said[name] && !slices.Contains([]string{"differences", "proposals", "vouchers"}, name) {
			t.Errorf("%s had nothing to say", name)
		}
	}
}

// Who has signed in does not wait for the pasts of strangers, and no stranger
// waits long for another's.
func TestStrangersHavePastsOfTheirOwn(t *testing.T) {
	p := newProgramme(t, newMemory(), "one", 65)
	db := open(t)
	r := running(t, db, p.log)
	p.run(30)
	p.close()
	reach(t, r)
	projects := func(db *DB) error {
		_, err := db.Until(AsOf{EffectiveUntil: dateOf("2020-06")}).Projects(t.Context(), ListQuery{Ledger: "one"})
		return err
	}
	if err := projects(db.ForStrangers()); err != nil {
		t.Error("a stranger finds no past:", err)
	}
	<-db.strangers.turn // somebody's replay takes long
	db.strangers.patience = time.Millisecond
	if err := projects(db.ForStrangers()); !Is(err, PastBusy) {
		t.Errorf("a stranger beside another gets %v", err)
	}
	if err := projects(db); err != nil {
		t.Error("who has signed in waits for strangers:", err)
	}
	db.strangers.turn <- struct{}{}
}

func withoutPositions(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return positionText.ReplaceAllString(string(data), "")
}

// A past is kept for a while, in which others may rebuild the tables that its
// payments are looked up in.
func TestAPastThatIsKeptHoldsNoLockOfTheTablesInUse(t *testing.T) {
	db, r, _ := projectedProgramme(t, 68, 100)
	gaps, err := db.Until(AsOf{EffectiveUntil: dateOf("2020-06")}).ProjectGaps(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(gaps.Rows) == 0 {
		t.Fatal(gaps, err)
	}
	var locks int
	if err := connect(t, db).QueryRow(t.Context(), `select count(*) from pg_locks l join pg_class c on c.oid = l.relation
		where l.pid = $1 and c.relnamespace in ('aidledger'::regnamespace, 'aidledger_g1'::regnamespace)`, db.pasts.kept[0].conn.PgConn().PID()).Scan(&locks); err != nil || locks > 0 {
		t.Errorf("the past holds %d locks, %v", locks, err)
	}
	if err := r.Rebuild(t.Context(), quiet); err != nil {
		t.Error(err)
	}
	if _, err := db.Until(AsOf{EffectiveUntil: dateOf("2020-06")}).ProjectGaps(t.Context(), ListQuery{Ledger: "one"}); err != nil {
		t.Error("after the rebuild:", err)
	}
}

// Who looks at a list as of the past waits for no payment to be read again.
func TestAListOfThePastIsMadeOfEveryBlockButThoseOfPayments(t *testing.T) {
	db, _, p := projectedProgramme(t, 66, 300)
	chosen, err := db.listedBlocks(t.Context(), "one", eventstore.Position{Block: uint64(len(p.log.messages)), Event: eventstore.WholeBlock})
	if err != nil {
		t.Fatal(err)
	}
	var want []int64
	for _, b := range decodeAll(p.log.messages) {
		if slices.ContainsFunc(b.facts, func(f fact) bool {
			return !slices.Contains([]string{"funds-allocated", "funds-reallocated", "commitment-increased", "commitment-reduced", "funds-disbursed",
				"expenditure-reported", "funds-returned", "funds-repaid", "funds-carried-over"}, f.event.Type)
		}) {
			want = append(want, int64(b.sequence))
		}
	}
	if !slices.Equal(chosen, want) || len(want) == len(p.log.messages) {
		t.Errorf("of %d blocks, %d are replayed: %v, not %v", len(p.log.messages), len(chosen), chosen, want)
	}
}

// A past is replayed from the events that projections say they read, so none may
// be made of others too.
func TestAListIsMadeOfTheEventsThatItSaysItReads(t *testing.T) {
	log := newMemory()
	files, err := filepath.Glob("../eventstore/testdata/golden/*.v1.json") // an event of each type
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		log.append(t, "one", eventstore.Entry{ID: file, Command: "import", Recorded: began, Events: []eventstore.Event{
			{ID: file, Type: strings.TrimSuffix(filepath.Base(file), ".v1.json"), Version: 1, Data: bytes.TrimSpace(data)}}})
	}
	seen := 0
	for _, b := range decodeAll(log.messages) {
		for i := range b.facts {
			f := &b.facts[i]
			seen++
			for _, of := range ofLists() {
				if of == entriesProjection || of.needs(f.event.Type) {
					continue
				}
				got := of.begin(true)
				if err := got.apply(f); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, of.begin(true)) {
					t.Errorf("%s is made of %s, and does not say that it reads it", of.name, f.event.Type)
				}
			}
		}
	}
	if seen < len(files)-1 { // ledger-adopted names the block before it
		t.Errorf("of %d types of events, %d can be read", len(files), seen)
	}
	for _, of := range ofLists() {
		if of.reads == nil && of != entriesProjection {
			t.Errorf("%s does not say what it reads", of.name)
		}
	}
}
