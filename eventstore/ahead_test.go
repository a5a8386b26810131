package eventstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"aidledger/domain"
)

// Two writers decide ahead of a log that they share, so each takes back a lot.
// What stays must be what the log says: of payments, refusals, batches that are
// recorded as a whole or not at all, reversals of what is not stored yet, and
// ids that are used again.
func TestWhatIsDecidedAheadIsTakenBackWhenAnotherWriterIsFaster(t *testing.T) {
	k := keeping(t, testServer(t), "AHEAD")
	stores := []*Store{k.open("p"), k.open("p")}
	k.begin(stores[0], "one")
	var clients sync.WaitGroup
	for client := range 16 {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(client)))
			pay := func(yuan int) domain.Command {
				amount, _ := domain.ParseAmount(fmt.Sprint(yuan))
				return &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: amount}, Project: "road"}
			}
			for n := range 40 {
				id := func(i int) string { return fmt.Sprintf("a-%d-%d-%d", client, n, i) }
				batch := []Request{{ID: id(0), Command: pay(1 + r.IntN(90)), Actor: "tester"}}
				if r.IntN(2) == 0 {
					batch = append(batch, Request{ID: id(1), Command: pay(1), Actor: "tester"}, Request{ID: id(2), Command: pay([]int{2, 9_000_000}[r.IntN(2)]), Actor: "tester"})
				}
				if r.IntN(4) == 0 {
					batch = append(batch, Request{ID: id(3), Command: &domain.ReverseEntry{Entry: id(0), Reason: "wrong"}, Actor: "tester"})
				}
				s := stores[r.IntN(2)]
				if r.IntN(2) == 0 {
					s.SubmitBatch(t.Context(), "one", batch, r.IntN(2) == 0)
				}
				if r.IntN(4) == 0 { // every id again, at once or later
					var again sync.WaitGroup
					again.Go(func() { s.SubmitBatch(t.Context(), "one", batch, false) })
					again.Go(func() { s.SubmitBatch(t.Context(), "one", batch, false) })
					again.Wait()
				}
			}
		})
	}
	clients.Wait()
	for i, s := range stores {
		s.Close()
		w := s.writers["one"]
		held, err := domain.ReadState(w.domain.AppendState(nil))
		if err != nil {
			t.Fatal(err)
		}
		whole, entries := newLedgerState(), 0
		for m, err := range s.blocks(t.Context(), s.subject("one"), 0, w.last) {
			if err == nil {
				err = whole.fold(m)
				b, _ := DecodeEnvelope(m)
				entries += len(b.Entries)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(held, whole.domain) || !reflect.DeepEqual(w.entries.all(t), whole.entries.all(t)) || w.head != whole.head {
			t.Errorf("writer %d holds another state than the log up to block %d", i, w.last)
		}
		if entries != len(whole.entries.all(t)) {
			t.Errorf("%d entries have %d ids", entries, len(whole.entries.all(t)))
		}
	}
}

func TestABatchThatIsTakenBackLeavesNothingInItsBlock(t *testing.T) {
	k := keeping(t, testServer(t), "BACK")
	s := k.open("p")
	k.begin(s, "one")
	w := newWriter(s, "one")
	if err := w.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	pay := func(id, yuan string) item {
		amount, _ := domain.ParseAmount(yuan)
		return newItem(t.Context(), "one", Request{ID: id, Actor: "tester", Command: &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: amount}, Project: "road"}}, nil)
	}
	b := newPending()
	for _, j := range []*job{
		{atomic: true, items: []item{pay("x", "1"), pay("y", "9000000")}},
		{items: []item{newItem(t.Context(), "one", Request{ID: "z", Actor: "tester", Command: &domain.ReverseEntry{Entry: "x", Reason: "wrong"}}, nil)}},
		{items: []item{pay("x", "1")}},
	} {
		j.ctx = t.Context()
		w.take(t.Context(), b, j)
	}
	if len(b.entries) != 1 || b.full || len(b.outcomes) != 3 {
		t.Fatalf("the block has %d entries, full: %v", len(b.entries), b.full)
	}
	for i, code := range []string{BatchNotRecorded, "entry_not_found", ""} {
		var refusal *domain.Refusal
		switch err := b.outcomes[i][0].Err; {
		case code == "" && err != nil, code == BatchNotRecorded && !Is(err, code), code == "entry_not_found" && (!errors.As(err, &refusal) || refusal.Code != code):
			t.Errorf("job %d gets %v, want %q", i, err, code)
		}
	}
}
