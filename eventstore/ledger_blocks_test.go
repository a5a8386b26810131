package eventstore_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/nats-io/nats.go/jetstream"
)

func sequences(blocks iter.Seq2[eventstore.Message, error]) (all []uint64, err error) {
	for m, err := range blocks {
		if err != nil {
			return all, err
		}
		all = append(all, m.Sequence)
	}
	return all, nil
}

func TestTheBlocksOfOneLedgerAreReadWithoutThoseOfOthers(t *testing.T) {
	store := open(t, server(t))
	other := func(c domain.Command) {
		if _, err := store.Submit(t.Context(), "other", ask(c)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, store, &domain.OpenLedger{Title: "Test"})
	other(&domain.OpenLedger{Title: "Other"})
	for i := range 150 { // more than are read one by one
		must(t, store, &domain.RegisterOrganisation{Organisation: domain.ID(fmt.Sprint("o-", i)), Name: fmt.Sprint("O", i), Kind: "government"})
		if i%50 == 0 {
			other(&domain.RegisterOrganisation{Organisation: domain.ID(fmt.Sprint("o-", i)), Name: fmt.Sprint("O", i), Kind: "government"})
		}
	}
	var own, others []uint64
	for m, err := range store.Blocks(t.Context(), 0, 155) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Ledger == ledger {
			own = append(own, m.Sequence)
		} else {
			others = append(others, m.Sequence)
		}
	}
	for _, c := range []struct {
		name         string
		after, until uint64
	}{
		{"all of them", 0, 0}, {"from the middle on", own[70], 0}, {"up to a block of its own", 0, own[140]},
		{"up to a block of another ledger", own[3], others[2]}, {"up to a block that is not there yet", own[149], 10_000}, {"none", own[150], 0},
	} {
		want := slices.DeleteFunc(slices.Clone(own), func(n uint64) bool { return n <= c.after || c.until != 0 && n > c.until })
		got, err := sequences(store.LedgerBlocks(t.Context(), ledger, c.after, c.until))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d blocks, %v; want %d", c.name, len(got), err, len(want))
		}
	}
	for _, name := range []string{"nobody", "*", "a.b", ""} {
		if got, err := sequences(store.LedgerBlocks(t.Context(), name, 0, 0)); err != nil || len(got) > 0 {
			t.Errorf("the ledger %q has the blocks %v, %v", name, got, err)
		}
	}
}

func TestABlockThatIsMissingFromALedgerIsNotReadOver(t *testing.T) {
	srv := server(t)
	store := open(t, srv)
	programme(t, store, "100")
	js, _ := jetstream.New(srv.Conn())
	data := fmt.Appendf(nil, `{"v":1,"ledger":"test","previous":%q,"entries":[]}`, eventstore.Hash{1})
	if _, err := js.Publish(t.Context(), "AIDLEDGER.test", data); err != nil {
		t.Fatal(err)
	}
	_, err := sequences(store.LedgerBlocks(t.Context(), ledger, 0, 0))
	var bad *eventstore.BadBlock
	if !errors.As(err, &bad) || bad.Code != "chain_broken" {
		t.Errorf("reading on said %v", err)
	}
}

func TestWhoHasReadLeavesNothingOnTheServer(t *testing.T) {
	s := server(t)
	store := open(t, s)
	programme(t, store, "100")
	for range 3 {
		if _, err := sequences(store.Blocks(t.Context(), 0, 1)); err != nil {
			t.Fatal(err)
		}
		for range store.Blocks(t.Context(), 0, 0) {
			break
		}
	}
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "AIDLEDGER")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Consumers; n != 0 {
		t.Errorf("%d consumers are left; the server allows a thousand", n)
	}
}
