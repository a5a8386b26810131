package migration

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// dumped is a row of a table, as one line of a dump.
type dumped struct {
	Table string         `json:"table"`
	Row   jsontext.Value `json:"row"`
}

// tablesSQL lists the tables of a schema ($1) that hold data, those that others
// refer to first.
const tablesSQL = `select c.relname from pg_class c
	where c.relnamespace = $1::regnamespace and c.relkind = 'r' and c.relname <> 'version'
	order by exists (select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), c.relname`

// Dump writes every row of a schema, one a line, as they are at one moment. The
// tables without are left out.
func Dump(ctx context.Context, pool *pgxpool.Pool, schema string, w io.Writer, without ...string) error {
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		tables, err := tablesOf(ctx, tx, schema)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if slices.Contains(without, table) {
				continue
			}
			rows, _ := tx.Query(ctx, "select to_json(t)::text from "+pgx.Identifier{schema, table}.Sanitize()+" t")
			var row string
			_, err := pgx.ForEachRow(rows, []any{&row}, func() error {
				line, err := json.Marshal(dumped{table, jsontext.Value(row)})
				if err == nil {
					_, err = w.Write(append(line, '\n'))
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func tablesOf(ctx context.Context, tx pgx.Tx, schema string) ([]string, error) {
	rows, _ := tx.Query(ctx, tablesSQL, schema)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// rowMax is the most bytes of a line of a dump.
const rowMax = 1 << 20

// Restore makes the tables of a schema in a database and fills them from a dump.
// The tables without stay empty, also where an older dump has them.
func Restore(ctx context.Context, url, schema string, up func(context.Context, *pgxpool.Pool) error, r io.Reader, without ...string) error {
	pool, err := Connect(ctx, url, schema, "")
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := up(ctx, pool); err != nil {
		return err
	}
	return load(ctx, pool, schema, r, without)
}

// load puts the rows of a dump into the tables of a schema that are empty, all or
// none. Numbers that the tables give go on after the last one.
func load(ctx context.Context, pool *pgxpool.Pool, schema string, r io.Reader, without []string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		tables, err := tablesOf(ctx, tx, schema)
		if err != nil {
			return err
		}
		for _, table := range tables {
			var some bool
			if err := tx.QueryRow(ctx, "select exists (select from "+pgx.Identifier{schema, table}.Sanitize()+")").Scan(&some); err != nil {
				return err
			}
			if some {
				return fmt.Errorf("the table %s.%s is not empty; restore into a database without one", schema, table)
			}
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, rowMax)
		for lines.Scan() {
			var d dumped
			if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
				return fmt.Errorf("the backup of %s is damaged: %w", schema, err)
			}
			if slices.Contains(without, d.Table) {
				continue
			}
			name := pgx.Identifier{schema, d.Table}.Sanitize()
			if _, err := tx.Exec(ctx, "insert into "+name+" overriding system value select * from json_populate_record(null::"+name+", $1::json)", string(d.Row)); err != nil {
				return fmt.Errorf("a row of %s from the backup: %w", d.Table, err)
			}
		}
		if err := lines.Err(); err != nil {
			return err
		}
		return goOn(ctx, tx, schema)
	})
}

// goOn sets the sequences of identity columns to the last number that is there.
func goOn(ctx context.Context, tx pgx.Tx, schema string) error {
	rows, _ := tx.Query(ctx, `select format('select setval(pg_get_serial_sequence(%L, %L), max(%I)) from %s having max(%I) is not null', c.oid::regclass, a.attname, a.attname, c.oid::regclass, a.attname)
		from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = $1::regnamespace and c.relkind = 'r' and a.attidentity <> ''`, schema)
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, sql := range statements {
		if err == nil {
			_, err = tx.Exec(ctx, sql)
		}
	}
	return err
}
