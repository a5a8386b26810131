package pages

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

const statement = "对账单,,,,,\n记账日期,交易流水号,对方户名,借方发生额,贷方发生额,附言\n2019-12-20,A001,张三,\"191,803.28\",,虚拨2019-107\n" +
	"2019-12-05,A002,李四,\"255,737.70\",,\n2019-12-12,A003,王五,9.99,,手续费\n"

// defineFormat names the columns of a statement, as a page proposes them.
func (p person) defineFormat(t *testing.T) {
	t.Helper()
	path := invented + "/statements"
	_, _, page := p.open(t, path, nil)
	define := regexp.MustCompile(invented + `/record/define-statement-format\?[^"]+`).FindString(page)
	if define == "" {
		t.Fatalf("nothing leads to a format: %s", page)
	}
	form, err := url.ParseQuery(strings.ReplaceAll(define[strings.Index(define, "?")+1:], "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	form.Set("account", "帮扶专户")
	form.Set("format", "bank-1")
	form.Set("idempotency_key", "statement-1")
	if _, at, page := p.open(t, invented+"/record/define-statement-format", form); at != path || !strings.Contains(page, "帮扶专户") {
		t.Fatalf("a format leads to %s: %s", at, page)
	}
}

// From the first format to what is left on each side, without JavaScript.
func TestABankStatementIsMatchedWithTheLedgerOnAPage(t *testing.T) {
	s := demonstrated(t)
	zhang, li := s.signedIn(t, "zhang", access.FinanceOfficer), s.signedIn(t, "li", access.Supervisor)
	path := invented + "/statements"
	zhang.defineFormat(t)
	if status, page := zhang.upload(t, path, "a.csv", strings.Replace(statement, "借方发生额", "支出", 1), url.Values{"format": {"bank-1"}}); status != 422 || !strings.Contains(page, "列名不对") || !strings.Contains(page, "借方发生额") {
		t.Errorf("a statement without a column answers %d: %s", status, page)
	}
	if status, page := zhang.upload(t, path, "a.csv", strings.Replace(statement, "9.99", "x", 1), url.Values{"format": {"bank-1"}}); status != 422 || !strings.Contains(page, "一行也没有记账") {
		t.Errorf("a row at fault answers %d: %s", status, page)
	}
	for _, says := range []string{"新登记流水 3 笔，以前登记过 0 笔", "新登记流水 0 笔，以前登记过 3 笔"} {
		if status, page := zhang.upload(t, path, "a.csv", statement, url.Values{"format": {"bank-1"}}); status != 200 || !strings.Contains(page, says) {
			t.Fatalf("want %s: %d %s", says, status, page)
		}
	}
	_, _, page := zhang.open(t, path, nil)
	picks := regexp.MustCompile(`name="pick" value="([^"]+)" aria-label="(A00.)[^"]*"( checked)?`).FindAllStringSubmatch(page, -1)
	if len(picks) != 2 || strings.Contains(page, "张三") {
		t.Fatalf("the proposals are %q: %s", picks, page)
	}
	if _, _, file := zhang.open(t, path+"?format=csv", nil); !strings.Contains(file, "A001") || strings.Contains(file, "对应") {
		t.Errorf("the file of the proposals is %s", file)
	}
	chosen := url.Values{"idempotency_key": {"statement-2"}}
	for _, p := range picks {
		if (p[2] == "A001") != (p[3] != "") {
			t.Errorf("%s is chosen: %q", p[2], p[3])
		}
		chosen.Add("pick", p[1])
	}
	if status, _, page := zhang.open(t, path+"/matches", url.Values{}); status != 422 || !strings.Contains(page, "没有勾选任何一笔") {
		t.Errorf("nothing chosen answers %d", status)
	}
	if status, _, _ := li.open(t, path+"/matches", chosen); status != 403 {
		t.Errorf("a supervisor confirms matches: %d", status)
	}
	if status, _, page := zhang.open(t, path+"/matches", chosen); status != 200 || !strings.Contains(page, "已确认 2 笔对应") {
		t.Fatalf("confirming answers %d: %s", status, page)
	}
	for show, want := range map[string][]string{"proposals": {"没有可以对应的流水"}, "lines": {"A003", "-9.99", "record/disburse-funds?amount=9.99&amp;date=2019-12-12"},
		"entries": {"虚拨2019-106", "-215,327.10"}, "matched": {"A001", "A002", "record/unmatch-statement-line?line="}} {
		_, _, page := zhang.open(t, path+"?show="+show, nil)
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not show %s: %s", show, text, page)
			}
		}
		if _, _, page := li.open(t, path+"?show="+show, nil); strings.Contains(page, "<form class=\"record\"") || strings.Contains(page, "record/disburse-funds") {
			t.Errorf("a supervisor is offered to record %s", show)
		}
	}
	aLongListGoesOnOverPages(t, zhang)
}

func aLongListGoesOnOverPages(t *testing.T, zhang person) {
	t.Helper()
	path := invented + "/statements"
	long := strings.SplitAfter(statement, "附言\n")[0]
	for i := range listPage + 5 {
		long += fmt.Sprintf("2019-11-01,B%03d,赵六,%d.77,,\n", i, 7_000+i)
	}
	if status, page := zhang.upload(t, path, "b.csv", long, url.Values{"format": {"bank-1"}}); status != 200 {
		t.Fatalf("a long statement answers %d: %s", status, page)
	}
	seen := map[string]bool{}
	for next := path + "?show=lines"; next != ""; {
		_, _, page := zhang.open(t, next, nil)
		serials := regexp.MustCompile(`>(?:A003|B\d{3})<`).FindAllString(page, -1)
		if len(serials) > listPage {
			t.Errorf("%s shows %d lines", next, len(serials))
		}
		for _, serial := range serials {
			seen[serial] = true
		}
		next = ""
		if link := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page); link != nil {
			next = html.UnescapeString(link[1])
		}
	}
	if len(seen) != listPage+6 {
		t.Errorf("the pages show %d lines", len(seen))
	}
}
