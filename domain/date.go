package domain

import (
	"cmp"
	"strings"
	"time"
)

// Date is a calendar date in the ledger's time zone with the precision that is
// known: a day, a month or only a year (the reduced precision of ISO 8601). It
// is no instant: it has no time of day, and summer time does not touch it.
// Dates can be compared with ==. The zero Date means that no date was given.
type Date struct {
	year       int16
	month, day int8 // 0 where not known
}

func (d *Date) fields() []any { return []any{&d.year, &d.month, &d.day} }

// The years that a ledger holds.
const yearMin, yearMax = 1949, 2200

// checkYear refuses a year that a ledger does not hold.
func checkYear(year int, field string) error {
	if year < yearMin || year > yearMax {
		return refuse("year_range", "%d is not between %d and %d", year, yearMin, yearMax).in(field).
			hint("give a year such as 2019").with("year", year)
	}
	return nil
}

// ParseDate reads a date that a person or a file wrote: 2018, 2018-03 or
// 2018-03-05, and 2018年3月5日, 2018年3月, 2018年 or 2018/3/5, with full-width
// digits and with spaces around it. It refuses any other text, and whatever has
// a time of day, with date_format; a day that the calendar does not have, or a
// year outside 1949 to 2200, with date_invalid.
func ParseDate(s string) (Date, error) {
	text := strings.Map(foldDigit, trimSpace(s))
	known, parts, ok := isoParts(text)
	if !ok {
		known, parts, ok = writtenParts(text)
	}
	if !ok {
		return Date{}, notADate(s)
	}
	d, ok := dateOf(known, parts)
	if !ok {
		return Date{}, noSuchDate(s)
	}
	return d, nil
}

func notADate(s string) *Refusal {
	return refuse("date_format", "%s is not a date", shown(s)).
		hint("write 2018-03-05, or 2018-03 or 2018 where no more is known, without a time of day")
}

func noSuchDate(s string) *Refusal {
	return refuse("date_invalid", "there is no date %s between %d and %d", shown(s), yearMin, yearMax).
		hint("check the year, the month and the last day of that month")
}

// isoParts splits 2018, 2018-03 and 2018-03-05 into numbers and says how many
// there are. It does not look at their values.
func isoParts[T string | []byte](s T) (known int, parts [3]int, ok bool) {
	switch len(s) {
	case len("2018"), len("2018-03"), len("2018-03-05"):
	default:
		return 0, parts, false
	}
	for i := range len(s) {
		c := s[i]
		if i == 4 || i == 7 {
			if c != '-' {
				return 0, parts, false
			}
			known++
			continue
		}
		if c < '0' || c > '9' {
			return 0, parts, false
		}
		parts[known] = parts[known]*10 + int(c-'0')
	}
	return known + 1, parts, true
}

// writtenParts splits 2018年3月5日, its shorter forms, and 2018/3/5.
func writtenParts(s string) (known int, parts [3]int, ok bool) {
	separators := [3]string{"年", "月", "日"}
	if strings.Contains(s, "/") {
		separators = [3]string{"/", "/", ""}
	}
	for s != "" && known < 3 {
		digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
		if known == 0 && len(digits) != 4 || len(digits) < 1 || known > 0 && len(digits) > 2 {
			return 0, parts, false
		}
		for _, c := range digits {
			parts[known] = parts[known]*10 + int(c-'0')
		}
		if s, ok = strings.CutPrefix(s[len(digits):], separators[known]); !ok {
			return 0, parts, false
		}
		known++
	}
	complete := known == 3 || known > 0 && separators[2] != ""
	return known, parts, complete && s == ""
}

// dateOf builds a date from its first parts, if the calendar has it.
func dateOf(known int, parts [3]int) (Date, bool) {
	year, month, day := parts[0], parts[1], parts[2]
	switch {
	case year < yearMin || year > yearMax:
	case known > 1 && (month < 1 || month > 12):
	case known > 2 && (day < 1 || day > daysIn(year, month)):
	default:
		return Date{int16(year), int8(month), int8(day)}, true
	}
	return Date{}, false
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// DateOf returns the day of an instant in the location that the instant carries.
// It is the zero Date for an instant outside the years 1949 to 2200.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	d, _ := dateOf(3, [3]int{year, int(month), day})
	return d
}

// String returns 2018-03-05, 2018-03 or 2018, and nothing for the zero Date.
func (d Date) String() string {
	b, _ := d.AppendText(make([]byte, 0, 10))
	return string(b)
}

// AppendText appends the text of [Date.String]. The error is always nil.
func (d Date) AppendText(b []byte) ([]byte, error) {
	if d.IsZero() {
		return b, nil
	}
	y := d.year
	b = append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10))
	for _, part := range [2]int8{d.month, d.day} {
		if part == 0 {
			break
		}
		b = append(b, '-', byte('0'+part/10), byte('0'+part%10))
	}
	return b, nil
}

// MarshalText returns the text of [Date.String]. The error is always nil.
func (d Date) MarshalText() ([]byte, error) {
	return d.AppendText(make([]byte, 0, 10))
}

// UnmarshalText reads the text of [Date.String] and nothing else: what people
// write is for [ParseDate]. It returns date_format or date_invalid, and then
// leaves the date as it was.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	known, parts, ok := isoParts(text)
	if !ok {
		return notADate(string(text))
	}
	parsed, ok := dateOf(known, parts)
	if !ok {
		return noSuchDate(string(text))
	}
	*d = parsed
	return nil
}

// IsZero tells whether no date was given.
func (d Date) IsZero() bool { return d == Date{} }

// Year returns the year in which an amount of this date is counted, and 0 for
// the zero Date.
func (d Date) Year() int { return int(d.year) }

// Precision returns "day", "month" or "year", and nothing for the zero Date.
func (d Date) Precision() string {
	switch {
	case d.day > 0:
		return "day"
	case d.month > 0:
		return "month"
	case d.year > 0:
		return "year"
	}
	return ""
}

// First returns the first day of the period that the date stands for.
func (d Date) First() Date {
	if !d.IsZero() {
		d.month, d.day = max(d.month, 1), max(d.day, 1)
	}
	return d
}

// Last returns the last day of the period that the date stands for.
func (d Date) Last() Date {
	if d.IsZero() {
		return d
	}
	if d.month == 0 {
		d.month = 12
	}
	if d.day == 0 {
		d.day = int8(daysIn(int(d.year), int(d.month)))
	}
	return d
}

// Compare returns -1, 0 or 1 as the date comes before, is, or comes after the
// other one. A month or a year comes just before its first day; to compare whole
// periods, take their [Date.First] or [Date.Last] days. The zero Date is first.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.year, o.year), cmp.Compare(d.month, o.month), cmp.Compare(d.day, o.day))
}

// Before tells whether the date comes before the other one; see [Date.Compare].
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// Time returns midnight UTC of the first day of the date, for counting days
// between dates, and the zero Time for the zero Date.
func (d Date) Time() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	first := d.First()
	return time.Date(int(first.year), time.Month(first.month), int(first.day), 0, 0, 0, 0, time.UTC)
}
