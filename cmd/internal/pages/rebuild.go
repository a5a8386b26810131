package pages

import (
	"context"
	"net/http"
	"sync"
	"time"

	"aidledger/projections"
)

// rebuild is the making anew of the read models that was last asked for on a
// page. It goes on when who asked has left, and ends with the server.
type rebuild struct {
	mu          sync.Mutex
	running     bool
	done, total uint64
	err         error
	ended       time.Time
}

// start begins a rebuild unless one is going on.
func (b *rebuild) start(ctx context.Context, run *projections.Runner, now func() time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running {
		return problem(http.StatusConflict, projections.RebuildRunning, "a rebuild is going on", "wait until it has ended")
	}
	b.running, b.done, b.total, b.err = true, 0, 0, nil
	go func() {
		err := run.Rebuild(ctx, b.progress)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running, b.err, b.ended = false, err, now()
	}()
	return nil
}

func (b *rebuild) progress(done, total uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done, b.total = done, total
}

// rebuildView says how far a rebuild is, or how the last one ended.
type rebuildView struct {
	Running     bool
	Done, Total string
	Width       uint64 // thousandths
	Ended       string // when
	Problem     *failure
}

func (v *visit) rebuildView() rebuildView {
	b := &v.making
	b.mu.Lock()
	defer b.mu.Unlock()
	view := rebuildView{Running: b.running, Done: whole(b.done), Total: whole(b.total), Ended: v.moment(b.ended)}
	if b.total > 0 {
		view.Width = b.done * 1000 / b.total
	}
	if b.err != nil {
		view.Problem, _ = v.wrong(b.err)
	}
	return view
}

// rebuild begins to make all read models anew, and shows how it goes.
func (v *visit) rebuild() error {
	if err := v.making.start(v.server.Context(), v.Runner, v.Now); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/status", http.StatusSeeOther)
	return nil
}

// resume lets a read model that stopped try again.
func (v *visit) resume() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	for _, name := range v.r.PostForm["projection"] {
		if err := v.Runner.Resume(v.ctx(), name); err != nil {
			return err
		}
	}
	http.Redirect(v.w, v.r, "/status", http.StatusSeeOther)
	return nil
}
