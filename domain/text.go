package domain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const textLengthMax = 2000 // characters of any text

// ParseText returns a line that a person wrote, without the spaces around it
// (no-break and ideographic ones included). It refuses
//
//   - bytes that are not UTF-8, and U+FFFD, which a decoder leaves in the place
//     of such bytes, with invalid_utf8 and the position of the byte;
//   - control characters, line breaks and tabs, characters that are invisible or
//     turn the writing direction, and code points without a character, with
//     text_control_character;
//   - a text with nothing to see in it, with field_required;
//   - more than max characters, or 2,000 if max is not between 1 and 2,000, with
//     text_too_long.
//
// The text keeps its form of Unicode: bringing it into NFC is for the edge, since
// that needs more than the standard library. Refusals give positions and not the
// text, which may be about a person.
func ParseText(s string, max int) (string, error) {
	return parseText(s, max, func(rune) bool { return false })
}

// ParseNote returns a text of several lines. It is ParseText, except that line
// breaks and tabs may stand in it; the ends of lines become "\n".
func ParseNote(s string, max int) (string, error) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return parseText(s, max, func(c rune) bool { return c == '\n' || c == '\t' })
}

func parseText(s string, limit int, also func(rune) bool) (string, error) {
	if limit < 1 || limit > textLengthMax {
		limit = textLengthMax
	}
	count, visible := 0, false
	for i, c := range s {
		count++
		switch {
		case c == utf8.RuneError:
			return "", refuse("invalid_utf8", "byte %d of the text is not UTF-8", i+1).
				hint("save or send it as UTF-8").with("byte_offset", i)
		case also(c) || unicode.Is(unicode.Zs, c):
		case !writable(c):
			return "", refuse("text_control_character", "character %d of the text is U+%04X, which must not stand there", count, c).
				hint("remove it; control characters and invisible ones are not recorded").
				with("character", count)
		default:
			visible = visible || !unicode.Is(unicode.M, c)
		}
	}
	if !visible {
		return "", refuse("field_required", "the text is empty").hint("write something that can be seen")
	}
	s = strings.TrimFunc(s, func(c rune) bool { return also(c) || unicode.Is(unicode.Zs, c) })
	if n := utf8.RuneCountInString(s); n > limit {
		return "", refuse("text_too_long", "the text has %d characters and may have %d", n, limit).
			hint("shorten it").with("characters", n).with("limit", limit)
	}
	return s, nil
}

// writable tells whether a character may stand in a text, apart from spaces.
func writable(c rune) bool {
	// Rare ideographs in names may be newer than the tables of this build. They
	// all lie in planes 2 and 3, which hold nothing else.
	if c >= 0x20000 && c <= 0x3FFFD && c != 0x2FFFE && c != 0x2FFFF {
		return true
	}
	// IsPrint leaves out controls, formatting (bidi, joiners, byte order mark),
	// line separators, private use and what is unassigned.
	const brailleBlank = '\u2800'
	return unicode.IsPrint(c) && c != brailleBlank && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c)
}

// FoldName returns the form of a name in which two names are compared. Any of
// the middle dots that keyboards offer becomes U+00B7, full-width letters,
// digits and signs become ASCII, letters lose their case, and spaces are single
// and only inside. It is for comparing, not for showing; like [ParseText] it
// leaves NFC to the edge.
func FoldName(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, c := range foldWidth(s) {
		if unicode.IsSpace(c) || unicode.Is(unicode.Zs, c) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		switch c {
		case '\u0387', '\u2022', '\u2027', '\u2219', '\u22C5', '\u2E31', '\u30FB', '\uFF65':
			b.WriteRune('\u00B7')
		default:
			// By way of the capital, so that ς and σ, or ſ and s, become one.
			b.WriteRune(unicode.ToLower(unicode.ToUpper(c)))
		}
	}
	return b.String()
}

// trimSpace takes away the spaces around a text. Line breaks and tabs are no
// spaces here: they do not belong into a line and should be noticed.
func trimSpace(s string) string {
	return strings.TrimFunc(s, func(c rune) bool { return unicode.Is(unicode.Zs, c) })
}

// foldWidth turns the full-width forms of ASCII characters, and of ¥, into the
// plain ones.
func foldWidth(s string) string {
	if !strings.ContainsFunc(s, func(c rune) bool { return c >= 0xFF01 && c <= 0xFFE5 }) {
		return s
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 0xFF01 && c <= 0xFF5E:
			return c - 0xFF01 + '!'
		case c == '\uFFE5':
			return '¥'
		}
		return c
	}, s)
}

func foldDigit(c rune) rune {
	if c >= '０' && c <= '９' {
		return c - '０' + '0'
	}
	return c
}

// shown returns a value for a message: in quotation marks, with everything that
// does not print escaped, and at most 60 characters long.
func shown(s string) string {
	const lengthMax = 60
	quoted := strconv.Quote(s)
	if utf8.RuneCountInString(quoted) <= lengthMax {
		return quoted
	}
	var b strings.Builder
	b.WriteByte('"')
	for room := lengthMax - 3; s != ""; { // without the quotation marks and the ellipsis
		_, size := utf8.DecodeRuneInString(s)
		piece := strconv.Quote(s[:size])
		piece = piece[1 : len(piece)-1]
		if room -= utf8.RuneCountInString(piece); room < 0 {
			break
		}
		b.WriteString(piece)
		s = s[size:]
	}
	return b.String() + `…"`
}
