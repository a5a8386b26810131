package sheet

import (
	"strconv"
	"strings"
	"time"
)

// A workbook stores numbers in binary and writes up to 17 digits of them, of
// which a person has typed and sees 15.
const significantDigits = 15

// decimal returns the number that a person sees: the stored one, rounded half
// up to 15 significant digits, without an exponent.
func decimal(stored string) (string, bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(stored)), "E")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -30 || shift > 30 {
			return "", false
		}
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	point := len(whole) + shift // where the point stands in digits
	trimmed := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(trimmed)
	digits = trimmed
	if len(digits) > significantDigits {
		up := digits[significantDigits] >= '5'
		digits = digits[:significantDigits]
		if up {
			digits, point = increment(digits, point)
		}
	}
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return "0", true
	}
	text := place(digits, point)
	if negative {
		text = "-" + text
	}
	return text, true
}

// increment adds 1 to the last of the digits.
func increment(digits string, point int) (string, int) {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != '9' {
			b[i]++
			return string(b), point
		}
		b[i] = '0'
	}
	return "1" + string(b), point + 1
}

// place puts the point into digits.
func place(digits string, point int) string {
	switch {
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits))
	}
	return digits[:point] + "." + digits[point:]
}

// DateOf returns the calendar date of a serial number, without its time of day.
// Excel counts from 1900 and holds 29 February 1900, serial 60, for a day; there
// was none, and it is no date. Or it counts from 1904.
func DateOf(serial string, from1904 bool) (string, bool) {
	whole, _, _ := strings.Cut(serial, ".")
	days, err := strconv.Atoi(whole)
	const last = 2_958_465 // 9999-12-31
	if err != nil || days < 0 || days > last || !from1904 && (days == 0 || days == 60) {
		return "", false
	}
	zero := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		zero = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 60:
		zero = zero.AddDate(0, 0, 1)
	}
	return zero.AddDate(0, 0, days).Format("2006-01-02"), true
}
