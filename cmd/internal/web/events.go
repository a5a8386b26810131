package web

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// EventPage is a page of events. Next, where there is more, is the position to
// give as after.
type EventPage struct {
	Events []eventstore.Record `json:"events"`
	Next   string              `json:"next,omitempty"`
}

// noDeadline lets an answer take as long as it takes.
var noDeadline time.Time

var contentLines = []string{"application/x-ndjson"}

// eventRange says which events of a ledger are wanted. From and to are part of
// it, after is not; to is zero where there is no end.
type eventRange struct {
	ledger   string
	from, to eventstore.Position
	after    eventstore.Position
	until    domain.Date // effective date; zero: all
	follow   bool
	limit    int // 0: all

	still func() error // whether the caller may read what is recorded from now on
}

// getEvents reads events from the log: a page of JSON, all of them as JSON
// lines for a client that accepts application/x-ndjson or that follows, or
// server-sent events for one that accepts text/event-stream.
func (s *Server) getEvents(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	accept := r.Header.Get("Accept")
	stream, live := strings.Contains(accept, "application/x-ndjson"), strings.Contains(accept, "text/event-stream")
	q := eventRange{ledger: ledgerOf(r), from: p.position("from"), to: p.position("to"), after: p.position("after"), follow: p.flag("follow") || live}
	if live {
		q.after = lastEventID(p, r, q.after)
	}
	if stream = stream || q.follow; stream {
		q.limit = p.number("limit", 0, 1, 1<<31-1)
	} else {
		q.limit = p.number("limit", rowsUsual, 1, rowsMax)
	}
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	if err := s.pastEvents(r.Context(), &q, as); err != nil {
		return err
	}
	if q.from.Event == eventstore.WholeBlock {
		q.from.Event = 0 // from a block means from its first event
	}
	q.still = func() error { return s.Still(access.ReadLog, r) }
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	if err := s.hasLedger(ctx, q.ledger); err != nil {
		return err
	}
	switch {
	case live:
		return s.liveEvents(ctx, w, q)
	case stream:
		return s.streamEvents(ctx, w, q)
	}
	page := EventPage{Events: []eventstore.Record{}}
	for e, err := range s.events(ctx, q) {
		if err != nil {
			return err
		}
		if len(page.Events) == q.limit {
			page.Next = page.Events[q.limit-1].Position.String()
			break
		}
		page.Events = append(page.Events, e)
	}
	return reply(w, http.StatusOK, page)
}

// pastEvents limits a range to a point.
func (s *Server) pastEvents(ctx context.Context, q *eventRange, as projections.AsOf) error {
	as, err := s.Views.Known(ctx, q.ledger, as)
	if at := as.Position; !at.IsZero() && (q.to.IsZero() || at.Compare(q.to) < 0) {
		q.to = at
	}
	q.until = as.EffectiveUntil
	return err
}

// Happened tells whether the effective date of an event is not after another
// one, which is zero for all.
func Happened(data []byte, until domain.Date) bool {
	if until.IsZero() {
		return true
	}
	var dated struct {
		Date domain.Date `json:"date"`
	}
	return json.Unmarshal(data, &dated) == nil && !until.Last().Before(dated.Date.Last())
}

func (s *Server) hasLedger(ctx context.Context, ledger string) error {
	end, err := s.Store.LedgerEnd(ctx, ledger)
	if err == nil && end == 0 {
		err = newProblem("ledger_not_found", fmt.Sprintf("there is no ledger %q", shorten(ledger)), "GET /v1/ledgers lists them")
	}
	return err
}

// events yields the events of a range in the order of the log.
func (s *Server) events(ctx context.Context, q eventRange) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		head, err := s.Store.End(ctx)
		if err != nil {
			yield(eventstore.Record{}, err)
			return
		}
		after := max(q.from.Block, q.after.Block, 1) - 1
		for m, err := range s.Store.LedgerBlocks(ctx, q.ledger, after, q.to.Block) {
			if err == nil && m.Sequence > head {
				err = q.still()
			}
			if err != nil {
				yield(eventstore.Record{}, err)
				return
			}
			if !q.block(m, yield) {
				return
			}
			after = m.Sequence
		}
		after = max(after, head)
		if !q.follow || q.to.Block != 0 && after >= q.to.Block {
			return
		}
		for m, err := range s.Store.Blocks(ctx, after, q.to.Block) {
			if err == nil && m.Ledger == q.ledger {
				err = q.still() // who followed may have been kept out since
			}
			if err != nil {
				yield(eventstore.Record{}, err)
				return
			}
			if m.Ledger == q.ledger && !q.block(m, yield) {
				return
			}
		}
	}
}

// block yields the events of one block that are in the range; false ends the
// reading.
func (q eventRange) block(m eventstore.Message, yield func(eventstore.Record, error) bool) bool {
	b, err := eventstore.DecodeEnvelope(m)
	if err != nil {
		yield(eventstore.Record{}, err)
		return false
	}
	err = b.EachRecord(func(event eventstore.Record) error {
		switch at := event.Position; {
		case at.Compare(q.from) < 0 || !q.after.IsZero() && at.Compare(q.after) <= 0 || !Happened(event.Data, q.until):
			return nil
		case !q.to.IsZero() && at.Compare(q.to) > 0:
			return errEnough
		}
		if !yield(event, nil) {
			return errEnough
		}
		return nil
	})
	return err == nil
}

var errEnough = fmt.Errorf("no more events are wanted")

// streamEvents writes one event per line, and each line at once when it
// follows the log.
func (s *Server) streamEvents(ctx context.Context, w http.ResponseWriter, q eventRange) error {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(noDeadline)
	w.Header()["Content-Type"] = contentLines
	if q.follow {
		_ = control.Flush() // the client learns that it is connected
	}
	out := bufio.NewWriterSize(w, 32<<10)
	defer out.Flush()
	sent := 0
	for e, err := range s.events(ctx, q) {
		if err == nil {
			err = json.MarshalWrite(out, &e)
		} else if ctx.Err() == nil {
			_ = json.MarshalWrite(out, map[string]any{"problem": ProblemOf(err)})
		}
		if err != nil {
			return nil
		}
		_ = out.WriteByte('\n')
		if q.follow {
			_ = out.Flush()
			_ = control.Flush()
		}
		if sent++; sent == q.limit {
			return nil
		}
	}
	return nil
}
