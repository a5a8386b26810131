package web

import (
	"net/http"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
)

// Handler answers one request of a caller whom the gate has let through. An
// error that it returns becomes a problem, as long as nothing was written.
type Handler func(s *Server, c access.Caller, w http.ResponseWriter, r *http.Request) error

// Route is one line of the API. Needs is what its caller must be allowed to do;
// where it is [access.ByCommand], the handler gives commands to Server.Record or
// to a batch, which ask for the capability of each.
type Route struct {
	Method string
	Path   string // a pattern of http.ServeMux
	Needs  access.Capability
	Handle Handler
	Doc    string
}

// routes is the whole API.
var routes = slices.Concat(ledgerRoutes, proofRoutes, auditRoutes, backupRoutes)

// ledgerRoutes is the API but for the proofs, which are in proofs.go, what
// auditors ask, which is in audit.go, and backups.
var ledgerRoutes = []Route{
	{"GET", "/livez", access.Public, (*Server).getLive, "Answers as long as the process does."},
	{"GET", "/readyz", access.Public, (*Server).getReady, "Answers 200 when the read models hold what the log held at the start."},

	{"GET", "/metrics", access.ReadMetrics, (*Server).getMetrics, "Figures for monitoring, in the text format of Prometheus."},
	{"GET", "/api", access.Public, (*Server).getAPIPage, "Describes the API to people."},
	{"GET", "/api.css", access.Public, (*Server).getAPIStyle, "The style of that page."},
	{"GET", "/v1/openapi.json", access.Public, (*Server).getOpenAPI, "Describes the API to programs (OpenAPI 3.1)."},

	{"GET", "/v1", access.SignedIn, (*Server).getRouteTable, "Lists these routes."},
	{"GET", "/v1/commands", access.SignedIn, (*Server).getCommands, "Lists the commands with their fields."},
	{"GET", "/v1/templates/{command}", access.SignedIn, (*Server).getTemplate, "An empty table for a command; ?format=csv, else a workbook."},
	{"POST", "/v1/ledgers/{ledger}/commands/{command}", access.ByCommand, (*Server).postCommand, "Records one command; needs an Idempotency-Key."},
	{"POST", "/v1/ledgers/{ledger}/commands", access.ByCommand, (*Server).postBatch, "Records JSON lines of commands in their order; ?atomic=true: all or none."},

	{"POST", "/v1/ledgers/{ledger}/imports", access.ByCommand, (*Server).postImport, "Imports the file in the body; ?dry_run=true shows what would happen."},
	{"POST", "/v1/ledgers/{ledger}/imports/{import}/undo", access.ByCommand, (*Server).postUndo, "Takes an import back as one; needs ?reason=."},
	{"GET", "/v1/ledgers/{ledger}/exports/{view}", access.Export, (*Server).getExport, "A view, the journal, the history or a publication (iati, iati-organisations) as a file; ?format=csv, xlsx, json-lines or parquet."},

	{"GET", "/v1/ledgers", access.ReadLedger, list((*projections.DB).Ledgers), "Lists the ledgers."},
	{"GET", "/v1/ledgers/{ledger}/totals", access.ReadLedger, (*Server).getTotals, "Totals by year, budget-year, project, village, provider or fund."},
	{"GET", "/v1/ledgers/{ledger}/journal", access.ReadLedger, (*Server).getJournal, "Movements of money, one row for each."},
	{"GET", "/v1/ledgers/{ledger}/trace/{id}", access.ReadLedger, (*Server).getTrace, "Where the money of a thing comes from and where it goes."},
	{"GET", "/v1/ledgers/{ledger}/events", access.ReadLog, (*Server).getEvents, "The events as they are in the log; ?follow=true goes on."},
	{"GET", "/v1/ledgers/{ledger}/organisations", access.ReadLedger, list((*projections.DB).Organisations), "Organisations by name."},
	{"GET", "/v1/ledgers/{ledger}/places", access.ReadLedger, list((*projections.DB).Places), "Places by code."},
	{"GET", "/v1/ledgers/{ledger}/projects", access.ReadLedger, list((*projections.DB).Projects), "Projects by name."},
	{"GET", "/v1/ledgers/{ledger}/funds", access.ReadLedger, list((*projections.DB).Funds), "Funds by id."},
	{"GET", "/v1/ledgers/{ledger}/gifts", access.ReadLedger, list((*projections.DB).Gifts), "Gifts in kind by id."},
	{"GET", "/v1/ledgers/{ledger}/agreements", access.ReadLedger, list((*projections.DB).Agreements), "Agreements by id."},
	{"GET", "/v1/ledgers/{ledger}/pairings", access.ReadLedger, list((*projections.DB).Pairings), "Pairings by id."},
	{"GET", "/v1/ledgers/{ledger}/indicators", access.ReadLedger, list((*projections.DB).Indicators), "Results that were counted, by id."},
	{"GET", "/v1/ledgers/{ledger}/notes", access.ReadLedger, list((*projections.DB).Notes), "Notes by id; their amounts are in no total."},
	{"GET", "/v1/ledgers/{ledger}/imports", access.ReadLedger, list((*projections.DB).Imports), "Files that were imported, by id."},
	{"GET", "/v1/ledgers/{ledger}/statement-formats", access.ReadLedger, list((*projections.DB).StatementFormats, "format"), "How the bank statements of accounts are read."},
	{"GET", "/v1/ledgers/{ledger}/statement-lines", access.ReadLedger, list((*projections.DB).StatementLines, "account", "open"), "Lines of bank statements; open=true: not accounted for."},
	{"GET", "/v1/ledgers/{ledger}/statement-lines/proposals", access.ReadLedger, (*Server).getStatementProposals, "Entries that may have moved the money of open lines."},
	{"GET", "/v1/ledgers/{ledger}/statement-lines/differences", access.ReadLedger, (*Server).getStatementDifferences, "What is in the statements or in the ledger and not in the other."},
	{"GET", "/v1/ledgers/{ledger}/reported", access.ReadLedger, (*Server).getReported, "Transactions that others published, in the order of the log."},
	{"GET", "/v1/ledgers/{ledger}/reported/totals", access.ReadLedger, (*Server).getReportedTotals, "Their totals by year, budget-year, type, system, activity, provider, receiver, flow, recipient or place."},
	{"GET", "/v1/ledgers/{ledger}/earmarks", access.ReadLedger, list((*projections.DB).Earmarks, "lapses_by"),
		"What the money of funds is for, and the cash left; lapses_by=DATE: only cash that nobody may spend after it."},
	{"GET", "/v1/ledgers/{ledger}/requests", access.ReadLedger, list((*projections.DB).Requests, "state", "fund", "project", "requested_by", "approved_by", "paid_by"),
		"Requests for payments by id, with who did what."},
	{"GET", "/v1/ledgers/{ledger}/requests/same-person", access.ReadLedger, list((*projections.DB).SamePersonChains),
		"Requests that were paid by who requested or approved them."},
	{"GET", "/v1/ledgers/{ledger}/restatements", access.ReadLedger, list((*projections.DB).Restatements, "year", "state"),
		"Entries in closed years that were allowed, and those that were recorded."},
	{"GET", "/v1/ledgers/{ledger}/findings", access.ReadLedger, list((*projections.DB).Findings, "state", "open", "about", "severity", "check"),
		"What was found wrong, by id, with who did what about it."},
	{"POST", "/v1/ledgers/{ledger}/checks", access.RaiseFindings, (*Server).postChecks, "Looks for what is odd, raises it as findings, and closes those whose facts changed."},
	{"GET", "/v1/ledgers/{ledger}/gaps", access.ReadLedger, list((*projections.DB).ProjectGaps), "Projects that lack evidence which they need."},
	{"GET", "/v1/ledgers/{ledger}/notices", access.ReadLedger, list(notices, "project", "place", "public_on", "ended_before"),
		"Public notices; public_on=DATE: those of a day, ended_before=DATE: the archive."},
	{"GET", "/v1/ledgers/{ledger}/attachments", access.ReadLedger, list((*projections.DB).Attachments, "about", "entry"), "Files that prove something, by id."},
	{"POST", "/v1/ledgers/{ledger}/attachments", access.ByCommand, (*Server).postAttachment,
		"Stores the body as a file: ?attachment=ID&name=NAME&about=ID; needs an Idempotency-Key."},
	{"GET", "/v1/ledgers/{ledger}/attachments/{id}", access.ReadLedger, (*Server).getAttachment, "The bytes of a file, compared with the hash in the log."},
	{"GET", "/v1/ledgers/{ledger}/people-helped", access.ReadLedger, (*Server).getPeopleHelped, "How many people were helped, each counted once, by village, project or year."},
	{"GET", "/v1/ledgers/{ledger}/beneficiaries", access.ReadBeneficiaries, (*Server).getBeneficiaries,
		"Beneficiaries by pseudonym, with what is personal masked; ?why=REASON, each reading is recorded."},
	{"POST", "/v1/ledgers/{ledger}/beneficiaries/find", access.ReadBeneficiaries, (*Server).postFind, "The pseudonym of whoever has a citizen's number; recorded with the reason."},
	{"POST", "/v1/ledgers/{ledger}/beneficiaries/{id}/reveal", access.RevealBeneficiary, (*Server).postReveal,
		"One field of a beneficiary in full; recorded with the reason."},
	{"GET", "/v1/ledgers/{ledger}/status", access.ReadStatus, (*Server).getStatus, "The same as /v1/status."},

	{"GET", "/v1/status", access.ReadStatus, (*Server).getStatus, "The log's end, how far each read model is, durability and versions."},
	{"POST", "/v1/rebuild", access.Operate, (*Server).postRebuild, "Makes all read models anew from the log."},
	{"POST", "/v1/rebuild/events", access.Operate, (*Server).postRebuildEvents, "Sends all events again on their NATS subjects, from the first one on."},
	{"POST", "/v1/verify", access.Verify, (*Server).postVerify, "Replays the log and compares every row of the read models."},
}

// mux returns the handler of all routes, with problems for paths and methods
// that do not exist.
func (s *Server) mux() *http.ServeMux {
	mux, paths := http.NewServeMux(), http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range s.routes {
		mux.Handle(rt.Method+" "+rt.Path, s.answer(rt))
		if allowed[rt.Path] == nil {
			paths.Handle(rt.Path, http.NotFoundHandler())
		}
		allowed[rt.Path] = append(allowed[rt.Path], rt.Method)
	}
	none := func(s *Server, _ access.Caller, w http.ResponseWriter, r *http.Request) error {
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
	nothing := func(needs access.Capability) http.Handler { return s.answer(Route{Needs: needs, Handle: none}) }
	mux.Handle("/", nothing(access.Public))
	mux.Handle("/v1/", nothing(access.SignedIn)) // a stranger does not learn what is there
	return mux
}

// routeTable is the table of routes as programs read it.
type routeTable struct {
	Routes []routeLine `json:"routes"`
}

type routeLine struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Needs  access.Capability `json:"needs"`
	Doc    string            `json:"doc"`
}

func (s *Server) getRouteTable(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	var table routeTable
	for _, rt := range s.routes {
		table.Routes = append(table.Routes, routeLine{rt.Method, strings.TrimSuffix(rt.Path, "{$}"), rt.Needs, rt.Doc})
	}
	return reply(w, http.StatusOK, table)
}
