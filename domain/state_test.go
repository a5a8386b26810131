package domain_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"aidledger/domain"
)

// folded is a new ledger with the events in it.
func folded(events []domain.Event) *domain.Ledger {
	l := domain.NewLedger()
	for _, e := range events {
		l.Evolve(e)
	}
	return l
}

// copied writes a state down and reads it back.
func copied(t interface{ Fatal(...any) }, l *domain.Ledger) *domain.Ledger {
	again, err := domain.ReadState(l.AppendState(nil))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAStateIsReadBackAsItWasAfterEveryEvent(t *testing.T) {
	events := everything(t).events
	whole := folded(events)
	for cut := range len(events) + 1 {
		l := copied(t, folded(events[:cut]))
		for _, e := range events[cut:] {
			l.Evolve(e)
		}
		if !reflect.DeepEqual(l, whole) {
			t.Fatalf("read back after %d events it leads to\n%s\nnot to\n%s", cut, written(l), written(whole))
		}
	}
}

func TestAnyStateIsReadBackAsItWas(t *testing.T) {
	begin := setting()
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{t: t, ledger: folded(begin), model: newModel(), entries: map[string][]domain.Event{},
			balance: map[domain.Account]int64{}, byPlace: map[sumKey]int64{}}
		w.ledger.Track()
		w.step("start", receive("f", "40", "2019"))
		var read *domain.Ledger
		var before int
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			if read == nil && rapid.IntRange(0, 9).Draw(t, "copy") == 9 {
				read, before = copied(t, w.ledger), len(w.all)
			}
			w.step(fmt.Sprintf("e%d", i+1), w.command())
		}
		if read == nil {
			read, before = copied(t, w.ledger), len(w.all)
		}
		for _, e := range w.all[before:] {
			read.Evolve(e)
		}
		if whole := folded(append(slices.Clone(begin), w.all...)); !reflect.DeepEqual(read, whole) {
			t.Fatalf("the state that was read back leads to\n%s\nnot to\n%s", written(read), written(whole))
		}
	})
}

// A table that was made by other means than newTable would be forgotten.
func TestEveryTableIsPartOfTheState(t *testing.T) {
	ledger, tables := reflect.TypeFor[domain.Ledger](), 0
	for i := range ledger.NumField() {
		f := ledger.Field(i)
		if strings.HasPrefix(f.Type.Name(), "table[") {
			tables++
		} else if f.Name != "undo" {
			t.Errorf("the field %s of a ledger is no table, so it is not written down", f.Name)
		}
	}
	if got := strings.Count(domain.StateForm(), "\n"); got != tables || tables == 0 {
		t.Errorf("a ledger has %d tables, and its state %d", tables, got)
	}
}

func TestAStateThatWasCutOffIsNotRead(t *testing.T) {
	state := folded(everything(t).events).AppendState(nil)
	for n := range state {
		if _, err := domain.ReadState(state[:n]); err == nil {
			t.Errorf("%d of %d bytes were read", n, len(state))
		}
	}
	if _, err := domain.ReadState(append(state, 0)); err == nil {
		t.Error("a byte too many was read")
	}
}

func FuzzReadState(f *testing.F) {
	f.Add(folded(setting()).AppendState(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := domain.ReadState(b); err == nil {
			copied(t, l)
		}
	})
}
