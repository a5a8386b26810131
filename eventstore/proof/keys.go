package proof

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Keys is whom a verifier believes: the keys of the log, at least one of which
// must have signed, and those of auditors and witnesses, which may have
// cosigned. A list may hold an old and a new key of the same name.
type Keys struct {
	Log       []LogKey
	Witnesses []note.Verifier
}

// LogKey is a key of a log and the span in which it is believed: the sizes of
// the trees that it may have signed.
type LogKey struct {
	note.Verifier
	Span
}

// Span is from one size of a tree to another, both within. An Until of 0 is
// open.
type Span struct{ Since, Until int64 }

// String returns what ParseKeys reads after a key; nothing for all sizes.
func (s Span) String() string {
	text := ""
	if s.Since > 0 {
		text += fmt.Sprintf(" since %d", s.Since)
	}
	if s.Until > 0 {
		text += fmt.Sprintf(" until %d", s.Until)
	}
	return text
}

func (s Span) holds(size int64) bool { return size >= s.Since && (s.Until == 0 || size <= s.Until) }

// ParseKeys reads verifier keys, one a line; empty lines and lines that begin
// with # say nothing. A key of a signature of a checkpoint is the log's, one of
// a cosignature a witness's. After a key of the log may stand "since" and
// "until", each with a size: the key is believed for trees of these sizes alone.
func ParseKeys(text string) (k Keys, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if w, err := newCosignatureVerifier(words[0]); err == nil && len(words) == 1 {
			k.Witnesses = append(k.Witnesses, w)
			continue
		}
		v, err := note.NewVerifier(words[0])
		if err != nil {
			return k, fmt.Errorf("%.120q is not a verifier key", strings.TrimSpace(line))
		}
		span, err := parseSpan(words[1:])
		if err != nil {
			return k, fmt.Errorf("%.120q: %w", strings.TrimSpace(line), err)
		}
		k.Log = append(k.Log, LogKey{v, span})
	}
	return k, nil
}

func parseSpan(words []string) (s Span, err error) {
	for ; len(words) > 1 && err == nil; words = words[2:] {
		switch words[0] {
		case "since":
			s.Since, err = parseSize(words[1])
		case "until":
			s.Until, err = parseSize(words[1])
		default:
			return s, fmt.Errorf("after a key stands since or until and a size, not %.40q", words[0])
		}
	}
	if len(words) == 1 {
		err = cmp.Or(err, fmt.Errorf("%.40q has no size", words[0]))
	}
	return s, err
}

// verifiers returns all keys, whatever their spans are: the size is known once
// the text is.
func (k Keys) verifiers() note.Verifiers {
	var all []note.Verifier
	for _, v := range k.Log {
		all = append(all, v.Verifier)
	}
	return note.VerifierList(append(all, k.Witnesses...)...)
}

// within refuses a signature by a key of the log that is not believed for trees
// of a size.
func (k Keys) within(s note.Signature, size int64) error {
	for _, v := range k.Log {
		if v.Name() == s.Name && v.KeyHash() == s.Hash && !v.holds(size) {
			return fmt.Errorf("the key %s+%08x is believed for the sizes%s, and the checkpoint has %d entries", s.Name, s.Hash, v.Span, size)
		}
	}
	return nil
}
