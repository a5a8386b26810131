package projections

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

//go:embed archive.sql
var archiveSQL string

// Archive is the second copy of the log: the raw bytes of every block that the
// projections have read, in the order of the stream. It is written in the
// transaction that moves the checkpoints, it belongs to no generation, and its
// rows cannot be changed. It is a [Log], so that all that can be done with the
// log can be done with it.
type Archive struct{ db *DB }

// Archive returns the second copy of the log.
func (db *DB) Archive() Archive { return Archive{db} }

const archiveEndSQL = "select coalesce(max(sequence), 0) from aidledger_archive.blocks"

// End returns the sequence of the last archived block, 0 when there is none.
func (a Archive) End(ctx context.Context) (end uint64, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, archiveEndSQL).Scan(&end)
	})
	return end, err
}

// archivePage is how many bytes of blocks one query of Blocks reads, at least
// one block.
const archivePage = 4 << 20

// Blocks reads the archived blocks after one sequence and up to and including
// another; until 0 stands for the end that the archive has now. A missing
// sequence ends the reading with a *eventstore.BadBlock, as it does in the log.
func (a Archive) Blocks(ctx context.Context, after, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		end, err := a.End(ctx)
		if err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		if until == 0 || until > end {
			until = end
		}
		for after < until {
			page, err := a.page(ctx, after, until)
			if err != nil {
				yield(eventstore.Message{}, err)
				return
			}
			for _, m := range page {
				if m.Sequence != after+1 {
					page = nil
					break
				}
				if !yield(m, nil) {
					return
				}
				after = m.Sequence
			}
			if len(page) == 0 {
				yield(eventstore.Message{}, missing(after+1))
				return
			}
		}
	}
}

// page reads some of the blocks between two sequences.
func (a Archive) page(ctx context.Context, after, until uint64) (page []eventstore.Message, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `select sequence, ledger, data, stored from (
				select *, sum(length(data)) over (order by sequence) - length(data) as before
				from aidledger_archive.blocks where sequence > $1 and sequence <= $2 order by sequence limit $3) b
			where before < $4 order by sequence`, int64(after), int64(until), batchMessagesMax/8, archivePage)
		page, err = pgx.CollectRows(rows, scanArchived)
		return err
	})
	return page, err
}

// chosenBlocks is some of an archive, as a Log.
type chosenBlocks struct {
	Archive
	sequences []int64 // in order
}

// chosenPage is how many blocks one query reads of those that were chosen.
const chosenPage = 128

// Blocks reads all that were chosen. A missing one ends the reading with a
// *eventstore.BadBlock.
func (c chosenBlocks) Blocks(ctx context.Context, _, _ uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for some := range slices.Chunk(c.sequences, chosenPage) {
			var page []eventstore.Message
			err := c.db.pool.read(ctx, func(conn *pgx.Conn) (err error) {
				rows, _ := conn.Query(ctx, "select sequence, ledger, data, stored from aidledger_archive.blocks where sequence = any($1) order by sequence", some)
				page, err = pgx.CollectRows(rows, scanArchived)
				return err
			})
			if err != nil {
				yield(eventstore.Message{}, err)
				return
			}
			for i, sequence := range some {
				if i == len(page) || page[i].Sequence != uint64(sequence) {
					yield(eventstore.Message{}, missing(uint64(sequence)))
					return
				}
				if !yield(page[i], nil) {
					return
				}
			}
		}
	}
}

func scanArchived(row pgx.CollectableRow) (m eventstore.Message, err error) {
	err = row.Scan(&m.Sequence, &m.Ledger, &m.Data, &m.Stored)
	m.Stored = m.Stored.UTC()
	return m, err
}

// Block reads one archived block. It returns a *eventstore.BadBlock of code
// sequence_missing where there is none.
func (a Archive) Block(ctx context.Context, sequence uint64) (m eventstore.Message, err error) {
	for m, err = range a.Blocks(ctx, sequence-1, sequence) {
		return m, err
	}
	return m, missing(sequence)
}

func missing(sequence uint64) *eventstore.BadBlock {
	return &eventstore.BadBlock{Code: "sequence_missing", Position: eventstore.Position{Block: sequence, Event: eventstore.WholeBlock},
		Reason: fmt.Sprintf("block %d is not in the archive", sequence)}
}

// errArchiveBehind says that blocks before a batch are not in the archive yet.
var errArchiveBehind = errors.New("the archive ends before the batch")

// archiveSQLInsert adds the blocks that the archive does not have. It adds
// nothing where that would leave a gap. Where another transaction is adding the
// same blocks it waits, and leaves them to it.
const archiveSQLInsert = `with batch as (
		select b.*, sum(leaves) over (partition by ledger order by sequence) - leaves as before
		from unnest($1::bigint[], $2::text[], $3::integer[], $4::bytea[], $5::timestamptz[], $6::bytea[]) b (sequence, ledger, leaves, hash, stored, data)
		where sequence > (` + archiveEndSQL + `) and $7 <= (` + archiveEndSQL + `))
	insert into aidledger_archive.blocks (sequence, ledger, first, leaves, hash, stored, data)
	select sequence, ledger, before + coalesce(
			(select a.first + a.leaves from aidledger_archive.blocks a where a.ledger = batch.ledger
				order by a.first desc, a.sequence desc limit 1), 0),
		leaves, hash, stored, data
	from batch order by sequence
	on conflict do nothing`

// archived is the content of blocks, column by column.
type archived struct {
	sequences []int64
	ledgers   []string
	leaves    []int32
	hashes    [][]byte
	stored    []time.Time
	data      [][]byte
}

func (a *archived) add(b *block) {
	a.sequences, a.ledgers = append(a.sequences, int64(b.sequence)), append(a.ledgers, b.ledger)
	a.leaves, a.hashes = append(a.leaves, int32(b.entries)), append(a.hashes, b.hash[:])
	a.stored, a.data = append(a.stored, b.stored.Stored), append(a.data, b.stored.Data)
}

// queue adds the blocks to what goes to PostgreSQL. The result is the end of
// the archive after it.
func (a *archived) queue(q *pgx.Batch, from uint64) (end *uint64) {
	end = new(uint64)
	if len(a.sequences) > 0 {
		q.Queue(archiveSQLInsert, a.sequences, a.ledgers, a.leaves, a.hashes, a.stored, a.data, int64(from))
	}
	q.Queue(archiveEndSQL).QueryRow(func(row pgx.Row) error { return row.Scan(end) })
	return end
}

// queueArchive archives the blocks that at least one member of the batch has
// read.
func (b *batch) queueArchive(q *pgx.Batch) (end *uint64) {
	var a archived
	for _, block := range b.blocks {
		if block.sequence <= b.to {
			a.add(block)
		}
	}
	return a.queue(q, b.from)
}

// fillArchive brings the archive to a block that the checkpoints have reached:
// a database is older than its archive, or a rebuild was faster. It checks
// sequences and chain as it reads.
func (r *Runner) fillArchive(ctx context.Context, conn *pgx.Conn, until uint64) error {
	var end uint64
	err := conn.QueryRow(ctx, archiveEndSQL).Scan(&end)
	if err != nil || end >= until {
		return err
	}
	t := &track{members: []*projection{archiving}, block: end}
	if t.heads, err = archivedHeads(ctx, conn); err != nil {
		return err
	}
	return pipeline(ctx, r.log, t, until, func(b *batch) error {
		if h := b.members[0].halted; h != nil {
			return h
		}
		q := &pgx.Batch{}
		b.queueArchive(q)
		return conn.SendBatch(ctx, q).Close()
	}, nil)
}

// archiving stands for the archive in a track of its own. It understands every
// event, since it looks into none.
var archiving = &projection{name: "archive", reads: []string{}, begin: func(bool) projector { return noRows{} }}

type noRows struct{}

func (noRows) apply(*fact) error                   { return nil }
func (noRows) flush(context.Context, pgx.Tx) error { return nil }

// archivedHeads returns the hash of the last archived block of each ledger.
func archivedHeads(ctx context.Context, conn *pgx.Conn) (map[string]eventstore.Hash, error) {
	rows, _ := conn.Query(ctx, `select distinct on (ledger) ledger, hash from aidledger_archive.blocks order by ledger, first desc, sequence desc`)
	heads := headsNone()
	var ledger string
	var hash []byte
	_, err := pgx.ForEachRow(rows, []any{&ledger, &hash}, func() error {
		heads[ledger] = eventstore.Hash(hash)
		return nil
	})
	return heads, err
}

// WrongRow returns the first block whose row says something else about it than
// its bytes do, or than the rows before it; 0 where there is none.
func (a Archive) WrongRow(ctx context.Context) (sequence uint64, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `select coalesce(min(sequence), 0) from (
				select sequence, hash, sha256(data) as made, first, coalesce(sum(leaves) over (partition by ledger order by sequence
					rows between unbounded preceding and 1 preceding), 0) as before
				from aidledger_archive.blocks) b where hash <> made or first <> before`).Scan(&sequence)
	})
	return sequence, err
}

// Projected returns the last block that the read models have, and the hash of
// the last block of each ledger by then.
func (a Archive) Projected(ctx context.Context) (block uint64, heads map[string]eventstore.Hash, err error) {
	err = a.db.snapshot(ctx, func(tx pgx.Tx) error {
		var furthest string
		err := tx.QueryRow(ctx, "select projection, block from aidledger.checkpoint order by block desc, projection limit 1").Scan(&furthest, &block)
		if err == nil {
			heads, err = readHeads(ctx, tx.Conn(), "aidledger", furthest)
		}
		return err
	})
	return block, heads, err
}
