package feed

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The headers of a message.
const (
	PositionHeader = "Aidledger-Position" // of the event, such as 12.3
	NumberHeader   = "Aidledger-Number"   // of the event in the log, from 1
	BlockHeader    = "Aidledger-Block"    // hash of its block
)

// Subjects are those of all events.
const Subjects = "events.>"

// prefixOf returns what stands before the ledger and the type in a subject.
// Regions that share NATS servers have their name in it.
func prefixOf(region string) string {
	if region == "" {
		return "events."
	}
	return "events." + region + "."
}

func settings(name, prefix string, replicas int) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:        name,
		Description: "aidledger: one message per event, made from the log",
		Subjects:    []string{prefix + "*.*"},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		Replicas:    max(replicas, 1),
		MaxMsgs:     -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
		DenyDelete: true,
	}
	if c.Replicas == 1 {
		c.PersistMode = jetstream.AsyncPersistMode // the log has it all: it need not be synced twice
	}
	return c
}

// open returns the stream, which is made where there is none.
func (f *Feed) open(ctx context.Context) (jetstream.Stream, error) {
	name := eventstore.EventStream(f.cfg.Name)
	s, err := f.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = f.js.CreateStream(ctx, settings(name, prefixOf(f.cfg.Region), f.cfg.Replicas))
	}
	if err != nil {
		return nil, fmt.Errorf("the stream %s cannot be opened: %w", name, err)
	}
	return s, nil
}

// tail is where the stream ends.
type tail struct {
	sequence uint64 // of the last message that was ever in it
	number   uint64 // of its event; 0: there is none
	at       eventstore.Position
	block    string // hash of its block
}

// errForeign says that the stream is not what the log says.
var errForeign = errors.New("it is not what the log says")

// end reads the last message. It returns errForeign where the stream is not the
// log from its first event on without a gap.
func (f *Feed) end(ctx context.Context, s jetstream.Stream) (tail, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return tail{}, err
	}
	t := tail{sequence: info.State.LastSeq}
	if info.State.Msgs == 0 {
		return t, nil
	}
	m, err := s.GetMsg(ctx, t.sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return t, errForeign
	}
	if err != nil {
		return t, err
	}
	t.number, _ = strconv.ParseUint(m.Header.Get(NumberHeader), 10, 64)
	t.block = m.Header.Get(BlockHeader)
	if t.at, err = eventstore.ParsePosition(m.Header.Get(PositionHeader)); err != nil ||
		t.number != info.State.Msgs || t.number != t.sequence-info.State.FirstSeq+1 {
		return t, errForeign
	}
	end, err := f.cfg.Log.End(ctx)
	if err != nil {
		return t, err
	}
	if t.at.Block > end {
		return t, errForeign
	}
	last, err := f.cfg.Log.Block(ctx, t.at.Block)
	if err == nil && last.Hash().String() != t.block {
		err = errForeign
	}
	return t, err
}

// message is what the stream holds of an event, to be stored behind a tail.
func (f *Feed) message(r eventstore.Record, block eventstore.Hash, behind tail) (*nats.Msg, error) {
	body, err := json.Marshal(r)
	return &nats.Msg{Subject: prefixOf(f.cfg.Region) + r.Ledger + "." + r.Type, Data: body, Header: nats.Header{
		PositionHeader:                  {r.Position.String()},
		NumberHeader:                    {strconv.FormatUint(behind.number+1, 10)},
		BlockHeader:                     {block.String()},
		jetstream.ExpectedStreamHeader:  {eventstore.EventStream(f.cfg.Name)},
		jetstream.ExpectedLastSeqHeader: {strconv.FormatUint(behind.sequence, 10)},
	}}, err
}
