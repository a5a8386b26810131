package pages

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

// link is where the first link leads whose text is that.
func link(t *testing.T, page, text string) string {
	t.Helper()
	found := regexp.MustCompile(`href="([^"]+)"[^>]*>` + text + `<`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("there is no link %q: %s", text, page)
	}
	return html.UnescapeString(found[1])
}

func TestWhatWasTakenBackSaysSoAndIsRecordedAnew(t *testing.T) {
	s := demonstrated(t)
	s.allocate(t)
	zhang := s.signedIn(t, "zhang", access.FinanceOfficer)
	pay := url.Values{"idempotency_key": {"pay"}, "amount": {"0.5万"}, "date": {"2019-12-28"}, "fund": {"inv-c-2019"}, "project": {"inv-p10"}, "payee": {"inv-payee-5"}, "payer": {"inv-treasury"},
		"voucher": {"记-2019-199"}, "note": {"设备首付款"}}
	_, _, page := zhang.open(t, invented+"/record/disburse-funds", pay)
	voucher, entry := link(t, page, "打印凭证"), link(t, page, "红字冲销")
	if _, _, paper := zhang.open(t, voucher, nil); !strings.Contains(paper, "<dt>摘要</dt><dd><span>设备首付款</span>") || strings.Contains(paper, "已于") {
		t.Errorf("the voucher lacks what it is for: %s", paper)
	}
	_, at, page := zhang.open(t, invented+"/record/reverse-entry", url.Values{"idempotency_key": {"back"}, "entry": {"记-2019-199"}, "reason": {"金额写错"}, "date": {"2019-12-29"}})
	if !strings.Contains(page, "已记账：红字冲销") || strings.Contains(page, `>红字冲销</a>`) {
		t.Fatalf("a reversal offers to be taken back, at %s: %s", at, page)
	}
	_, again, form := zhang.open(t, link(t, page, "更正后重新录入"), nil)
	for name, value := range map[string]string{"amount": "5000.00", "date": "2019-12-28", "voucher": "记-2019-199"} {
		if !strings.Contains(form, `name="`+name+`" value="`+value+`"`) {
			t.Errorf("the form at %s lacks the %s", again, name)
		}
	}
	if !strings.Contains(form, ">设备首付款</textarea>") || !strings.Contains(form, `<option value="inv-payee-5" selected>`) || strings.Contains(again, "disbursement=") {
		t.Errorf("the form at %s is not what was taken back", again)
	}
	if _, _, paper := zhang.open(t, voucher, nil); !strings.Contains(paper, "已于 2019-12-29 红字冲销") {
		t.Error("the voucher of what was taken back does not say so")
	}
	id := strings.TrimPrefix(voucher, invented+"/voucher/")
	_, _, page = zhang.open(t, invented+"/trace/"+id, nil)
	if strings.Contains(page, "record/reverse-entry") || !strings.Contains(page, "设备首付款") {
		t.Errorf("an entry that was taken back is offered to be taken back (%s): %s", entry, page)
	}
	_, _, reversal := zhang.open(t, link(t, page, "已于 2019-12-29 红字冲销"), nil)
	if !strings.Contains(reversal, "金额写错") {
		t.Error("the reversal does not say why")
	}
	if _, _, past := zhang.open(t, invented+"/trace/"+id+"?effective_until=2019-12-28", nil); strings.Contains(past, "已于") {
		t.Error("the past knows what was taken back later")
	}
}

func TestWhatMovedNoMoneyIsToldAndNotTakenBack(t *testing.T) {
	s := demonstrated(t)
	zhang := s.signedIn(t, "zhang", access.FinanceOfficer)
	_, _, page := zhang.open(t, invented+"/record/register-organisation", url.Values{"idempotency_key": {"org"}, "name": {"新学校"}, "kind": {"school"}, "organisation": {"new-school"}})
	if !strings.Contains(page, "已办理：登记单位") || !strings.Contains(page, "<dt>名称</dt><dd><span>新学校</span>") || !strings.Contains(page, "<span>学校</span>") || strings.Contains(page, "record/reverse-entry?") {
		t.Errorf("a registration is answered with %s", page)
	}
	if _, _, entry := zhang.open(t, invented+"/trace/org", nil); strings.Contains(entry, "record/reverse-entry") {
		t.Error("a registration is offered to be taken back")
	}
}
