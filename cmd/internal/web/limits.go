package web

import (
	"context"
	"net/http"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/vault"
)

// A caller whose capability is limited to places or projects asks about one of
// them, or asks what is answered with nothing but what lies in the limit.

// byPlace and byProject are the routes whose handlers limit their answers to
// the places and to the projects that their caller may read.
var (
	byPlace = patterns([]string{"", ofLedger + "places", ofLedger + "beneficiaries", "POST /v1/ledgers/{ledger}/beneficiaries/find",
		ofPages + "/beneficiaries", ofPages + "/places"}, byBoth)
	byProject = patterns(byBoth)
	byBoth    = append(pagesWithin(), "GET /v1/ledgers", ofLedger+"projects", ofLedger+"gaps", ofLedger+"requests", ofLedger+"requests/same-person", ofLedger+"notices",
		ofLedger+"indicators", ofLedger+"notes", ofLedger+"attachments", ofLedger+"findings", ofLedger+"journal", ofLedger+"totals", ofLedger+"why", ofLedger+"diff", ofLedger+"people-helped")
)

const (
	ofLedger = "GET /v1/ledgers/{ledger}/"
	ofPages  = "GET /ledgers/{ledger}"
)

// pagesWithin are the pages that show a part of a ledger to who may read a part.
func pagesWithin() []string {
	all := []string{ofPages}
	for _, page := range []string{"position", "totals", "journal", "why", "flow", "projects", "indicators", "notes", "gaps", "search", "requests", "findings", "notices", "settings", "compare"} {
		all = append(all, ofPages+"/"+page)
	}
	return all
}

// ShowsPart tells whether a page of a ledger shows a part of it to who may read
// what lies in a limit.
func ShowsPart(page string, l access.Limit) bool {
	pattern := strings.TrimSuffix(ofPages+"/"+page, "/")
	return (len(l.Places) == 0 || byPlace[pattern]) && (len(l.Projects) == 0 || byProject[pattern])
}

func patterns(lists ...[]string) map[string]bool {
	all := map[string]bool{}
	for _, list := range lists {
		for _, pattern := range list {
			all[pattern] = true
		}
	}
	return all
}

// within is what a caller with a capability may read.
func within(c access.Caller, needs access.Capability) projections.Within {
	return projections.Within(c.LimitOf(needs))
}

// views are the read models as a caller with a capability sees them.
func (s *Server) views(c access.Caller, needs access.Capability) *projections.DB {
	return s.Views.Within(within(c, needs))
}

// ofThings are the routes whose path names what they are about, and where.
var ofThings = map[string]string{
	ofLedger + "trace/{id}": "id", ofLedger + "attachments/{id}": "id", ofPages + "/trace/{id}": "id", ofPages + "/voucher/{entry}": "entry", ofPages + "/requests/{request}": "request",
	ofPages + "/findings/{finding}": "finding", ofPages + "/notices/{notice}": "notice", ofPages + "/beneficiaries/{id}": "id",
	"POST /ledgers/{ledger}/beneficiaries/{id}": "id", "POST /v1/ledgers/{ledger}/beneficiaries/{id}/reveal": "id",
}

// subject says which places and projects a query is about, as far as its path and
// parameters tell. It believes a parameter only where the handler either filters
// by it or refuses it, as all of the API do but for one: an entry in a proof may
// be about more places than the one that is asked for. Pages leave out what they
// do not know, and filter by what they know.
func subject(r *http.Request, act *access.Act) {
	pattern := strings.Replace(r.Pattern, "{register}", r.PathValue("register"), 1)
	act.AnswersByPlace, act.AnswersByProject = byPlace[pattern], byProject[pattern]
	if name := ofThings[r.Pattern]; name != "" {
		act.Names.Things = []domain.ID{domain.ID(r.PathValue(name))}
	}
	if !strings.HasPrefix(r.URL.Path, "/v1/") && !act.AnswersByPlace && !act.AnswersByProject || r.Pattern == ofLedger+"entries" {
		return
	}
	q := r.URL.Query()
	place, project := q.Get("place"), q.Get("project")
	switch {
	case r.Pattern == ofLedger+"why":
		place = q.Get("village")
	case strings.HasSuffix(r.Pattern, "/totals") && q.Get("by") == "village":
		place = q.Get("key")
	case strings.HasSuffix(r.Pattern, "/totals") && q.Get("by") == "project":
		project = q.Get("key")
	}
	if place != "" {
		act.Names.Places = []domain.ID{domain.ID(place)}
	}
	if project != "" {
		act.Names.Projects = []domain.ID{domain.ID(project)}
	}
}

// holds tells whether a thing lies within a limit. One that the read models do
// not know may be on its way to them.
func (s *Server) holds(ctx context.Context, ledger string, l access.Limit, thing domain.ID) (bool, error) {
	views := s.Views.Within(projections.Within(l))
	if held, err := views.Holds(ctx, ledger, thing); held || err != nil {
		return held, err
	}
	end, err := s.Store.End(ctx)
	if err == nil {
		err = s.reached(ctx, end)
	}
	if err != nil {
		return false, err
	}
	return views.Holds(ctx, ledger, thing)
}

// asked returns what a command is about that its fields do not say as ids, for a
// caller who may give it for some places or projects only.
func (s *Server) asked(ctx context.Context, ledger string, c domain.Command, l access.Limit) (of access.Names, err error) {
	switch c := c.(type) {
	case *domain.ApproveDisbursement: // of another content than the read models have, it may be about other places
		found, err := s.Views.Requests(ctx, projections.ListQuery{Ledger: ledger, Filter: map[string]string{"request": string(c.Request)}})
		if err != nil || len(found.Rows) == 0 || found.Rows[0].Content != c.Content {
			of.Things = []domain.ID{""}
		}
		return of, err
	case *domain.RecordBenefit:
		return of, s.numbered(ctx, ledger, &of, l, c.BenefitLine)
	case *domain.RecordBenefits:
		return of, s.numbered(ctx, ledger, &of, l, c.Benefits...)
	}
	return of, nil
}

// numbered adds whom lines name by their number. Who is outside of the limit stays
// without a pseudonym.
func (s *Server) numbered(ctx context.Context, ledger string, of *access.Names, l access.Limit, lines ...domain.BenefitLine) error {
	for _, line := range lines {
		if line.IDNumber.IsZero() {
			continue
		}
		number, err := domain.ParsePersonal(vault.IDNumber, line.IDNumber.Clear())
		if err != nil {
			return err
		}
		id, _, err := s.Vault.Find(ctx, ledger, number)
		if err != nil {
			return err
		}
		held, err := s.holds(ctx, ledger, l, id)
		if err != nil {
			return err
		}
		if !held {
			id = ""
		}
		of.Things = append(of.Things, id)
	}
	return nil
}
