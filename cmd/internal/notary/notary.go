package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Every is how often a notary looks for new events, and so the longest time
// that an event is without a checkpoint.
const Every = 50 * time.Second

// blocksMax is how many blocks lie between two checkpoints at most.
const blocksMax = 16_384

// Notary signs the checkpoints of all ledgers of one log.
type Notary struct {
	Log       projections.Log
	Archive   projections.Archive
	Keys      []proof.SigningKey // all of them sign; the first gives the trees their names
	Retired   []proof.PublicKey  // that have signed and sign no more
	Witnesses []Witness
	Now       func() time.Time
	Out       *slog.Logger

	mu     sync.Mutex // held while it signs
	failed error
	day    time.Time // that has begun
}

// Damage says that nothing can be signed, because a copy of the log is not what
// it was or the copies differ. It is a finding and not a passing failure.
type Damage struct {
	Position eventstore.Position
	Reason   string
}

// Error returns where the damage is and what was found there.
func (d *Damage) Error() string {
	return fmt.Sprintf("position %s: %s; nothing is signed until aidledger verify has found out which copy is right", d.Position, d.Reason)
}

// Run signs until ctx ends: what is new at least every minute, and everything
// when a day ends.
func (n *Notary) Run(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		err := n.Sign(ctx)
		if err == nil && n.dayEnded() {
			err = n.SignAll(ctx)
		}
		if err != nil && ctx.Err() == nil {
			n.Out.Error("no checkpoint was signed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// dayZone is the calendar by which days end.
var dayZone = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation(domain.DefaultZone)
	if err != nil {
		return time.UTC
	}
	return zone
})

// dayEnded tells once after each midnight that a day has ended.
func (n *Notary) dayEnded() bool {
	now := n.Now().In(dayZone())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, dayZone())
	ended := !n.day.IsZero() && today.After(n.day)
	n.day = today
	return ended
}

// Failed returns why the last attempt has signed nothing, nil when it was well.
func (n *Notary) Failed() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failed
}

// Sign signs a checkpoint of every ledger that has grown since the last one, up
// to what the archive holds.
func (n *Notary) Sign(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failed = n.signAll(ctx)
	return n.failed
}

func (n *Notary) signAll(ctx context.Context) error {
	for {
		from, err := n.Archive.SignedUntil(ctx)
		if err != nil {
			return err
		}
		end, err := n.Archive.End(ctx)
		if err != nil || end <= from {
			return err
		}
		err = n.step(ctx, from, min(end, from+blocksMax))
		if err != nil && !errors.Is(err, projections.ErrTreesMoved) {
			return err
		}
	}
}

// step signs what the blocks after from and up to until add to the trees.
func (n *Notary) step(ctx context.Context, from, until uint64) error {
	trees := map[string]*growing{}
	for pair, err := range n.both(ctx, from, until) {
		if err != nil {
			return err
		}
		g := trees[pair.Ledger]
		if g == nil {
			if g, err = n.tree(ctx, pair.Ledger); err != nil {
				return err
			}
			trees[pair.Ledger] = g
		}
		if err := g.add(pair); err != nil {
			return err
		}
	}
	var all []projections.TreeGrowth
	for ledger, g := range trees {
		signed, err := n.sign(ledger, g, until)
		if err != nil {
			return err
		}
		all = append(all, signed)
	}
	if err := n.Archive.SaveCheckpoints(ctx, from, all); err != nil {
		return err
	}
	for _, g := range all {
		n.askWitnesses(ctx, g.SignedCheckpoint)
	}
	return nil
}

// both reads the log and the archive side by side, and yields the blocks that
// are the same in both. A difference is a *Damage.
func (n *Notary) both(ctx context.Context, from, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		next, stop := iter.Pull2(n.Archive.Blocks(ctx, from, until))
		defer stop()
		for m, err := range n.Log.Blocks(ctx, from, until) {
			if err == nil {
				copied, failed, ok := next()
				switch {
				case !ok:
					err = fmt.Errorf("the archive ended before block %d", m.Sequence)
				case failed != nil:
					err = failed
				case copied.Ledger != m.Ledger || !bytes.Equal(copied.Data, m.Data):
					err = &Damage{positionOf(m), "the log and its archive differ"}
				}
			}
			var bad *eventstore.BadBlock
			if errors.As(err, &bad) {
				err = &Damage{bad.Position, bad.Reason}
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

func positionOf(m eventstore.Message) eventstore.Position {
	return eventstore.Position{Block: m.Sequence, Event: eventstore.WholeBlock}
}

// growing is the tree of a ledger since its last checkpoint.
type growing struct {
	*proof.Growth
	last projections.SignedCheckpoint // its zero value: there is none
	head eventstore.Hash
}

// tree returns the tree of a ledger as it was signed last. That checkpoint must
// be one that our own key has signed: a row can be edited.
func (n *Notary) tree(ctx context.Context, ledger string) (*growing, error) {
	last, err := n.Archive.Checkpoint(ctx, ledger, 0)
	if projections.Is(err, projections.CheckpointNotFound) {
		if err := n.recorded(ctx, ledger); err != nil {
			return nil, err
		}
		return &growing{Growth: proof.Grow(0, nil)}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := n.Genuine(last); err != nil {
		return nil, err
	}
	return &growing{proof.Grow(last.Size, n.Archive.Hashes(ctx, last)), last, last.Head}, nil
}

// Standing says in words what vouches for a kept checkpoint. It returns a
// *Damage where that is not what a key of the notary has signed.
func (n *Notary) Standing(c projections.SignedCheckpoint) (string, error) {
	o, err := n.open(c)
	return o.Standing(), err
}

// Genuine returns a *Damage where a kept checkpoint is not one that a key of
// the notary has signed.
func (n *Notary) Genuine(c projections.SignedCheckpoint) error {
	_, err := n.open(c)
	return err
}

func (n *Notary) open(c projections.SignedCheckpoint) (proof.Opened, error) {
	keys, err := n.keys(c.Ledger)
	if err != nil {
		return proof.Opened{}, err
	}
	o, err := keys.Open(c.Note)
	if err == nil && (o.Size != c.Size || o.Root != c.Root) {
		err = errors.New("its size or root is not the one that was signed")
	}
	if err != nil {
		return o, &Damage{eventstore.Position{Block: c.Block, Event: eventstore.WholeBlock},
			fmt.Sprintf("the checkpoint of %s with %d entries is not genuine: %v", c.Ledger, c.Size, err)}
	}
	return o, nil
}

// add adds the entries of a block, after following the hash chain to it.
func (g *growing) add(m eventstore.Message) error {
	b, err := proof.ParseBlock(m.Data)
	if err != nil {
		return &Damage{positionOf(m), err.Error()}
	}
	if b.Ledger != m.Ledger || eventstore.Hash(b.Previous) != g.head {
		return &Damage{positionOf(m), "it does not follow the last block of its ledger"}
	}
	for _, leaf := range b.Leaves {
		if err := g.Add(tlog.RecordHash(leaf)); err != nil {
			return err
		}
	}
	g.head = m.Hash()
	return nil
}

// sign proves that the grown tree holds what was signed before, and signs it.
func (n *Notary) sign(ledger string, g *growing, until uint64) (out projections.TreeGrowth, err error) {
	c := projections.SignedCheckpoint{Ledger: ledger, Block: until, Head: g.head, SignedAt: n.Now().UTC()}
	c.Origin, c.Size = n.Keys[0].Origin(ledger), g.Size()
	if c.Root, err = g.Root(); err != nil {
		return out, err
	}
	if g.last.Size > 0 {
		grown, err := tlog.ProveTree(c.Size, g.last.Size, g)
		if err != nil {
			return out, err
		}
		if err := proof.Consistent(g.last.Checkpoint, c.Checkpoint, grown); err != nil {
			return out, err
		}
	}
	if c.Note, err = n.note(c); err != nil {
		return out, err
	}
	tiles, err := g.Tiles()
	return projections.TreeGrowth{SignedCheckpoint: c, Tiles: tiles}, err
}

// note signs a checkpoint with every key.
func (n *Notary) note(c projections.SignedCheckpoint) ([]byte, error) {
	var signers []note.Signer
	for _, k := range n.Keys {
		s, err := k.Signer(c.Ledger)
		if err != nil {
			return nil, err
		}
		signers = append(signers, s)
	}
	return c.Sign(signers...)
}

// SignAll signs what is new, and the trees that have not grown once more.
func (n *Notary) SignAll(ctx context.Context) error {
	if err := n.Sign(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	last, err := n.Archive.LastCheckpoints(ctx)
	if err != nil {
		return err
	}
	from, err := n.Archive.SignedUntil(ctx)
	if err != nil {
		return err
	}
	var again []projections.TreeGrowth
	for _, c := range last {
		if err := n.Genuine(c); err != nil {
			return err
		}
		if c.Note, err = n.note(c); err != nil {
			return err
		}
		c.SignedAt = n.Now().UTC()
		again = append(again, projections.TreeGrowth{SignedCheckpoint: c})
	}
	if err := n.Archive.SaveCheckpoints(ctx, from, again); err != nil && !errors.Is(err, projections.ErrTreesMoved) {
		return err
	}
	for _, g := range again {
		n.askWitnesses(ctx, g.SignedCheckpoint)
	}
	return nil
}
