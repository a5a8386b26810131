package pages

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

// upload sends a form with a file, and returns the page that answers.
func (b person) upload(t *testing.T, path, name, content string, form url.Values) (status int, page string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key := range form {
		_ = w.WriteField(key, form.Get(key))
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(content))
	}
	_ = w.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", b.server.URL+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	got, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	return got.StatusCode, readAll(t, got.Body)
}

func TestAFileIsTriedImportedAndTakenBack(t *testing.T) {
	s := demonstrated(t)
	b := s.signedIn(t, "zhang", access.FinanceOfficer)
	path := invented + "/imports"
	form := url.Values{"command": {"receive-funds"}, "unit": {"万元"}, "do": {"try"}}
	const table = "资金,金额,日期,来源编号\ninv-c-2019,12,2019-12-29,src-1\ninv-c-2019,x,2019-12-30,src-2\n"
	status, page := b.upload(t, path, "table.csv", table, form)
	if status != 422 || !strings.Contains(page, "一行也没有记账") || !regexp.MustCompile(`<th scope="row" class="number"><span>3</span><td[^>]*><span>金额`).MatchString(page) {
		t.Fatalf("a row at fault answers %d: %s", status, page)
	}
	_, _, fresh := b.open(t, path, nil)
	unit := regexp.MustCompile(`name="unit"><option value="([^"]*)" selected>`).FindStringSubmatch(fresh)
	if unit == nil {
		t.Fatal("no unit is chosen at first")
	}
	_, page = b.upload(t, path, "above.csv", "单位：万元,,,\n"+table, url.Values{"command": {"receive-funds"}, "unit": {unit[1]}, "do": {"try"}})
	if !strings.Contains(page, "表头上方写了单位") {
		t.Errorf("the unit above the table is passed over: %s", page)
	}
	status, page = b.upload(t, path, "table.csv", strings.Replace(table, ",x,", ",0.5,", 1), form)
	waiting := regexp.MustCompile(`name="waiting" value="([^"]+)"`).FindStringSubmatch(page)
	if status != 200 || !strings.Contains(page, "导入会记账 2 行") || waiting == nil {
		t.Fatalf("the try answers %d: %s", status, page)
	}
	form.Set("do", "import")
	form.Set("waiting", waiting[1])
	if _, page := s.signedIn(t, "other", access.FinanceOfficer).upload(t, path, "", "", form); !strings.Contains(page, "没有选择文件") {
		t.Error("the file of somebody else is imported")
	}
	if status, page = b.upload(t, path, "", "", form); status != 200 || !strings.Contains(page, "记账 2 行") {
		t.Fatalf("the import answers %d: %s", status, page)
	}
	if _, page, _ := s.get(t, invented+"/journal?stage=received"); !strings.Contains(page, ">120,000.00<") || !strings.Contains(page, ">5,000.00<") {
		t.Error("the rows are not in the journal")
	}
	undo := regexp.MustCompile(path + `/[^"]+`).FindString(page)
	if _, at, page := b.open(t, undo, url.Values{"reason": {"选错文件"}}); !strings.HasPrefix(at, path+"?undone=") || !strings.Contains(page, "已撤回整个文件") || !strings.Contains(page, "已撤回<") {
		t.Errorf("taking it back ends at %s: %s", at, page)
	}
	if status, _ := s.signedIn(t, "li", access.Supervisor).upload(t, path, "table.csv", table, form); status != 403 && status != 422 {
		t.Errorf("who may not record imports: %d", status)
	}
	if status, page := b.upload(t, path, "old.xls", "\xd0\xcf\x11\xe0", form); status != 415 || strings.Contains(page, "记账 2 行") {
		t.Errorf("an old workbook answers %d", status)
	}
}

// A table has names and choices as people write them; initials are for who sees
// what they become.
func TestAFileNamesThingsAndChoicesAsThePagesDo(t *testing.T) {
	s := demonstrated(t)
	s.allocate(t)
	b := s.signedIn(t, "zhang", access.FinanceOfficer)
	const head = "业务日期,凭证号,付款单位,收款单位,资金,项目,金额\n2019-12-28,记-1,县国库集中支付中心（虚构）,明德设备公司(虚构),2019年财政帮扶（虚构）,"
	for project, want := range map[string]string{"农产品加工园（虚构）": "导入会记账 1 行", "inv-p10": "导入会记账 1 行", "ncpjgy": "没有登记这个项目", "没有的项目": "没有叫这个名称的"} {
		if _, page := b.upload(t, invented+"/imports", "a.csv", head+project+",100\n", url.Values{"command": {"disburse-funds"}, "do": {"try"}}); !strings.Contains(page, want) {
			t.Errorf("%s is answered with %s", project, page)
		}
	}
	for kind, want := range map[string]string{"学校": "导入会记账 1 行", "school": "导入会记账 1 行", "学堂": "没有这个选项"} {
		if _, page := b.upload(t, invented+"/imports", "o.csv", "单位,名称,类别\nqh,某学校,"+kind+"\n", url.Values{"command": {"register-organisation"}, "do": {"try"}}); !strings.Contains(page, want) {
			t.Errorf("%s is answered with %s", kind, page)
		}
	}
}
