package projections

import (
	"fmt"
	"slices"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
)

func balanceTexts(all []Balance) (texts []string) {
	for _, b := range all {
		texts = append(texts, fmt.Sprintf("%s %s: %s in, %s out, %s remains %t", b.ID, b.Of, b.In, b.Out, b.Remains, b.Holds))
	}
	return texts
}

func TestWhatGoesInIsWhatComesOutAndWhatRemains(t *testing.T) {
	db := village(t)
	want := []string{"main funding: 1000.00 in, 500.00 out, 500.00 remains true", "main cash: 800.00 in, 100.00 out, 700.00 remains true",
		"p-0 allocation: 500.00 in, 100.00 out, 400.00 remains true", "p-0 payments: 100.00 in, 0.00 out, 100.00 remains true",
		"p-0 allocated-to-places: 500.00 in, 500.00 out, 0.00 remains true", "p-0 disbursed-to-places: 100.00 in, 100.00 out, 0.00 remains true"}
	for _, q := range []TraceQuery{{ID: "main"}, {ID: "far"}, {ID: "main", AsOf: AsOf{EffectiveUntil: dateOf("2018")}}} {
		q.Ledger = "one"
		got, err := db.Trace(t.Context(), q)
		if err != nil || !slices.Equal(balanceTexts(got.Conservation), want) {
			t.Errorf("%+v, %v:\n got %q\nwant %q", q, err, balanceTexts(got.Conservation), want)
		}
	}
	limited, err := db.Within(Within{Places: []domain.ID{"far"}}).Trace(t.Context(), TraceQuery{Ledger: "one", ID: "far"})
	if err != nil || len(limited.Conservation) > 0 {
		t.Errorf("who may see one place sees %q, %v", balanceTexts(limited.Conservation), err)
	}
}

func TestMoneyThatIsLostIsASevereFinding(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 4).run(300).close()
	db := open(t)
	reach(t, running(t, db, log))
	lost := func() (found []Suspicion) {
		s, err := db.Suspicions(t.Context(), "one", dateOf("2024-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(s.Found, func(x Suspicion) bool { return x.Check != "conservation" })
	}
	if found := lost(); len(found) > 0 {
		t.Fatalf("nothing is lost, and %+v was found", found)
	}
	changed := []string{"update %[1]s.totals set amount = amount + 1 where dimension = 'fund' and year = 0 and stage = 'disbursed' and amount > 1",
		"update %[1]s.flows set amount = amount + 1 where ctid in (select ctid from %[1]s.flows where stage = 'allocated' and place <> '' limit 1)"}
	conn := connect(t, db)
	for _, sql := range changed {
		run(t, conn, fmt.Sprintf(sql, schemaOf(1)))
		if found := lost(); len(found) == 0 || found[0].Severity != "severe" {
			t.Errorf("after %s: %+v", sql, found)
		}
	}
}

func TestEveryEdgeOfATraceHasItsEvidence(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 4)
	p.run(30).close()
	db := open(t)
	r := running(t, db, log)
	end := reach(t, r)
	fund := domain.ID("")
	page, err := db.Requests(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"state": "paid"}})
	if err != nil || len(page.Rows) == 0 {
		t.Fatal(err, page)
	}
	fund = page.Rows[0].Fund
	trace, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: string(fund)})
	if err != nil {
		t.Fatal(err)
	}
	approved := false
	for _, e := range slices.Concat(trace.Up, trace.Down) {
		if len(e.Evidence) == 0 || len(e.Evidence) > edgeEvidenceMax {
			t.Errorf("%+v has %d pieces of evidence", e, len(e.Evidence))
		}
		for _, piece := range e.Evidence {
			if piece.Entry == "" || piece.Date.IsZero() {
				t.Errorf("%+v rests on %+v", e, piece)
			}
			approved = approved || e.Stage == "disbursed" && piece.Request == page.Rows[0].Request && piece.ApprovedBy == "checker"
			if e.Stage == "committed" && piece.Document == "" {
				t.Errorf("%+v has no document", e)
			}
		}
	}
	if !approved {
		t.Error("no edge names the approval")
	}
	for _, as := range []AsOf{{}, {Position: eventstore.Position{Block: end, Event: eventstore.WholeBlock}}, {EffectiveUntil: dateOf("2030")}, {Time: began.AddDate(1, 0, 0)}} {
		for _, id := range []string{string(fund), "org-0", string(page.Rows[0].Project), "v-0"} {
			trace, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: id, AsOf: as})
			if err != nil || len(trace.Helped) != 1 || trace.Helped[0].Persons == 0 {
				t.Errorf("%s as of %+v has helped %+v, %v", id, as, trace.Helped, err)
			}
		}
	}
	trace, err = db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: string(fund), AsOf: AsOf{EffectiveUntil: dateOf("2017")}})
	if err != nil || len(trace.Helped) > 0 {
		t.Errorf("before it began it has helped %+v, %v", trace.Helped, err)
	}
}
