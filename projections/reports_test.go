package projections

import (
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
)

// publish publishes the totals of a programme by a dimension as they are now.
func publish(t *testing.T, p *programme, db *DB, id domain.ID, scope domain.ReportScope) {
	t.Helper()
	end, _ := p.log.End(t.Context())
	at := eventstore.Position{Block: end, Event: eventstore.WholeBlock}
	cells, err := db.ReportCells(t.Context(), TotalsQuery{Ledger: p.name, By: scope.By, Year: scope.Year, AsOf: AsOf{Position: at, EffectiveUntil: scope.EffectiveUntil}})
	if err != nil {
		t.Fatal(err)
	}
	p.must(&domain.PublishReport{Report: id, Title: string(id), ReportScope: scope,
		Figures: &domain.ReportFigures{Checkpoint: domain.Checkpoint{Position: at.String(), Head: "h", Entries: 1, Root: "r"}, Cells: cells}})
	p.close()
}

func TestEveryCellOfAReportShowsWhatChangedItSince(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 5)
	p.run(150).close()
	db := open(t)
	r := running(t, db, log)
	reach(t, r)
	scopes := map[domain.ID]domain.ReportScope{"until": {By: "project", EffectiveUntil: dateOf("2019")}, "of-2018": {By: "village", Year: 2018}}
	for _, by := range []string{"year", "budget-year", "project", "village", "provider", "fund"} {
		scopes[domain.ID(by)] = domain.ReportScope{By: by}
	}
	for id, scope := range scopes {
		publish(t, p, db, id, scope)
	}
	reach(t, r)
	for id := range scopes {
		c, err := db.CompareReport(t.Context(), "one", string(id))
		if err != nil || !c.Recounted || len(c.Cells) == 0 {
			t.Fatalf("%s: %v, recounted %t, %d cells", id, err, c.Recounted, len(c.Cells))
		}
		for _, cell := range c.Cells {
			if cell.Changed {
				t.Errorf("%s: nothing happened, and %+v has changed", id, cell)
			}
		}
	}
	p.run(100).close()
	reach(t, r)
	explained := 0
	for id := range scopes {
		c, err := db.CompareReport(t.Context(), "one", string(id))
		if err != nil || !c.Recounted {
			t.Fatalf("%s: %v, recounted %t", id, err, c.Recounted)
		}
		for _, cell := range c.Cells {
			changes, err := db.ReportCell(t.Context(), CellQuery{Ledger: "one", Report: string(id), Key: cell.Key, Stage: cell.Stage.String(), Currency: cell.Currency})
			if err != nil { // among others, where the steps do not end at what is now
				t.Fatalf("%s, %+v: %v", id, cell, err)
			}
			if cell.Changed && len(changes.Steps) == 0 {
				t.Errorf("%s: nothing explains %+v", id, cell)
			}
			if cell.Changed {
				explained++
			}
		}
	}
	if explained < 100 {
		t.Errorf("only %d amounts had changed", explained)
	}
	verified(t, r)
}

func TestAReportThatTheJournalDoesNotAddUpToIsTold(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 5)
	p.run(50).close()
	db := open(t)
	r := running(t, db, log)
	end := reach(t, r)
	p.must(&domain.PublishReport{Report: "false", Title: "false", ReportScope: domain.ReportScope{By: "year"}, Figures: &domain.ReportFigures{
		Checkpoint: domain.Checkpoint{Position: eventstore.Position{Block: end, Event: eventstore.WholeBlock}.String()},
		Cells:      []domain.ReportCell{{Key: "2018", Stage: domain.Committed, Amount: domain.Money{Minor: 1, Currency: "CNY"}}}}})
	p.close()
	reach(t, r)
	if c, err := db.CompareReport(t.Context(), "one", "false"); err != nil || c.Recounted {
		t.Errorf("%v, recounted %t", err, c.Recounted)
	}
	for _, q := range []CellQuery{{Key: "1999", Stage: "committed"}, {Report: "none", Stage: "committed"}} {
		q.Ledger = "one"
		if q.Report == "" {
			q.Report = "false"
		}
		if _, err := db.ReportCell(t.Context(), q); !Is(err, NotFound) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := db.ReportCell(t.Context(), CellQuery{Ledger: "one", Report: "false", Key: "2018", Stage: "lost"}); !Is(err, BadQuery) {
		t.Errorf("a stage that does not exist: %v", err)
	}
}

func TestASampleComesOutTheSameFromItsPositionForEver(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 6)
	p.run(200).close()
	db := open(t)
	r := running(t, db, log)
	at := eventstore.Position{Block: reach(t, r), Event: eventstore.WholeBlock}
	for _, method := range []string{domain.SampleRecords, domain.SampleMonetaryUnit} {
		c := &domain.DrawSample{Sample: domain.ID(method), Size: 5, SampleScope: domain.SampleScope{Method: method, Seed: "7", Stage: "allocated"}}
		population, err := db.Population(t.Context(), "one", c.SampleScope, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.From(domain.Checkpoint{Position: at.String()}, population); err != nil {
			t.Fatal(err)
		}
		p.must(c)
	}
	p.run(100).close()
	reach(t, r)
	for _, method := range []string{domain.SampleRecords, domain.SampleMonetaryUnit} {
		again, err := db.DrawAgain(t.Context(), "one", method)
		if err != nil || !again.Repeated || len(again.Items) == 0 {
			t.Errorf("%s: %v, %+v", method, err, again)
		}
	}
	if _, err := db.DrawAgain(t.Context(), "one", "none"); !Is(err, NotFound) {
		t.Errorf("a sample that was never drawn: %v", err)
	}
}

// The population is that of the journal, added up here once more.
func TestThePopulationHasWhatWasNotTakenBack(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 8).run(300).close()
	db := open(t)
	reach(t, running(t, db, log))
	net := map[string]int64{}
	taken := 0
	for q := (JournalQuery{Ledger: "one", Stage: "received", Limit: 1000}); ; {
		page, err := db.Journal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Movements {
			if m.Currency != "CNY" {
				continue
			}
			amount, _, err := minorOf(&m.Amount, m.Currency)
			if err != nil {
				t.Fatal(err)
			}
			entry := m.Entry
			if m.Reverses != "" {
				entry = m.Reverses
				taken++
			}
			net[entry] += amount.Minor
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	population, err := db.Population(t.Context(), "one", domain.SampleScope{Stage: "received", Currency: "CNY"}, eventstore.Position{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range population {
		if net[item.Entry] != item.Amount.Minor {
			t.Errorf("%s has %s, and the journal %d", item.Entry, item.Amount, net[item.Entry])
		}
		delete(net, item.Entry)
	}
	for entry, minor := range net {
		if minor > 0 {
			t.Errorf("%s with %d is missing", entry, minor)
		}
	}
	if taken == 0 || len(population) < 10 {
		t.Errorf("%d legs take something back, and the population has %d entries", taken, len(population))
	}
}
