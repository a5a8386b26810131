package projections

import (
	"strings"
	"testing"

	"aidledger/domain"
)

// funded is a programme with the fund "f", of which p-0 has 1,000.
func funded(t *testing.T, log *memory) *programme {
	t.Helper()
	p := newProgramme(t, log, "one", 1)
	on := domain.Evidence{Date: dateOf("2020-05"), Document: "文 1"}
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "f", Provider: "org-0", Amount: amountOf("5000")}, Evidence: on})
	p.must(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "f", Amount: amountOf("4000")}, Evidence: on})
	p.must(&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "f", Amount: amountOf("1000")}, Project: "p-0", Evidence: on})
	return p
}

func TestRequestsShowWhoDidWhat(t *testing.T) {
	log := newMemory()
	p := funded(t, log)
	input := domain.RequestInput{FundAmount: domain.FundAmount{Fund: "f", Amount: amountOf("300")}, Project: "p-0", LastDay: dateOf("2030")}
	content := func(id domain.ID) string {
		return domain.RequestContent{Request: id, Fund: "f", Project: "p-0", Amount: domain.Money{Minor: 30000, Currency: "CNY"}, LastDay: dateOf("2030")}.Hash("")
	}
	for _, id := range []domain.ID{"r1", "r2", "r3"} {
		input.Request = id
		p.as("li", &domain.RequestDisbursement{RequestInput: input})
	}
	pay := &domain.DisburseFunds{FundAmount: input.FundAmount, Project: "p-0", Request: "r1"}
	p.as("wang", &domain.ApproveDisbursement{Request: "r1", Content: content("r1")})
	payment := p.as("zhao", pay)
	p.as("wang", &domain.ReverseEntry{Entry: payment, Reason: "wrong voucher"})
	payment = p.as("li", pay)
	p.as("wang", &domain.RejectDisbursement{Request: "r2", Reason: "no contract"})
	input.Amount = amountOf("200")
	p.as("qian", &domain.ChangeRequest{RequestInput: input})
	p.must(&domain.SetApprovalThreshold{Amount: amountOf("50")})
	p.close()
	db := open(t)
	r := running(t, db, log)
	reach(t, r)

	all, err := db.Requests(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(all.Rows) != 3 {
		t.Fatalf("%v %+v", err, all)
	}
	first := all.Rows[0]
	if first.State != "paid" || *first.Amount != "300.00" || first.RequestedBy != "li" || first.ApprovedBy != "wang" || first.PaidBy != "li" ||
		first.Payment != payment || first.LastDay.String() != "2030" || first.Content != content("r1") {
		t.Errorf("%+v", first)
	}
	var told []string
	for _, s := range first.Steps {
		told = append(told, s.Person+" "+s.Step)
	}
	if got := strings.Join(told, ", "); got != "li requested, wang approved, zhao paid, wang reversed, li paid" {
		t.Errorf("what happened is: %s", got)
	}
	if r3 := all.Rows[2]; r3.State != "requested" || *r3.Amount != "200.00" || r3.Content == content("r3") || r3.Steps[1].Person != "qian" {
		t.Errorf("%+v", r3)
	}
	waiting, err := db.Requests(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"state": "rejected"}})
	if err != nil || len(waiting.Rows) != 1 || waiting.Rows[0].Steps[1].Reason != "no contract" {
		t.Errorf("rejected: %v %+v", err, waiting.Rows)
	}
	same, err := db.SamePersonChains(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(same.Rows) != 1 || same.Rows[0].Request != "r1" {
		t.Errorf("the same person: %v %+v", err, same.Rows)
	}
	if _, err := db.Requests(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"x": "y"}}); !Is(err, BadQuery) {
		t.Errorf("an unknown filter: %v", err)
	}
	verified(t, r)
}
