package web

import (
	"net/http"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/checks"
)

// postChecks runs all checks over a ledger now.
func (s *Server) postChecks(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	out, err := s.checker().Run(r.Context(), ledgerOf(r))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, out)
}

func (s *Server) checker() *checks.Checker {
	return &checks.Checker{Store: s.Store, Views: s.Views, Runner: s.Runner, Now: time.Now, Log: s.Log}
}
