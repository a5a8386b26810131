package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// switchPatience is how long a switch waits for readers before it lets them
// pass and tries again: shorter than PostgreSQL waits before it ends one of
// two transactions that wait for each other, so that it is never a reader.
const switchPatience = 300 * time.Millisecond

// Rebuild makes all tables anew from the log while readers and the running
// projections go on, and then switches to them at once. Progress is told in
// blocks. It returns rebuild_running where a rebuild or verification is going on.
// When it dies, the tables in use are as they were.
func (r *Runner) Rebuild(ctx context.Context, progress func(done, total uint64)) error {
	conn, err := r.db.connect(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	if err := claimRebuild(ctx, conn, "pg_try_advisory_lock"); err != nil {
		return err
	}
	current, all, err := readGeneration(ctx, conn)
	if err != nil {
		return err
	}
	end, err := r.log.End(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.block > end {
			return ErrLogBehind
		}
	}
	if err := r.bulk(ctx, conn, current+1, end, progress); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	for {
		switched, err := r.catchUpAndSwitch(ctx, conn, current)
		if err != nil {
			return err
		}
		if switched {
			r.dropLater(schemaOf(current))
			return nil
		}
		if err := pause(ctx, switchPatience); err != nil {
			return err
		}
	}
}

// claimRebuild takes the lock of rebuilds until the connection ends: alone to
// rebuild, shared to verify.
func claimRebuild(ctx context.Context, conn *pgx.Conn, lock string) error {
	var mine bool
	if err := conn.QueryRow(ctx, "select "+lock+"($1)", int64(lockRebuild)).Scan(&mine); err != nil {
		return err
	}
	if !mine {
		return fail(RebuildRunning, "wait until it has ended", "the tables are being rebuilt or verified already")
	}
	return nil
}

// release ends a connection with its locks. A connection that is only closed
// keeps them until the server notices.
func release(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackMax)
	defer cancel()
	_ = exec(ctx, conn, "select pg_advisory_unlock_all()")
	_ = conn.Close(ctx)
}

// bulk fills a new generation in one transaction, so that PostgreSQL need not
// log what goes into its tables, and then makes their indexes.
func (r *Runner) bulk(ctx context.Context, conn *pgx.Conn, generation int, end uint64, progress func(done, total uint64)) error {
	widen(conn)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if err := exec(ctx, conn, "drop schema if exists "+schemaOf(generation)+" cascade"); err != nil {
		return err
	}
	if _, err := fill(ctx, tx, r.log, load{schema: schemaOf(generation), kind: bulkTables, of: projections, end: end}, progress); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	return r.db.createIndexes(ctx, schemaOf(generation))
}

// widen lets more rows wait in the socket, so that PostgreSQL finds some while
// this process does something else.
func widen(conn *pgx.Conn) {
	if socket, ok := conn.PgConn().Conn().(interface{ SetWriteBuffer(int) error }); ok {
		_ = socket.SetWriteBuffer(4 << 20) // or as much as the system allows
	}
}

// filled says what a bulk load read.
type filled struct {
	events uint64
	block  uint64
	hash   string
}

// load says what a bulk load makes.
type load struct {
	schema string
	kind   tableKind
	of     []*projection    // that are made; the tables of others stay empty
	end    uint64           // last block
	keep   func(*fact) bool // events that are projected; nil: all
	chosen bool             // the log holds some blocks only
}

// fill projects a log up to a block into new tables.
func fill(ctx context.Context, tx pgx.Tx, log Log, l load, progress func(done, total uint64)) (filled, error) {
	var done filled
	if err := createTables(ctx, tx, l.schema, l.kind); err != nil {
		return done, err
	}
	if err := exec(ctx, tx.Conn(), strings.Replace(bulkSettings, "set", "set local", 1)); err != nil {
		return done, err
	}
	last := &batch{}
	t := newBulkTrack(l.of)
	t.keep, t.chosen = l.keep, l.chosen
	at := map[*projection]*member{}
	for _, p := range l.of {
		at[p] = &member{projection: p, projector: t.bulk[p], heads: headsNone()}
		last.members = append(last.members, at[p])
	}
	write := func(b *batch) error {
		for _, m := range b.members {
			at[m.projection].moveTo(m)
			rows := m.projector
			if t.bulk[m.projection] != nil {
				rows = m.ready // the others at the end
			}
			if rows == nil {
				continue
			}
			if err := rows.flush(ctx, tx); err != nil {
				return err
			}
		}
		done.events += b.events
		progress(b.to, l.end)
		return nil
	}
	if l.end > 0 { // a pipeline without an end would follow the empty log
		if err := pipeline(ctx, log, t, l.end, write, nil); err != nil {
			return done, err
		}
	}
	for _, m := range last.members {
		if m.projector == nil {
			m.projector = m.begin(true) // its rows are there
		}
	}
	done.block, done.hash = t.block, t.hash
	return done, finish(ctx, tx, last)
}

// finish writes the rows that were kept to the end, and the checkpoints.
func finish(ctx context.Context, tx pgx.Tx, last *batch) error {
	q := &pgx.Batch{}
	moved := queueCheckpoints(q, last)
	if err := tx.SendBatch(ctx, q).Close(); err != nil {
		return err
	}
	if *moved != int64(len(last.members)) {
		return errFence
	}
	if err := last.write(ctx, tx); err != nil {
		return err
	}
	if err := createKeys(ctx, tx); err != nil {
		return err
	}
	return exec(ctx, tx.Conn(), "set local default_statistics_target = 10; analyze "+strings.Join(allTables(), ", "))
}

// catchUpAndSwitch brings the new generation to the end of the log and makes it
// the current one, unless the old one is ahead by then.
func (r *Runner) catchUpAndSwitch(ctx context.Context, conn *pgx.Conn, current int) (switched bool, err error) {
	if err := r.catchUp(ctx, conn, schemaOf(current+1)); err != nil {
		return false, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer rollback(tx)
	sql := fmt.Sprintf("set local lock_timeout = %d; select pg_advisory_xact_lock(%d); lock table aidledger.generation in access exclusive mode",
		switchPatience.Milliseconds(), lockSwitch)
	if err := exec(ctx, conn, sql); err != nil {
		return false, impatient(err)
	}
	var behind bool
	err = tx.QueryRow(ctx, `select exists (select from `+schemaOf(current)+`.checkpoint o join `+schemaOf(current+1)+`.checkpoint n using (projection)
		where n.block < o.block)`).Scan(&behind)
	if behind || err != nil {
		return false, err
	}
	if err := switchViews(ctx, tx, current+1); err != nil {
		return false, impatient(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return false, impatient(err)
	}
	return true, r.look(ctx)
}

// leavingPatience is how long tables that are dropped may wait for a lock at a
// time: longer than PostgreSQL waits before it ends an autovacuum in the way,
// which on large tables would go on for minutes.
const (
	leavingPatience = 3 * time.Second
	leavingMax      = time.Minute
)

// dropLater drops the tables that were in use, while those that came in their
// place are. No query begins with them any more. What cannot be dropped now is
// dropped when a database is next opened.
func (r *Runner) dropLater(schema string) {
	r.db.leaving.Go(func() {
		ctx, cancel := context.WithTimeout(r.db.closing, leavingMax)
		defer cancel()
		err := r.drop(ctx, schema)
		if err != nil && r.db.closing.Err() == nil {
			r.out.Warn("tables that are no longer used could not be dropped and will be when the server starts next", "schema", schema, "error", err)
		}
	})
}

func (r *Runner) drop(ctx context.Context, schema string) error {
	conn, err := r.db.connect(ctx)
	if err != nil {
		return err
	}
	defer release(conn)
	for {
		sql := fmt.Sprintf("set lock_timeout = %d; drop schema if exists %s cascade", leavingPatience.Milliseconds(), schema)
		if err = exec(ctx, conn, sql); err == nil || impatient(err) != nil {
			return err
		}
	}
}

// impatient forgives a statement that had to wait for readers.
func impatient(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == "55P03" || e.Code == "40P01") { // lock_not_available, deadlock_detected
		return nil
	}
	return err
}

// catchUp advances a generation that is not current to the end of the log, and
// the archive with it: whoever sees a block in the tables finds it there too.
func (r *Runner) catchUp(ctx context.Context, conn *pgx.Conn, schema string) error {
	for {
		all, err := readCheckpoints(ctx, conn, schema)
		if err != nil {
			return err
		}
		end, err := r.log.End(ctx)
		if err != nil {
			return err
		}
		t, until := groupOf(all)
		if len(t.members) == 0 || t.block >= end {
			return r.fillArchive(ctx, conn, end)
		}
		if err := r.fillArchive(ctx, conn, t.block); err != nil {
			return err
		}
		if t.heads, err = readHeads(ctx, conn, schema, t.members[0].name); err != nil {
			return err
		}
		if until == 0 {
			until = end
		}
		write := func(b *batch) error {
			err := commit(ctx, conn, schema, b)
			if refusedValue(err) {
				err = r.single(ctx, conn, schema, b)
			}
			return err
		}
		if err := regrouped(pipeline(ctx, r.log, t, until, write, nil)); err != nil {
			return err
		}
	}
}
