package projections

import (
	"fmt"
	"maps"
	"slices"

	"aidledger/eventstore"
)

// track is where a group of projections stands while it reads the log: they
// all have read the same blocks.
type track struct {
	members  []*projection
	block    uint64
	hash     string
	heads    map[string]eventstore.Hash // last block of each ledger
	bulk     map[*projection]projector  // projectors of whole projections in a bulk load; nil otherwise
	balances flowBalances               // in a bulk load; nil otherwise
	keep     func(*fact) bool           // events that are projected; nil: all
	chosen   bool                       // the blocks are some of the log, which was verified when they were first read
}

// batch is a run of blocks, projected and ready to be committed.
type batch struct {
	from, to uint64
	hash     string // of the block from
	events   uint64
	blocks   []*block
	members  []*member
}

// Batch describes a run of blocks that the read models take together. Traces are
// those of its blocks that have one.
type Batch struct {
	From, To uint64 // after the one block, up to the other
	Events   uint64
	Traces   []string
}

func (b *batch) described() Batch {
	d := Batch{From: b.from, To: b.to, Events: b.events}
	for _, block := range b.blocks {
		if block.stored.Trace != "" {
			d.Traces = append(d.Traces, block.stored.Trace)
		}
	}
	return d
}

// member is what a batch means for one projection. One that halts inside the
// batch ends before the others.
type member struct {
	*projection
	projector projector
	to        uint64
	hash      string
	heads     map[string]eventstore.Hash // of the ledgers that changed
	halted    *Halted
	ready     projector // rows of a whole projection in a bulk load that can be written already
}

// headOf returns a block as the last one of its ledger.
func headOf(b *block) map[string]eventstore.Hash {
	return map[string]eventstore.Hash{b.ledger: b.hash}
}

func positionOf(b *block) eventstore.Position {
	return eventstore.Position{Block: b.sequence, Event: eventstore.WholeBlock}
}

// project applies blocks that follow the track to all of its members, and moves
// the track on. A member that halts leaves the track.
func (t *track) project(blocks []*block) (*batch, error) {
	b := &batch{from: t.block, to: t.block, hash: t.hash, blocks: blocks}
	changed := map[string]eventstore.Hash{}
	for _, p := range t.members {
		m := &member{projection: p, to: t.block, hash: t.hash}
		if m.projector = t.bulk[p]; m.projector == nil {
			m.projector = p.begin(t.bulk != nil)
		}
		b.members = append(b.members, m)
	}
	for i, block := range blocks {
		bad := t.chained(block)
		if t.keep != nil {
			block.facts = slices.DeleteFunc(block.facts, func(f fact) bool { return !t.keep(&f) })
		}
		if t.balances != nil && bad == nil {
			t.balances.count(block)
		}
		for _, m := range b.members {
			if m.halted != nil {
				continue
			}
			if m.halted = m.obstacle(block, bad); m.halted == nil {
				m.halted = m.applyBlock(block)
			}
			if m.halted == nil {
				continue
			}
			m.to, m.hash, m.heads = t.block, t.hash, maps.Clone(changed)
			if err := m.again(blocks[:i], t.bulk != nil); err != nil {
				return nil, err
			}
		}
		if bad != nil {
			break // nobody can go on
		}
		t.block, t.hash = block.sequence, block.hash.String()
		t.heads[block.ledger], changed[block.ledger] = block.hash, block.hash
		b.to = t.block
		b.events += uint64(len(block.facts))
	}
	t.members = t.members[:0:0]
	for _, m := range b.members {
		if t.bulk[m.projection] != nil && m.projection.ready != nil {
			m.ready = m.projection.ready(m.projector)
		}
		if m.halted == nil {
			m.to, m.hash, m.heads = t.block, t.hash, changed
			t.members = append(t.members, m.projection)
		}
	}
	return b, nil
}

// chained says why a block cannot be the next one, if it cannot.
func (t *track) chained(b *block) *eventstore.BadBlock {
	at := positionOf(b)
	switch {
	case t.chosen:
		return b.bad
	case b.sequence != t.block+1:
		at.Block = t.block + 1
		return &eventstore.BadBlock{Code: "sequence_missing", Position: at,
			Reason: fmt.Sprintf("after block %d came block %d", t.block, b.sequence)}
	case b.bad != nil:
		return b.bad
	case b.previous != t.heads[b.ledger]:
		return &eventstore.BadBlock{Code: "chain_broken", Position: at,
			Reason: fmt.Sprintf("it follows a block with the hash %s, but the one before it in the ledger %s has %s", b.previous, b.ledger, t.heads[b.ledger])}
	}
	return nil
}

// obstacle says what in a block stops a projection, if anything does.
func (m *member) obstacle(b *block, bad *eventstore.BadBlock) *Halted {
	if bad != nil {
		return m.haltedBy(bad)
	}
	for _, e := range b.badEvent {
		if m.needs(e.eventType) {
			return m.haltedBy(e.BadBlock)
		}
	}
	return nil
}

func (m *member) haltedBy(bad *eventstore.BadBlock) *Halted {
	return &Halted{Projection: m.name, Position: bad.Position, Code: bad.Code, Reason: bad.Reason}
}

// applyBlock projects the events of one block.
func (m *member) applyBlock(b *block) *Halted {
	for i := range b.facts {
		if err := m.projector.apply(&b.facts[i]); err != nil {
			return &Halted{Projection: m.name, Position: b.facts[i].at, Code: "not_projectable", Reason: err.Error()}
		}
	}
	return nil
}

// again projects the blocks before the one that halted the projection once
// more, since half of that block may be among its rows. A projector of a whole
// bulk load cannot do that; it has applied nothing of a block that could not be
// read, and any other halt ends the load.
func (m *member) again(blocks []*block, bulk bool) error {
	if m.halted.Code != "not_projectable" {
		return nil
	}
	if bulk && m.whole {
		return m.halted
	}
	m.projector = m.begin(bulk)
	for _, b := range blocks {
		if h := m.applyBlock(b); h != nil {
			return h
		}
	}
	return nil
}

// newBulkTrack returns a track of some projections before the first block of the
// log.
func newBulkTrack(members []*projection) *track {
	t := &track{members: members, heads: headsNone(), bulk: map[*projection]projector{}, balances: flowBalances{}}
	for _, p := range members {
		if p.whole {
			t.bulk[p] = p.begin(true)
		}
	}
	return t
}

func headsNone() map[string]eventstore.Hash { return map[string]eventstore.Hash{} }

// moveTo takes over where a later batch brought the projection.
func (m *member) moveTo(later *member) {
	m.to, m.hash, m.halted = later.to, later.hash, later.halted
	maps.Copy(m.heads, later.heads)
}
