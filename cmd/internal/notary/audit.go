package notary

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"
)

// Audit says what a comparison of both copies of the log with each other, with
// the trees and with the signed checkpoints has found.
type Audit struct {
	LogEnd      uint64    `json:"log_end"`
	ArchiveEnd  uint64    `json:"archive_end"`
	Entries     int64     `json:"entries"`     // that were read from the log
	Checkpoints int       `json:"checkpoints"` // that were compared
	Findings    []Finding `json:"findings"`    // the first one of each copy, by position
}

// Finding is something that is not what it was. In is the log, the archive, the
// tree or a checkpoint. Right is the copy that is as it was at the position;
// empty where neither is, or where nothing tells.
type Finding struct {
	Position eventstore.Position `json:"position"`
	In       string              `json:"in"`
	Right    string              `json:"right,omitempty"`
	Reason   string              `json:"reason"`
}

// The names of the copies, and of what is made of them.
const (
	InLog        = "log"
	InArchive    = "archive"
	InTree       = "tree"
	InCheckpoint = "checkpoint"
)

// Clean tells whether everything is as it was.
func (a Audit) Clean() bool { return len(a.Findings) == 0 }

// Whole tells whether a copy is as it was, as far as anything tells.
func (a Audit) Whole(copy string) bool {
	return !slices.ContainsFunc(a.Findings, func(f Finding) bool { return f.In == copy })
}

func (a *Audit) found(in string, block uint64, format string, args ...any) {
	a.Findings = append(a.Findings, Finding{Position: blockPosition(block), In: in, Reason: fmt.Sprintf(format, args...)})
}

func blockPosition(block uint64) eventstore.Position {
	return eventstore.Position{Block: block, Event: eventstore.WholeBlock}
}

// Audit reads both copies of the log from the first block on. Outside are
// signed checkpoints that somebody kept elsewhere; they are compared like those
// of the archive. Progress is told in blocks.
func (n *Notary) Audit(ctx context.Context, outside [][]byte, progress func(done, total uint64)) (a Audit, err error) {
	if a.LogEnd, err = n.Log.End(ctx); err != nil {
		return a, err
	}
	if a.ArchiveEnd, err = n.Archive.End(ctx); err != nil {
		return a, err
	}
	k, err := n.known(ctx, &a, outside)
	if err != nil {
		return a, err
	}
	if bad, err := n.Archive.WrongRow(ctx); err != nil {
		return a, err
	} else if bad > 0 {
		a.found(InArchive, bad, "the row of the block does not agree with its bytes")
	}
	log, archive := newInspector(ctx, InLog, k), newInspector(ctx, InArchive, k)
	differs, err := n.inspectBoth(ctx, &a, log, archive, progress)
	if err != nil {
		return a, err
	}
	a.Entries = log.entries
	log.end(&a, a.LogEnd)
	archive.end(&a, a.ArchiveEnd)
	if differs == 0 && log.misplaced != nil && archive.misplaced != nil && a.Clean() { // else it is the block
		a.Findings = append(a.Findings, *log.misplaced)
	}
	a.compareEnds(k)
	a.judge(differs, log.backwards, archive.backwards)
	return a, nil
}

// inspectBoth reads the copies side by side, each as far as it can be read, and
// returns the first block that is not the same in both, 0 if there is none.
func (n *Notary) inspectBoth(ctx context.Context, a *Audit, log, archive *inspector, progress func(done, total uint64)) (differs uint64, err error) {
	nextLog, stopLog := iter.Pull2(blocksOf(ctx, n.Log, a.LogEnd))
	defer stopLog()
	nextArchive, stopArchive := iter.Pull2(blocksOf(ctx, n.Archive, a.ArchiveEnd))
	defer stopArchive()
	for {
		l, inLog, err := log.take(nextLog)
		if err != nil {
			return differs, err
		}
		c, inArchive, err := archive.take(nextArchive)
		if err != nil {
			return differs, err
		}
		if !inLog && !inArchive {
			return differs, nil
		}
		if differs == 0 && inLog && inArchive && (l.Ledger != c.Ledger || !bytes.Equal(l.Data, c.Data)) {
			differs = l.Sequence
		}
		progress(max(l.Sequence, c.Sequence), max(a.LogEnd, a.ArchiveEnd))
	}
}

// blocksOf reads a copy up to its end.
func blocksOf(ctx context.Context, copy projections.Log, end uint64) iter.Seq2[eventstore.Message, error] {
	if end == 0 { // until 0 would follow the log for ever
		return func(func(eventstore.Message, error) bool) {}
	}
	return copy.Blocks(ctx, 0, end)
}

// knowledge is what the copies are compared with.
type knowledge struct {
	archive   projections.Archive
	signed    map[string][]projections.SignedCheckpoint // genuine ones of each ledger, by size
	last      map[string]projections.SignedCheckpoint   // whose tree is kept
	projected uint64                                    // block that the read models have
	heads     map[string]eventstore.Hash                // of each ledger there
	until     uint64                                    // block up to which something was signed
}

// known reads the checkpoints and leaves out those that are not genuine.
func (n *Notary) known(ctx context.Context, a *Audit, outside [][]byte) (*knowledge, error) {
	k := &knowledge{archive: n.Archive, signed: map[string][]projections.SignedCheckpoint{}, last: map[string]projections.SignedCheckpoint{}}
	var err error
	if k.projected, k.heads, err = n.Archive.Projected(ctx); err != nil {
		return nil, err
	}
	all, err := n.Archive.Checkpoints(ctx, "")
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, c := range all {
		sizes[c.Ledger] = c.Size
		var damage *Damage
		if err := n.Genuine(c); errors.As(err, &damage) {
			a.found(InCheckpoint, c.Block, "%s", damage.Reason)
			continue
		} else if err != nil {
			return nil, err
		}
		k.signed[c.Ledger] = append(k.signed[c.Ledger], c)
		k.last[c.Ledger] = c
		k.until = max(k.until, c.Block)
	}
	for ledger, c := range k.last {
		kept, err := n.Archive.KeptLeaves(ctx, ledger)
		if err != nil {
			return nil, err
		}
		if kept > sizes[ledger] {
			a.found(InCheckpoint, c.Block, "the tree of %s was signed with %d entries, but that checkpoint is gone", ledger, kept)
		}
	}
	for _, note := range outside {
		if err := n.addOutside(k, note); err != nil {
			return nil, err
		}
	}
	for ledger := range k.signed {
		slices.SortStableFunc(k.signed[ledger], func(x, y projections.SignedCheckpoint) int { return cmp.Compare(x.Size, y.Size) })
		a.Checkpoints += len(k.signed[ledger])
	}
	return k, nil
}

// addOutside adds a checkpoint that somebody kept to those of its ledger.
func (n *Notary) addOutside(k *knowledge, note []byte) error {
	c, err := n.outside(note)
	if err == nil {
		k.signed[c.Ledger] = append(k.signed[c.Ledger], c)
	}
	return err
}

// outside opens a checkpoint that somebody kept.
func (n *Notary) outside(note []byte) (c projections.SignedCheckpoint, err error) {
	stated, err := proof.ReadUnverified(note)
	if err != nil {
		return c, err
	}
	prefix := n.Keys[0].Origin("")
	if len(stated.Origin) <= len(prefix) || stated.Origin[:len(prefix)] != prefix {
		return c, fmt.Errorf("the checkpoint is of %s, and this server signs as %s", stated.Origin, prefix)
	}
	c = projections.SignedCheckpoint{Checkpoint: stated, Ledger: stated.Origin[len(prefix):], Note: note}
	if _, err := n.open(c); err != nil {
		return c, fmt.Errorf("the checkpoint that was kept elsewhere is not signed by this server: %w", err)
	}
	return c, nil
}

// compareEnds finds a copy that was cut off.
func (a *Audit) compareEnds(k *knowledge) {
	if a.LogEnd < a.ArchiveEnd && a.Whole(InLog) {
		a.found(InLog, a.LogEnd+1, "the log ends with block %d and its archive with %d", a.LogEnd, a.ArchiveEnd)
	}
	if reached := max(k.projected, k.until); a.ArchiveEnd < min(a.LogEnd, reached) && a.Whole(InArchive) {
		a.found(InArchive, a.ArchiveEnd+1, "the archive ends with block %d, but %d were archived", a.ArchiveEnd, reached)
	}
}

// judge says of each finding which copy is right there, and sorts them. Blocks
// of different ledgers that changed places break no chain and no tree; then the
// copy whose times go backwards is the wrong one.
func (a *Audit) judge(differs, backwardsLog, backwardsArchive uint64) {
	if differs > 0 && a.Whole(InLog) && a.Whole(InArchive) {
		switch {
		case backwardsLog >= differs && backwardsArchive == 0:
			a.found(InLog, differs, "it is not in the place in which it was recorded")
		case backwardsArchive >= differs && backwardsLog == 0:
			a.found(InArchive, differs, "it is not in the place in which it was recorded")
		default:
			a.found(InLog, differs, "the copies differ, and nothing tells which is right: it is not signed yet, and no block comes after it")
			return
		}
	}
	for i := range a.Findings { // where the other copy is whole, the first difference is the first wrong block, whatever betrayed it
		f := &a.Findings[i]
		other := map[string]string{InLog: InArchive, InArchive: InLog}[f.In]
		if other != "" && a.Whole(other) && differs > 0 {
			f.Position = blockPosition(differs)
		}
	}
	wrongFrom := func(copy string) uint64 {
		first := uint64(0)
		for _, f := range a.Findings {
			if f.In == copy && (first == 0 || f.Position.Block < first) {
				first = f.Position.Block
			}
		}
		return first
	}
	inLog, inArchive := wrongFrom(InLog), wrongFrom(InArchive)
	for i := range a.Findings {
		f := &a.Findings[i]
		switch at := f.Position.Block; {
		case f.In == InLog && (inArchive == 0 || at < inArchive) && at <= a.ArchiveEnd:
			f.Right = InArchive
		case f.In == InArchive && (inLog == 0 || at < inLog) && at <= a.LogEnd:
			f.Right = InLog
		}
	}
	slices.SortStableFunc(a.Findings, func(x, y Finding) int { return x.Position.Compare(y.Position) })
}
