package projections

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed generation.sql
var generationSQL string

// Lines part a SQL file: the tables; what a bulk load is faster without; the
// indexes that queries need, one statement each, which several connections make
// at once, so each has a name of its own; and what has to come after them.
const (
	afterBulk  = "-- after a bulk load\n"
	forQueries = "-- for queries\n"
	atLast     = "-- at last\n"
)

// sections is the SQL of a projection by these lines.
type sections struct{ tables, keys, indexes, last string }

func (p *projection) sections() (s sections) {
	rest, last, _ := strings.Cut(p.sql, atLast)
	rest, indexes, _ := strings.Cut(rest, forQueries)
	tables, keys, _ := strings.Cut(rest, afterBulk)
	return sections{tables, keys, indexes, last}
}

// Advisory locks of the database. They are released when the connection that
// holds them ends, however it ends.
const (
	lockOpen    = 7_318_001 // by who creates the schema
	lockRun     = 7_318_002 // by the runner that works
	lockSwitch  = 7_318_003 // shared by batches, alone by who switches generations
	lockRebuild = 7_318_004 // by who rebuilds
	lockSign    = 7_318_005 // by who keeps signed checkpoints
)

// generationTables are in each generation beside those of the projections.
var generationTables = []string{"checkpoint", "heads", "stages"}

func schemaOf(generation int) string { return fmt.Sprintf("aidledger_g%d", generation) }

// fingerprint changes with the tables. A generation that another program made
// is rebuilt.
func fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, generationSQL, biSQL)
	for _, p := range projections {
		fmt.Fprintln(h, p.name, p.sql)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tableKind says what a generation of tables is made for.
type tableKind uint8

const (
	wholeTables   tableKind = iota // to be used at once
	bulkTables                     // to be filled first: without keys and indexes
	scratchTables                  // the same, and PostgreSQL may lose them
)

// createTables makes the tables of a generation in a new schema, which the
// transaction then works in. After a bulk load createKeys and createIndexes
// have to follow.
func createTables(ctx context.Context, tx pgx.Tx, schema string, kind tableKind) error {
	var sql strings.Builder
	fmt.Fprintf(&sql, "create schema %[1]s; comment on schema %[1]s is 'Tables of the read models; read them through the views of the schema aidledger.'; set local search_path = %[1]s; %[2]s", schema, generationSQL)
	for _, p := range projections {
		s := p.sections()
		tables := s.tables
		if kind == scratchTables {
			tables = strings.ReplaceAll(tables, "create table", "create unlogged table")
		}
		sql.WriteString(tables)
		if kind == wholeTables {
			sql.WriteString(s.keys + s.indexes + s.last)
		}
		fmt.Fprintf(&sql, "insert into checkpoint (projection, block, hash) values ('%s', 0, '');\n", p.name)
	}
	for _, s := range domain.Stages() {
		from, to := s.Route()
		fmt.Fprintf(&sql, "insert into stages values ('%s', %t, '%s', '%s');\n", s, s.Reported(), from, to)
	}
	return exec(ctx, tx.Conn(), sql.String())
}

// createKeys makes the keys that createTables left out for a bulk load.
func createKeys(ctx context.Context, tx pgx.Tx) error {
	var sql strings.Builder
	for _, p := range projections {
		sql.WriteString(p.sections().keys)
	}
	return exec(ctx, tx.Conn(), sql.String())
}

// indexers is how many connections make the indexes of a rebuild.
const indexers = 2

// createIndexes makes the indexes that createTables left out for a bulk load.
// Several at a time are faster than PostgreSQL's own parallel work on one.
func (db *DB) createIndexes(ctx context.Context, schema string) error {
	var indexes, last []string
	for _, p := range projections {
		s := p.sections()
		indexes, last = append(indexes, statementsOf(s.indexes)...), append(last, statementsOf(s.last)...)
	}
	if err := db.createAll(ctx, schema, indexes, indexers); err != nil {
		return err
	}
	return db.createAll(ctx, schema, last, 1)
}

func statementsOf(sql string) []string {
	return strings.FieldsFunc(sql, func(r rune) bool { return r == ';' })
}

// createAll runs statements on some connections; each takes the next one.
func (db *DB) createAll(ctx context.Context, schema string, statements []string, connections int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := make(chan string, len(statements))
	for _, sql := range statements {
		next <- sql
	}
	close(next)
	failures := make(chan error, connections)
	for range connections {
		go func() { failures <- db.createSome(ctx, schema, next) }()
	}
	var all []error
	for range connections {
		err := <-failures
		if err != nil {
			cancel()
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// createSome runs statements on a connection of its own.
func (db *DB) createSome(ctx context.Context, schema string, statements <-chan string) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := exec(ctx, conn, "set search_path = "+schema+"; "+bulkSettings+"; set max_parallel_maintenance_workers = 0"); err != nil {
		return err
	}
	for sql := range statements {
		if err := exec(ctx, conn, sql); err != nil {
			return err
		}
	}
	return nil
}

// bulkSettings lets PostgreSQL sort an index in memory.
const bulkSettings = "set maintenance_work_mem = '256MB'"

// exec runs several statements that take no arguments.
func exec(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// switchViews makes the stable views show a generation: each table, and the
// journal twice. With its accounts it is for people; without, as movements, it is
// for queries that an index alone can answer.
func switchViews(ctx context.Context, tx pgx.Tx, generation int) error {
	shown := map[string]string{}
	for _, table := range allTables() {
		shown[table] = "select * from " + schemaOf(generation) + "." + table
	}
	shown["movements"] = shown["journal"]
	shown["journal"] = fmt.Sprintf("select j.*, s.from_account, s.to_account from %[1]s.journal j left join %[1]s.stages s on s.stage = j.stage", schemaOf(generation))
	if err := hideAnalysis(ctx, tx); err != nil {
		return err
	}
	for _, view := range slices.Sorted(maps.Keys(shown)) {
		if err := showView(ctx, tx, view, shown[view]); err != nil {
			return err
		}
	}
	if err := showAnalysis(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into aidledger.generation (current, fingerprint) values ($1, $2)
		on conflict (one) do update set current = excluded.current, fingerprint = excluded.fingerprint, since = now()`,
		generation, fingerprint())
	return err
}

// showView replaces a view, so that what others were granted stays; a view
// whose columns changed is made anew.
func showView(ctx context.Context, tx pgx.Tx, name, query string) error {
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	if err = exec(ctx, tx.Conn(), "create or replace view aidledger."+name+" as "+query); err == nil {
		return inner.Commit(ctx)
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "42P16" { // invalid_table_definition
		return err
	}
	if err := inner.Rollback(ctx); err != nil {
		return err
	}
	return exec(ctx, tx.Conn(), "drop view aidledger."+name+"; create view aidledger."+name+" as "+query)
}

// allTables lists the tables that have a stable view.
func allTables() []string {
	all := generationTables[:len(generationTables):len(generationTables)]
	for _, p := range projections {
		all = append(all, p.tables...)
	}
	return all
}

// createStable makes the schema that queries use, and the first generation. It
// also removes what a rebuild left that died.
func createStable(ctx context.Context, conn *pgx.Conn) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(lockOpen)); err != nil {
		return err
	}
	if err := exec(ctx, conn, stableSQL); err != nil {
		return err
	}
	if err := createArchive(ctx, tx); err != nil {
		return err
	}
	var generations int
	if err := tx.QueryRow(ctx, "select count(*) from aidledger.generation").Scan(&generations); err != nil {
		return err
	}
	if generations == 0 {
		if err := createTables(ctx, tx, schemaOf(1), wholeTables); err != nil {
			return err
		}
		if err := switchViews(ctx, tx, 1); err != nil {
			return err
		}
	}
	if err := dropLeftovers(ctx, tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

//go:embed stable.sql
var stableSQL string

// dropLeftovers removes the generations that no view shows, unless somebody is
// making one of them.
func dropLeftovers(ctx context.Context, tx pgx.Tx) error {
	rows, _ := tx.Query(ctx, `select n.nspname::text from pg_namespace n, aidledger.generation g
		where n.nspname ~ '^aidledger_g[0-9]+$' and n.nspname <> 'aidledger_g' || g.current and pg_try_advisory_xact_lock($1)`, int64(lockRebuild))
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		if err := exec(ctx, tx.Conn(), "drop schema if exists "+schema+" cascade"); err != nil {
			return err
		}
	}
	return nil
}

// rollback ends a transaction that was not committed, also when the context of
// its caller is over.
func rollback(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackMax)
	defer cancel()
	_ = tx.Rollback(ctx)
}
