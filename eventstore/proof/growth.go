package proof

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Request asks somebody to cosign a checkpoint. It proves that the tree holds
// what the tree of Old leaves held.
type Request struct {
	Old        int64
	Proof      tlog.TreeProof
	Checkpoint []byte // signed
}

// Format writes the request as the body of add-checkpoint in
// c2sp.org/tlog-witness.
func (r Request) Format() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "old %d\n", r.Old)
	for _, h := range r.Proof {
		fmt.Fprintf(&out, "%s\n", h)
	}
	fmt.Fprintf(&out, "\n%s", r.Checkpoint)
	return out.Bytes()
}

// ParseRequest reads what Format wrote.
func ParseRequest(body []byte) (r Request, err error) {
	head, checkpoint, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	size, isOld := strings.CutPrefix(lines[0], "old ")
	if !ok || !isOld {
		return r, errors.New("it is not a request to cosign: an old size and a checkpoint are expected")
	}
	if r.Old, err = parseSize(size); err != nil {
		return r, err
	}
	r.Checkpoint = []byte(checkpoint)
	r.Proof, err = parseHashes(lines[1:])
	return r, err
}

// Refused says why a checkpoint was not cosigned. Code is stable, and one of
// unknown_origin, not_signed, bad_size, stale, older, and inconsistent_checkpoints,
// which is evidence of a changed log: keep it.
type Refused struct {
	Code   string
	Reason string
	Size   int64 // of the tree that was cosigned last
}

// Error returns the reason.
func (r *Refused) Error() string { return r.Reason + " (" + r.Code + ")" }

// Auditor cosigns checkpoints that are consistent with the ones before.
type Auditor struct {
	Cosigner
	Keys Keys // of the logs
}

// Cosign answers a request. Last is the checkpoint of the same origin that was
// cosigned before, its zero value if there is none; the returned checkpoint has
// to be kept in its place before the line is given away. The line of an
// auditor who never cosigned the tree says nothing about what was before it.
func (a Auditor) Cosign(r Request, last Checkpoint, now time.Time) (next Checkpoint, line string, err error) {
	stated, err := ReadUnverified(r.Checkpoint)
	if err != nil {
		return next, "", &Refused{Code: "bad_checkpoint", Reason: err.Error()}
	}
	known := false
	for _, v := range a.Keys.Log {
		known = known || v.Name() == stated.Origin
	}
	if !known {
		return next, "", &Refused{Code: "unknown_origin", Reason: fmt.Sprintf("the list of keys has none of %s", stated.Origin)}
	}
	o, err := a.Keys.Open(r.Checkpoint)
	if err != nil {
		return next, "", &Refused{Code: "not_signed", Reason: err.Error()}
	}
	if err := grown(r, last, o.Checkpoint); err != nil {
		return next, "", err
	}
	return o.Checkpoint, a.line(textOf(r.Checkpoint), now), nil
}

// grown refuses a checkpoint that does not hold what the last one held.
func grown(r Request, last, next Checkpoint) error {
	switch {
	case last.Origin != "" && last.Origin != next.Origin:
		return &Refused{Code: "unknown_origin", Reason: fmt.Sprintf("the last checkpoint is of %s and this one of %s", last.Origin, next.Origin)}
	case r.Old > next.Size:
		return &Refused{Code: "bad_size", Reason: fmt.Sprintf("the old size %d is above the size %d", r.Old, next.Size), Size: last.Size}
	case next.Size < last.Size:
		return &Refused{Code: "older", Reason: fmt.Sprintf("the checkpoint has %d entries, and the last one had %d: it is an older one, or entries are gone; ask for one of now", next.Size, last.Size), Size: last.Size}
	case r.Old != last.Size:
		return &Refused{Code: "stale", Reason: fmt.Sprintf("the proof starts at size %d, but the last checkpoint has %d; ask for one from there", r.Old, last.Size), Size: last.Size}
	}
	return Consistent(last, next, r.Proof)
}

// Consistent checks that the tree of one checkpoint holds all that the tree of
// an earlier one held. It returns a *Refused of code
// inconsistent_checkpoints otherwise.
func Consistent(earlier, later Checkpoint, p tlog.TreeProof) error {
	ok := false
	switch {
	case earlier.Size > later.Size:
	case earlier.Size == later.Size:
		ok = earlier.Root == later.Root || earlier.Size == 0 && earlier.Origin == ""
	case earlier.Size == 0:
		ok = len(p) == 0
	default:
		ok = tlog.CheckTree(p, later.Size, later.Root, earlier.Size, earlier.Root) == nil
	}
	if !ok {
		return &Refused{Code: "inconsistent_checkpoints", Reason: fmt.Sprintf("the checkpoint of %d entries does not hold what the one of %d entries held; keep both", later.Size, earlier.Size), Size: earlier.Size}
	}
	return nil
}

// textOf returns what of a signed note was signed.
func textOf(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}
