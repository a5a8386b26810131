package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestNoTotalIsMoreThanALedgerHolds(t *testing.T) {
	const most, limit = "90071992547409.91", "limit=90071992547409.91 CNY"
	over := func(total string) []string { return []string{"total=" + total + " CNY", limit} }
	full := []domain.Command{commit("f", most, "2018")}
	refusals(t, opened(), []refusal{
		{"raised", full, increase("f", "0.01", "2018"), "amount_too_large", "amount", over("90071992547409.92")},
		{"raised twice", []domain.Command{commit("f", "1", "2018"), increase("f", "90071992547408.90", "2018")}, increase("f", "0.02", "2018"),
			"amount_too_large", "amount", over("90071992547409.92")},
		{"raised by as much again", full, increase("f", most, "2018"), "amount_too_large", "amount", over("180143985094819.82")},
		{"in two funds together", full, commit("g", "1", "2018"), "amount_too_large", "amount", over("90071992547410.91")},
		{"pledged in two funds together", []domain.Command{pledge("f", most, "2018")}, pledge("g", "0.01", "2018"), "amount_too_large", "amount", over("90071992547409.92")},
		{"received in two funds together", []domain.Command{receive("f", most, "2018")}, receive("g", "0.01", "2018"), "amount_too_large", "amount", over("90071992547409.92")},
		{"received in one fund", []domain.Command{commit("f", "1", "2018"), receive("f", most, "2018")}, receive("f", "0.01", "2018"),
			"amount_too_large", "amount", over("90071992547409.92")},
		{"committed and received", full, receive("g", "0.01", "2018"), "amount_too_large", "amount", over("90071992547409.92")},
		{"committed and given in kind", full, computers("1", "0.01"), "amount_too_large", "value", over("90071992547409.92")},
		{"valued", []domain.Command{commit("f", "90071992547404.91", "2018"), computers("1", "5")}, valued("5.01"), "amount_too_large", "value", over("90071992547409.92")},
		{"restored by a reversal", []domain.Command{full[0], reduce("f", "100", "2018"), increase("f", "100", "2018")}, reversal(12),
			"amount_too_large", "entry", over("90071992547509.91")},
	})
	t.Run("although reductions and returns make room", func(t *testing.T) {
		s := given(t, opened()...).and(full...).and(reduce("f", "0.01", "2018"), receive("g", "0.01", "2018"), reversal(12+1))
		s.and(increase("f", "0.01", "2018"))
	})
	t.Run("and currencies do not take each other's room", func(t *testing.T) {
		given(t, opened()...).and(full...).and(receive("yen", "9007199254740991 JPY", "2018"), receive("usd", most+" USD", "2018"))
	})
	t.Run("not even when the same cash goes round for ever", func(t *testing.T) {
		s := given(t, opened()...).and(commit("f", "0.01", "2018"), commit("g", "0.01", "2018"), receive("f", most, "2018"), carry("f", "g", most, "2018"))
		s.when(carry("g", "f", "0.01", "2018")).refused("amount_too_large", "amount", over("90071992547409.92")...)
	})
}
