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
