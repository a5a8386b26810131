package eventstore

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Position names an event: the stream sequence of its block and its index in
// the block, from 0. The zero Position is before the first event.
type Position struct {
	Block uint64
	Event uint32
}

// WholeBlock is the Event of a position that stands for the end of its block.
const WholeBlock = math.MaxUint32

// ParsePosition reads "12.3", or "12" for the end of block 12.
func ParsePosition(s string) (Position, error) {
	block, event, dotted := strings.Cut(s, ".")
	b, err := strconv.ParseUint(block, 10, 63)
	if err != nil {
		return Position{}, fmt.Errorf("%q is not a position; write a block such as 12, or an event of it such as 12.3", s)
	}
	if !dotted {
		return Position{Block: b, Event: WholeBlock}, nil
	}
	e, err := strconv.ParseUint(event, 10, 31)
	if err != nil {
		return Position{}, fmt.Errorf("%q is not a position; write a block such as 12, or an event of it such as 12.3", s)
	}
	return Position{Block: b, Event: uint32(e)}, nil
}

// String returns "12.3", or "12" for the end of a block.
func (p Position) String() string { return string(p.append(nil)) }

func (p Position) append(b []byte) []byte {
	b = strconv.AppendUint(b, p.Block, 10)
	if p.Event == WholeBlock {
		return b
	}
	return strconv.AppendUint(append(b, '.'), uint64(p.Event), 10)
}

// Compare orders positions as the log does.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Block, o.Block), cmp.Compare(p.Event, o.Event))
}

// IsZero tells whether p is before the first event.
func (p Position) IsZero() bool { return p == Position{} }

// MarshalText returns String.
func (p Position) MarshalText() ([]byte, error) { return p.append(nil), nil }

// UnmarshalText is ParsePosition.
func (p *Position) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePosition(string(b))
	return err
}
