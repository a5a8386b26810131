package projections

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"strings"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/proof"

	"github.com/jackc/pgx/v5"
)

//go:embed repair.sql
var repairSQL string

// Repair is a copy of the log that was made anew from the other one.
type Repair struct {
	At     time.Time
	What   string // what was made
	Reason string // what was found before it
	Blocks uint64
	Head   eventstore.Hash // of the last block
}

// RecordRepair keeps what was done, for ever.
func (a Archive) RecordRepair(ctx context.Context, r Repair) error {
	conn, err := a.db.connect(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	_, err = conn.Exec(ctx, "insert into aidledger_archive.repairs (repaired_at, what, reason, blocks, head) values ($1, $2, $3, $4, $5)",
		r.At, r.What, r.Reason, int64(r.Blocks), r.Head[:])
	return err
}

// Rewrite makes the archive anew from blocks that were read elsewhere, and
// keeps the old one under another name, which it returns.
func (a Archive) Rewrite(ctx context.Context, blocks iter.Seq2[eventstore.Message, error]) (old string, end uint64, err error) {
	conn, err := a.db.connect(ctx)
	if err != nil {
		return "", 0, err
	}
	defer release(conn)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", 0, err
	}
	defer rollback(tx)
	var n int
	if err := tx.QueryRow(ctx, "select count(*) from pg_tables where schemaname = 'aidledger_archive' and tablename like 'blocks%'").Scan(&n); err != nil {
		return "", 0, err
	}
	old = fmt.Sprintf("blocks_before_repair_%d", n)
	owner, err := asArchiveOwner(ctx, tx)
	if err != nil {
		return "", 0, err
	}
	if owner.other {
		return "", 0, fail(ArchiveProtected, "set AIDLEDGER_POSTGRES_URL to the connection string that aidledger setup postgres was given",
			"the archive belongs to the user %s, and this one can only add to it", owner.name)
	}
	sql := strings.ReplaceAll(`alter table aidledger_archive.blocks rename to OLD;
		alter index aidledger_archive.blocks_pkey rename to OLD_pkey; alter index aidledger_archive.blocks_leaf rename to OLD_leaf;`, "OLD", old)
	if err := exec(ctx, conn, sql+archiveSQL); err != nil {
		return "", 0, err
	}
	some := &archived{}
	flush := func() error {
		q := &pgx.Batch{}
		some.queue(q, end-uint64(len(some.sequences)))
		some = &archived{}
		return tx.SendBatch(ctx, q).Close()
	}
	size := 0
	for m, err := range blocks {
		if err != nil {
			return "", 0, err
		}
		b := decode(m)
		if b.bad != nil {
			return "", 0, b.bad
		}
		some.add(b)
		end = m.Sequence
		if size += len(m.Data); size >= batchBytesMax || len(some.sequences) == batchMessagesMax {
			if err := flush(); err != nil {
				return "", 0, err
			}
			size = 0
		}
	}
	if err := flush(); err != nil {
		return "", 0, err
	}
	return old, end, tx.Commit(ctx)
}

// RewriteTiles replaces the kept tree of a ledger.
func (a Archive) RewriteTiles(ctx context.Context, ledger string, tiles []proof.Tile) error {
	conn, err := a.db.connect(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	q := &pgx.Batch{}
	q.Queue("delete from aidledger_archive.tiles where ledger = $1", ledger)
	for _, t := range tiles {
		q.Queue("insert into aidledger_archive.tiles (ledger, level, n, data) values ($1, $2, $3, $4)", ledger, int16(t.L), t.N, t.Data)
	}
	return conn.SendBatch(ctx, q).Close() // one transaction
}

// NoLog is the log where there is none.
type NoLog struct{}

// End implements [Log].
func (NoLog) End(context.Context) (uint64, error) { return 0, nil }

// Blocks implements [Log].
func (NoLog) Blocks(context.Context, uint64, uint64) iter.Seq2[eventstore.Message, error] {
	return func(func(eventstore.Message, error) bool) {}
}
