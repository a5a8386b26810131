package domain_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"aidledger/domain"
)

// contains tells whether a word stands in a list of words.
func contains(words, word string) bool { return slices.Contains(strings.Fields(words), word) }

func TestALedgerIsOpenedOnce(t *testing.T) {
	s := given(t)
	for _, c := range []domain.Command{receive("f", "1", "2018"), reversal(1), &domain.CloseYear{Year: 2018}} {
		s.when(c).refused("ledger_not_found", "")
		s.when(c).kind(domain.NotFound)
	}
	if s.ledger.Opened() || s.ledger.Facts() != (domain.LedgerFacts{}) {
		t.Error("it is open before it was opened")
	}
	s.when(&domain.OpenLedger{Title: "Programme"}).
		then(&domain.LedgerOpened{Evidence: on("2020-06-15"), Title: "Programme", Zone: "Asia/Shanghai", Currency: "CNY"})
	if want := (domain.LedgerFacts{Title: "Programme", Zone: "Asia/Shanghai", Currency: "CNY"}); !s.ledger.Opened() || s.ledger.Facts() != want {
		t.Errorf("its facts are %+v", s.ledger.Facts())
	}
	s.when(&domain.OpenLedger{Title: "Another"}).refused("ledger_exists", "")
	given(t).when(&domain.OpenLedger{Title: "T", Zone: "Europe/Paris", Currency: "EUR", Invented: true, Evidence: on("2018")}).
		then(&domain.LedgerOpened{Evidence: on("2018"), Title: "T", Zone: "Europe/Paris", Currency: "EUR", Invented: true})
	t.Run("and gives its currency to amounts that name none", func(t *testing.T) {
		s := given(t, &domain.OpenLedger{Title: "T", Currency: "JPY"}, &domain.RegisterOrganisation{Organisation: "haidian", Name: "H", Kind: "other"})
		f := domain.FundFacts{Fund: "f", Provider: "haidian", BudgetYear: 2020}
		s.when(&domain.PledgeFunds{FundInput: input("f", "5")}).
			then(&domain.FundsPledged{FundFacts: f, Evidence: on("2020-06-15"), Amount: domain.Money{Minor: 5, Currency: "JPY"}})
	})
}

func TestDatesOfAnyPrecisionAreComparedWithToday(t *testing.T) {
	for _, c := range []struct {
		date string
		ok   bool
	}{
		{"2020-06-15", true}, {"2020-06", true}, {"2020", true}, {"2020-05-31", true}, {"1949", true},
		{"2020-06-16", false}, {"2020-07", false}, {"2021", false}, {"2021-01-01", false},
	} {
		t.Run(c.date, func(t *testing.T) {
			o := given(t, opened()...).when(receive("f", "1", c.date))
			if c.ok && o.err != nil {
				t.Error(o.err)
			} else if !c.ok {
				o.refused("date_in_future", "date", "date="+c.date, "today=2020-06-15")
			}
		})
	}
}

func TestASourceReferenceIsRecordedOnceForEachKindOfEvent(t *testing.T) {
	from := func(reference string) domain.Evidence {
		e := by("doc", "2018-06")
		e.SourceReference = reference
		return e
	}
	said := func(c domain.Command, reference string) domain.Command {
		v := reflect.ValueOf(c).Elem()
		v.FieldByName("Evidence").Set(reflect.ValueOf(from(reference)))
		return c
	}
	s := given(t, programme()...)
	for _, c := range []func() domain.Command{
		func() domain.Command { return receive("f", "1", "2018") },
		func() domain.Command { return increase("f", "1", "2018") },
		func() domain.Command { return reduce("f", "1", "2018") },
		func() domain.Command { return allocate("f", "road", "1", "2018") },
		func() domain.Command { return reallocate("f", "road", "school", "1", "2018") },
		func() domain.Command { return disburse("f", "road", "2", "2018") },
		func() domain.Command { return spend("f", "road", "1", "2018") },
		func() domain.Command { return giveBack("f", "road", "1", "2018") },
		func() domain.Command { return giveBack("f", "", "1", "2018") },
	} {
		s.and(said(c(), "page 1"), reversal(s.told+1))
		s.and(said(c(), "page 1")) // free again
		s.when(said(c(), "page 1")).refused("source_reference_used", "source_reference", "source_reference=page 1")
		s.and(said(c(), "page 2"))
	}
}

func TestTheSameEventsGiveTheSameLedger(t *testing.T) {
	events := everything(t).events
	one, two, tracked := domain.NewLedger(), domain.NewLedger(), domain.NewLedger()
	tracked.Track()
	start, mark := written(tracked), tracked.Mark()
	for _, e := range events {
		one.Evolve(e)
		two.Evolve(e)
		tracked.Evolve(e)
	}
	if !reflect.DeepEqual(one, two) {
		t.Error("the same events lead to two states")
	}
	tracked.Rollback(mark)
	if got := written(tracked); got != start {
		t.Errorf("taking everything back leaves\n%s\nof\n%s", got, start)
	}
}

func TestEveryEventIsTakenBackOnItsOwn(t *testing.T) {
	l := domain.NewLedger()
	l.Track()
	for _, e := range everything(t).events {
		before, mark := written(l), l.Mark()
		l.Evolve(e)
		if written(l) == before {
			t.Errorf("%s changes nothing", e.EventType())
		}
		l.Rollback(mark)
		if got := written(l); got != before {
			t.Errorf("%s was not taken back:\n%s\nwas\n%s", e.EventType(), got, before)
		}
		l.Evolve(e)
		l.Keep()
	}
}

func TestRollbackTakesBackWhatFollowsTheMark(t *testing.T) {
	s := given(t, programme()...)
	states, marks := []string{}, []int{}
	for range 3 {
		states, marks = append(states, written(s.ledger)), append(marks, s.ledger.Mark())
		events, err := s.ledger.Decide(allocate("f", "school", "1", "2018-06"), domain.Context{Today: s.today})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			s.ledger.Evolve(e)
		}
	}
	for _, i := range []int{2, 0} {
		if s.ledger.Rollback(marks[i]); written(s.ledger) != states[i] {
			t.Errorf("mark %d is not where it was", i)
		}
	}
}
