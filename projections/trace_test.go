package projections

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
)

// village is a programme with one fund whose money reaches two villages.
func village(t *testing.T) *DB {
	t.Helper()
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	on := func(date string) domain.Evidence { return domain.Evidence{Date: dateOf(date), Document: "文 1"} }
	p.must(&domain.RegisterOrganisation{Organisation: "coop", Name: "合作社", Kind: "enterprise"})
	p.must(&domain.RegisterPlace{Place: "130732101", Name: "田家窑镇", Level: "township", Parent: "130732"})
	p.must(&domain.RegisterPlace{Place: "far", Name: "远村", Level: "village", Parent: "130732101"})
	p.must(&domain.AssignPlaces{Project: "p-0", Shares: []domain.PlaceShare{{Place: "v-0", Percent: quantityOf("60")}, {Place: "far", Percent: quantityOf("40")}}})
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "main", Provider: "org-0", Amount: amountOf("1000"), Purpose: "roads"}, Evidence: on("2018")})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "main", Amount: amountOf("800")}, Evidence: on("2018-05")})
	p.must(&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "main", Amount: amountOf("500")}, Project: "p-0", Evidence: on("2018-06-01")})
	p.must(&domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "main", Amount: amountOf("100")}, Project: "p-0", Payee: "coop", Disbursement: "pay-1", Voucher: "7", Evidence: on("2018-06-02")})
	p.must(&domain.AddNote{NoteID: "memo", About: "main", Kind: "memo", Text: "part of it is for a bridge", Amount: amountOf("20")})
	p.must(&domain.EstablishPairing{Pairing: "pair", Helper: "org-0", Helped: "v-0", Purpose: "village"})
	p.must(&domain.ReceiveGift{Gift: "desks", Donor: "org-2", Item: "课桌", Quantity: quantityOf("10"), Unit: "张", Value: amountOf("50"), Method: "invoice"})
	p.must(&domain.DistributeGift{Gift: "desks", Quantity: quantityOf("4"), Place: "v-0"})
	p.close()
	db := open(t)
	reach(t, running(t, db, log))
	return db
}

func edgeTexts(edges []Edge) (all []string) {
	for _, e := range edges {
		all = append(all, fmt.Sprintf("%s %s -> %s %s: %s %s %s", e.From.Noun, e.From.ID, e.To.Noun, e.To.ID, e.Stage, e.Amount, e.Currency))
	}
	return all
}

func TestMoneyIsTracedFromProviderToVillageAndBack(t *testing.T) {
	db := village(t)
	committed := []string{"organisation org-0 -> fund main: committed 1000.00 CNY", "organisation org-0 -> fund main: received 800.00 CNY"}
	toProject := []string{"fund main -> project p-0: allocated 500.00 CNY", "fund main -> project p-0: disbursed 100.00 CNY"}
	toFar := []string{"project p-0 -> place far: allocated 200.00 CNY", "project p-0 -> place far: disbursed 40.00 CNY"}
	toNear := []string{"project p-0 -> place v-0: allocated 300.00 CNY", "project p-0 -> place v-0: disbursed 60.00 CNY"}
	paid := []string{"project p-0 -> organisation coop: disbursed 100.00 CNY"}
	goods := []string{"organisation org-2 -> gift desks: in-kind 50.00 CNY"}
	desks := []string{"gift desks -> place v-0: distributed 20.00 CNY"}
	for _, test := range []struct {
		id, noun, name string
		up, down       []string
		movements      int
	}{
		{"org-0", "organisation", "单位 0", nil, slices.Concat(committed, toProject, paid, toFar, toNear), 6},
		{"main", "fund", "roads", committed, slices.Concat(toProject, paid, toFar, toNear), 6},
		{"p-0", "project", "项目 0", slices.Concat(committed, toProject), slices.Concat(paid, toFar, toNear), 4},
		{"far", "place", "远村", slices.Concat(committed,
			[]string{"fund main -> project p-0: allocated 200.00 CNY", "fund main -> project p-0: disbursed 40.00 CNY"},
			[]string{"project p-0 -> organisation coop: disbursed 40.00 CNY"}, toFar), nil, 2},
		{"130732101", "place", "田家窑镇", slices.Concat(committed,
			[]string{"fund main -> project p-0: allocated 200.00 CNY", "fund main -> project p-0: disbursed 40.00 CNY"},
			[]string{"project p-0 -> organisation coop: disbursed 40.00 CNY"}, toFar), nil, 2},
		{"coop", "organisation", "合作社", slices.Concat(committed, toProject[1:], paid, toFar[1:], toNear[1:]), nil, 2},
		{"pay-1", "disbursement", "", slices.Concat(committed, toProject[1:]), slices.Concat(paid, toFar[1:], toNear[1:]), 2},
		{"desks", "gift", "课桌", goods, desks, 2},
		{"memo", "note", "part of it is for a bridge", nil, nil, 0},
	} {
		t.Run(test.id, func(t *testing.T) {
			got, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: test.id})
			if err != nil {
				t.Fatal(err)
			}
			if got.Noun != test.noun || got.Name != test.name || len(got.Movements) != test.movements {
				t.Errorf("it is a %s named %q with %d movements", got.Noun, got.Name, len(got.Movements))
			}
			if up := edgeTexts(got.Up); !slices.Equal(up, test.up) {
				t.Errorf("up:\n got %q\nwant %q", up, test.up)
			}
			if down := edgeTexts(got.Down); !slices.Equal(down, test.down) {
				t.Errorf("down:\n got %q\nwant %q", down, test.down)
			}
			if got.Facts == nil && test.noun != "disbursement" {
				t.Error("there are no facts")
			}
		})
	}
}

func TestATraceShowsNotesPairingsAndEntries(t *testing.T) {
	db := village(t)
	fund, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "main"})
	if err != nil || len(fund.Notes) != 1 || shown(fund.Notes[0].Amount) != "20.00" {
		t.Errorf("the notes are %+v, %v", fund.Notes, err)
	}
	place, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "v-0"})
	if err != nil || len(place.Pairings) != 1 || place.Pairings[0].Helper.Name != "单位 0" || place.Pairings[0].Helped.Noun != "place" {
		t.Errorf("the pairings are %+v, %v", place.Pairings, err)
	}
	entry := fund.Movements[len(fund.Movements)-1].Entry
	trace, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: entry})
	if err != nil || trace.Noun != "entry" || len(trace.Movements) != 2 || trace.Movements[0].Disbursement != "pay-1" || trace.Movements[0].FromAccount != "fund:cash" {
		t.Errorf("the entry is %+v, %v", trace, err)
	}
	opened, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: fund.Notes[0].Entry})
	facts, _ := opened.Facts.(RecordedEntry)
	if err != nil || opened.Noun != "entry" || len(opened.Movements)+len(opened.Conservation) != 0 || facts.EventType != "note-added" || facts.Entry != fund.Notes[0].Entry || facts.Recorded.IsZero() {
		t.Errorf("the entry that moved no money is %+v, %v", opened, err)
	}
	early, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "main", AsOf: AsOf{EffectiveUntil: dateOf("2018-05")}})
	if err != nil || len(early.Movements) != 1 || early.Movements[0].Stage != "received" || len(early.Up) != 1 {
		t.Errorf("until May there is %+v, %v", early.Movements, err)
	}
	if _, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: "nothing"}); !Is(err, NotFound) {
		t.Errorf("what does not exist is traced with %v", err)
	}
	if _, err := db.Trace(t.Context(), TraceQuery{Ledger: "two", ID: "main"}); !Is(err, LedgerNotFound) {
		t.Errorf("in a ledger that does not exist the trace says %v", err)
	}
}

func TestTheJournalIsReadInPagesAndByFilters(t *testing.T) {
	db, _, p := projectedProgramme(t, 61, 300)
	want := 0
	for _, events := range p.facts {
		for _, e := range events {
			want += len(domain.Movements(e))
		}
	}
	var all []Movement
	for q := (JournalQuery{Ledger: "one", Limit: 37}); ; {
		page, err := db.Journal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Movements...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	inOrder := slices.IsSortedFunc(all, func(a, b Movement) int {
		if c := a.Position.Compare(b.Position); c != 0 {
			return c
		}
		return a.Leg - b.Leg
	})
	if len(all) != want || !inOrder {
		t.Fatalf("the pages have %d movements, in order %v; recorded were %d", len(all), inOrder, want)
	}
	count := func(q JournalQuery, meets func(Movement) bool) {
		t.Helper()
		q.Ledger, q.Limit = "one", 1000
		page, err := db.Journal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		expected := slices.DeleteFunc(slices.Clone(all), func(m Movement) bool { return !meets(m) })
		if len(page.Movements) != len(expected) || len(expected) == 0 || len(expected) == len(all) {
			t.Errorf("%+v finds %d movements, want %d", q, len(page.Movements), len(expected))
		}
	}
	some := all[len(all)/2]
	count(JournalQuery{Fund: some.Fund}, func(m Movement) bool { return m.Fund == some.Fund })
	count(JournalQuery{Project: "p-1"}, func(m Movement) bool { return m.Project == "p-1" })
	count(JournalQuery{Place: "v-1"}, func(m Movement) bool { return m.Place == "v-1" })
	count(JournalQuery{Provider: "org-1"}, func(m Movement) bool { return m.Provider == "org-1" })
	count(JournalQuery{Payee: "org-1"}, func(m Movement) bool { return m.Payee == "org-1" })
	count(JournalQuery{Entry: some.Entry}, func(m Movement) bool { return m.Entry == some.Entry })
	count(JournalQuery{Stage: "carried-in"}, func(m Movement) bool { return m.Stage == "carried-in" })
	count(JournalQuery{Stage: "committed,recognised"}, func(m Movement) bool { return m.Stage == "committed" || m.Stage == "recognised" })
	count(JournalQuery{Without: "project"}, func(m Movement) bool { return m.Project == "" })
	count(JournalQuery{Without: "place"}, func(m Movement) bool { return m.Place == "" })
	count(JournalQuery{BudgetYear: 2019}, func(m Movement) bool { return m.BudgetYear == 2019 })
	count(JournalQuery{Year: 2019}, func(m Movement) bool { return m.Date.Year() == 2019 })
	count(JournalQuery{AsOf: AsOf{Position: some.Position}}, func(m Movement) bool { return m.Position.Compare(some.Position) <= 0 })
	count(JournalQuery{AsOf: AsOf{Time: some.Recorded}}, func(m Movement) bool { return !m.Recorded.After(some.Recorded) })
	count(JournalQuery{AsOf: AsOf{EffectiveUntil: dateOf("2019-06")}}, func(m Movement) bool { return m.Date.Last().Compare(dateOf("2019-06-30")) <= 0 })
	for name, q := range map[string]JournalQuery{
		"a cursor of something else":  {Ledger: "one", After: "x"},
		"a stage that does not exist": {Ledger: "one", Stage: "vanished"},
		"one stage of two is unknown": {Ledger: "one", Stage: "pledged,vanished"},
		"nothing to be without":       {Ledger: "one", Without: "fund"},
		"a page that is too long":     {Ledger: "one", Limit: 1001},
	} {
		if _, err := db.Journal(t.Context(), q); !Is(err, BadQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheJournalIsReadFromItsEnd(t *testing.T) {
	db := village(t)
	forward, err := db.Journal(t.Context(), JournalQuery{Ledger: "one"})
	if err != nil || len(forward.Movements) < 5 {
		t.Fatalf("%d movements, %v", len(forward.Movements), err)
	}
	var backward []Movement
	for q := (JournalQuery{Ledger: "one", Newest: true, Limit: 2}); ; {
		page, err := db.Journal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		backward = append(backward, page.Movements...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	slices.Reverse(backward)
	if !slices.Equal(backward, forward.Movements) {
		t.Errorf("from its end the journal is\n%+v, not\n%+v", backward, forward.Movements)
	}
}

func TestMoneyFlowsFromProvidersThroughProjectsToPlaces(t *testing.T) {
	db := village(t)
	parts, err := db.Flow(t.Context(), JournalQuery{Ledger: "one", Stage: "disbursed"})
	want := []FlowPart{
		{Node{"organisation", "org-0", "单位 0"}, Node{"project", "p-0", "项目 0"}, Node{"place", "v-0", "村 0"}, "60.00", "CNY"},
		{Node{"organisation", "org-0", "单位 0"}, Node{"project", "p-0", "项目 0"}, Node{"place", "far", "远村"}, "40.00", "CNY"},
	}
	if err != nil || !slices.Equal(parts, want) {
		t.Errorf("the flow is %v, %v", parts, err)
	}
	if parts, err = db.Flow(t.Context(), JournalQuery{Ledger: "one", Stage: "disbursed", Place: "far"}); err != nil || !slices.Equal(parts, want[1:]) {
		t.Errorf("to one place flows %v, %v", parts, err)
	}
	if parts, err = db.Flow(t.Context(), JournalQuery{Ledger: "one", Stage: "committed"}); err != nil || len(parts) != 1 || parts[0].Project.ID != "" || parts[0].Amount != "1000.00" {
		t.Errorf("to no project flows %v, %v", parts, err)
	}
	for _, stage := range []string{"", "allocated,disbursed"} {
		if _, err := db.Flow(t.Context(), JournalQuery{Ledger: "one", Stage: stage}); !Is(err, BadQuery) {
			t.Errorf("in the stages %q money flows: %v", stage, err)
		}
	}
	if _, err := db.Flow(t.Context(), JournalQuery{Ledger: "two", Stage: "spent"}); !Is(err, LedgerNotFound) {
		t.Errorf("in a ledger that does not exist: %v", err)
	}
}

func TestIdsHaveNames(t *testing.T) {
	db := village(t)
	names, err := db.Names(t.Context(), "one", []string{"main", "v-0", "desks", "nothing"})
	want := map[string]Node{"main": {"fund", "main", "roads"}, "v-0": {"place", "v-0", "村 0"}, "desks": {"gift", "desks", "课桌"}}
	if err != nil || !maps.Equal(names, want) {
		t.Errorf("the names are %v, %v", names, err)
	}
	nodes, err := db.Nodes(t.Context(), "one")
	if err != nil || !slices.Contains(nodes, want["main"]) || !slices.Contains(nodes, Node{"note", "memo", "part of it is for a bridge"}) {
		t.Errorf("the things are %v, %v", nodes, err)
	}
}

func TestListsArePagedAndSortedForPeople(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	for i, name := range []string{"赵", "钱", "孙", "李", "周", "吴", "郑", "王"} {
		p.must(&domain.RegisterOrganisation{Organisation: nth("unit", i), Name: name + "单位", Kind: "other"})
	}
	p.must(&domain.AssignPlaces{Project: "p-0", Shares: []domain.PlaceShare{{Place: "v-1", Percent: quantityOf("99.5")}, {Place: "v-0", Percent: quantityOf("0.5")}}})
	reversed := p.must(&domain.AddNote{NoteID: "wrong", Kind: "memo", Text: "wrong"})
	p.must(&domain.ReverseEntry{Entry: reversed, Reason: "wrong"})
	p.must(&domain.ReportIndicator{Indicator: "i", Name: "people", Value: quantityOf("12.5"), Unit: "人", From: dateOf("2018-03"), Evidence: domain.Evidence{SourceReference: "seed:I01"}})
	p.must(&domain.SignAgreement{Agreement: "a", Title: "Agreement", Party: "org-0", OtherSide: "org-1", Until: dateOf("2030")})
	p.close()
	db := open(t)
	reach(t, running(t, db, log))

	var names []string
	for q := (ListQuery{Ledger: "one", Limit: 3}); ; {
		page, err := db.Organisations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Rows {
			names = append(names, o.Name)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if want := []string{"单位 0", "单位 1", "单位 2", "李单位", "钱单位", "孙单位", "王单位", "吴单位", "赵单位", "郑单位", "周单位"}; !slices.Equal(names, want) {
		t.Errorf("the names are sorted %q, want %q", names, want)
	}
	projects, err := db.Projects(t.Context(), ListQuery{Ledger: "one", Limit: 1})
	if err != nil || len(projects.Rows) != 1 || projects.Rows[0].State != "approved" || len(projects.Rows[0].Targets) != 1 || projects.Next != "p-0" ||
		fmt.Sprint(projects.Rows[0].Places) != "[{v-1 99.5} {v-0 0.5}]" {
		t.Errorf("the projects are %+v, %v", projects, err)
	}
	if notes, err := db.Notes(t.Context(), ListQuery{Ledger: "one"}); err != nil || len(notes.Rows) != 0 {
		t.Errorf("a note that was taken back is listed: %+v, %v", notes, err)
	}
	indicators, err := db.Indicators(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(indicators.Rows) != 1 || indicators.Rows[0].Value.String() != "12.5" || indicators.Rows[0].From.String() != "2018-03" || indicators.Rows[0].SourceReference != "seed:I01" {
		t.Errorf("the indicators are %+v, %v", indicators, err)
	}
	agreements, err := db.Agreements(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(agreements.Rows) != 1 || agreements.Rows[0].Until.String() != "2030" {
		t.Errorf("the agreements are %+v, %v", agreements, err)
	}
	places, err := db.Places(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(places.Rows) != villages+2 || places.Rows[0].Place != "130732" || places.Position != (eventstore.Position{Block: uint64(len(log.messages)), Event: eventstore.WholeBlock}) {
		t.Errorf("the places are %+v, %v", places, err)
	}
	ledgers, err := db.Ledgers(t.Context(), ListQuery{})
	if err != nil || len(ledgers.Rows) != 1 || ledgers.Rows[0].Zone != "Asia/Shanghai" {
		t.Errorf("the ledgers are %+v, %v", ledgers, err)
	}
	if _, err := db.Funds(t.Context(), ListQuery{Ledger: "nowhere"}); !Is(err, LedgerNotFound) {
		t.Errorf("the funds of no ledger: %v", err)
	}
	if _, err := db.Projects(t.Context(), ListQuery{Ledger: "one", After: "x"}); !Is(err, BadQuery) {
		t.Errorf("the projects after nothing: %v", err)
	}
}

func TestAVillageCountsTheEntriesThatReachedItOnEveryEdge(t *testing.T) {
	db, _, _ := projectedProgramme(t, 65, 400)
	conn := connect(t, db)
	edges := 0
	for _, village := range []string{"v-0", "v-1", "v-2"} {
		trace, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: village})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range trace.Up {
			if e.From.Noun != "fund" || e.To.Noun != "project" {
				continue
			}
			var legs int64
			err := conn.QueryRow(t.Context(), `select coalesce(sum(case when reverses = '' then 1 else -1 end) filter (where event_type <> 'places-assigned'), 0)
					+ coalesce(sum(sign(amount)) filter (where event_type = 'places-assigned'), 0)
				from aidledger.journal where ledger = 'one' and place = $1 and fund = $2 and project = $3 and stage = $4 and currency = $5`,
				village, e.From.ID, e.To.ID, e.Stage, e.Currency).Scan(&legs)
			if err != nil {
				t.Fatal(err)
			}
			if edges++; e.Entries != legs {
				t.Errorf("%s: %s to %s %s has %d entries, and %d reached it", village, e.From.ID, e.To.ID, e.Stage, e.Entries, legs)
			}
		}
	}
	if edges < 10 {
		t.Errorf("only %d edges were compared", edges)
	}
}
