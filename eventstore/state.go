package eventstore

import (
	"time"

	"aidledger/domain"
)

// ledgerState is what a writer knows of its ledger: the folded state, the end
// of the log, and where each entry is.
type ledgerState struct {
	domain  *domain.Ledger
	entries entryIndex
	last    uint64 // sequence of the ledger's last block
	head    Hash   // of that block
	zone    *time.Location
	since   int // events that were folded since the last snapshot
}

func newLedgerState() ledgerState {
	return ledgerState{domain: domain.NewLedger(), entries: newEntryIndex(nil), zone: time.UTC}
}

// fold adds one stored block to the state, after checking the hash chain.
func (s *ledgerState) fold(m Message) error {
	b, err := Decode(m)
	if err != nil {
		return err
	}
	if b.Previous != s.head {
		return brokenChain(m.Sequence)
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		s.entries.put(keyOf(e.ID), recordOf(m.Sequence, e.Content, e.Actor))
		for j := range e.Events {
			s.domain.Evolve(e.Events[j].Fact)
		}
		s.since += len(e.Events)
	}
	s.last, s.head = m.Sequence, b.Hash
	s.setZone()
	return nil
}

// setZone makes the ledger's calendar that of its time zone.
func (s *ledgerState) setZone() {
	name := s.domain.Facts().Zone
	if name == "" || s.zone.String() == name {
		return
	}
	if zone, err := time.LoadLocation(name); err == nil {
		s.zone = zone
	}
}

// elsewhere refuses to go on with a ledger whose last blocks another region has
// written: they come here because it is being moved back, and it is not here yet.
func (w *writer) elsewhere() error {
	places, region := w.store.cfg.Places, w.domain.Facts().Region
	if places == nil || region == "" || region == places.here {
		return nil
	}
	return elsewhere(w.ledger, region)
}

// keep makes a block that was stored part of the state. Its events are folded
// already.
func (s *ledgerState) keep(b *pending) {
	s.domain.KeepUntil(b.mark)
	if len(b.entries) == 0 {
		return
	}
	for _, e := range b.entries {
		s.entries.put(e.key, recordOf(b.sequence, e.content, e.actor))
	}
	s.last, s.head = b.sequence, b.hash
	s.since += int(b.events)
	s.setZone()
}
