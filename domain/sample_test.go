package domain_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"aidledger/domain"
)

var signed = domain.Checkpoint{Position: "12", Head: "h", Entries: 9, Root: "r"}

// population has one entry for each amount, e1 and so on.
func population(fen ...int64) (items []domain.SampleItem) {
	for i, amount := range fen {
		items = append(items, domain.SampleItem{Entry: fmt.Sprintf("e%d", i+1), Amount: cny(amount)})
	}
	return items
}

func draw(id domain.ID, method string, size int, items []domain.SampleItem) *domain.DrawSample {
	c := &domain.DrawSample{Sample: id, Size: size, Evidence: on("2020-06"),
		SampleScope: domain.SampleScope{Method: method, Seed: "20261125-416283", Stage: "disbursed"}}
	if err := c.From(signed, items); err != nil {
		panic(err)
	}
	return c
}

func publish(id domain.ID, cells ...domain.ReportCell) *domain.PublishReport {
	return &domain.PublishReport{Report: id, Title: "2018", ReportScope: domain.ReportScope{By: "year"}, Evidence: on("2020-06"),
		Figures: &domain.ReportFigures{Checkpoint: signed, Cells: cells}}
}

var cell2018 = domain.ReportCell{Key: "2018", Stage: domain.Committed, Amount: cny(100)}

// shown writes what was drawn as entry and hits.
func shown(items []domain.SampleItem) string {
	var text []string
	for _, item := range items {
		text = append(text, fmt.Sprintf("%s:%d", item.Entry, item.Hits))
	}
	return strings.Join(text, " ")
}

// The wanted draws were calculated by another program from the description of
// SampleScope.Draw.
func TestASampleIsDrawnAsItsDescriptionSays(t *testing.T) {
	items := population(100, 250000, 30, 70000, 5, 999, 123456)
	for method, want := range map[string]string{domain.SampleRecords: "e6:0 e3:0 e2:0 e1:0", domain.SampleMonetaryUnit: "e2:9 e7:3"} {
		size := 4
		if method == domain.SampleMonetaryUnit {
			size = 12
		}
		if got := shown(draw("s", method, size, nil).Draw(size, items)); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestALargerSampleBeginsWithTheSmallerOne(t *testing.T) {
	items := population(100, 250000, 30, 70000, 5, 999, 123456, 8, 640000, 77777)
	for _, method := range []string{domain.SampleRecords, domain.SampleMonetaryUnit} {
		scope := draw("s", method, 1, nil).SampleScope
		last := scope.Draw(1, items)
		for size := 2; size <= len(items); size++ {
			next := scope.Draw(size, items)
			for i, item := range last {
				if next[i].Entry != item.Entry || next[i].Hits < item.Hits {
					t.Errorf("%s: %d draws are %s and %d are %s", method, size-1, shown(last), size, shown(next))
				}
			}
			last = next
		}
	}
}

func TestEveryUnitOfMoneyIsAsLikely(t *testing.T) {
	items := population(1, 2, 3, 4)
	scope := domain.SampleScope{Method: domain.SampleMonetaryUnit, Seed: "s"}
	for _, item := range scope.Draw(5_000, items) {
		if want := int(item.Amount.Minor) * 500; item.Hits < want*9/10 || item.Hits > want*11/10 {
			t.Errorf("%s was drawn %d times, about %d were expected", item.Entry, item.Hits, want)
		}
	}
}

func TestASampleCanBeExtended(t *testing.T) {
	items := population(5, 6, 7)
	s := given(t, programme()...)
	first := draw("first", domain.SampleRecords, 1, items)
	scope := first.SampleScope
	scope.Currency = "CNY"
	s.when(first).then(&domain.SampleDrawn{Evidence: on("2020-06"), SampleScope: scope, Sample: "first", Size: 1, Checkpoint: signed,
		Population: 3, Total: cny(18), Items: scope.Draw(1, items)})
	s.when(first).refused("id_taken", "sample", "id=first", "noun=sample")
	more := draw("more", domain.SampleRecords, 2, items)
	more.Extends = "first"
	other := *more
	other.Seed = "another"
	s.when(&other).refused("sample_differs", "extends", "extends=first", "size=1")
	later := *more
	later.Drawn = &domain.SampleDraw{Checkpoint: domain.Checkpoint{Position: "13"}, Population: 3}
	s.when(&later).refused("sample_differs", "extends", "extends=first", "size=1")
	same := *more
	same.Size = 1
	s.when(&same).refused("sample_differs", "extends", "extends=first", "size=1")
	s.and(more)
	more = draw("road-sample", domain.SampleRecords, 2, items)
	more.Extends = "road"
	s.when(more).refused("sample_expected", "extends", "id=road", "noun=project")
}

func TestASampleNeedsAPopulationAndASizeThatItHas(t *testing.T) {
	s := given(t, programme()...)
	unknown := draw("x", domain.SampleRecords, 1, nil)
	unknown.Drawn = nil
	s.when(unknown).refused("population_missing", "sample")
	s.when(draw("x", domain.SampleRecords, 1, nil)).refused("population_empty", "stage", "stage=disbursed")
	s.when(draw("x", domain.SampleRecords, 3, population(1, 2))).refused("sample_size", "size", "size=3", "population=2")
	s.when(draw("x", domain.SampleMonetaryUnit, 5_001, population(1, 2))).refused("sample_size", "size", "size=5001", "population=2")
	s.when(draw("x", domain.SampleMonetaryUnit, -1, population(1, 2))).refused("sample_size", "size", "size=-1", "population=2")
}

func TestTheStagesOfASampleAreThoseThatThereAre(t *testing.T) {
	c, _ := domain.LookupCommand("draw-sample")
	var stages []string
	for _, s := range domain.Stages() {
		stages = append(stages, s.String())
	}
	for _, f := range c.Field {
		if f.Name == "stage" && !reflect.DeepEqual(f.Enum, stages) {
			t.Errorf("the stages are %q", f.Enum)
		}
	}
}

func TestAReportFreezesItsFigures(t *testing.T) {
	s := given(t, programme()...)
	s.when(publish("x")).refused("report_size", "by", "amounts=0", "most=5000")
	s.when(publish("x", make([]domain.ReportCell, 5_001)...)).refused("report_size", "by", "amounts=5001", "most=5000")
	unknown := publish("x", cell2018)
	unknown.Figures = nil
	s.when(unknown).refused("figures_missing", "report")
	s.when(publish("x", cell2018)).then(&domain.ReportPublished{Evidence: on("2020-06"), ReportScope: domain.ReportScope{By: "year"}, Report: "x",
		Title: "2018", Checkpoint: signed, Cells: []domain.ReportCell{cell2018}})
	s.when(publish("x", cell2018)).refused("id_taken", "report", "id=x", "noun=report")
}
