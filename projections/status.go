package projections

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// lookEvery is how often WaitFor looks at the checkpoints while another process
// moves them.
const lookEvery = 10 * time.Millisecond

// see takes note of the checkpoints of the database that is written. Readers of
// a standby have them later, see look.
func (r *Runner) see(all []checkpoint) {
	if r.reads == r.db {
		r.shown(all)
	}
}

// shown takes note of the checkpoints that readers have, and wakes who waits for
// them.
func (r *Runner) shown(all []checkpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = all
	close(r.changed)
	r.changed = make(chan struct{})
}

// saw takes note of what a batch did to the checkpoints.
func (r *Runner) saw(b *batch) {
	r.mu.Lock()
	all := slices.Clone(r.known)
	r.mu.Unlock()
	for _, m := range b.members {
		for i := range all {
			if all[i].projection == m.name {
				all[i].block, all[i].hash, all[i].halted = m.to, m.hash, m.halted
			}
		}
	}
	r.see(all)
}

// look reads the checkpoints where readers do.
func (r *Runner) look(ctx context.Context) error {
	var all []checkpoint
	err := r.reads.writer.read(ctx, func(conn *pgx.Conn) (err error) {
		all, err = readCheckpoints(ctx, conn, "aidledger")
		return err
	})
	if err == nil {
		r.shown(all)
	}
	return err
}

// reached tells whether all checkpoints are at a block or after it. It returns
// a *Halted where one is halted before it.
func reached(all []checkpoint, block uint64) (bool, error) {
	for _, c := range all {
		if c.block >= block {
			continue
		}
		if c.halted != nil {
			return false, c.halted
		}
		return false, nil
	}
	return len(all) > 0, nil
}

// WaitFor returns when every projection has reached the end of a block. It
// returns a *Halted at once where a projection is halted before it.
func (r *Runner) WaitFor(ctx context.Context, block uint64) error {
	for {
		r.mu.Lock()
		all, changed := r.known, r.changed
		r.mu.Unlock()
		done, err := reached(all, block)
		if err != nil { // somebody may have let it try again since it was seen
			if err := r.look(ctx); err != nil {
				return err
			}
			r.mu.Lock()
			all, changed = r.known, r.changed
			r.mu.Unlock()
			done, err = reached(all, block)
		}
		if done || err != nil {
			return err
		}
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-changed:
			timer.Stop()
		case <-timer.C:
			if err := r.look(ctx); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// Resume lets a halted projection try again. It returns not_found for a name
// that no projection has.
func (r *Runner) Resume(ctx context.Context, projection string) error {
	if indexOf(projection) < 0 {
		return fail(NotFound, "see the status for their names", "no projection is called %q", projection)
	}
	err := r.db.writer.read(ctx, func(conn *pgx.Conn) error { // it may be repeated: it sets the same
		_, err := conn.Exec(ctx, resumeSQL+" where projection = $1", projection)
		return err
	})
	if err != nil {
		return err
	}
	return r.look(ctx)
}

// Status says how far each projection is.
type Status struct {
	Generation  int                `json:"generation"`
	LogEnd      uint64             `json:"log_end"`
	Position    uint64             `json:"position"` // block that all projections have reached
	Halted      bool               `json:"halted"`   // at least one projection is halted
	Projections []ProjectionStatus `json:"projections"`
}

// ProjectionStatus says how far one projection is. Lag is in blocks.
type ProjectionStatus struct {
	Name      string    `json:"name"`
	Block     uint64    `json:"block"`
	Hash      string    `json:"hash"`
	Lag       uint64    `json:"lag"`
	UpdatedAt time.Time `json:"updated_at"`
	Halted    *Halted   `json:"halted,omitempty"`
}

// Status says how far each projection is. The end of the log is read first, so
// a lag of 0 means that everything recorded before the call is there.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	end, err := r.log.End(ctx)
	if err != nil {
		return Status{}, err
	}
	s := Status{LogEnd: end}
	var all []checkpoint
	err = r.reads.writer.read(ctx, func(conn *pgx.Conn) (err error) {
		s.Generation, all, err = readGeneration(ctx, conn)
		return err
	})
	for i, c := range all {
		p := ProjectionStatus{Name: c.projection, Block: c.block, Hash: c.hash, UpdatedAt: c.updatedAt.UTC(), Halted: c.halted}
		p.Lag = max(end, c.block) - c.block
		if i == 0 || c.block < s.Position {
			s.Position = c.block
		}
		s.Halted = s.Halted || c.halted != nil
		s.Projections = append(s.Projections, p)
	}
	return s, err
}
