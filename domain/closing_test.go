package domain_test

import (
	"testing"

	"aidledger/domain"
)

func closed(year int) *domain.CloseYear {
	return &domain.CloseYear{Year: year, Evidence: on("2020-01")}
}

func TestCashIsCarriedOver(t *testing.T) {
	next := commit("g", "100", "2019-01-01")
	next.BudgetYear = 2019
	to := domain.FundFacts{Fund: "g", Provider: "haidian", BudgetYear: 2019}
	t.Run("and can be allocated in the other fund, once", func(t *testing.T) {
		s := given(t, programme()...).and(next)
		event := &domain.FundsCarriedOver{FundFacts: facts("f"), To: to, Evidence: on("2019-01-02"), Amount: yuan(600)}
		s.when(carry("f", "g", "600", "2019-01-02")).then(event)
		moved := domain.Movements(event)
		if len(moved) != 2 || moved[0].Stage != domain.CarriedOut || moved[0].Fund != "f" || moved[1].Stage != domain.CarriedIn || moved[1].Fund != "g" || moved[1].BudgetYear != 2019 {
			t.Errorf("the movements are %+v", moved)
		}
		s.when(allocate("f", "road", "0.01", "2019-02")).refused("insufficient_unallocated", "amount", "asked=0.01 CNY", "unallocated=0.00 CNY")
		s.when(carry("f", "g", "0.01", "2019-02")).refused("insufficient_funds", "amount", "asked=0.01 CNY", "cash=0.00 CNY")
		s.when(allocate("g", "road", "700.01", "2019-02")).refused("insufficient_unallocated", "amount", "asked=700.01 CNY", "unallocated=700.00 CNY")
		s.and(allocate("g", "road", "700", "2019-02"), disburse("g", "road", "600", "2019-02"))
		s.when(disburse("g", "road", "0.01", "2019-02")).refused("insufficient_funds", "amount", "asked=0.01 CNY", "cash=0.00 CNY", "received=0.00 CNY")
	})
	t.Run("there and back, without becoming more", func(t *testing.T) {
		s := given(t, programme()...).and(next, carry("f", "g", "600", "2019-01-02"), carry("g", "f", "600", "2019-01-03"))
		s.when(allocate("f", "road", "600.01", "2019-02")).refused("insufficient_unallocated", "amount", "asked=600.01 CNY", "unallocated=600.00 CNY")
		s.when(allocate("g", "road", "100.01", "2019-02")).refused("insufficient_unallocated", "amount", "asked=100.01 CNY", "unallocated=100.00 CNY")
	})
	t.Run("even what is allocated, which then waits for cash", func(t *testing.T) {
		s := given(t, programme()...).and(next, allocate("f", "road", "600", "2018-06"), carry("f", "g", "600", "2019-01-02"))
		s.when(allocate("f", "road", "0.01", "2019-02")).refused("insufficient_unallocated", "amount", "asked=0.01 CNY", "unallocated=0.00 CNY")
		s.when(disburse("f", "road", "0.01", "2019-02")).refused("insufficient_funds", "amount", "asked=0.01 CNY", "cash=0.00 CNY", "received=600.00 CNY")
		s.and(reallocate("f", "road", "", "1", "2019-02"), receive("f", "400", "2019-02"), disburse("f", "road", "400", "2019-02"), reversal(s.told))
	})
	dollars := receive("usd", "5 USD", "2018")
	refusals(t, append(programme(), next, dollars), []refusal{
		{"to a fund that is unknown, before date and amount", nil, carry("f", "h", "0", "2030"), "fund_not_found", "to", []string{"id=h"}},
		{"to the same fund", nil, carry("f", "f", "1", "2019"), "same_fund", "to", nil},
		{"to a fund in another currency", nil, carry("f", "usd", "1", "2019"), "currency_mismatch", "to", []string{"expected=CNY", "given=USD"}},
		{"to a fund that is closed", []domain.Command{commit("h", "1", "2019"), reduce("h", "1", "2019"), &domain.CloseFund{Fund: "h", Evidence: on("2019")}},
			carry("f", "h", "1", "2019"), "fund_closed", "to", []string{"fund=h"}},
		{"more than it holds", nil, carry("f", "g", "600.01", "2019"), "insufficient_funds", "amount", []string{"asked=600.01 CNY", "cash=600.00 CNY"}},
	})
}

func TestAFundIsClosed(t *testing.T) {
	end := func(fund domain.ID, date string) *domain.CloseFund {
		return &domain.CloseFund{Fund: fund, Evidence: on(date)}
	}
	s := given(t, programme()...)
	s.when(end("f", "2018-03-04")).refused("date_before_commitment", "date", "date=2018-03-04", "opened=2018-03-05")
	s.when(end("f", "2019")).refused("open_items", "fund", "cash=600.00 CNY", "due=400.00 CNY", "unspent=0.00 CNY")
	s.and(disburse("f", "road", "400", "2018-06"), spend("f", "road", "300", "2018-06"))
	s.when(end("f", "2019")).refused("open_items", "fund", "cash=200.00 CNY", "due=400.00 CNY", "unspent=100.00 CNY")
	s.and(giveBack("f", "road", "100", "2018-07"), giveBack("f", "", "300", "2018-08"))
	s.when(end("f", "2019")).refused("open_items", "fund", "cash=0.00 CNY", "due=400.00 CNY", "unspent=0.00 CNY")
	s.and(reduce("f", "400", "2018-09"))
	s.when(end("f", "2019")).then(&domain.FundClosed{FundFacts: facts("f"), Evidence: on("2019")})
	for name, c := range map[string]domain.Command{
		"closing": end("f", "2019"), "a receipt": receive("f", "1", "2019"), "an increase": increase("f", "1", "2019"), "a reduction": reduce("f", "1", "2019"),
		"an allocation": allocate("f", "road", "1", "2019"), "a payment": disburse("f", "road", "1", "2019"), "spending": spend("f", "road", "1", "2019"),
		"a return": giveBack("f", "", "1", "2019"), "lapsing": &domain.LapsePledge{Fund: "f", Evidence: on("2019")}, "a commitment": commit("f", "1", "2019"),
		"a reallocation": reallocate("f", "road", "school", "1", "2019"),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.when(c).refused("fund_closed", "fund", "fund=f")
		})
	}
	s.t = t
	s.when(reversal(22)).refused("fund_closed", "entry")
	s.when(end("g", "2030")).refused("fund_not_found", "fund", "id=g")
	for name, c := range map[string]struct {
		given  []domain.Command
		detail []string
	}{
		"cash":              {nil, []string{"cash=5.00 CNY", "due=0.00 CNY", "unspent=0.00 CNY"}},
		"what is due":       {[]domain.Command{increase("one", "1", "2018"), giveBack("one", "", "5", "2018")}, []string{"cash=0.00 CNY", "due=1.00 CNY", "unspent=0.00 CNY"}},
		"what is not spent": {[]domain.Command{allocate("one", "road", "5", "2018"), disburse("one", "road", "5", "2018")}, []string{"cash=0.00 CNY", "due=0.00 CNY", "unspent=5.00 CNY"}},
	} {
		t.Run("not with "+name, func(t *testing.T) {
			given(t, programme()...).and(commit("one", "5", "2018"), receive("one", "5", "2018")).and(c.given...).
				when(end("one", "2019")).refused("open_items", "fund", c.detail...)
		})
	}
	t.Run("although more was received than committed", func(t *testing.T) {
		given(t, opened()...).and(commit("f", "1", "2018"), receive("f", "2", "2018"), giveBack("f", "", "2", "2018"), end("f", "2019"))
	})
	t.Run("of receipts, which owe nothing", func(t *testing.T) {
		given(t, opened()...).and(receive("f", "2", "2018"), giveBack("f", "", "2", "2018"), end("f", "2019"))
	})
}

func TestAYearIsClosed(t *testing.T) {
	s := given(t, programme()...)
	s.when(&domain.CloseYear{Year: 2020}).refused("year_not_over", "year", "today=2020-06-15")
	s.when(&domain.CloseYear{Year: 2021}).refused("year_not_over", "year", "today=2020-06-15")
	s.when(&domain.CloseYear{Year: 1948}).refused("year_range", "year", "year=1948")
	s.when(&domain.CloseYear{Year: -5}).refused("year_range", "year", "year=-5")
	s.and(receive("other", "1", "2018-05"))
	s.when(closed(2018)).refused("open_items", "year", "funds=f other")
	s.and(ask("r1", "1"), ask("r2", "1"), ask("r3", "1")).as("wang")
	s.and(s.approve("r1"), s.approve("r2"), payFor("r2", "1"))
	s.when(closed(2018)).refused("open_items", "year", "funds=f other", "unapproved=r3", "unpaid=r1")
	s.and(reject("r3")).as("li").and(withdraw("r1"), giveBack("f", "road", "1", "2018-06"))
	s.when(closed(2017)).then(&domain.YearClosed{Evidence: on("2020-01"), Year: 2017})
	s.when(closed(2017)).nothing()
	for _, date := range []string{"2017", "2017-12", "2017-12-31"} {
		s.when(receive("other", "1", date)).refused("period_closed", "date", "entry=e33", "year=2017")
	}
	s.and(receive("late", "1", "2016-12-31")) // a year before it may still be open
	s.and(giveBack("other", "", "1", "2018-06"), giveBack("f", "", "600", "2018-06"), closed(2018))
	s.when(receive("other", "1", "2018-07")).refused("period_closed", "date", "entry=e37", "year=2018")
	s.when(receive("f", "1", "2019-01-01")).then(&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2019-01-01"), Amount: yuan(1)})
}

func TestPlacesOfAClosedYearMayStillBeAssigned(t *testing.T) {
	s := given(t, programme()...).and(allocate("f", "school", "100", "2018-06"), giveBack("f", "", "600", "2018-07"), closed(2018))
	c := halves("school")
	c.Date = day("2019-02")
	s.and(c)
	all := sums(s.events)
	if e, w := all[sumKey{domain.Allocated, "f", "school", east, "CNY"}], all[sumKey{domain.Allocated, "f", "school", west, "CNY"}]; e != 5000 || w != 5000 {
		t.Errorf("east has %d and west %d", e, w)
	}
}
