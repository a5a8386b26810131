package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stallAfter is how long a reader waits for the next block before it asks the
// server whether that block exists at all.
const stallAfter = 2 * time.Second

// endWithin is how long the end of a reading waits for the server.
const endWithin = time.Second

// Blocks reads the stored blocks of all ledgers in the order of the stream,
// after one sequence and up to and including another; until 0 goes on for
// ever. Every sequence is there: a missing one ends the reading with a
// *BadBlock of code sequence_missing, never silently.
func (s *Store) Blocks(ctx context.Context, after, until uint64) iter.Seq2[Message, error] {
	return s.blocks(ctx, s.cfg.Stream+".*", after, until)
}

func (s *Store) blocks(ctx context.Context, filter string, after, until uint64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if until != 0 && after >= until {
			return
		}
		messages, err := s.consume(ctx, filter, after, until)
		if err != nil {
			yield(Message{}, readError(ctx, err))
			return
		}
		defer func() { messages.end(ctx) }()
		whole := filter == s.cfg.Stream+".*"
		silent, patience := 0, 1 // how often the server held a block back, and how often it may
		for until == 0 || after < until {
			m, err := s.next(ctx, messages, after)
			if errors.Is(err, errStill) {
				continue
			}
			if errors.Is(err, errSilent) {
				if silent++; silent < patience {
					continue
				}
				// A delivery was lost, and with it the consumer waits for ever: the
				// next one starts behind the last block that came. A server that is
				// only slow gets twice the time.
				silent, patience = 0, min(2*patience, patienceMax)
				again, failed := s.consume(ctx, filter, after, until)
				if failed == nil {
					messages.end(ctx)
					messages = again
					continue
				}
				err = readError(ctx, failed)
			}
			if err == nil && whole && m.Sequence != after+1 {
				err = missingSequence(after + 1)
			}
			if err != nil {
				yield(Message{}, err)
				return
			}
			if !yield(m, nil) {
				return
			}
			after, silent, patience = m.Sequence, 0, 1
		}
	}
}

// patienceMax is how often in a row a server may hold a block back before it is
// asked anew: a delivery that is lost again and again must not be waited for ever
// longer.
const patienceMax = 8

// readAheadMax is how many bytes the server may send before they are read, or
// four of the largest messages if that is more.
const readAheadMax = 16 << 20

// fewBlocks is how many blocks may be asked for by their number: whoever wants
// no more than these does not need the server to read on.
const fewBlocks = 64

// delivery is a consumer of the server and what it sends.
type delivery struct {
	jetstream.MessagesContext
	store    *Store
	consumer jetstream.Consumer
}

func (s *Store) consume(ctx context.Context, filter string, after, until uint64) (delivery, error) {
	c, err := s.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{filter},
		DeliverPolicy:  jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:    after + 1,
	})
	if err != nil {
		return delivery{}, err
	}
	var size jetstream.PullMessagesOpt = jetstream.PullMaxBytes(max(readAheadMax, 4*int(s.cfg.Conn.MaxPayload())))
	if until != 0 && until-after <= fewBlocks {
		size = jetstream.PullMaxMessages(int(until - after))
	}
	messages, err := c.Messages(size)
	return delivery{messages, s, c}, err
}

// end takes the consumer from the server: it would keep it for five minutes
// otherwise, and allows a stream a thousand of them by default, after which
// nobody could read. A server that does not answer in time keeps it.
func (d delivery) end(ctx context.Context) {
	d.Stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if d.store.cfg.Conn.IsConnected() {
		_ = d.store.stream.DeleteConsumer(ctx, d.consumer.CachedInfo().Name)
	}
}

// errStill says that nothing came and nothing is missing, errSilent that
// nothing came although there is something.
var (
	errStill  = errors.New("nothing new")
	errSilent = errors.New("nothing came")
)

func (s *Store) next(ctx context.Context, messages delivery, after uint64) (Message, error) {
	wait, cancel := context.WithTimeout(ctx, stallAfter)
	defer cancel()
	msg, err := messages.Next(jetstream.NextContext(wait))
	switch {
	case err == nil:
		meta, err := msg.Metadata()
		if err != nil {
			return Message{}, failure(LogUnavailable, "the server sent a message without its position", "", err)
		}
		return Message{Sequence: meta.Sequence.Stream, Ledger: s.ledgerOf(msg.Subject()), Data: msg.Data(), Stored: meta.Timestamp.UTC(),
			Trace: msg.Headers().Get(traceHeader)}, nil
	case ctx.Err() != nil:
		return Message{}, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, jetstream.ErrNoHeartbeat):
		return Message{}, s.stalled(ctx, after)
	}
	return Message{}, readError(ctx, err)
}

// stalled tells a quiet log from one that lost the next message.
func (s *Store) stalled(ctx context.Context, after uint64) error {
	end, err := s.End(ctx)
	if err != nil {
		return err
	}
	if end <= after {
		return errStill
	}
	if _, err := s.stream.GetMsg(ctx, after+1); errors.Is(err, jetstream.ErrMsgNotFound) {
		return missingSequence(after + 1)
	} else if err != nil {
		return readError(ctx, err)
	}
	return errSilent
}

func missingSequence(seq uint64) error {
	return &BadBlock{"sequence_missing", Position{Block: seq, Event: WholeBlock},
		fmt.Sprintf("block %d is missing from the stream", seq)}
}

func readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failure(LogUnavailable, "the log cannot be read", "check the NATS server", err)
}

// Block reads one stored block. It returns a *BadBlock of code
// sequence_missing where there is none.
func (s *Store) Block(ctx context.Context, sequence uint64) (Message, error) {
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) { return s.stream.GetMsg(ctx, sequence) })
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Message{}, missingSequence(sequence)
	}
	if err != nil {
		return Message{}, readError(ctx, err)
	}
	return s.message(m), nil
}

func (s *Store) message(m *jetstream.RawStreamMsg) Message {
	return Message{Sequence: m.Sequence, Ledger: s.ledgerOf(m.Subject), Data: m.Data, Stored: m.Time.UTC(), Trace: m.Header.Get(traceHeader)}
}

// nextOf reads the first block of a ledger at or after a sequence; ok is false
// where there is none yet. It asks the leader, so its answer is never stale.
func (s *Store) nextOf(ctx context.Context, ledger string, from uint64) (m Message, ok bool, err error) {
	raw, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return s.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(s.subject(ledger)))
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Message{}, false, nil
	}
	if err != nil {
		return Message{}, false, readError(ctx, err)
	}
	return s.message(raw), true, nil
}

// lastOf returns the sequence of the last block of a ledger, 0 where it has none.
func (s *Store) lastOf(ctx context.Context, ledger string) (uint64, error) {
	raw, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return s.stream.GetLastMsgForSubject(ctx, s.subject(ledger))
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, readError(ctx, err)
	}
	return raw.Sequence, nil
}

// askAgainAfter is how long one question to the server waits for its answer.
// While a cluster has no leader, questions are lost without a word.
const askAgainAfter = time.Second

// insist asks again and again until there is an answer or ctx ends.
func insist[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, askAgainAfter)
		v, err := ask(attempt)
		if errors.Is(err, nats.ErrNoResponders) {
			<-attempt.Done()
		}
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, nats.ErrNoResponders) {
			return v, err
		}
	}
}
