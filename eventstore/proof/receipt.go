package proof

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Receipt proves that an entry is in the tree of a checkpoint. Leaf are the
// bytes of the entry.
type Receipt struct {
	Leaf       []byte
	Index      int64
	Proof      tlog.RecordProof
	Checkpoint []byte // signed
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// Format writes the receipt: a line with the entry, in the clear, and after it
// a proof in the form of c2sp.org/tlog-proof.
func (r Receipt) Format() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n%s\nindex %d\n", r.Leaf, proofHeader, r.Index)
	for _, h := range r.Proof {
		fmt.Fprintf(&out, "%s\n", h)
	}
	fmt.Fprintf(&out, "\n%s", r.Checkpoint)
	return out.Bytes()
}

// ParseReceipt reads what Format wrote.
func ParseReceipt(text []byte) (r Receipt, err error) {
	leaf, rest, _ := bytes.Cut(text, []byte("\n"))
	body, ok := strings.CutPrefix(string(rest), proofHeader+"\nindex ")
	if !ok {
		return r, errors.New("it is not a receipt: an entry and a proof are expected")
	}
	r.Leaf = leaf
	head, checkpoint, ok := strings.Cut(body, "\n\n")
	if !ok {
		return r, errors.New("the receipt has no checkpoint")
	}
	r.Checkpoint = []byte(checkpoint)
	lines := strings.Split(head, "\n")
	if r.Index, err = parseSize(lines[0]); err != nil {
		return r, err
	}
	r.Proof, err = parseHashes(lines[1:])
	return r, err
}

// proofMax is the most hashes of a proof: one for each level of a tree.
const proofMax = 63

func parseHashes(lines []string) (hashes []tlog.Hash, err error) {
	if len(lines) > proofMax {
		return nil, fmt.Errorf("a proof of %d hashes is longer than any tree is high", len(lines))
	}
	for _, line := range lines {
		h, err := parseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// Verify checks the signatures of the checkpoint, and that the entry is where
// the receipt says in the tree of the checkpoint.
func (r Receipt) Verify(k Keys) (Opened, error) {
	o, err := k.Open(r.Checkpoint)
	if err != nil {
		return o, err
	}
	if r.Index >= o.Size {
		return o, fmt.Errorf("entry %d is not in a tree of %d entries", r.Index, o.Size)
	}
	if tlog.CheckRecord(r.Proof, o.Size, o.Root, r.Index, tlog.RecordHash(r.Leaf)) != nil {
		return o, errors.New("the entry is not the one that the checkpoint was made over: it, or the proof, was changed")
	}
	return o, nil
}
