package domain

import "strings"

// ID names a thing in a ledger. It has 1 to 64 of the characters a-z, 0-9 and
// "-", and starts and ends with a letter or a digit, so it can stand as it is in
// a subject of the log, in a path and in a file name. A UUID in lower case is
// an ID; the nil UUID is not.
type ID string

const idLengthMax = 64 // characters, and bytes

// ParseID reads an ID. Capital letters become small ones, so that one thing
// never has two names. Anything else is refused with id_format: dots, wildcards,
// spaces around or inside, braces, urn:uuid:, other scripts.
func ParseID(s string) (ID, error) {
	if s == "" || len(s) > idLengthMax || s[0] == '-' || s[len(s)-1] == '-' {
		return "", notAnID(s)
	}
	lower := s
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
		case c >= 'A' && c <= 'Z':
			lower = strings.ToLower(s)
		default:
			return "", notAnID(s)
		}
	}
	if isNilUUID(lower) {
		return "", refuse("id_format", "%s is the nil UUID, which names nothing", shown(s)).
			hint("give the thing a name of its own")
	}
	return ID(lower), nil
}

// isNilUUID recognises the nil UUID with and without its hyphens.
func isNilUUID(s string) bool {
	const hex = "00000000000000000000000000000000"
	return len(s) >= len(hex) && strings.ReplaceAll(s, "-", "") == hex
}

func notAnID(s string) *Refusal {
	return refuse("id_format", "%s is not an id", shown(s)).
		hint("use 1 to %d of a-z, 0-9 and \"-\", starting and ending with a letter or digit", idLengthMax)
}
