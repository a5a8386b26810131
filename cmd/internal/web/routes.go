package web

import (
	"net/http"
	"slices"
	"strings"

	"aidledger/projections"
)

// handler answers one request of a caller. An error that it returns becomes a
// problem, as long as nothing was written.
type handler func(s *Server, c Caller, w http.ResponseWriter, r *http.Request) error

// route is one line of the API.
type route struct {
	method string
	path   string // a pattern of http.ServeMux
	handle handler
	doc    string
}

// routes is the whole API. Everything below /v1/ needs a token.
var routes = []route{
	{"GET", "/livez", (*Server).getLive, "Answers as long as the process does."},
	{"GET", "/readyz", (*Server).getReady, "Answers 200 when the read models hold what the log held at the start."},
	{"GET", "/{$}", (*Server).getPage, "Shows the totals of every ledger to people."},
	{"GET", "/page.css", (*Server).getStyle, "The style of that page."},

	{"GET", "/v1", (*Server).getRoutes, "Lists these routes."},
	{"GET", "/v1/commands", (*Server).getCommands, "Lists the commands with their fields."},
	{"POST", "/v1/ledgers/{ledger}/commands/{command}", (*Server).postCommand, "Records one command; needs an Idempotency-Key."},
	{"POST", "/v1/ledgers/{ledger}/commands", (*Server).postBatch, "Records JSON lines of commands in their order; ?atomic=true: all or none."},

	{"GET", "/v1/ledgers", list((*projections.DB).Ledgers), "Lists the ledgers."},
	{"GET", "/v1/ledgers/{ledger}/totals", (*Server).getTotals, "Totals by year, budget-year, project, village, provider or fund."},
	{"GET", "/v1/ledgers/{ledger}/journal", (*Server).getJournal, "Movements of money, one row for each."},
	{"GET", "/v1/ledgers/{ledger}/trace/{id}", (*Server).getTrace, "Where the money of a thing comes from and where it goes."},
	{"GET", "/v1/ledgers/{ledger}/events", (*Server).getEvents, "The events as they are in the log; ?follow=true goes on."},
	{"GET", "/v1/ledgers/{ledger}/organisations", list((*projections.DB).Organisations), "Organisations by name."},
	{"GET", "/v1/ledgers/{ledger}/places", list((*projections.DB).Places), "Places by code."},
	{"GET", "/v1/ledgers/{ledger}/projects", list((*projections.DB).Projects), "Projects by name."},
	{"GET", "/v1/ledgers/{ledger}/funds", list((*projections.DB).Funds), "Funds by id."},
	{"GET", "/v1/ledgers/{ledger}/gifts", list((*projections.DB).Gifts), "Gifts in kind by id."},
	{"GET", "/v1/ledgers/{ledger}/agreements", list((*projections.DB).Agreements), "Agreements by id."},
	{"GET", "/v1/ledgers/{ledger}/pairings", list((*projections.DB).Pairings), "Pairings by id."},
	{"GET", "/v1/ledgers/{ledger}/indicators", list((*projections.DB).Indicators), "Results that were counted, by id."},
	{"GET", "/v1/ledgers/{ledger}/notes", list((*projections.DB).Notes), "Notes by id; their amounts are in no total."},
	{"GET", "/v1/ledgers/{ledger}/reported", (*Server).getReported, "Transactions that others published, in the order of the log."},
	{"GET", "/v1/ledgers/{ledger}/reported/totals", (*Server).getReportedTotals, "Their totals by year, type, system, activity, provider, receiver, flow, recipient or place."},
	{"GET", "/v1/ledgers/{ledger}/status", (*Server).getStatus, "The same as /v1/status."},

	{"GET", "/v1/status", (*Server).getStatus, "The log's end, how far each read model is, durability and versions."},
	{"POST", "/v1/rebuild", (*Server).postRebuild, "Makes all read models anew from the log."},
	{"POST", "/v1/verify", (*Server).postVerify, "Replays the log and compares every row of the read models."},
}

// mux returns the handler of all routes, with problems for paths and methods
// that do not exist.
func (s *Server) mux(all []route) *http.ServeMux {
	mux, paths := http.NewServeMux(), http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range all {
		mux.Handle(rt.method+" "+rt.path, s.answer(rt))
		if allowed[rt.path] == nil {
			paths.Handle(rt.path, http.NotFoundHandler())
		}
		allowed[rt.path] = append(allowed[rt.path], rt.method)
	}
	none := func(s *Server, _ Caller, w http.ResponseWriter, r *http.Request) error {
		_, pattern := paths.Handler(r)
		methods := allowed[pattern]
		if methods == nil {
			return newProblem("path_not_found", "there is nothing at this path", "GET /v1 lists the routes")
		}
		if slices.Contains(methods, "GET") {
			methods = append(slices.Clone(methods), "HEAD")
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return newProblem("method_not_allowed", r.Method+" is not possible here", "use "+strings.Join(methods, " or "))
	}
	mux.Handle("/", s.answer(route{handle: none}))
	return mux
}

func (s *Server) getRoutes(_ Caller, w http.ResponseWriter, r *http.Request) error {
	type line struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Doc    string `json:"doc"`
	}
	var lines []line
	for _, rt := range s.routes {
		lines = append(lines, line{rt.method, strings.TrimSuffix(rt.path, "{$}"), rt.doc})
	}
	return reply(w, http.StatusOK, map[string]any{"routes": lines})
}
