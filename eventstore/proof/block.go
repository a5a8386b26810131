package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Block is a stored block, cut into the leaves of its ledger's tree.
type Block struct {
	Ledger   string
	Previous [sha256.Size]byte // hash of the ledger's block before it
	Leaves   [][]byte          // the bytes of its entries
}

// errForm says that a block is not in the one form that the log is written in.
var errForm = errors.New("the block is not in the form in which blocks are stored")

// ParseBlock cuts a block. It accepts the one form in which blocks are stored
// and no other JSON of the same meaning, so that no byte of a block can change
// without a leaf or the hash chain telling.
func ParseBlock(data []byte) (b Block, err error) {
	rest, ok := bytes.CutPrefix(data, []byte(`{"v":1,"ledger":"`))
	ledger, rest, ok1 := bytes.Cut(rest, []byte(`","previous":"`))
	if !ok || !ok1 || len(rest) < 2*len(b.Previous) {
		return b, errForm
	}
	b.Ledger = string(ledger)
	if _, err := hex.Decode(b.Previous[:], rest[:2*len(b.Previous)]); err != nil {
		return b, errForm
	}
	if b.Leaves, err = leavesOf(data); err != nil {
		return b, err
	}
	if !bytes.Equal(b.Bytes(), data) {
		return b, errForm
	}
	return b, nil
}

// leavesOf finds the elements of the last member of a block.
func leavesOf(data []byte) (leaves [][]byte, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	for range 8 { // the brace, three members with their values, the name of the fourth
		if _, err := d.ReadToken(); err != nil {
			return nil, errForm
		}
	}
	if d.PeekKind() != '[' {
		return nil, errForm
	}
	for _, err := d.ReadToken(); err == nil && d.PeekKind() == '{'; {
		var leaf jsontext.Value
		if leaf, err = d.ReadValue(); err == nil {
			end := d.InputOffset()
			leaves = append(leaves, data[end-int64(len(leaf)):end])
		}
	}
	for range 2 {
		if _, err := d.ReadToken(); err != nil {
			return nil, errForm
		}
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errForm
	}
	return leaves, nil
}

// Bytes returns the block as it is stored.
func (b Block) Bytes() []byte {
	size := 128 + len(b.Ledger)
	for _, leaf := range b.Leaves {
		size += len(leaf) + 1
	}
	out := make([]byte, 0, size)
	out = fmt.Appendf(out, `{"v":1,"ledger":"%s","previous":"%x","entries":[`, b.Ledger, b.Previous)
	for i, leaf := range b.Leaves {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, leaf...)
	}
	return append(out, "]}"...)
}
