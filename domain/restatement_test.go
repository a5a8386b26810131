package domain_test

import (
	"fmt"
	"testing"

	"aidledger/domain"
)

// allow allows the next but one entry of a story.
func (s *story) allow(fund domain.ID, sum string) *domain.AllowRestatement {
	c := &domain.AllowRestatement{Entry: fmt.Sprintf("e%d", s.told+2), Year: 2017, Fund: fund, LastDay: day("2020-06-30"),
		Reason: "found in the archive", Evidence: on("2020-06")}
	if sum != "" {
		c.Amount = amount(sum)
	}
	return c
}

// restate records an entry in the closed year 2017.
func restate(s *story) {
	s.and(receive("late", "5", "2018"))
	s.as("wang").and(s.allow("late", "5")).as("li").and(receive("late", "5", "2017-05"))
}

func TestAClosedYearChangesOnlyByTwoPersons(t *testing.T) {
	world := func() *story { return given(t, programme()...).and(receive("late", "5", "2018"), closed(2017)) }
	late := receive("late", "5", "2017-05")
	lateFacts := domain.FundFacts{Fund: "late", Provider: "haidian", BudgetYear: 2018, OnReceipt: true}

	s := world()
	s.when(late).refused("period_closed", "date", "entry=e23", "year=2017")
	c := s.allow("late", "5")
	s.as("wang").when(c).then(&domain.RestatementAllowed{Evidence: on("2020-06"), Entry: c.Entry, Year: 2017, Fund: "late", Amount: yuan(5),
		LastDay: day("2020-06-30"), Reason: "found in the archive", By: "wang"})
	s.when(late).refused("self_approval", "date", "actor=wang")
	s.as("li").when(late).then(&domain.FundsReceived{FundFacts: lateFacts, Evidence: on("2017-05"), Amount: yuan(5)},
		&domain.EntryRestated{Evidence: on("2017-05"), Entry: c.Entry, Year: 2017, Reason: "found in the archive", AllowedBy: "wang", RecordedBy: "li"})
	restated := s.told
	s.when(late).refused("period_closed", "date", "entry=e25", "year=2017")
	s.when(reversal(restated)).refused("period_closed", "date", "entry=e25", "year=2017")
	undo := reversal(restated)
	undo.Date = day("2018")
	s.when(undo).then(&domain.EntryReversed{Evidence: on("2018"), Entry: undo.Entry, Reason: "entered twice"},
		&domain.FundsReceived{FundFacts: lateFacts, Correction: domain.Correction{Reverses: undo.Entry}, Evidence: on("2018"), Amount: yuan(-5)},
		&domain.EntryRestated{Correction: domain.Correction{Reverses: undo.Entry}, Evidence: on("2018"), Entry: c.Entry, Year: 2017,
			Reason: "found in the archive", AllowedBy: "wang", RecordedBy: "li"})
	for _, c := range []struct {
		name    string
		allowed func(c *domain.AllowRestatement)
		given   domain.Command
		code    string
		field   string
		details []string
	}{
		{"of the fund", func(c *domain.AllowRestatement) { c.Fund = "f" }, late, "restatement_differs", "", []string{"allowed=5.00 CNY", "fund=late"}},
		{"of the amount", func(c *domain.AllowRestatement) { c.Amount = amount("4") }, late, "restatement_differs", "", []string{"allowed=4.00 CNY", "asked=5.00 CNY"}},
		{"of money at all", func(c *domain.AllowRestatement) { c.Fund, c.Amount = "", domain.Amount{} }, late, "restatement_differs", "", []string{"allowed=0", "fund=late"}},
		{"of the year", func(c *domain.AllowRestatement) {}, receive("late", "5", "2016-05"), "period_closed", "date", []string{"entry=e25", "year=2016"}},
		{"of the entry", func(c *domain.AllowRestatement) { c.Entry = "e99" }, late, "period_closed", "date", []string{"entry=e25", "year=2017"}},
	} {
		t.Run("and only as was allowed "+c.name, func(t *testing.T) {
			s := world().and(closed(2016))
			a := s.allow("late", "5")
			c.allowed(a)
			s.as("wang").and(a).as("li").when(c.given).refused(c.code, c.field, c.details...)
		})
	}
	t.Run("until the last day", func(t *testing.T) {
		s := world()
		s.as("wang").and(s.allow("late", "5")).as("li")
		s.today = day("2020-07-01")
		s.when(late).refused("period_closed", "date", "entry=e24", "year=2017")
	})
	t.Run("also without money", func(t *testing.T) {
		s := world()
		s.as("wang").and(s.allow("", "")).as("li")
		o := s.when(&domain.RegisterProject{Project: "old", Name: "old", Evidence: on("2017")})
		if o.err != nil || len(o.events) != 2 || o.events[1].EventType() != "entry-restated" {
			t.Errorf("%v %v", o.events, o.err)
		}
	})
}

func TestRestatementsAreAllowedWithAReasonAndALimit(t *testing.T) {
	s := given(t, programme()...).and(closed(2017))
	c := s.allow("f", "5")
	c.Year = 2018
	s.when(c).refused("year_open", "year", "year=2018")
	c = s.allow("f", "0")
	s.when(c).refused("amount_not_positive", "amount", "amount=0.00 CNY")
	s.when(s.allow("g", "5")).refused("fund_not_found", "fund", "id=g")
	s.when(s.allow("", "5")).refused("field_required", "fund")
	c = s.allow("f", "5")
	c.LastDay = day("2020-06-14")
	s.when(c).refused("last_day_passed", "last_day", "last_day=2020-06-14", "today=2020-06-15")
	c = s.allow("f", "5")
	c.Reason = ""
	s.when(c).refused("field_required", "reason")
}
