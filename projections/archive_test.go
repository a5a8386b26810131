package projections

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5/pgconn"
)

// archivedAll reads the whole archive.
func archivedAll(t testing.TB, db *DB) (all []eventstore.Message) {
	t.Helper()
	for m, err := range db.Archive().Blocks(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// sameAsLog wants the archive to hold the log, byte for byte.
func sameAsLog(t testing.TB, db *DB, log *memory) {
	t.Helper()
	all := archivedAll(t, db)
	if len(all) != len(log.messages) {
		t.Fatalf("the archive has %d blocks and the log %d", len(all), len(log.messages))
	}
	for i, m := range log.messages {
		if got := all[i]; got.Sequence != m.Sequence || got.Ledger != m.Ledger || !bytes.Equal(got.Data, m.Data) {
			t.Fatalf("block %d is %s %q in the archive and %s %q in the log", m.Sequence, got.Ledger, got.Data, m.Ledger, m.Data)
		}
	}
}

func TestTheArchiveHoldsTheLogByteForByte(t *testing.T) {
	log := newMemory()
	p, q := newProgramme(t, log, "one", 1), newProgramme(t, log, "two", 2)
	p.run(40)
	db := open(t)
	r := running(t, db, log)
	for range 3 {
		q.run(20)
		p.run(20)
		reach(t, r)
	}
	sameAsLog(t, db, log)

	var wrong int
	err := connect(t, db).QueryRow(t.Context(), `select count(*) from (
			select sha256(data) = hash and first = coalesce(sum(leaves) over (partition by ledger order by sequence
				rows between unbounded preceding and 1 preceding), 0) as same
			from aidledger_archive.blocks) b where not same`).Scan(&wrong)
	if err != nil || wrong > 0 {
		t.Errorf("%d blocks have another hash or another first leaf than their bytes say (%v)", wrong, err)
	}
}

func TestARebuildKeepsTheArchiveAndFillsWhatItOvertook(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	p.run(60)
	db := open(t)
	r := NewRunner(db, log, slog.New(slog.DiscardHandler))
	for range 2 { // nobody has archived anything before the first one
		if err := r.Rebuild(t.Context(), quiet); err != nil {
			t.Fatal(err)
		}
		sameAsLog(t, db, log)
		p.run(20)
	}
	reach(t, running(t, db, log))
	p.run(1)
	reach(t, running(t, db, log))
	sameAsLog(t, db, log)
}

func TestAnArchivedBlockCannotBeChanged(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(10)
	db := open(t)
	reach(t, running(t, db, log))
	conn := connect(t, db)
	for _, sql := range []string{
		"update aidledger_archive.blocks set data = ''",
		"delete from aidledger_archive.blocks",
		"truncate aidledger_archive.blocks",
	} {
		_, err := conn.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("%s: %v", sql, err)
		}
	}
	run(t, conn, "grant all on aidledger_archive.blocks to current_user") // what an owner can always do
	if _, err := conn.Exec(t.Context(), "delete from aidledger_archive.blocks"); err == nil {
		t.Error("with all rights, a block can be deleted")
	}
	sameAsLog(t, db, log)
}

func TestABlockThatIsMissingFromTheArchiveEndsItsReading(t *testing.T) {
	log := newMemory()
	newProgramme(t, log, "one", 1).run(30)
	db := open(t)
	reach(t, running(t, db, log))
	conn := connect(t, db)
	run(t, conn, "grant all on aidledger_archive.blocks to current_user")
	run(t, conn, "alter table aidledger_archive.blocks disable trigger never_changed")
	run(t, conn, "delete from aidledger_archive.blocks where sequence = 5")
	var read []uint64
	for m, err := range db.Archive().Blocks(t.Context(), 0, 0) {
		var bad *eventstore.BadBlock
		if err != nil && (!errors.As(err, &bad) || bad.Code != "sequence_missing" || bad.Position.Block != 5) {
			t.Errorf("the reading ends with %v", err)
		}
		if err == nil {
			read = append(read, m.Sequence)
		}
	}
	if !slices.Equal(read, []uint64{1, 2, 3, 4}) {
		t.Errorf("read %v before the missing block 5", read)
	}
}
