package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// inspector follows one copy of the log from its first block, until it finds
// the first one that is not what it was.
type inspector struct {
	ctx       context.Context
	copy      string
	known     *knowledge
	ledgers   map[string]*inspected
	entries   int64
	at        uint64 // last block
	time      time.Time
	backwards uint64 // the first block that was recorded before the one before it
	first     *Finding
	tree      *Finding // a kept tree that is not the signed one
	misplaced *Finding // a genuine checkpoint whose row names another block than it was signed at
}

// inspected is a ledger as far as it was read.
type inspected struct {
	name    string
	edge    proof.Edge
	head    eventstore.Hash
	last    uint64 // its last block
	signed  []projections.SignedCheckpoint
	hashes  tlog.HashReader // of the kept tree; nil: none
	size    int64           // of the kept tree
	leaves  []tlog.Hash     // some of the kept tree
	from    int64           // index of the first of them
	suspect uint64          // a block that does not follow the one before it
	before  uint64          // that one
	until   uint64          // block up to which its last checkpoint was signed
}

func newInspector(ctx context.Context, copy string, k *knowledge) *inspector {
	return &inspector{ctx: ctx, copy: copy, known: k, ledgers: map[string]*inspected{}}
}

// take reads the next block; ok is false after the last one that is of use.
func (i *inspector) take(next func() (eventstore.Message, error, bool)) (m eventstore.Message, ok bool, err error) {
	if i.first != nil {
		return m, false, nil
	}
	m, err, ok = next()
	if !ok {
		return m, false, nil
	}
	var bad *eventstore.BadBlock
	if errors.As(err, &bad) {
		i.found(bad.Position.Block, "%s", bad.Reason)
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	return m, true, i.inspect(m)
}

func (i *inspector) found(block uint64, format string, args ...any) {
	if i.first == nil || block < i.first.Position.Block {
		i.first = &Finding{Position: blockPosition(block), In: i.copy, Reason: fmt.Sprintf(format, args...)}
	}
}

// ledger returns what was read of a ledger.
func (i *inspector) ledger(name string) *inspected {
	l := i.ledgers[name]
	if l == nil {
		l = &inspected{name: name, signed: i.known.signed[name]}
		if last, ok := i.known.last[name]; ok {
			l.hashes, l.size = i.known.archive.Hashes(i.ctx, last), last.Size
		}
		i.ledgers[name] = l
	}
	return l
}

// inspect compares a block with the chain, the tree and the checkpoints.
func (i *inspector) inspect(m eventstore.Message) error {
	b, err := proof.ParseBlock(m.Data)
	if err == nil && i.copy == InLog {
		_, err = eventstore.Decode(m)
	}
	if err != nil {
		i.found(m.Sequence, "%v", err)
		return nil
	}
	if b.Ledger != m.Ledger {
		i.found(m.Sequence, "it was stored for %s and says %s", m.Ledger, b.Ledger)
		return nil
	}
	i.at = m.Sequence
	i.follow(b)
	l := i.ledger(b.Ledger)
	follows := eventstore.Hash(b.Previous) == l.head
	switch {
	case l.suspect > 0:
		i.settle(l, follows)
	case !follows && l.edge.Size() <= l.size && l.last > 0 || !follows && l.last == 0:
		// What was before it is in the signed tree as it was.
		i.found(m.Sequence, "it does not follow the block before it in its ledger")
	case !follows:
		l.suspect, l.before = m.Sequence, l.last
	}
	if i.first != nil {
		return nil
	}
	l.head, l.last = m.Hash(), m.Sequence
	if m.Sequence <= l.until {
		i.misplace(m.Sequence, "a checkpoint of %s with %d entries names block %d, by which there were more", l.name, l.edge.Size(), l.until)
	}
	for _, leaf := range b.Leaves {
		if err := i.leaf(l, m.Sequence, tlog.RecordHash(leaf)); err != nil || i.first != nil {
			return err
		}
	}
	return nil
}

// settle says of a suspect and the block before it which one is not what it was:
// if what came after the suspect was written after it as it is, the other one.
func (i *inspector) settle(l *inspected, confirmed bool) {
	if confirmed {
		i.found(l.before, "the block after it in its ledger, %d, was written after another one", l.suspect)
		return
	}
	i.found(l.suspect, "it does not follow the block before it in its ledger")
}

func (i *inspector) misplace(block uint64, format string, args ...any) {
	if i.misplaced == nil {
		i.misplaced = &Finding{Position: blockPosition(block), In: InCheckpoint, Reason: fmt.Sprintf(format, args...)}
	}
}

// follow takes note of a block that was recorded before the one before it.
func (i *inspector) follow(b proof.Block) {
	if len(b.Leaves) == 0 {
		return
	}
	_, rest, _ := bytes.Cut(b.Leaves[0], []byte(`,"recorded":"`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return
	}
	if at.Before(i.time) && i.backwards == 0 {
		i.backwards = i.at
	}
	i.time = at
}

// leaf compares an entry with the kept tree, and the tree up to it with the
// checkpoints of its size.
func (i *inspector) leaf(l *inspected, block uint64, h tlog.Hash) error {
	index := l.edge.Size()
	want, kept, err := i.keptLeaf(l, index)
	if err != nil {
		return err
	}
	if kept && want != h {
		i.found(block, "entry %d of %s is not the one that was signed", index, l.name)
		return nil
	}
	l.edge.Add(h)
	i.entries++
	for len(l.signed) > 0 && l.signed[0].Size == l.edge.Size() {
		if c := l.signed[0]; c.Root != l.edge.Root() {
			i.found(block, "the first %d entries of %s are not those of the checkpoint that was signed", c.Size, l.name)
			return nil
		} else if c.Block > 0 { // it was not kept elsewhere
			if l.until = c.Block; c.Block < block || c.Head != l.head {
				i.misplace(block, "the checkpoint of %s with %d entries names block %d or its hash, and is of this one", l.name, c.Size, c.Block)
			}
		}
		l.signed = l.signed[1:]
	}
	return nil
}

// keptLeaf returns a leaf of the kept tree, which is proved to belong to the
// signed root. A tree that is damaged is a finding of its own, and the ledger
// goes on without it.
func (i *inspector) keptLeaf(l *inspected, index int64) (h tlog.Hash, ok bool, err error) {
	const some = 1 << proof.TileHeight
	if l.hashes == nil || index >= l.size {
		return h, false, nil
	}
	if index < l.from || index >= l.from+int64(len(l.leaves)) {
		l.from = index / some * some
		var indexes []int64
		for n := l.from; n < min(l.from+some, l.size); n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		if l.leaves, err = l.hashes.ReadHashes(indexes); err != nil {
			if i.ctx.Err() != nil {
				return h, false, i.ctx.Err()
			}
			l.hashes = nil
			i.tree = &Finding{Position: blockPosition(i.at), In: InTree, Reason: fmt.Sprintf("the kept tree of %s is not the signed one: %v", l.name, err)}
			return h, false, nil
		}
	}
	return l.leaves[index-l.from], true, nil
}

// end hands the finding over. A copy that was read to its end may lack something
// after it.
func (i *inspector) end(a *Audit, end uint64) {
	if i.first == nil {
		i.lacks(end)
	}
	if i.first != nil {
		a.Findings = append(a.Findings, *i.first)
	}
	if i.tree != nil && i.copy == InLog {
		a.Findings = append(a.Findings, *i.tree)
	}
}

// lacks compares where each ledger ends with what was signed and with what the
// read models were made of.
func (i *inspector) lacks(end uint64) {
	for name := range i.known.signed {
		i.ledger(name) // also where no block is left
	}
	for name, l := range i.ledgers {
		head, ok := i.known.heads[name]
		ok = ok && i.known.projected == end
		switch {
		case l.suspect > 0:
			i.settle(l, ok && head == l.head)
		case len(l.signed) > 0:
			i.found(end+1, "%d entries of %s are there, and a checkpoint with %d was signed", l.edge.Size(), name, l.signed[len(l.signed)-1].Size)
		case ok && head != l.head:
			i.found(l.last, "the read models were made of another block")
		}
	}
}
