package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Audit says how the stream of events compares with the log. Lag is how many
// events of the log are not sent yet, which is no difference: they will be.
// Difference is the first one, at the message of that number, and empty where
// there is none.
type Audit struct {
	Stream     string `json:"stream"`
	Messages   uint64 `json:"messages"`
	Lag        uint64 `json:"lag"`
	Message    uint64 `json:"message,omitzero"`
	Difference string `json:"difference,omitempty"`
}

// Clean tells whether every message is what the log says.
func (a Audit) Clean() bool { return a.Difference == "" }

// errDiffers ends a comparison at the first difference.
var errDiffers = errors.New("the stream differs from the log")

// Verify compares every message of the stream with the event of the log that it
// is of. It changes nothing; [Feed.Rebuild] makes a stream that differs anew.
func (f *Feed) Verify(ctx context.Context, progress func(done, total uint64)) (Audit, error) {
	a := Audit{Stream: eventstore.EventStream(f.cfg.Name)}
	s, err := f.js.Stream(ctx, a.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	state := s.CachedInfo().State
	end, err := f.cfg.Log.End(ctx) // later than the state, so that no message is of a block behind it
	if err != nil {
		return a, err
	}
	if a.Messages = state.Msgs; end == 0 { // to follow an empty log has no end
		return a.without(0), nil
	}
	next, stop := iter.Pull2(stored(ctx, s, state))
	defer stop()
	c := comparison{feed: f, audit: &a, next: next}
	for m, err := range f.cfg.Log.Blocks(ctx, 0, end) {
		if err == nil {
			err = c.block(m)
		}
		if errors.Is(err, errDiffers) {
			return a, nil
		}
		if err != nil {
			return a, err
		}
		progress(m.Sequence, end)
	}
	return a.without(c.number), nil
}

// without names the first message behind those that have an event.
func (a Audit) without(events uint64) Audit {
	if events < a.Messages {
		a.Message, a.Difference = events+1, "the log has no event for it"
	}
	return a
}

// stored yields the messages that a stream had.
func stored(ctx context.Context, s jetstream.Stream, state jetstream.StreamState) iter.Seq2[jetstream.Msg, error] {
	return func(yield func(jetstream.Msg, error) bool) {
		c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(state.FirstSeq, 1)})
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = s.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name) }() // it would go by itself later
		all, err := c.Messages()
		if err != nil {
			yield(nil, err)
			return
		}
		defer all.Stop()
		for range state.Msgs {
			wait, cancel := context.WithTimeout(ctx, ackMax)
			m, err := all.Next(jetstream.NextContext(wait))
			cancel()
			if err != nil {
				err = fmt.Errorf("the stream of events cannot be read, or is being made anew: %w", err)
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// comparison goes through the log and the stream side by side. Number is how
// many messages were compared.
type comparison struct {
	feed   *Feed
	audit  *Audit
	next   func() (jetstream.Msg, error, bool)
	number uint64
}

func (c *comparison) block(m eventstore.Message) error {
	b, err := eventstore.DecodeEnvelope(m)
	if err != nil {
		return err
	}
	return b.EachRecord(func(r eventstore.Record) error {
		if c.number == c.audit.Messages {
			c.audit.Lag++
			return nil
		}
		want, err := c.feed.message(r, b.Hash, tail{number: c.number})
		if err != nil {
			return err
		}
		got, err, more := c.next()
		if !more {
			err = errors.New("the stream of events ended while it was read")
		}
		if err != nil {
			return err
		}
		c.number++
		if same(want, got) {
			return nil
		}
		c.audit.Message = c.number
		c.audit.Difference, err = c.explain(r.Position, got)
		return errors.Join(err, errDiffers)
	})
}

func same(want *nats.Msg, got jetstream.Msg) bool {
	for _, header := range []string{PositionHeader, NumberHeader, BlockHeader} {
		if want.Header.Get(header) != got.Headers().Get(header) {
			return false
		}
	}
	return want.Subject == got.Subject() && bytes.Equal(want.Data, got.Data())
}

// explain says what is wrong with a message that should be of the event at a
// position.
func (c *comparison) explain(want eventstore.Position, got jetstream.Msg) (string, error) {
	at, err := eventstore.ParsePosition(got.Headers().Get(PositionHeader))
	switch order := at.Compare(want); {
	case err != nil || order == 0:
		return fmt.Sprintf("it is not what the log says of the event %s: it was forged", want), nil
	case order < 0:
		return fmt.Sprintf("it is of the event %s, which came before; the event %s belongs there: it is out of order", at, want), nil
	}
	for {
		later, err, more := c.next()
		if err != nil {
			return "", err
		}
		if !more {
			return fmt.Sprintf("it is of the event %s, and the event %s belongs there: that is missing", at, want), nil
		}
		if later.Headers().Get(PositionHeader) == want.String() {
			return fmt.Sprintf("it is of the event %s, and the event %s, which belongs there, comes later: it is out of order", at, want), nil
		}
	}
}
