package demo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// recorded is one command with the events that it led to.
type recorded struct {
	eventstore.Request
	events []domain.Event
}

// fold decides the commands of a ledger one after the other. A refusal fails
// the test.
func fold(t *testing.T, ledger string) (*domain.Ledger, []recorded) {
	t.Helper()
	rs, err := requests(ledger)
	if err != nil {
		t.Fatal(err)
	}
	l := domain.NewLedger()
	var all []recorded
	byEntry := map[string][]domain.Event{}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, r := range rs {
		if err := domain.Check(r.Command); err != nil {
			t.Fatalf("%s: %s: %v", ledger, r.ID, err)
		}
		ctx := domain.Context{Entry: r.ID, Actor: r.Actor, Role: r.Role, Recorded: now, Today: domain.DateOf(now)}
		if c, ok := r.Command.(domain.Referrer); ok {
			ctx.Original = byEntry[c.RefersTo()]
		}
		events, err := l.Decide(r.Command, ctx)
		if err != nil {
			t.Fatalf("%s: %s: %v", ledger, r.ID, err)
		}
		if len(events) == 0 {
			t.Errorf("%s: %s asks for what is already so", ledger, r.ID)
		}
		for _, e := range events {
			l.Evolve(e)
		}
		byEntry[r.ID] = events
		all = append(all, recorded{r, events})
	}
	return l, all
}

type yearStage struct {
	year  int
	stage domain.Stage
}

// sums adds the movements up by effective year and stage, in fen.
func sums(all []recorded) map[yearStage]int64 {
	out := map[yearStage]int64{}
	for _, r := range all {
		for _, e := range r.events {
			for _, m := range domain.Movements(e) {
				out[yearStage{m.Date.Year(), m.Stage}] += m.Money.Minor
			}
		}
	}
	return out
}

func TestTheProgrammeHasExactlyTheTotalsOfTheRecord(t *testing.T) {
	l, all := fold(t, Programme)
	if l.Facts().Invented {
		t.Error("the programme is marked as invented")
	}
	const yuan = 100 // fen
	got := sums(all)
	want := map[yearStage]int64{
		{2018, domain.Committed}: 37_210_000 * yuan, {2018, domain.Received}: 2_412_300 * yuan,
		{2018, domain.Recognised}: 2_412_300 * yuan, {2018, domain.InKind}: 300_000 * yuan,
		{2019, domain.Committed}: 44_110_000 * yuan, {2019, domain.Received}: 13_036_000 * yuan,
		{2019, domain.Recognised}: 13_036_000 * yuan, {2019, domain.InKind}: 4_810_300 * yuan,
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%d %s is %d fen, want %d", k.year, k.stage, got[k], w)
		}
		delete(got, k)
	}
	for k, n := range got {
		t.Errorf("%d has %d fen %s, of which the record says nothing", k.year, n, k.stage)
	}
	together := int64(0)
	for k, w := range want {
		if k.stage != domain.Recognised { // the same money as received
			together += w
		}
	}
	if together != 101_878_600*yuan {
		t.Errorf("together %d fen", together)
	}
}

func TestNobodyReportedAPaymentOfTheProgramme(t *testing.T) {
	_, all := fold(t, Programme)
	for _, r := range all {
		for _, e := range r.events {
			for _, m := range domain.Movements(e) {
				if m.Stage >= domain.Allocated && m.Stage <= domain.Repaid {
					t.Errorf("%s moves %s at the stage %s", r.ID, m.Money, m.Stage)
				}
			}
		}
	}
}

// startStore opens a log on a NATS server of its own.
func startStore(t *testing.T) *eventstore.Store {
	t.Helper()
	server, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: server.Conn(), SyncAlways: true,
		Now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func TestLoadingTwiceAddsNothing(t *testing.T) {
	store := startStore(t)
	load := func(repeated bool) uint64 {
		t.Helper()
		submit := func(ctx context.Context, ledger string, rs []eventstore.Request) []eventstore.Outcome {
			out := store.SubmitBatch(ctx, ledger, rs, false)
			for i, o := range out {
				if o.Err == nil && o.Receipt.Repeated != repeated {
					t.Errorf("%s: %s: repeated is %t", ledger, rs[i].ID, o.Receipt.Repeated)
				}
			}
			return out
		}
		last, all := 0, 0
		if err := Load(t.Context(), submit, func(done, total int) {
			if done <= last || done > total {
				t.Errorf("progress goes from %d to %d of %d", last, done, total)
			}
			last, all = done, total
		}); err != nil {
			t.Fatal(err)
		}
		if last == 0 || last != all {
			t.Errorf("progress ends at %d of %d", last, all)
		}
		end, err := store.End(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return end
	}
	first := load(false)
	if second := load(true); second != first {
		t.Errorf("the log ended at %d, and ends at %d after loading again", first, second)
	}
}

func TestLoadStopsAtTheFirstFailureAndNamesIt(t *testing.T) {
	cause := errors.New("the log is full")
	calls := 0
	err := Load(t.Context(), func(_ context.Context, _ string, rs []eventstore.Request) []eventstore.Outcome {
		calls++
		out := make([]eventstore.Outcome, len(rs))
		out[1].Err = cause
		return out
	}, nil)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "demo-place-110000") {
		t.Errorf("got %v", err)
	}
	if calls != 1 {
		t.Errorf("%d calls after a failure in the first", calls)
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := Load(ctx, func(_ context.Context, _ string, rs []eventstore.Request) []eventstore.Outcome {
		calls++
		cancel()
		return make([]eventstore.Outcome, len(rs))
	}, nil)
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestEveryCommandHasAnIdOfItsOwn(t *testing.T) {
	for _, ledger := range Ledgers() {
		seen := map[string]bool{}
		rs, err := requests(ledger)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if seen[r.ID] {
				t.Errorf("%s: two commands have the id %q", ledger, r.ID)
			}
			seen[r.ID] = true
			if *input[string](r.Command, "source_reference") == "" {
				t.Errorf("%s: %s does not say where it comes from", ledger, r.ID)
			}
			if r.Actor != "demo" || r.Role != "importer" {
				t.Errorf("%s: %s is given by %s, %s", ledger, r.ID, r.Actor, r.Role)
			}
		}
	}
}
