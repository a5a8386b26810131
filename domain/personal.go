package domain

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Personal is a text about a person in a command. It comes in clear, and is
// sealed before the command is recorded: what is in clear cannot be encoded, so
// that it reaches neither the log nor a hash in it, and never shows itself in a
// message. In events there are only the sealed texts.
//
// The tag personal says what it is, and Check what is wrong with it:
//
//	name       a name
//	id-number  a citizen's number of 18 digits (公民身份号码, GB 11643)
//	bank-card  the number of a bank card
//	phone      a telephone number
type Personal struct {
	clear  string
	sealed string
}

// NewPersonal returns a text in clear.
func NewPersonal(clear string) Personal { return Personal{clear: clear} }

// Clear returns the text while it is not sealed.
func (p Personal) Clear() string { return p.clear }

// Seal puts a sealed text in the place of the clear one.
func (p *Personal) Seal(sealed string) { *p = Personal{sealed: sealed} }

// IsZero tells whether there is no text.
func (p Personal) IsZero() bool { return p == Personal{} }

// Format writes a stand-in, whatever the verb is: a message or a log must not
// show the text.
func (p Personal) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("•••")) }

var errInClear = errors.New("a text about a person is not sealed")

// MarshalText returns the sealed text, and an error for one that is in clear.
func (p Personal) MarshalText() ([]byte, error) {
	if p.clear != "" {
		return nil, errInClear
	}
	return []byte(p.sealed), nil
}

// UnmarshalText reads a text in clear.
func (p *Personal) UnmarshalText(text []byte) error {
	*p = Personal{clear: string(text)}
	return nil
}

// normalise brings a text in clear into its one form.
func (p *Personal) normalise(kind string) *Refusal {
	if p.clear == "" {
		return nil
	}
	text, err := ParsePersonal(kind, p.clear)
	if err != nil {
		return asRefusal(err)
	}
	p.clear = text
	return nil
}

// ParsePersonal brings a text about a person into the one form in which two of
// them are compared: width, spaces and the case of X do not matter. Refusals do
// not repeat it.
func ParsePersonal(kind, text string) (string, error) {
	const nameMax = 100 // characters
	switch kind {
	case "id-number":
		return parseIDNumber(text)
	case "bank-card":
		return parseBankCard(text)
	case "phone":
		return parsePhone(text)
	}
	return ParseText(text, nameMax)
}

// MaskPersonal returns what may be shown of a text about a person.
func MaskPersonal(kind, clear string) string {
	n := utf8.RuneCountInString(clear)
	keep := func(front, back int) string {
		if n <= front+back {
			return strings.Repeat("*", n)
		}
		all := []rune(clear)
		return string(all[:front]) + strings.Repeat("*", n-front-back) + string(all[n-back:])
	}
	switch kind {
	case "id-number":
		return keep(6, 4)
	case "bank-card":
		return keep(0, 4)
	case "phone":
		return keep(3, 4)
	}
	return keep(1, 0)
}

// compact takes away width, and the spaces and hyphens that people group digits
// with.
func compact(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == ' ' || c == '\u00a0' || c == '\u3000' || c == '\t' {
			return -1
		}
		return c
	}, foldWidth(text))
}

// regions are the first two digits of a citizen's number.
const regions = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"

// parseIDNumber reads a citizen's number: six digits of a region, eight of the
// date of birth, three of a sequence, and a check digit or X. Any year of birth
// from 1800 on is taken.
func parseIDNumber(text string) (string, error) {
	s := strings.ToUpper(compact(text))
	if len(s) == 15 && strings.Trim(s, "0123456789") == "" {
		return "", refuse("id_card_length", "the number has 15 digits").hint("give the number of the new card, which has 18")
	}
	if len(s) != 18 {
		return "", refuse("id_card_length", "the number has %d characters, not 18", utf8.RuneCountInString(s)).hint("check the number on the card")
	}
	if strings.Trim(s[:17], "0123456789") != "" || strings.Trim(s[17:], "0123456789X") != "" {
		return "", refuse("id_card_format", "the number has other characters than digits and a last X").hint("check the number on the card")
	}
	if !strings.Contains(regions, s[:2]) {
		return "", refuse("id_card_region", "the number begins with no region").hint("check the first digits")
	}
	year, _ := strconv.Atoi(s[6:10])
	month, _ := strconv.Atoi(s[10:12])
	day, _ := strconv.Atoi(s[12:14])
	const born = 1800 // and not in a year that no ledger will see
	if year < born || year > yearMax || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return "", refuse("id_card_date", "the date of birth in the number does not exist").hint("check the digits 7 to 14")
	}
	if idCheckDigit(s[:17]) != s[17] {
		return "", refuse("id_card_checksum", "the last character of the number does not fit the others").hint("check the number on the card")
	}
	return s, nil
}

// idCheckDigit is that of ISO 7064, MOD 11-2.
func idCheckDigit(digits string) byte {
	rest := 0
	for i := range len(digits) {
		rest = (rest + int(digits[i]-'0')) * 2 % 11
	}
	return "0123456789X"[(12-rest)%11]
}

func parseBankCard(text string) (string, error) {
	s := compact(text)
	if len(s) < 12 || len(s) > 19 || strings.Trim(s, "0123456789") != "" {
		return "", refuse("bank_card_length", "the number of the card is not 12 to 19 digits").hint("check the number on the card")
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return "", refuse("bank_card_checksum", "the last digit of the card that ends with %s does not fit the others", s[len(s)-4:]).
			hint("check the number on the card")
	}
	return s, nil
}

func parsePhone(text string) (string, error) {
	s := compact(text)
	if digits := strings.TrimPrefix(s, "+"); len(digits) < 5 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", refuse("phone_format", "it is no telephone number").hint("give 5 to 15 digits, with + and the country's code where it is abroad")
	}
	return s, nil
}

// HoldsIDNumber tells whether a text has a citizen's number in it, which belongs
// into a field of its own.
func HoldsIDNumber(text string) bool {
	const length = 18
	if len(text) < length {
		return false
	}
	s := strings.ToUpper(foldWidth(text))
	digits := 0
	for i := range len(s) + 1 {
		if i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == 'X' && digits == length-1) {
			digits++
			continue
		}
		if digits == length {
			if _, err := parseIDNumber(s[i-length : i]); err == nil {
				return true
			}
		}
		digits = 0
	}
	return false
}
