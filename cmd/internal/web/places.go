package web

import (
	"context"
	"net/http"
	"time"

	"aidledger/eventstore"
)

// hereFor is how long a ledger is taken to be here without asking again. What a
// reader gets of a ledger that was moved meanwhile is older by this at most;
// commands are refused by the log itself.
const hereFor = time.Second

// placeWithin is how long a request waits to be told where its ledger is.
const placeWithin = time.Second

// here returns ledger_elsewhere where another region has the ledger of a request:
// read models of this one may have a part of it, before or after a move. While
// nobody can tell where a ledger is, what is known here is answered.
func (s *Server) here(r *http.Request) error {
	ledger := ledgerOf(r)
	if s.Places == nil || ledger == "" {
		return nil
	}
	if until, ok := s.ledgersHere.Load(ledger); ok && time.Now().Before(until.(time.Time)) {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), placeWithin)
	defer cancel()
	switch at, err := s.Places.Of(ctx, ledger); {
	case err != nil:
		if _, before := s.ledgersHere.Load(ledger); before {
			s.ledgersHere.Store(ledger, time.Now().Add(hereFor))
		}
	case at.Region == s.Places.Here():
		s.ledgersHere.Store(ledger, time.Now().Add(hereFor))
	case at.Region != "":
		s.ledgersHere.Delete(ledger)
		return newProblem(eventstore.LedgerElsewhere, "the ledger "+ledger+" is in the region "+at.Region, "ask a server of that region")
	}
	return nil
}

// elsewhere leads who asks for a ledger of another region to the servers there,
// and lets who asks for one that is on its way come again. Any other problem
// stays as it is.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request, p *Problem) *Problem {
	away := p.Code == eventstore.LedgerElsewhere || p.Code == "ledger_moved"
	if s.Places == nil || !away && p.Code != "ledger_not_found" {
		return p
	}
	at, err := s.Places.Of(r.Context(), ledgerOf(r))
	switch {
	case err == nil && at.Region == s.Places.Here() && away:
		moving := newProblem("ledger_moving", "the ledger "+ledgerOf(r)+" is being moved to another region, and nothing was recorded",
			"try again in a second with the same Idempotency-Key")
		moving.retryAfter = time.Second
		return moving
	case err != nil || at.URL == "" || at.Region == s.Places.Here():
		return p
	}
	w.Header().Set("Location", at.URL+r.URL.RequestURI())
	there := newProblem(eventstore.LedgerElsewhere, "the ledger "+ledgerOf(r)+" is in the region "+at.Region, "ask "+at.URL)
	there.Status = http.StatusTemporaryRedirect // the same request, with its body
	return there
}
