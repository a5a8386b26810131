package web

import (
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// Grouped writes an amount of an answer for people: 37,210,000.00, with 约
// before it where it is approximate, and unknown where it is nil.
func Grouped(text *string, c domain.Currency, approximate bool, unknown string) string {
	if text == nil {
		return unknown
	}
	shown := *text
	m, err := MoneyOf(*text, c)
	if err == nil {
		shown = m.Grouped()
	}
	if approximate && !m.IsZero() {
		return "约 " + shown
	}
	return shown
}

// MoneyOf reads an amount of an answer: decimal text of a currency.
func MoneyOf(decimal string, c domain.Currency) (m domain.Money, err error) {
	text := append(append(make([]byte, 0, 32), decimal...), ' ')
	err = m.UnmarshalText(append(text, c...))
	return m, err
}

// IsApproximate tells whether an approximate amount is counted in a column of
// totals, which is named as in JSON.
func IsApproximate(t projections.TotalsSum, column string) bool {
	stages := []string{strings.ReplaceAll(column, "_", "-")}
	if column == "funding" {
		stages = []string{"committed", "recognised", "in-kind"}
	}
	return slices.ContainsFunc(t.Approximate, func(s string) bool {
		return slices.Contains(stages, strings.ReplaceAll(s, "_", "-"))
	})
}
