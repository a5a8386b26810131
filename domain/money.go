package domain

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
)

// Money is an exact amount: minor units of one currency, such as fen of CNY.
// It is negative in entries that take another one back (红字冲销).
type Money struct {
	Minor    int64
	Currency Currency
}

// MaxMinor is the ceiling of one amount and of any total in a ledger, in minor
// units: 2^53−1, the largest whole number that every reader of JSON keeps
// exactly. In CNY it is 90,071,992,547,409.91 yuan.
const MaxMinor = 1<<53 - 1

var powersOfTen = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// outOfRange tells whether an amount is beyond MaxMinor on either side.
func outOfRange(minor int64) bool {
	return minor > MaxMinor || minor < -MaxMinor
}

func tooLarge(amount string) *Refusal {
	return refuse("amount_too_large", "%s is more than a ledger can hold", amount).
		hint("keep amounts and totals within %d minor units", int64(MaxMinor)).
		with("limit_minor", int64(MaxMinor))
}

func mismatch(a, b Currency) *Refusal {
	return refuse("currency_mismatch", "amounts in %s and %s were combined", shown(string(a)), shown(string(b))).
		hint("use amounts of one currency; there is no conversion")
}

// appendDecimal appends value / 10^scale as decimal text, for scales up to 18.
func appendDecimal(b []byte, negative bool, value uint64, scale int) []byte {
	if negative {
		b = append(b, '-')
	}
	if scale == 0 {
		return strconv.AppendUint(b, value, 10)
	}
	unit := powersOfTen[scale]
	b = strconv.AppendUint(b, value/unit, 10)
	// One unit more writes a 1 and then all decimals, leading zeros included;
	// the point takes the place of the 1.
	point := len(b)
	b = strconv.AppendUint(b, unit+value%unit, 10)
	b[point] = '.'
	return b
}

// appendShortest is appendDecimal without zeros at the end of the decimals.
func appendShortest(b []byte, negative bool, value uint64, scale int) []byte {
	for scale > 0 && value%10 == 0 {
		value, scale = value/10, scale-1
	}
	return appendDecimal(b, negative, value, scale)
}

// magnitude returns the absolute value, right for the smallest int64 too.
func magnitude(minor int64) uint64 {
	if minor < 0 {
		return -uint64(minor)
	}
	return uint64(minor)
}

func (m Money) appendDecimal(b []byte) []byte {
	return appendDecimal(b, m.Minor < 0, magnitude(m.Minor), m.Currency.Exponent())
}

// String returns the canonical text: exactly the decimals of the currency, a
// space and the code, as in "37210000.00 CNY" or "-5 JPY".
func (m Money) String() string {
	b := m.appendDecimal(make([]byte, 0, 24))
	if m.Currency != "" {
		b = append(append(b, ' '), m.Currency...)
	}
	return string(b)
}

// AppendText appends the canonical text (see [Money.String]). It refuses, with
// currency_unknown and amount_too_large, what UnmarshalText would not read back.
func (m Money) AppendText(b []byte) ([]byte, error) {
	unit, ok := currencies[string(m.Currency)]
	if !ok {
		return b, unknownCurrency(string(m.Currency), string(m.Currency))
	}
	if outOfRange(m.Minor) {
		return b, tooLarge(m.String())
	}
	b = appendDecimal(b, m.Minor < 0, magnitude(m.Minor), unit.exponent)
	b = append(b, ' ')
	return append(b, m.Currency...), nil
}

// MarshalText returns the canonical text; see [Money.AppendText].
func (m Money) MarshalText() ([]byte, error) {
	return m.AppendText(make([]byte, 0, 24))
}

// UnmarshalText reads the canonical text and nothing else: it is for the log,
// where one amount has one text. What people write is for [ParseAmount]. It
// returns amount_format, currency_unknown or amount_too_large, and then leaves
// the amount as it was.
func (m *Money) UnmarshalText(text []byte) error {
	space := len(text) - len(" CNY")
	if space < 1 || text[space] != ' ' {
		return notCanonical(text)
	}
	unit, ok := currencies[string(text[space+1:])]
	if !ok {
		return unknownCurrency(string(text[space+1:]), "")
	}
	digits := text[:space]
	negative := digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	point := len(digits) // where the whole part ends
	if unit.exponent > 0 {
		point -= unit.exponent + 1
		if point < 1 || digits[point] != '.' {
			return notCanonical(text)
		}
	}
	if point < 1 || point > 1 && digits[0] == '0' {
		return notCanonical(text)
	}
	var value int64
	for i, d := range digits {
		if i == point {
			continue
		}
		if d < '0' || d > '9' {
			return notCanonical(text)
		}
		if value <= MaxMinor { // beyond it the value no longer matters
			value = value*10 + int64(d-'0')
		}
	}
	switch {
	case value > MaxMinor:
		return tooLarge(shown(string(text)))
	case negative && value == 0:
		return notCanonical(text)
	case negative:
		value = -value
	}
	m.Minor, m.Currency = value, unit.code
	return nil
}

func notCanonical(text []byte) *Refusal {
	return refuse("amount_format", "%s is not the canonical text of an amount", shown(string(text))).
		hint("write all decimals of the currency and its code, as in 37210000.00 CNY")
}

// Decimal returns the number alone, with all decimals of the currency, as in
// "37210000.00".
func (m Money) Decimal() string {
	return string(m.appendDecimal(make([]byte, 0, 24)))
}

// Grouped returns the number with commas between groups of three digits, as in
// "37,210,000.00".
func (m Money) Grouped() string {
	plain := m.appendDecimal(make([]byte, 0, 24))
	start := 0
	if m.Minor < 0 {
		start = 1
	}
	end := len(plain)
	if e := m.Currency.Exponent(); e > 0 {
		end -= e + 1
	}
	b := append(make([]byte, 0, 32), plain[:start]...)
	for i := start; i < end; i++ {
		if i > start && (end-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, plain[i])
	}
	return string(append(b, plain[end:]...))
}

// DisplayUnit is a unit in which an amount is shown to people. What is shown
// never feeds a sum.
type DisplayUnit uint8

// The display units of Chinese reports.
const (
	Yuan               DisplayUnit = iota // 元: one unit of the currency
	TenThousandYuan                       // 万元: 10^4 units
	HundredMillionYuan                    // 亿元: 10^8 units
)

// In returns the exact amount in a display unit without trailing zeros, as in
// "3721 万元" or "0.3721 亿元". Nothing is rounded. The unit of a currency other
// than CNY is followed by its code: "3721 万 USD".
func (m Money) In(unit DisplayUnit) string {
	scale, name := m.Currency.Exponent(), ""
	switch unit {
	case TenThousandYuan:
		scale, name = scale+4, "万"
	case HundredMillionYuan:
		scale, name = scale+8, "亿"
	}
	number := string(appendShortest(nil, m.Minor < 0, magnitude(m.Minor), scale))
	switch {
	case m.Currency == renminbi:
		return number + " " + name + "元"
	case name != "":
		number += " " + name
	}
	if m.Currency == "" {
		return number
	}
	return number + " " + string(m.Currency)
}

// Add returns the sum. It refuses amounts of two currencies with
// currency_mismatch and anything beyond MaxMinor with amount_too_large.
func (m Money) Add(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, mismatch(m.Currency, o.Currency)
	}
	// Two amounts within MaxMinor cannot overflow an int64.
	if outOfRange(m.Minor) || outOfRange(o.Minor) || outOfRange(m.Minor+o.Minor) {
		return Money{}, tooLarge("the sum of " + m.String() + " and " + o.String())
	}
	return Money{m.Minor + o.Minor, m.Currency}, nil
}

// Sub returns the difference; it refuses what [Money.Add] refuses.
func (m Money) Sub(o Money) (Money, error) {
	return m.Add(o.Neg())
}

// Neg returns the amount with the other sign.
func (m Money) Neg() Money {
	return Money{-m.Minor, m.Currency}
}

// IsZero tells whether the amount is nothing, in whatever currency. A JSON field
// with the option omitzero therefore loses the currency of a zero.
func (m Money) IsZero() bool { return m.Minor == 0 }

// Cmp returns -1, 0 or 1 as the amount is less than, equal to or more than the
// other one. It refuses amounts of two currencies with currency_mismatch.
func (m Money) Cmp(o Money) (int, error) {
	if m.Currency != o.Currency {
		return 0, mismatch(m.Currency, o.Currency)
	}
	return cmp.Compare(m.Minor, o.Minor), nil
}

// Split divides the amount in proportion to the weights, exactly: the parts add
// up to the whole to the minor unit, and each is less than one minor unit away
// from its exact share. Minor units that are left over go to the parts with the
// largest remainders, the earlier one first where two are equal. A part with
// weight 0 is 0, and the parts of a negative amount are the negatives of those
// of the positive one, so a reversal takes back exactly what was given.
//
// Weights must be 0 or more, and their sum must be positive and fit an int64;
// Split panics otherwise, since no division would then conserve the amount.
func (m Money) Split(weights []int64) []Money {
	var total uint64
	for _, w := range weights {
		total += uint64(w)
		if w < 0 || total > 1<<63-1 {
			panic("domain: Split needs weights of 0 or more with a sum that fits an int64")
		}
	}
	if total == 0 {
		panic("domain: Split needs a positive sum of weights")
	}
	whole := magnitude(m.Minor)
	left := whole
	parts := make([]Money, len(weights))
	remainders := make([]uint64, len(weights))
	order := make([]int, len(weights))
	for i, w := range weights {
		hi, lo := bits.Mul64(whole, uint64(w))
		share, remainder := bits.Div64(hi, lo, total) // w <= total, so hi < total
		parts[i] = Money{int64(share), m.Currency}
		remainders[i], order[i] = remainder, i
		left -= share
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(remainders[b], remainders[a])
	})
	for _, i := range order[:left] { // left is less than the number of remainders above 0
		parts[i].Minor++
	}
	if m.Minor < 0 {
		for i := range parts {
			parts[i] = parts[i].Neg()
		}
	}
	return parts
}
