package pages

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func aReportIsShownAsPublishedAndAsNow(t *testing.T, s *running) {
	s.record(t, "publish-report", url.Values{"report": {"seen"}, "title": {"A title"}, "by": {"provider"}})
	s.record(t, "commit-funds", url.Values{"fund": {"after-report"}, "provider": {"inv-charity"}, "amount": {"7"}, "document": {"D"}, "date": {"2019"}})
	s.caughtUp(t)
	at := invented + "/reports"
	for path, wants := range map[string][]string{
		at:                 {`href="` + at + `/seen"`, "A title"},
		at + "/seen":       {"<svg ", "— ", "stage=committed"},
		at + "?format=csv": {"seen"},
		at + "/seen?stage=committed&key=inv-charity&currency=CNY": {"7.00", "<svg "},
	} {
		status, body, _ := s.get(t, path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
	}
	if status, _, _ := s.get(t, at+"/none"); status != http.StatusNotFound {
		t.Errorf("a report that does not exist: %d", status)
	}
}
