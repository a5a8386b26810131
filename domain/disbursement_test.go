package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestMoneyIsPaidOut(t *testing.T) {
	t.Run("with all that may be said about it", func(t *testing.T) {
		c := disburse("f", "road", "100", "2018-06")
		c.Place, c.Disbursement, c.Payer, c.Payee, c.Voucher, c.Document = east, "d-1", "bureau", "builder", "No. 7", "contract 3"
		given(t, programme()...).when(c).then(&domain.FundsDisbursed{FundFacts: facts("f"), Evidence: by("contract 3", "2018-06"), Project: "road",
			Amount: yuan(100), Places: []domain.PlaceAmount{{Place: east, Amount: yuan(100)}}, Disbursement: "d-1", Payer: "bureau", Payee: "builder", Voucher: "No. 7"})
	})
	t.Run("by the shares of the project, to the fen", func(t *testing.T) {
		given(t, programme()...).when(disburse("f", "road", "0.05", "2018-06")).then(&domain.FundsDisbursed{
			FundFacts: facts("f"), Evidence: on("2018-06"), Project: "road", Amount: cny(5), Places: inHalves(3, 2)})
	})
	t.Run("in parts that are given", func(t *testing.T) {
		c := disburse("f", "road", "5", "2018-06")
		c.Places = []domain.PlacePart{{Place: west, Amount: amount("4.99")}, {Place: east, Amount: amount("0.01")}}
		given(t, programme()...).when(c).then(&domain.FundsDisbursed{FundFacts: facts("f"), Evidence: on("2018-06"), Project: "road", Amount: yuan(5),
			Places: []domain.PlaceAmount{{Place: west, Amount: cny(499)}, {Place: east, Amount: cny(1)}}})
	})
	t.Run("for a village in a township of the project", func(t *testing.T) {
		town := &domain.AssignPlaces{Project: "school", Shares: []domain.PlaceShare{{Place: township, Percent: quantity("100")}}, Evidence: on("2018")}
		c := disburse("f", "school", "5", "2018-06")
		c.Place = north
		given(t, programme()...).and(town, allocate("f", "school", "5", "2018-06"), c)
	})
	t.Run("up to the last fen of the allocation, and no further", func(t *testing.T) {
		s := given(t, programme()...).and(disburse("f", "road", "400", "2018-06"))
		s.when(disburse("f", "road", "0.01", "2018-06")).refused("insufficient_allocation", "amount",
			"allocated=400.00 CNY", "asked=0.01 CNY", "disbursed=400.00 CNY")
	})
	t.Run("up to the last fen of cash, and no further", func(t *testing.T) {
		s := given(t, programme()...).and(allocate("f", "school", "600", "2018-06"), disburse("f", "school", "600", "2018-06"))
		s.when(disburse("f", "road", "0.01", "2018-06")).refused("insufficient_funds", "amount",
			"asked=0.01 CNY", "cash=0.00 CNY", "received=600.00 CNY")
	})
	t.Run("to a project that is approved, started, resumed or accepted, for what is left", func(t *testing.T) {
		s := given(t, programme()...).and(disburse("f", "road", "1", "2018-06"), &domain.StartProject{ProjectStep: step("road", "2018-06")}, disburse("f", "road", "1", "2018-06"),
			&domain.SuspendProject{ProjectStep: step("road", "2018-06")})
		s.when(disburse("f", "road", "1", "2018-06")).refused("project_not_open", "project", "project=road", "state=suspended")
		s.and(&domain.ResumeProject{ProjectStep: step("road", "2018-06")}, disburse("f", "road", "1", "2018-06"),
			&domain.AcceptProject{ProjectStep: step("road", "2018-06")}, disburse("f", "road", "1", "2018-06"))
	})
}

func TestPaymentsAreRefused(t *testing.T) {
	pay := func(change func(c *domain.DisburseFunds)) *domain.DisburseFunds {
		c := disburse("f", "road", "5", "2018-06")
		change(c)
		return c
	}
	parts := func(parts ...domain.PlacePart) *domain.DisburseFunds {
		return pay(func(c *domain.DisburseFunds) { c.Places = parts })
	}
	one := pay(func(c *domain.DisburseFunds) { c.Disbursement = "d-1" })
	refusals(t, programme(), []refusal{
		{"a fund that is unknown", nil, disburse("g", "bridge", "0", "2030"), "fund_not_found", "fund", []string{"id=g"}},
		{"a project that is unknown, before date and amount", nil, disburse("f", "bridge", "0", "2030"), "project_not_found", "project", []string{"id=bridge"}},
		{"a payer that is unknown, before the amount", nil, pay(func(c *domain.DisburseFunds) { c.Payer, c.Payee, c.Amount = "a", "b", amount("5000") }),
			"organisation_not_found", "payer", []string{"id=a"}},
		{"a payee that is unknown, before the amount", nil, pay(func(c *domain.DisburseFunds) { c.Payee, c.Amount = "b", amount("5000") }),
			"organisation_not_found", "payee", []string{"id=b"}},
		{"a payee that is a project", nil, pay(func(c *domain.DisburseFunds) { c.Payee = "road" }), "organisation_expected", "payee", []string{"id=road", "noun=project"}},
		{"a place that is unknown, before the amount", nil, pay(func(c *domain.DisburseFunds) { c.Place, c.Amount = "nowhere", amount("5000") }),
			"place_not_found", "place", []string{"id=nowhere"}},
		{"a part for a place that is unknown", nil, parts(domain.PlacePart{Place: "nowhere", Amount: amount("5")}), "place_not_found", "places", []string{"id=nowhere"}},
		{"a village that is not the project's", nil, pay(func(c *domain.DisburseFunds) { c.Place = north }), "place_not_in_project", "place",
			[]string{"place=north-village", "project=road"}},
		{"a county that is larger than the project", nil, pay(func(c *domain.DisburseFunds) { c.Place = county }), "place_not_in_project", "place",
			[]string{"place=130732", "project=road"}},
		{"a part for a village that is not the project's", nil, parts(domain.PlacePart{Place: north, Amount: amount("5")}), "place_not_in_project", "places",
			[]string{"place=north-village", "project=road"}},
		{"a place and parts", nil, pay(func(c *domain.DisburseFunds) {
			c.Place, c.Places = east, []domain.PlacePart{{Place: west, Amount: amount("5")}}
		}), "place_and_places", "place", nil},
		{"a place that is named twice", nil, parts(domain.PlacePart{Place: east, Amount: amount("2")}, domain.PlacePart{Place: east, Amount: amount("3")}),
			"place_repeated", "places", []string{"place=130732100201"}},
		{"parts that are too small", nil, parts(domain.PlacePart{Place: east, Amount: amount("4.99")}), "shares_not_whole", "places", []string{"amount=5.00 CNY", "sum=4.99 CNY"}},
		{"parts that are too large", nil, parts(domain.PlacePart{Place: east, Amount: amount("6")}, domain.PlacePart{Place: west, Amount: amount("3")}),
			"shares_not_whole", "places", []string{"amount=5.00 CNY", "sum=9.00 CNY"}},
		{"a part of nothing", nil, parts(domain.PlacePart{Place: east, Amount: amount("5")}, domain.PlacePart{Place: west}), "amount_not_positive", "places", []string{"amount=0.00 CNY"}},
		{"a part less than nothing", nil, parts(domain.PlacePart{Place: east, Amount: amount("6")}, domain.PlacePart{Place: west, Amount: amount("-1")}),
			"amount_not_positive", "places", []string{"amount=-1.00 CNY"}},
		{"a project that is not approved", []domain.Command{&domain.RegisterProject{Project: "idea", Name: "i", Evidence: on("2018")}}, disburse("f", "idea", "1", "2018-06"),
			"project_not_open", "project", []string{"project=idea", "state=registered"}},
		{"a project that was cancelled", []domain.Command{&domain.CancelProject{ProjectStep: step("road", "2018-06")}}, disburse("f", "road", "1", "2018-06"),
			"project_not_open", "project", []string{"project=road", "state=cancelled"}},
		{"before the fund was opened", nil, disburse("f", "road", "1", "2018-02"), "date_before_commitment", "date", []string{"date=2018-02", "opened=2018-03-05"}},
		{"in the month to come", nil, disburse("f", "road", "1", "2020-07"), "date_in_future", "date", []string{"date=2020-07", "today=2020-06-15"}},
		{"in a closed year", []domain.Command{closed(2019)}, disburse("f", "road", "1", "2019-02"), "period_closed", "date", []string{"entry=e22", "year=2019"}},
		{"an id that is taken", []domain.Command{one}, one, "id_taken", "disbursement", []string{"id=d-1", "noun=disbursement"}},
		{"a project that shares the fund's currency only by name", nil, disburse("f", "road", "5 USD", "2018-06"), "currency_mismatch", "amount", nil},
	})
	t.Run("a refusal of what is unknown is of its kind", func(t *testing.T) {
		s := given(t, programme()...)
		s.when(disburse("f", "bridge", "1", "2018-06")).kind(domain.NotFound)
		s.when(disburse("f", "road", "5000", "2018-06")).kind(domain.Invalid)
		s.when(commit("f", "1", "2018-06")).kind(domain.Clash)
	})
}

func TestAVoucherIsPaidOnce(t *testing.T) {
	pay := func(payer domain.ID, voucher, date string) *domain.DisburseFunds {
		c := disburse("f", "road", "5", date)
		c.Payer, c.Voucher = payer, voucher
		return c
	}
	s := given(t, programme()...).and(pay("bureau", "A 7", "2018-12-31")) // e21
	s.when(pay("bureau", "ａ　7", "2018-06")).refused("voucher_used", "voucher", "voucher=ａ　7", "year=2018")
	s.and(pay("builder", "A 7", "2018-12-31"), pay("bureau", "A 7", "2019"), pay("", "A 7", "2018"), pay("bureau", "A 8", "2018"))
	late := reversal(21)
	late.Date = day("2019-03-01")
	s.and(late)
	s.when(pay("bureau", "A 7", "2019")).refused("voucher_used", "voucher", "voucher=A 7", "year=2019")
	s.and(pay("bureau", "A 7", "2018")) // free again in its own year
	s.when(pay("bureau", "A 7", "2018")).refused("voucher_used", "voucher", "voucher=A 7", "year=2018")
}
