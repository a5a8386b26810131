package access

import "slices"

// Capability is one thing that a caller may be allowed to do.
type Capability string

// What a route can need besides a capability of its own.
const (
	Public    Capability = "public"     // nothing: anybody may ask
	SignedIn  Capability = "signed-in"  // a caller, whoever it is
	ByCommand Capability = "by-command" // the capability of each command in the request
)

// The capabilities to read.
const (
	ReadLedger        Capability = "read-ledger"
	ReadLog           Capability = "read-log"
	ReadBeneficiaries Capability = "read-beneficiaries"
	RevealBeneficiary Capability = "reveal-beneficiary"
	ReadAccessLog     Capability = "read-access-log"
	ReadStatus        Capability = "read-status"
	ReadMetrics       Capability = "read-metrics"
	Export            Capability = "export"
	Verify            Capability = "verify"
)

// The capabilities to write.
const (
	OpenLedgers         Capability = "open-ledgers"
	SetPolicies         Capability = "set-policies"
	KeepRegister        Capability = "keep-register"
	ApproveProjects     Capability = "approve-projects"
	RecordFunding       Capability = "record-funding"
	AllocateFunds       Capability = "allocate-funds"
	EarmarkFunds        Capability = "earmark-funds"
	RequestDisbursement Capability = "request-disbursement"
	ApproveDisbursement Capability = "approve-disbursement"
	DisburseFunds       Capability = "disburse-funds"
	ReportExpenditure   Capability = "report-expenditure"
	RecordGifts         Capability = "record-gifts"
	ReportResults       Capability = "report-results"
	WriteNotes          Capability = "write-notes"
	CorrectEntries      Capability = "correct-entries"
	ClosePeriods        Capability = "close-periods"
	ImportReports       Capability = "import-reports"
	KeepBeneficiaries   Capability = "keep-beneficiaries"
	ForgetBeneficiaries Capability = "forget-beneficiaries"
	RaiseFindings       Capability = "raise-findings"
	AnswerFindings      Capability = "answer-findings"
	CloseFindings       Capability = "close-findings"
	RecordSamples       Capability = "record-samples"
	PublishNotices      Capability = "publish-notices"
	PublishReports      Capability = "publish-reports"
	ManagePeople        Capability = "manage-people"
	Operate             Capability = "operate"
)

// Meaning is a capability and what it lets a caller do.
type Meaning struct {
	Capability Capability `json:"capability"`
	Doc        string     `json:"doc"`
}

// meanings lists every capability that can be granted.
var meanings = []Meaning{
	{ReadLedger, "Read totals, the journal, traces and lists."},
	{ReadLog, "Read the events as they are in the log."},
	{ReadBeneficiaries, "Read about beneficiaries, with numbers masked; each reading is recorded."},
	{RevealBeneficiary, "See one personal number of a beneficiary in full; recorded with the reason."},
	{ReadAccessLog, "Read who read what about beneficiaries, and who exported what."},
	{ReadStatus, "Read how the server is."},
	{ReadMetrics, "Read the figures for monitoring."},
	{Export, "Take data out as a file; recorded with the reason."},
	{Verify, "Replay the log and compare every row of the read models."},

	{OpenLedgers, "Open a ledger."},
	{SetPolicies, "Set thresholds and other policies of a ledger."},
	{KeepRegister, "Register organisations, places, projects, agreements and pairings."},
	{ApproveProjects, "Approve, suspend, accept and cancel projects."},
	{RecordFunding, "Record pledges, commitments and receipts."},
	{AllocateFunds, "Set funds aside for projects."},
	{EarmarkFunds, "Limit what a commitment is for, and lift the limit."},
	{RequestDisbursement, "Request a payment, and withdraw the request."},
	{ApproveDisbursement, "Approve or reject a payment that somebody else requested."},
	{DisburseFunds, "Record that money was paid out, paid back or carried over."},
	{ReportExpenditure, "Record what a project used money for."},
	{RecordGifts, "Record gifts in kind, their value and where they went."},
	{ReportResults, "Record results that are counted."},
	{WriteNotes, "Keep what a source says beside the ledger."},
	{CorrectEntries, "Reverse entries."},
	{ClosePeriods, "Close funds and years."},
	{ImportReports, "Record transactions that others report."},
	{KeepBeneficiaries, "Register beneficiaries and record what they received."},
	{ForgetBeneficiaries, "Restrict, remove and forget beneficiaries."},
	{RaiseFindings, "Raise findings."},
	{AnswerFindings, "Answer findings and record that they were rectified."},
	{CloseFindings, "Close findings."},
	{RecordSamples, "Record the samples of an audit."},
	{PublishNotices, "Publish and withdraw public notices."},
	{PublishReports, "Publish totals as a report, which freezes them."},
	{ManagePeople, "Add, change and disable people and their tokens."},
	{Operate, "Rebuild the read models."},
}

// Capabilities lists every capability that can be granted, with its meaning.
func Capabilities() []Meaning { return slices.Clone(meanings) }

// Known tells whether there is a capability of that name that can be granted.
func Known(c Capability) bool {
	return slices.ContainsFunc(meanings, func(m Meaning) bool { return m.Capability == c })
}
