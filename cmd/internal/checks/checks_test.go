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
		&domain.ReceiveGift{Gift: "computers", Donor: "donor", Item: "电脑", Quantity: domain.WholeQuantity(3), Unit: "台"})
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
