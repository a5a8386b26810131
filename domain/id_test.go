package domain_test

import (
	"strings"
	"testing"

	"aidledger/domain"
)

func TestParseIDGivesOneNamePerThing(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     domain.ID
	}{
		{"letters and digits", "fund-2018-01", "fund-2018-01"},
		{"capital letters become small ones", "Fund-2018-A", "fund-2018-a"},
		{"a UUID in capitals becomes a small one", "0197F0E1-5B7A-7C3D-9E2F-0123456789AB", "0197f0e1-5b7a-7c3d-9e2f-0123456789ab"},
		{"one character", "a", "a"},
		{"a place code", "130732100000", "130732100000"},
		{"64 characters", strings.Repeat("a", 64), domain.ID(strings.Repeat("a", 64))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := domain.ParseID(c.in); err != nil || got != c.want {
				t.Errorf("ParseID(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestParseIDRefusesWhatCouldChangeASubject(t *testing.T) {
	for _, c := range []struct{ name, in string }{
		{"nothing", ""},
		{"a wildcard for one token", "*"},
		{"a wildcard for the rest", ">"},
		{"two tokens", "a.b"},
		{"a dot", "."},
		{"two dots", ".."},
		{"a dot behind", "a."},
		{"a NUL", "a\x00b"},
		{"a space inside", "a b"},
		{"a space in front", " a"},
		{"a line break behind", "a\n"},
		{"300 characters", strings.Repeat("a", 300)},
		{"65 characters", strings.Repeat("a", 65)},
		{"a hyphen in front", "-a"},
		{"a hyphen behind", "a-"},
		{"only a hyphen", "-"},
		{"an underscore", "a_b"},
		{"a slash", "a/b"},
		{"a dollar", "$js"},
		{"braces", "{0197f0e1-5b7a-7c3d-9e2f-0123456789ab}"},
		{"a URN", "urn:uuid:0197f0e1-5b7a-7c3d-9e2f-0123456789ab"},
		{"the nil UUID", "00000000-0000-0000-0000-000000000000"},
		{"the nil UUID without hyphens", "00000000000000000000000000000000"},
		{"Chinese", "资金"},
		{"full-width letters", "ａ"},
		{"a capital that is only almost ASCII", "\u212a"},
		{"bytes that are not UTF-8", "a\xffb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseID(c.in)
			if r := refusalOf(err); got != "" || r.Code != "id_format" || r.Hint == "" {
				t.Errorf("ParseID(%q) = %q, %#v; want id_format", c.in, got, r)
			}
		})
	}
}
