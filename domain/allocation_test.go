package domain_test

import (
	"fmt"
	"slices"
	"testing"

	"aidledger/domain"
)

func TestMoneyIsAllocated(t *testing.T) {
	t.Run("to the places of the project by their shares", func(t *testing.T) {
		given(t, programme()...).when(allocate("f", "road", "0.03", "2018-05-02")).
			then(&domain.FundsAllocated{FundFacts: facts("f"), Evidence: on("2018-05-02"), Project: "road", Amount: cny(3), Places: inHalves(2, 1)})
	})
	t.Run("to a project without places, as far as nothing is left", func(t *testing.T) {
		s := given(t, programme()...)
		s.when(allocate("f", "school", "600", "2018-05-02")).
			then(&domain.FundsAllocated{FundFacts: facts("f"), Evidence: on("2018-05-02"), Project: "school", Amount: yuan(600)})
		s.when(allocate("f", "school", "0.01", "2018-05-02")).refused("insufficient_unallocated", "amount", "asked=0.01 CNY", "unallocated=0.00 CNY")
	})
	t.Run("out of a fund of receipts", func(t *testing.T) {
		f := facts("gift")
		f.OnReceipt = true
		given(t, programme()...).and(receive("gift", "5", "2018-05-02")).when(allocate("gift", "school", "5", "2018-05-02")).
			then(&domain.FundsAllocated{FundFacts: f, Evidence: on("2018-05-02"), Project: "school", Amount: yuan(5)})
	})
}

func TestAllocationsAreRefused(t *testing.T) {
	open := slices.Concat(programme(), []domain.Command{&domain.RegisterProject{Project: "idea", Name: "idea", Evidence: on("2018")}})
	dollars := allocate("f", "road", "1", "2018-05-02")
	dollars.Currency = "USD"
	refusals(t, open, []refusal{
		{"a fund that is unknown, before the project", nil, allocate("g", "bridge", "0", "2030"), "fund_not_found", "fund", []string{"id=g"}},
		{"a project that is unknown, before date and amount", nil, allocate("f", "bridge", "0", "2030"), "project_not_found", "project", []string{"id=bridge"}},
		{"a project that is a village", nil, allocate("f", east, "1", "2018-06"), "project_expected", "project", []string{"id=130732100201", "noun=place"}},
		{"before the fund was opened", nil, allocate("f", "road", "1", "2018-03-04"), "date_before_commitment", "date", []string{"date=2018-03-04", "opened=2018-03-05"}},
		{"tomorrow", nil, allocate("f", "road", "1", "2020-06-16"), "date_in_future", "date", []string{"date=2020-06-16", "today=2020-06-15"}},
		{"in another currency", nil, dollars, "currency_mismatch", "currency", []string{"expected=CNY", "given=USD"}},
		{"nothing", nil, allocate("f", "road", "0", "2018-06"), "amount_not_positive", "amount", []string{"amount=0.00 CNY"}},
		{"a project that is not approved", nil, allocate("f", "idea", "1", "2018-06"), "project_not_approved", "project", []string{"project=idea", "state=registered"}},
		{"a project that was cancelled", []domain.Command{&domain.CancelProject{ProjectStep: step("road", "2018-06")}}, allocate("f", "road", "1", "2018-06"),
			"wrong_state", "project", []string{"project=road", "state=cancelled"}},
		{"a project that was accepted", []domain.Command{&domain.StartProject{ProjectStep: step("road", "2018-06")}, &domain.AcceptProject{ProjectStep: step("road", "2018-06")}},
			allocate("f", "road", "1", "2018-06"), "wrong_state", "project", []string{"project=road", "state=accepted"}},
		{"more than is not allocated", nil, allocate("f", "road", "600.01", "2018-06"), "insufficient_unallocated", "amount",
			[]string{"asked=600.01 CNY", "unallocated=600.00 CNY"}},
		{"a fund with a pledge alone", []domain.Command{pledge("p", "100", "2018")}, allocate("p", "road", "1", "2018-06"), "insufficient_unallocated", "amount",
			[]string{"asked=1.00 CNY", "unallocated=0.00 CNY"}},
	})
}

func TestAllocationsAreMoved(t *testing.T) {
	t.Run("to another project", func(t *testing.T) {
		given(t, programme()...).when(reallocate("f", "road", "school", "0.03", "2018-06")).then(&domain.FundsReallocated{
			FundFacts: facts("f"), Evidence: on("2018-06"), From: "road", To: "school", Amount: cny(3), FromPlaces: inHalves(2, 1)})
	})
	t.Run("back to the fund, which may allocate it again", func(t *testing.T) {
		s := given(t, programme()...)
		s.when(reallocate("f", "road", "", "400", "2018-06")).then(&domain.FundsReallocated{
			FundFacts: facts("f"), Evidence: on("2018-06"), From: "road", Amount: yuan(400), FromPlaces: inHalves(20000, 20000)})
		s.and(allocate("f", "school", "1000", "2018-06"))
		if got := sums(s.events)[sumKey{domain.Allocated, "f", "road", east, "CNY"}]; got != 0 {
			t.Errorf("%d fen stay in the east", got)
		}
	})
	t.Run("away from a project that was cancelled", func(t *testing.T) {
		given(t, programme()...).and(&domain.CancelProject{ProjectStep: step("road", "2018-06")}, reallocate("f", "road", "school", "400", "2018-06"))
	})
}

func TestReallocationsAreRefused(t *testing.T) {
	refusals(t, programme(), []refusal{
		{"from a project that is unknown, before date and amount", nil, reallocate("f", "bridge", "road", "0", "2030"), "project_not_found", "from", []string{"id=bridge"}},
		{"to a project that is unknown, before date and amount", nil, reallocate("f", "road", "bridge", "0", "2030"), "project_not_found", "to", []string{"id=bridge"}},
		{"to the same project", nil, reallocate("f", "road", "road", "1", "2018-06"), "same_project", "to", nil},
		{"to a project that was cancelled", []domain.Command{&domain.CancelProject{ProjectStep: step("school", "2018-06")}}, reallocate("f", "road", "school", "1", "2018-06"),
			"wrong_state", "to", []string{"project=school", "state=cancelled"}},
		{"what was paid out", []domain.Command{disburse("f", "road", "300", "2018-06")}, reallocate("f", "road", "school", "100.01", "2018-06"),
			"insufficient_allocation", "amount", []string{"allocated=400.00 CNY", "asked=100.01 CNY", "disbursed=300.00 CNY"}},
		{"what was never given", nil, reallocate("f", "school", "road", "0.01", "2018-06"),
			"insufficient_allocation", "amount", []string{"allocated=0.00 CNY", "asked=0.01 CNY", "disbursed=0.00 CNY"}},
	})
}

func TestMoneyWaitsForPlaces(t *testing.T) {
	thirds := &domain.AssignPlaces{Project: "school", Evidence: on("2018-09"), Shares: []domain.PlaceShare{
		{Place: east, Percent: quantity("33.3")}, {Place: west, Percent: quantity("33.3")}, {Place: north, Percent: quantity("33.4")}}}
	waited := func(t *testing.T) *story {
		return given(t, programme()...).and(
			allocate("f", "school", "0.01", "2018-05-02"), // e21
			allocate("f", "school", "0.01", "2018-05-02"),
			allocate("f", "school", "100", "2018-05-03"),
			reallocate("f", "school", "road", "20", "2018-05-04"),
			disburse("f", "school", "70.01", "2018-06-01"), // e25
			spend("f", "school", "30", "2018-07-01"),
			giveBack("f", "school", "10", "2018-08-01"), // e27
			disburse("f", "school", "5", "2018-06-02"),
			reversal(28))
	}
	t.Run("and is divided by the shares once they are known", func(t *testing.T) {
		s := waited(t)
		before := sums(s.events)
		s.when(thirds).then(&domain.PlacesAssigned{Project: "school", Evidence: on("2018-09"), Shares: thirds.Shares, Settled: []domain.Waiting{
			{FundFacts: facts("f"), Stage: domain.Allocated, Amount: cny(1), Date: day("2018-05-02")},
			{FundFacts: facts("f"), Stage: domain.Allocated, Amount: cny(1), Date: day("2018-05-02")},
			{FundFacts: facts("f"), Stage: domain.Allocated, Amount: yuan(100), Date: day("2018-05-03")},
			{FundFacts: facts("f"), Stage: domain.Allocated, Amount: yuan(-20), Date: day("2018-05-04")},
			{FundFacts: facts("f"), Stage: domain.Disbursed, Amount: cny(7001), Date: day("2018-06-01")},
			{FundFacts: facts("f"), Stage: domain.Spent, Amount: yuan(30), Date: day("2018-07-01")},
			{FundFacts: facts("f"), Stage: domain.Returned, Amount: yuan(10), Date: day("2018-08-01")},
		}})
		after := sums(s.events)
		for stage, total := range map[domain.Stage]int64{domain.Allocated: 8002, domain.Disbursed: 7001, domain.Spent: 3000, domain.Returned: 1000} {
			if got := before[sumKey{stage, "f", "school", "", "CNY"}]; got != total {
				t.Errorf("%v: %d waited, want %d", stage, got, total)
			}
			parts := int64(0)
			for _, share := range thirds.Shares {
				got := after[sumKey{stage, "f", "school", share.Place, "CNY"}]
				if want := total / 3; got < want-3 || got > want+7 {
					t.Errorf("%v: %s has %d of %d", stage, share.Place, got, total)
				}
				parts += got
			}
			if left := after[sumKey{stage, "f", "school", "", "CNY"}]; left != 0 || parts != total {
				t.Errorf("%v: %d in places and %d in none, want %d", stage, parts, left, total)
			}
		}
		s.when(halves("school")).then(&domain.PlacesAssigned{Project: "school", Evidence: on("2018-02"), Shares: halves("school").Shares})
	})
	t.Run("however many amounts there are, in their order", func(t *testing.T) {
		s := waited(t)
		for n := range 150 {
			s.and(disburse("f", "school", fmt.Sprintf("0.%02d", 1+n%9), "2018-06-03"))
		}
		o := s.when(thirds)
		settled := o.events[0].(*domain.PlacesAssigned).Settled
		if len(settled) != 7+150 {
			t.Fatalf("%d amounts are divided, want 157", len(settled))
		}
		for n, w := range settled[7:] {
			if w.Amount.Minor != int64(1+n%9) {
				t.Fatalf("amount %d is %v", n, w.Amount)
			}
		}
	})
	t.Run("and is taken back from the places that got it, to the fen", func(t *testing.T) {
		s := waited(t).and(thirds, halves("school"), reversal(27), reversal(26), reversal(25), reversal(24), reversal(23), reversal(22), reversal(21))
		for k, minor := range sums(s.events) {
			if k.project == "school" {
				t.Errorf("%+v keeps %d", k, minor)
			}
		}
	})
}
