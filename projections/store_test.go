package projections

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/projections/localpg/pgtest"
)

// store opens a log on a NATS server of the test's own.
func store(t *testing.T) *eventstore.Store {
	t.Helper()
	server, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s, err := eventstore.Open(t.Context(), eventstore.Config{Conn: server.Conn(), Now: time.Now, SyncAlways: server.SyncAlways()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestWhatIsRecordedInTheLogIsInTheTotals(t *testing.T) {
	log := store(t)
	url := pgtest.Database(t)
	first, second := running(t, openURL(t, url), log), running(t, openURL(t, url), log)
	n := 0
	submit := func(c domain.Command) eventstore.Receipt {
		t.Helper()
		n++
		receipt, err := log.Submit(t.Context(), "one", eventstore.Request{ID: fmt.Sprintf("k-%d", n), Command: c, Actor: "owner", Role: "owner"})
		if err != nil {
			t.Fatalf("%s: %v", domain.CommandName(c), err)
		}
		return receipt
	}
	on := domain.Evidence{Date: dateOf("2018"), Document: "文 1"}
	submit(&domain.OpenLedger{Title: "one"})
	submit(&domain.RegisterOrganisation{Organisation: "org", Name: "单位", Kind: "government"})
	for i := range 50 {
		fund := nth("fund", i)
		submit(&domain.CommitFunds{FundInput: domain.FundInput{Fund: fund, Provider: "org", Amount: amountOf("1000.50")}, Evidence: on})
		last := submit(&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: fund, Amount: amountOf("10")}, Evidence: on})
		if i%10 == 9 { // read one's own writes, in either process
			for _, r := range []*Runner{first, second} {
				if err := r.WaitFor(t.Context(), last.Position.Block); err != nil {
					t.Fatal(err)
				}
				got := totals(t, r.db, TotalsQuery{Ledger: "one", By: "year"}).Rows[0]
				want := domain.Money{Minor: int64(i+1) * 100050, Currency: "CNY"}.Decimal()
				if shown(got.Committed) != want || shown(got.Disbursed) != "-" {
					t.Errorf("after %d funds %s are committed, want %s", i+1, shown(got.Committed), want)
				}
			}
		}
	}
	verified(t, first)
	rebuilt := NewRunner(first.db, log, slog.New(slog.DiscardHandler))
	if err := rebuilt.Rebuild(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	verified(t, second)
}
