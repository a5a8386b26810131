package pages

import (
	"crypto/rand"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// The pages to oversee are looked at on one server.
func TestPagesToOversee(t *testing.T) {
	s := demonstrated(t)
	for name, look := range map[string]func(*testing.T, *running){
		"A finding is raised, has a page, and leads to its next step": aFindingIsRaisedAndLeadsToItsNextStep,
		"Checks run at once and say what they found":                  checksRunAtOnce,
		"A notice is due, published, and then on its page":            aNoticeIsDueAndPublished,
		"Places without a pairing are found":                          placesWithoutAPairingAreFound,
		"Nobody reads about beneficiaries without saying why":         nobodyReadsAboutBeneficiariesWithoutSayingWhy,
		"A report is shown as it was published, and as it is now":     aReportIsShownAsPublishedAndAsNow,
		"What has to be watched is listed":                            whatHasToBeWatchedIsListed,
	} {
		t.Run(name, func(t *testing.T) { look(t, s) })
	}
}

// A fund is for a purpose until a day, a project lacks what it must have, and an
// entry of a closed year is allowed.
func whatHasToBeWatchedIsListed(t *testing.T, s *running) {
	s.record(t, "commit-funds", url.Values{"fund": {"marked"}, "provider": {"inv-donglin"}, "amount": {"100"}, "document": {"演〔2020〕1号"}, "budget_year": {"2020"}, "date": {"2020-01-01"}})
	s.record(t, "receive-funds", url.Values{"fund": {"marked"}, "amount": {"100"}, "date": {"2020-01-01"}})
	s.record(t, "earmark-funds", url.Values{"fund": {"marked"}, "purpose": {"教育专用"}, "until": {"2020-12-31"}, "date": {"2020-01-01"}})
	s.record(t, "close-year", url.Values{"year": {"2017"}})
	// Who is refused hands a link on, and somebody else allows what the link says.
	late := url.Values{"idempotency_key": {"late-1"}, "fund": {"marked"}, "amount": {"5"}, "date": {"2017-06-01"}}
	officer := s.signedIn(t, "late", access.FinanceOfficer)
	status, _, page := officer.open(t, invented+"/record/receive-funds", late)
	link := regexp.MustCompile(`record/allow-restatement\?([^"]*)`).FindStringSubmatch(page)
	if status != 409 || link == nil {
		t.Fatalf("an entry in a closed year answers %d: %s", status, page)
	}
	said, _ := url.ParseQuery(html.UnescapeString(link[1]))
	said.Set("reason", "票据晚到")
	said.Set("last_day", "2099-12-31")
	s.record(t, "allow-restatement", said)
	if status, _, page := officer.open(t, invented+"/record/receive-funds", late); status != 200 {
		t.Errorf("what was allowed answers %d: %s", status, page)
	}
	for path, want := range map[string][]string{"/earmarks": {"教育专用", "105.00", "2020-12-31"}, "/gaps": {"公示", "验收材料"}, "/restatements": {"票据晚到", "late-1", "5.00"}} {
		status, page, _ := s.get(t, invented+path, owner...)
		for _, text := range want {
			if status != 200 || !strings.Contains(page, text) {
				t.Errorf("%s answers %d without %s: %s", path, status, text, page)
			}
		}
	}
}

// record records what a form says, as the owner.
func (s *running) record(t *testing.T, command string, form url.Values) {
	t.Helper()
	form.Set("idempotency_key", rand.Text())
	if status, page, _ := s.send(t, invented+"/record/"+command, form); status != 303 {
		t.Fatalf("%s answers %d: %s", command, status, page)
	}
}

func aFindingIsRaisedAndLeadsToItsNextStep(t *testing.T, s *running) {
	s.record(t, "raise-finding", url.Values{"finding": {"f1"}, "about": {"inv-p10"}, "severity": {"major"}, "text": {"进度落后"}, "due_date": {"2030-01-01"}})
	_, page, _ := s.get(t, invented+"/findings?severity=major", owner...)
	if !strings.Contains(page, "进度落后") || !strings.Contains(page, "较重") || !strings.Contains(page, "record/answer-finding?finding=f1") || !strings.Contains(page, invented+"/findings/f1") {
		t.Errorf("the finding is not listed with its page and its next step: %s", page)
	}
	if _, page, _ := s.get(t, invented+"/record/answer-finding?finding=f1", owner...); !strings.Contains(page, "<dt>问题</dt><dd><span>进度落后</span>") {
		t.Errorf("the form does not say what is answered: %s", page)
	}
	if _, page, _ := s.get(t, invented+"/record/raise-finding", owner...); strings.Contains(page, `name="key"`) {
		t.Error("somebody who raises a finding is asked for the key of a check")
	}
	if _, page, _ := s.get(t, invented+"/findings?state=closed"); strings.Contains(page, "进度落后") {
		t.Error("an open finding is among the closed ones")
	}
	status, page, _ := s.get(t, invented+"/findings/f1", owner...)
	if status != 200 || !strings.Contains(page, "进度落后") || !strings.Contains(page, "2030-01-01") || !strings.Contains(page, "record/answer-finding?finding=f1") {
		t.Errorf("its page answers %d: %s", status, page)
	}
	if _, page, _ := s.get(t, invented+"/findings/f1"); strings.Contains(page, "/record/") {
		t.Error("a visitor is offered to answer it")
	}
	if status, _, _ := s.get(t, invented+"/findings/none"); status != 404 {
		t.Errorf("what does not exist answers %d", status)
	}
}

func checksRunAtOnce(t *testing.T, s *running) {
	status, page, location := s.send(t, invented+"/findings", nil)
	if status != 303 {
		t.Fatalf("it answers %d: %s", status, page)
	}
	// Nobody waits here: the list has what was just found.
	_, page, _ = s.get(t, location, owner...)
	if english := regexp.MustCompile(`>[^<]*(were|nothing|nobody|neither) [^<]*<`).FindString(page); english != "" || !strings.Contains(page, "元，没有文号") {
		t.Errorf("a finding of a check is told in English: %s", english)
	}
	if !strings.Contains(page, "检查完毕") || !strings.Contains(page, "自动检查") {
		t.Errorf("the page does not say what was found: %s", page)
	}
}

func aNoticeIsDueAndPublished(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/notices", owner...)
	if !strings.Contains(page, "record/publish-notice?project=inv-p10") {
		t.Fatalf("no notice is due: %s", page)
	}
	s.record(t, "publish-notice", url.Values{"notice": {"n1"}, "project": {"inv-p10"}, "amount": {"1000"}, "contact": {"村委会"}, "text": {"拨付公示"}, "from": {"2019-12-01"}, "to": {"2019-12-20"}, "place": {"inv-v01"}, "date": {"2019-12-01"}})
	_, page, _ = s.get(t, invented+"/notices", owner...)
	if strings.Contains(page, "record/publish-notice?project=inv-p10") || !strings.Contains(page, invented+"/notices/n1") {
		t.Error("the notice is still due, or not listed")
	}
	if status, page, _ := s.get(t, invented+"/notices/n1"); status != 200 || !strings.Contains(page, "拨付公示") || !strings.Contains(page, "不在公示期") {
		t.Errorf("its page answers %d: %s", status, page)
	}
}

func placesWithoutAPairingAreFound(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/coverage?show=not_covered")
	if !strings.Contains(page, "青石沟村") || strings.Contains(page, "海淀区") {
		t.Fatalf("villages without a pairing are missing, or helpers are among them: %s", page)
	}
	village := regexp.MustCompile(`/trace/([^"?]+)"[^>]*>青石沟村`).FindStringSubmatch(page)
	s.record(t, "establish-pairing", url.Values{"pairing": {"pair-v"}, "helper": {"inv-donglin"}, "helped": {village[1]}, "purpose": {"village"}, "date": {"2019-01-01"}})
	if _, page, _ := s.get(t, invented+"/coverage?show=not_covered"); strings.Contains(page, "青石沟村") {
		t.Error("a village with a pairing is not covered")
	}
	if _, page, _ := s.get(t, invented+"/coverage?show=covered"); !strings.Contains(page, "青石沟村") {
		t.Error("a village with a pairing is not among the covered")
	}
}

func nobodyReadsAboutBeneficiariesWithoutSayingWhy(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/coverage")
	village := regexp.MustCompile(`/trace/([^"?]+)"[^>]*>青石沟村`).FindStringSubmatch(page)[1]
	s.record(t, "register-beneficiary", url.Values{"kind": {"person"}, "place": {village}, "name": {"欧阳四"}, "id_number": {"130732199002280018"}, "phone": {"13800138000"}, "date": {"2019-01-01"}})
	list := invented + "/beneficiaries"
	if _, page, _ := s.get(t, list, owner...); strings.Contains(page, "欧") {
		t.Error("somebody is shown without a reason")
	}
	_, page, _ = s.get(t, list+"?why="+url.QueryEscape("核对补助"), owner...)
	if !strings.Contains(page, "欧**") || !strings.Contains(page, "130732********0018") || strings.Contains(page, "130732199002280018") {
		t.Fatalf("the list is not masked: %s", page)
	}
	path := regexp.MustCompile(list + `/([^"?]+)`).FindString(page)
	if _, page, _ := s.send(t, path, url.Values{"field": {"phone"}}); strings.Contains(page, "13800138000") {
		t.Error("a number is shown in full without a reason")
	}
	if _, page, _ := s.send(t, path, url.Values{"field": {"phone"}, "why": {"回访"}}); !strings.Contains(page, "13800138000") {
		t.Errorf("the number is not shown: %s", page)
	}
	for act, why := range map[string]string{people.ActRead: "核对补助", people.ActReveal: "回访"} {
		lines, err := s.people.AccessLog(t.Context(), people.AccessQuery{Act: act, Limit: 10})
		if err != nil || len(lines) != 1 || lines[0].Why != why {
			t.Errorf("the access log has of %s: %+v, %v", act, lines, err)
		}
	}
	if status, page, _ := s.get(t, list); !strings.Contains(page, `name="password"`) {
		t.Errorf("a visitor reads about beneficiaries: %d", status)
	}
}
