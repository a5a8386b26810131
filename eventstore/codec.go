package eventstore

import (
	"errors"
	"fmt"
	"strings"

	"aidledger/domain"
	"aidledger/eventstore/facts"

	"github.com/go-json-experiment/json"
)

// blockFormat is the version of the form of a block. A reader refuses others:
// it must not guess what a future version means.
const blockFormat = 1

// strict makes an unknown member an error: who adds a field makes a new
// version, so that a program that is too old halts instead of dropping it.
var strict = json.RejectUnknownMembers(true)

// BadBlock says that a stored block cannot be read. Position names the block,
// or the event in it that is at fault. Code is stable.
type BadBlock struct {
	Code     string // bad_block, bad_event_payload, unknown_event_type, unknown_event_version, subject_mismatch, chain_broken, hand_over, sequence_missing
	Position Position
	Reason   string
}

// Error says which position cannot be read and why.
func (e *BadBlock) Error() string {
	return fmt.Sprintf("position %s: %s (%s)", e.Position, e.Reason, e.Code)
}

func versionOf(eventType string) int { return facts.Version(eventType) }

func encodeEvent(id string, fact domain.Event) (Event, error) {
	data, err := json.Marshal(fact)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", fact.EventType(), err)
	}
	return Event{ID: id, Type: fact.EventType(), Version: versionOf(fact.EventType()), Data: data, Fact: fact}, nil
}

func encodeBlock(b *Block) ([]byte, error) {
	b.Format = blockFormat
	return json.Marshal(b)
}

// Decode reads a stored block and every event in it. It returns a *BadBlock
// that names the position where it fails; what it cannot read is never skipped.
func Decode(m Message) (*Block, error) {
	b := &Block{Sequence: m.Sequence, Hash: m.Hash()}
	if !b.readCanonical(m.Data) {
		return decodeGeneral(m)
	}
	if err := b.check(m); err != nil {
		return nil, err
	}
	kept := allNames.Get().(*names)
	defer allNames.Put(kept)
	return b, b.Each(func(at Position, _ *Entry, e *Event) error {
		if !e.readCanonical(kept) {
			if err := e.decode(at); err != nil {
				return err
			}
		}
		return b.follows(at, e)
	})
}

func decodeGeneral(m Message) (*Block, error) {
	b, err := DecodeEnvelope(m)
	if err != nil {
		return nil, err
	}
	return b, b.Each(func(at Position, _ *Entry, e *Event) error {
		if err := e.decode(at); err != nil {
			return err
		}
		return b.follows(at, e)
	})
}

// follows refuses a block with which a region adopts a ledger after another
// block than the one before it.
func (b *Block) follows(at Position, e *Event) error {
	over, ok := e.Fact.(*domain.LedgerAdopted)
	if ok && over.Head != b.Previous.String() {
		return &BadBlock{"hand_over", at, fmt.Sprintf("the ledger was adopted after a block with the hash %.80q, and it follows another one", over.Head)}
	}
	return nil
}

// DecodeEnvelope reads a stored block without the data of its events, for
// readers that need only who wrote what and when: their Fact is nil.
func DecodeEnvelope(m Message) (*Block, error) {
	b := &Block{Sequence: m.Sequence, Hash: m.Hash()}
	if err := json.Unmarshal(m.Data, b, strict); err != nil {
		return nil, &BadBlock{"bad_block", Position{Block: m.Sequence, Event: WholeBlock}, plain(err)}
	}
	return b, b.check(m)
}

// check refuses a block that is not what its place in the stream says.
func (b *Block) check(m Message) error {
	at := Position{Block: m.Sequence, Event: WholeBlock}
	if b.Format != blockFormat {
		return &BadBlock{"bad_block", at, fmt.Sprintf("block format %d is not %d; a newer program wrote it", b.Format, blockFormat)}
	}
	if m.Ledger != b.Ledger {
		return &BadBlock{"subject_mismatch", at, fmt.Sprintf("it was stored for %q but says %q", m.Ledger, b.Ledger)}
	}
	for i := range b.Entries {
		if e := &b.Entries[i]; e.ID == "" || e.Command == "" {
			return &BadBlock{"unauthorised_event", at, fmt.Sprintf("entry %d of the block has events that no command gave", i)}
		}
	}
	return nil
}

func (e *Event) decode(at Position) error {
	fact, err := facts.Read(e.Type, e.Version, e.Data)
	if bad, ok := errors.AsType[*facts.Unreadable](err); ok {
		return &BadBlock{bad.Code, at, bad.Reason}
	}
	e.Fact = fact
	return err
}

// plain is the message of an error on one line, at most 200 bytes of it.
func plain(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	return s[:min(len(s), 200)]
}
