package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// replay measures how fast a process is ready to write that has no snapshot: it
// folds the whole log into the state in memory.
func (b *bench) replay(ctx context.Context) error {
	row, err := b.timed("replay", "events", b.Events, func() error { return b.refold(ctx) })
	if err != nil {
		return err
	}
	row.Goal, row.Reached, row.Note = "≥ 80000/s", row.Rate >= 80_000, "from the log to the state in memory, without a snapshot"
	b.record(row)
	return nil
}

// refold folds the whole log of the large ledger in a store that trusts no
// snapshot and makes none.
func (b *bench) refold(ctx context.Context) error {
	fresh, err := eventstore.Open(ctx, eventstore.Config{Conn: b.nats.Conn(), Stream: "LARGE", Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Program: "one that wrote no snapshot", SnapshotEvents: math.MaxInt})
	if err != nil {
		return err
	}
	defer fresh.Close()
	// A command that is refused is answered once the state is there.
	_, err = fresh.Submit(ctx, largeLedger, request(&domain.OpenLedger{Title: "again"}))
	var refused *domain.Refusal
	if !errors.As(err, &refused) || refused.Code != "ledger_exists" {
		return fmt.Errorf("the ledger was not read: %w", err)
	}
	return nil
}

// readModels measures building the read models against a bare COPY of the same
// journal rows, and verifying them.
func (b *bench) readModels(ctx context.Context) error {
	closeStore(b.store)
	b.store = nil // and the memory of millions of commands with it
	if err := b.forget(ctx); err != nil {
		return err
	}
	end, err := b.large.End(ctx)
	if err != nil {
		return err
	}
	follow, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { defer close(stopped); b.runner.Run(follow) }()
	defer func() { stop(); <-stopped }()
	catchUp, err := b.timed("project", "events", b.Events, func() error { return b.runner.WaitFor(ctx, end) })
	if err != nil {
		return err
	}
	catchUp.Note = "following the log into all read models; " + memory()
	b.record(catchUp)
	if err := b.settle(ctx); err != nil {
		return err
	}
	if err := b.copyBare(ctx); err != nil {
		return err
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	rebuild, err := b.timed("rebuild", "events", b.Events, func() error {
		return b.runner.Rebuild(ctx, func(done, total uint64) { b.Progress("rebuild", done, total) })
	})
	if err != nil {
		return err
	}
	rebuild.Note = memory()
	b.record(b.against(rebuild, "copy", 1, 0.5))
	verify, err := b.timed("verify", "events", b.Events, func() error {
		report, err := b.runner.Verify(ctx, func(done, total uint64) { b.Progress("verify", done, total) })
		if err == nil && !report.Clean {
			err = fmt.Errorf("differences: %+v", report)
		}
		return err
	})
	if err != nil {
		return err
	}
	verify.Goal, verify.Reached, verify.Note = "≥ 50000/s", verify.Rate >= 50_000, memory()
	b.record(verify)
	return nil
}

// settle ends what the cases before left to do behind the scenes: vacuum, the
// checkpoint of PostgreSQL, and what the system has not written to the disk. A
// rebuild waits until its own files are written, and would wait for those too.
func (b *bench) settle(ctx context.Context) error {
	conn, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{"vacuum", "checkpoint"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	unix.Sync()
	return nil
}

// forget drops what the cases before left in memory, so that the figures that
// follow are those of the read models alone.
func (b *bench) forget(ctx context.Context) (err error) {
	b.large.Close()
	if b.large, err = b.open(ctx, "LARGE"); err != nil {
		return err
	}
	b.runner = projections.NewRunner(b.views, b.large, slog.New(slog.DiscardHandler))
	debug.FreeOSMemory()
	// Linux counts the peak anew; elsewhere it stays that of the whole run.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return nil
}

// copyBare measures a COPY of the rows of the journal, as they are stored, into a
// table without indexes.
func (b *bench) copyBare(ctx context.Context) error {
	conn, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	file, err := os.Create(b.Dir + "/journal.copy")
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := conn.PgConn().CopyTo(ctx, file, "copy (select * from aidledger.movements) to stdout (format binary)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create table bare as select * from aidledger.movements with no data"); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var rows int
	row, err := b.timed("copy", "rows", 1, func() error {
		tag, err := conn.PgConn().CopyFrom(ctx, file, "copy bare from stdin (format binary)")
		rows = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return err
	}
	row.Rate *= float64(rows)
	row.Note = "bare COPY of the same journal rows"
	b.record(row)
	_, err = conn.Exec(ctx, "drop table bare")
	return err
}

// queries measures totals against a lookup by primary key in the same database.
func (b *bench) queries(ctx context.Context) error {
	conn, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var block int64
	if err := conn.QueryRow(ctx, "select max(block) from aidledger.journal").Scan(&block); err != nil {
		return err
	}
	raw, err := b.load(ctx, "lookup", 1, 1, func(ctx context.Context, _ int) error {
		var amount int64
		err := conn.QueryRow(ctx, "select amount from aidledger.journal where ledger = $1 and block = $2 and event = 0 and leg = 0", largeLedger, block).Scan(&amount)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	raw.Unit, raw.Note = "queries", "one journal row by its primary key"
	b.record(raw)
	p, v := string(project(7)), string(village(14))
	for _, q := range []struct {
		name  string
		query projections.TotalsQuery
		goal  bool
	}{
		{"totals-years", projections.TotalsQuery{By: "year"}, true},
		{"totals-project", projections.TotalsQuery{By: "project", Key: &p}, true},
		{"totals-village", projections.TotalsQuery{By: "village", Key: &v}, true},
		{"totals-projects", projections.TotalsQuery{By: "project"}, false},
		{"totals-villages", projections.TotalsQuery{By: "village"}, false},
	} {
		q.query.Ledger = largeLedger
		row, err := b.load(ctx, q.name, 1, 1, func(ctx context.Context, _ int) error {
			totals, err := b.views.Totals(ctx, q.query)
			if err == nil && len(totals.Rows) == 0 {
				err = errors.New("no rows")
			}
			return err
		})
		if err != nil {
			return err
		}
		row.Unit, row.Note = "queries", "one line of it"
		if q.query.Key == nil {
			row.Note = "all lines"
		}
		row.Limit, row.Ratio = "lookup, p99", float64(row.P99)/float64(raw.P99)
		if q.goal {
			row.Goal, row.Reached = "≤ 5.00", row.Ratio <= 5
		}
		b.record(row)
	}
	return nil
}

// memory says how much memory this process has used at most.
func memory() string { return fmt.Sprintf("peak memory %.0f MiB", peak()) }

// peak is how much memory this process has used at most, in MiB, as the
// operating system counts it where it tells, else what Go took from it.
func peak() float64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			var kib float64
			if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kib); n == 1 {
				return kib / 1024
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
