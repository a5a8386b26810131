package pages

import (
	"strings"
	"testing"

	"aidledger/projections"
)

func TestPublicPagesCanBeSwitchedOff(t *testing.T) {
	s := start(t, false)
	for _, path := range []string{"/public", "/public/" + strings.TrimPrefix(invented, "/ledgers/"), "/public/x/projects"} {
		if status, page, _ := s.get(t, path); status != 404 {
			t.Errorf("%s answers %d: %s", path, status, page)
		}
	}
}

// thePublicPagesShowTotalsAndNameNobody goes over all of them without a caller.
func thePublicPagesShowTotalsAndNameNobody(t *testing.T, s *running) {
	organisations, err := s.views.Organisations(t.Context(), projections.ListQuery{Ledger: strings.TrimPrefix(invented, "/ledgers/"), Limit: listMax})
	if err != nil || len(organisations.Rows) == 0 {
		t.Fatal(err)
	}
	base := strings.Replace(invented, "/ledgers/", "/public/", 1)
	for path, has := range map[string]string{"/public": base, base: "29,443,650.75", base + "/projects": "村道硬化", base + "/villages": "青石沟村", base + "/notices": "公示"} {
		status, page, _ := s.get(t, path)
		if status != 200 || !strings.Contains(page, has) || strings.Contains(page, `"/ledgers/`) {
			t.Errorf("%s answers %d, has no %q, or leads to what is not public: %s", path, status, has, page)
		}
		for _, o := range organisations.Rows {
			if strings.Contains(page, o.Name) {
				t.Errorf("%s names %s", path, o.Name)
			}
		}
		if path == "/public" {
			continue
		}
		if _, file, h := s.get(t, path+"?format=csv"); !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(file, "\ufeff") {
			t.Errorf("%s is not handed out as a file", path)
		}
	}
	for _, path := range []string{base + "/organisations", "/public/none"} {
		if status, _, _ := s.get(t, path); status != 404 {
			t.Errorf("%s answers %d", path, status)
		}
	}
}
