package domain_test

import (
	"errors"
	"fmt"

	"aidledger/domain"
)

// A command is checked, decided against the state and, once its events are
// recorded, folded into the state.
func ExampleLedger_Decide() {
	ledger := domain.NewLedger()
	today, _ := domain.ParseDate("2019-06-15")
	thousand, _ := domain.ParseAmount("1,000.00")
	for i, c := range []domain.Command{
		&domain.OpenLedger{Title: "Paired assistance"},
		&domain.RegisterOrganisation{Organisation: "haidian", Name: "海淀区", Kind: "government"},
		&domain.CommitFunds{
			FundInput: domain.FundInput{Fund: "fund-2019", Provider: "haidian", Amount: thousand},
			Evidence:  domain.Evidence{Document: "海财〔2019〕7号"},
		},
	} {
		if err := domain.Check(c); err != nil {
			fmt.Println(err)
			return
		}
		events, err := ledger.Decide(c, domain.Context{Entry: fmt.Sprint("entry-", i), Today: today})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range events { // here they would be recorded
			ledger.Evolve(e)
			fmt.Println(e.Effective(), e.EventType(), domain.Movements(e))
		}
	}
	// Output:
	// 2019-06-15 ledger-opened []
	// 2019-06-15 organisation-registered []
	// 2019-06-15 funds-committed [{committed fund-2019 haidian 2019   1000.00 CNY 2019-06-15 false false}]
}

// A refusal has a code for programs, and the numbers that explain it.
func ExampleRefusal() {
	ledger := domain.NewLedger()
	today, _ := domain.ParseDate("2019-06-15")
	ledger.Evolve(&domain.LedgerOpened{Title: "Paired assistance", Zone: "Asia/Shanghai", Currency: "CNY"})
	ledger.Evolve(&domain.OrganisationRegistered{Organisation: "haidian"})
	ledger.Evolve(&domain.FundsReceived{
		FundFacts: domain.FundFacts{Fund: "donation", Provider: "haidian", BudgetYear: 2019, OnReceipt: true},
		Evidence:  domain.Evidence{Date: today}, Amount: domain.Money{Minor: 500_00, Currency: "CNY"},
	})
	amount, _ := domain.ParseAmount("600")
	_, err := ledger.Decide(&domain.ReturnFunds{FundAmount: domain.FundAmount{Fund: "donation", Amount: amount}}, domain.Context{Today: today})
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code, "in", refusal.Field)
		fmt.Println(refusal)
		fmt.Println(refusal.Detail["cash"], "/", refusal.Detail["asked"])
	}
	// Output:
	// insufficient_funds in amount
	// the fund donation has only 500.00 CNY in cash to give; give at most that
	// 500.00 CNY / 600.00 CNY
}

// A writer that decides ahead of its log takes back what another writer made void.
func ExampleLedger_Rollback() {
	ledger := domain.NewLedger()
	ledger.Track()
	mark := ledger.Mark()
	ledger.Evolve(&domain.LedgerOpened{Title: "Paired assistance", Zone: "Asia/Shanghai", Currency: "CNY"})
	fmt.Println(ledger.Opened())
	ledger.Rollback(mark)
	fmt.Println(ledger.Opened())
	// Output:
	// true
	// false
}
