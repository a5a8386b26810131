package notary

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNoWholeCopy says that neither copy can be made anew from the other one.
var ErrNoWholeCopy = errors.New("neither copy is whole; restore a backup, or ask who keeps a copy elsewhere")

// Whole returns the blocks of the log as they were recorded, for a copy that is
// to be made anew: those of the archive where that is whole, and after its end
// those of the log up to the first one that is wrong; or the whole log.
func (n *Notary) Whole(ctx context.Context, a Audit) (iter.Seq2[eventstore.Message, error], error) {
	switch {
	case a.Whole(InLog):
		return blocksOf(ctx, n.Log, a.LogEnd), nil
	case !a.Whole(InArchive):
		return nil, ErrNoWholeCopy
	}
	good := a.LogEnd
	for _, f := range a.Findings {
		if f.In == InLog {
			good = min(good, f.Position.Block-1)
		}
	}
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range blocksOf(ctx, n.Archive, a.ArchiveEnd) {
			if !yield(m, err) || err != nil {
				return
			}
		}
		if good <= a.ArchiveEnd {
			return
		}
		for m, err := range n.Log.Blocks(ctx, a.ArchiveEnd, good) {
			if !yield(m, err) || err != nil {
				return
			}
		}
	}, nil
}

// Adopt keeps checkpoints of a backup again, with the cosignatures on them. They
// have been compared with the log, and with a newer checkpoint over all of it.
func (n *Notary) Adopt(ctx context.Context, notes [][]byte) error {
	for _, note := range notes {
		c, err := n.outside(note)
		if err != nil {
			return err
		}
		if err := n.Archive.AdoptCheckpoint(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// RepairTrees makes every kept tree anew from blocks, as far as it was signed.
// It changes nothing where that would not be the tree that was signed.
func (n *Notary) RepairTrees(ctx context.Context, blocks iter.Seq2[eventstore.Message, error]) error {
	all, err := n.Archive.Checkpoints(ctx, "")
	if err != nil {
		return err
	}
	last, trees := map[string]projections.SignedCheckpoint{}, map[string]*proof.Growth{}
	for _, c := range all {
		if n.Genuine(c) == nil {
			last[c.Ledger], trees[c.Ledger] = c, proof.Grow(0, nil)
		}
	}
	for m, err := range blocks {
		if err != nil {
			return err
		}
		b, err := proof.ParseBlock(m.Data)
		if err != nil {
			return err
		}
		g := trees[b.Ledger]
		for _, leaf := range b.Leaves {
			if g == nil || g.Size() == last[b.Ledger].Size {
				break
			}
			if err := g.Add(tlog.RecordHash(leaf)); err != nil {
				return err
			}
		}
	}
	for ledger, g := range trees {
		root, err := g.Root()
		if err != nil {
			return err
		}
		if c := last[ledger]; root != c.Root || g.Size() != c.Size {
			return fmt.Errorf("the tree of %s that is made of the blocks is not the one that was signed", ledger)
		}
		tiles, err := g.Tiles()
		if err != nil {
			return err
		}
		if err := n.Archive.RewriteTiles(ctx, ledger, tiles); err != nil {
			return err
		}
	}
	return nil
}
