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
	var m domain.Money
	if err := m.UnmarshalText([]byte(*text + " " + string(c))); err == nil {
		shown = m.Grouped()
	}
	if approximate && !m.IsZero() {
		return "约 " + shown
	}
	return shown
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
