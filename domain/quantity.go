package domain

import (
	"cmp"
	"math/bits"
	"strconv"
	"strings"
)

// Quantity is an exact decimal number with up to six decimals, for counts,
// measures and percentages. It is never money. The zero Quantity is 0.
type Quantity struct {
	micro int64 // millionths
}

func (q *Quantity) fields() []any { return []any{&q.micro} }

const (
	quantityScale    = 1_000_000
	quantityDigits   = 6
	quantityWholeMax = 9_000_000_000_000 // so that millionths fit an int64
)

// ParseQuantity reads a decimal number such as 23, -1.5 or 1,047. It refuses
// (quantity_format) anything else and numbers with more than six decimals or
// beyond 9,000,000,000,000.
func ParseQuantity(s string) (Quantity, error) {
	malformed := refuse("quantity_format", "%s is not a number", shown(s)).
		hint("write digits such as 23 or 1.5, with at most %d decimals", quantityDigits)
	text := strings.TrimSpace(s)
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, dotted := strings.Cut(text, ".")
	if whole == "" || len(whole) > 20 || len(fraction) > quantityDigits || dotted && fraction == "" {
		return Quantity{}, malformed
	}
	if strings.Contains(whole, ",") {
		if !groupedInThrees(whole) {
			return Quantity{}, malformed
		}
		whole = strings.ReplaceAll(whole, ",", "")
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || n > quantityWholeMax {
		return Quantity{}, malformed
	}
	micro := int64(n) * quantityScale
	if fraction != "" {
		part, err := strconv.ParseUint(fraction+strings.Repeat("0", quantityDigits-len(fraction)), 10, 64)
		if err != nil {
			return Quantity{}, malformed
		}
		micro += int64(part)
	}
	if negative {
		micro = -micro
	}
	return Quantity{micro: micro}, nil
}

func groupedInThrees(s string) bool {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if i == 0 && (g == "" || len(g) > 3) || i > 0 && len(g) != 3 {
			return false
		}
	}
	return true
}

// WholeQuantity returns n as a Quantity.
func WholeQuantity(n int32) Quantity { return Quantity{micro: int64(n) * quantityScale} }

// String returns the number in its shortest decimal form.
func (q Quantity) String() string {
	sign, n := "", q.micro
	if n < 0 {
		sign, n = "-", -n
	}
	s := sign + strconv.FormatInt(n/quantityScale, 10)
	if f := n % quantityScale; f != 0 {
		digits := strconv.FormatInt(f+quantityScale, 10)[1:]
		s += "." + strings.TrimRight(digits, "0")
	}
	return s
}

// MarshalText returns the shortest decimal form.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText is ParseQuantity.
func (q *Quantity) UnmarshalText(b []byte) (err error) {
	*q, err = ParseQuantity(string(b))
	return err
}

// Sign returns -1, 0 or 1.
func (q Quantity) Sign() int {
	switch {
	case q.micro < 0:
		return -1
	case q.micro > 0:
		return 1
	}
	return 0
}

// Compare orders two quantities of the same unit.
func (q Quantity) Compare(o Quantity) int {
	return cmp.Compare(q.micro, o.micro)
}

// IsZero tells whether the quantity is 0.
func (q Quantity) IsZero() bool { return q.micro == 0 }

func (q Quantity) add(o Quantity) Quantity { return Quantity{micro: q.micro + o.micro} }

func (q Quantity) neg() Quantity { return Quantity{micro: -q.micro} }

// portion returns the part q/whole of an amount of minor units, rounded down.
// q lies between 0 and whole, and whole is positive.
func (q Quantity) portion(whole Quantity, minor int64) int64 {
	hi, lo := bits.Mul64(uint64(minor), uint64(q.micro))
	part, _ := bits.Div64(hi, lo, uint64(whole.micro))
	return int64(part)
}
