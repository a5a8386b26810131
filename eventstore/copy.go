package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// OpenDamaged opens a stream whatever state it is in, to read what is left of
// it. Nothing may be recorded in it. It returns a *Failure of code
// stream_missing where there is none.
func OpenDamaged(ctx context.Context, cfg Config) (*Store, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, failure(LogUnavailable, "JetStream cannot be used", "", err)
	}
	stream, err := js.Stream(ctx, cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, failure(StreamMissing, fmt.Sprintf("there is no stream %s", cfg.Stream), "", nil)
	}
	if err != nil {
		return nil, failure(LogUnavailable, fmt.Sprintf("the stream %s cannot be opened", cfg.Stream), "check the NATS server", err)
	}
	s := &Store{cfg: cfg, js: js, stream: stream, writers: map[string]*writer{}, closed: true}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// copyAhead is how many blocks of a copy wait for their acknowledgement.
const copyAhead = 256

// Copy writes blocks, from the first one on and byte for byte, into a stream
// that does not exist yet, reads them back, and returns the last sequence and
// hash. A stream that was written in part stays, and is never written to again.
func Copy(ctx context.Context, cfg Config, blocks iter.Seq2[Message, error]) (end uint64, head Hash, err error) {
	if old, err := OpenDamaged(ctx, cfg); err == nil {
		old.Close()
		return 0, head, failure(StreamSettings, fmt.Sprintf("there is a stream %s already", cfg.Stream), "copy into a new name", nil)
	} else if !Is(err, StreamMissing) {
		return 0, head, err
	}
	s, err := Open(ctx, cfg)
	if err != nil {
		return 0, head, err
	}
	defer s.Close()
	var hashes []Hash
	var waiting []jetstream.PubAckFuture
	for m, err := range blocks {
		if err != nil {
			return 0, head, err
		}
		end++
		if m.Sequence != end {
			return 0, head, missingSequence(end)
		}
		hashes = append(hashes, m.Hash())
		msg := &nats.Msg{Subject: s.subject(m.Ledger), Data: m.Data}
		future, err := s.js.PublishMsgAsync(msg, jetstream.WithExpectStream(cfg.Stream), jetstream.WithExpectLastSequence(end-1))
		if err != nil {
			return 0, head, failure(LogUnavailable, "the copy was not stored", "", err)
		}
		if waiting = append(waiting, future); len(waiting) == copyAhead {
			if err := allStored(ctx, waiting); err != nil {
				return 0, head, err
			}
			waiting = waiting[:0]
		}
	}
	if err := allStored(ctx, waiting); err != nil {
		return 0, head, err
	}
	return s.readBack(ctx, hashes)
}

// allStored waits until all of some blocks are stored.
func allStored(ctx context.Context, waiting []jetstream.PubAckFuture) error {
	for _, f := range waiting {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return failure(LogUnavailable, "the copy was not stored", "", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// readBack compares the stream with the hashes that it must have.
func (s *Store) readBack(ctx context.Context, hashes []Hash) (end uint64, head Hash, err error) {
	if len(hashes) == 0 {
		return 0, head, nil
	}
	for m, err := range s.Blocks(ctx, 0, uint64(len(hashes))) {
		if err != nil {
			return 0, head, err
		}
		if end, head = m.Sequence, m.Hash(); head != hashes[end-1] {
			return 0, head, failure(LogDamaged, fmt.Sprintf("block %d of the copy is not what was written", end), "look at the disk", nil)
		}
	}
	return end, head, nil
}
