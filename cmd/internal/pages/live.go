package pages

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/projections"
)

// newsEvery is how often an open page is told at most that something was recorded.
const newsEvery = time.Second

// live tells an open page, as server-sent events (HTML Standard, 9.2), up to
// which block the read models hold what was recorded in its ledger. The first
// message says what they hold now; it is for a page that has connected again.
// It ends for who may not read the ledger any more.
func (v *visit) live() error {
	ctx, cancel := context.WithCancel(v.ctx())
	defer cancel()
	defer context.AfterFunc(v.server.Context(), cancel)()
	news, ended := make(chan uint64), make(chan struct{})
	go func() {
		defer close(ended)
		v.follow(ctx, v.past.End, news)
	}()
	defer func() { cancel(); <-ended }()
	control := http.NewResponseController(v.w)
	_ = control.SetWriteDeadline(time.Time{})
	v.w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(v.w, "data: %d\n\n", v.past.End)
	beat := time.NewTicker(web.StillHere)
	defer beat.Stop()
	for {
		_ = control.Flush() // who has gone is found by the context
		select {
		case block := <-news:
			fmt.Fprintf(v.w, "data: %d\n\n", block)
		case <-beat.C:
			fmt.Fprint(v.w, ": still here\n\n")
		case <-ended:
			return nil
		}
	}
}

// follow sends the last block of the read models whenever they have something
// new of the ledger, until ctx ends or the log cannot be read.
func (v *visit) follow(ctx context.Context, shown uint64, news chan<- uint64) {
	for m, err := range v.Store.Blocks(ctx, shown, 0) {
		if err == nil && (m.Ledger != v.ledger.Ledger || m.Sequence <= shown) {
			continue
		}
		if err == nil {
			shown, err = v.reached(ctx, m)
		}
		if err == nil {
			err = v.server.Still(access.ReadLedger, v.r)
		}
		if err != nil {
			return // the browser connects again
		}
		select {
		case news <- shown:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(newsEvery):
		case <-ctx.Done():
			return
		}
	}
}

// reached waits until the read models hold a block, and returns their last one.
func (v *visit) reached(ctx context.Context, m eventstore.Message) (uint64, error) {
	if err := v.Runner.WaitFor(ctx, m.Sequence); err != nil {
		return 0, err
	}
	all, err := v.Views.Ledgers(ctx, projections.ListQuery{Limit: 1})
	return max(all.Position.Block, m.Sequence), err
}
