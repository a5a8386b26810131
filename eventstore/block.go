package eventstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json/jsontext"
)

// Hash is the SHA-256 of the stored bytes of a block.
type Hash [sha256.Size]byte

// String returns the hash in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText returns the hash in lower-case hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) != 2*len(h) {
		return fmt.Errorf("%.80q is not a SHA-256 in hexadecimal", b)
	}
	if _, err := hex.Decode(h[:], b); err != nil {
		return fmt.Errorf("%.80q is not a SHA-256 in hexadecimal", b)
	}
	return nil
}

// Message is a block as it is stored: Data are the exact bytes that the hash
// chain is made of. Stored is the server's time, in UTC. Trace is what its writer
// sent along to who follows blocks through several programs; see Config.Writing.
type Message struct {
	Sequence uint64
	Ledger   string
	Data     []byte
	Stored   time.Time
	Trace    string
}

// Hash returns the SHA-256 of the stored bytes.
func (m Message) Hash() Hash { return sha256.Sum256(m.Data) }

// Block is what one publish wrote: the entries of all commands that were
// decided together. Previous is the hash of the ledger's block before it, zero
// for its first one.
type Block struct {
	Format   int     `json:"v"`
	Ledger   string  `json:"ledger"`
	Previous Hash    `json:"previous"`
	Entries  []Entry `json:"entries"`

	Sequence uint64 `json:"-"` // in the stream
	Hash     Hash   `json:"-"` // of the stored bytes
}

// Entry is what one command wrote. ID is the command's id, Content a hash of
// the command and its fields by which a repeated id is compared. Recorded is in
// UTC, to the microsecond. An entry without events records that the command
// asked for what was already so.
type Entry struct {
	ID          string    `json:"id"`
	Command     string    `json:"command"`
	Content     string    `json:"content"`
	Actor       string    `json:"actor"`
	Role        string    `json:"role,omitempty"`
	Correlation string    `json:"correlation,omitempty"`
	Causation   string    `json:"causation,omitempty"`
	Recorded    time.Time `json:"recorded"`
	Events      []Event   `json:"events"`
}

// Event is one event as it was recorded. Data are the bytes in the log and
// Fact what they mean today, after older versions were brought up to date.
type Event struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Version int            `json:"version"`
	Data    jsontext.Value `json:"data"`

	Fact domain.Event `json:"-"`
}

// Each calls f for every event of the block with its position, in order, until
// f returns an error, and returns that error.
func (b *Block) Each(f func(Position, *Entry, *Event) error) error {
	at := Position{Block: b.Sequence}
	for i := range b.Entries {
		entry := &b.Entries[i]
		for j := range entry.Events {
			if err := f(at, entry, &entry.Events[j]); err != nil {
				return err
			}
			at.Event++
		}
	}
	return nil
}

// Events counts the events of the block.
func (b *Block) Events() int {
	n := 0
	for i := range b.Entries {
		n += len(b.Entries[i].Events)
	}
	return n
}
