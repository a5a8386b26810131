package pages

import (
	"net/url"
	"strings"
	"testing"
)

func TestAFindingIsRaisedAndLeadsToItsNextStep(t *testing.T) {
	s := demonstrated(t)
	form := url.Values{"idempotency_key": {"f1"}, "finding": {"f1"}, "about": {"inv-p10"}, "severity": {"major"}, "text": {"进度落后"}, "due_date": {"2030-01-01"}}
	status, page, _ := s.send(t, invented+"/record/raise-finding", form)
	if status != 303 {
		t.Fatalf("raising it answers %d: %s", status, page)
	}
	_, page, _ = s.get(t, invented+"/findings", "Authorization", "Bearer "+ownerToken)
	if !strings.Contains(page, "进度落后") || !strings.Contains(page, "较重") || !strings.Contains(page, "record/answer-finding?finding=f1") {
		t.Errorf("the finding is not listed with its next step: %s", page)
	}
	if status, page, _ := s.get(t, invented+"/notices"); status != 200 || !strings.Contains(page, "至少 10 天") {
		t.Errorf("the notices answer %d", status)
	}
}
