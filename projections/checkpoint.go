package projections

import (
	"context"
	"errors"
	"time"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// checkpoint says how far one projection has read.
type checkpoint struct {
	projection string
	block      uint64
	hash       string
	updatedAt  time.Time
	halted     *Halted
}

// readCheckpoints reads the checkpoints of a schema by name.
func readCheckpoints(ctx context.Context, conn *pgx.Conn, schema string) ([]checkpoint, error) {
	rows, _ := conn.Query(ctx, `select projection, block, hash, updated_at, halted_block, halted_event, halted_code, halted_reason
		from `+schema+`.checkpoint order by projection`)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (checkpoint, error) {
		var c checkpoint
		var block, event *int64
		var code, reason *string
		err := row.Scan(&c.projection, &c.block, &c.hash, &c.updatedAt, &block, &event, &code, &reason)
		if err == nil && block != nil {
			c.halted = &Halted{Projection: c.projection, Code: *code, Reason: *reason,
				Position: eventstore.Position{Block: uint64(*block), Event: uint32(*event)}}
		}
		return c, err
	})
}

// readHeads reads the last block of each ledger that a projection has read.
func readHeads(ctx context.Context, conn *pgx.Conn, schema, projection string) (map[string]eventstore.Hash, error) {
	rows, _ := conn.Query(ctx, "select ledger, hash from "+schema+".heads where projection = $1", projection)
	heads := map[string]eventstore.Hash{}
	var ledger, text string
	_, err := pgx.ForEachRow(rows, []any{&ledger, &text}, func() error {
		var h eventstore.Hash
		err := h.UnmarshalText([]byte(text))
		heads[ledger] = h
		return err
	})
	return heads, err
}

// errFence says that the checkpoints are not where they were read: another
// process was faster, or the generation changed. What was to be committed is
// forgotten and read again.
var errFence = errors.New("another process moved the checkpoints")

// commit makes the rows and checkpoints of a batch one transaction, with its
// blocks in the archive. Its first
// statement moves the checkpoints and so makes sure that no block is counted
// twice; it returns errFence where they have moved already. It is not synced to
// disk: what a crash of PostgreSQL loses comes again from the log.
func commit(ctx context.Context, conn *pgx.Conn, schema string, b *batch) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	first := &pgx.Batch{}
	first.Queue("set local search_path = " + schema)
	first.Queue("set local synchronous_commit = off")
	first.Queue("select pg_advisory_xact_lock_shared($1)", int64(lockSwitch))
	moved := queueCheckpoints(first, b)
	archived := b.queueArchive(first)
	if err := tx.SendBatch(ctx, first).Close(); err != nil {
		return err
	}
	if *moved != int64(len(b.members)) {
		return errFence
	}
	if *archived < b.to {
		return errArchiveBehind
	}
	if err := b.write(ctx, tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// queueCheckpoints moves the checkpoint of each member from the start of the
// batch to where the member ends. The result counts how many were there.
func queueCheckpoints(q *pgx.Batch, b *batch) (moved *int64) {
	var names, hashes []string
	var to []int64
	var blocks, events []*int64
	var codes, reasons []*string
	for _, m := range b.members {
		names, hashes, to = append(names, m.name), append(hashes, m.hash), append(to, int64(m.to))
		var block, event *int64
		var code, reason *string
		if h := m.halted; h != nil {
			block, event, code, reason = new(int64(h.Position.Block)), new(int64(h.Position.Event)), &h.Code, &h.Reason
		}
		blocks, events, codes, reasons = append(blocks, block), append(events, event), append(codes, code), append(reasons, reason)
	}
	moved = new(int64)
	q.Queue(`with moved as (
			update checkpoint c set block = m.block, hash = m.hash, updated_at = now(), halted_block = m.halted_block,
				halted_event = m.halted_event, halted_code = m.halted_code, halted_reason = m.halted_reason
			from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
				as m (projection, block, hash, halted_block, halted_event, halted_code, halted_reason)
			where c.projection = m.projection and c.block = $8 and c.halted_block is null
			returning 1)
		select count(*) from moved`, names, to, hashes, blocks, events, codes, reasons, int64(b.from)).
		QueryRow(func(row pgx.Row) error { return row.Scan(moved) })
	return moved
}

// write flushes what the members have collected, and the heads of the ledgers.
func (b *batch) write(ctx context.Context, tx pgx.Tx) error {
	var names, ledgers, hashes []string
	for _, m := range b.members {
		if err := m.projector.flush(ctx, tx); err != nil {
			return err
		}
		for ledger, hash := range m.heads {
			names, ledgers, hashes = append(names, m.name), append(ledgers, ledger), append(hashes, hash.String())
		}
	}
	if len(names) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into heads (projection, ledger, hash) select * from unnest($1::text[], $2::text[], $3::text[])
		on conflict (projection, ledger) do update set hash = excluded.hash`, names, ledgers, hashes)
	return err
}
