package domain_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"aidledger/domain"
)

// ask requests money of the fund f for the road.
func ask(id domain.ID, sum string) *domain.RequestDisbursement {
	return &domain.RequestDisbursement{RequestInput: asked(id, sum), Evidence: on("2018-06")}
}

func asked(id domain.ID, sum string) domain.RequestInput {
	return domain.RequestInput{FundAmount: part("f", sum), Request: id, Project: "road"}
}

func askAnew(id domain.ID, sum string) *domain.ChangeRequest {
	return &domain.ChangeRequest{RequestInput: asked(id, sum), Evidence: on("2018-06")}
}

// approve approves what was last asked for under the id.
func (s *story) approve(id domain.ID) *domain.ApproveDisbursement {
	c := &domain.ApproveDisbursement{Request: id, Evidence: on("2018-06")}
	for _, e := range s.events {
		switch e := e.(type) {
		case *domain.DisbursementRequested:
			if e.Request == id {
				c.Content = e.Content
			}
		case *domain.RequestChanged:
			if e.Request == id {
				c.Content = e.Content
			}
		}
	}
	return c
}

func reject(id domain.ID) *domain.RejectDisbursement {
	return &domain.RejectDisbursement{Request: id, Reason: "no contract", Evidence: on("2018-06")}
}

func withdraw(id domain.ID) *domain.WithdrawRequest {
	return &domain.WithdrawRequest{Request: id, Evidence: on("2018-06")}
}

func lapse(id domain.ID) *domain.LapseRequest {
	return &domain.LapseRequest{Request: id, Evidence: on("2020-06")}
}

// payFor pays a request.
func payFor(id domain.ID, sum string) *domain.DisburseFunds {
	c := disburse("f", "road", sum, "2018-06")
	c.Request = id
	return c
}

func threshold(sum string) *domain.SetApprovalThreshold {
	return &domain.SetApprovalThreshold{Amount: amount(sum), Evidence: on("2018-06")}
}

// requested is a programme in which li asked for 100 under the id r, above the
// threshold of 50 (e21, e22).
func requested(t testing.TB) *story {
	t.Helper()
	return given(t, programme()...).and(threshold("50"), ask("r", "100"))
}

// everyRequest lets a request take each way that there is.
func everyRequest(s *story) {
	dated := ask("r3", "1")
	dated.LastDay = day("2020-06-16")
	s.and(threshold("50"), ask("r1", "1"), askAnew("r1", "2"), ask("r2", "1"), withdraw("r2"), dated)
	s.today = day("2020-06-17")
	s.and(lapse("r3"), ask("r4", "1"))
	s.as("wang").and(reject("r4"), s.approve("r1"))
	s.as("li").and(payFor("r1", "2"), &domain.LiftApprovalThreshold{Evidence: on("2018-06")})
	s.today = day("2020-06-15")
}

func TestALargePaymentNeedsTwoPersons(t *testing.T) {
	s := requested(t)
	content := domain.RequestContent{Request: "r", Fund: "f", Project: "road", Amount: yuan(100)}
	s.when(disburse("f", "road", "50.01", "2018-06")).refused("approval_required", "request", "asked=50.01 CNY", "threshold=50.00 CNY")
	s.when(payFor("r", "100")).refused("wrong_state", "request", "request=r", "state=requested")
	s.when(s.approve("r")).refused("self_approval", "request", "actor=li", "request=r")
	s.as("wang").when(s.approve("r")).then(&domain.DisbursementApproved{Evidence: on("2018-06"), Request: "r", Content: content.Hash(""), By: "wang"})
	s.as("li").when(payFor("r", "100")).then(
		&domain.FundsDisbursed{FundFacts: facts("f"), Evidence: on("2018-06"), Project: "road", Amount: yuan(100), Places: inHalves(5000, 5000)},
		&domain.RequestPaid{Evidence: on("2018-06"), Request: "r", Amount: yuan(100), RequestedBy: "li", ApprovedBy: "wang", PaidBy: "li"})
	s.when(payFor("r", "100")).refused("wrong_state", "request", "request=r", "state=paid")
	s.and(disburse("f", "road", "50", "2018-06"))
	t.Run("until the threshold is lifted", func(t *testing.T) {
		s := requested(t)
		lift := &domain.LiftApprovalThreshold{Evidence: on("2018-06")}
		s.when(lift).then(&domain.ApprovalThresholdLifted{Evidence: on("2018-06"), Currency: "CNY"})
		s.when(lift).nothing()
		s.and(disburse("f", "road", "300", "2018-06"))
	})
}

func TestAThresholdIsOfOneCurrency(t *testing.T) {
	s := given(t, programme()...)
	s.when(threshold("50")).then(&domain.ApprovalThresholdSet{Evidence: on("2018-06"), Amount: yuan(50)})
	s.when(threshold("50.00")).nothing()
	s.when(threshold("-1")).refused("amount_negative", "amount", "amount=-1.00 CNY")
	dollars := threshold("0")
	dollars.Currency = "USD"
	s.and(dollars, disburse("f", "road", "50", "2018-06"))
	s.when(disburse("f", "road", "50.01", "2018-06")).refused("approval_required", "request", "asked=50.01 CNY", "threshold=50.00 CNY")
	s.and(threshold("0"))
	s.when(disburse("f", "road", "0.01", "2018-06")).refused("approval_required", "request", "asked=0.01 CNY", "threshold=0.00 CNY")
}

func TestAnApprovalIsOfOneContent(t *testing.T) {
	s := requested(t)
	old := s.approve("r")
	content := domain.RequestContent{Request: "r", Fund: "f", Project: "road", Amount: yuan(200)}
	s.when(askAnew("r", "200")).then(&domain.RequestChanged{RequestContent: content, Evidence: on("2018-06"), Content: content.Hash(""), By: "li"})
	s.when(askAnew("r", "200.00")).nothing()
	s.as("wang").when(old).refused("stale_approval", "content", "content="+content.Hash(""), "given="+old.Content)
	s.when(old).kind(domain.Clash)
	s.and(s.approve("r"))
	t.Run("and any change voids it", func(t *testing.T) {
		s.t = t
		s.as("zhao").and(askAnew("r", "150"))
		s.when(payFor("r", "150")).refused("wrong_state", "request", "request=r", "state=requested")
		s.when(s.approve("r")).refused("self_approval", "request", "actor=zhao", "request=r")
		s.as("li").when(s.approve("r")).refused("self_approval", "request", "actor=li", "request=r")
		s.as("wang").and(s.approve("r"), payFor("r", "150"))
	})
	t.Run("whose every part is in its hash", func(t *testing.T) {
		parts := "request\x00r\x00f\x00road\x00200.00 CNY\x000\x00\x00\x00\x00\x00doc\x00"
		if want := fmt.Sprintf("%x", sha256.Sum256([]byte(parts))); content.Hash("doc") != want {
			t.Errorf("the hash is %s, want %s", content.Hash("doc"), want)
		}
		seen := map[string]bool{}
		for _, c := range []domain.RequestContent{{}, {Request: "a"}, {Fund: "a"}, {Project: "a"}, {Amount: yuan(1)}, {Payer: "a"}, {Payee: "a"}, {Purpose: "a"},
			{LastDay: day("2018")}, {Places: []domain.PlaceAmount{{Place: "a"}}}, {Places: []domain.PlaceAmount{{Place: "a", Amount: yuan(1)}}}} {
			seen[c.Hash("")], seen[c.Hash("a")] = true, true
		}
		if len(seen) != 22 {
			t.Errorf("22 contents have %d hashes", len(seen))
		}
	})
}

func TestAPaymentIsWhatWasApproved(t *testing.T) {
	base := ask("r", "100")
	base.Payer, base.Payee, base.Place, base.Purpose, base.Document = "bureau", "builder", east, "gravel", "contract 3"
	s := given(t, programme()...).and(base).as("wang")
	s.and(s.approve("r"))
	for field, alter := range map[string]func(c *domain.DisburseFunds){
		"amount":  func(c *domain.DisburseFunds) { c.Amount = amount("99.99") },
		"project": func(c *domain.DisburseFunds) { c.Project = "school" },
		"fund":    func(c *domain.DisburseFunds) { c.Fund = "g" },
		"payer":   func(c *domain.DisburseFunds) { c.Payer = "haidian" },
		"payee":   func(c *domain.DisburseFunds) { c.Payee = "haidian" },
		"places":  func(c *domain.DisburseFunds) { c.Place = west },
	} {
		t.Run("also its "+field, func(t *testing.T) {
			s.t = t
			if field == "fund" {
				s.and(commit("g", "100", "2018"), receive("g", "100", "2018"), allocate("g", "road", "100", "2018"))
			}
			c := payFor("r", "100")
			if field == "project" {
				c.Place = ""
			}
			alter(c)
			s.when(c).refused("request_differs", field, "request=r")
		})
	}
	s.t = t
	s.when(payFor("r", "100")).then(
		&domain.FundsDisbursed{FundFacts: facts("f"), Evidence: on("2018-06"), Project: "road", Amount: yuan(100),
			Places: []domain.PlaceAmount{{Place: east, Amount: yuan(100)}}, Payer: "bureau", Payee: "builder"},
		&domain.RequestPaid{Evidence: on("2018-06"), Request: "r", Amount: yuan(100), RequestedBy: "li", ApprovedBy: "wang", PaidBy: "wang"})
}

func TestARequestReservesItsAmount(t *testing.T) {
	s := given(t, programme()...).and(ask("r", "300"))
	of := []string{"allocated=400.00 CNY", "disbursed=0.00 CNY", "requested=300.00 CNY"}
	s.when(disburse("f", "road", "100.01", "2018-06")).refused("insufficient_allocation", "amount", append(of, "asked=100.01 CNY")...)
	s.when(ask("q", "100.01")).refused("insufficient_allocation", "amount", append(of, "asked=100.01 CNY")...)
	s.when(reallocate("f", "road", "", "100.01", "2018-06")).refused("insufficient_allocation", "amount", append(of, "asked=100.01 CNY")...)
	s.when(askAnew("r", "400.01")).refused("insufficient_allocation", "amount", "allocated=400.00 CNY", "disbursed=0.00 CNY", "asked=400.01 CNY")
	s.when(reversal(20)).refused("entry_in_use", "entry", "project=road", "requested=300.00 CNY", "undisbursed=-300.00 CNY")
	s.when(reversal(19)).refused("entry_in_use", "entry", "fund=f", "requested=300.00 CNY", "cash=-300.00 CNY")
	cash := []string{"cash=600.00 CNY", "requested=300.00 CNY", "asked=300.01 CNY"}
	s.when(giveBack("f", "", "300.01", "2018-06")).refused("insufficient_funds", "amount", cash...)
	s.and(commit("g", "1", "2018"))
	s.when(carry("f", "g", "300.01", "2018-06")).refused("insufficient_funds", "amount", cash...)
	s.and(allocate("f", "school", "600", "2018-06"))
	s.when(disburse("f", "school", "300.01", "2018-06")).refused("insufficient_funds", "amount", append(cash, "received=600.00 CNY")...)
	s.and(disburse("f", "school", "300", "2018-06"))
	s.when(disburse("f", "road", "0.01", "2018-06")).refused("insufficient_funds", "amount", "asked=0.01 CNY", "cash=300.00 CNY", "received=600.00 CNY", "requested=300.00 CNY")
	s.as("wang").and(s.approve("r"), payFor("r", "300"))
}

func TestARequestEndsOnce(t *testing.T) {
	for name, end := range map[string]func(s *story){
		"rejected":  func(s *story) { s.as("wang").and(reject("r")) },
		"withdrawn": func(s *story) { s.and(withdraw("r")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := requested(t)
			end(s)
			s.as("wang")
			for _, c := range []domain.Command{s.approve("r"), reject("r"), payFor("r", "100"), askAnew("r", "1"), withdraw("r"), lapse("r")} {
				s.when(c).refused("wrong_state", "request", "request=r", "state="+name)
				s.when(c).kind(domain.Clash)
			}
			s.when(ask("r", "1")).refused("id_taken", "request", "id=r", "noun=request")
			s.and(threshold("400"), disburse("f", "road", "400", "2018-06"))
		})
	}
	t.Run("and is not rejected once it is approved", func(t *testing.T) {
		s := requested(t).as("wang")
		s.and(s.approve("r"))
		s.when(reject("r")).refused("wrong_state", "request", "request=r", "state=approved")
		s.when(s.approve("r")).refused("wrong_state", "request", "request=r", "state=approved")
		s.when(withdraw("r")).refused("not_requester", "request", "actor=wang", "request=r")
		s.as("li").when(withdraw("r")).then(&domain.RequestWithdrawn{Evidence: on("2018-06"), Request: "r", By: "li"})
	})
	requested(t).as("wang").when(reject("r")).then(&domain.DisbursementRejected{Evidence: on("2018-06"), Request: "r", Reason: "no contract", By: "wang"})
}

func TestARequestLapsesAfterItsLastDay(t *testing.T) {
	c := ask("r", "100")
	c.LastDay = day("2020-06")
	s := given(t, programme()...).and(c).as("wang")
	s.when(lapse("r")).refused("request_not_due", "request", "last_day=2020-06", "today=2020-06-15")
	s.and(s.approve("r"))
	s.today = day("2020-06-30")
	s.when(lapse("r")).refused("request_not_due", "request", "last_day=2020-06", "today=2020-06-30")
	s.today = day("2020-07-01")
	for _, c := range []domain.Command{payFor("r", "100"), withdraw("r"), askAnew("r", "1")} {
		s.when(c).refused("wrong_state", "request", "request=r", "state=lapsed")
	}
	s.and(disburse("f", "road", "400", "2018-06")) // it reserves nothing any more
	s.when(lapse("r")).then(&domain.RequestLapsed{Evidence: on("2020-06"), Request: "r"})
	s.when(lapse("r")).nothing()
	c = ask("q", "1")
	c.LastDay = day("2020-06-30")
	s.when(c).refused("last_day_passed", "last_day", "last_day=2020-06-30", "today=2020-07-01")
}

func TestAReversedPaymentLeavesItsRequestApproved(t *testing.T) {
	s := requested(t).as("wang")
	s.and(s.approve("r"), payFor("r", "100")) // e24
	s.when(reversal(24)).then(
		&domain.EntryReversed{Evidence: on("2018-06"), Entry: "e24", Reason: "entered twice"},
		&domain.FundsDisbursed{FundFacts: facts("f"), Correction: domain.Correction{Reverses: "e24"}, Evidence: on("2018-06"), Project: "road",
			Amount: yuan(-100), Places: inHalves(-5000, -5000)},
		&domain.RequestPaid{Correction: domain.Correction{Reverses: "e24"}, Evidence: on("2018-06"), Request: "r", Amount: yuan(-100),
			RequestedBy: "li", ApprovedBy: "wang", PaidBy: "wang"})
	s.when(reallocate("f", "road", "", "300.01", "2018-06")).refused("insufficient_allocation", "amount",
		"allocated=400.00 CNY", "asked=300.01 CNY", "disbursed=0.00 CNY", "requested=100.00 CNY")
	s.and(payFor("r", "100"))
	s.when(payFor("r", "100")).refused("wrong_state", "request", "request=r", "state=paid")
}

func TestRequestsAreRefused(t *testing.T) {
	refusals(t, programme(), []refusal{
		{"for a project that is not open", []domain.Command{&domain.CancelProject{ProjectStep: step("road", "2018-06")}}, ask("r", "1"), "project_not_open", "project",
			[]string{"project=road", "state=cancelled"}},
		{"under an id that is taken", nil, ask("road", "1"), "id_taken", "request", []string{"id=road", "noun=project"}},
		{"that nobody made", nil, withdraw("r"), "request_not_found", "request", []string{"id=r"}},
		{"that are no requests", nil, lapse("road"), "request_expected", "request", []string{"id=road", "noun=project"}},
		{"to be paid, and are unknown", nil, payFor("r", "1"), "request_not_found", "request", []string{"id=r"}},
	})
}
