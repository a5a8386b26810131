package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/nats-io/nats.go/jetstream"
)

// poisons are blocks that somebody with an administrator's credential writes
// into a ledger. Each %s is the hash of the block before.
var poisons = []struct {
	name string
	code string
	some bool // projections that do not need it go on
	data string
}{
	{"an unknown event type", "unknown_event_type", true, poisonEvent("funds-teleported", 1, `{}`)},
	{"bytes that are no block", "bad_block", false, "hello"},
	{"a future version of an event", "unknown_event_version", true, poisonEvent("note-added", 99, `{}`)},
	{"an event without its amount", "bad_event_payload", true, poisonEvent("funds-disbursed", 1, `{"amount":7}`)},
	{"a future format of blocks", "bad_block", false, `{"v":2,"ledger":"chaos","previous":"%s","entries":[]}`},
}

func poisonEvent(name string, version int, data string) string {
	return fmt.Sprintf(`{"v":1,"ledger":"chaos","previous":"%%s","entries":[{"id":"poison","command":"x","content":"","actor":"admin",`+
		`"recorded":"2026-01-01T00:00:00Z","events":[{"id":"e1","type":%q,"version":%d,"data":%s}]}]}`, name, version, data)
}

// poison writes blocks that no program understands and looks who stops.
func poison(ctx context.Context, r *Run) error {
	for i := range r.scale(2, len(poisons)) {
		if err := r.poisonOnce(ctx, i); err != nil {
			return fmt.Errorf("%s: %w", poisons[i].name, err)
		}
	}
	return nil
}

func (r *Run) poisonOnce(ctx context.Context, i int) error {
	p := poisons[i]
	node, err := r.startNode(ctx, fmt.Sprint("poison", i), filepath.Join(r.Dir, fmt.Sprint("nats", i)), "")
	if err != nil {
		return err
	}
	defer node.kill()
	s, err := r.serve(ctx, filepath.Join(r.Dir, fmt.Sprint("data", i)), "--nats-url", node.url())
	if err != nil {
		return err
	}
	defer s.kill()
	const other = "other"
	for _, name := range []string{ledger, other} {
		if err := must(ctx, s.submit, name, programme(1, plenty)...); err != nil {
			return err
		}
	}
	bad, err := writePoison(ctx, node, p.data)
	if err != nil {
		return err
	}
	for _, c := range []struct{ ledger, code string }{{ledger, eventstore.LogUnreadable}, {other, ""}} {
		var err error
		if waited := until(ctx, "an answer", func() bool {
			_, err = s.submit(ctx, c.ledger, ask(pay(0, 1)))
			return codeOf(err) == c.code || !again(err)
		}); waited != nil || codeOf(err) != c.code {
			return violated("a command of the ledger %s ended with %q, want %q", c.ledger, codeOf(err), c.code)
		}
	}
	return r.halts(ctx, s, i, bad)
}

// writePoison writes a block past the program, and returns its sequence.
func writePoison(ctx context.Context, n *node, data string) (uint64, error) {
	conn, err := connect(n.url())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, MustExist: true})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	t, err := audit(ctx, store)
	if err != nil {
		return 0, err
	}
	if strings.Contains(data, "%s") {
		data = fmt.Sprintf(data, t.last[ledger])
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return 0, err
	}
	ack, err := js.Publish(ctx, eventstore.DefaultStream+"."+ledger, []byte(data))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// halts waits until the projections have stopped that must, and the others have
// gone on to the end of the log.
func (r *Run) halts(ctx context.Context, s *server, i int, bad uint64) error {
	p := poisons[i]
	var status projections.Status
	var halted, on []string
	err := until(ctx, "the projections stopping", func() bool {
		halted, on = nil, nil
		if s.do(ctx, "GET", "/v1/status", "", nil, &status) != nil {
			return false
		}
		for _, each := range status.Projections {
			switch h := each.Halted; {
			case h != nil && h.Position.Block == bad && h.Code == p.code && each.Block == bad-1:
				halted = append(halted, each.Name)
			case h == nil && each.Block >= status.LogEnd:
				on = append(on, each.Name)
			}
		}
		return len(halted) > 0 && len(halted)+len(on) == len(status.Projections)
	})
	if err != nil {
		return violated("%v: %+v", err, status)
	}
	if !status.Halted || !slices.Contains(halted, "totals") || p.some != (len(on) > 0) {
		return violated("halted are %v, and %v go on", halted, on)
	}
	ready, ok := errors.AsType[*web.Problem](s.do(ctx, "GET", "/readyz", "", nil, nil))
	if where := fmt.Sprintf("halted at position %d", bad); !ok || ready.Status != http.StatusServiceUnavailable || !strings.Contains(ready.Detail, where) {
		return violated("it says that it is ready, or not that it is %s: %+v", where, ready)
	}
	if v, err := s.verify(ctx); err == nil && (v.Clean || !slices.ContainsFunc(v.Copies.Findings, func(f notary.Finding) bool { return f.Position.Block == bad })) {
		return violated("verify compared what is halted, and did not name position %d: %+v", bad, v)
	}
	r.figure("%s: %d projections halted at block %d (%s), %d went on, the other ledger too", p.name, len(halted), bad, p.code, len(on))
	return nil
}
