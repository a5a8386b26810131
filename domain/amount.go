package domain

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode"
)

// Amount is a decimal number as somebody wrote it, before its currency is
// known, together with the currency where the text named one. It is exact, and
// it has one form per value: 1.10 and 1.1 are equal with ==, and -0 is 0.
// The zero Amount is 0 without a currency.
type Amount struct {
	mantissa uint64 // the value is mantissa / 10^scale
	scale    uint8
	negative bool
	currency Currency
}

const (
	wholeDigitsMax       = 16 // MaxMinor of a currency without decimals has 16
	fractionDigitsMax    = 10 // no currency has more than 4
	significantDigitsMax = 19 // what a uint64 always holds
)

// ParseAmount reads an amount that a person wrote: 37210000, 37,210,000.00,
// 3721万, 3721万元, 0.3721亿, ¥100 and 100 CNY, with full-width digits and signs
// and with spaces around it (no-break and ideographic ones too). A leading "-"
// or parentheses around the whole make it negative; whether an amount may be
// negative is for the rules. ¥ and 元 stand for CNY.
//
// Anything else is refused and never read in part: with amount_format where the
// text is no such number (malformed grouping, exponents, capital numerals,
// digits of other scripts, a missing digit on either side of the point),
// currency_unknown, amount_too_large beyond 16 digits before the point, or
// amount_precision when more decimals are written than any currency has.
func ParseAmount(text string) (Amount, error) {
	a, _, err := parseAmount(text)
	return a, err
}

// ParseAmountStrict reads an amount from JSON or from a file. It is ParseAmount,
// except that 万 or 亿 without a currency (3721万) is refused with
// amount_unit_ambiguous: in a column of 万元 it could mean 3721万 times 万元.
func ParseAmountStrict(text string) (Amount, error) {
	a, unit, err := parseAmount(text)
	if err != nil {
		return Amount{}, err
	}
	if unit != "" && a.currency == "" {
		return Amount{}, refuse("amount_unit_ambiguous", "%s does not say %s of what", shown(text), unit).
			hint("write %s or %s%s元", a.spelledOut(), a.in(unit), unit)
	}
	return a, nil
}

// parseAmount also returns the unit that was written: 万, 亿 or nothing.
func parseAmount(text string) (a Amount, unit string, err error) {
	malformed := func() (Amount, string, error) { return Amount{}, "", notAnAmount(text) }
	rest := trimSpace(foldWidth(text))
	if inner, ok := strings.CutPrefix(rest, "("); ok {
		if inner, ok = strings.CutSuffix(inner, ")"); !ok {
			return malformed()
		}
		rest, a.negative = trimSpace(inner), true
	}
	signed := a.negative
	cutSign := func() {
		if after, ok := strings.CutPrefix(rest, "-"); ok && !signed {
			rest, a.negative, signed = after, true, true
		}
	}
	cutSign()
	var named Currency
	if rest, named, err = cutMarker(rest); err != nil {
		return Amount{}, "", err
	}
	cutSign()
	digits, scale, rest, ok := cutNumber(rest)
	if !ok {
		return malformed()
	}
	rest = trimSpace(rest)
	switch {
	case strings.HasPrefix(rest, "万"):
		unit, scale = "万", scale-4
	case strings.HasPrefix(rest, "亿"):
		unit, scale = "亿", scale-8
	}
	switch after := trimSpace(rest[len(unit):]); {
	case after == "元":
		a.currency = renminbi
	case isLetters(after, 3):
		if a.currency, err = ParseCurrency(after); err != nil {
			return Amount{}, "", err
		}
	case after != "":
		return malformed()
	}
	if named != "" && a.currency != "" && named != a.currency {
		return malformed()
	}
	if a.currency == "" {
		a.currency = named
	}
	if err := a.setDigits(text, digits, scale); err != nil {
		return Amount{}, "", err
	}
	return a, unit, nil
}

// cutMarker takes a currency off the front: ¥, or the three letters of a code
// with a number or a sign after them.
func cutMarker(s string) (rest string, c Currency, err error) {
	if after, ok := strings.CutPrefix(s, "¥"); ok {
		return trimSpace(after), renminbi, nil
	}
	if len(s) <= 3 || !isLetters(s[:3], 3) {
		return s, "", nil
	}
	after := trimSpace(s[3:])
	if after == "" || !strings.Contains("-0123456789", after[:1]) {
		return s, "", nil
	}
	c, err = ParseCurrency(s[:3])
	return after, c, err
}

func isLetters(s string, n int) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(s) == n
}

// cutNumber takes a plain decimal number off the front. It returns its digits
// without point and commas, and how many of them are decimals.
func cutNumber(s string) (digits string, scale int, rest string, ok bool) {
	end := len(s) - len(strings.TrimLeft(s, "0123456789,."))
	number, rest := s[:end], s[end:]
	whole, fraction, pointed := strings.Cut(number, ".")
	if pointed && fraction == "" || strings.ContainsAny(fraction, ".,") {
		return "", 0, "", false
	}
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if g == "" || len(groups) > 1 && (len(g) > 3 || i > 0 && len(g) < 3) {
			return "", 0, "", false
		}
	}
	whole = strings.Join(groups, "")
	if len(whole) > 1 && whole[0] == '0' {
		return "", 0, "", false
	}
	return whole + fraction, len(fraction), rest, true
}

// setDigits stores digits / 10^scale in the one form of its value.
func (a *Amount) setDigits(text, digits string, scale int) error {
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		a.negative = false
		return nil
	}
	if scale < 0 {
		digits += "00000000"[:-scale]
		scale = 0
	}
	for scale > 0 && strings.HasSuffix(digits, "0") {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	if len(digits)-scale > wholeDigitsMax {
		return tooLarge(shown(text))
	}
	if scale > fractionDigitsMax || len(digits) > significantDigitsMax {
		return refuse("amount_precision", "%s has more decimals than any currency", shown(text)).
			hint("write the amount to the smallest unit of its currency, such as 0.01 CNY")
	}
	mantissa, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return notAnAmount(text)
	}
	a.mantissa, a.scale = mantissa, uint8(scale)
	return nil
}

func notAnAmount(text string) *Refusal {
	r := refuse("amount_format", "%s is not an amount", shown(text))
	folded := foldWidth(text)
	switch {
	case trimSpace(text) == "":
		return r.hint("write a number, such as 37210000.00")
	case strings.ContainsAny(folded, "零〇一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟圆整"):
		return r.hint("write it in digits, such as 37210000.00, not in numerals")
	case strings.ContainsFunc(folded, func(c rune) bool { return c >= 0x80 && unicode.IsDigit(c) }):
		return r.hint("write it with the digits 0 to 9, such as 37210000.00")
	case strings.ContainsAny(folded, "eE") && strings.ContainsAny(folded, "0123456789"):
		return r.hint("write out all digits, without an exponent")
	case strings.Contains(folded, ","):
		return r.hint("group digits in threes, as in 37,210,000.00, or leave out the commas")
	}
	return r.hint("write it like 37210000.00, 37,210,000.00 or 3721万元")
}

// Money returns the amount as whole minor units of a currency. It never rounds:
// a finer amount is refused with amount_precision, although zeros at the end do
// no harm. It refuses a currency other than the one the text named with
// currency_mismatch, an amount beyond MaxMinor with amount_too_large, and a
// currency that is not in use with currency_unknown.
func (a Amount) Money(c Currency) (Money, error) {
	unit, ok := currencies[string(c)]
	if !ok {
		return Money{}, unknownCurrency(string(c), string(c))
	}
	if a.currency != "" && a.currency != c {
		return Money{}, refuse("currency_mismatch", "%s is not in %s", a, c).
			hint("write the amount in %s; there is no conversion", c)
	}
	if int(a.scale) > unit.exponent {
		smallest := Money{1, c}
		return Money{}, refuse("amount_precision", "%s is finer than %s, the smallest unit of %s", a, smallest, c).
			hint("write at most %d decimals; nothing is rounded", unit.exponent)
	}
	hi, minor := bits.Mul64(a.mantissa, powersOfTen[unit.exponent-int(a.scale)])
	if hi > 0 || minor > MaxMinor {
		return Money{}, tooLarge(a.String())
	}
	if a.negative {
		return Money{-int64(minor), unit.code}, nil
	}
	return Money{int64(minor), unit.code}, nil
}

// Round returns the amount as whole minor units of a currency, rounded half to
// even where it is finer, and whether it was. It is for what others report; own
// amounts are never rounded (see [Amount.Money], which refuses the rest).
func (a Amount) Round(c Currency) (m Money, rounded bool, err error) {
	if drop := int(a.scale) - c.Exponent(); drop > 0 {
		unit := powersOfTen[drop]
		whole, rest := a.mantissa/unit, a.mantissa%unit
		if half := unit / 2; rest > half || rest == half && whole%2 == 1 {
			whole++
		}
		a.mantissa, a.scale, rounded = whole, a.scale-uint8(drop), true
		a.negative = a.negative && whole > 0
	}
	m, err = a.Money(c)
	return m, rounded, err
}

// Currency returns the currency that the text named, or nothing.
func (a Amount) Currency() Currency { return a.currency }

// IsZero tells whether the number is 0.
func (a Amount) IsZero() bool { return a.mantissa == 0 }

// IsNegative tells whether the number is less than 0.
func (a Amount) IsNegative() bool { return a.negative }

// String returns the shortest decimal text, with the code of the currency where
// one was named: "37210000", "0.5 CNY". Parsing it gives the same Amount.
func (a Amount) String() string {
	b := appendDecimal(make([]byte, 0, 24), a.negative, a.mantissa, int(a.scale))
	if a.currency != "" {
		b = append(append(b, ' '), a.currency...)
	}
	return string(b)
}

// spelledOut returns the number with the two decimals that people expect.
func (a Amount) spelledOut() string {
	if a.scale < 2 {
		a.mantissa, a.scale = a.mantissa*powersOfTen[2-a.scale], 2
	}
	return string(appendDecimal(nil, a.negative, a.mantissa, int(a.scale)))
}

// in returns the number that stands before 万 or 亿, without trailing zeros.
func (a Amount) in(unit string) string {
	shift := 4
	if unit == "亿" {
		shift = 8
	}
	return string(appendShortest(nil, a.negative, a.mantissa, int(a.scale)+shift))
}

// MarshalText returns the text of [Amount.String].
func (a Amount) MarshalText() ([]byte, error) {
	return []byte(a.String()), nil
}

// UnmarshalText is [ParseAmountStrict]. In JSON an amount is therefore a string;
// a JSON number never reaches this function.
func (a *Amount) UnmarshalText(text []byte) error {
	parsed, err := ParseAmountStrict(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
