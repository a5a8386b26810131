package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestFundsAreOpenedByTheirFirstEntry(t *testing.T) {
	t.Run("a pledge", func(t *testing.T) {
		c := pledge("new", "100", "2018-03-05")
		c.Purpose, c.Approximate = "roads", true
		given(t, opened()...).when(c).then(&domain.FundsPledged{FundFacts: facts("new"), Evidence: on("2018-03-05"),
			Amount: yuan(100), Purpose: "roads", Approximate: true})
	})
	t.Run("a commitment, with all that may be said about it", func(t *testing.T) {
		c := commit("new", "3721万元", "2018-03-05")
		c.Purpose, c.Approximate, c.Reimbursement, c.BudgetYear, c.SourceReference, c.Note = "roads", true, true, 2019, "p. 3", "a\nb"
		e := by("doc-1", "2018-03-05")
		e.SourceReference, e.Note = "p. 3", "a\nb"
		given(t, opened()...).when(c).then(&domain.FundsCommitted{
			FundFacts: domain.FundFacts{Fund: "new", Provider: "haidian", BudgetYear: 2019}, Evidence: e,
			Amount: yuan(37_210_000), Purpose: "roads", Approximate: true, Reimbursement: true})
	})
	t.Run("a receipt is funding of its own", func(t *testing.T) {
		f := facts("new")
		f.OnReceipt = true
		event := &domain.FundsReceived{FundFacts: f, Evidence: on("2018-03"), Amount: yuan(100)}
		given(t, opened()...).when(receive("new", "100", "2018-03")).then(event)
		want := []domain.Stage{domain.Received, domain.Recognised}
		for i, m := range domain.Movements(event) {
			if m.Stage != want[i] || m.Money != yuan(100) || !m.OnReceipt {
				t.Errorf("movement %d is %+v", i, m)
			}
		}
	})
	t.Run("a receipt fulfils a commitment", func(t *testing.T) {
		given(t, programme()...).when(receive("f", "1", "2018-04-02")).
			then(&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2018-04-02"), Amount: yuan(1)})
	})
	t.Run("a receipt after a pledge is funding of its own", func(t *testing.T) {
		f := facts("new")
		f.OnReceipt = true
		given(t, opened()...).and(pledge("new", "100", "2018-03-05")).when(receive("new", "30", "2018-04")).
			then(&domain.FundsReceived{FundFacts: f, Evidence: on("2018-04"), Amount: yuan(30)})
	})
	t.Run("a commitment after a pledge, with the facts of the pledge", func(t *testing.T) {
		c := commit("new", "100", "2019-03-05")
		c.Provider = ""
		given(t, opened()...).and(pledge("new", "100", "2018-03-05")).when(c).
			then(&domain.FundsCommitted{FundFacts: facts("new"), Evidence: by("doc-1", "2019-03-05"), Amount: yuan(100)})
	})
	t.Run("an amount in another currency opens a fund in that currency", func(t *testing.T) {
		f := facts("new")
		f.OnReceipt = true
		given(t, opened()...).when(receive("new", "12.345 KWD", "2018-03-05")).
			then(&domain.FundsReceived{FundFacts: f, Evidence: on("2018-03-05"), Amount: domain.Money{Minor: 12345, Currency: "KWD"}})
	})
	t.Run("today, when no date is given", func(t *testing.T) {
		f := domain.FundFacts{Fund: "new", Provider: "haidian", BudgetYear: 2020}
		given(t, opened()...).when(&domain.PledgeFunds{FundInput: input("new", "1")}).
			then(&domain.FundsPledged{FundFacts: f, Evidence: on("2020-06-15"), Amount: yuan(1)})
	})
}

func TestFundsAreRefused(t *testing.T) {
	with := func(c *domain.ReceiveFunds, change func(*domain.ReceiveFunds)) *domain.ReceiveFunds {
		change(c)
		return c
	}
	refusals(t, programme(), []refusal{
		{"a pledge under an id that is taken", nil, pledge("f", "1", "2018-04"), "id_taken", "fund", []string{"id=f", "noun=fund"}},
		{"a pledge under the id of a project", nil, pledge("road", "1", "2018-04"), "id_taken", "fund", []string{"id=road", "noun=project"}},
		{"a receipt under the id of a project", nil, receive("road", "1", "2018-04"), "fund_expected", "fund", []string{"id=road", "noun=project"}},
		{"a new fund without a provider", nil, with(receive("new", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.Provider = "" }),
			"field_required", "provider", []string{"fund=new"}},
		{"a provider that is unknown, before date and amount", nil,
			with(receive("new", "0", "2030"), func(c *domain.ReceiveFunds) { c.Provider = "nobody" }),
			"organisation_not_found", "provider", []string{"id=nobody"}},
		{"a provider that is a place", nil, with(receive("new", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.Provider = east }),
			"organisation_expected", "provider", []string{"id=130732100201", "noun=place"}},
		{"another provider than the fund's", nil, with(receive("f", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.Provider = "bureau" }),
			"fund_exists", "provider", []string{"provider=haidian"}},
		{"another budget year than the fund's", nil, with(receive("f", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.BudgetYear = 2019 }),
			"fund_exists", "budget_year", []string{"budget_year=2018"}},
		{"a budget year that is none", nil, with(receive("new", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.BudgetYear = -1 }),
			"budget_year_range", "budget_year", []string{"budget_year=-1"}},
		{"a budget year that is far away", nil, with(receive("new", "1", "2018-04"), func(c *domain.ReceiveFunds) { c.BudgetYear = 2201 }),
			"budget_year_range", "budget_year", []string{"budget_year=2201"}},
		{"nothing", nil, receive("f", "0", "2018-04"), "amount_not_positive", "amount", []string{"amount=0.00 CNY"}},
		{"minus nothing", nil, receive("f", "-0", "2018-04"), "amount_not_positive", "amount", []string{"amount=0.00 CNY"}},
		{"less than nothing", nil, receive("f", "-5", "2018-04"), "amount_not_positive", "amount", []string{"amount=-5.00 CNY"}},
		{"less than a fen", nil, receive("f", "0.001", "2018-04"), "amount_precision", "amount", nil},
		{"less than a yen", nil, receive("new", "0.5 JPY", "2018-04"), "amount_precision", "amount", nil},
		{"more than a ledger holds", nil, receive("f", "90071992547409.92", "2018-04"), "amount_too_large", "amount",
			[]string{"limit_minor=9007199254740991"}},
		{"an amount that names another currency", nil, receive("f", "5 USD", "2018-04"), "currency_mismatch", "amount", nil},
		{"a currency that is not the fund's", nil, with(receive("f", "5", "2018-04"), func(c *domain.ReceiveFunds) { c.Currency = "USD" }),
			"currency_mismatch", "currency", []string{"given=USD", "expected=CNY"}},
		{"a currency that is not the amount's", nil, with(receive("new", "5 USD", "2018-04"), func(c *domain.ReceiveFunds) { c.Currency = "CNY" }),
			"currency_mismatch", "amount", nil},
	})
}

func TestCommitmentsAreRefused(t *testing.T) {
	twice := receive("donation", "5", "2018-04")
	twice.SourceReference = "bank 1"
	undocumented, unchanged := commit("new", "1", "2018-04"), increase("f", "1", "2018-04")
	undocumented.Document, unchanged.Document = "", ""
	refusals(t, programme(), []refusal{
		{"without a document number", nil, undocumented, "document_required", "document", nil},
		{"twice", nil, commit("f", "1", "2018-04"), "fund_committed", "fund", []string{"committed=1000.00 CNY"}},
		{"twice, although the first was reduced to nothing", []domain.Command{reduce("f", "600", "2018-05"), reallocate("f", "road", "", "400", "2018-06"), reduce("f", "400", "2018-07")},
			commit("f", "1", "2018-08"), "fund_committed", "fund", []string{"committed=0.00 CNY"}},
		{"a fund that is funded by its receipts", []domain.Command{twice}, commit("donation", "5", "2018-05"),
			"fund_by_receipt", "fund", []string{"received=5.00 CNY"}},
		{"the same source reference again", []domain.Command{twice}, twice,
			"source_reference_used", "source_reference", []string{"source_reference=bank 1"}},
		{"an increase of an unknown fund, before its date", nil, increase("new", "1", "2030"), "fund_not_found", "fund", []string{"id=new"}},
		{"an increase of what was never committed", []domain.Command{twice}, increase("donation", "1", "2018-05"), "not_committed", "fund", []string{"fund=donation"}},
		{"an increase of what was only pledged", []domain.Command{pledge("p", "1", "2018")}, increase("p", "1", "2018-05"), "not_committed", "fund", []string{"fund=p"}},
		{"an increase without a document number", nil, unchanged, "document_required", "document", nil},
		{"an increase before the fund was opened", nil, increase("f", "1", "2018-03-04"), "date_before_commitment", "date",
			[]string{"date=2018-03-04", "opened=2018-03-05"}},
		{"a reduction below what is allocated", nil, reduce("f", "600.01", "2018-06"), "below_allocated", "amount",
			[]string{"allocated=400.00 CNY", "committed=1000.00 CNY", "unallocated=600.00 CNY"}},
		{"a reduction of money that was handed on", []domain.Command{commit("g", "1", "2019"), carry("f", "g", "600", "2019-01-02")}, reduce("f", "0.01", "2019-02"),
			"below_allocated", "amount", []string{"allocated=400.00 CNY", "committed=1000.00 CNY", "unallocated=0.00 CNY"}},
	})
}

func TestACommitmentIsChanged(t *testing.T) {
	s := given(t, programme()...)
	s.when(increase("f", "0.01", "2018-06")).
		then(&domain.CommitmentIncreased{FundFacts: facts("f"), Evidence: by("doc-2", "2018-06"), Amount: cny(1)})
	s.when(reduce("f", "600.01", "2018-06")).
		then(&domain.CommitmentReduced{FundFacts: facts("f"), Evidence: by("doc-3", "2018-06"), Amount: cny(60001)})
	s.when(reduce("f", "0.01", "2018-06")).refused("below_allocated", "amount",
		"allocated=400.00 CNY", "committed=400.00 CNY", "unallocated=0.00 CNY")
	if got := sums(s.events)[sumKey{domain.Committed, "f", "", "", "CNY"}]; got != 40000 {
		t.Errorf("committed are %d fen", got)
	}
}

func TestAPledgeLapses(t *testing.T) {
	lapse := func(fund domain.ID, date string) *domain.LapsePledge {
		return &domain.LapsePledge{Fund: fund, Evidence: on(date)}
	}
	s := given(t, opened()...).and(pledge("p", "100", "2018-03-05"), commit("p", "70", "2018-04"), receive("p", "80", "2018-05"))
	s.when(lapse("p", "2018-03-04")).refused("date_before_commitment", "date", "date=2018-03-04", "opened=2018-03-05")
	s.when(lapse("p", "2018-12")).then(&domain.PledgeLapsed{FundFacts: facts("p"), Evidence: on("2018-12"), Amount: yuan(20)})
	s.when(lapse("p", "2018-12")).refused("nothing_to_lapse", "fund", "pledged=80.00 CNY")
	s.when(lapse("q", "2030")).refused("fund_not_found", "fund", "id=q")
	s.when(reversal(11)).refused("entry_in_use", "entry", "fund=p", "pledged=-20.00 CNY")
	s.and(reversal(s.told)).when(reversal(11)).then(
		&domain.EntryReversed{Evidence: on("2018-03-05"), Entry: "e11", Reason: "entered twice"},
		&domain.FundsPledged{FundFacts: facts("p"), Correction: domain.Correction{Reverses: "e11"}, Evidence: on("2018-03-05"), Amount: yuan(-100)})
}

func TestAFundIsOpenFromItsEarliestDate(t *testing.T) {
	s := given(t, opened()...).and(receive("p", "10", "2018-05-10"))
	s.and(approvedProject("road")...).and(allocate("p", "road", "10", "2018-05-10"))
	s.when(disburse("p", "road", "1", "2018-05-09")).refused("date_before_commitment", "date", "date=2018-05-09", "opened=2018-05-10")
	s.and(receive("p", "10", "2018-05-08"), disburse("p", "road", "1", "2018-05-09"))
	s.when(disburse("p", "road", "1", "2018-05-07")).refused("date_before_commitment", "date", "date=2018-05-07", "opened=2018-05-08")
	s.and(disburse("p", "road", "1", "2018-05"), disburse("p", "road", "1", "2018")) // it may have been on a later day
	s.when(disburse("p", "road", "1", "2018-04")).refused("date_before_commitment", "date", "date=2018-04", "opened=2018-05-08")
}

func TestAFundIsFundedAnewAfterAReversal(t *testing.T) {
	t.Run("by a commitment, when every receipt was taken back", func(t *testing.T) {
		s := given(t, opened()...).and(receive("p", "10", "2018-01"), receive("p", "20", "2018-02"), reversal(11))
		s.when(commit("p", "30", "2018-03")).refused("fund_by_receipt", "fund", "received=20.00 CNY")
		s.and(reversal(12)).when(commit("p", "30", "2018-03")).
			then(&domain.FundsCommitted{FundFacts: facts("p"), Evidence: by("doc-1", "2018-03"), Amount: yuan(30)})
		s.when(receive("p", "5", "2018-04")).then(&domain.FundsReceived{FundFacts: facts("p"), Evidence: on("2018-04"), Amount: yuan(5)})
		s.when(increase("p", "5", "2018-02")).refused("date_before_commitment", "date", "date=2018-02", "opened=2018-03")
	})
	t.Run("by a receipt, when its commitment was taken back", func(t *testing.T) {
		f := facts("p")
		f.OnReceipt = true
		s := given(t, opened()...).and(commit("p", "30", "2018-03"), reversal(11))
		s.when(increase("p", "5", "2018-04")).refused("not_committed", "fund", "fund=p")
		s.when(receive("p", "5", "2018-04")).then(&domain.FundsReceived{FundFacts: f, Evidence: on("2018-04"), Amount: yuan(5)})
	})
	t.Run("by the right commitment, while receipts stand", func(t *testing.T) {
		s := given(t, opened()...).and(commit("p", "30", "2018-03"), receive("p", "10", "2018-04"), reversal(11))
		s.when(increase("p", "5", "2018-05")).refused("not_committed", "fund", "fund=p")
		s.when(receive("p", "5", "2018-05")).then(&domain.FundsReceived{FundFacts: facts("p"), Evidence: on("2018-05"), Amount: yuan(5)})
		s.and(commit("p", "40", "2018-03"))
	})
	t.Run("as it was pledged, when the wrong pledge was taken back", func(t *testing.T) {
		s := given(t, opened()...).and(pledge("p", "30", "2018-03"), reversal(11))
		s.when(pledge("p", "40", "2018-03")).then(&domain.FundsPledged{FundFacts: facts("p"), Evidence: on("2018-03"), Amount: yuan(40)})
	})
	t.Run("but never by another provider", func(t *testing.T) {
		c := commit("p", "30", "2018-03")
		c.Provider = "bureau"
		given(t, opened()...).and(commit("p", "30", "2018-03"), reversal(11)).when(c).refused("fund_exists", "provider", "provider=haidian")
	})
	t.Run("not while the commitment was changed since", func(t *testing.T) {
		s := given(t, opened()...).and(commit("p", "30", "2018-03"), increase("p", "5", "2018-04"), reduce("p", "5", "2018-05"))
		s.when(reversal(11)).refused("entry_in_use", "entry", "changes=2", "fund=p")
		s.and(reversal(13), reversal(12), reversal(11))
	})
	t.Run("and pays on account of results only if that is said again", func(t *testing.T) {
		first := commit("f", "30", "2018-03")
		first.Reimbursement = true
		s := given(t, opened()...).and(first, reversal(11), commit("f", "30", "2018-03"), receive("f", "30", "2018-03"))
		s.and(approvedProject("road")...).and(allocate("f", "road", "30", "2018-04"), disburse("f", "road", "30", "2018-04"), spend("f", "road", "30", "2018-04"))
	})
}
