package access

// commands says which capability each command of the domain needs. To add a
// command, add its line; a test fails for one that has none.
var commands = map[string]Capability{
	"open-ledger":  OpenLedgers,
	"set-policy":   SetPolicies,
	"set-policies": SetPolicies,

	"set-approval-threshold":  SetPolicies,
	"set-check-threshold":     SetPolicies,
	"lift-approval-threshold": SetPolicies,

	"register-organisation": KeepRegister,
	"register-place":        KeepRegister,
	"register-project":      KeepRegister,
	"set-targets":           KeepRegister,
	"assign-places":         KeepRegister,
	"start-project":         KeepRegister,
	"sign-agreement":        KeepRegister,
	"establish-pairing":     KeepRegister,
	"end-pairing":           KeepRegister,

	"approve-project": ApproveProjects,
	"suspend-project": ApproveProjects,
	"resume-project":  ApproveProjects,
	"accept-project":  ApproveProjects,
	"cancel-project":  ApproveProjects,

	"pledge-funds":        RecordFunding,
	"lapse-pledge":        RecordFunding,
	"commit-funds":        RecordFunding,
	"increase-commitment": RecordFunding,
	"reduce-commitment":   RecordFunding,
	"receive-funds":       RecordFunding,

	"allocate-funds":   AllocateFunds,
	"reallocate-funds": AllocateFunds,
	"earmark-funds":    EarmarkFunds,
	"lift-earmark":     EarmarkFunds,

	"request-disbursement": RequestDisbursement,
	"change-request":       RequestDisbursement,
	"withdraw-request":     RequestDisbursement,
	"lapse-request":        RequestDisbursement,
	"approve-disbursement": ApproveDisbursement,
	"reject-disbursement":  ApproveDisbursement,

	"disburse-funds": DisburseFunds,
	"return-funds":   DisburseFunds,
	"carry-over":     DisburseFunds,

	"report-expenditure": ReportExpenditure,
	"receive-gift":       RecordGifts,
	"value-gift":         RecordGifts,
	"distribute-gift":    RecordGifts,
	"report-indicator":   ReportResults,
	"add-note":           WriteNotes,
	"reverse-entry":      CorrectEntries,
	"close-fund":         ClosePeriods,
	"close-year":         ClosePeriods,
	"allow-restatement":  ApproveDisbursement,

	"register-beneficiary": KeepBeneficiaries,
	"record-benefit":       KeepBeneficiaries,
	"record-benefits":      KeepBeneficiaries,
	"remove-beneficiary":   ForgetBeneficiaries,
	"restrict-beneficiary": ForgetBeneficiaries,
	"forget-beneficiary":   ForgetBeneficiaries,
	"set-benefit-standard": SetPolicies,

	"raise-finding":   RaiseFindings,
	"answer-finding":  AnswerFindings,
	"rectify-finding": AnswerFindings,
	"close-finding":   CloseFindings,
	"publish-notice":  PublishNotices,
	"withdraw-notice": PublishNotices,
	"publish-report":  PublishReports,
	"draw-sample":     RecordSamples,

	"adopt-ledger":          SetPolicies,
	"introduce-signing-key": SetPolicies,
	"move-ledger":           SetPolicies,
	"retire-signing-key":    SetPolicies,
	"add-attachment":        WriteNotes,

	"record-import":               ImportReports,
	"record-reported-transaction": ImportReports,
	"reverse-import":              CorrectEntries,

	"define-statement-format": ImportReports,
	"record-statement-line":   ImportReports,
	"match-statement-line":    ImportReports,
	"unmatch-statement-line":  CorrectEntries,
}

// OfCommand returns the capability that a command needs. A command that nobody
// gave one needs a capability that nobody has.
func OfCommand(name string) Capability {
	if c, ok := commands[name]; ok {
		return c
	}
	return "unknown"
}
