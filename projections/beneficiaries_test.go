package projections

import (
	"testing"

	"aidledger/domain"
)

func TestPeopleAreCountedOnceHoweverOftenTheyWereHelped(t *testing.T) {
	log := newMemory()
	p := funded(t, log)
	register := func(id, place domain.ID, kind string) {
		c := &domain.RegisterBeneficiary{Beneficiary: id, Kind: kind, Place: place}
		c.Name.Seal("sealed name")
		c.IDNumber.Seal("sealed number")
		p.must(c)
	}
	register("b-1", "v-0", "person")
	register("b-2", "v-0", "person")
	register("b-3", "v-1", "household")
	p.must(&domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "f", Amount: amountOf("500")}, Project: "p-0", Disbursement: "d"})
	give := func(period string, ids ...domain.ID) string {
		c := &domain.RecordBenefits{BenefitInput: domain.BenefitInput{Project: "p-0", Period: dateOf(period), Disbursement: "d"}}
		for _, id := range ids {
			c.Benefits = append(c.Benefits, domain.BenefitLine{Beneficiary: id, Amount: amountOf("10")})
		}
		return p.must(c)
	}
	give("2021", "b-1", "b-2", "b-3")
	give("2022", "b-1", "b-3")
	wrong := give("2023", "b-2")
	p.must(&domain.ReverseEntry{Entry: wrong, Reason: "wrong"})
	p.must(&domain.RemoveBeneficiary{BeneficiaryStep: domain.BeneficiaryStep{Beneficiary: "b-3", Reason: "moved"}})
	register("b-3", "v-0", "household")
	p.must(&domain.RestrictBeneficiary{BeneficiaryStep: domain.BeneficiaryStep{Beneficiary: "b-2", Reason: "asked"}})
	p.must(&domain.ForgetBeneficiary{BeneficiaryStep: domain.BeneficiaryStep{Beneficiary: "b-1", Reason: "asked"}})
	p.close()
	db := open(t)
	r := running(t, db, log)
	reach(t, r)
	for by, want := range map[string]map[string][3]int64{
		"year":    {"2021": {2, 1, 3}, "2022": {1, 1, 2}},
		"village": {"v-0": {2, 0, 3}, "v-1": {0, 1, 2}},
		"project": {"p-0": {2, 1, 5}},
	} {
		got, err := db.PeopleHelped(t.Context(), "one", by)
		if err != nil || len(got.Rows) != len(want) {
			t.Fatalf("by %s: %v %+v", by, err, got.Rows)
		}
		for _, row := range got.Rows {
			if w := want[row.Key]; row.Persons != w[0] || row.Households != w[1] || row.Benefits != w[2] {
				t.Errorf("by %s: %+v, want %v", by, row, w)
			}
			if by == "year" {
				continue
			}
			for _, as := range []AsOf{{}, {EffectiveUntil: dateOf("2199")}} { // looked up, and counted over all benefits
				trace, err := db.Trace(t.Context(), TraceQuery{Ledger: "one", ID: row.Key, AsOf: as})
				if err != nil || len(trace.Helped) != 1 || trace.Helped[0].Persons != row.Persons || trace.Helped[0].Households != row.Households ||
					trace.Helped[0].Benefits != row.Benefits || *trace.Helped[0].Amount != *row.Amount {
					t.Errorf("the trace of %s as of %+v says %+v, %v", row.Key, as, trace.Helped, err)
				}
			}
		}
		if all := got.Together[0]; all.Persons != 2 || all.Households != 1 || *all.Amount != "50.00" {
			t.Errorf("by %s together: %+v", by, all)
		}
	}
	if _, err := db.PeopleHelped(t.Context(), "one", "name"); !Is(err, BadQuery) {
		t.Errorf("by name: %v", err)
	}
	shown, err := db.Beneficiaries(t.Context(), ListQuery{Ledger: "one"})
	if err != nil || len(shown.Rows) != 1 || shown.Rows[0].Beneficiary != "b-3" || shown.Rows[0].Place != "v-0" || shown.Rows[0].State != "registered" {
		t.Errorf("shown: %v %+v", err, shown.Rows)
	}
	gone, err := db.Beneficiaries(t.Context(), ListQuery{Ledger: "one", Filter: map[string]string{"state": "forgotten"}})
	if err != nil || len(gone.Rows) != 1 || gone.Rows[0].Name+gone.Rows[0].IDNumber != "" {
		t.Errorf("forgotten: %v %+v", err, gone.Rows)
	}
	verified(t, r)
}
