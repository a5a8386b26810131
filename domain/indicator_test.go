package domain_test

import (
	"testing"

	"aidledger/domain"
)

func people(id domain.ID, value string) *domain.ReportIndicator {
	return &domain.ReportIndicator{Indicator: id, Name: "people helped", Value: quantity(value), Unit: "人", Evidence: on("2019")}
}

func partOf(whole, id domain.ID, value string) *domain.ReportIndicator {
	c := people(id, value)
	c.PartOf = whole
	return c
}

func TestIndicatorsAreReported(t *testing.T) {
	t.Run("with all that may be said about them, and in no total of money", func(t *testing.T) {
		c := people("sales", "12.5")
		c.Unit, c.Qualifier, c.From, c.Until, c.Commercial = "元", "about", day("2018-01"), day("2018-12"), true
		c.Place, c.Project, c.Fund = east, "road", "f"
		event := &domain.IndicatorReported{Evidence: on("2019"), Indicator: "sales", Name: "people helped", Value: quantity("12.5"), Unit: "元", Qualifier: "about",
			From: day("2018-01"), Until: day("2018-12"), Commercial: true, Place: east, Project: "road", Fund: "f"}
		given(t, programme()...).when(c).then(event)
		if m := domain.Movements(event); len(m) > 0 {
			t.Errorf("it moves %+v", m)
		}
	})
	for _, c := range []struct{ name, date, from, until, want string }{
		{"at their own date", "2019-02", "2018", "2018", "2019-02"},
		{"at the end of their period", "", "2018-01", "2018-06", "2018-06"},
		{"at the date of a period without an end", "", "2018-01", "", "2018-01"},
		{"in a period that lasts", "", "2020-01", "2020-06", "2020-06"},
		{"today when the end has not come", "", "2020-01", "2020-12", "2020-06-15"},
		{"today when nothing is known", "", "", "", "2020-06-15"},
	} {
		t.Run("dated "+c.name, func(t *testing.T) {
			r := people("i", "0")
			r.Date = domain.Date{}
			for to, text := range map[*domain.Date]string{&r.Date: c.date, &r.From: c.from, &r.Until: c.until} {
				if text != "" {
					*to = day(text)
				}
			}
			s := given(t, opened()...).and(r)
			if got := s.events[len(s.events)-1].Effective(); got != day(c.want) {
				t.Errorf("it is dated %v, want %s", got, c.want)
			}
		})
	}
	t.Run("anew after they were taken back", func(t *testing.T) {
		s := given(t, opened()...).and(people("i", "5"))
		s.when(people("i", "6")).refused("id_taken", "indicator", "id=i")
		s.and(reversal(11), people("i", "6"))
		s.when(reversal(11)).refused("already_reversed", "entry", "entry=e11")
	})
	t.Run("as parts of a whole that stands", func(t *testing.T) {
		s := given(t, opened()...).and(people("all", "10"), partOf("all", "women", "10"), partOf("all", "children", "0"))
		s.when(reversal(11)).refused("entry_in_use", "entry", "indicator=children")
		s.and(reversal(13)).when(reversal(11)).refused("entry_in_use", "entry", "indicator=women")
		s.and(reversal(12), reversal(11)).when(partOf("all", "women", "1")).refused("indicator_not_found", "part_of")
	})
	t.Run("and of many parts, the first is named", func(t *testing.T) {
		s := given(t, opened()...).and(people("all", "10"))
		for _, id := range "hgfedcbaijklmnop" {
			s.and(partOf("all", domain.ID(id), "1"))
		}
		s.when(reversal(11)).refused("entry_in_use", "entry", "indicator=a")
	})
}

func TestIndicatorsAreRefused(t *testing.T) {
	change := func(f func(*domain.ReportIndicator)) *domain.ReportIndicator {
		c := people("i", "5")
		f(c)
		return c
	}
	refusals(t, append(programme(), people("all", "10")), []refusal{
		{"an id that names something else", nil, people("road", "1"), "id_taken", "indicator", []string{"id=road", "noun=project"}},
		{"no unit", nil, change(func(c *domain.ReportIndicator) { c.Unit = "" }), "unit_required", "unit", nil},
		{"less than nothing", nil, people("i", "-1"), "quantity_negative", "value", []string{"value=-1"}},
		{"a place that is unknown, before the value", nil, change(func(c *domain.ReportIndicator) { c.Place, c.Value = "nowhere", quantity("-1") }), "place_not_found", "place", []string{"id=nowhere"}},
		{"a project that is unknown", nil, change(func(c *domain.ReportIndicator) { c.Project = "bridge" }), "project_not_found", "project", []string{"id=bridge"}},
		{"a fund that is unknown", nil, change(func(c *domain.ReportIndicator) { c.Fund = "g" }), "fund_not_found", "fund", []string{"id=g"}},
		{"a whole that is unknown", nil, partOf("none", "i", "1"), "indicator_not_found", "part_of", []string{"id=none"}},
		{"a whole that is a project", nil, partOf("road", "i", "1"), "indicator_expected", "part_of", []string{"id=road", "noun=project"}},
		{"a part of itself", nil, partOf("i", "i", "1"), "indicator_not_found", "part_of", []string{"id=i"}},
		{"a part in another unit", nil, change(func(c *domain.ReportIndicator) { c.PartOf, c.Unit = "all", "户" }), "unit_mismatch", "unit", []string{"part=户", "whole=人"}},
		{"a part that exceeds its whole", nil, partOf("all", "i", "10.000001"), "part_exceeds_whole", "value", []string{"part=10.000001", "whole=10"}},
		{"a period that ends before it begins", nil, change(func(c *domain.ReportIndicator) { c.From, c.Until = day("2018-05"), day("2018-04") }), "date_order", "until", []string{"from=2018-05", "until=2018-04"}},
		{"a period that only ends", nil, change(func(c *domain.ReportIndicator) { c.Until = day("2018-04") }), "field_required", "from", nil},
		{"a date to come", nil, change(func(c *domain.ReportIndicator) { c.Date = day("2020-07") }), "date_in_future", "date", []string{"date=2020-07", "today=2020-06-15"}},
	})
}
