package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aidledger/domain"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A ledger is moved in steps, each of which may be done again:
//
//  1. announce: the place of the ledger says where it goes, and who moves it;
//  2. copy: the blocks go over, byte for byte, while commands are still taken;
//  3. close: the last event in the old log names the new region. Whoever decided
//     on an older end of the log is refused by the guard, and finds it;
//  4. finish: the blocks and files that came meanwhile go over;
//  5. adopt: an event in the new log says after which block it goes on;
//  6. settle: the place of the ledger is the new region.
//
// The two events are commands whose ids come from the record of the first step.
// A block of the copy is stored only right after the one before it, so movers
// that run at once, or one after another that was killed, write it once. No
// server of the new region writes before the last step, since a writer asks for
// the place before it begins, and none of the old one after the third.

// Move is what somebody asks for who moves a ledger.
type Move struct {
	Ledger string
	To     string // region
	Actor  string
	Note   string

	// Before is called before each step with its name, and its error ends the
	// move there. Nil: nobody wants to know.
	Before func(step string) error
}

// HandOver says how a ledger came from one region into another: Position is that
// of its last block in the old one, Head the hash of that block, and Receipt that
// of the event with which the new one adopted it.
type HandOver struct {
	Ledger   string   `json:"ledger"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Position Position `json:"position"`
	Head     Hash     `json:"head"`
	Blocks   int      `json:"blocks"`
	Files    int      `json:"files"`
	Receipt  Receipt  `json:"receipt"`
}

// The codes of a Failure to move a ledger.
const (
	RegionUnknown = "region_unknown" // no server has announced such a region
	MovingAlready = "moving_already" // the ledger is being moved to another region
	NotMoved      = "not_moved"      // the ledger is in that region and was not moved there
)

// Away tells whether an error says that the ledger is in another region, or on its
// way to one.
func Away(err error) bool {
	var refusal *domain.Refusal
	return Is(err, LedgerElsewhere) || errors.As(err, &refusal) && refusal.Code == "ledger_moved"
}

// errUnsettled says that the copy is not what it should be yet.
var errUnsettled = errors.New("somebody else is copying")

// mover is a move that goes on.
type mover struct {
	Move
	places   *Places
	at       placeOfLedger
	id       uint64 // of the record that began it
	old, new *Store
	out      HandOver
}

// MoveLedger moves a ledger to another region while the servers of both go on, or
// finishes a move that was begun. cfg has the connection and the clock. Commands
// that come between the two events are refused with ledger_moved or
// ledger_elsewhere. Positions are those of the new region afterwards.
func MoveLedger(ctx context.Context, cfg Config, places *Places, m Move) (HandOver, error) {
	id, err := domain.ParseID(m.Ledger)
	if err != nil {
		return HandOver{}, err
	}
	m.Ledger = string(id)
	v := &mover{Move: m, places: places}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"announce", func(ctx context.Context) error { return v.announce(ctx, cfg) }},
		{"copy", v.copy},
		{"close", v.close},
		{"finish", v.finish},
		{"adopt", v.adopt},
		{"settle", v.settle},
	} {
		if err = v.before(step.name); err == nil {
			err = step.do(ctx)
		}
		if err != nil {
			break
		}
	}
	for _, s := range []*Store{v.old, v.new} {
		if s != nil {
			s.Close()
		}
	}
	return v.out, err
}

func (v *mover) before(step string) error {
	if v.Before == nil {
		return nil
	}
	return v.Before(step)
}

// announce records where the ledger goes, and opens the two logs. A move that
// was settled is looked up again, so that who asks twice gets one answer.
func (v *mover) announce(ctx context.Context, cfg Config) (err error) {
	if v.at, v.id, err = v.places.recorded(ctx, v.Ledger); err != nil {
		return err
	}
	switch {
	case v.at.Region == "":
		return &domain.Refusal{Kind: domain.NotFound, Code: "ledger_not_found", Message: fmt.Sprintf("no ledger is called %q", v.Ledger), Hint: "check its name"}
	case v.at.Region == v.To && v.at.To == "":
		return failure(NotMoved, fmt.Sprintf("the ledger %s is in the region %s", v.Ledger, v.To), "nothing is left to do", nil)
	case v.at.To != "" && v.at.To != v.To:
		return failure(MovingAlready, fmt.Sprintf("the ledger %s is being moved to the region %s", v.Ledger, v.at.To), "finish that first, with the same command", nil)
	}
	if v.old, err = v.open(ctx, cfg, v.at.Region); err != nil {
		return err
	}
	if v.new, err = v.open(ctx, cfg, v.To); err != nil {
		return err
	}
	v.out = HandOver{Ledger: v.Ledger, From: v.at.Region, To: v.To}
	if v.at.To == v.To {
		return nil
	}
	v.at.To, v.at.By, v.at.Note = v.To, v.Actor, v.Note
	v.id, err = v.places.record(ctx, v.Ledger, v.at, v.id)
	return v.changed(err)
}

// changed says what it means that the place of the ledger was not recorded.
func (v *mover) changed(err error) error {
	if err == nil {
		return nil
	}
	return failure(LogUnavailable, "the place of the ledger was not recorded", "somebody else may be moving it; give the same command again", err)
}

// open opens the log of a region.
func (v *mover) open(ctx context.Context, cfg Config, region string) (*Store, error) {
	var address addressOfRegion
	at, err := v.places.last(ctx, v.places.region(region), &address)
	if err != nil {
		return nil, err
	}
	if at == 0 {
		return nil, failure(RegionUnknown, fmt.Sprintf("no server of a region %s has ever started", region), "check the name, or start a server of it first", nil)
	}
	cfg.Stream, cfg.MustExist, cfg.Places = region, true, nil
	if address.Stream != "" {
		cfg.Stream = address.Stream
	}
	return Open(ctx, cfg)
}

// copy brings the blocks in the new log up to those of the old one. What is there
// already has to be their beginning.
func (v *mover) copy(ctx context.Context) error {
	for {
		err := v.copyOn(ctx)
		if err != errUnsettled || ctx.Err() != nil {
			return err
		}
	}
}

func (v *mover) copyOn(ctx context.Context) error {
	there := []Hash{}
	last := uint64(0) // sequence of the last block in the new log
	for m, err := range v.new.LedgerBlocks(ctx, v.Ledger, 0, 0) {
		if err != nil {
			return err
		}
		there, last = append(there, m.Hash()), m.Sequence
	}
	v.out.Blocks = 0
	for m, err := range v.old.LedgerBlocks(ctx, v.Ledger, 0, 0) {
		if err != nil {
			return err
		}
		n := v.out.Blocks
		v.out.Blocks, v.out.Head, v.out.Position = n+1, m.Hash(), Position{Block: m.Sequence, Event: WholeBlock}
		if n < len(there) {
			if there[n] != v.out.Head {
				return failure(LogDamaged, fmt.Sprintf("block %d of the ledger %s is another one in the region %s", n+1, v.Ledger, v.To), "run aidledger verify in both regions", nil)
			}
			continue
		}
		if last, err = v.put(ctx, m, last); err != nil {
			return err
		}
	}
	return nil
}

// put stores a block right after another one of its ledger.
func (v *mover) put(ctx context.Context, m Message, after uint64) (sequence uint64, err error) {
	if room := v.new.cfg.Room; room != nil {
		if err := room(); err != nil {
			return 0, noRoom(err)
		}
	}
	ack, err := v.new.js.PublishMsg(ctx, &nats.Msg{Subject: v.new.subject(v.Ledger), Data: m.Data},
		jetstream.WithExpectStream(v.new.cfg.Stream), jetstream.WithExpectLastSequencePerSubject(after))
	if err == nil {
		return ack.Sequence, nil
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if verdict(err) == notStored {
		return 0, failure(LogUnavailable, "the copy was not stored", "see the NATS server; then give the same command again", err)
	}
	// Another mover stored it, or nobody knows whether it is there.
	next, ok, err := v.new.nextOf(ctx, v.Ledger, after+1)
	if err != nil {
		return 0, err
	}
	if ok && bytes.Equal(next.Data, m.Data) {
		return next.Sequence, nil
	}
	return 0, errUnsettled
}

// close ends the ledger in the old log.
func (v *mover) close(ctx context.Context) error {
	_, err := v.insist(ctx, v.old, "move-ledger", &domain.MoveLedger{From: v.at.Region, To: v.To, Evidence: domain.Evidence{Note: v.at.Note}})
	return err
}

// insist records a command under an id that only this move has.
func (v *mover) insist(ctx context.Context, s *Store, act string, c domain.Command) (Receipt, error) {
	q := Request{ID: fmt.Sprintf("%s-%d", act, v.id), Command: c, Actor: v.at.By, Role: domain.ServerRole}
	for {
		receipt, err := s.Submit(ctx, v.Ledger, q)
		if !Is(err, OutcomeUnknown) && !Is(err, Busy) || ctx.Err() != nil {
			return receipt, err
		}
		select {
		case <-time.After(askAgainAfter):
		case <-ctx.Done():
			return receipt, err
		}
	}
}

// finish copies what came before the last event, and the files of the ledger.
func (v *mover) finish(ctx context.Context) error {
	if err := v.copy(ctx); err != nil {
		return err
	}
	for m, err := range v.old.LedgerBlocks(ctx, v.Ledger, 0, 0) {
		var b *Block
		if err == nil {
			b, err = Decode(m)
		}
		if err == nil {
			err = b.Each(func(_ Position, _ *Entry, e *Event) error { return v.file(ctx, e) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file copies the file of which an event speaks. One that is lost stays lost.
func (v *mover) file(ctx context.Context, e *Event) error {
	added, ok := e.Fact.(*domain.AttachmentAdded)
	if !ok {
		return nil
	}
	data, err := v.old.File(ctx, v.Ledger, added.SHA256)
	if Is(err, FileMissing) || Is(err, FileDamaged) {
		return nil
	}
	if err == nil {
		_, err = v.new.PutFile(ctx, v.Ledger, data)
		v.out.Files++
	}
	return err
}

// adopt opens the ledger in the new log.
func (v *mover) adopt(ctx context.Context) (err error) {
	v.out.Receipt, err = v.insist(ctx, v.new, "adopt-ledger", &domain.AdoptLedger{Region: v.To, From: v.at.Region,
		Position: v.out.Position.String(), Head: v.out.Head.String(), Blocks: v.out.Blocks, Evidence: domain.Evidence{Note: v.at.Note}})
	return err
}

// settle makes the new region the place of the ledger.
func (v *mover) settle(ctx context.Context) error {
	former := v.at.Former
	if !slices.Contains(former, v.at.Region) {
		former = append(former, v.at.Region)
	}
	_, err := v.places.record(ctx, v.Ledger, placeOfLedger{Region: v.To, Former: former}, v.id)
	if err != nil && ctx.Err() == nil {
		if now, _, failed := v.places.recorded(ctx, v.Ledger); failed == nil && now.Region == v.To && now.To == "" {
			return nil // another mover was faster, or it was stored and nobody said so
		}
	}
	return v.changed(err)
}
