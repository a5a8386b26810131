package pages

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

// What a day brings is done on one server, by who knows papers and no ids.
func TestNobodyHasToKnowAnIdOrComesToADeadEnd(t *testing.T) {
	s := demonstrated(t)
	zhang := s.signedIn(t, "zhang", access.FinanceOfficer)
	for name, look := range map[string]func(*testing.T, *running, person){
		"An entry is taken back by the number of its voucher":             anEntryIsTakenBackByItsVoucher,
		"A benefit names its payment by the voucher and stays with it":    aBenefitNamesItsPaymentByTheVoucher,
		"An entry leads to its voucher and to its reversal":               anEntryLeadsToItsVoucherAndItsReversal,
		"Who may not see a page keeps the menu":                           whoMayNotSeeAPageKeepsTheMenu,
		"A refusal writes amounts as the page does":                       aRefusalWritesAmountsAsThePageDoes,
		"Who was added and changed is told in the language of the reader": whoWasAddedIsToldInChinese,
		"No form is offered for what only files and servers record":       noFormIsOfferedForWhatOnlyFilesRecord,
		"The numbers of vouchers begin with the last year that has some":  vouchersBeginWithTheLastYearThatHasSome,
		"Who has just chosen a password writes it next":                   whoHasChosenAPasswordWritesItNext,
		"A search finds the number of a voucher":                          aSearchFindsTheNumberOfAVoucher,
		"Nothing allocated is written with the decimals of the currency":  nothingAllocatedHasDecimals,
	} {
		t.Run(name, func(t *testing.T) { look(t, s, zhang) })
	}
}

func anEntryIsTakenBackByItsVoucher(t *testing.T, _ *running, zhang person) {
	path := invented + "/record/reverse-entry"
	_, _, page := zhang.open(t, path, url.Values{"do": {"check"}, "entry": {"虚拨2019-107"}, "reason": {"写错"}})
	if !strings.Contains(page, "虚拨2019-107 · 2019-12-20 · 拨付 · 191,803.28 · 明德设备公司") || !strings.Contains(page, "<dt>收款单位</dt>") {
		t.Errorf("the voucher is not found: %s", page)
	}
	if status, _, page := zhang.open(t, path, url.Values{"entry": {"虚拨2019-999"}, "reason": {"写错"}}); status != 422 && status != 404 || !strings.Contains(page, "虚拨2019-999") {
		t.Errorf("a voucher that does not exist answers %d", status)
	}
}

func aBenefitNamesItsPaymentByTheVoucher(t *testing.T, _ *running, zhang person) {
	status, at, page := zhang.open(t, invented+"/record/register-beneficiary", url.Values{"name": {"王五"}, "kind": {"person"}, "id_number": {"11010519491231002X"}, "place": {"inv-v01"}, "idempotency_key": {"day-1"}})
	if status != 200 || !strings.Contains(at, "place=inv-v01") {
		t.Fatalf("registering answers %d at %s: %s", status, at, page)
	}
	status, at, page = zhang.open(t, invented+"/record/record-benefit", url.Values{"project": {"农产品加工园（虚构）"}, "period": {"2019"}, "disbursement": {"虚拨2019-107"},
		"id_number": {"11010519491231002X"}, "amount": {"500"}, "idempotency_key": {"day-2"}})
	if status != 200 || !strings.Contains(at, "period=2019") || !strings.Contains(page, "虚拨2019-107 ·") {
		t.Errorf("the benefit answers %d at %s: %s", status, at, page)
	}
}

func anEntryLeadsToItsVoucherAndItsReversal(t *testing.T, _ *running, zhang person) {
	_, _, journal := zhang.open(t, invented+"/journal?stage=disbursed", nil)
	entry := regexp.MustCompile(`/trace/(invented-pay[^"]+)"`).FindStringSubmatch(journal)
	if entry == nil || !strings.Contains(journal, invented+"/voucher/"+entry[1]) {
		t.Fatal("the journal does not lead to the voucher of a payment")
	}
	_, _, page := zhang.open(t, invented+"/trace/"+entry[1], nil)
	reverse := regexp.MustCompile(invented + `/record/reverse-entry\?entry=[^"]+`).FindString(page)
	if reverse == "" || !strings.Contains(page, invented+"/voucher/"+entry[1]) {
		t.Fatalf("the entry leads to no form: %s", page)
	}
	if _, _, form := zhang.open(t, html.UnescapeString(reverse), nil); !strings.Contains(form, "收款单位") {
		t.Error("the form does not say what it takes back")
	}
	if _, _, past := zhang.open(t, invented+"/trace/"+entry[1]+"?effective_until=2019-12-31", nil); strings.Contains(past, "record/reverse-entry") {
		t.Error("the past offers to change it")
	}
}

func whoMayNotSeeAPageKeepsTheMenu(t *testing.T, s *running, zhang person) {
	if _, _, page := s.signedIn(t, "chen", access.Administrator).open(t, invented+"/settings", nil); !strings.Contains(page, `action="/sign-out"`) || !strings.Contains(page, `href="/people"`) {
		t.Errorf("an administrator loses the menu: %s", page)
	}
	for _, path := range []string{"/people", invented + "/trace/nothing"} {
		_, _, page := zhang.open(t, path, nil)
		if !strings.Contains(page, "无法显示") || !strings.Contains(page, `action="/sign-out"`) || !strings.Contains(page, `href="`+invented+`"`) || strings.Contains(page, "/sign-in?") {
			t.Errorf("%s takes the menu away: %s", path, page)
		}
	}
}

func aRefusalWritesAmountsAsThePageDoes(t *testing.T, _ *running, zhang person) {
	_, _, page := zhang.open(t, invented+"/record/disburse-funds", url.Values{"do": {"check"}, "fund": {"inv-c-2019"}, "project": {"inv-p10"}, "amount": {"3721万"}})
	if !strings.Contains(page, "：37,210,000.00）") || strings.Contains(page, "37210000.00 CNY") {
		t.Errorf("the refusal is not readable: %s", regexp.MustCompile(`分配余额[^<]*`).FindString(page))
	}
}

func whoWasAddedIsToldInChinese(t *testing.T, s *running, _ person) {
	_, page, _ := s.get(t, "/access-log?act=people", owner...)
	if !strings.Contains(page, "新增，角色为财务人员") || strings.Contains(page, "added as") {
		t.Errorf("the access log says %s", page)
	}
}

func noFormIsOfferedForWhatOnlyFilesRecord(t *testing.T, _ *running, zhang person) {
	_, _, page := zhang.open(t, invented+"/record", nil)
	for _, command := range byOtherPages {
		if strings.Contains(page, "record/"+command+`"`) {
			t.Errorf("a form of %s is offered", command)
		}
	}
	if strings.Contains(page, ">其他<") {
		t.Error("commands stand in no group")
	}
}

func nothingAllocatedHasDecimals(t *testing.T, s *running, _ person) {
	if _, page, _ := s.get(t, "/public/haidian-chicheng-invented/projects"); !strings.Contains(page, "村级光伏电站") || strings.Contains(page, "<span>0</span>") || strings.Contains(page, "0 CNY") {
		t.Error("a project without an allocation has no 0.00")
	}
}

func vouchersBeginWithTheLastYearThatHasSome(t *testing.T, s *running, zhang person) {
	s.record(t, "receive-funds", url.Values{"fund": {"inv-c-2019"}, "amount": {"1"}, "date": {"2021-03-01"}})
	if _, at, _ := zhang.open(t, invented+"/record/receive-funds", url.Values{"fund": {"inv-c-2019"}, "amount": {"2"}, "date": {"2021-03-02"}, "idempotency_key": {"day-3"}}); !strings.Contains(at, "fund=inv-c-2019") {
		t.Errorf("the next receipt begins without its fund: %s", at)
	}
	if _, _, page := zhang.open(t, invented+"/vouchers", nil); !strings.Contains(page, "虚拨2019-107") || !strings.Contains(page, `aria-current="true">2019`) {
		t.Errorf("a year without vouchers is shown first: %s", page)
	}
	if _, _, page := zhang.open(t, invented+"/vouchers?year=2021", nil); strings.Contains(page, "虚拨2019-107") || !strings.Contains(page, `aria-current="true">2021`) {
		t.Errorf("another year is shown than was asked for: %s", page)
	}
	if _, _, page := zhang.open(t, invented+"/batch/disburse-funds", nil); !strings.Contains(page, "凭证号\t付款单位\t收款单位") {
		t.Error("the columns to begin with lack who pays")
	}
}

func whoHasChosenAPasswordWritesItNext(t *testing.T, s *running, _ person) {
	if _, page, _ := s.get(t, "/sign-in?login=zhang"); !regexp.MustCompile(`name="password"[^>]* autofocus`).MatchString(page) || strings.Count(page, " autofocus") != 1 {
		t.Error("the cursor is not where the password is written")
	}
}

func aSearchFindsTheNumberOfAVoucher(t *testing.T, _ *running, zhang person) {
	for sought, found := range map[string]bool{"虚拨2019-107": true, "拨2019-10": true, "虚拨2019-999": false} {
		if _, _, page := zhang.open(t, invented+"/search?q="+url.QueryEscape(sought), nil); strings.Contains(page, ">虚拨2019-107</a>") != found {
			t.Errorf("a search for %s: %s", sought, page)
		}
	}
}
