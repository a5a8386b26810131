package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestSpendingIsReported(t *testing.T) {
	paid := append(programme(), disburse("f", "road", "100", "2018-06"))
	t.Run("with all that may be said about it", func(t *testing.T) {
		c := spend("f", "road", "60", "2018-07")
		c.Place, c.Payee, c.Voucher = west, "builder", "invoice 9"
		given(t, paid...).when(c).then(&domain.ExpenditureReported{FundFacts: facts("f"), Evidence: on("2018-07"), Project: "road", Amount: yuan(60),
			Places: []domain.PlaceAmount{{Place: west, Amount: yuan(60)}}, Payee: "builder", Voucher: "invoice 9"})
	})
	t.Run("up to what was paid out and not returned", func(t *testing.T) {
		s := given(t, paid...).and(giveBack("f", "road", "30", "2018-07"), spend("f", "road", "70", "2018-07"))
		s.when(spend("f", "road", "0.01", "2018-07")).refused("expenditure_exceeds_disbursed", "amount",
			"asked=0.01 CNY", "disbursed=100.00 CNY", "returned=30.00 CNY", "spent=70.00 CNY")
	})
	t.Run("of a reimbursement fund once the project is accepted", func(t *testing.T) {
		c := commit("r", "100", "2018")
		c.Reimbursement = true
		s := given(t, programme()...).and(c, receive("r", "100", "2018"), allocate("r", "road", "100", "2018"), disburse("r", "road", "100", "2018"),
			&domain.StartProject{ProjectStep: step("road", "2018-06")})
		s.when(spend("r", "road", "1", "2018-07")).refused("project_not_accepted", "project", "state=started")
		s.and(&domain.AcceptProject{ProjectStep: step("road", "2018-08")}, spend("r", "road", "100", "2018-08"))
	})
	who, where, both := spend("f", "road", "5000", "2018-07"), spend("f", "road", "5000", "2018-07"), spend("f", "road", "1", "2018-07")
	who.Payee, where.Place = "nobody", "nowhere"
	both.Place, both.Places = east, []domain.PlacePart{{Place: west, Amount: amount("1")}}
	refusals(t, paid, []refusal{
		{"a project that is unknown, before date and amount", nil, spend("f", "bridge", "0", "2030"), "project_not_found", "project", []string{"id=bridge"}},
		{"a payee that is unknown, before the amount", nil, who, "organisation_not_found", "payee", []string{"id=nobody"}},
		{"a place that is unknown, before the amount", nil, where, "place_not_found", "place", []string{"id=nowhere"}},
		{"a place and parts", nil, both, "place_and_places", "place", nil},
		{"before the fund was opened", nil, spend("f", "road", "1", "2017"), "date_before_commitment", "date", []string{"date=2017", "opened=2018-03-05"}},
		{"what another project was paid", nil, spend("f", "school", "1", "2018-07"), "expenditure_exceeds_disbursed", "amount",
			[]string{"asked=1.00 CNY", "disbursed=0.00 CNY", "returned=0.00 CNY", "spent=0.00 CNY"}},
	})
}

func TestMoneyIsReturned(t *testing.T) {
	paid := append(programme(), disburse("f", "road", "100", "2018-06"), spend("f", "road", "60", "2018-06"))
	t.Run("by a project to its fund", func(t *testing.T) {
		given(t, paid...).when(giveBack("f", "road", "40", "2018-07")).then(&domain.FundsReturned{FundFacts: facts("f"), Evidence: on("2018-07"),
			Project: "road", Amount: yuan(40), Places: inHalves(2000, 2000)})
	})
	t.Run("by a fund to its provider, with what projects returned", func(t *testing.T) {
		s := given(t, paid...).and(giveBack("f", "road", "40", "2018-07"))
		s.when(giveBack("f", "", "540.01", "2018-07")).refused("insufficient_funds", "amount", "asked=540.01 CNY", "cash=540.00 CNY")
		s.when(giveBack("f", "", "540", "2018-07")).then(&domain.FundsRepaid{FundFacts: facts("f"), Evidence: on("2018-07"), Amount: yuan(540)})
	})
	t.Run("to another fund afterwards", func(t *testing.T) {
		given(t, paid...).and(giveBack("f", "road", "40", "2018-07"), commit("g", "1", "2019"), carry("f", "g", "540", "2019"))
	})
	placed, parted := giveBack("f", "", "1", "2018-07"), giveBack("f", "", "1", "2018-07")
	placed.Place, parted.Places = east, []domain.PlacePart{{Place: east, Amount: amount("1")}}
	wrong := giveBack("f", "road", "1", "2018-07")
	wrong.Place = north
	refusals(t, paid, []refusal{
		{"by a project that is unknown, before date and amount", nil, giveBack("f", "bridge", "0", "2030"), "project_not_found", "project", []string{"id=bridge"}},
		{"from a village that is not the project's", nil, wrong, "place_not_in_project", "place", []string{"place=north-village", "project=road"}},
		{"from a place without a project", nil, placed, "place_without_project", "place", nil},
		{"in parts without a project", nil, parted, "place_without_project", "places", nil},
		{"nothing", nil, giveBack("f", "", "0", "2018-07"), "amount_not_positive", "amount", []string{"amount=0.00 CNY"}},
		{"more than a project has", nil, giveBack("f", "road", "40.01", "2018-07"), "refund_exceeds_disbursed", "amount",
			[]string{"asked=40.01 CNY", "disbursed=100.00 CNY", "returned=0.00 CNY", "spent=60.00 CNY"}},
		{"by a fund that is unknown", nil, giveBack("g", "", "1", "2018-07"), "fund_not_found", "fund", []string{"id=g"}},
	})
}
