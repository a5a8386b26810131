package checks_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/checks"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
)

// office is a ledger "one" with everything behind it, and its checks.
type office struct {
	t       *testing.T
	checker *checks.Checker
	now     time.Time
	n       int
}

func opened(t *testing.T) *office {
	t.Helper()
	server, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	o := &office{t: t, now: time.Date(2021, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return o.now }
	log := slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: server.Conn(), Now: clock, SyncAlways: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	views, err := projections.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(views.Close)
	runner := projections.NewRunner(views, store, log)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = runner.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-ended })
	o.checker = &checks.Checker{Store: store, Views: views, Runner: runner, Now: clock, Log: log}
	return o
}

// must records commands.
func (o *office) must(commands ...domain.Command) {
	o.t.Helper()
	for _, c := range commands {
		o.n++
		if _, err := o.checker.Store.Submit(o.t.Context(), "one", eventstore.Request{ID: fmt.Sprintf("k-%d", o.n), Command: c, Actor: "li"}); err != nil {
			o.t.Fatalf("%s: %v", domain.CommandName(c), err)
		}
	}
}

// run runs all checks.
func (o *office) run() checks.Outcome {
	o.t.Helper()
	out, err := o.checker.Run(o.t.Context(), "one")
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// found names what the checks find, in order.
func found(out checks.Outcome) string {
	var all []string
	for _, s := range out.Found {
		all = append(all, strings.TrimRight(s.Check+" "+string(s.About), " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func on(date string) domain.Evidence {
	d, err := domain.ParseDate(date)
	if err != nil {
		panic(err)
	}
	return domain.Evidence{Date: d, Document: "文 1"}
}

func amount(s string) domain.Amount {
	a, err := domain.ParseAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

func part(sum string) domain.FundAmount { return domain.FundAmount{Fund: "f", Amount: amount(sum)} }

func pay(sum, date string) *domain.DisburseFunds {
	return &domain.DisburseFunds{FundAmount: part(sum), Project: "road", Payee: "org", Evidence: on(date)}
}

// programme has a road with 1,000 of the fund f, received in January 2021.
func programme() []domain.Command {
	return []domain.Command{
		&domain.OpenLedger{Title: "One"},
		&domain.RegisterOrganisation{Organisation: "org", Name: "Org", Kind: "government"},
		&domain.RegisterPlace{Place: "130732", Name: "County", Level: "county"},
		&domain.RegisterProject{Project: "road", Name: "Road"},
		&domain.SetTargets{Project: "road", Targets: []domain.Target{{Indicator: "people", Value: domain.WholeQuantity(9), Unit: "人"}}},
		&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}},
		&domain.CommitFunds{FundInput: domain.FundInput{Fund: "f", Provider: "org", Amount: amount("1000")}, Evidence: on("2021-01-01")},
		&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "f", Amount: amount("1000")}, Evidence: on("2021-01-05")},
		&domain.AllocateFunds{FundAmount: part("1000"), Project: "road", Evidence: on("2021-01-05")},
	}
}

func TestACheckRaisesAFindingOnceAndClosesItWhenTheFactsChange(t *testing.T) {
	o := opened(t)
	o.must(programme()...)
	if out := o.run(); found(out) != "" || out.Raised != 0 {
		t.Fatalf("at first: %+v", out)
	}
	o.now = o.now.AddDate(1, 0, 0)
	out := o.run()
	if found(out) != "idle f, unspent f" || out.Raised != 2 || out.Date.String() != "2022-03-01" {
		t.Fatalf("after a year: %+v", out)
	}
	if out := o.run(); out.Raised != 0 || out.Closed != 0 {
		t.Fatalf("again: %+v", out)
	}
	o.must(pay("1000", "2022-02-20"))
	if out := o.run(); found(out) != "paid-late f, unspent f" || out.Raised != 1 || out.Closed != 1 {
		t.Fatalf("after the payment: %+v", out)
	}
	o.must(&domain.ReverseEntry{Entry: fmt.Sprintf("k-%d", o.n), Reason: "wrong"})
	if out := o.run(); found(out) != "idle f, unspent f" || out.Raised != 1 || out.Closed != 1 {
		t.Fatalf("after the reversal: %+v", out)
	}
	end, err := o.checker.Store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.checker.Runner.WaitFor(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	all, err := o.checker.Views.Findings(t.Context(), projections.ListQuery{Ledger: "one", Filter: map[string]string{"check": "idle"}})
	if err != nil || len(all.Rows) != 2 {
		t.Fatalf("%v %+v", err, all.Rows)
	}
	states := map[string]int{}
	for _, f := range all.Rows {
		states[f.State+f.Outcome]++
		if f.RaisedBy != checks.Actor || !strings.Contains(f.Text, "1000.00 CNY") || len(f.Steps) == 0 {
			t.Errorf("%+v", f)
		}
	}
	if states["raised"] != 1 || states["closedfacts-changed"] != 1 {
		t.Errorf("the states are %v", states)
	}
}

func TestChecksFindWhatIsOdd(t *testing.T) {
	o := opened(t)
	o.must(programme()...)
	o.must(&domain.RegisterOrganisation{Organisation: "donor", Name: "Donor", Kind: "enterprise"},
		&domain.SetApprovalThreshold{Amount: amount("100"), Evidence: on("2021-01-05")},
		&domain.SetCheckThreshold{Threshold: "notice-days", Value: 1},
		&domain.SetCheckThreshold{Threshold: "recording-days", Value: 10},
		pay("60", "2021-01-20"), pay("60", "2021-01-22"), pay("60", "2021-02-25"), pay("60", "2021-02-25"), pay("5", "2021-01-02"),
		&domain.DisburseFunds{FundAmount: part("1"), Project: "road", Evidence: domain.Evidence{Date: on("2021-02").Date}},
		&domain.AddNote{NoteID: "n", Kind: "question", About: "road", Text: "is it a part of another?"},
		&domain.ReceiveGift{Gift: "computers", Donor: "donor", Item: "电脑", Quantity: domain.WholeQuantity(3), Unit: "台", Evidence: on("2021-01-05")})
	want := "gift-without-value computers, no-document road, no-notice road, paid-before-received f, paid-twice road, recorded-late, split-payments road, unresolved road"
	if got := found(o.run()); got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	o.must(&domain.PublishNotice{Notice: "notice", Project: "road", Place: "130732", Amount: amount("1000"), Contact: "12317", From: on("2021-03-01").Date, To: on("2021-03-10").Date},
		&domain.ValueGift{Gift: "computers", Value: amount("9"), Method: "invoice"},
		&domain.LiftApprovalThreshold{})
	want = "no-document road, paid-before-received f, paid-twice road, recorded-late, unresolved road"
	if out := o.run(); found(out) != want || out.Closed != 3 {
		t.Errorf("closed %d, found\n%s\nwant\n%s", out.Closed, found(out), want)
	}
}

func TestAClockThatWentBackIsFoundAndHoldsNothingUp(t *testing.T) {
	o := opened(t)
	o.must(programme()...)
	o.now = o.now.Add(-time.Hour)
	o.must(&domain.AddNote{NoteID: "n", Kind: "memo", About: "road", Text: "an hour before"}, pay("60", "2021-01-20"))
	o.now = o.now.Add(2 * time.Hour)
	o.must(pay("70", "2021-01-22"))
	out := o.run()
	first := fmt.Sprintf("k-%d", len(programme())+1)
	odd := slices.ContainsFunc(out.Found, func(s projections.Suspicion) bool { return s.Check == "clock-went-back" && s.Key == first })
	if got := found(out); got != "clock-went-back, no-notice road" || !odd {
		t.Errorf("found %s: %+v", got, out.Found)
	}
	if out := o.run(); out.Raised != 0 || out.Closed != 0 {
		t.Errorf("again: %+v", out)
	}
}

func TestChecksFindWhatIsOddAboutPayeesPartsAndPeople(t *testing.T) {
	o := opened(t)
	o.must(programme()...)
	organisation := func(id domain.ID, name, kind string) domain.Command {
		return &domain.RegisterOrganisation{Organisation: id, Name: name, Kind: kind}
	}
	paid := func(payee domain.ID) *domain.DisburseFunds {
		return &domain.DisburseFunds{FundAmount: part("100"), Project: "road", Payee: payee, Disbursement: "to-" + payee, Evidence: on("2021-02-01")}
	}
	o.must(&domain.RegisterPlace{Place: "village", Name: "Village", Level: "village", Parent: "130732"},
		organisation("named-as-people-are", "张小明", "enterprise"), organisation("unknown", "Somebody", "other"),
		organisation("village-unit", "高家村", "village-committee"), organisation("donor", "Donor", "enterprise"),
		paid("named-as-people-are"), paid("unknown"), paid("village-unit"),
		&domain.ReceiveGift{Gift: "seeds", Donor: "donor", Item: "种子", Quantity: domain.WholeQuantity(3), Unit: "袋", Value: amount("9"), Method: "invoice"},
		&domain.ReceiveGift{Gift: "books", Donor: "donor", Item: "书", Quantity: domain.WholeQuantity(3), Unit: "本", Value: amount("9"), Method: "invoice", Evidence: on("2021-02-01")},
		&domain.AddNote{NoteID: "inside", Kind: "memo", About: "f", Text: "scholarships", Amount: amount("1000")},
		&domain.AddNote{NoteID: "too-much", Kind: "memo", About: "f", Text: "scholarships", Amount: amount("1000.01")})
	count := func(id, place domain.ID, n int32) domain.Command {
		return &domain.ReportIndicator{Indicator: id, Name: "就业", Value: domain.WholeQuantity(n), Unit: "人", From: on("2020").Date, Place: place}
	}
	o.must(count("county", "130732", 9), count("village-9", "village", 10))
	correction := domain.Report{System: "donor", Activity: "a", Type: "3", Fingerprint: "one"}
	o.must(&domain.RecordReportedTransaction{Report: correction, Amount: amount("-5"), Currency: "CNY"},
		&domain.RecordReportedTransaction{Report: domain.Report{System: "donor", Activity: "b", Type: "3"}, Amount: amount("-5"), Evidence: domain.Evidence{SourceReference: "t1"}})

	o.must(&domain.SetBenefitStandard{Project: "road", Amount: amount("20")})
	help := func(place domain.ID, period, sum string) {
		who := &domain.RegisterBeneficiary{Beneficiary: "b-1", Kind: "person", Place: place}
		who.Name.Seal("sealed")
		who.IDNumber.Seal("sealed")
		o.must(who, &domain.RecordBenefit{BenefitInput: domain.BenefitInput{Project: "road", Period: on(period).Date, Disbursement: "to-unknown"},
			BenefitLine: domain.BenefitLine{Beneficiary: "b-1", Amount: amount(sum)}},
			&domain.RemoveBeneficiary{BeneficiaryStep: domain.BeneficiaryStep{Beneficiary: "b-1", Reason: "moved"}})
	}
	help("130732", "2020-01", "20.01")
	help("village", "2020-02", "20")
	want := "correction-without-reference, gift-without-receipt seeds, helped-in-two-places, over-standard road, " +
		"part-exceeds-whole f, part-exceeds-whole village, payee-is-a-person named-as-people-are, payee-is-a-person unknown, reported-below-zero, reported-below-zero"
	out := o.run()
	if got := found(out); got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	for _, s := range out.Found {
		if strings.Contains(s.Text, "张小明") {
			t.Errorf("a finding repeats the name of a person: %s", s.Text)
		}
	}
	o.must(&domain.AddAttachment{Attachment: "scan", About: "seeds", Name: "scan.pdf", MediaType: "application/pdf", Length: 3, SHA256: strings.Repeat("ab", 32)})
	if out := o.run(); out.Closed != 1 || strings.Contains(found(out), "gift-without-receipt") {
		t.Errorf("after the receipt: closed %d, found %s", out.Closed, found(out))
	}
}

func TestWhatOthersReportIsRecordedAndWhatIsOddAboutItIsFound(t *testing.T) {
	o := opened(t)
	o.must(programme()...)
	report := func(activity, kind, sum, date string, change ...func(*domain.RecordReportedTransaction)) {
		o.n++
		c := &domain.RecordReportedTransaction{Report: domain.Report{System: "donor", Activity: activity, Type: kind}, Amount: amount(sum), Currency: "CNY",
			Evidence: domain.Evidence{Date: on(date).Date, SourceReference: fmt.Sprintf("r-%d", o.n)}}
		for _, f := range change {
			f(c)
		}
		o.must(c)
	}
	report("sound", "2", "100", "2020-01-01")
	report("sound", "3", "100", "2020-02-01")
	report("sound", "3", "-10", "2020-03-01")
	report("spent-above", "2", "100", "2020-01-01")
	report("spent-above", "3", "100.01", "2020-01-01")
	report("below-zero", "1", "-5", "2020-01-01")
	report("next-year", "1", "5", "2022-01-01")
	report("too-early", "1", "5", "2020-01-01", func(c *domain.RecordReportedTransaction) { c.Outside = true })
	report("half-shared", "1", "5", "2020-01-01", func(c *domain.RecordReportedTransaction) {
		c.Recipients = []domain.ReportedShare{{Code: "NG", Percent: domain.WholeQuantity(50)}}
	})
	of := func(out checks.Outcome) (all []string) {
		for _, s := range out.Found {
			if s.Check == "over-commitment" || strings.HasPrefix(s.Check, "reported-") {
				all = append(all, s.Check+" "+strings.Fields(s.Key)[1])
			}
		}
		return all
	}
	want := []string{"over-commitment spent-above", "reported-below-zero below-zero", "reported-in-future next-year", "reported-outside-activity too-early",
		"reported-not-assigned half-shared"}
	if got := of(o.run()); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	o.run() // waits until the read models have the findings
	totals, err := o.checker.Views.ReportedTotals(t.Context(), projections.ReportedTotalsQuery{Ledger: "one", By: "type"})
	if err != nil || totals.Findings["over-commitment"] != 1 || len(totals.Findings) != 5 {
		t.Errorf("the totals say %v, %v", totals.Findings, err)
	}
	report("spent-above", "2", "0.01", "2020-01-02") // the publisher corrects it
	o.now = o.now.AddDate(1, 0, 0)                   // and the day of the other comes
	if got := of(o.run()); !slices.Equal(got, []string{want[1], want[3], want[4]}) {
		t.Errorf("after that found %q", got)
	}
}

func TestAFindingAboutWhatOthersReportNamesAllOfAnActivity(t *testing.T) {
	o := opened(t)
	o.must(&domain.OpenLedger{Title: "T"})
	for i, sum := range []string{"1", "-7", "3"} {
		c := &domain.RecordReportedTransaction{Report: domain.Report{System: "donor", Activity: "A", Type: "2", Occurrence: 2, Repeated: true}, Amount: amount(sum), Currency: "CNY",
			Evidence: domain.Evidence{Date: on(fmt.Sprintf("2022-01-0%d", 1+i)).Date, SourceReference: fmt.Sprintf("r-%d", i)}}
		o.must(c)
	}
	var got []string
	for _, s := range o.run().Found {
		got = append(got, s.Check+": "+s.Text)
	}
	want := []string{"repeated-reference: the activity A has transactions that were published again under the same reference: 3, the largest r-1 with -7.00 CNY",
		"reported-below-zero: the transactions of type 2 of the activity A are reported with -3.00 CNY together: a correction lacks what it corrects",
		"reported-in-future: the activity A has transactions that are dated in the future: 3, -3.00 CNY together, the latest of 2022-01-03"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
