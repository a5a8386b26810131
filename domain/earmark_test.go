package domain_test

import (
	"testing"

	"aidledger/domain"
)

// earmark limits a fund.
func earmark(fund domain.ID, c domain.EarmarkFunds) *domain.EarmarkFunds {
	c.Fund, c.Evidence = fund, by("doc-9", "2018-05")
	return &c
}

func lift(fund domain.ID) *domain.LiftEarmark {
	return &domain.LiftEarmark{Fund: fund, Evidence: on("2018-05")}
}

func projects(ids ...domain.ID) (named []domain.NamedProject) {
	for _, id := range ids {
		named = append(named, domain.NamedProject{Project: id})
	}
	return named
}

func places(ids ...domain.ID) (named []domain.NamedPlace) {
	for _, id := range ids {
		named = append(named, domain.NamedPlace{Place: id})
	}
	return named
}

// withRoads has a project "bridge" of the sector Roads beside the others, with
// 100 of the fund f each for it and the school (e21 to e25).
func withRoads(t testing.TB) *story {
	t.Helper()
	bridge := approvedProject("bridge")
	bridge[0].(*domain.RegisterProject).Sector = "Roads"
	return given(t, programme()...).and(bridge...).and(allocate("f", "bridge", "100", "2018-05"), allocate("f", "school", "100", "2018-05"))
}

func TestAFundPaysWhatItIsEarmarkedFor(t *testing.T) {
	all := domain.Earmark{Purpose: "roads", Projects: []domain.ID{"bridge", "road"}, Places: []domain.ID{township}, Until: day("2018-12")}
	s := withRoads(t)
	s.when(earmark("f", domain.EarmarkFunds{Purpose: "roads", Projects: projects("road", "bridge", "road"), Places: places(township), Until: day("2018-12")})).
		then(&domain.FundsEarmarked{Evidence: by("doc-9", "2018-05"), Fund: "f", Earmark: all})
	for _, c := range []struct {
		name           string
		limits         domain.EarmarkFunds
		pay            *domain.DisburseFunds
		field          string
		limit, allowed string // empty: it is paid
	}{
		{"to its projects", domain.EarmarkFunds{Projects: projects("road")}, disburse("f", "road", "1", "2018-06"), "", "", ""},
		{"not to others", domain.EarmarkFunds{Projects: projects("road", "bridge")}, disburse("f", "school", "1", "2018-06"), "project", "projects", "bridge road"},
		{"in its field of work, however it is written", domain.EarmarkFunds{Purpose: "ROADS "}, disburse("f", "bridge", "1", "2018-06"), "", "", ""},
		{"not in others", domain.EarmarkFunds{Purpose: "Roads"}, disburse("f", "school", "1", "2018-06"), "project", "purpose", "Roads"},
		{"in its places and what lies in them", domain.EarmarkFunds{Places: places(township)}, disburse("f", "road", "1", "2018-06"), "", "", ""},
		{"not in others", domain.EarmarkFunds{Places: places(east)}, disburse("f", "road", "1", "2018-06"), "place", "places", string(east)},
		{"not where nobody knows", domain.EarmarkFunds{Places: places(east)}, disburse("f", "school", "1", "2018-06"), "place", "places", string(east)},
		{"until its last day", domain.EarmarkFunds{Until: day("2018-06")}, disburse("f", "road", "1", "2018-06-30"), "", "", ""},
		{"not later", domain.EarmarkFunds{Until: day("2018-06-29")}, disburse("f", "road", "1", "2018-06"), "date", "until", "2018-06-29"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := withRoads(t).and(earmark("f", c.limits))
			o := s.when(c.pay)
			if c.limit == "" {
				if o.err != nil {
					t.Fatal(o.err)
				}
				return
			}
			o.refused("outside_earmark", c.field, "limit="+c.limit, "allowed="+c.allowed)
			request := &domain.RequestDisbursement{Evidence: c.pay.Evidence, RequestInput: domain.RequestInput{FundAmount: c.pay.FundAmount, Request: "r", Project: c.pay.Project}}
			s.when(request).refused("outside_earmark", c.field, "limit="+c.limit, "allowed="+c.allowed)
			s.and(lift("f"), request, c.pay)
		})
	}
}

func TestAnEarmarkComesBeforeThePayments(t *testing.T) {
	paid := func(c ...domain.Command) []domain.Command { return c }
	road := disburse("f", "road", "10", "2018-06-02")
	refusals(t, programme(), []refusal{
		{"to another project", paid(road), earmark("f", domain.EarmarkFunds{Projects: projects("school")}), "spent_outside", "projects", []string{"limit=projects", "paid=road"}},
		{"in another field", paid(road), earmark("f", domain.EarmarkFunds{Purpose: "schools"}), "spent_outside", "purpose", []string{"limit=purpose", "paid=road"}},
		{"in another place", paid(road), earmark("f", domain.EarmarkFunds{Places: places(east)}), "spent_outside", "places", []string{"limit=places", "paid=" + string(west)}},
		{"in a place that was not known then", paid(allocate("f", "school", "9", "2018-06"), disburse("f", "school", "9", "2018-06"), halves("school")),
			earmark("f", domain.EarmarkFunds{Places: places(east)}), "spent_outside", "places", []string{"limit=places", "paid=" + string(west)}},
		{"later", paid(road), earmark("f", domain.EarmarkFunds{Until: day("2018-06-01")}), "spent_outside", "until", []string{"limit=until", "paid=2018-06-02"}},
		{"without any limit", nil, earmark("f", domain.EarmarkFunds{}), "earmark_empty", "purpose", nil},
		{"on top of another", paid(earmark("f", domain.EarmarkFunds{Purpose: "a"})), earmark("f", domain.EarmarkFunds{Purpose: "b"}), "fund_earmarked", "fund", []string{"fund=f"}},
		{"for a project that is unknown", nil, earmark("f", domain.EarmarkFunds{Projects: projects("x")}), "project_not_found", "projects", []string{"id=x"}},
		{"for a place that is unknown", nil, earmark("f", domain.EarmarkFunds{Places: places("x")}), "place_not_found", "places", []string{"id=x"}},
		{"of a fund that is unknown", nil, earmark("x", domain.EarmarkFunds{Purpose: "a"}), "fund_not_found", "fund", []string{"id=x"}},
	})
	t.Run("unless the money was returned", func(t *testing.T) {
		given(t, programme()...).and(road, giveBack("f", "road", "10", "2018-06"),
			earmark("f", domain.EarmarkFunds{Projects: projects("school"), Places: places(north), Until: day("2018-06-01")})).
			when(lift("f")).then(&domain.EarmarkLifted{Evidence: on("2018-05"), Fund: "f"})
	})
	s := given(t, programme()...)
	s.when(lift("f")).nothing()
	s.and(earmark("f", domain.EarmarkFunds{Purpose: "a"})).when(earmark("f", domain.EarmarkFunds{Purpose: "Ａ"})).nothing()
}

func TestMoneyKeepsItsEarmarkWhenItIsCarriedOver(t *testing.T) {
	s := given(t, programme()...).and(commit("g", "1", "2018"), earmark("f", domain.EarmarkFunds{Purpose: "a", Until: day("2018")}))
	s.when(carry("f", "g", "5", "2018-12")).refused("outside_earmark", "to", "limit=fund", "allowed=f")
	s.and(earmark("g", domain.EarmarkFunds{Purpose: "a", Until: day("2019")}), carry("f", "g", "5", "2018-12"))
	s.and(lift("f"), carry("f", "g", "5", "2018-12"))
}
