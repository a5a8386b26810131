package eventstore_test

import (
	"fmt"
	"sync"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// region opens the log of a region.
func region(t *testing.T, s *localnats.Server, name string) *eventstore.Store {
	t.Helper()
	return open(t, s, inRegion(t, s, name))
}

func inRegion(t *testing.T, s *localnats.Server, name string) func(*eventstore.Config) {
	t.Helper()
	places, err := eventstore.OpenPlaces(t.Context(), s.Conn(), "PLACES", name, 1)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *eventstore.Config) { c.Stream, c.Places = name, places }
}

func TestALedgerIsOpenedInOneRegionAlone(t *testing.T) {
	s := server(t)
	east, west := region(t, s, "EAST"), region(t, s, "WEST")
	var opening sync.WaitGroup
	for i := range 20 {
		for _, store := range []*eventstore.Store{east, west} {
			opening.Go(func() {
				_, err := store.Submit(t.Context(), fmt.Sprint("l-", i), ask(&domain.OpenLedger{Title: "one"}))
				if err != nil && !eventstore.Is(err, eventstore.LedgerElsewhere) {
					t.Error(err)
				}
			})
		}
	}
	opening.Wait()
	all := map[string]int{}
	for _, store := range []*eventstore.Store{east, west} {
		ledgers, err := store.Ledgers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ledgers {
			all[l]++
		}
	}
	for i := range 20 {
		if n := all[fmt.Sprint("l-", i)]; n != 1 {
			t.Errorf("ledger %d is in %d regions", i, n)
		}
	}
}

func TestARegionSaysWhichOtherOneHasALedger(t *testing.T) {
	s := server(t)
	east, west := region(t, s, "EAST"), region(t, s, "WEST")
	must(t, east, &domain.OpenLedger{Title: "one"})
	for _, c := range []domain.Command{&domain.OpenLedger{Title: "one"}, &domain.RegisterOrganisation{Organisation: "a", Name: "A", Kind: "government"}} {
		if _, err := west.Submit(t.Context(), ledger, ask(c)); !eventstore.Is(err, eventstore.LedgerElsewhere) {
			t.Errorf("%s in the other region ended with %v", domain.CommandName(c), err)
		}
	}
	if _, err := west.Submit(t.Context(), "nowhere", ask(&domain.RegisterOrganisation{Organisation: "a", Name: "A", Kind: "government"})); eventstore.Is(err, eventstore.LedgerElsewhere) {
		t.Error("a ledger that nobody opened is said to be elsewhere")
	}

	places, err := eventstore.OpenPlaces(t.Context(), s.Conn(), "PLACES", "EAST", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"http://old", "http://east"} {
		if err := places.Announce(t.Context(), url, "EAST"); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := places.Of(t.Context(), ledger); err != nil || at != (eventstore.Place{Region: "EAST", URL: "http://east"}) {
		t.Errorf("the ledger is said to be at %+v (%v)", at, err)
	}
}

func TestTryingToOpenALedgerRecordsNoPlace(t *testing.T) {
	s := server(t)
	east, west := region(t, s, "EAST"), region(t, s, "WEST")
	if out := east.Try(t.Context(), ledger, []eventstore.Request{ask(&domain.OpenLedger{Title: "one"})}); out[0].Err != nil {
		t.Fatal(out[0].Err)
	}
	must(t, west, &domain.OpenLedger{Title: "one"})
	if _, err := east.Submit(t.Context(), ledger, ask(&domain.OpenLedger{Title: "one"})); !eventstore.Is(err, eventstore.LedgerElsewhere) {
		t.Errorf("opening what the other region has opened meanwhile ended with %v", err)
	}
}

func TestALogWhoseLedgerIsRecordedElsewhereIsNotOpened(t *testing.T) {
	s := server(t)
	alone := open(t, s, func(c *eventstore.Config) { c.Stream = "WEST" })
	must(t, alone, &domain.OpenLedger{Title: "one"})
	must(t, region(t, s, "EAST"), &domain.OpenLedger{Title: "one"})
	cfg := eventstore.Config{Conn: s.Conn()}
	inRegion(t, s, "WEST")(&cfg)
	if _, err := eventstore.Open(t.Context(), cfg); !eventstore.Is(err, eventstore.LedgerElsewhere) {
		t.Errorf("opening it ended with %v", err)
	}
}
