package feed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The limits of a feed.
const (
	pendingMax = 1024             // messages that are sent and not yet acknowledged
	ackMax     = 10 * time.Second // for one acknowledgement
	retryMin   = 50 * time.Millisecond
	retryMax   = 5 * time.Second
)

// Config says what is fed and where.
type Config struct {
	Conn     *nats.Conn
	Log      *eventstore.Store
	Name     string // of the stream of the log, as it was at first; its own if empty
	Region   string // empty: there is only one
	Replicas int
	Now      func() time.Time
	Out      *slog.Logger
}

// Feed sends the events of a log. It is safe for concurrent use.
type Feed struct {
	cfg Config
	js  jetstream.JetStream

	mu     sync.Mutex
	status Status
	anew   bool   // the stream is to be emptied first
	stop   func() // ends what goes on, so that it begins again
}

// Status says how far the feed is. Block is the last block of which all events
// are sent; Problem is why it does not go on, and empty where it does.
type Status struct {
	Stream    string    `json:"stream"`
	Subjects  string    `json:"subjects"`
	Block     uint64    `json:"block"`
	Lag       uint64    `json:"lag"`
	Events    uint64    `json:"events"`
	UpdatedAt time.Time `json:"updated_at"`
	Problem   string    `json:"problem,omitempty"`
}

// New returns the feed of a log. Run lets it work.
func New(cfg Config) (*Feed, error) {
	if cfg.Name == "" {
		cfg.Name = cfg.Log.Stream()
	}
	js, err := jetstream.New(cfg.Conn, jetstream.WithPublishAsyncMaxPending(2*pendingMax))
	return &Feed{cfg: cfg, js: js, status: Status{Stream: eventstore.EventStream(cfg.Name), Subjects: prefixOf(cfg.Region) + "<ledger>.<type>"}}, err
}

// Status says how far the feed is, of a log that ends at a block.
func (f *Feed) Status(end uint64) Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Lag = max(end, s.Block) - s.Block
	return s
}

func (f *Feed) reached(block uint64, t tail) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Block, f.status.Events, f.status.UpdatedAt, f.status.Problem = block, t.number, f.cfg.Now().UTC(), ""
}

// Run sends events until ctx ends. What stops it is tried again for as long as
// it takes: nothing is lost meanwhile.
func (f *Feed) Run(ctx context.Context) {
	wait := retryMin
	for ctx.Err() == nil {
		begun := f.cfg.Now()
		err := f.begin(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, context.Canceled), errors.Is(err, errOvertaken):
			continue
		case errors.Is(err, errForeign):
			f.cfg.Out.Warn("the stream of events is not what the log says and is made anew", "stream", f.status.Stream)
			f.Rebuild()
			continue
		case f.cfg.Now().Sub(begun) > retryMax:
			wait = retryMin
		}
		f.failed(err)
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
		wait = min(2*wait, retryMax)
	}
}

func (f *Feed) failed(err error) {
	f.cfg.Out.Warn("events are not sent to subscribers, which is tried again", "error", err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Problem = err.Error()
}

// Rebuild lets the stream be emptied and filled anew from the first event on.
// Subscribers get all of it again.
func (f *Feed) Rebuild() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.anew = true
	if f.stop != nil {
		f.stop()
	}
}

// begin follows the log until it fails or is to begin again.
func (f *Feed) begin(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	f.stop = cancel
	anew := f.anew
	f.anew = false
	f.mu.Unlock()
	s, err := f.open(ctx)
	if err == nil && anew {
		err = s.Purge(ctx)
	}
	if err == nil {
		err = f.follow(ctx, s)
	}
	return err
}

// errOvertaken says that another server sent the event, or that its
// acknowledgement was lost: the end of the stream tells.
var errOvertaken = errors.New("another server was faster")

// follow sends what the log has after the end of the stream, and then what comes.
func (f *Feed) follow(ctx context.Context, s jetstream.Stream) error {
	t, err := f.end(ctx, s)
	if err != nil {
		return err
	}
	from := max(t.at.Block, 1) - 1 // the block of the last message may have more events
	f.reached(from, t)
	end, err := f.cfg.Log.End(ctx)
	if err == nil && from < end { // until 0 would be for ever, in an empty log
		err = f.send(ctx, &t, f.cfg.Log.Blocks(ctx, from, end), pendingMax/2)
	}
	if err == nil {
		err = f.send(ctx, &t, f.cfg.Log.Blocks(ctx, max(from, end), 0), 0)
	}
	return err
}

// send sends the events of blocks, many at a time, each stored only behind the
// one before it: where one is refused, so are all that follow. At the end of a
// block no more than some may be without their acknowledgement.
func (f *Feed) send(ctx context.Context, t *tail, blocks iter.Seq2[eventstore.Message, error], some int) error {
	var sent []jetstream.PubAckFuture
	last := uint64(0)
	for m, err := range blocks {
		if err != nil {
			return err
		}
		b, err := eventstore.DecodeEnvelope(m)
		if err != nil {
			return err
		}
		done, empty := t.at, t.number == 0
		err = b.EachRecord(func(r eventstore.Record) error {
			if !empty && r.Position.Compare(done) <= 0 {
				return nil
			}
			ack, err := f.publish(r, b.Hash, t)
			if err != nil {
				return err
			}
			if sent = append(sent, ack); len(sent) < pendingMax {
				return nil
			}
			return settle(ctx, &sent)
		})
		if err == nil && len(sent) > some {
			err = settle(ctx, &sent)
		}
		if err != nil {
			return err
		}
		if last = b.Sequence; len(sent) == 0 {
			f.reached(last, *t)
		}
	}
	err := settle(ctx, &sent)
	if err == nil && last > 0 {
		f.reached(last, *t)
	}
	return err
}

func (f *Feed) publish(r eventstore.Record, block eventstore.Hash, behind *tail) (jetstream.PubAckFuture, error) {
	m, err := f.message(r, block, *behind)
	if err != nil {
		return nil, err
	}
	behind.sequence, behind.number, behind.at = behind.sequence+1, behind.number+1, r.Position
	return f.js.PublishMsgAsync(m)
}

// settle waits for all acknowledgements.
func settle(ctx context.Context, sent *[]jetstream.PubAckFuture) error {
	late := time.NewTimer(ackMax)
	defer late.Stop()
	for _, ack := range *sent {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			if isOvertaken(err) {
				return errOvertaken
			}
			return fmt.Errorf("an event was not stored: %w", err)
		case <-late.C:
			return errors.New("the NATS server does not answer")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	*sent = (*sent)[:0]
	return nil
}

func isOvertaken(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
