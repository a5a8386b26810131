package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
)

// StillHere is how often a stream without events says that it goes on, so that
// no proxy takes it for dead.
const StillHere = 15 * time.Second

var contentLive = []string{"text/event-stream"}

// lastEventID reads where a client that connects again has been: after that
// position it goes on.
func lastEventID(p *params, r *http.Request, after eventstore.Position) eventstore.Position {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		return after
	}
	at, err := eventstore.ParsePosition(text)
	if err != nil {
		p.malformed("Last-Event-ID", "send the id of the last event, which is a position such as 12.3")
	}
	return at
}

// liveEvents sends events as they are recorded, in the form of server-sent
// events (HTML Standard, 9.2). The id of each is its position and its name is its
// type; the name problem means that the log could not be read further.
func (s *Server) liveEvents(ctx context.Context, w http.ResponseWriter, q eventRange) error {
	ctx, cancel := context.WithCancel(ctx)
	events, ended := make(chan eventstore.Record), make(chan error, 1)
	go func() {
		defer close(events)
		ended <- s.pass(ctx, q, events)
	}()
	defer func() {
		cancel()
		for range events { // until its sender has ended
		}
	}()
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(noDeadline)
	w.Header()["Content-Type"] = contentLive
	out := bufio.NewWriter(w)
	beat := time.NewTicker(StillHere)
	defer beat.Stop()
	for sent := 0; q.limit == 0 || sent < q.limit; {
		// Whoever has gone is found by the context; nobody else could be told.
		_ = out.Flush()
		_ = control.Flush()
		select {
		case <-beat.C:
			_, _ = out.WriteString(": still here\n\n")
		case e, more := <-events:
			if !more {
				writeEnd(ctx, out, <-ended)
				return nil
			}
			fmt.Fprintf(out, "id: %s\nevent: %s\ndata: ", e.Position, e.Type)
			_ = json.MarshalWrite(out, &e)
			_, _ = out.WriteString("\n\n")
			sent++
		}
	}
	_ = out.Flush()
	return nil
}

// pass hands the events of a range on, one by one.
func (s *Server) pass(ctx context.Context, q eventRange, to chan<- eventstore.Record) error {
	for e, err := range s.events(ctx, q) {
		if err != nil {
			return err
		}
		select {
		case to <- e:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// writeEnd tells a client that is still there why no more events come.
func writeEnd(ctx context.Context, out *bufio.Writer, err error) {
	if err != nil && ctx.Err() == nil {
		_, _ = io.WriteString(out, "event: problem\ndata: ")
		_ = json.MarshalWrite(out, ProblemOf(err))
		_, _ = io.WriteString(out, "\n\n")
	}
	_ = out.Flush()
}
