package web

import (
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
)

// getWhy answers with the movements behind one number of a total.
func (s *Server) getWhy(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.JournalQuery{
		Ledger: ledgerOf(r), Fund: p.id("fund"), Project: p.id("project"), Place: p.id("village"), Provider: p.id("provider"),
		Stage: p.text("stage"), Year: p.number("year", 0, 1949, 2200), BudgetYear: p.number("budget_year", 0, 1949, 2200), AsOf: p.asOf(),
		Limit: p.number("limit", 0, 1, 1_000), After: p.text("after"),
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	why, err := s.views(c, access.ReadLedger).Why(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, why)
}

// getDiff answers with what changed in the totals between two points.
func (s *Server) getDiff(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.DiffQuery{Ledger: ledgerOf(r), By: p.text("by"), From: p.point("from"), To: p.point("to")}
	if q.By == "" {
		q.By = "year"
	}
	q.From.EffectiveUntil = p.date("effective_until")
	q.To.EffectiveUntil = q.From.EffectiveUntil
	if err := s.begin(r, p); err != nil {
		return err
	}
	diff, err := s.views(c, access.ReadLedger).Diff(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, diff)
}
