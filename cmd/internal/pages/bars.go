package pages

import (
	"math/big"

	"aidledger/domain"
)

// bars is a picture of amounts as bars that start at 0. The numbers stand
// beside the bars, and in the table beneath.
type bars struct {
	Title  string
	Series []string // what is compared in each group
	Groups []barGroup
}

type barGroup struct {
	Label string
	Bars  []bar
}

// bar is one amount. Width is in thousandths of the longest one.
type bar struct {
	Series   int
	Label    string
	Value    cell
	Width    int64
	minor    int64
	currency domain.Currency
}

func newBars(title string, series ...string) *bars { return &bars{Title: title, Series: series} }

func (b *bars) group(label string) int {
	b.Groups = append(b.Groups, barGroup{Label: label})
	return len(b.Groups) - 1
}

func (b *bars) add(group, series int, decimal *string, c domain.Currency, value cell) {
	n, _ := minor(decimal, c)
	g := &b.Groups[group]
	g.Bars = append(g.Bars, bar{Series: series, Label: b.Series[series], Value: value, minor: n, currency: c})
}

// scale gives every bar its width. Each currency has a scale of its own: their
// amounts cannot be compared.
func (b *bars) scale() {
	longest := map[domain.Currency]int64{}
	for _, g := range b.Groups {
		for _, bar := range g.Bars {
			longest[bar.currency] = max(longest[bar.currency], bar.minor)
		}
	}
	for _, g := range b.Groups {
		for i := range g.Bars {
			bar := &g.Bars[i]
			bar.Width = share(bar.minor, longest[bar.currency], 1000)
		}
	}
}

// share returns n of whole in parts, at least 1 for what is more than nothing.
func share(n, whole, parts int64) int64 {
	if n <= 0 || whole <= 0 {
		return 0
	}
	wide := new(big.Int).Mul(big.NewInt(n), big.NewInt(parts))
	return max(1, wide.Div(wide, big.NewInt(whole)).Int64())
}
