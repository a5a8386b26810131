package projections

import (
	"strconv"
	"testing"

	"aidledger/domain"
)

func TestRestatementsAreAList(t *testing.T) {
	log := newMemory()
	p := funded(t, log)
	p.must(&domain.CloseYear{Year: 2019})
	allow := func(entry string, amount string) {
		p.as("wang", &domain.AllowRestatement{Entry: entry, Year: 2019, Fund: "f", Amount: amountOf(amount), LastDay: dateOf("2100"), Reason: "archive"})
	}
	late := &domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "f", Amount: amountOf("7")}, Evidence: domain.Evidence{Date: dateOf("2019-03"), Note: "late"}}
	if _, err := p.give(late); err == nil {
		t.Fatal("a closed year took a receipt")
	}
	allow("one-entry-"+strconv.Itoa(p.count+1), "7")
	id := p.must(late)
	allow("never", "8")
	p.close()
	db := open(t)
	r := running(t, db, log)
	reach(t, r)
	got, err := db.Restatements(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"year": "2019"}})
	if err != nil || len(got.Rows) != 2 {
		t.Fatalf("%v %+v", err, got.Rows)
	}
	if v := got.Rows[1]; v.Restated != id || v.State != "recorded" || v.AllowedBy != "wang" || v.RecordedBy != "owner" || v.Reason != "archive" ||
		*v.Amount != "7.00" || v.Recorded.IsZero() {
		t.Errorf("%+v", v)
	}
	if v := got.Rows[0]; v.Restated != "never" || v.State != "allowed" || !v.Recorded.IsZero() {
		t.Errorf("%+v", v)
	}
	verified(t, r)

	for _, q := range []LateQuery{{}, {ClosedPeriod: true}, {Days: 36_000}, {Days: 36_000, Limit: 1}} {
		q.Ledger = "one"
		late, err := db.LatePostings(t.Context(), q)
		last := len(late.Rows) - 1
		if err != nil || last < 0 || late.Rows[last].Entry != id && q.Limit == 0 {
			t.Fatalf("%+v: %v, %+v", q, err, late)
		}
		if row := late.Rows[last]; row.ClosedYear != 2019 || row.AllowedBy != "wang" || row.Reason != "archive" || row.DaysLate < 365*4 {
			t.Errorf("%+v: %+v", q, row)
		}
		if (q.Days > 0 || q.ClosedPeriod) && late.Rows[0].ClosedYear == 0 {
			t.Errorf("%+v has %+v", q, late.Rows[0])
		}
	}
	approvals, err := db.Approvals(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"person": "wang"}})
	if err != nil || len(approvals.Rows) != 2 || approvals.Rows[0].What != "restatement-allowed" || approvals.Rows[0].Thing != id || approvals.Rows[0].Content != "archive" {
		t.Errorf("wang approved %+v, %v", approvals.Rows, err)
	}
}
