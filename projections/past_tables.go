package projections

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Movements and flows keep what they were; states, lists and settings do not.
// What these were at a point, a replay of the archive until there says: into
// tables of a transaction that is never committed, so that nobody else sees them
// and nothing remains of them. Only the blocks that lists are made of are
// replayed: payments, of which there are most, are looked up where they are. The
// last pasts that were asked for are kept for a while.
const (
	pastKept = 3           // pasts
	pastIdle = time.Minute // after the last query

	strangersPatience = 2 * time.Second // for a past that another stranger is waiting for
)

// pasts are those that are kept, the last used first.
type pasts struct {
	db       *DB           // that holds the archive, and where tables can be made
	turn     chan struct{} // holds one value while nobody makes or asks
	patience time.Duration // of who waits for it; zero: as long as the query may take
	kept     []*past
}

// past is a ledger at one point. The ledger "" is all of them.
type past struct {
	ledger string
	until  AsOf // a position, and perhaps an effective date
	conn   *pgx.Conn
	tx     pgx.Tx
	schema string
	moved  string // the movements as they were, as a query of those that are there now
	idle   *time.Timer
}

func newPasts(db *DB, patience time.Duration) *pasts {
	p := &pasts{db: db, turn: make(chan struct{}, 1), patience: patience}
	p.turn <- struct{}{}
	return p
}

// Until returns a DB whose queries all answer as of a point, beside the one that
// they may name themselves. It is closed with db.
func (db *DB) Until(a AsOf) *DB {
	past := *db
	past.until = a
	return &past
}

// ForStrangers returns a DB for the queries of anybody. Its pasts are its own and
// are made one at a time, and who waits long for another's is told to come back
// (past_busy): strangers take the work of one replay at most, and no other's turn.
// It is closed with db.
func (db *DB) ForStrangers() *DB {
	strange := *db
	strange.pasts = db.strangers
	return &strange
}

// at runs queries that see one state of a ledger: that of now, as snapshot does,
// or of the point that the DB answers for.
func (db *DB) at(ctx context.Context, ledger string, f func(pgx.Tx) error) error {
	a, err := db.Known(ctx, ledger, AsOf{})
	if err != nil {
		return err
	}
	if a.IsZero() {
		return db.snapshot(ctx, f)
	}
	if err := db.snapshot(ctx, func(tx pgx.Tx) error {
		now, err := position(ctx, tx, ledger, "journal")
		a.Position = a.limited(now)
		return err
	}); err != nil {
		return err
	}
	return db.pasts.ask(ctx, ledger, a, f)
}

// ask runs queries on a past, which is replayed if it is not kept.
func (p *pasts) ask(ctx context.Context, ledger string, a AsOf, f func(pgx.Tx) error) error {
	if err := p.wait(ctx); err != nil {
		return err
	}
	defer func() { p.turn <- struct{}{} }()
	i := slices.IndexFunc(p.kept, func(k *past) bool { return k.ledger == ledger && k.until == a })
	if i < 0 {
		made, err := p.replay(ctx, ledger, a)
		if err != nil {
			return err
		}
		i, p.kept = len(p.kept), append(p.kept, made)
	}
	k := p.kept[i]
	p.kept = slices.Insert(slices.Delete(p.kept, i, i+1), 0, k)
	k.idle.Reset(pastIdle)
	err := k.read(ctx, f)
	if k.conn.IsClosed() {
		p.drop(k)
	}
	for len(p.kept) > pastKept {
		p.drop(p.kept[pastKept])
	}
	return err
}

// wait takes the turn.
func (p *pasts) wait(ctx context.Context) error {
	var enough <-chan time.Time
	if p.patience > 0 {
		enough = time.After(p.patience)
	}
	select {
	case <-p.turn:
		return nil
	case <-enough:
		err := fail(PastBusy, "ask again in a few seconds, or for the present", "another past is being looked up")
		err.RetryAfter = p.patience
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drop forgets a past.
func (p *pasts) drop(k *past) {
	k.idle.Stop()
	p.kept = slices.DeleteFunc(p.kept, func(other *past) bool { return other == k })
	rollback(k.tx)
	release(k.conn)
}

// close forgets all pasts, after the query that is running.
func (p *pasts) close() {
	<-p.turn
	for len(p.kept) > 0 {
		p.drop(p.kept[0])
	}
	p.turn <- struct{}{}
}

// expire forgets a past that nobody asked about for a while.
func (p *pasts) expire(k *past) {
	<-p.turn
	defer func() { p.turn <- struct{}{} }()
	if slices.Contains(p.kept, k) {
		p.drop(k)
	}
}

// replay makes the tables of a past.
func (p *pasts) replay(ctx context.Context, ledger string, a AsOf) (*past, error) {
	conn, err := p.db.connect(ctx)
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	k := &past{ledger: ledger, until: a, conn: conn, schema: fmt.Sprintf("aidledger_past_%d", conn.PgConn().PID())}
	k.moved = k.movements()
	blocks, err := p.db.listedBlocks(ctx, ledger, a.Position)
	if err == nil {
		k.tx, err = conn.Begin(ctx)
	}
	if err == nil {
		l := load{schema: k.schema, kind: scratchTables, of: ofLists(), end: a.Position.Block, keep: k.holds, chosen: true}
		_, err = fill(ctx, k.tx, chosenBlocks{p.db.Archive(), blocks}, l, func(_, _ uint64) {})
	}
	if err == nil && ledger != "" {
		err = p.db.addUp(ctx, ledger, a, k.tx)
	}
	if err == nil {
		err = exec(ctx, conn, "set transaction read only")
	}
	if err == nil {
		err = k.halted(ctx)
	}
	if err != nil {
		release(conn)
		return nil, fmt.Errorf("replay until %s: %w", a.Position, err)
	}
	k.idle = time.AfterFunc(pastIdle, func() { p.expire(k) })
	return k, nil
}

// listedBlocks returns the blocks until a position that lists are made of.
func (db *DB) listedBlocks(ctx context.Context, ledger string, until eventstore.Position) (blocks []int64, err error) {
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		all, err := readCheckpoints(ctx, tx.Conn(), "aidledger")
		for _, c := range all {
			if c.projection == entriesProjection.name && c.halted != nil && c.block < until.Block {
				return c.halted
			}
		}
		if err == nil {
			rows, _ := tx.Query(ctx, "select block from aidledger.listed_blocks where ($1 = '' or ledger = $1) and block <= $2 order by block", ledger, int64(until.Block))
			blocks, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		return err
	})
	return blocks, err
}

// halted returns what stopped a projection on the way.
func (k *past) halted(ctx context.Context) error {
	all, err := readCheckpoints(ctx, k.conn, k.schema)
	for _, c := range all {
		if c.halted != nil {
			return c.halted
		}
	}
	return err
}

// holds tells whether an event had been recorded, and had happened. What is
// registered is there at any date: it may be older than its first entry here.
func (k *past) holds(f *fact) bool {
	if k.ledger != "" && f.ledger != k.ledger || f.at.Compare(k.until.Position) > 0 {
		return false
	}
	switch f.event.Fact.(type) {
	case *domain.LedgerOpened, *domain.OrganisationRegistered, *domain.PlaceRegistered, *domain.ProjectRegistered:
		return true
	}
	until := k.until.EffectiveUntil
	return until.IsZero() || !f.event.Fact.Effective().Last().Time().After(until.Last().Time())
}

// read runs queries in a transaction within that of the past, so that one that
// fails takes nothing with it.
func (k *past) read(ctx context.Context, f func(pgx.Tx) error) error {
	inner, err := k.tx.Begin(ctx)
	if err != nil {
		return unavailable(ctx, err)
	}
	defer rollback(inner)
	return f(&pastTx{inner, k})
}

// pastTx answers queries of the schema aidledger from the tables of a past.
type pastTx struct {
	pgx.Tx
	past *past
}

// there is a query of the present as one of the past. Movements are looked up
// where they are, so a query has to give them a name, such as j.
func (tx *pastTx) there(sql string) string {
	return tableName.ReplaceAllStringFunc(sql, func(name string) string {
		table := strings.TrimPrefix(name, "aidledger.")
		if table == "journal" || table == "movements" {
			return tx.past.moved
		}
		return tx.past.schema + "." + table
	})
}

// tableName is a table that the present and the past have.
var tableName = regexp.MustCompile(`\baidledger\.\w+`)

// Query is that of the transaction, with the tables of the past.
func (tx *pastTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return tx.Tx.Query(ctx, tx.there(sql), args...)
}

// QueryRow is that of the transaction, with the tables of the past.
func (tx *pastTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return tx.Tx.QueryRow(ctx, tx.there(sql), args...)
}

// Exec is that of the transaction, with the tables of the past.
func (tx *pastTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return tx.Tx.Exec(ctx, tx.there(sql), args...)
}

// pastOf returns the point that a transaction sees, if it is not now.
func pastOf(tx pgx.Tx) (at eventstore.Position, ok bool) {
	if k, ok := tx.(*pastTx); ok {
		return k.past.until.Position, true
	}
	return at, false
}
