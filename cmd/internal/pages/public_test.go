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
	// In 2017 nothing of what came later had happened, on any of the pages.
	for path, later := range map[string]string{"": ">2019<", "/projects": "29,443,650.75", "/villages": "29,443,650.75"} {
		status, page, _ := s.get(t, base+path+"?effective_until=2017")
		if status != 200 || !strings.Contains(page, `class="banner past"`) || strings.Contains(page, later) || !strings.Contains(page, base+`/projects?effective_until=2017`) {
			t.Errorf("%s of 2017 answers %d, or is not of 2017, or forgets it: %s", path, status, page)
		}
		if _, file, _ := s.get(t, base+path+"?effective_until=2017&format=csv"); strings.Contains(file, later) {
			t.Errorf("the file of %s is not of 2017: %s", path, file)
		}
	}
	if _, page, _ := s.get(t, base+"/notices?effective_until=2017"); !strings.Contains(page, "公示") || strings.Contains(page, "past-bar") {
		t.Error("the notices of a day can be asked for later")
	}
	for _, path := range []string{base + "/organisations", "/public/none"} {
		if status, _, _ := s.get(t, path); status != 404 {
			t.Errorf("%s answers %d", path, status)
		}
	}
}
