package projections

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/proof"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed tree.sql
var treeSQL string

// Further codes of an Error.
const (
	CheckpointNotFound = "checkpoint_not_found" // no checkpoint of that size was signed
	NotSignedYet       = "not_signed_yet"       // it is after the last checkpoint
)

// SignedCheckpoint is a checkpoint of a ledger as it is kept: Note is what was
// signed, with the cosignatures that came later.
type SignedCheckpoint struct {
	proof.Checkpoint
	Ledger   string
	Block    uint64          // the stream was read up to here
	Head     eventstore.Hash // of the ledger's last block
	SignedAt time.Time
	Note     []byte
}

// TreeGrowth is a new checkpoint and the tiles that it needs.
type TreeGrowth struct {
	SignedCheckpoint
	Tiles []proof.Tile
}

// ErrTreesMoved says that another process has grown the trees.
var ErrTreesMoved = errors.New("another process has signed checkpoints meanwhile")

const lastSignedSQL = "select coalesce(max(block), 0) from aidledger_archive.checkpoints"

// SignedUntil returns the block up to which the trees of all ledgers are signed.
func (a Archive) SignedUntil(ctx context.Context) (block uint64, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, lastSignedSQL).Scan(&block) })
	return block, err
}

// SaveCheckpoints keeps checkpoints with their tiles, all or none, and returns
// after they are on disk, and with them every block before. It returns
// [ErrTreesMoved] where the trees are not at the block from any more.
func (a Archive) SaveCheckpoints(ctx context.Context, from uint64, grown []TreeGrowth) error {
	conn, err := a.db.connect(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if err := exec(ctx, conn, fmt.Sprintf("set local synchronous_commit = on; select pg_advisory_xact_lock(%d)", lockSign)); err != nil {
		return err
	}
	var at uint64
	if err := tx.QueryRow(ctx, lastSignedSQL).Scan(&at); err != nil {
		return err
	}
	if at != from {
		return ErrTreesMoved
	}
	q := &pgx.Batch{}
	for _, g := range grown {
		for _, t := range g.Tiles {
			q.Queue(`insert into aidledger_archive.tiles (ledger, level, n, data) values ($1, $2, $3, $4)
				on conflict (ledger, level, n) do update set data = excluded.data`, g.Ledger, int16(t.L), t.N, t.Data)
		}
		q.Queue(`insert into aidledger_archive.checkpoints (ledger, size, signed_at, root, block, head, signed) values ($1, $2, $3, $4, $5, $6, $7)`,
			g.Ledger, g.Size, g.SignedAt, g.Root[:], int64(g.Block), g.Head[:], g.Note)
	}
	if err := tx.SendBatch(ctx, q).Close(); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// AdoptCheckpoint keeps a checkpoint that a backup has, unless there is one of its
// size: at the last block of its entries, as of when that was stored.
func (a Archive) AdoptCheckpoint(ctx context.Context, c SignedCheckpoint) error {
	return a.db.writer.read(ctx, func(conn *pgx.Conn) error { // it may be repeated: the second time it does nothing
		_, err := conn.Exec(ctx, `insert into aidledger_archive.checkpoints (ledger, size, signed_at, root, block, head, signed)
			select ledger, $2, stored, $3, sequence, hash, $4 from aidledger_archive.blocks where ledger = $1 and first + leaves = $2 and leaves > 0
				and not exists (select from aidledger_archive.checkpoints k where k.ledger = $1 and k.size = $2)`,
			c.Ledger, c.Size, c.Root[:], c.Note)
		return err
	})
}

// SaveCosignature keeps a signature line for a checkpoint of a size.
func (a Archive) SaveCosignature(ctx context.Context, ledger string, size int64, line string) error {
	return a.db.writer.read(ctx, func(conn *pgx.Conn) error { // it may be repeated: the second time it does nothing
		_, err := conn.Exec(ctx, `insert into aidledger_archive.cosignatures (ledger, size, line) values ($1, $2, $3) on conflict do nothing`,
			ledger, size, line)
		return err
	})
}

// checkpointsSQL reads checkpoints. The origin is in the note.
const checkpointsSQL = `select c.ledger, c.size, c.root, c.block, c.head, c.signed_at, c.signed,
		array(select s.line from aidledger_archive.cosignatures s where s.ledger = c.ledger and s.size = c.size order by s.line)
	from aidledger_archive.checkpoints c where `

func scanCheckpoint(row pgx.CollectableRow) (c SignedCheckpoint, err error) {
	var root, head []byte
	var lines []string
	if err := row.Scan(&c.Ledger, &c.Size, &root, &c.Block, &head, &c.SignedAt, &c.Note, &lines); err != nil {
		return c, err
	}
	copy(c.Root[:], root)
	copy(c.Head[:], head)
	c.SignedAt = c.SignedAt.UTC()
	if stated, err := proof.ReadUnverified(c.Note); err == nil {
		c.Origin = stated.Origin
	}
	for _, line := range lines {
		c.Note = append(c.Note, line...)
	}
	return c, nil
}

// Checkpoint returns the last checkpoint of a ledger, or that of a size where
// it is not 0. It returns checkpoint_not_found where there is none.
func (a Archive) Checkpoint(ctx context.Context, ledger string, size int64) (c SignedCheckpoint, err error) {
	return a.checkpoint(ctx, "(c.size = $2 or $2 = 0) order by c.size desc, c.signed_at desc", ledger, size)
}

// FirstCheckpoint returns the first checkpoint of a ledger. It returns
// checkpoint_not_found where there is none.
func (a Archive) FirstCheckpoint(ctx context.Context, ledger string) (SignedCheckpoint, error) {
	return a.checkpoint(ctx, "$2 = 0::bigint order by c.size, c.signed_at", ledger, 0)
}

// checkpoint reads the first checkpoint of a ledger ($1) that meets a condition.
func (a Archive) checkpoint(ctx context.Context, condition, ledger string, size int64) (c SignedCheckpoint, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, checkpointsSQL+"c.ledger = $1 and "+condition+" limit 1", ledger, size)
		c, err = pgx.CollectExactlyOneRow(rows, scanCheckpoint)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fail(CheckpointNotFound, "see the last one without a size, or sign one with: aidledger checkpoint", "no checkpoint of %.100q was signed with that size", ledger)
	}
	return c, err
}

// Checkpoints returns every checkpoint of a ledger, the first one first; of all
// ledgers where its name is empty.
func (a Archive) Checkpoints(ctx context.Context, ledger string) (all []SignedCheckpoint, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, checkpointsSQL+"c.ledger = $1 or $1 = '' order by c.ledger, c.size, c.signed_at", ledger)
		all, err = pgx.CollectRows(rows, scanCheckpoint)
		return err
	})
	return all, err
}

// LastCheckpoints returns the last checkpoint of each ledger.
func (a Archive) LastCheckpoints(ctx context.Context) (all []SignedCheckpoint, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, checkpointsSQL+`(c.ledger, c.size, c.signed_at) in (
			select distinct on (ledger) ledger, size, signed_at from aidledger_archive.checkpoints order by ledger, size desc, signed_at desc)`)
		all, err = pgx.CollectRows(rows, scanCheckpoint)
		return err
	})
	return all, err
}

// Hashes reads the hashes of the tree of a checkpoint. What it returns is
// proved to belong to it: a tile that was changed is an error.
func (a Archive) Hashes(ctx context.Context, c SignedCheckpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, &tileReader{ctx, a, c.Ledger, map[tlog.Tile][]byte{}})
}

// tileReader reads tiles, each once.
type tileReader struct {
	ctx    context.Context
	from   Archive
	ledger string
	read   map[tlog.Tile][]byte
}

// Height implements [tlog.TileReader].
func (r *tileReader) Height() int { return proof.TileHeight }

// SaveTiles implements [tlog.TileReader]; there is nothing to save.
func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements [tlog.TileReader].
func (r *tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		d, ok := r.read[t]
		if !ok {
			if d, err = r.tile(t); err != nil {
				return nil, err
			}
			r.read[t] = d
		}
		data = append(data, d)
	}
	return data, nil
}

// tile reads a tile; one that has become wider holds the narrower ones.
func (r *tileReader) tile(t tlog.Tile) (data []byte, err error) {
	err = r.from.db.pool.read(r.ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(r.ctx, "select data from aidledger_archive.tiles where ledger = $1 and level = $2 and n = $3", r.ledger, int16(t.L), t.N).Scan(&data)
	})
	size := t.W * tlog.HashSize
	if errors.Is(err, pgx.ErrNoRows) || err == nil && len(data) < size {
		return nil, fmt.Errorf("the tile %d/%d of the tree of %s is missing", t.L, t.N, r.ledger)
	}
	if err != nil {
		return nil, err
	}
	return data[:size], nil
}

// FirstLeaf returns the index of the first entry of a block among all entries
// of its ledger.
func (a Archive) FirstLeaf(ctx context.Context, sequence uint64) (first int64, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select first from aidledger_archive.blocks where sequence = $1", int64(sequence)).Scan(&first)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fail(NotFound, "wait until the read models have it", "block %d is not in the archive", sequence)
	}
	return first, err
}

// KeptLeaves returns how many leaves the kept tree of a ledger has.
func (a Archive) KeptLeaves(ctx context.Context, ledger string) (size int64, err error) {
	err = a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `select coalesce(max(n * $2 + length(data) / $3), 0) from aidledger_archive.tiles where ledger = $1 and level = 0`,
			ledger, int64(1<<proof.TileHeight), int64(tlog.HashSize)).Scan(&size)
	})
	return size, err
}
