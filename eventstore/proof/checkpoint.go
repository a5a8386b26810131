package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the size and root of the tree of one ledger. Origin is the name
// of the tree, which no other tree has.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text returns what is signed: three lines of c2sp.org/tlog-checkpoint.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Sign returns the checkpoint as a signed note.
func (c Checkpoint) Sign(keys ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, keys...)
}

// sizeMax is the most leaves that a tree has; the indexes of its hashes are
// twice that and must not overflow.
const sizeMax = 1 << 60

// parseText reads the text of a checkpoint in its one form. Lines after the
// third are for others to understand.
func parseText(text string) (c Checkpoint, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return c, errors.New("it is not a checkpoint: origin, size and root are missing")
	}
	c.Origin = lines[0]
	if c.Size, err = parseSize(lines[1]); err != nil {
		return c, err
	}
	c.Root, err = parseHash(lines[2])
	return c, err
}

func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > sizeMax || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.40q is not the size of a tree", s)
	}
	return n, nil
}

func parseHash(s string) (h tlog.Hash, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != len(h) {
		return h, fmt.Errorf("%.80q is not a hash in base64", s)
	}
	copy(h[:], raw)
	return h, nil
}

// ReadUnverified reads a checkpoint without looking at its signatures, to find
// out whose keys it needs. Nothing may be believed that it says.
func ReadUnverified(signed []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("it is not a signed checkpoint")
	}
	return parseText(text + "\n")
}

// Cosigned is a cosignature that was verified.
type Cosigned struct {
	Name string
	Time time.Time // UTC
}

// Opened is a checkpoint whose signature was verified.
type Opened struct {
	Checkpoint
	Cosigned []Cosigned // by witnesses and auditors that the verifier knows
}

// Standing says in words what vouches for the checkpoint: never more than that.
func (o Opened) Standing() string {
	if len(o.Cosigned) == 0 {
		return "signed, not witnessed"
	}
	var names []string
	for _, c := range o.Cosigned {
		names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.Time.Format(time.RFC3339)))
	}
	return "signed, and witnessed by " + strings.Join(names, ", ")
}

// Open verifies a signed checkpoint. At least one key of the log whose name is
// the checkpoint's origin must have signed it.
func (k Keys) Open(signed []byte) (o Opened, err error) {
	n, err := note.Open(signed, k.verifiers())
	if err != nil {
		return o, fmt.Errorf("the checkpoint is not signed by a key that is known: %w", err)
	}
	if o.Checkpoint, err = parseText(n.Text); err != nil {
		return o, err
	}
	var outside error
	signedByLog := false
	for _, s := range n.Sigs {
		if at, ok := cosignedAt(k.Witnesses, s); ok {
			o.Cosigned = append(o.Cosigned, Cosigned{s.Name, at})
			continue
		}
		if err := k.within(s, o.Size); err != nil {
			outside = err
			continue
		}
		signedByLog = signedByLog || s.Name == o.Origin
	}
	if !signedByLog && outside != nil {
		return o, outside
	}
	if !signedByLog {
		return o, fmt.Errorf("no known key of %s has signed the checkpoint", o.Origin)
	}
	return o, nil
}

// SplitNotes cuts a text of signed checkpoints, one after the other, into each.
func SplitNotes(text []byte) (notes [][]byte, err error) {
	for len(text) > 0 {
		head, rest, ok := bytes.Cut(text, []byte("\n\n"))
		if !ok {
			return nil, errors.New("it is not a signed checkpoint")
		}
		end := len(head) + 2
		for bytes.HasPrefix(rest, []byte("— ")) {
			line := bytes.IndexByte(rest, '\n') + 1
			if line == 0 {
				line = len(rest)
			}
			rest, end = rest[line:], end+line
		}
		if _, err := ReadUnverified(text[:end]); err != nil {
			return nil, err
		}
		notes, text = append(notes, text[:end]), rest
	}
	return notes, nil
}
