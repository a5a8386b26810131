package pages

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/domain"
)

func TestEveryCommandHasAFormThatCanFillAllItsFields(t *testing.T) {
	for _, c := range domain.Commands() {
		values := url.Values{}
		var write func(fields []domain.Field, prefix string)
		write = func(fields []domain.Field, prefix string) {
			for _, f := range fields {
				if f.Name == "do" || f.Name == "idempotency_key" {
					t.Errorf("%s has a field %s, which is an input of every form", c.Name, f.Name)
				}
				if f.Type == "list" {
					write(f.Item, prefix+f.Name+".1.")
					continue
				}
				values.Set(prefix+f.Name, map[string]string{"id": "x", "amount": "1万", "currency": "CNY", "date": "2019", "quantity": "1.5", "integer": "2019", "yes/no": "true"}[f.Type])
				if f.Personal != "" {
					values.Set(prefix+f.Name, map[string]string{"name": "李四", "id-number": "11010519491231002X", "bank-card": "4111 1111 1111 1111", "phone": "138 0013 8000"}[f.Personal])
				} else if len(f.Enum) > 0 {
					values.Set(prefix+f.Name, f.Enum[0])
				} else if values.Get(prefix+f.Name) == "" {
					values.Set(prefix+f.Name, "text")
				}
			}
		}
		write(c.Field, "")
		filled, found := decodeForm(c, values)
		if len(found) > 0 {
			t.Errorf("%s: %v", c.Name, found)
		}
		if err := domain.Check(filled); err != nil && !strings.Contains(err.Error(), "credit code") {
			t.Errorf("%s: a form that is full is refused: %v", c.Name, err)
		}
	}
}

func TestAFormSaysAllFaultsAtOnceAndKeepsWhatWasWritten(t *testing.T) {
	s := demonstrated(t)
	status, page, _ := s.send(t, invented+"/record/disburse-funds", url.Values{"idempotency_key": {"k1"}, "do": {"record"},
		"amount": {"十二元"}, "date": {"2019-02-30"}, "fund": {""}, "project": {"nobody knows"}, "places.0.amount": {"x"}})
	if status != 422 {
		t.Fatalf("it answers %d: %s", status, page)
	}
	for _, name := range []string{"amount", "date", "fund", "project", "places.0.amount"} {
		if !strings.Contains(page, `id="f-`+name+`-problem"`) {
			t.Errorf("nothing is said about %s", name)
		}
	}
	if !strings.Contains(page, `value="十二元"`) || !strings.Contains(page, `value="2019-02-30"`) {
		t.Error("what was written is lost")
	}
	if strings.Contains(page, `lang="en"`) && strings.Contains(strings.ReplaceAll(page, `<button name="language" value="en" lang="en"`, ""), `lang="en"`) {
		t.Error("a fault is told in English")
	}
}

func TestAPaymentFromTheFormToTheVoucher(t *testing.T) {
	s := demonstrated(t)
	path := invented + "/record/disburse-funds"
	form := url.Values{"idempotency_key": {"pay-1"}, "do": {"check"}, "amount": {"0.5万"}, "date": {"2019-12-28"}, "fund": {"inv-c-2019"}, "project": {"农产品加工园（虚构）"},
		"payee": {"inv-payee-5"}, "payer": {"inv-treasury"}, "voucher": {"记-2019-199"}}
	status, page, _ := s.send(t, path, form)
	if status != 200 || !strings.Contains(page, "伍仟元整") || !strings.Contains(page, "本项目可拨余额") {
		t.Fatalf("the check answers %d without the amount in words: %s", status, page)
	}
	left := regexp.MustCompile(`本项目可拨余额（记账前）</dt><dd class="number"><span>([0-9,.]+)<`).FindStringSubmatch(page)
	if left == nil {
		t.Fatal("the check does not say what is left")
	}
	form.Set("do", "record")
	status, page, next := s.send(t, path, form)
	if left[1] == "0.00" {
		if status != 422 || !strings.Contains(page, "分配余额不足") {
			t.Errorf("with nothing left it answers %d: %s", status, page)
		}
		s.allocate(t)
		status, page, next = s.send(t, path, form)
	}
	if status != 303 {
		t.Fatalf("recording answers %d: %s", status, page)
	}
	q, _ := url.ParseQuery(next[strings.Index(next, "?")+1:])
	if q.Get("date") != "2019-12-28" || q.Get("fund") != "inv-c-2019" || q.Get("project") != "inv-p10" || q.Get("voucher") != "记-2019-200" || q.Get("amount") != "" {
		t.Errorf("the next form begins with %v", q)
	}
	if status, _, again := s.send(t, path, form); status != 409 && (status != 303 || again != next) {
		t.Errorf("the same form sent twice answers %d and leads to %q", status, again)
	}
	form.Set("idempotency_key", "pay-2")
	form.Set("voucher", "记-2019-200")
	if status, page, _ := s.send(t, path, form); status != 409 || !strings.Contains(page, "疑似重复") {
		t.Errorf("the same payment under another number answers %d", status)
	}
	voucher, page := 0, ""
	if voucher, page, _ = s.get(t, invented+"/voucher/"+q.Get("done")); voucher != 200 {
		t.Fatalf("the voucher answers %d", voucher)
	}
	for _, text := range []string{"伍仟元整", "5,000.00", "记-2019-199", "农产品加工园", "制单"} {
		if !strings.Contains(page, text) {
			t.Errorf("the voucher does not show %s", text)
		}
	}
	s.takeBack(t, q.Get("done"))
}

// allocate gives the project of the test something to pay.
func (s *running) allocate(t *testing.T) {
	t.Helper()
	for command, form := range map[string]url.Values{
		"increase-commitment": {"idempotency_key": {"more-1"}, "fund": {"inv-c-2019"}, "amount": {"1万"}, "document": {"演〔2019〕9号"}, "date": {"2019-12-21"}},
		"receive-funds":       {"idempotency_key": {"more-2"}, "fund": {"inv-c-2019"}, "amount": {"1万"}, "date": {"2019-12-21"}},
	} {
		if status, page, _ := s.send(t, invented+"/record/"+command, form); status != 303 {
			t.Fatalf("%s answers %d: %s", command, status, page)
		}
	}
	if status, page, _ := s.send(t, invented+"/record/allocate-funds", url.Values{"idempotency_key": {"more-3"}, "fund": {"inv-c-2019"}, "project": {"inv-p10"}, "amount": {"1万"}, "date": {"2019-12-22"}}); status != 303 {
		t.Fatalf("allocating answers %d: %s", status, page)
	}
}

// takeBack reverses an entry; without a reason that is refused.
func (s *running) takeBack(t *testing.T, entry string) {
	t.Helper()
	path := invented + "/record/reverse-entry"
	if status, page, _ := s.send(t, path, url.Values{"idempotency_key": {"back-1"}, "entry": {entry}}); status != 422 || !strings.Contains(page, `id="f-reason-problem"`) {
		t.Errorf("a reversal without a reason answers %d", status)
	}
	if status, page, _ := s.send(t, path, url.Values{"idempotency_key": {"back-1"}, "entry": {entry}, "reason": {"写错"}}); status != 303 {
		t.Errorf("the reversal answers %d: %s", status, page)
	}
	if _, page, _ := s.get(t, invented+"/journal"); !strings.Contains(page, "红字冲销（拨付）") || !strings.Contains(page, `class="negative"`) {
		t.Error("the journal does not show the reversal in red")
	}
}

func TestWhoMayNotRecordGetsNoForm(t *testing.T) {
	s := demonstrated(t)
	if status, page, _ := s.get(t, invented+"/record"); status != 200 || strings.Contains(page, "record/disburse-funds\">拨付资金") {
		t.Errorf("a visitor is offered forms (%d)", status)
	}
	if status, page, _ := s.get(t, invented+"/record/disburse-funds"); !strings.Contains(page, `name="password"`) {
		t.Errorf("a visitor who asks for a form is not asked to sign in: %d", status)
	}
}

func TestTheNextNumber(t *testing.T) {
	for number, want := range map[string]string{"记-2019-009": "记-2019-010", "9": "10", "A99": "A100", "1": "2", "x": "", "": "1"} {
		if got := following(number); got != want {
			t.Errorf("after %q comes %q, not %q", number, got, want)
		}
	}
}
