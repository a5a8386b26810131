package domain_test

import (
	"testing"

	"aidledger/domain"
)

func computers(count, value string) *domain.ReceiveGift {
	c := &domain.ReceiveGift{Gift: "pcs", Donor: "haidian", Item: "computers", Quantity: quantity(count), Unit: "台", Evidence: on("2018-05")}
	if value != "" {
		c.Value, c.Method = amount(value), "invoice"
	}
	return c
}

func valued(value string) *domain.ValueGift {
	return &domain.ValueGift{Gift: "pcs", Value: amount(value), Method: "appraisal", Evidence: on("2018-06")}
}

func handOut(count string) *domain.DistributeGift {
	return &domain.DistributeGift{Gift: "pcs", Quantity: quantity(count), Place: east, Evidence: on("2018-07")}
}

// handedOut is the value of each of the distributions so far.
func handedOut(s *story) []int64 {
	var all []int64
	for _, e := range s.events {
		if d, ok := e.(*domain.GiftDistributed); ok {
			all = append(all, d.Value.Minor)
		}
	}
	return all
}

func TestGiftsAreReceived(t *testing.T) {
	t.Run("with a value and its method", func(t *testing.T) {
		c := computers("10", "3000")
		c.Approximate = true
		s := given(t, opened()...)
		s.when(c).then(&domain.GiftReceived{Evidence: on("2018-05"), Gift: "pcs", Donor: "haidian", Item: "computers", Quantity: quantity("10"), Unit: "台",
			Value: yuan(3000), Method: "invoice", Approximate: true})
		if got := sums(s.events)[sumKey{domain.InKind, "pcs", "", "", "CNY"}]; got != 300000 {
			t.Errorf("in kind are %d fen", got)
		}
	})
	t.Run("without a value, which is not a value of 0", func(t *testing.T) {
		s := given(t, opened()...)
		s.when(computers("10", "")).then(&domain.GiftReceived{Evidence: on("2018-05"), Gift: "pcs", Donor: "haidian", Item: "computers", Quantity: quantity("10"), Unit: "台"})
		s.and(handOut("4"))
		if got := domain.Movements(s.events[len(s.events)-1]); len(got) > 0 || len(sums(s.events)) > 0 {
			t.Errorf("goods without a value moved %+v", got)
		}
	})
	methodless := computers("1", "5")
	methodless.Method = ""
	unitless, dollars, stranger := computers("1", ""), computers("1", "5 USD"), computers("0", "")
	unitless.Unit, dollars.Currency, stranger.Donor = "", "CNY", "nobody"
	refusals(t, append(opened(), approvedProject("road")...), []refusal{
		{"an id that is taken", []domain.Command{computers("1", "")}, computers("1", ""), "id_taken", "gift", []string{"id=pcs", "noun=gift"}},
		{"an id that is taken, although that gift was taken back", []domain.Command{computers("1", ""), reversal(14)}, computers("1", ""), "id_taken", "gift", []string{"id=pcs", "noun=gift"}},
		{"a donor that is unknown, before the quantity", nil, stranger, "organisation_not_found", "donor", []string{"id=nobody"}},
		{"no goods", nil, computers("0", ""), "quantity_not_positive", "quantity", []string{"quantity=0"}},
		{"less than no goods", nil, computers("-5", ""), "quantity_not_positive", "quantity", []string{"quantity=-5"}},
		{"no unit", nil, unitless, "unit_required", "unit", nil},
		{"a value without its method", nil, methodless, "field_required", "method", nil},
		{"a value below nothing", nil, computers("1", "-5"), "amount_not_positive", "value", []string{"amount=-5.00 CNY"}},
		{"a value of nothing that names its currency", nil, computers("1", "0 CNY"), "amount_not_positive", "value", []string{"amount=0.00 CNY"}},
		{"a value finer than a fen", nil, computers("1", "0.001"), "amount_precision", "value", nil},
		{"a value in two currencies", nil, dollars, "currency_mismatch", "value", nil},
	})
}

func TestGiftsAreValued(t *testing.T) {
	s := given(t, opened()...).and(computers("10", "3000"))
	s.when(valued("2500")).then(&domain.GiftValued{Evidence: on("2018-06"), Gift: "pcs", Donor: "haidian", Value: yuan(2500), Change: yuan(-500), Method: "appraisal"})
	s.when(valued("2500")).nothing()
	better := valued("2500")
	better.Method = "invoice"
	event := &domain.GiftValued{Evidence: on("2018-06"), Gift: "pcs", Donor: "haidian", Value: yuan(2500), Change: yuan(0), Method: "invoice"}
	s.when(better).then(event)
	if got := domain.Movements(event); len(got) > 0 {
		t.Errorf("the same value moves %+v", got)
	}
	s.when(better).nothing()
	if got := sums(s.events)[sumKey{domain.InKind, "pcs", "", "", "CNY"}]; got != 250000 {
		t.Errorf("in kind are %d fen", got)
	}
	t.Run("anew, in any currency, after the valuation was taken back", func(t *testing.T) {
		s := given(t, opened()...).and(computers("10", ""), valued("5"), reversal(12))
		s.when(valued("5 USD")).then(&domain.GiftValued{Evidence: on("2018-06"), Gift: "pcs", Donor: "haidian", Value: domain.Money{Minor: 500, Currency: "USD"},
			Change: domain.Money{Minor: 500, Currency: "USD"}, Method: "appraisal"})
	})
	dollars := valued("5")
	dollars.Currency = "USD"
	lost := valued("0")
	lost.Gift = "lost"
	refusals(t, append(opened(), computers("10", "3000")), []refusal{
		{"a gift that is unknown, before its value", nil, lost, "gift_not_found", "gift", []string{"id=lost"}},
		{"in another currency than before", nil, dollars, "currency_mismatch", "currency", []string{"expected=CNY", "given=USD"}},
		{"at nothing", nil, valued("0"), "amount_not_positive", "value", []string{"amount=0.00 CNY"}},
		{"what was handed out", []domain.Command{handOut("1")}, valued("5"), "gift_distributed", "gift", []string{"distributed=1"}},
		{"what was taken back", []domain.Command{reversal(11)}, valued("5"), "wrong_state", "gift", []string{"gift=pcs"}},
	})
}

func TestGiftsAreHandedOut(t *testing.T) {
	t.Run("with their part of the value, the last unit with what is left", func(t *testing.T) {
		s := given(t, opened()...).and(computers("7", "10"))
		c := handOut("1")
		c.Receiver = "bureau"
		s.when(c).then(&domain.GiftDistributed{Evidence: on("2018-07"), Gift: "pcs", Donor: "haidian", Quantity: quantity("1"), Value: cny(142), Place: east, Receiver: "bureau"})
		s.and(handOut("2.5"), handOut("3.499999"), handOut("0.000001"))
		if got := sums(s.events)[sumKey{domain.Distributed, "pcs", "", east, "CNY"}]; got != 1000 {
			t.Errorf("%d fen of 1000 were handed out: %d", got, handedOut(s))
		}
		s.when(handOut("0.000001")).refused("insufficient_gift", "quantity", "asked=0.000001", "held=0")
	})
	t.Run("never with less than no value after a reversal", func(t *testing.T) {
		s := given(t, opened()...).and(computers("3", "0.01"), handOut("1"), handOut("1"), handOut("1"), reversal(12), reversal(13), handOut("1"), handOut("1"))
		for _, minor := range handedOut(s)[5:] {
			if minor < 0 {
				t.Errorf("they carry %d fen", handedOut(s))
			}
		}
		if got := sums(s.events)[sumKey{domain.Distributed, "pcs", "", east, "CNY"}]; got != 1 {
			t.Errorf("%d fen were handed out", got)
		}
	})
	t.Run("with a very large value, exactly", func(t *testing.T) {
		s := given(t, opened()...).and(computers("9000000000000", "90071992547409.91"), handOut("8999999999999.999999"), handOut("0.000001"))
		if got := sums(s.events)[sumKey{domain.Distributed, "pcs", "", east, "CNY"}]; got != domain.MaxMinor {
			t.Errorf("%d fen were handed out", got)
		}
	})
	lost, nobody, place, project, receiver := handOut("0"), handOut("1"), handOut("0"), handOut("0"), handOut("0")
	lost.Gift, nobody.Place, place.Place, project.Project, receiver.Receiver = "lost", "", "nowhere", "bridge", "stranger"
	refusals(t, append(opened(), computers("10", "3000")), []refusal{
		{"a gift that is unknown", nil, lost, "gift_not_found", "gift", []string{"id=lost"}},
		{"to nobody", nil, nobody, "field_required", "place", nil},
		{"to a place that is unknown, before the quantity", nil, place, "place_not_found", "place", []string{"id=nowhere"}},
		{"in a project that is unknown, before the quantity", nil, project, "project_not_found", "project", []string{"id=bridge"}},
		{"to a receiver that is unknown, before the quantity", nil, receiver, "organisation_not_found", "receiver", []string{"id=stranger"}},
		{"nothing", nil, handOut("0"), "quantity_not_positive", "quantity", []string{"quantity=0"}},
		{"less than nothing", nil, handOut("-1"), "quantity_not_positive", "quantity", []string{"quantity=-1"}},
		{"more than is left", []domain.Command{handOut("4")}, handOut("6.000001"), "insufficient_gift", "quantity", []string{"asked=6.000001", "held=6"}},
		{"what was taken back", []domain.Command{reversal(11)}, handOut("1"), "insufficient_gift", "quantity", []string{"asked=1", "held=0"}},
	})
}
