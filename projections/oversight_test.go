package projections

import (
	"fmt"
	"strings"

	"aidledger/domain"
)

// audit publishes a report, draws a sample and changes the signing key.
func (p *programme) audit(own func(string) domain.ID) {
	p.t.Helper()
	at := domain.Checkpoint{Position: "1", Head: "h", Entries: 1, Root: "r"}
	p.must(&domain.PublishReport{Report: own("report"), Title: "t", ReportScope: domain.ReportScope{By: "year"}, Figures: &domain.ReportFigures{Checkpoint: at,
		Cells: []domain.ReportCell{{Key: "2018", Stage: domain.Spent, Amount: domain.Money{Minor: 1, Currency: "CNY"}}}}})
	sample := &domain.DrawSample{Sample: own("sample"), Size: 1, SampleScope: domain.SampleScope{Method: domain.SampleRecords, Seed: "1", Stage: "spent"}}
	if err := sample.From(at, []domain.SampleItem{{Entry: "e", Amount: domain.Money{Minor: 1, Currency: "CNY"}}}); err != nil {
		p.t.Fatal(err)
	}
	p.must(sample)
	p.role = domain.ServerRole
	p.must(&domain.IntroduceSigningKey{Key: string(own("key")), Since: 1})
	p.role = "owner"
}

// reconcile matches a line of a bank statement with the entry that paid it.
func (p *programme) reconcile(own func(string) domain.ID, payment string) {
	p.t.Helper()
	format := own("format")
	p.must(&domain.DefineStatementFormat{Format: format, Account: string(own("account")), Columns: []domain.StatementColumn{
		{Heading: "流水号", Field: "serial"}, {Heading: "日期", Field: "date"}, {Heading: "金额", Field: "amount"}}})
	line := p.must(&domain.RecordStatementLine{Format: format, Serial: "1", Paid: amountOf("10"), Evidence: domain.Evidence{Date: dateOf("2024-01-05")}})
	p.must(&domain.MatchStatementLine{Line: p.facts[line][0].(*domain.StatementLineRecorded).Line, Entry: payment})
}

// oversee lets everything happen once that people do to watch over each other,
// so that no read model of it stays empty.
func (p *programme) oversee() {
	p.t.Helper()
	own := func(what string) domain.ID { return domain.ID(fmt.Sprintf("%s-%d", what, p.count)) }
	on := domain.Evidence{Document: "文 9"}
	fund, project := own("watched"), own("project")
	p.must(&domain.RegisterProject{Project: project, Name: "Watched", Sector: "roads"})
	p.must(&domain.SetTargets{Project: project, Targets: []domain.Target{{Indicator: "people", Value: domain.WholeQuantity(100), Unit: "人"}}})
	p.must(&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: project}})
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: fund, Provider: "org-0", Amount: amountOf("5000")}, Evidence: on})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: fund, Amount: amountOf("5000")}, Evidence: on})
	p.must(&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: fund, Amount: amountOf("5000")}, Project: project})
	p.must(&domain.EarmarkFunds{Fund: fund, Purpose: "roads", Projects: []domain.NamedProject{{Project: project}}, Until: dateOf("2030-06"), Evidence: on})
	input := domain.RequestInput{FundAmount: domain.FundAmount{Fund: fund, Amount: amountOf("300")}, Project: project, Request: own("request")}
	p.must(&domain.SetApprovalThreshold{Amount: amountOf("100000000")})
	p.must(&domain.RequestDisbursement{RequestInput: input})
	content := domain.RequestContent{Request: input.Request, Fund: fund, Project: project, Amount: domain.Money{Minor: 30000, Currency: "CNY"}}
	p.as("checker", &domain.ApproveDisbursement{Request: input.Request, Content: content.Hash("")})
	p.must(&domain.DisburseFunds{FundAmount: input.FundAmount, Project: project, Request: input.Request})
	p.must(&domain.RaiseFinding{Finding: own("finding"), Severity: "major", Text: "no contract"})
	p.must(&domain.SetCheckThreshold{Threshold: "idle-days", Value: 100 + p.count})
	p.must(&domain.PublishNotice{Notice: own("notice"), Project: project, Place: "v-0", Amount: amountOf("300"), Contact: "12317",
		From: dateOf("2024-01-01"), To: dateOf("2024-01-20")})
	p.must(&domain.AddAttachment{Attachment: own("scan"), Name: "scan.pdf", MediaType: "application/pdf", Length: 3, SHA256: strings.Repeat("ab", 32)})
	p.audit(own)
	pay := &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: fund, Amount: amountOf("10")}, Project: project, Disbursement: own("paid")}
	person := &domain.RegisterBeneficiary{Beneficiary: own("person"), Kind: "person", Place: "v-0"}
	person.Name.Seal("sealed")
	person.IDNumber.Seal("sealed")
	p.reconcile(own, p.must(pay))
	p.must(person)
	p.must(&domain.SetBenefitStandard{Project: project, Amount: amountOf("5")})
	p.must(&domain.RecordBenefit{BenefitInput: domain.BenefitInput{Project: project, Period: dateOf("2023"), Disbursement: pay.Disbursement},
		BenefitLine: domain.BenefitLine{Beneficiary: person.Beneficiary, Amount: amountOf("6")}})
	p.must(&domain.CloseYear{Year: 1950})
	p.as("checker", &domain.AllowRestatement{Entry: fmt.Sprintf("%s-entry-%d", p.name, p.count+1), Year: 1950, LastDay: dateOf("2100"), Reason: "archive"})
	p.must(&domain.RegisterOrganisation{Organisation: own("old"), Name: "Old", Kind: "other", Evidence: domain.Evidence{Date: dateOf("1950")}})
	p.close()
}
