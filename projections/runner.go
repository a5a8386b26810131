package projections

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	takeOverEvery = 200 * time.Millisecond // how often a runner that waits tries to become the one that works
	retryMin      = 50 * time.Millisecond  // after a failure, doubled up to
	retryMax      = time.Second
)

// Runner keeps the read models up to date with a log.
type Runner struct {
	// Writing is called before a batch is written, and what it returns after that.
	// It must not change once the runner runs. Nil: nobody follows the batches.
	Writing func(Batch) (done func(error))

	db    *DB
	reads *DB // where readers look: db, or a standby of it
	log   Log
	out   *slog.Logger

	mu      sync.Mutex
	known   []checkpoint  // as last seen by readers
	changed chan struct{} // closed when known is replaced
}

// NewRunner returns a runner that reads from log, writes to db and reports
// what goes wrong to out.
func NewRunner(db *DB, log Log, out *slog.Logger) *Runner {
	return &Runner{db: db, reads: db, log: log, out: out, changed: make(chan struct{})}
}

// ReadFrom says that readers look at a standby of the database, so that WaitFor
// and Status tell what is there. It is called before Run.
func (r *Runner) ReadFrom(standby *DB) { r.reads = standby }

// Run follows the log until ctx ends, and then returns its error. Of several
// runners on one database one works at a time; another takes over within about
// a second when it has gone, and after some seconds when it is stuck. It returns [ErrLogBehind] where the log is not the one that the
// read models were made from. A lost connection is not an error: it tries
// again for as long as it takes. Tables that another version of the program
// defined are rebuilt first; projections that were halted try again once.
func (r *Runner) Run(ctx context.Context) error {
	resume := true
	wait := retryMin
	for {
		err := r.lead(ctx, &resume)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrLogBehind):
			return err
		case errors.Is(err, errFence):
			wait = retryMin
			continue
		}
		r.out.Warn("the projections were interrupted and try again", "error", err, "after", wait)
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, retryMax)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lead works once no other runner does. It holds its lock by the connection
// that it writes with: when that one is cut, its transaction is dead as well.
func (r *Runner) lead(ctx context.Context, resume *bool) error {
	conn, err := r.db.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var waiting wait
	for {
		var mine bool
		if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(lockRun)).Scan(&mine); err != nil {
			return err
		}
		if mine {
			break
		}
		if err := waiting.look(ctx, conn, r); err != nil {
			return err
		}
		if err := pause(ctx, takeOverEvery); err != nil {
			return err
		}
	}
	if *resume {
		if err := r.prepare(ctx, conn); err != nil {
			return err
		}
		*resume = false
	}
	for {
		if err := r.pass(ctx, conn); err != nil {
			return err
		}
	}
}

// prepare rebuilds what another version of the program defined, and lets
// halted projections try again: this program may understand more.
func (r *Runner) prepare(ctx context.Context, conn *pgx.Conn) error {
	var same bool
	err := conn.QueryRow(ctx, "select fingerprint = $1 from aidledger.generation", fingerprint()).Scan(&same)
	if err != nil {
		return err
	}
	if !same {
		r.out.Info("the tables were made by another version and are rebuilt")
		return r.Rebuild(ctx, func(uint64, uint64) {})
	}
	_, err = conn.Exec(ctx, resumeSQL+" where halted_block is not null")
	return err
}

const resumeSQL = "update aidledger.checkpoint set halted_block = null, halted_event = null, halted_code = null, halted_reason = null"

// pass advances the projections that stand furthest back, as one group, until
// they reach the next ones; and all of them for ever once they are together.
func (r *Runner) pass(ctx context.Context, conn *pgx.Conn) error {
	generation, all, err := readGeneration(ctx, conn)
	if err != nil {
		return err
	}
	t, until := groupOf(all)
	end, err := r.log.End(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.block > end {
			return ErrLogBehind
		}
	}
	if err := r.fillArchive(ctx, conn, t.block); err != nil {
		return err
	}
	r.see(all)
	if len(t.members) == 0 {
		return pause(ctx, idleEvery) // all are halted
	}
	schema := schemaOf(generation)
	if t.heads, err = readHeads(ctx, conn, schema, t.members[0].name); err != nil {
		return err
	}
	members := slices.Clone(t.members)
	write := func(b *batch) error { return r.advance(ctx, conn, schema, b) }
	return regrouped(pipeline(ctx, r.log, t, until, write, func() error {
		now, all, err := readGeneration(ctx, conn)
		if err != nil {
			return err
		}
		r.see(all)
		if g, _ := groupOf(all); now != generation || !slices.Equal(g.members, members) {
			return errRegroup
		}
		return nil
	}))
}

// errRegroup ends a pass because there is another generation, or another group
// of projections to advance.
var errRegroup = errors.New("the projections are grouped anew")

func regrouped(err error) error {
	if errors.Is(err, errRegroup) {
		return nil
	}
	return err
}

// readGeneration reads which generation is current, and its checkpoints.
func readGeneration(ctx context.Context, conn *pgx.Conn) (generation int, all []checkpoint, err error) {
	err = conn.QueryRow(ctx, "select current from aidledger.generation").Scan(&generation)
	if err == nil {
		all, err = readCheckpoints(ctx, conn, schemaOf(generation))
	}
	return generation, all, err
}

// groupOf returns the projections that are furthest back and not halted, and
// the block at which the next ones wait, 0 where there are none.
func groupOf(all []checkpoint) (t *track, until uint64) {
	t = &track{}
	for _, c := range all {
		i := indexOf(c.projection)
		if i < 0 || c.halted != nil {
			continue
		}
		switch p := projections[i]; {
		case len(t.members) == 0:
			t.members, t.block, t.hash = []*projection{p}, c.block, c.hash
		case c.block == t.block:
			t.members = append(t.members, p)
		case c.block < t.block:
			until = t.block
			t.members, t.block, t.hash = []*projection{p}, c.block, c.hash
		case until == 0 || c.block < until:
			until = c.block
		}
	}
	return t, until
}

func indexOf(name string) int {
	for i, p := range projections {
		if p.name == name {
			return i
		}
	}
	return -1
}

// advance commits a batch. Where PostgreSQL refuses a value in it, it looks for
// the block and the projection at fault, and halts that one alone.
func (r *Runner) advance(ctx context.Context, conn *pgx.Conn, schema string, b *batch) (err error) {
	if r.Writing != nil {
		done := r.Writing(b.described())
		defer func() { done(err) }()
	}
	err = commit(ctx, conn, schema, b)
	if refusedValue(err) {
		err = r.single(ctx, conn, schema, b)
	}
	if err != nil {
		return err
	}
	r.saw(b)
	for _, m := range b.members {
		if m.halted != nil {
			r.out.Error("a projection is halted", "projection", m.name, "position", m.halted.Position, "code", m.halted.Code, "reason", m.halted.Reason)
		}
	}
	return nil
}

// refusedValue tells whether PostgreSQL refused what an event says, as opposed
// to being away or busy.
func refusedValue(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) != 5 {
		return false
	}
	class := e.Code[:2]
	return class == "22" || class == "23" // data exception, integrity constraint violation
}

// single commits a batch one block and one projection at a time.
func (r *Runner) single(ctx context.Context, conn *pgx.Conn, schema string, b *batch) error {
	for _, m := range b.members {
		one := &batch{from: b.from, hash: b.hash}
		for i, block := range b.blocks {
			if block.sequence > m.to {
				break
			}
			step := &member{projection: m.projection, projector: m.begin(false), to: block.sequence, hash: block.hash.String(), heads: headOf(block)}
			if halted := step.applyBlock(block); halted != nil {
				return halted
			}
			one.members, one.blocks, one.to = []*member{step}, b.blocks[i:i+1], block.sequence
			err := commit(ctx, conn, schema, one)
			if refusedValue(err) {
				m.halted = &Halted{Projection: m.name, Position: positionOf(block), Code: "not_storable", Reason: err.Error()}
				m.to = one.from
				break
			}
			if err != nil {
				return err
			}
			one.from, one.hash = block.sequence, step.hash
		}
		if m.halted == nil {
			continue
		}
		halt := &member{projection: m.projection, projector: m.begin(false), to: one.from, hash: one.hash, halted: m.halted}
		one.members, one.blocks, one.to = []*member{halt}, nil, one.from
		if err := commit(ctx, conn, schema, one); err != nil {
			return err
		}
	}
	return errRegroup
}
