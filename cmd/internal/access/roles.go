package access

import "slices"

// Role is a name for a set of capabilities.
type Role struct {
	Name         string       `json:"name"`
	Doc          string       `json:"doc"`
	Capabilities []Capability `json:"capabilities"`
}

// Owner is the role of whoever holds the token of the server itself. It has
// every capability, and no person can have it.
const Owner = "owner"

// The shipped roles.
const (
	FinanceOfficer = "finance-officer"
	Supervisor     = "supervisor"
	Auditor        = "auditor"
	Administrator  = "administrator"
)

var roles = []Role{
	{FinanceOfficer, "Records and requests.", []Capability{
		ReadLedger, ReadLog, ReadBeneficiaries, RevealBeneficiary, ReadStatus, Export,
		KeepRegister, RecordFunding, AllocateFunds, EarmarkFunds, RequestDisbursement, DisburseFunds, ReportExpenditure, RecordGifts,
		ReportResults, WriteNotes, CorrectEntries, ClosePeriods, ImportReports, KeepBeneficiaries, ForgetBeneficiaries,
		AnswerFindings, PublishNotices, PublishReports,
	}},
	{Supervisor, "Approves, raises findings and traces.", []Capability{
		ReadLedger, ReadLog, ReadBeneficiaries, RevealBeneficiary, ReadAccessLog, ReadStatus, Export, Verify,
		OpenLedgers, SetPolicies, ApproveProjects, ApproveDisbursement, RaiseFindings, CloseFindings, PublishReports,
	}},
	{Auditor, "Reads everything, replays and verifies; writes nothing but samples and findings.", []Capability{
		ReadLedger, ReadLog, ReadBeneficiaries, ReadAccessLog, ReadStatus, Export, Verify, RaiseFindings, RecordSamples,
	}},
	{Administrator, "Manages people and the server, and never touches money.", []Capability{
		ReadAccessLog, ReadStatus, ReadMetrics, ManagePeople, Operate,
	}},
}

// Roles lists the shipped roles.
func Roles() []Role { return slices.Clone(roles) }

// LookupRole returns the role of that name.
func LookupRole(name string) (Role, bool) {
	i := slices.IndexFunc(roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return roles[i], true
}

// Grants returns the capabilities of a role, without limits.
func (r Role) Grants() map[Capability]Limit {
	grants := make(map[Capability]Limit, len(r.Capabilities))
	for _, c := range r.Capabilities {
		grants[c] = Limit{}
	}
	return grants
}
