package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Names returns what ids of a ledger stand for, by id. An id that names nothing
// is left out, and so is one of which its reader may know nothing.
func (db *DB) Names(ctx context.Context, ledger string, ids []string) (map[string]Node, error) {
	named := map[string]Node{}
	sql, c, err := db.nodes(ledger)
	if err != nil {
		return nil, err
	}
	sql += " where id = any(" + c.arg(ids) + ")"
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, sql, c.args...)
		nodes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Node])
		for _, n := range nodes {
			named[n.ID] = n
		}
		return err
	})
	return named, err
}

// nodesSQL lists all things of a ledger ($1) that have a name.
const nodesSQL = `
	select 'organisation' as noun, organisation as id, name from aidledger.organisations where ledger = $1
	union all select 'place', place, name from aidledger.places where ledger = $1
	union all select 'project', project, name from aidledger.projects where ledger = $1
	union all select 'fund', fund, coalesce(nullif(purpose, ''), document) from aidledger.funds where ledger = $1
	union all select 'gift', gift, item from aidledger.gifts where ledger = $1
	union all select 'agreement', agreement, title from aidledger.agreements where ledger = $1
	union all select 'pairing', pairing, purpose from aidledger.pairings where ledger = $1
	union all select 'indicator', indicator, name from aidledger.indicators where ledger = $1
	union all select 'note', id, text from aidledger.notes where ledger = $1`

// namesSQL finds the noun and name of ids ($2) of a ledger ($1).
const namesSQL = "select noun, id, name from (" + nodesSQL + ") n where id = any($2)"

// nodes selects the things of a ledger that a reader may know.
func (db *DB) nodes(ledger string) (sql string, c *conditions, err error) {
	c = &conditions{args: []any{ledger}}
	if db.within.IsZero() {
		return "select noun, id, name from (" + nodesSQL + ") n", c, nil
	}
	sql, err = c.nodesWithin(db.within)
	return sql, c, err
}

// Nodes lists all things of a ledger by noun and id, for a search in memory. Who
// may read a part finds the places and projects of it, and what they name.
func (db *DB) Nodes(ctx context.Context, ledger string) (nodes []Node, err error) {
	sql, c, err := db.nodes(ledger)
	if err != nil {
		return nil, err
	}
	err = db.at(ctx, ledger, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, sql+" order by noun, id", c.args...)
		nodes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Node])
		return err
	})
	return nodes, err
}
