package projections

import (
	"context"
	"errors"
	"slices"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// Receipt proves that an entry is in the last signed checkpoint of its ledger.
// The id is that of an entry or disbursement about money, or a position. It
// returns not_found, or not_signed_yet for an entry after the last checkpoint.
func (db *DB) Receipt(ctx context.Context, ledger, id string) (r proof.Receipt, err error) {
	at, err := db.positionOf(ctx, ledger, id)
	if err != nil {
		return r, err
	}
	a := db.Archive()
	if r.Leaf, r.Index, err = a.leafAt(ctx, ledger, at); err != nil {
		return r, err
	}
	c, err := a.Checkpoint(ctx, ledger, 0)
	if err == nil && c.Size <= r.Index || Is(err, CheckpointNotFound) {
		err = fail(NotSignedYet, "ask again in a minute, or sign now with: aidledger checkpoint", "the entry at %s is after the last checkpoint of %s", at, ledger)
	}
	if err != nil {
		return r, err
	}
	r.Checkpoint = c.Note
	r.Proof, err = tlog.ProveRecord(c.Size, r.Index, a.Hashes(ctx, c))
	return r, err
}

// positionOf returns where an entry or disbursement was recorded; a position
// is its own.
func (db *DB) positionOf(ctx context.Context, ledger, id string) (at eventstore.Position, err error) {
	if at, err := eventstore.ParsePosition(id); err == nil && at.Block > 0 {
		if at.Event == eventstore.WholeBlock {
			at.Event = 0
		}
		return at, nil
	}
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `select block, event from aidledger.journal
			where ledger = $1 and (entry = $2 or disbursement = $2 and disbursement <> '' and stage = $3) order by block, event limit 1`,
			ledger, id, domain.Disbursed.String()).Scan(&at.Block, &at.Event)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fail(NotFound, "give the id of an entry or disbursement about money, or its position such as 12.3", "no entry about money in %.100q has the id %.100q", ledger, id)
	}
	return at, err
}

// leafAt returns the entry that wrote the event at a position, and its index
// among the entries of the ledger.
func (a Archive) leafAt(ctx context.Context, ledger string, at eventstore.Position) (leaf []byte, index int64, err error) {
	m, err := a.Block(ctx, at.Block)
	if bad := new(eventstore.BadBlock); errors.As(err, &bad) || err == nil && m.Ledger != ledger {
		return nil, 0, fail(NotFound, "check the position", "the ledger %.100q has nothing at the position %s", ledger, at)
	}
	if err != nil {
		return nil, 0, err
	}
	b, err := eventstore.DecodeEnvelope(m)
	if err != nil {
		return nil, 0, err
	}
	before := uint32(0)
	i := slices.IndexFunc(b.Entries, func(e eventstore.Entry) bool {
		before += uint32(len(e.Events))
		return at.Event < before
	})
	if i < 0 {
		return nil, 0, fail(NotFound, "check the position", "block %d has no event %d", at.Block, at.Event)
	}
	cut, err := proof.ParseBlock(m.Data)
	if err != nil {
		return nil, 0, err
	}
	first, err := a.FirstLeaf(ctx, at.Block)
	return cut.Leaves[i], first + int64(i), err
}

// EntriesAbout returns the positions of all events whose movements a query asks
// for, without its limit and cursor.
func (db *DB) EntriesAbout(ctx context.Context, q JournalQuery) (map[eventstore.Position]bool, error) {
	c, err := q.conditions()
	if err != nil {
		return nil, err
	}
	found := map[eventstore.Position]bool{}
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, "select distinct j.block, j.event from aidledger.journal j where j.ledger = $1"+also(c.String()), c.args...)
		var block, event int64
		_, err := pgx.ForEachRow(rows, []any{&block, &event}, func() error {
			found[eventstore.Position{Block: uint64(block), Event: uint32(event)}] = true
			return nil
		})
		return err
	})
	return found, err
}
