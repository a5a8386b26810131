package pages

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

func TestAFileIsAttachedWhereItBelongs(t *testing.T) {
	s := demonstrated(t)
	zhang := s.signedIn(t, "zhang", access.FinanceOfficer)
	_, _, page := zhang.open(t, invented+"/trace/inv-p10", nil)
	form := link(t, page, "添加附件")
	_, _, page = zhang.open(t, form, nil)
	if !strings.Contains(page, `type="file"`) || strings.Contains(page, `name="sha256"`) || strings.Contains(page, "value=\"draft\"") {
		t.Errorf("the form asks for what the file says: %s", page)
	}
	values := url.Values{"idempotency_key": {"file"}, "about": {"农产品加工园（虚构）"}, "note": {"验收"}}
	if status, page := zhang.upload(t, invented+"/record/add-attachment", "", "", values); status != 422 || !strings.Contains(page, "没有选择文件") {
		t.Errorf("no file is answered with %d: %s", status, page)
	}
	const content = "%PDF-1.4 验收报告"
	for range 2 { // who sends a form twice attaches one file
		if status, page := zhang.upload(t, invented+"/record/add-attachment", `C:\scan\验收报告.pdf`, content, values); status != 200 || !strings.Contains(page, "已办理：添加附件") {
			t.Fatalf("a file is answered with %d: %s", status, page)
		}
	}
	_, _, page = zhang.open(t, invented+"/trace/inv-p10", nil)
	file := link(t, page, "验收报告.pdf")
	if strings.Count(page, "验收报告.pdf") != 1 || !strings.Contains(page, "application/pdf") {
		t.Errorf("the project does not show its file: %s", page)
	}
	got, err := zhang.Get(s.URL + file)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != content || got.StatusCode != http.StatusOK {
		t.Errorf("the file is %q (%d), %v", body, got.StatusCode, err)
	}
	li := s.signedIn(t, "chen", access.Administrator)
	if status, _ := li.upload(t, invented+"/record/add-attachment", "a.pdf", content, values); status != 403 {
		t.Errorf("an administrator attaches a file: %d", status)
	}
}
