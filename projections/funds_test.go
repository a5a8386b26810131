package projections

import (
	"testing"

	"aidledger/domain"
)

func TestAFundSaysWhatFundsItAfterWhatWasTakenBack(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	db := open(t)
	r := running(t, db, log)
	input := domain.FundInput{Fund: "main", Provider: "org-0", Amount: amountOf("100")}
	var committed, pledged string
	for _, step := range []struct {
		what  string
		do    func()
		basis string
	}{
		{"a pledge", func() { pledged = p.must(&domain.PledgeFunds{FundInput: input}) }, "pledge"},
		{"a commitment", func() {
			committed = p.must(&domain.CommitFunds{FundInput: input, Reimbursement: true, Evidence: domain.Evidence{Document: "文"}})
		}, "commitment"},
		{"the end of the commitment", func() { p.must(&domain.ReverseEntry{Entry: committed, Reason: "twice"}) }, "pledge"},
		{"the end of the pledge", func() { p.must(&domain.ReverseEntry{Entry: pledged, Reason: "never"}) }, ""},
		{"a receipt", func() { p.must(&domain.ReceiveFunds{FundInput: input}) }, "receipt"},
	} {
		step.do()
		p.close()
		reach(t, r)
		funds, err := db.Funds(t.Context(), ListQuery{Ledger: "one"})
		if err != nil || len(funds.Rows) != 1 {
			t.Fatalf("after %s: %v, %v", step.what, funds, err)
		}
		if f := funds.Rows[0]; f.Basis != step.basis || f.Reimbursement != (step.basis == "commitment") {
			t.Errorf("after %s the basis is %q, reimbursement %v", step.what, f.Basis, f.Reimbursement)
		}
	}
	verified(t, r)
}
