package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"aidledger/projections/localpg/pgtest"

	"github.com/jackc/pgx/v5"
)

func quiet(uint64, uint64) {}

func TestReadersSeeWholeTablesWhileTheyAreRebuilt(t *testing.T) {
	db, r, p := projectedProgramme(t, 1, 500)
	before := totals(t, db, TotalsQuery{Ledger: "one", By: "project"})
	stop := make(chan struct{})
	var wait sync.WaitGroup
	reads := make([]int, 3)
	for i := range reads {
		wait.Go(func() {
			for {
				sameTotals(t, "during a rebuild", totals(t, db, TotalsQuery{Ledger: "one", By: "project"}), before)
				found, err := db.Journal(t.Context(), JournalQuery{Ledger: "one", Limit: 1000})
				if err != nil || len(found.Movements) == 0 {
					t.Errorf("the journal has %d movements, %v", len(found.Movements), err)
				}
				if _, err := db.Projects(t.Context(), ListQuery{Ledger: "one"}); err != nil {
					t.Error(err)
				}
				reads[i]++
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range 4 {
		if err := r.Rebuild(t.Context(), quiet); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wait.Wait()
	for i, n := range reads {
		if n < 4 {
			t.Errorf("reader %d read only %d times", i, n)
		}
	}
	p.run(50)
	reach(t, r)
	verified(t, r)
	onlySchema(t, db, 5)
}

// onlySchema wants one generation and nothing that a rebuild left.
func onlySchema(t *testing.T, db *DB, generation int) {
	t.Helper()
	db.leaving.Wait()
	conn := connect(t, db)
	rows, _ := conn.Query(t.Context(), "select nspname::text from pg_namespace where nspname like 'aidledger\\__%' and nspname not in ('aidledger_archive', 'aidledger_bi')")
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(schemas) != 1 || schemas[0] != schemaOf(generation) {
		t.Errorf("there are the schemas %q, %v; want only generation %d", schemas, err, generation)
	}
}

func TestASwitchDoesNotWaitForAVacuumOfTheTablesThatWereInUse(t *testing.T) {
	db, r, _ := projectedProgramme(t, 2, 50)
	vacuum, err := connect(t, db).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vacuum.Exec(t.Context(), "lock table aidledger_g1.totals in share update exclusive mode"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.Rebuild(ctx, quiet); err != nil {
		t.Fatal(err)
	}
	verified(t, r)
	if err := vacuum.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	onlySchema(t, db, 2)
}

func TestARebuildKeepsUpWithALogThatGrows(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 2).run(200)
	url := pgtest.Database(t)
	r, other := running(t, openURL(t, url), log), running(t, openURL(t, url), log)
	reach(t, r)
	for i := range 3 {
		done := make(chan error)
		go func() { done <- other.Rebuild(t.Context(), quiet) }()
		p.run(100)
		if err := <-done; err != nil {
			t.Fatalf("rebuild %d: %v", i, err)
		}
		reach(t, r)
		reach(t, other)
	}
	verified(t, r)
	onlySchema(t, r.db, 4)
}

func TestARebuildThatDiesLeavesTheTablesAsTheyWere(t *testing.T) {
	db, r, p := projectedProgramme(t, 3, 100)
	ctx, cancel := context.WithCancel(t.Context())
	err := r.Rebuild(ctx, func(done, total uint64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a rebuild that was stopped says %v", err)
	}
	onlySchema(t, db, 1)
	run(t, connect(t, db), "create schema aidledger_g2; ")
	again, err := Open(t.Context(), db.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	onlySchema(t, db, 1)
	p.run(20)
	reach(t, r)
	verified(t, r)
}

func TestOneRebuildRunsAtATime(t *testing.T) {
	_, r, _ := projectedProgramme(t, 4, 50)
	err := r.Rebuild(t.Context(), func(uint64, uint64) {
		if err := r.Rebuild(t.Context(), quiet); !Is(err, RebuildRunning) {
			t.Errorf("a second rebuild says %v", err)
		}
		if _, err := r.Verify(t.Context(), quiet); !Is(err, RebuildRunning) {
			t.Errorf("a verification during a rebuild says %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTablesOfAnotherVersionAreRebuiltAtTheStart(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 5).run(50)
	db := open(t)
	conn := connect(t, db)
	run(t, conn, "update aidledger.generation set fingerprint = 'other'")
	run(t, conn, "drop view aidledger.notes")
	run(t, conn, "alter table aidledger_g1.notes drop column kind")
	run(t, conn, "create view aidledger.notes as select * from aidledger_g1.notes")
	r := running(t, db, log)
	until(t, conn, "select current = 2 from aidledger.generation")
	until(t, conn, `select not exists (select from pg_locks where locktype = 'advisory' and objid = $1
		and database = (select oid from pg_database where datname = current_database()))`, lockRebuild)
	reach(t, r)
	verified(t, r)
}

// A row of each table is changed at once, and each is found as the one difference
// of its table, so none is found in place of another.
func TestAnyRowThatIsNotWhatTheLogSaysIsFound(t *testing.T) {
	db, r, _ := projectedProgramme(t, 6, 300)
	conn := connect(t, db)
	run(t, conn, "set session_replication_role = replica")
	spoil := map[string]map[string]string{"changed": {}, "deleted": {}} // statements by what they do and the table
	for _, table := range allTables() {
		name := schemaOf(1) + "." + table
		first := fmt.Sprintf("where ctid = (select min(ctid) from %s)", name)
		spoil["changed"][table] = fmt.Sprintf("update %s set %s %s", name, changeOf(t, conn, table), first)
		spoil["deleted"][table] = fmt.Sprintf("delete from %s %s", name, first)
		run(t, conn, fmt.Sprintf("create table kept_%s as select * from %s", table, name))
	}
	mend := func() {
		for _, table := range allTables() {
			run(t, conn, fmt.Sprintf("delete from %s.%s", schemaOf(1), table))
			run(t, conn, fmt.Sprintf("insert into %s.%s select * from kept_%s", schemaOf(1), table, table))
		}
	}
	run(t, conn, spoil["changed"]["checkpoint"])
	if _, err := r.Verify(t.Context(), quiet); err == nil {
		t.Error("projections that do not stand together were verified")
	}
	mend()
	delete(spoil["changed"], "checkpoint")
	for what, statements := range spoil {
		for _, sql := range statements {
			run(t, conn, sql)
		}
		report, err := r.Verify(t.Context(), quiet)
		if err != nil || report.Clean {
			t.Errorf("a row of each table was %s, and the report is clean: %v, %v", what, report.Clean, err)
		}
		for _, compared := range report.Tables {
			if _, spoilt := statements[compared.Table]; spoilt != (compared.Differences == 1) {
				t.Errorf("a row of %s was %s, and %d differ: %q", compared.Table, what, compared.Differences, compared.Keys)
			}
		}
		mend()
	}
	verified(t, r)
}

// changeOf returns an assignment that changes a column of a table that is not of
// its key.
func changeOf(t *testing.T, conn *pgx.Conn, table string) (change string) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `select quote_ident(attname) || ' = ' || case
			when atttypid in ('text'::regtype, 'jsonb'::regtype) then 'to_json(''changed''::text)::jsonb::text'
			when atttypid = 'uuid'::regtype then 'gen_random_uuid()'
			when atttypid = 'boolean'::regtype then 'not ' || quote_ident(attname)
			when atttypid = 'integer[]'::regtype then '''{7}'''
			when atttypid = 'timestamptz'::regtype then quote_ident(attname) || ' + interval ''1 second'''
			else quote_ident(attname) || ' + 1' end || case when atttypid = 'jsonb'::regtype then '::jsonb' else '' end
		from pg_attribute a where attrelid = $1::text::regclass and attnum > 0 and attname <> 'updated_at'
			and not exists (select from pg_index i where i.indrelid = attrelid and i.indisprimary and a.attnum = any(i.indkey))
		order by attnum limit 1`, schemaOf(1)+"."+table).Scan(&change)
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	return change
}

func TestASwitchNeverTakesReadersBack(t *testing.T) {
	db, r, p := projectedProgramme(t, 7, 100)
	before := uint64(len(p.log.messages))
	p.run(50)
	reach(t, r)
	behind := NewRunner(db, p.log.prefix(before), slog.New(slog.DiscardHandler))
	conn := connect(t, db)
	if err := behind.bulk(t.Context(), conn, 2, before, quiet); err != nil {
		t.Fatal(err)
	}
	if switched, err := behind.catchUpAndSwitch(t.Context(), conn, 1); switched || err != nil {
		t.Errorf("tables that are behind were shown: %v, %v", switched, err)
	}
	if switched, err := r.catchUpAndSwitch(t.Context(), conn, 1); !switched || err != nil {
		t.Errorf("tables that had caught up were not shown: %v, %v", switched, err)
	}
	got := totals(t, db, TotalsQuery{Ledger: "one", By: "year"})
	if got.Position.Block != uint64(len(p.log.messages)) {
		t.Errorf("readers were taken back to block %d", got.Position.Block)
	}
	verified(t, r)
}

func TestASwitchWaitsForWhoHasBegunToRead(t *testing.T) {
	db, r, _ := projectedProgramme(t, 8, 50)
	watcher := connect(t, db)
	done := make(chan error, 1)
	err := db.snapshot(t.Context(), func(tx pgx.Tx) error {
		go func() { done <- r.Rebuild(t.Context(), quiet) }()
		for waiting := false; !waiting; {
			select {
			case err := <-done:
				t.Errorf("the tables were switched under a reader, %v", err)
				done <- err
				return nil
			default:
			}
			err := watcher.QueryRow(t.Context(), "select exists (select from pg_locks where relation = 'aidledger.generation'::regclass and not granted)").Scan(&waiting)
			if err != nil {
				return err
			}
		}
		_, err := position(t.Context(), tx, "one", "journal")
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
