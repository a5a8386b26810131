package iati

import (
	"strings"

	"aidledger/domain"
)

// amountOf reads a value of XML. Beside what a person may write it takes what
// the type decimal of XML Schema allows, such as .5 and 007. An amount with
// more decimals than fit is cut in a way that rounds as the whole would, and
// comes with its text.
func amountOf(text string, c domain.Currency) (a domain.Amount, source string, err error) {
	plain := strings.TrimSpace(text)
	digits, negative := strings.CutPrefix(plain, "-")
	digits = strings.TrimPrefix(digits, "+")
	whole, fraction, _ := strings.Cut(digits, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		a, err = domain.ParseAmountStrict(plain) // with commas, or not a number
		return a, "", err
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if room := c.Exponent() + 1; len(fraction) > room+1 {
		// What lies behind decides only whether a half is more than a half.
		fraction, source = fraction[:room]+"1", plain
	}
	number := whole
	if fraction != "" {
		number += "." + fraction
	}
	if negative {
		number = "-" + number
	}
	a, err = domain.ParseAmountStrict(number)
	return a, source, err
}

// percentOf reads a percentage, rounded to the six decimals that a ledger keeps.
func percentOf(text string) (domain.Quantity, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "%")
	if i := strings.IndexByte(text, '.'); i >= 0 {
		const decimals = 6
		text = strings.TrimSuffix(text[:min(len(text), i+1+decimals)], ".")
		if strings.HasPrefix(text, ".") {
			text = "0" + text
		}
	}
	q, err := domain.ParseQuantity(strings.TrimSpace(text))
	return q, err == nil
}
