package projections

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections/localpg"
	"aidledger/projections/localpg/pgtest"
)

// primaryAndStandby starts two clusters of which one follows the other, and
// returns how to reach the same database in both.
func primaryAndStandby(t *testing.T) (primary, standby string) {
	t.Helper()
	start := func(c localpg.Config) *localpg.Cluster {
		c.Unsafe = true
		cluster, err := localpg.Start(t.Context(), pgtest.Dir(t), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cluster.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return cluster
	}
	first := start(localpg.Config{Standbys: 1})
	if err := first.CreateDatabase(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	return first.ConnString("one"), start(localpg.Config{Primary: first}).ConnString("one")
}

func TestReadersOfAStandbySeeTheirOwnWrites(t *testing.T) {
	primary, standby := primaryAndStandby(t)
	log := store(t)
	db := openURL(t, primary)
	reads, err := OpenStandby(t.Context(), standby, db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reads.Close)
	plain := NewRunner(db, log, slog.New(slog.DiscardHandler))
	r := NewRunner(db, log, plain.out)
	r.ReadFrom(reads)
	runs(t, r)
	record := func(id string, c domain.Command) uint64 {
		t.Helper()
		receipt, err := log.Submit(t.Context(), "one", eventstore.Request{ID: id, Command: c, Actor: "owner", Role: "owner"})
		if err != nil {
			t.Fatal(err)
		}
		return receipt.Position.Block
	}
	organisations := func() int {
		t.Helper()
		l, err := reads.Organisations(t.Context(), ListQuery{Ledger: "one", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(l.Rows)
	}
	record("open", &domain.OpenLedger{Title: "one"})
	first := record("a", &domain.RegisterOrganisation{Organisation: "a", Name: "A", Kind: "government"})
	if err := r.WaitFor(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if n := organisations(); n != 1 {
		t.Errorf("after the first organisation the standby shows %d", n)
	}

	paused := connect(t, reads)
	run(t, paused, "select pg_wal_replay_pause()")
	until(t, paused, "select pg_get_wal_replay_pause_state() = 'paused'")
	second := record("b", &domain.RegisterOrganisation{Organisation: "b", Name: "B", Kind: "government"})
	if err := plain.WaitFor(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := r.WaitFor(soon, second); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for what the standby does not have ended with %v", err)
	}
	status, err := r.Status(t.Context())
	if err != nil || status.Position >= second {
		t.Errorf("the status says that readers have block %d (%v), but they have not %d", status.Position, err, second)
	}
	run(t, paused, "select pg_wal_replay_resume()")
	if err := r.WaitFor(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if n := organisations(); n != 2 {
		t.Errorf("after the second organisation the standby shows %d", n)
	}

	// A rebuild takes the old tables away under whoever reads the standby.
	if err := plain.Rebuild(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	if n := organisations(); n != 2 {
		t.Errorf("after a rebuild the standby shows %d", n)
	}
}
