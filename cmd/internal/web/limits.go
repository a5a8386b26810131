package web

import (
	"context"
	"net/http"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// A caller whose capability is limited to places or projects asks about one of
// them, or asks what is answered with nothing but what lies in the limit.

// byPlace and byProject are the routes whose handlers limit their answers to
// the places and to the projects that their caller may read.
var (
	byPlace = map[string]bool{
		"GET /v1/ledgers": true, ofLedger + "places": true, ofLedger + "projects": true, ofLedger + "gaps": true, ofLedger + "requests": true,
		ofLedger + "requests/same-person": true, ofLedger + "notices": true, ofLedger + "indicators": true, ofLedger + "findings": true,
		ofLedger + "journal": true, ofLedger + "beneficiaries": true, journalPage: true, beneficiariesPage: true,
	}
	byProject = map[string]bool{
		"GET /v1/ledgers": true, ofLedger + "projects": true, ofLedger + "gaps": true, ofLedger + "requests": true,
		ofLedger + "requests/same-person": true, ofLedger + "notices": true, ofLedger + "indicators": true, ofLedger + "findings": true,
		ofLedger + "journal": true, journalPage: true,
	}
)

const (
	ofLedger    = "GET /v1/ledgers/{ledger}/"
	journalPage = "GET /ledgers/{ledger}/journal"

	beneficiariesPage = "GET /ledgers/{ledger}/beneficiaries"
)

// within is what a caller with a capability may read.
func within(c access.Caller, needs access.Capability) projections.Within {
	limit := c.LimitOf(needs)
	return projections.Within{Places: limit.Places, Projects: limit.Projects}
}

// subject says which places and projects a query is about, as far as its path and
// parameters tell. It believes a parameter only where the handler either filters
// by it or refuses it, as all of the API do but for one: an entry in a proof may
// be about more places than the one that is asked for. Of the pages, which leave
// out what they do not know, the journal alone filters.
func subject(r *http.Request, act *access.Act) {
	act.AnswersByPlace, act.AnswersByProject = byPlace[r.Pattern], byProject[r.Pattern]
	if r.Pattern == ofLedger+"trace/{id}" {
		act.Thing = domain.ID(r.PathValue("id"))
	}
	believed := strings.HasPrefix(r.URL.Path, "/v1/") && r.Pattern != ofLedger+"entries" || r.Pattern == journalPage
	if !believed {
		return
	}
	q := r.URL.Query()
	place, project := q.Get("place"), q.Get("project")
	switch {
	case r.Pattern == ofLedger+"why":
		place = q.Get("village")
	case r.Pattern == ofLedger+"totals" && q.Get("by") == "village":
		act.AnswersByPlace = true
		place = q.Get("key")
	case r.Pattern == ofLedger+"totals" && q.Get("by") == "project":
		act.AnswersByProject = true
		project = q.Get("key")
	}
	if place != "" {
		act.Names.Places = []domain.ID{domain.ID(place)}
	}
	if project != "" {
		act.Names.Projects = []domain.ID{domain.ID(project)}
	}
}

// asked returns the project and the places of the request that a command
// approves or rejects, for a caller who may do that for some only. It returns
// nothing where the approval is of another content than the read models have.
func (s *Server) asked(ctx context.Context, ledger string, c domain.Command) (of access.Limit, err error) {
	var request domain.ID
	content := ""
	switch c := c.(type) {
	case *domain.ApproveDisbursement:
		request, content = c.Request, c.Content
	case *domain.RejectDisbursement:
		request = c.Request
	default:
		return of, nil
	}
	found, err := s.Views.Requests(ctx, projections.ListQuery{Ledger: ledger, Filter: map[string]string{"request": string(request)}})
	if err != nil || len(found.Rows) == 0 || content != "" && found.Rows[0].Content != content {
		return of, err
	}
	of.Projects = []domain.ID{found.Rows[0].Project}
	for _, p := range found.Rows[0].Places {
		of.Places = append(of.Places, p.Place)
	}
	return of, nil
}
