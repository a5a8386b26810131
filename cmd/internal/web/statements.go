package web

import (
	"net/http"

	"aidledger/cmd/internal/access"
)

// getStatementProposals proposes which entries moved the money of open lines.
func (s *Server) getStatementProposals(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	rows, err := s.Views.Until(as).ProposeMatches(r.Context(), ledgerOf(r))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, rows)
}

// getStatementDifferences says what the statements and the ledger do not share.
func (s *Server) getStatementDifferences(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	differences, err := s.Views.Until(as).StatementDifferences(r.Context(), ledgerOf(r))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, differences)
}
