package projections

import (
	"context"
	"errors"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

const rememberedSQL = `select block, hash from (
		select block, hash from aidledger.checkpoint where block > 0
		union all (select sequence, encode(hash, 'hex') from aidledger_archive.blocks order by sequence desc limit 1)) known
	order by block desc limit 1`

// Remembered returns the sequence and the hash of the last block that the
// database has seen, in its archive or its read models; 0 where it has seen
// none. A log that lacks this block is not the one that they were made from.
func (db *DB) Remembered(ctx context.Context) (block uint64, hash eventstore.Hash, err error) {
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		var text string
		switch err := conn.QueryRow(ctx, rememberedSQL).Scan(&block, &text); {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		return hash.UnmarshalText([]byte(text))
	})
	return block, hash, err
}
