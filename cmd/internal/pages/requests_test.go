package pages

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

// signedIn is the browser of a new person of a role.
func (s *running) signedIn(t *testing.T, login, role string) person {
	t.Helper()
	s.invited(t, login, role)
	b := s.browser(t)
	if status, at, _ := b.open(t, "/sign-in", url.Values{"login": {login}, "password": {demoPassword}, "here": {"/account"}}); status != 200 || at != "/account" {
		t.Fatalf("%s is not in: %d at %s", login, status, at)
	}
	return b
}

// asks requests a payment as somebody who is not of the story.
func (s *running) asks(t *testing.T) {
	t.Helper()
	form := url.Values{"idempotency_key": {"ask-browser"}, "request": {"ask-browser"}, "fund": {"inv-c-2019"}, "project": {"inv-p10"}, "amount": {"0.2万"}, "purpose": {"尾款"}, "date": {"2019-12-28"}}
	if status, page, _ := s.send(t, invented+"/record/request-disbursement", form); status != 303 {
		t.Fatalf("the request answers %d: %s", status, page)
	}
}

func TestAPaymentIsRequestedApprovedByAnotherAndPaid(t *testing.T) {
	s := demonstrated(t)
	s.allocate(t)
	finance, supervisor := s.signedIn(t, "zhang", access.FinanceOfficer), s.signedIn(t, "li", access.Supervisor)
	ask := url.Values{"idempotency_key": {"ask-1"}, "request": {"ask-1"}, "fund": {"inv-c-2019"}, "project": {"inv-p10"}, "amount": {"0.4万"}, "payee": {"inv-payee-5"}, "payer": {"inv-treasury"},
		"purpose": {"尾款"}, "date": {"2019-12-28"}}
	status, at, page := finance.open(t, invented+"/record/request-disbursement", ask)
	if status != 200 || at != invented+"/requests/ask-1" || !strings.Contains(page, "待审批") || strings.Contains(page, "批准</button>") || !strings.Contains(page, "要由别人审批") {
		t.Fatalf("the request answers %d at %s: %s", status, at, page)
	}
	if _, _, inbox := supervisor.open(t, invented+"/requests", nil); !strings.Contains(inbox, invented+"/requests/ask-1") {
		t.Error("the request is not in the inbox")
	}
	for who, waits := range map[person]bool{supervisor: true, finance: false} {
		if _, _, overview := who.open(t, invented, nil); strings.Contains(overview, "1 笔拨付等待审批") != waits {
			t.Errorf("the overview does not say who has to approve: %v", waits)
		}
	}
	_, _, page = supervisor.open(t, invented+"/requests/ask-1", nil)
	if !strings.Contains(page, "肆仟元整") || !strings.Contains(page, "本资金给本项目的可拨余额") || !strings.Contains(page, `class="negative"`) {
		t.Errorf("the request does not say what changes: %s", page)
	}
	content := regexp.MustCompile(`name="content" value="([^"]+)"`).FindStringSubmatch(page)
	if content == nil {
		t.Fatal("there is no form to approve")
	}
	if status, _, _ := finance.open(t, invented+"/record/approve-disbursement", url.Values{"idempotency_key": {"no"}, "request": {"ask-1"}, "content": {content[1]}}); status != 403 {
		t.Errorf("a finance officer approves: %d", status)
	}
	status, at, page = supervisor.open(t, invented+"/record/approve-disbursement", url.Values{"idempotency_key": {"yes"}, "request": {"ask-1"}, "content": {content[1]}, "note": {"同意"}})
	if status != 200 || at != invented+"/requests/ask-1" || !strings.Contains(page, "已批准") {
		t.Fatalf("approving answers %d at %s", status, at)
	}
	if !strings.Contains(page, "<span>同意</span>") {
		t.Errorf("what the approver wrote is not shown: %s", page)
	}
	if _, _, entry := supervisor.open(t, invented+"/trace/yes", nil); !strings.Contains(entry, "<span>同意</span>") || strings.Contains(entry, "守恒") {
		t.Errorf("the entry of the approval says: %s", entry)
	}
	_, _, page = finance.open(t, invented+"/requests/ask-1", nil)
	pay := regexp.MustCompile(`href="([^"]+record/disburse-funds\?[^"]+)"`).FindStringSubmatch(page)
	if pay == nil {
		t.Fatalf("there is no way to pay it: %s", page)
	}
	address := strings.ReplaceAll(pay[1], "&amp;", "&")
	status, _, page = finance.open(t, address, nil)
	if status != 200 || !strings.Contains(page, `name="request" value="ask-1"`) || !strings.Contains(page, `value="4000.00"`) {
		t.Errorf("the form to pay does not have what was approved (%d)", status)
	}
	form, _ := url.ParseQuery(address[strings.Index(address, "?")+1:])
	form.Set("idempotency_key", "paid-1")
	form.Set("date", "2019-12-28")
	if status, _, page = finance.open(t, invented+"/record/disburse-funds", form); status != 200 || !strings.Contains(page, "已记账") {
		t.Errorf("paying answers %d: %s", status, page)
	}
	if _, _, page = supervisor.open(t, invented+"/requests/ask-1", nil); !strings.Contains(page, "已拨付") {
		t.Error("the request does not know that it was paid")
	}
}
