package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// stuckAfter is how many looks in a row, one every takeOverEvery, may find a
// runner that has work and does not touch the database, before it loses its
// place. Its machine hangs, or it cannot reach the log.
const stuckAfter = 25

// unseatSQL ends the connection of the runner that works, and with it its
// lock, where it has waited for its next statement for some seconds. A runner
// that follows the log makes one every second; one that rebuilds holds another
// lock, and is left alone.
const unseatSQL = `select count(pg_terminate_backend(a.pid)) from pg_locks l join pg_stat_activity a on a.pid = l.pid
	where l.locktype = 'advisory' and l.granted and l.objid = $1 and l.database = (select oid from pg_database where datname = current_database())
		and a.state like 'idle%' and a.state_change < now() - interval '4 seconds'
		and not exists (select from pg_locks b where b.locktype = 'advisory' and b.granted and b.objid = $2 and b.database = l.database)`

// wait is what a runner that waits has seen.
type wait struct {
	sum    uint64 // of all checkpoints
	behind int    // looks in a row that found work and the same checkpoints
}

// look takes the place of a runner that is stuck: the next try for the lock
// gets it. The fence of the checkpoints keeps the totals exact also where the
// other one is not dead and wakes up.
func (w *wait) look(ctx context.Context, conn *pgx.Conn, r *Runner) error {
	all, err := readCheckpoints(ctx, conn, "aidledger")
	if err != nil {
		return err
	}
	r.see(all)
	end, err := r.log.End(ctx)
	if err != nil {
		w.behind = 0 // who cannot reach the log could do no better
		return nil
	}
	sum, work := uint64(0), false
	for _, c := range all {
		sum += c.block
		work = work || c.halted == nil && c.block < end
	}
	if w.behind++; !work || sum != w.sum {
		w.sum, w.behind = sum, 0
	}
	if w.behind < stuckAfter {
		return nil
	}
	w.behind = 0
	var ended int
	if err := conn.QueryRow(ctx, unseatSQL, int64(lockRun), int64(lockRebuild)).Scan(&ended); err != nil {
		return err
	}
	if ended > 0 {
		r.out.Warn("the runner of another process was stuck and lost its place")
	}
	return nil
}
