package pages

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

func TestAFormIsKeptForLaterByWhoBeganIt(t *testing.T) {
	s := demonstrated(t)
	zhang, li := s.signedIn(t, "zhang", access.FinanceOfficer), s.signedIn(t, "li", access.FinanceOfficer)
	form := url.Values{"do": {"draft"}, "fund": {"inv-c-2019"}, "amount": {"not yet known"}, "date": {"2019-12-29"}}
	path := invented + "/record/receive-funds"
	_, at, page := zhang.open(t, path, form)
	link := regexp.MustCompile(path + `\?draft=[a-z0-9-]+`).FindString(page)
	if !strings.HasPrefix(at, invented+"/record?") || link == "" || !strings.Contains(page, "草稿已保存") {
		t.Fatalf("it is not kept at %s: %s", at, page)
	}
	if _, _, page := li.open(t, invented+"/record", nil); strings.Contains(page, "draft=") {
		t.Error("somebody else has the draft in the list")
	}
	if status, _, page := li.open(t, link, nil); status != 404 || strings.Contains(page, "not yet known") {
		t.Errorf("somebody else opens the draft: %d", status)
	}
	_, _, page = zhang.open(t, link, nil)
	if !strings.Contains(page, `value="not yet known"`) {
		t.Fatalf("the draft is not in the form: %s", page)
	}
	form.Set("do", "record")
	form.Set("amount", "12")
	form.Set("draft", strings.TrimPrefix(link, path+"?draft="))
	form.Set("idempotency_key", "of-a-draft")
	if status, at, page := zhang.open(t, path, form); status != 200 || !strings.Contains(at, "done=") {
		t.Fatalf("the draft is not recorded: %d %s", status, page)
	}
	if _, _, page := zhang.open(t, invented+"/record", nil); strings.Contains(page, "draft=") {
		t.Error("what was recorded is still a draft")
	}
	if status, _, page := zhang.open(t, invented+"/record/add-note", url.Values{"do": {"draft"}, "text": {"130732199002280018 was here"}}); status != 422 || !strings.Contains(page, "was here") {
		t.Errorf("a draft with a citizen's number answers %d: %s", status, page)
	}
	if status, _, _ := zhang.open(t, invented+"/record/register-beneficiary", url.Values{"do": {"draft"}, "name": {"欧阳四"}}); status != 403 {
		t.Errorf("a draft with personal data answers %d", status)
	}
}
