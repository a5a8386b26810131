package projections

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	serverMin   = 150000 // server_version_num of PostgreSQL 15
	rollbackMax = 5 * time.Second
)

// DB answers queries from the read models in one PostgreSQL database. Its
// methods may be called from several goroutines at once.
type DB struct {
	pool   pool // for queries
	writer pool // for all that changes something; the same one where one user does both
	// collation sorts names as people expect: by pinyin where the server can.
	collation string
	until     AsOf   // zero: now
	within    Within // what its reader may read
	pasts     *pasts
	strangers *pasts // those that anybody may ask for

	closing context.Context // over when the DB is closed
	close   context.CancelFunc
	leaving *sync.WaitGroup // of tables that are being dropped
}

// Open connects to a database of PostgreSQL 15 or newer (code server_too_old
// otherwise) and makes the read models there if they do not exist. Several
// processes may open the same database at once.
func Open(ctx context.Context, url string) (*DB, error) { return OpenApart(ctx, url, url) }

// OpenApart is Open with a connection string of its own for queries, whose user
// needs to change nothing.
func OpenApart(ctx context.Context, url, queries string) (*DB, error) {
	p, err := newPool(ctx, url)
	if err != nil {
		return nil, err
	}
	db := newDB(p)
	db.pasts, db.strangers = newPasts(db, 0), newPasts(db, strangersPatience)
	if queries != url {
		if db.pool, err = newPool(ctx, queries); err != nil {
			p.Close()
			return nil, err
		}
	}
	if err := db.prepare(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func newDB(p pool) *DB {
	db := &DB{pool: p, writer: p, leaving: &sync.WaitGroup{}}
	db.closing, db.close = context.WithCancel(context.Background())
	return db
}

// OpenStandby connects to a standby of such a database. It makes nothing there:
// its primary does, and it follows. What lists were in the past is replayed on
// the primary.
func OpenStandby(ctx context.Context, url string, primary *DB) (*DB, error) {
	p, err := newPool(ctx, url)
	if err != nil {
		return nil, err
	}
	db := newDB(p)
	db.pasts, db.strangers = primary.pasts, primary.strangers
	conn, err := db.connect(ctx)
	if err == nil {
		err = db.look(ctx, conn)
		conn.Close(context.WithoutCancel(ctx))
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// prepare checks the server and makes what is missing.
func (db *DB) prepare(ctx context.Context) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := db.look(ctx, conn); err != nil {
		return err
	}
	return createStable(ctx, conn)
}

// look finds out what the server can do.
func (db *DB) look(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var text string
	var pinyin bool
	err := conn.QueryRow(ctx, `select current_setting('server_version_num')::integer, current_setting('server_version'),
		exists (select from pg_collation where collname = 'zh-Hans-x-icu')`).Scan(&version, &text, &pinyin)
	if err != nil {
		return err
	}
	if version < serverMin {
		return fail(ServerTooOld, "connect a server of version 15 or newer", "this server is PostgreSQL %s", text)
	}
	db.collation = `"C"`
	if pinyin {
		db.collation = `"zh-Hans-x-icu"`
	}
	return nil
}

// Close ends all connections, after the queries that are running.
func (db *DB) Close() {
	db.close()
	db.leaving.Wait()
	if db.pasts.db == db {
		db.pasts.close()
		db.strangers.close()
	}
	db.pool.Close()
	db.writer.Close()
}

// connect returns a connection outside of the pool, for work that takes long
// or holds a lock.
func (db *DB) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, db.writer.Config().ConnConfig)
}
