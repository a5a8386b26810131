package web

import (
	"aidledger/cmd/internal/checks"
	"aidledger/cmd/internal/exchange"
	"aidledger/domain"
	"aidledger/eventstore/feed"
	"aidledger/projections"
	"aidledger/projections/people"

	"github.com/go-json-experiment/json/jsontext"
)

// operation is what a description says about a route beside its line in the
// table of routes: the name by which programs call it, its parameters, and the
// types of what it takes and gives.
type operation struct {
	id      string
	tag     string
	params  string // names in parameters, separated by spaces
	takes   any    // nil: no body
	gives   any    // nil: no content
	file    bool   // takes or gives the bytes of a file, where it names no type
	text    bool   // gives plain text
	notes   bool   // takes signed notes or lines of them, as plain text
	lines   bool   // takes and gives are one line each of many
	created bool   // 201 instead of 200
}

// fileBody stands for a body that is a file and not JSON.
type fileBody struct{}

// operations describes every route under /v1 by method and path. A test compares
// the parameters with those that the handlers take, and every answer with its
// type.
var operations = map[string]operation{
	"GET /v1/openapi.json": {id: "getOpenAPI", tag: "server", gives: map[string]jsontext.Value{}},
	"GET /v1":              {id: "listRoutes", tag: "server", gives: routeTable{}},
	"GET /v1/commands":     {id: "listCommands", tag: "commands", gives: commandList{}},
	"POST /v1/ledgers/{ledger}/commands": {id: "recordBatch", tag: "commands", params: "command atomic dry_run wait",
		takes: commandLine{}, gives: LineResult{}, lines: true},

	"GET /v1/templates/{command}": {id: "getTemplate", tag: "files", params: "format", gives: fileBody{}},
	"POST /v1/ledgers/{ledger}/imports": {id: "importFile", tag: "files", params: "command dry_run file open_ledger sheet skip_bad statement system title unit wait",
		takes: fileBody{}, gives: ProgressLine[exchange.Report]{}, lines: true},
	"POST /v1/ledgers/{ledger}/imports/{import}/undo": {id: "undoImport", tag: "files", params: "dry_run reason skip_bad wait",
		gives: ProgressLine[exchange.UndoReport]{}, lines: true},
	"GET /v1/ledgers/{ledger}/imports":           listed[projections.Import]("listImports", ""),
	"GET /v1/ledgers/{ledger}/statement-formats": listed[projections.StatementFormat]("listStatementFormats", "format"),
	"GET /v1/ledgers/{ledger}/statement-lines":   listed[projections.StatementLine]("listStatementLines", "account open"),
	"GET /v1/ledgers/{ledger}/statement-lines/proposals": {id: "proposeStatementMatches", tag: "queries", params: "as_of effective_until wait_for",
		gives: projections.StatementMatches{}},
	"GET /v1/ledgers/{ledger}/statement-lines/differences": {id: "getStatementDifferences", tag: "queries", params: "as_of effective_until wait_for",
		gives: projections.StatementDifferences{}},
	"GET /v1/ledgers/{ledger}/exports/{view}": {id: "export", tag: "files", params: "as_of effective_until country format reason reporting_org reporting_ref sector wait_for", gives: fileBody{}},

	"GET /v1/ledgers":                               listed[projections.Ledger]("listLedgers", ""),
	"GET /v1/ledgers/{ledger}/organisations":        listed[projections.Organisation]("listOrganisations", ""),
	"GET /v1/ledgers/{ledger}/places":               listed[projections.Place]("listPlaces", ""),
	"GET /v1/ledgers/{ledger}/projects":             listed[projections.Project]("listProjects", ""),
	"GET /v1/ledgers/{ledger}/funds":                listed[projections.Fund]("listFunds", ""),
	"GET /v1/ledgers/{ledger}/gifts":                listed[projections.Gift]("listGifts", ""),
	"GET /v1/ledgers/{ledger}/agreements":           listed[projections.Agreement]("listAgreements", ""),
	"GET /v1/ledgers/{ledger}/pairings":             listed[projections.Pairing]("listPairings", ""),
	"GET /v1/ledgers/{ledger}/indicators":           listed[projections.Indicator]("listIndicators", ""),
	"GET /v1/ledgers/{ledger}/notes":                listed[projections.Note]("listNotes", ""),
	"GET /v1/ledgers/{ledger}/earmarks":             listed[projections.EarmarkedFund]("listEarmarks", "lapses_by"),
	"GET /v1/ledgers/{ledger}/requests":             listed[projections.Request]("listRequests", "state fund project requested_by approved_by paid_by"),
	"GET /v1/ledgers/{ledger}/requests/same-person": listed[projections.Request]("listSamePersonRequests", ""),
	"GET /v1/ledgers/{ledger}/restatements":         listed[projections.Restatement]("listRestatements", "year state"),

	"GET /v1/ledgers/{ledger}/findings":    listed[projections.Finding]("listFindings", "state open about severity check"),
	"GET /v1/ledgers/{ledger}/gaps":        listed[projections.ProjectGap]("listProjectGaps", ""),
	"GET /v1/ledgers/{ledger}/notices":     listed[Notice]("listNotices", "project place public_on ended_before"),
	"GET /v1/ledgers/{ledger}/attachments": listed[projections.Attachment]("listAttachments", "about entry"),
	"GET /v1/ledgers/{ledger}/beneficiaries": listed[projections.Beneficiary]("listBeneficiaries",
		"place state kind beneficiary entry why"),

	"POST /v1/ledgers/{ledger}/checks": {id: "runChecks", tag: "queries", gives: checks.Outcome{}},
	"POST /v1/ledgers/{ledger}/attachments": {id: "attachFile", tag: "commands", params: "attachment about entry name date document note wait",
		gives: recorded{}, file: true, created: true},
	"GET /v1/ledgers/{ledger}/attachments/{id}":           {id: "getFile", tag: "queries", params: "wait_for", file: true},
	"GET /v1/ledgers/{ledger}/people-helped":              {id: "countPeopleHelped", tag: "queries", params: "by as_of effective_until wait_for", gives: projections.HelpedList{}},
	"POST /v1/ledgers/{ledger}/beneficiaries/find":        {id: "findBeneficiary", tag: "queries", takes: FindForm{}, gives: FoundBeneficiary{}},
	"POST /v1/ledgers/{ledger}/beneficiaries/{id}/reveal": {id: "revealBeneficiary", tag: "queries", takes: RevealForm{}, gives: Revealed{}},

	"GET /v1/ledgers/{ledger}/totals": {id: "getTotals", tag: "queries", params: "by year currency key as_of effective_until limit after wait_for",
		gives: projections.Totals{}},
	"GET /v1/ledgers/{ledger}/journal": {id: "listMovements", tag: "queries",
		params: "fund project place provider payee disbursement entry stage without year budget_year late_days reversals newest as_of effective_until limit after wait_for",
		gives:  projections.Journal{}},
	"GET /v1/ledgers/{ledger}/trace/{id}": {id: "trace", tag: "queries", params: "as_of effective_until limit after wait_for", gives: projections.Trace{}},
	"GET /v1/ledgers/{ledger}/events":     {id: "listEvents", tag: "queries", params: "from to as_of effective_until after follow limit wait_for", gives: EventPage{}},
	"GET /v1/ledgers/{ledger}/reported": {id: "listReported", tag: "queries", params: "activity type year as_of effective_until limit after wait_for",
		gives: projections.ReportedPage{}},
	"GET /v1/ledgers/{ledger}/reported/totals": {id: "getReportedTotals", tag: "queries", params: "by year currency as_of effective_until limit after wait_for",
		gives: projections.ReportedTotals{}},

	"GET /v1/ledgers/{ledger}/status": {id: "getLedgerStatus", tag: "server", params: "wait_for", gives: Status{}},
	"GET /v1/status":                  {id: "getStatus", tag: "server", params: "wait_for", gives: Status{}},
	"POST /v1/rebuild/events":         {id: "rebuildEvents", tag: "server", gives: feed.Status{}},
	"POST /v1/rebuild":                {id: "rebuild", tag: "server", gives: ProgressLine[projections.Status]{}, lines: true},
	"POST /v1/verify":                 {id: "verify", tag: "server", notes: true, gives: ProgressLine[Verification]{}, lines: true},

	"GET /v1/backup/people":                             {id: "dumpPeople", tag: "server", gives: jsontext.Value{}, lines: true},
	"GET /v1/backup/vault":                              {id: "dumpVault", tag: "server", gives: jsontext.Value{}, lines: true},
	"GET /v1/blocks":                                    {id: "exportBlocks", tag: "server", params: "to", gives: jsontext.Value{}, lines: true},
	"GET /v1/ledgers/{ledger}/checkpoint":               {id: "getCheckpoint", tag: "proofs", params: "size wait_for", gives: Checkpoint{}},
	"POST /v1/ledgers/{ledger}/checkpoint":              {id: "signCheckpoint", tag: "proofs", params: "wait_for", gives: Checkpoint{}},
	"GET /v1/ledgers/{ledger}/checkpoint/consistency":   {id: "proveConsistency", tag: "proofs", params: "old size wait_for", gives: Proof{}},
	"GET /v1/ledgers/{ledger}/checkpoint/inclusion":     {id: "proveInclusion", tag: "proofs", params: "index size wait_for", gives: Proof{}},
	"GET /v1/ledgers/{ledger}/checkpoint/request":       {id: "requestCosignature", tag: "proofs", params: "old wait_for", gives: "", text: true},
	"POST /v1/ledgers/{ledger}/checkpoint/cosignatures": {id: "addCosignatures", tag: "proofs", params: "size wait_for", notes: true, gives: Checkpoint{}},
	"GET /v1/ledgers/{ledger}/checkpoints":              {id: "listCheckpoints", tag: "proofs", params: "size wait_for", gives: "", text: true},
	"GET /v1/ledgers/{ledger}/evidence":                 {id: "exportEvidence", tag: "proofs", params: "wait_for", file: true},
	"GET /v1/ledgers/{ledger}/keys":                     {id: "getKeys", tag: "proofs", params: "wait_for", gives: "", text: true},
	"GET /v1/ledgers/{ledger}/receipts/{id}":            {id: "getReceipt", tag: "proofs", params: "wait_for", gives: "", text: true},
	"GET /v1/ledgers/{ledger}/entries": {id: "exportEntries", tag: "proofs", params: "size fund project place provider year wait_for",
		gives: jsontext.Value{}, lines: true},
	"GET /v1/ledgers/{ledger}/why": {id: "why", tag: "queries", params: "fund project village provider stage year budget_year as_of effective_until limit after wait_for",
		gives: projections.Why{}},
	"GET /v1/ledgers/{ledger}/diff": {id: "diff", tag: "queries", params: "by from to effective_until wait_for", gives: projections.Diff{}},

	"GET /v1/ledgers/{ledger}/reports":           listed[projections.PublishedReport]("listReports", "by"),
	"GET /v1/ledgers/{ledger}/reports/{id}":      {id: "compareReport", tag: "audit", params: "as_of effective_until wait_for", gives: projections.Comparison{}},
	"GET /v1/ledgers/{ledger}/reports/{id}/cell": {id: "explainReportCell", tag: "audit", params: "key stage currency as_of effective_until wait_for", gives: projections.CellChanges{}},
	"GET /v1/ledgers/{ledger}/late-postings": {id: "listLatePostings", tag: "audit",
		params: "late_days closed_period as_of effective_until limit after wait_for", gives: projections.LatePostings{}},
	"GET /v1/ledgers/{ledger}/approvals":    listed[projections.Approval]("listApprovals", "person what thing"),
	"GET /v1/ledgers/{ledger}/samples":      listed[projections.Sample]("listSamples", "method stage"),
	"GET /v1/ledgers/{ledger}/samples/{id}": {id: "drawSampleAgain", tag: "audit", params: "as_of effective_until wait_for", gives: projections.SampleAgain{}},

	"POST /v1/sign-in":                          {id: "signIn", tag: "people", takes: SignInForm{}},
	"POST /v1/sign-out":                         {id: "signOut", tag: "people"},
	"POST /v1/invitations":                      {id: "acceptInvitation", tag: "people", takes: InvitationForm{}},
	"GET /v1/me":                                {id: "getMe", tag: "people", gives: Me{}},
	"POST /v1/me/password":                      {id: "changePassword", tag: "people", takes: PasswordForm{}},
	"POST /v1/me/second-factor":                 {id: "setSecondFactor", tag: "people", takes: SecondFactorForm{}, gives: SecondFactor{}},
	"GET /v1/me/tokens":                         {id: "listMyTokens", tag: "people", gives: TokenList{}},
	"POST /v1/me/tokens":                        {id: "makeMyToken", tag: "people", takes: TokenForm{}, gives: NewToken{}, created: true},
	"DELETE /v1/me/tokens/{token}":              {id: "revokeMyToken", tag: "people"},
	"GET /v1/roles":                             {id: "listRoles", tag: "people", gives: RoleTable{}},
	"GET /v1/people":                            {id: "listPeople", tag: "people", gives: PeopleList{}},
	"POST /v1/people":                           {id: "addPerson", tag: "people", takes: PersonForm{}, gives: Invited{}, created: true},
	"PUT /v1/people/{person}/role":              {id: "setRole", tag: "people", takes: RoleForm{}, gives: people.Person{}},
	"PUT /v1/people/{person}/disabled":          {id: "setDisabled", tag: "people", takes: DisabledForm{}, gives: people.Person{}},
	"POST /v1/people/{person}/invitation":       {id: "invite", tag: "people", gives: Invited{}},
	"POST /v1/people/{person}/subjects":         {id: "linkSubject", tag: "people", takes: SubjectForm{}, gives: people.Person{}},
	"GET /v1/people/{person}/tokens":            {id: "listTokens", tag: "people", gives: TokenList{}},
	"POST /v1/people/{person}/tokens":           {id: "makeToken", tag: "people", takes: TokenForm{}, gives: NewToken{}, created: true},
	"DELETE /v1/people/{person}/tokens/{token}": {id: "revokeToken", tag: "people"},
	"GET /v1/access-log":                        {id: "listAccesses", tag: "people", params: "person act ledger thing before limit", gives: AccessPage{}},
}

// tags are the groups of operations.
var tags = [][2]string{
	{"commands", "Record what happened. Every command has a path of its own."},
	{"files", "Bring files in, and take views out."},
	{"queries", "Read totals, movements, traces, registers and events."},
	{"people", "Who may sign in, and what they may do."},
	{"proofs", "Signed checkpoints, receipts, and what others verify them with."},
	{"audit", "Published reports and samples, and what became of them."},
	{"server", "How the server is, and what operators do."},
}

// listed is the operation of a list.
func listed[T any](id, filters string) operation {
	params := "as_of effective_until limit after wait_for"
	if filters != "" {
		params = filters + " " + params
	}
	return operation{id: id, tag: "queries", params: params, gives: projections.List[T]{}}
}

// parameter is one that a query string may have.
type parameter struct {
	name   string
	doc    string
	schema schema
}

var (
	textSchema = schema{"type": "string"}
	flagSchema = schema{"type": "boolean", "default": false}
	yearSchema = schema{"type": "integer", "minimum": 1949, "maximum": 2200}
	idSchema   = schema{"type": "string"}
	dateSchema = schema{"type": "string", "examples": []string{"2018-12-31", "2018-12", "2018"}}
	atSchema   = schema{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?$`}
)

// parameters lists every parameter of a query string.
var parameters = []parameter{
	{"account", "Only this account.", textSchema},
	{"about", "Only what is about this.", idSchema},
	{"act", "Only what is read, reveal, export, people or sign-in.", textSchema},
	{"activity", "Only this activity, as its publisher calls it.", textSchema},
	{"after", "Where the page before ended: its next.", textSchema},
	{"approved_by", "Only what this person approved.", textSchema},
	{"as_of", "Answer with what was recorded at or before a position, or is in the log before anything later than an instant (RFC 3339).", textSchema},
	{"atomic", "Record all lines or none.", flagSchema},
	{"attachment", "Id of the new attachment.", idSchema},
	{"before", "Only lines with a smaller number: next of the page before.", schema{"type": "integer", "minimum": 1}},
	{"budget_year", "Only money of this budget year.", yearSchema},
	{"beneficiary", "Only this beneficiary.", idSchema},
	{"by", "What each line stands for.", textSchema},
	{"check", "Only what this check found.", textSchema},
	{"closed_period", "Only what was recorded into a closed year.", flagSchema},
	{"command", "The command of lines that name none.", textSchema},
	{"country", "Country that a publication is about, as in ISO 3166; CN if left out.", textSchema},
	{"currency", "Only this currency, as in ISO 4217.", textSchema},
	{"date", "Effective date; today if left out.", dateSchema},
	{"disbursement", "Only this payment.", idSchema},
	{"document", "Number of the document.", textSchema},
	{"dry_run", "Decide, and record nothing.", flagSchema},
	{"effective_until", "Only what happened on or before this date.", dateSchema},
	{"ended_before", "Only what was public before this date and is no longer.", dateSchema},
	{"entry", "Only this entry.", textSchema},
	{"file", "Name of the file.", textSchema},
	{"follow", "Go on with what is recorded next, as JSON lines.", flagSchema},
	{"format", "csv, xlsx, json-lines or, of an export, parquet; json-lines if left out, and a workbook for a template.", textSchema},
	{"from", "The first position.", atSchema},
	{"fund", "Only this fund.", idSchema},
	{"index", "The entry with this number, from 0.", schema{"type": "integer", "minimum": 0}},
	{"key", "Only this line.", textSchema},
	{"kind", "Only this kind.", textSchema},
	{"lapses_by", "Only cash that nobody may spend after this date.", dateSchema},
	{"late_days", "Only what was recorded more than so many days after its date.", schema{"type": "integer", "minimum": 1}},
	{"ledger", "Only this ledger.", textSchema},
	{"limit", "The most rows of one answer.", schema{"type": "integer", "minimum": 1, "maximum": rowsMax, "default": rowsUsual}},
	{"method", "Only this method.", textSchema},
	{"name", "Name of the file.", textSchema},
	{"newest", "The newest first.", flagSchema},
	{"note", "Free text.", textSchema},
	{"open", "true: only what is not closed.", textSchema},
	{"open_ledger", "Open the ledger where it does not exist.", flagSchema},
	{"old", "How many entries the older tree has.", schema{"type": "integer", "minimum": 0}},
	{"paid_by", "Only what this person paid.", textSchema},
	{"payee", "Only what this organisation was paid.", idSchema},
	{"person", "Only what this person did.", textSchema},
	{"place", "Only this place.", idSchema},
	{"project", "Only this project.", idSchema},
	{"provider", "Only money of this organisation.", idSchema},
	{"public_on", "Only what is public on this date.", dateSchema},
	{"requested_by", "Only what this person requested.", textSchema},
	{"sector", "Sector of a publication, five digits of the DAC; 43040 if left out.", textSchema},
	{"severity", "Only this severity: minor, major or severe.", textSchema},
	{"reporting_org", "Organisation that publishes; the ledger itself if left out.", idSchema},
	{"reporting_ref", "Identifier of who publishes, as in the registry of IATI.", textSchema},
	{"reason", "What it is for, or why it was wrong; it is recorded.", textSchema},
	{"sheet", "Sheet of a workbook; the first one if left out.", textSchema},
	{"skip_bad", "Go on with the other rows where some are at fault.", flagSchema},
	{"reversals", "Only what takes an entry back.", flagSchema},
	{"size", "How many entries the tree has; the last one that was signed if left out.", schema{"type": "integer", "minimum": 0}},
	{"stage", "Only this stage.", textSchema},
	{"statement", "Format of the bank statement that the file is.", idSchema},
	{"state", "Only what is in this state.", textSchema},
	{"system", "Publisher of transactions that name none.", textSchema},
	{"thing", "Only what is about this.", textSchema},
	{"title", "Title of a new ledger.", textSchema},
	{"to", "The last position.", atSchema},
	{"type", "Only this type of transaction.", textSchema},
	{"unit", "Unit of the amounts in a table: 元, 万元 or 亿元.", textSchema},
	{"village", "Only this village.", idSchema},
	{"wait", "Answer when the read models show it.", flagSchema},
	{"wait_for", "Answer when the read models have reached this position.", atSchema},
	{"why", "What it is read for; recorded.", textSchema},
	{"what", "Only events of this type.", textSchema},
	{"without", "Leave this out.", textSchema},
	{"year", "Only this year.", yearSchema},
}

// pathParameters says what stands in a path.
var pathParameters = map[string]string{
	"ledger": "Name of the ledger.", "id": "Id of a fund, project, village, organisation or payment.",
	"command": "Name of a command.", "import": "Id of an import.", "view": "Name of a view: journal, funds, totals-by-year and so on.",
	"person": "Id of a person, or the name to sign in.", "token": "Id of a token, not its secret.",
}

// fieldSchema describes a field of a command.
func fieldSchema(f domain.Field) schema {
	s := schema{"description": f.Doc}
	switch f.Type {
	case "integer":
		s["type"] = "integer"
	case "yes/no":
		s["type"] = "boolean"
	case "quantity":
		s["type"] = []string{"string", "number"}
	case "list":
		s["type"], s["items"] = "array", fieldsSchema(f.Item)
	case "amount":
		s["type"], s["examples"] = "string", []string{"37210000", "3721万元", "37,210,000.00 CNY"}
	case "date":
		s["type"], s["examples"] = "string", []string{"2018-12-31"}
	case "note":
		s["type"], s["maxLength"] = "string", 2000
	default:
		s["type"], s["maxLength"] = "string", 200
	}
	if len(f.Enum) > 0 {
		s["enum"] = f.Enum
	}
	return s
}

func fieldsSchema(fields []domain.Field) schema {
	properties, required := schema{}, []string{}
	for _, f := range fields {
		properties[f.Name] = fieldSchema(f)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
