package web

import (
	"net/http"

	"aidledger/eventstore"
)

// elsewhere leads who asks for a ledger of another region to the servers there.
// Any other problem stays as it is.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request, p *Problem) *Problem {
	if s.Places == nil || p.Code != "ledger_not_found" && p.Code != eventstore.LedgerElsewhere {
		return p
	}
	at, err := s.Places.Of(r.Context(), ledgerOf(r))
	if err != nil || at.URL == "" || at.Region == s.Places.Here() {
		return p
	}
	w.Header().Set("Location", at.URL+r.URL.RequestURI())
	there := newProblem(eventstore.LedgerElsewhere, "the ledger "+ledgerOf(r)+" is in the region "+at.Region, "ask "+at.URL)
	there.Status = http.StatusTemporaryRedirect // the same request, with its body
	return there
}
