package chaos

import (
	"fmt"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"

	"pgregory.net/rapid"
)

// It is the scenario programmes in small steps, so that a difference shrinks to
// the few commands that show it.
func TestRandomProgrammesAgreeWithTheModel(t *testing.T) {
	nats, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer nats.Close()
	programmes := 0
	rapid.Check(t, func(rt *rapid.T) {
		const funds, committed = 2, 100
		programmes++
		name := fmt.Sprint("programme-", programmes)
		open := func() *eventstore.Store {
			store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true})
			if err != nil {
				rt.Fatal(err)
			}
			return store
		}
		store := open()
		defer func() { store.Close() }()
		if err := must(t.Context(), store.Submit, name, committedOnly(funds, committed)...); err != nil {
			rt.Fatal(err)
		}
		m := newModel(funds, committed)
		rt.Repeat(map[string]func(*rapid.T){
			"command": func(rt *rapid.T) {
				n := len(m.steps)
				s := step{stage: stage(rapid.IntRange(0, int(stages)-1).Draw(rt, "stage")), fund: rapid.IntRange(0, funds-1).Draw(rt, "fund"),
					fen: rapid.Int64Range(1, 60).Draw(rt, "fen"), of: rapid.IntRange(0, max(n, 1)).Draw(rt, "of")}
				receipt, err := store.Submit(t.Context(), name, s.request(n))
				if err := compareStep(n, s, m.do(s), eventstore.Outcome{Receipt: receipt, Err: err}); err != nil {
					rt.Fatal(err)
				}
			},
			"restart": func(*rapid.T) {
				store.Close()
				store = open()
			},
		})
	})
	if programmes == 0 {
		t.Error("no programme was run")
	}
}
