package eventstore_test

import (
	"testing"

	"aidledger/eventstore"
)

func TestATriedCommandIsDecidedAndNotRecorded(t *testing.T) {
	srv := server(t)
	store := open(t, srv)
	programme(t, store, "100")
	end, _ := store.End(t.Context())
	twice := []eventstore.Request{ask(pay(t, "60")), ask(pay(t, "60"))}
	out := store.Try(t.Context(), ledger, twice)
	if r := out[0].Receipt; out[0].Err != nil || !r.DryRun || !r.Position.IsZero() || len(r.Events) != 1 || r.Events[0].Type != "funds-disbursed" {
		t.Errorf("the first: %+v %v", r, out[0].Err)
	}
	if codeOf(out[1].Err) != "insufficient_allocation" {
		t.Errorf("the second is not decided on what the first would leave: %v", out[1].Err)
	}
	if now, _ := store.End(t.Context()); now != end {
		t.Errorf("the log went from %d to %d", end, now)
	}
	r, err := store.Submit(t.Context(), ledger, twice[1])
	if err != nil || r.DryRun || r.Repeated {
		t.Errorf("the same id, in earnest: %+v %v", r, err)
	}
	if out := store.Try(t.Context(), ledger, twice[1:]); !out[0].Receipt.Repeated || out[0].Receipt.Position != r.Position {
		t.Errorf("a command that was recorded is not told so: %+v", out[0])
	}
	other := open(t, srv)
	must(t, other, pay(t, "30"))
	if out := store.Try(t.Context(), ledger, []eventstore.Request{ask(pay(t, "20"))}); codeOf(out[0].Err) != "insufficient_allocation" {
		t.Errorf("it is not decided on what another writer recorded: %+v", out[0])
	}
}

func TestACommandOnWhatSomebodySawIsRefusedOnceItChanged(t *testing.T) {
	srv := server(t)
	store, other := open(t, srv), open(t, srv)
	programme(t, store, "100")
	seen, _ := store.End(t.Context())
	first, second := ask(pay(t, "10")), ask(pay(t, "10"))
	first.After, second.After = seen, seen
	if _, err := store.Submit(t.Context(), ledger, first); err != nil {
		t.Fatalf("nothing has changed: %v", err)
	}
	if _, err := other.Submit(t.Context(), ledger, second); !eventstore.Is(err, eventstore.ChangedSince) {
		t.Errorf("got %v", err)
	}
	if r, err := store.Submit(t.Context(), ledger, first); err != nil || !r.Repeated {
		t.Errorf("repeated: %+v %v", r, err)
	}
	batch := []eventstore.Request{ask(pay(t, "1")), ask(pay(t, "1"))}
	batch[0].After, _ = store.End(t.Context())
	batch[1].After = batch[0].After
	if out := store.SubmitBatch(t.Context(), ledger, batch, false); out[0].Err != nil || !eventstore.Is(out[1].Err, eventstore.ChangedSince) {
		t.Errorf("two in one block: %v and %v", out[0].Err, out[1].Err)
	}
}
