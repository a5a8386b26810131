package pages

import (
	"archive/zip"
	"net/url"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/evidence"
	"aidledger/projections/people"
)

func TestAnAuditorVerifiesEverythingAndTakesTheEvidence(t *testing.T) {
	s := demonstrated(t)
	if err := s.notary.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := s.signedIn(t, "wang", access.Auditor)
	_, _, page := b.open(t, "/verify", url.Values{"kept": {"nothing of the kind"}})
	if !strings.Contains(page, "这不是检查点") {
		t.Errorf("what is no checkpoint is taken for one: %s", page)
	}
	_, _, checkpoint := b.open(t, "/v1/ledgers/"+demo.Invented+"/checkpoint", nil)
	_, rest, _ := strings.Cut(checkpoint, `"signed":"`)
	note, _, _ := strings.Cut(rest, `"`)
	_, _, page = b.open(t, "/verify", url.Values{"kept": {strings.ReplaceAll(note, `\n`, "\r\n")}})
	for _, text := range []string{"核验通过", "日志与哈希链", "归档副本", "签名的检查点", "已签名，无人见证", "读模型（逐行重放比对）", "附件"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q: %s", text, page)
		}
	}
	_, _, page = b.open(t, invented+"/evidence", nil)
	for _, m := range links.FindAllStringSubmatch(page[strings.Index(page, "<main"):], -1) {
		if strings.HasPrefix(m[1], "/v1/") {
			if status, _, body := b.open(t, strings.ReplaceAll(m[1], "&amp;", "&"), nil); status != 200 || body == "" {
				t.Errorf("%s answers %d", m[1], status)
			}
		}
	}
	taken, err := s.people.AccessLog(t.Context(), people.AccessQuery{Act: people.ActExport, Thing: "entries", Limit: 10})
	if err != nil || len(taken) != 1 {
		t.Errorf("who took the entries is not in the access log: %v, %v", taken, err)
	}
	_, _, packed := b.open(t, "/v1/ledgers/"+demo.Invented+"/evidence", nil)
	files, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := evidence.Verify(files, evidence.Trust{}); err != nil || len(r.Different) > 0 || r.Totals == 0 {
		t.Errorf("the bundle does not verify: %+v, %v", r, err)
	}
	if _, page, _ := s.get(t, invented+"/evidence"); strings.Contains(page, "/v1/") || !strings.Contains(page, "登录后") {
		t.Error("a visitor is led to files that only people get who signed in")
	}
}
