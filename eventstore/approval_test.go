package eventstore_test

import (
	"fmt"
	"sync"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
)

// Many people request, approve and pay at once, through two servers, while others
// pay small amounts directly, of money that is not enough for all of them. Every
// request is also approved twice and paid twice at the same time.
func TestTheLastYuanIsPaidOnceThroughApprovalsToo(t *testing.T) {
	srv := server(t)
	servers := []*eventstore.Store{open(t, srv), open(t, srv)}
	programme(t, servers[0], "100")
	must(t, servers[0], &domain.SetApprovalThreshold{Amount: amount(t, "1")})
	as := func(person, id string, server int, c domain.Command) error {
		_, err := servers[server%2].Submit(t.Context(), ledger, eventstore.Request{ID: id, Command: c, Actor: person})
		return err
	}
	// twice gives a command to both servers at once, under two ids, and returns
	// how often it was taken.
	twice := func(n int, person, what string, c func() domain.Command) (taken int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for side := range 2 {
			wg.Go(func() {
				err := as(person, fmt.Sprintf("%s-%d-%d", what, n, side), n+side, c())
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					taken++
				}
			})
		}
		wg.Wait()
		return taken
	}
	var clients sync.WaitGroup
	for n := range 24 {
		clients.Go(func() {
			id := domain.ID(fmt.Sprintf("r-%d", n))
			seven := domain.FundAmount{Fund: "fund", Amount: amount(t, "7")}
			err := as("asker", string(id), n, &domain.RequestDisbursement{RequestInput: domain.RequestInput{FundAmount: seven, Request: id, Project: "road"}})
			switch code := codeOf(err); {
			case code == "insufficient_cash" || code == "insufficient_allocation":
				return
			case err != nil:
				t.Errorf("the request %s: %v", id, err)
				return
			}
			if err := as("payer", "early-"+string(id), n+1, &domain.DisburseFunds{FundAmount: seven, Project: "road", Request: id}); err == nil {
				t.Errorf("%s was paid before anybody approved it", id)
			}
			content := domain.RequestContent{Request: id, Fund: "fund", Project: "road", Amount: domain.Money{Minor: 700, Currency: "CNY"}}
			if twice(n, "approver", "approve", func() domain.Command {
				return &domain.ApproveDisbursement{Request: id, Content: content.Hash("")}
			}) == 0 {
				t.Errorf("nobody could approve %s", id)
			}
			if paid := twice(n, "payer", "pay", func() domain.Command {
				return &domain.DisburseFunds{FundAmount: seven, Project: "road", Request: id}
			}); paid != 1 {
				t.Errorf("%s was paid %d times", id, paid)
			}
		})
		clients.Go(func() { _ = as("payer", fmt.Sprintf("small-%d", n), n, pay(t, "1")) }) // some of them are too late
	}
	clients.Wait()
	for n := range 7 { // what is too little for a request
		_ = as("payer", fmt.Sprintf("rest-%d", n), n, pay(t, "1"))
	}
	if sum, _ := disbursed(t, servers[0]); sum != 10_000 {
		t.Errorf("of 100.00 yuan, %s were paid", domain.Money{Minor: sum, Currency: "CNY"})
	}
}
