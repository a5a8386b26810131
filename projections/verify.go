package projections

import (
	"context"
	"fmt"
	"strings"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// keysShown is how many differences of a table a report names.
const keysShown = 5

// Report is what a verification found.
type Report struct {
	Position eventstore.Position `json:"position"` // up to which the log was replayed
	Events   uint64              `json:"events"`
	Hash     string              `json:"hash"` // of the last block
	Tables   []TableReport       `json:"tables"`
	Clean    bool                `json:"clean"`

	Files        uint64   `json:"files,omitzero"`          // attachments whose bytes were compared with their hash
	DamagedFiles []string `json:"damaged_files,omitempty"` // ledger and id of those that are lost or changed
}

// TableReport says how the rows of one table compare with a replay.
type TableReport struct {
	Table       string   `json:"table"`
	Rows        uint64   `json:"rows"`           // of the replay
	Differences uint64   `json:"differences"`    // rows that are missing, too many or not the same
	Keys        []string `json:"keys,omitempty"` // of the first differences
}

// Verify replays the log up to where the projections are, checks its hash
// chain on the way, and compares every row of every table. Differences are in
// the report; the error says that it could not verify, rebuild_running among
// them. It changes nothing: it is one transaction that sees the tables as they
// were when it began, and that is rolled back.
func (r *Runner) Verify(ctx context.Context, progress func(done, total uint64)) (Report, error) {
	conn, err := r.db.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	defer release(conn)
	if err := claimRebuild(ctx, conn, "pg_try_advisory_lock_shared"); err != nil {
		return Report{}, err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return Report{}, err
	}
	defer rollback(tx)
	// The lock comes before the first query, so that no switch of generations
	// falls between what is seen and the tables that it is seen in.
	if err := exec(ctx, conn, "lock table aidledger.generation in access share mode"); err != nil {
		return Report{}, err
	}
	generation, all, err := readGeneration(ctx, conn)
	if err != nil {
		return Report{}, err
	}
	end, err := together(all)
	if err != nil {
		return Report{}, err
	}
	if logEnd, err := r.log.End(ctx); err != nil {
		return Report{}, err
	} else if logEnd < end {
		return Report{}, ErrLogBehind
	}
	scratch := fmt.Sprintf("aidledger_verify_%d", conn.PgConn().PID())
	done, err := fill(ctx, tx, r.log, load{schema: scratch, kind: scratchTables, of: projections, end: end}, progress)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	report := Report{Position: eventstore.Position{Block: end, Event: eventstore.WholeBlock}, Events: done.events, Hash: done.hash, Clean: true}
	for _, table := range allTables() {
		compared, err := compare(ctx, tx, table, schemaOf(generation), scratch)
		if err != nil {
			return report, fmt.Errorf("compare %s: %w", table, err)
		}
		report.Tables = append(report.Tables, compared)
		report.Clean = report.Clean && compared.Differences == 0
	}
	return report, nil
}

// together returns the block at which all projections stand. It returns the
// *Halted where one is halted: its rows cannot be compared with a replay.
func together(all []checkpoint) (uint64, error) {
	var end uint64
	for _, c := range all {
		if c.halted != nil {
			return 0, c.halted
		}
		end = max(end, c.block)
	}
	for _, c := range all {
		if c.block != end {
			return 0, fmt.Errorf("the projection %s is still catching up, at block %d of %d; verify again later", c.projection, c.block, end)
		}
	}
	return end, nil
}

// compare finds the rows of a table that are not the same in two schemas.
func compare(ctx context.Context, tx pgx.Tx, table, live, scratch string) (TableReport, error) {
	report := TableReport{Table: table}
	keys, columns, err := columnsOf(ctx, tx, table, live)
	if err != nil {
		return report, err
	}
	key := strings.Join(keys, ", ")
	of := func(side string) string {
		return "row(" + side + "." + strings.Join(columns, ", "+side+".") + ")"
	}
	rows, _ := tx.Query(ctx, fmt.Sprintf(`select concat_ws(' ', %s), count(*) over ()
		from %s.%s o full join %s.%s n using (%s)
		where %s is distinct from %s order by %s limit %d`,
		key, live, table, scratch, table, key, of("o"), of("n"), key, keysShown))
	var text string
	_, err = pgx.ForEachRow(rows, []any{&text, &report.Differences}, func() error {
		report.Keys = append(report.Keys, text)
		return nil
	})
	if err != nil {
		return report, err
	}
	return report, tx.QueryRow(ctx, "select count(*) from "+scratch+"."+table).Scan(&report.Rows)
}

// columnsOf returns the primary key of a table, and all its columns but those
// that say when a row was written.
func columnsOf(ctx context.Context, tx pgx.Tx, table, schema string) (key, columns []string, err error) {
	err = tx.QueryRow(ctx, `select
			array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k (attnum, n) join pg_attribute a using (attnum)
				where i.indrelid = $1::text::regclass and i.indisprimary and a.attrelid = i.indrelid order by k.n),
			array(select attname::text from pg_attribute
				where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attname <> 'updated_at' order by attnum)`,
		schema+"."+table).Scan(&key, &columns)
	return key, columns, err
}
