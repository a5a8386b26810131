package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// The most rows that one answer has, and how many it has when nobody says.
const (
	rowsMax   = 1000
	rowsUsual = 100
	totalsMax = 10_000
)

// begin is the start of every query: it says what is wrong with the
// parameters, and waits for the position that the caller wants to see.
func (s *Server) begin(r *http.Request, p *params) error {
	at := p.position("wait_for")
	if err := p.err(); err != nil || at.IsZero() {
		return err
	}
	end, err := s.Store.End(r.Context())
	if err != nil {
		return err
	}
	if at.Block > end {
		return newProblem("position_unknown", fmt.Sprintf("the log ends at %d and has no position %s", end, at), "use the position of a receipt")
	}
	return s.reached(r.Context(), at.Block)
}

// reached waits for a bounded time until the read models have a block.
func (s *Server) reached(ctx context.Context, block uint64) error {
	ctx, cancel := context.WithTimeout(ctx, waitMax)
	defer cancel()
	err := s.Runner.WaitFor(ctx, block)
	if errors.Is(err, context.DeadlineExceeded) {
		p := newProblem("projection_behind", fmt.Sprintf("the read models have not reached block %d yet", block), "ask again")
		p.retryAfter = time.Second
		return p
	}
	return err
}

// ledgerOf returns the name in the path. One that no ledger can have is left
// to the read models, which do not find it.
func ledgerOf(r *http.Request) string {
	name := r.PathValue("ledger")
	if id, err := domain.ParseID(name); err == nil {
		return string(id)
	}
	return name
}

// list makes a handler of a query for the things of one kind. The filters are
// parameters that limit it to rows with their values.
func list[T any](query func(*projections.DB, context.Context, projections.ListQuery) (projections.List[T], error), filters ...string) Handler {
	return func(s *Server, c access.Caller, w http.ResponseWriter, r *http.Request) error {
		p := newParams(r)
		views := s.views(c, access.ReadLedger).Until(p.asOf())
		q := projections.ListQuery{Ledger: ledgerOf(r), Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after"), Filter: map[string]string{}}
		for _, name := range filters {
			if value := p.text(name); value != "" {
				q.Filter[name] = value
			}
		}
		if err := s.begin(r, p); err != nil {
			return err
		}
		rows, err := query(views, r.Context(), q)
		if err != nil {
			return err
		}
		return reply(w, http.StatusOK, rows)
	}
}

func (s *Server) getTotals(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.TotalsQuery{
		Ledger: ledgerOf(r), By: p.text("by"), Year: p.number("year", 0, 1949, 2200), Currency: p.currency("currency"),
		AsOf: p.asOf(), Limit: p.number("limit", rowsMax, 1, totalsMax), After: p.text("after"),
	}
	if q.By == "" {
		q.By = "year"
	}
	if key := p.text("key"); p.values.Has("key") {
		q.Key = &key
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	totals, err := s.views(c, access.ReadLedger).Totals(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, totals)
}

func (s *Server) getJournal(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.JournalQuery{
		Ledger: ledgerOf(r), Fund: p.id("fund"), Project: p.id("project"), Place: p.id("place"), Provider: p.id("provider"),
		Payee: p.id("payee"), Disbursement: p.id("disbursement"), Entry: p.text("entry"), Stage: p.text("stage"), Without: p.text("without"),
		Year: p.number("year", 0, 1949, 2200), BudgetYear: p.number("budget_year", 0, 1949, 2200), LateDays: p.number("late_days", 0, 1, 36_500), Reversals: p.flag("reversals"),
		AsOf: p.asOf(), Newest: p.flag("newest"), Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after"),
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	journal, err := s.views(c, access.ReadLedger).Journal(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, journal)
}

func (s *Server) getTrace(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.TraceQuery{
		Ledger: ledgerOf(r), ID: r.PathValue("id"), AsOf: p.asOf(),
		Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after"),
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	trace, err := s.views(c, access.ReadLedger).Trace(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, trace)
}
