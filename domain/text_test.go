package domain_test

import (
	"strings"
	"testing"
	"unicode"

	"aidledger/domain"
)

func TestParseTextKeepsWhatAPersonWrote(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a name with a middle dot", "阿依古丽·买买提", "阿依古丽·买买提"},
		{"a name with a bullet", "阿依古丽•买买提", "阿依古丽•买买提"},
		{"a compatibility ideograph, whose NFC is for the edge", "\uf900", "\uf900"},
		{"an ideograph outside the basic plane", "𠮷野", "𠮷野"},
		{"an ideograph newer than the tables", "\U0003347f", "\U0003347f"},
		{"a variation of an ideograph", "葛\U000e0100", "葛\U000e0100"},
		{"spaces around, of every kind", " \u00a0\u3000赤城县\u3000\u00a0 ", "赤城县"},
		{"spaces inside", "赤城县\u3000龙关镇", "赤城县\u3000龙关镇"},
		{"markup", "<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"a formula", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"},
		{"a sign in front", "-2+3", "-2+3"},
		{"an emoji", "👍", "👍"},
		{"Tibetan", "བཀྲ་ཤིས", "བཀྲ་ཤིས"},
		{"exactly as many characters as there may be", strings.Repeat("村", 20), strings.Repeat("村", 20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, parse := range map[string]func(string, int) (string, error){"text": domain.ParseText, "note": domain.ParseNote} {
				if got, err := parse(c.in, 60); err != nil || got != c.want {
					t.Errorf("the %s %q becomes %q, %v", kind, c.in, got, err)
				}
			}
		})
	}
	if _, err := domain.ParseText(strings.Repeat("村", 2000), 0); err != nil {
		t.Errorf("2,000 characters are refused: %v", err)
	}
}

func TestParseTextRefusesWhatCannotBeSeen(t *testing.T) {
	const control = "text_control_character"
	for _, c := range []struct{ name, in, code string }{
		{"nothing", "", "field_required"},
		{"only spaces", "   ", "field_required"},
		{"only ideographic spaces", "\u3000\u3000", "field_required"},
		{"only a combining mark", "\u0301", "field_required"},
		{"a line break", "赤城\n县", control},
		{"a line break at the end", "赤城县\n", control},
		{"a carriage return", "赤城\r县", control},
		{"a tab", "\t=1", control},
		{"a terminal escape", "\x1b[31m红", control},
		{"a NUL", "a\x00", control},
		{"DEL", "a\x7f", control},
		{"a control character of Latin-1", "a\u0085", control},
		{"a right-to-left override", "a\u202eb", control},
		{"an isolate", "a\u2066b", control},
		{"a direction mark", "a\u200fb", control},
		{"a zero-width space", "a\u200bb", control},
		{"a zero-width joiner", "a\u200db", control},
		{"a soft hyphen", "a\u00adb", control},
		{"a byte order mark", "\ufeffa", control},
		{"a line separator", "a\u2028b", control},
		{"a combining grapheme joiner", "a\u034fb", control},
		{"a Hangul filler, which looks like nothing", "\u3164", control},
		{"a blank braille pattern", "\u2800", control},
		{"a tag character", "a\U000e0041", control},
		{"private use", "a\ue000", control},
		{"a code point that is never a character", "a\uffff", control},
		{"a code point without a character", "a\u0378", control},
		{"a byte that is not UTF-8", "a\xff", "invalid_utf8"},
		{"half a character", "赤\xe5\x9f", "invalid_utf8"},
		{"a surrogate in UTF-8", "a\xed\xa0\x80", "invalid_utf8"},
		{"a mark that a decoder left for a lost byte", "赤\ufffd", "invalid_utf8"},
		{"too many characters", strings.Repeat("村", 61), "text_too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseText(c.in, 60)
			if r := refusalOf(err); got != "" || r.Code != c.code || r.Hint == "" {
				t.Errorf("ParseText(%q) = %q, %#v; want %s", c.in, got, r, c.code)
			}
		})
	}
	if _, err := domain.ParseText(strings.Repeat("村", 2001), 9999); refusalOf(err).Code != "text_too_long" {
		t.Errorf("2,001 characters: %v", err)
	}
}

func TestRefusalsOfTextSayWhereAndNotWhat(t *testing.T) {
	_, err := domain.ParseText("张三\x1b13812345678", 60)
	if r := refusalOf(err); r.Message != "character 3 of the text is U+001B, which must not stand there" || r.Detail["character"] != "3" {
		t.Errorf("got %#v", r)
	}
	_, err = domain.ParseText("张三\xff", 60)
	if r := refusalOf(err); r.Message != "byte 7 of the text is not UTF-8" || r.Detail["byte_offset"] != "6" {
		t.Errorf("got %#v", r)
	}
}

func TestParseNoteKeepsLinesAndNothingElse(t *testing.T) {
	for _, c := range []struct{ name, in, want, code string }{
		{"lines and tabs", "第一行\n\t第二行", "第一行\n\t第二行", ""},
		{"line ends of a browser", "第一行\r\n第二行\r\n", "第一行\n第二行", ""},
		{"empty lines around", "\n \n\u3000说明\n\u3000\n", "说明", ""},
		{"only line breaks", "\n\t\n", "", "field_required"},
		{"a carriage return alone", "第一行\r第二行", "", "text_control_character"},
		{"a terminal escape", "第一行\n\x1b[31m", "", "text_control_character"},
		{"too many characters", strings.Repeat("村\n", 31), "", "text_too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := domain.ParseNote(c.in, 60); got != c.want || refusalOf(err).Code != c.code {
				t.Errorf("ParseNote(%q) = %q, %v; want %q and code %q", c.in, got, err, c.want, c.code)
			}
		})
	}
}

func TestFoldNameMakesSpellingsOfOneNameEqual(t *testing.T) {
	for _, c := range []struct {
		name  string
		names []string
		want  string
	}{
		{"middle dots", []string{"阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽・买买提", "阿依古丽･买买提", "阿依古丽‧买买提"}, "阿依古丽·买买提"},
		{"widths", []string{"ＡＢ（１）", "AB(1)", "ab（１）"}, "ab(1)"},
		{"cases", []string{"ΣΟΦΟΣ", "σοφος", "σοφοσ"}, "σοφοσ"},
		{"spaces", []string{"  a \u3000 b ", "a b", "\u00a0A\tB"}, "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range c.names {
				if got := domain.FoldName(name); got != c.want {
					t.Errorf("FoldName(%q) = %q, want %q", name, got, c.want)
				}
			}
		})
	}
}

func TestFoldingANameTwiceChangesNothing(t *testing.T) {
	for c := range unicode.MaxRune {
		once := domain.FoldName("x" + string(c) + "x")
		if twice := domain.FoldName(once); twice != once {
			t.Errorf("U+%04X becomes %q and then %q", c, once, twice)
		}
	}
}
