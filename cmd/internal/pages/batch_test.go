package pages

import (
	"net/url"
	"strings"
	"testing"
)

func TestAPasteIsRecordedAsAWholeOrNotAtAll(t *testing.T) {
	s := demonstrated(t)
	s.allocate(t)
	path := invented + "/batch/disburse-funds"
	heading := "业务日期\t凭证号\t付款单位\t资金\t项目\t金额\n"
	wrong := heading + "2019-12-28\t批-1\tinv-treasury\tinv-c-2019\t农产品加工园（虚构）\t1,000.00\n" +
		"2019-12-28\t批-2\tinv-treasury\tinv-c-2019\t没有这个项目\t0.1万\n\n" +
		"2019-12-28\t批-3\tinv-treasury\tinv-c-2019\t农产品加工园（虚构）\t900万\n"
	status, page, _ := s.send(t, path, url.Values{"idempotency_key": {"b1"}, "do": {"record"}, "text": {wrong}})
	if status != 422 || !strings.Contains(page, "没有叫这个名称的") || !strings.Contains(page, "分配余额不足") || !strings.Contains(page, "2 行有错，一行也没有记账") {
		t.Fatalf("a paste with an unknown project answers %d: %s", status, page)
	}
	beyond := strings.Replace(wrong, "没有这个项目", "inv-p10", 1)
	status, page, _ = s.send(t, path, url.Values{"idempotency_key": {"b1"}, "do": {"record"}, "text": {beyond}})
	if status != 422 || !strings.Contains(page, "分配余额不足") || strings.Count(page, "tag halted") != 1 {
		t.Fatalf("a paste with a payment that is not covered answers %d: %s", status, page)
	}
	if _, journal, _ := s.get(t, invented+"/journal?stage=disbursed"); strings.Contains(journal, "批-1") {
		t.Error("half of a paste is recorded")
	}
	right := strings.Replace(beyond, "900万", "0.09万", 1)
	if status, page, _ = s.send(t, path, url.Values{"idempotency_key": {"b1"}, "do": {"check"}, "text": {right}}); status != 200 || !strings.Contains(page, "2,900.00") || !strings.Contains(page, "3 行都可以记账。还没有记账") {
		t.Errorf("the check answers %d without the sum", status)
	}
	status, page, next := s.send(t, path, url.Values{"idempotency_key": {"b1"}, "do": {"record"}, "text": {right}})
	if status != 303 || !strings.HasPrefix(next, path+"?at=") || !strings.Contains(next, "done=3") {
		t.Fatalf("recording answers %d, %s: %s", status, next, page)
	}
	if _, _, again := s.send(t, path, url.Values{"idempotency_key": {"b1"}, "do": {"record"}, "text": {right}}); again != next {
		t.Errorf("the same paste sent twice leads to %q, not %q", again, next)
	}
	if _, journal, _ := s.get(t, invented+"/journal?stage=disbursed"); strings.Count(journal, "批-1") == 0 || strings.Count(journal, "批-3") == 0 {
		t.Error("the journal does not show what was pasted")
	}
}

// Who copies cells of a table writes what a choice is called, and not its code.
func TestAPasteNamesChoicesAsThePagesDo(t *testing.T) {
	s := demonstrated(t)
	path := invented + "/batch/register-organisation"
	if _, page, _ := s.get(t, path, owner...); !strings.Contains(page, ">业务日期\t名称\t类别</textarea>") {
		t.Error("the columns to begin with have an id that nobody has to think about")
	}
	for kind, want := range map[string]string{"学校": "1 行都可以记账", "school": "1 行都可以记账", "School": "1 行都可以记账", "学堂": "可填：政府、"} {
		if _, page, _ := s.send(t, path, url.Values{"do": {"check"}, "text": {"名称\t类别\n某学校\t" + kind}}); !strings.Contains(page, want) {
			t.Errorf("%s is answered with %s", kind, page)
		}
	}
	gift := url.Values{"do": {"check"}, "text": {"捐赠单位\t物品\t数量\t计量单位\t折款金额\t计价方法\t约数\ninv-charity\t棉被\t3\t床\t300\t发票\t是"}}
	if _, page, _ := s.send(t, invented+"/batch/receive-gift", gift); !strings.Contains(page, "1 行都可以记账") {
		t.Errorf("a gift that is approximate, by its invoice: %s", page)
	}
}

func TestColumnsAreKnownByTheirNamesInBothLanguages(t *testing.T) {
	s := demonstrated(t)
	path := invented + "/batch/register-organisation"
	for _, heading := range []string{"名称\t类别", "Name\tKind", "name\tkind"} {
		if status, page, _ := s.send(t, path, url.Values{"do": {"check"}, "text": {heading + "\n某单位\tgovernment"}}); status != 200 {
			t.Errorf("%q answers %d: %s", heading, status, page)
		}
	}
	for _, heading := range []string{"名称\t颜色", "名称\tname"} {
		if status, page, _ := s.send(t, path, url.Values{"do": {"check"}, "text": {heading + "\n某单位\tgovernment"}}); status != 422 || !strings.Contains(page, "不认识的栏目") {
			t.Errorf("%q answers %d", heading, status)
		}
	}
}
