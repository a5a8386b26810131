package web

import (
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
)

func (s *Server) getReported(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.ReportedQuery{
		Ledger: ledgerOf(r), Activity: p.text("activity"), Type: p.text("type"), Year: p.number("year", 0, 1949, 2200),
		AsOf: p.asOf(), Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after"),
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	page, err := s.Views.Reported(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, page)
}

func (s *Server) getReportedTotals(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.ReportedTotalsQuery{
		Ledger: ledgerOf(r), By: p.text("by"), Year: p.number("year", 0, 1949, 2200), Currency: p.currency("currency"),
		AsOf: p.asOf(), Limit: p.number("limit", rowsMax, 1, totalsMax), After: p.text("after"),
	}
	if q.By == "" {
		q.By = "year"
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	totals, err := s.Views.ReportedTotals(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, totals)
}
