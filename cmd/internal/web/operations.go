package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/eventstore/feed"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

func (s *Server) getLive(_ access.Caller, w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Ready says whether the server can answer with everything that was recorded
// before it started. Reasons has one sentence for each thing that is missing.
type Ready struct {
	Ready    bool     `json:"ready"`
	Position uint64   `json:"position"`
	Wanted   uint64   `json:"wanted"`
	Reasons  []string `json:"reasons,omitempty"`
}

func (s *Server) getReady(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), waitMax)
	defer cancel()
	ready := Ready{Wanted: s.ReadyAt}
	status, err := s.Runner.Status(ctx)
	ready.Position = status.Position
	switch {
	case err != nil:
		ready.Reasons = append(ready.Reasons, "the log or the read models do not answer")
		s.Log.Warn("not ready", "error", err)
	case status.Position < s.ReadyAt:
		ready.Reasons = append(ready.Reasons, "the read models have not reached the end that the log had at the start")
	}
	if damage := s.Store.Damage(); damage != nil {
		ready.Reasons = append(ready.Reasons, "the log is damaged: "+damage.Error())
	}
	for _, p := range status.Projections {
		if p.Halted != nil {
			ready.Reasons = append(ready.Reasons, p.Halted.Error())
		}
	}
	if ready.Ready = len(ready.Reasons) == 0; !ready.Ready {
		return reply(w, http.StatusServiceUnavailable, ready)
	}
	return reply(w, http.StatusOK, ready)
}

// Status says how the server is. Ledgers are those that have a block in the
// log; Durability is a sentence.
type Status struct {
	projections.Status
	Ledgers    []string          `json:"ledgers"`
	Stream     string            `json:"stream"`
	Durability string            `json:"durability"`
	Signing    Signing           `json:"signing"`
	Events     feed.Status       `json:"events"`
	Versions   map[string]string `json:"versions"`
}

func (s *Server) getStatus(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	if err := s.begin(r, p); err != nil {
		return err
	}
	status, err := s.Runner.Status(r.Context())
	if err != nil {
		return err
	}
	ledgers, err := s.Store.Ledgers(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Status{Status: status, Ledgers: ledgers, Stream: s.Store.Stream(),
		Durability: s.Store.Durability(), Signing: s.Signing(r.Context()), Events: s.Sent(status.LogEnd), Versions: s.Versions})
}

// Sent says how far the stream of events is, for a log that ends at a block.
func (s *Server) Sent(end uint64) feed.Status {
	if s.Feed == nil {
		return feed.Status{Problem: "this server sends no events to subscribers"}
	}
	return s.Feed.Status(end)
}

// postRebuildEvents answers with how far the stream of events is; the status
// tells how it goes on.
func (s *Server) postRebuildEvents(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	end, err := s.Store.End(r.Context())
	if err != nil {
		return err
	}
	if s.Feed != nil {
		s.Feed.Rebuild()
	}
	return reply(w, http.StatusOK, s.Sent(end))
}

func (s *Server) postRebuild(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	return s.long(w, r, func(ctx context.Context, progress func(done, total uint64)) (any, error) {
		if err := s.Runner.Rebuild(ctx, progress); err != nil {
			return nil, err
		}
		return s.Runner.Status(ctx)
	})
}

// ProgressLine is one line of the answer of something long. All lines but the
// last have Done and Total; the last has Result or Problem.
type ProgressLine[T any] struct {
	Done    uint64   `json:"done,omitzero"`
	Total   uint64   `json:"total,omitzero"`
	Result  *T       `json:"result,omitzero"`
	Problem *Problem `json:"problem,omitzero"`
}

// progressEvery is how often a client hears of progress.
const progressEvery = 200 * time.Millisecond

// long answers with JSON lines while work goes on. The work ends when the
// client leaves or the server stops.
func (s *Server) long(w http.ResponseWriter, r *http.Request, work func(context.Context, func(done, total uint64)) (any, error)) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	return s.work(w, r, work)
}

// work is long for a route that has parameters of its own.
func (s *Server) work(w http.ResponseWriter, r *http.Request, work func(context.Context, func(done, total uint64)) (any, error)) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(noDeadline)
	var mu sync.Mutex
	var last time.Time
	started := false
	write := func(line ProgressLine[any]) {
		w.Header()["Content-Type"] = contentLines
		started = true
		_ = json.MarshalWrite(w, &line)
		_, _ = w.Write([]byte("\n"))
		_ = control.Flush()
	}
	result, err := work(ctx, func(done, total uint64) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			write(ProgressLine[any]{Done: done, Total: total})
		}
	})
	mu.Lock()
	defer mu.Unlock()
	switch {
	case err != nil && !started:
		return err
	case err != nil:
		write(ProgressLine[any]{Problem: s.translated(r, ProblemOf(err))})
	default:
		write(ProgressLine[any]{Result: &result})
	}
	return nil
}
