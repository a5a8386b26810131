package eventstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"

	"aidledger/domain"
)

// paged stores random entries as the pages of a snapshot.
func (k *kept) paged(s *Store, n int) (*pagedEntries, map[entryKey]entryRecord) {
	k.Helper()
	if _, err := s.createSnapshotStream(k.Context()); err != nil {
		k.Fatal(err)
	}
	want := map[entryKey]entryRecord{}
	for len(want) < n {
		key := entryKey(sha256.New().Sum([]byte{byte(k.random.Uint32()), byte(k.random.Uint32()), byte(k.random.Uint32())})[:16])
		want[key] = entryRecord{block: k.random.Uint64(), content: k.random.Uint64(), actor: k.random.Uint32()}
	}
	subject := s.snapshotSubject("one") + ".x"
	directory, first, err := s.writePages(k.Context(), subject, sortedEntries(nil).merge(want))
	if err != nil {
		k.Fatal(err)
	}
	pages, err := readDirectory(directory)
	if err != nil || pages[0].sequence != first {
		k.Fatal(first, pages, err)
	}
	stream, err := s.js.Stream(k.Context(), s.snapshotStream())
	if err != nil {
		k.Fatal(err)
	}
	return &pagedEntries{stream: stream, subject: subject, pages: pages, read: map[int]sortedEntries{}}, want
}

func TestAnEntryIsFoundInItsPage(t *testing.T) {
	k := keeping(t, testServer(t), "PAGES")
	p, want := k.paged(k.open("p"), 2*pageMax/entryBytes+100)
	if len(p.pages) != 3 {
		t.Fatalf("there are %d pages", len(p.pages))
	}
	for key, record := range want {
		if got, ok, err := p.find(t.Context(), key); err != nil || !ok || got != record {
			t.Fatalf("%x is %+v, %v, want %+v", key, got, err, record)
		}
		key[15]++ // the keys end with zeros
		if _, ok, err := p.find(t.Context(), key); ok || err != nil {
			t.Fatalf("%x, which nobody put there, is found: %v", key, err)
		}
	}
	for _, key := range []entryKey{{}, entryKey(bytes.Repeat([]byte{255}, 16))} {
		if _, ok, err := p.find(t.Context(), key); ok || err != nil {
			t.Errorf("%x, before or after all, is found: %v", key, err)
		}
	}
	if got := (&entryIndex{paged: p}).all(t); !reflect.DeepEqual(got, want) {
		t.Errorf("%d entries are %d when all pages are read", len(want), len(got))
	}
}

func TestAPageThatIsNotWhatWasWrittenIsNotUsed(t *testing.T) {
	k := keeping(t, testServer(t), "BADPAGES")
	whole, want := k.paged(k.open("p"), 100)
	for name, change := range map[string]func(*pagedEntries){
		"another sum":                   func(p *pagedEntries) { p.pages[0].sum[7]++ },
		"the page of another snapshot":  func(p *pagedEntries) { p.subject += "y" },
		"a message that is not there":   func(p *pagedEntries) { p.pages[0].sequence = 99 },
		"a message that was taken away": func(p *pagedEntries) { _ = p.stream.DeleteMsg(t.Context(), p.pages[0].sequence) },
	} {
		p := *whole
		p.pages = []page{whole.pages[0]}
		change(&p)
		for key := range want {
			if _, _, err := p.find(t.Context(), key); !errors.Is(err, errPage) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if _, err := p.all(t.Context()); !errors.Is(err, errPage) {
			t.Errorf("%s, when all are read: %v", name, err)
		}
		if name == "a message that was taken away" {
			break
		}
	}
	for _, directory := range []int{1, pageBytes - 1, pageBytes + 1} {
		if _, err := readDirectory(make([]byte, directory)); err == nil {
			t.Errorf("a directory of %d bytes is read", directory)
		}
	}
}

// Ids are known for ever, also where the snapshot that had them lost its pages.
func TestACommandOfLongAgoIsKnownAlsoWhenItsPageIsLost(t *testing.T) {
	k := keeping(t, testServer(t), "LOST")
	s := k.open("p")
	k.begin(s, "one")
	k.live(s, "one", 40)
	s = k.again(s, "p")
	state, err := s.snapshot(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	lost := state.entries.paged
	if err := lost.stream.DeleteMsg(t.Context(), lost.pages[0].sequence); err != nil {
		t.Fatal(err)
	}
	trial, err := s.Rehearse(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	open := Request{ID: "k-1", Command: &domain.OpenLedger{Title: "Kept", Zone: "Europe/Paris"}, Actor: "tester"}
	if _, err := trial.Try(t.Context(), open); !Is(err, LogUnavailable) {
		t.Errorf("a rehearsal says %v", err)
	}
	receipt, err := s.Submit(t.Context(), "one", open)
	if err != nil || !receipt.Repeated || receipt.Position.Block != 1 {
		t.Errorf("the first command repeated gets %+v, %v", receipt, err)
	}
	k.live(s, "one", 5)
	s = k.again(s, "p")
	if state, err = s.snapshot(t.Context(), "one"); err != nil || state.entries.paged.subject == lost.subject {
		t.Fatalf("no other snapshot was made: %v", err)
	}
	state, whole := k.replayed(s, "one", state), k.replayed(s, "one", newLedgerState())
	if !reflect.DeepEqual(state.entries.all(t), whole.entries.all(t)) {
		t.Error("the new snapshot has other entries than the log")
	}
}

// Of two processes one may sweep away the snapshot that the other is reading.
func TestALaterSnapshotTakesThePlaceOfOneThatIsBeingRead(t *testing.T) {
	k := keeping(t, testServer(t), "LATER")
	s := k.open("p")
	k.begin(s, "one")
	k.live(s, "one", 40)
	s = k.again(s, "p")
	state, err := s.snapshot(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	earlier := state.entries.all(t)
	other := k.open("p")
	k.live(other, "one", 40)
	other.Close()
	if _, err := state.entries.paged.all(t.Context()); !errors.Is(err, errPage) {
		t.Fatalf("the snapshot was not swept away: %v", err)
	}
	w := newWriter(s, "one")
	w.ledgerState, w.loaded = state, true
	s.done.Go(func() { w.readPages(state.entries.paged) })
	for key, want := range earlier {
		if got, ok, err := w.entry(t.Context(), key); err != nil || !ok || got != want {
			t.Fatalf("%x is %+v, %v, want %+v", key, got, err, want)
		}
	}
	if w.entries.paged != nil || !w.loaded {
		t.Error("the later snapshot was not used")
	}
}

// What was recorded before a start is known at once after it, before all of the
// snapshot was read, and so is what is new.
func TestTheFirstCommandsAfterAStartAreJudgedByWhatWasBefore(t *testing.T) {
	k := keeping(t, testServer(t), "FIRST")
	s := k.open("p")
	k.begin(s, "one")
	k.live(s, "one", 40)
	for range 20 {
		s = k.again(s, "p")
		outs := k.give(s, "one", &domain.RegisterProject{Project: "road", Name: "again"})
		var refusal *domain.Refusal
		if !errors.As(outs[0].Err, &refusal) || refusal.Code != "id_taken" {
			t.Fatalf("a new command is judged as %+v", outs[0])
		}
		for _, id := range []string{"k-1", "k-5"} {
			if _, err := s.Submit(t.Context(), "one", Request{ID: id, Command: &domain.RegisterProject{Project: "bridge", Name: "Bridge"}, Actor: "tester"}); !Is(err, KeyReused) {
				t.Fatalf("%s was taken again: %v", id, err)
			}
		}
		k.live(s, "one", 1)
	}
}
