package eventstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
)

// A snapshot is the state of one ledger after one of its blocks, kept so that a
// start reads it and the blocks after it instead of the whole log. It lies in a
// stream of its own beside the log and is nothing but a copy: who deletes it
// makes the next start slower. It is used only where all of this holds:
//
//   - the same program wrote it, for the same types of the state: another one
//     may fold the same events differently;
//   - the log has the block that it names, with the same hash;
//   - all its parts are there and have the hash that it names.
//
// Otherwise the log is folded from its first block. A check of the whole log
// never looks at snapshots.

// The limits of snapshots.
const (
	snapshotEvents  = 100_000 // events between two snapshots, where Config names no other number
	snapshotPartMax = 1 << 20 // bytes of one message
	snapshotTimeMax = 30 * time.Second
)

// snapshotHead is the message that makes the parts before it a snapshot. A
// process that is killed while it writes leaves parts without a head, which the
// next snapshot sweeps away.
type snapshotHead struct {
	Format int    `json:"v"`
	Form   Hash   `json:"form"` // of the program and the types of its state
	Ledger string `json:"ledger"`
	Block  uint64 `json:"block"` // the last block that is in it
	Hash   Hash   `json:"hash"`  // of that block
	Parts  string `json:"parts"` // subject of the parts
	First  uint64 `json:"first"` // sequence of the first part
	Bytes  int    `json:"bytes"` // of all parts together
	Sum    Hash   `json:"sum"`   // of all parts together
}

const snapshotFormat = 2

// snapshotForm stands for the program and the types of its state.
func (s *Store) snapshotForm() Hash {
	return sha256.Sum256([]byte(domain.StateForm() + "\n" + s.cfg.Program))
}

func (s *Store) snapshotStream() string { return s.cfg.Stream + "_SNAPSHOTS" }

func (s *Store) snapshotSubject(ledger string) string { return s.snapshotStream() + "." + ledger }

// errNoSnapshot says that a ledger has none, which is no fault.
var errNoSnapshot = errors.New("there is no snapshot")

// snapshot reads the last snapshot of a ledger. An error says why it cannot be
// used.
func (s *Store) snapshot(ctx context.Context, ledger string) (ledgerState, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeMax)
	defer cancel()
	stream, head, _, err := s.snapshotHead(ctx, ledger)
	if err != nil {
		return ledgerState{}, err
	}
	if head.Form != s.snapshotForm() || head.Format != snapshotFormat || head.Ledger != ledger {
		return ledgerState{}, errors.New("another program wrote it")
	}
	if err := s.made(ctx, head); err != nil {
		return ledgerState{}, err
	}
	body, err := readParts(ctx, stream, head)
	if err != nil {
		return ledgerState{}, err
	}
	return head.state(body, stream)
}

// made returns an error where the log does not have the block that a snapshot
// was made of.
func (s *Store) made(ctx context.Context, head snapshotHead) error {
	m, err := s.Block(ctx, head.Block)
	if err == nil && (m.Ledger != head.Ledger || m.Hash() != head.Hash) {
		return fmt.Errorf("block %d is not the one that it was made of", head.Block)
	}
	return err
}

// snapshotHead returns the head of the last snapshot of a ledger and its own
// sequence.
func (s *Store) snapshotHead(ctx context.Context, ledger string) (stream jetstream.Stream, head snapshotHead, at uint64, err error) {
	if stream, err = s.js.Stream(ctx, s.snapshotStream()); errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, head, 0, errNoSnapshot
	} else if err != nil {
		return nil, head, 0, err
	}
	m, err := stream.GetLastMsgForSubject(ctx, s.snapshotSubject(ledger))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return stream, head, 0, errNoSnapshot
	}
	if err != nil {
		return stream, head, 0, err
	}
	return stream, head, m.Sequence, json.Unmarshal(m.Data, &head)
}

func readParts(ctx context.Context, stream jetstream.Stream, head snapshotHead) ([]byte, error) {
	if head.Bytes < 0 || head.Bytes > 1<<40 {
		return nil, fmt.Errorf("it cannot have %d bytes", head.Bytes)
	}
	var body []byte
	for at := head.First; len(body) < head.Bytes; {
		m, err := stream.GetMsg(ctx, at, jetstream.WithGetMsgSubject(head.Parts))
		if err != nil {
			return nil, fmt.Errorf("a part is missing: %w", err)
		}
		if body == nil {
			body = make([]byte, 0, max(head.Bytes, len(m.Data)))
		}
		body, at = append(body, m.Data...), m.Sequence+1
	}
	if len(body) != head.Bytes || sha256.Sum256(body) != head.Sum {
		return nil, errors.New("its parts are damaged")
	}
	return body, nil
}

// The body of a snapshot is the length of the domain's state, the state, and
// where the pages of the sorted entries are, which are stored before it.

func (head snapshotHead) state(body []byte, stream jetstream.Stream) (ledgerState, error) {
	n, size := binary.Uvarint(body)
	if size <= 0 || n > uint64(len(body)-size) {
		return ledgerState{}, io.ErrUnexpectedEOF
	}
	pages, err := readDirectory(body[size+int(n):])
	if err != nil {
		return ledgerState{}, err
	}
	folded, err := domain.ReadState(body[size : size+int(n)])
	if err != nil {
		return ledgerState{}, err
	}
	out := newLedgerState()
	out.domain, out.last, out.head = folded, head.Block, head.Hash
	out.entries.paged = &pagedEntries{stream: stream, subject: head.Parts, pages: pages, read: map[int]sortedEntries{}}
	out.setZone()
	return out, nil
}

// image is a state that is on its way into a snapshot.
type image struct {
	ledger string
	block  uint64
	hash   Hash
	state  []byte // of the domain
	sorted sortedEntries
	frozen map[entryKey]entryRecord
}

// image copies what changes with the next command, and sets apart the rest.
func (s *ledgerState) image(ledger string) image {
	s.entries.freeze()
	s.since = 0
	return image{ledger: ledger, block: s.last, hash: s.head, state: s.domain.AppendState(nil), sorted: s.entries.sorted, frozen: s.entries.frozen}
}

// storeSnapshot writes the parts, then the head under the condition that nobody wrote
// another one meanwhile, and sweeps away what is older. So of two processes that
// do this at once one keeps its snapshot, and the other takes its parts back.
func (s *Store) storeSnapshot(i image, merged sortedEntries) error {
	s.snapshots.Lock() // one after the other, since each takes memory and a disk
	defer s.snapshots.Unlock()
	// The store may be closing, and this is a part of it.
	ctx, cancel := context.WithTimeout(context.Background(), snapshotTimeMax)
	defer cancel()
	if s.cfg.Room != nil {
		if err := s.cfg.Room(); err != nil {
			return err
		}
	}
	stream, old, before, err := s.snapshotHead(ctx, i.ledger)
	switch {
	case errors.Is(err, errNoSnapshot) && stream == nil:
		if stream, err = s.createSnapshotStream(ctx); err != nil {
			return err
		}
	case err == nil && old.Block >= i.block && old.Form == s.snapshotForm() && s.made(ctx, old) == nil:
		return nil // another process was faster
	case stream == nil:
		return err
	}
	head := snapshotHead{Format: snapshotFormat, Form: s.snapshotForm(), Ledger: i.ledger, Block: i.block, Hash: i.hash,
		Parts: s.snapshotSubject(i.ledger) + "." + uuid.NewString()}
	directory, first, err := s.writePages(ctx, head.Parts, merged)
	if err == nil {
		err = s.writeParts(ctx, &head, binary.AppendUvarint(nil, uint64(len(i.state))), i.state, directory)
	}
	if err == nil {
		var data []byte
		if data, err = json.Marshal(&head); err == nil {
			_, err = s.js.Publish(ctx, s.snapshotSubject(i.ledger), data, jetstream.WithExpectLastSequencePerSubject(before))
		}
	}
	if err != nil {
		return errors.Join(err, stream.Purge(ctx, jetstream.WithPurgeSubject(head.Parts)))
	}
	return errors.Join(
		stream.Purge(ctx, jetstream.WithPurgeSubject(s.snapshotSubject(i.ledger)+".*"), jetstream.WithPurgeSequence(cmp.Or(first, head.First))),
		stream.Purge(ctx, jetstream.WithPurgeSubject(s.snapshotSubject(i.ledger)), jetstream.WithPurgeKeep(1)))
}

func (s *Store) createSnapshotStream(ctx context.Context) (jetstream.Stream, error) {
	return s.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:        s.snapshotStream(),
		Description: "aidledger: copies of the states of ledgers, which the log can make again",
		Subjects:    []string{s.snapshotStream() + ".>"},
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		Replicas:    s.cfg.Replicas,
		AllowDirect: true,
		Duplicates:  dedupeWindow,
	})
}

// writeParts cuts the pieces into messages and fills in the head what it says
// about them.
func (s *Store) writeParts(ctx context.Context, head *snapshotHead, pieces ...[]byte) error {
	sum, limit := sha256.New(), min(snapshotPartMax, int(s.cfg.Conn.MaxPayload())-2048)
	part := make([]byte, 0, limit)
	flush := func() error {
		ack, err := s.js.Publish(ctx, head.Parts, part)
		if err == nil && head.First == 0 {
			head.First = ack.Sequence
		}
		sum.Write(part)
		head.Bytes += len(part)
		part = part[:0]
		return err
	}
	for _, piece := range pieces {
		for len(piece) > 0 {
			n := min(len(piece), limit-len(part))
			part, piece = append(part, piece[:n]...), piece[n:]
			if len(part) < limit {
				continue
			}
			if err := flush(); err != nil {
				return err
			}
		}
	}
	err := flush()
	head.Sum = Hash(sum.Sum(nil))
	return err
}
