package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/projections/localpg/pgtest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// verified replays the log and wants no difference.
func verified(t testing.TB, r *Runner) Report {
	t.Helper()
	report, err := r.Verify(t.Context(), func(uint64, uint64) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range report.Tables {
		if table.Differences > 0 {
			t.Errorf("%s: %d of %d rows differ: %q", table.Table, table.Differences, table.Rows, table.Keys)
		}
	}
	return report
}

func connect(t testing.TB, db *DB) *pgx.Conn {
	t.Helper()
	conn, err := db.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func run(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// until asks a yes-or-no question until the answer is yes.
func until(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for yes := false; !yes; {
		if err := conn.QueryRow(ctx, sql, args...).Scan(&yes); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestWhatARunnerProjectedIsWhatAReplayGives(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	db := open(t)
	r := running(t, db, log)
	q := newProgramme(t, log, "two", 2)
	for range 5 {
		p.run(60)
		q.run(60)
		reach(t, r)
	}
	report := verified(t, r)
	if !report.Clean || report.Position.Block != uint64(len(log.messages)) || report.Hash != log.messages[len(log.messages)-1].Hash().String() {
		t.Errorf("the report is %+v after %d blocks", report, len(log.messages))
	}
	for _, table := range report.Tables {
		if table.Rows == 0 {
			t.Errorf("the programmes left %s empty, so nothing of it was compared", table.Table)
		}
	}
}

func TestABatchThatWasCommittedIsNotCountedAgain(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(100)
	db := open(t)
	conn := connect(t, db)
	batches := func() *batch {
		track := &track{members: projections, heads: headsNone()}
		b, err := track.project(decodeAll(log.messages))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := commit(t.Context(), conn, schemaOf(1), batches()); err != nil {
		t.Fatal(err)
	}
	once := totals(t, db, TotalsQuery{Ledger: "one", By: "year"})
	if err := commit(t.Context(), conn, schemaOf(1), batches()); !errors.Is(err, errFence) {
		t.Errorf("the second commit says %v", err)
	}
	sameTotals(t, "after a second commit", totals(t, db, TotalsQuery{Ledger: "one", By: "year"}), once)
}

func TestAConnectionKilledInsideATransactionLosesNothing(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	db := open(t)
	r := running(t, db, log)
	blocker, watcher := connect(t, db), connect(t, db)
	for range 3 {
		tx, err := blocker.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		run(t, blocker, "lock table aidledger_g1.totals in exclusive mode")
		p.run(40)
		// The checkpoints have moved and the journal is written when totals wait.
		const waiting = "from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into totals%' and datname = current_database()"
		until(t, watcher, "select exists (select "+waiting+")")
		run(t, watcher, "select pg_terminate_backend(pid) "+waiting)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		reach(t, r)
	}
	verified(t, r)
}

func TestSeveralRunnersCountEachEventOnce(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	url := pgtest.Database(t)
	var runners []*Runner
	for range 3 {
		runners = append(runners, running(t, openURL(t, url), log))
	}
	killer := connect(t, runners[0].db)
	for range 20 {
		p.run(30)
		run(t, killer, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1 and granted and pid <> pg_backend_pid()", lockRun)
	}
	for _, r := range runners {
		reach(t, r)
	}
	verified(t, runners[2])
}

func TestARunnerThatIsStuckLosesItsPlace(t *testing.T) {
	t.Parallel() // it waits for times to run out
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	url := pgtest.Database(t)
	holder := connect(t, openURL(t, url)) // as a process does that was stopped
	run(t, holder, "select pg_advisory_lock($1)", lockRun)
	waits := running(t, openURL(t, url), log)
	p.run(30)
	reach(t, waits)
	if err := holder.Ping(t.Context()); err == nil {
		t.Error("the one that was stuck still has its connection")
	}
	verified(t, waits)
}

func TestRunnersWithoutALeaderAreStillExact(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(600)
	db := open(t)
	ctx, stop := context.WithTimeoutCause(t.Context(), 30*time.Second, errors.New("the checkpoints did not reach the end"))
	defer stop()
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			defer stop() // with one of them the others end
			if err := alone(ctx, NewRunner(db, &slowly{memory: log}, slog.New(slog.DiscardHandler)), uint64(len(log.messages))); err != nil && context.Cause(ctx) != context.Canceled {
				t.Error(err, context.Cause(ctx))
			}
		})
	}
	wait.Wait()
	verified(t, NewRunner(db, log, slog.Default()))
}

// alone advances the checkpoints to a block without asking who else does.
func alone(ctx context.Context, r *Runner, end uint64) error {
	conn, err := r.db.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for last := uint64(0); ; {
		all, err := readCheckpoints(ctx, conn, schemaOf(1))
		if err != nil {
			return err
		}
		least := slices.MinFunc(all, func(a, b checkpoint) int { return cmp.Compare(a.block, b.block) }).block
		if least < last {
			return fmt.Errorf("a checkpoint went back from block %d to %d", last, least)
		}
		last = least
		if done, err := reached(all, end); done || err != nil {
			return err
		}
		err = r.catchUp(ctx, conn, schemaOf(1))
		if err != nil && !errors.Is(err, errFence) && !strings.Contains(err.Error(), "40P01") {
			return err
		}
	}
}

// slowly is a log that shows a few more blocks each time, so that several
// runners take turns.
type slowly struct {
	*memory
	end uint64
}

// End returns a few blocks more than before.
func (l *slowly) End(ctx context.Context) (uint64, error) {
	end, err := l.memory.End(ctx)
	l.end = min(l.end+5, end)
	return l.end, err
}

func TestWhoWaitsIsToldWhenTheBlockIsThereOrNeverWillBe(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1).run(20)
	url := pgtest.Database(t)
	first, second := running(t, openURL(t, url), log), running(t, openURL(t, url), log)
	end := reach(t, first)
	reach(t, second)
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if err := first.WaitFor(short, end+1); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for what was not recorded says %v", err)
	}
	bad := appendBad(t, log, "one", "note-added", `{"id":7}`)
	p.run(20)
	for _, r := range []*Runner{first, second} {
		var halted *Halted
		if err := r.WaitFor(t.Context(), bad); !errors.As(err, &halted) || halted.Position.Block != bad {
			t.Errorf("waiting behind a halt says %v", err)
		}
	}
}

// appendBad appends a block with one good event about a new place and one that
// cannot be read.
func appendBad(t *testing.T, log *memory, ledger, eventType, data string) uint64 {
	t.Helper()
	place := eventstore.Event{ID: "e0", Type: "place-registered", Version: 1,
		Data: jsontext.Value(`{"date":"2020","place":"130733","name":"other","level":"county"}`)}
	return log.append(t, ledger, eventstore.Entry{ID: "bad", Command: "import", Recorded: began, Events: []eventstore.Event{
		place, {ID: "e1", Type: eventType, Version: 1, Data: jsontext.Value(data)}}})
}

func TestAnEventThatCannotBeReadHaltsWhatNeedsItAndNothingElse(t *testing.T) {
	needEvery := []string{"entries", "journal", "totals"}
	for _, test := range []struct {
		name, eventType, data string
		code                  string
		halted                []string
	}{
		{"an unknown event type", "moon-reached", `{}`, "unknown_event_type", needEvery},
		{"a bad payload of one type", "note-added", `{"id":7}`, "bad_event_payload", append([]string{"notes"}, needEvery...)},
		{"a bad payload about money", "funds-disbursed", `{"amount":"1"}`, "bad_event_payload", needEvery},
		{"text that PostgreSQL does not take", "indicator-reported", `{"date":"2020","indicator":"i","name":"a\u0000b","value":"1","unit":"人"}`, "not_storable", []string{"indicators"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := newMemory()
			p := newProgramme(t, log, "one", 1).run(50)
			db := open(t)
			r := running(t, db, log)
			bad := appendBad(t, log, "one", test.eventType, test.data)
			p.run(50)
			end := uint64(len(log.messages))
			conn := connect(t, db)
			until(t, conn, "select count(*) filter (where halted_block is not null) = $2 and count(*) filter (where block = $1) = $3 from aidledger.checkpoint",
				end, len(test.halted), len(projections)-len(test.halted))
			status, err := r.Status(t.Context())
			if err != nil || !status.Halted {
				t.Fatalf("the status is %+v, %v", status, err)
			}
			var halted []string
			for _, s := range status.Projections {
				if s.Halted == nil {
					continue
				}
				halted = append(halted, s.Name)
				if s.Halted.Position.Block != bad || s.Halted.Code != test.code || s.Block != bad-1 || s.Lag != end-bad+1 {
					t.Errorf("%s: %+v at %d, lag %d", s.Name, s.Halted, s.Block, s.Lag)
				}
			}
			slices.Sort(halted)
			if slices.Sort(test.halted); !slices.Equal(halted, test.halted) {
				t.Errorf("halted are %v, want %v", halted, test.halted)
			}
			if _, err := r.Verify(t.Context(), func(uint64, uint64) {}); err == nil {
				t.Error("a halted projection was verified")
			}
		})
	}
}

func TestAHaltedProjectionGoesOnOnceItCan(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1).run(30)
	broken := &broken{memory: log, at: 10}
	db := open(t)
	r := running(t, db, broken)
	conn := connect(t, db)
	until(t, conn, "select bool_and(block = 9 and halted_code is not distinct from 'chain_broken') from aidledger.checkpoint")
	broken.mend()
	for _, name := range []string{"totals", "journal"} { // one after the other
		if err := r.Resume(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		until(t, conn, "select block > 10 from aidledger.checkpoint where projection = $1", name)
	}
	if err := r.Resume(t.Context(), "weather"); !Is(err, NotFound) {
		t.Errorf("resuming what does not exist says %v", err)
	}
	for _, p := range projections {
		if err := r.Resume(t.Context(), p.name); err != nil {
			t.Fatal(err)
		}
	}
	p.run(30)
	reach(t, r)
	verified(t, r)
}

// broken is a log with a changed block, until it is mended.
type broken struct {
	*memory
	at uint64
}

func (l *broken) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = 0
}

// Blocks yields the changed block in place of the stored one.
func (l *broken) Blocks(ctx context.Context, after, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range l.memory.Blocks(ctx, after, until) {
			l.mu.Lock()
			at := l.at
			l.mu.Unlock()
			if err == nil && m.Sequence == at {
				const field = `"previous":"`
				m.Data = slices.Clone(m.Data)
				copy(m.Data[strings.Index(string(m.Data), field)+len(field):], strings.Repeat("0", 64))
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func TestAMissingBlockHaltsAll(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(30)
	log.messages = slices.Delete(log.messages, 6, 7)
	db := open(t)
	running(t, db, log)
	until(t, connect(t, db), "select bool_and(block = 6 and halted_block is not distinct from 7 and halted_code is not distinct from 'sequence_missing') from aidledger.checkpoint")
}

func TestALogThatEndsTooEarlyIsRefused(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(30)
	url := pgtest.Database(t)
	func() {
		db := openURL(t, url)
		reach(t, running(t, db, log))
	}()
	other := NewRunner(openURL(t, url), log.prefix(5), slog.New(slog.DiscardHandler))
	for name, call := range map[string]func() error{
		"verify":  func() error { _, err := other.Verify(t.Context(), func(uint64, uint64) {}); return err },
		"rebuild": func() error { return other.Rebuild(t.Context(), func(uint64, uint64) {}) },
	} {
		if err := call(); !errors.Is(err, ErrLogBehind) {
			t.Errorf("%s says %v", name, err)
		}
	}
	conn := connect(t, other.db)
	if err := other.pass(t.Context(), conn); !errors.Is(err, ErrLogBehind) {
		t.Errorf("a runner says %v", err)
	}
}

func TestManyProcessesMayOpenANewDatabaseAtOnce(t *testing.T) {
	url := pgtest.Database(t)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			db, err := Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	wait.Wait()
}
