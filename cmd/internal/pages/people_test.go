package pages

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

// owner asks for a page as the owner of the server, who may do everything.
var owner = []string{"Authorization", "Bearer " + ownerToken}

func TestPagesForWhoOperatesTheServer(t *testing.T) {
	s := demonstrated(t)
	for name, look := range map[string]func(*testing.T, *running){
		"A person is added, limited, kept out and let in again":        aPersonIsAddedLimitedAndKeptOut,
		"The read models are rebuilt while the page shows how it goes": theReadModelsAreRebuilt,
		"An administrator has a first page without any money":          anAdministratorHasAFirstPage,
		"Who may read of one place sees its totals and no others":      whoMayReadOfOnePlaceSeesItsTotals,
		"The thresholds lead to the form that changes them":            theThresholdsLeadToTheirForm,
	} {
		t.Run(name, func(t *testing.T) { look(t, s) })
	}
}

func aPersonIsAddedLimitedAndKeptOut(t *testing.T, s *running) {
	status, page, _ := s.send(t, "/people", url.Values{"login": {"sun"}, "name": {"孙"}, "role": {access.Supervisor}, "places": {"130732 inv-v01"}})
	link := regexp.MustCompile(`/join/[a-z0-9_]+`).FindString(page)
	if status != 201 || link == "" {
		t.Fatalf("adding somebody answers %d: %s", status, page)
	}
	if status, page, _ := s.get(t, link); status != 200 || !strings.Contains(page, "sun") {
		t.Errorf("the link answers %d", status)
	}
	if status, page, _ := s.send(t, "/people", url.Values{"login": {"sun"}, "role": {access.Auditor}}); status != 409 || !strings.Contains(page, "problem") || !strings.Contains(page, `value="sun"`) {
		t.Errorf("a name that is taken answers %d and keeps %s", status, page)
	}
	_, page, _ = s.get(t, "/people", owner...)
	path := regexp.MustCompile(`/people/[^"]+`).FindString(page[strings.Index(page, ">sun<")-80:])
	if !strings.Contains(page, "130732、inv-v01") {
		t.Error("the limits are not shown")
	}
	for _, c := range []struct{ do, role, says string }{{"role", access.Auditor, "已修改角色与范围"}, {"disable", "", "已停用。"}, {"enable", "", "已重新启用"}} {
		status, page, location := s.send(t, path, url.Values{"do": {c.do}, "role": {c.role}})
		if status != 303 {
			t.Errorf("%s answers %d: %s", c.do, status, page)
		}
		if _, page, _ := s.get(t, location, owner...); !strings.Contains(page, c.says) {
			t.Errorf("%s is answered with %s", c.do, page)
		}
	}
	if status, page, _ := s.send(t, path, url.Values{"do": {"invite"}}); status != 200 || !strings.Contains(page, "/join/") {
		t.Errorf("another link: %d", status)
	}
	if status, page, _ := s.get(t, "/people"); !strings.Contains(page, `name="password"`) {
		t.Errorf("a visitor sees who may sign in: %d", status)
	}
	if _, page, _ := s.get(t, "/access-log?act=people", owner...); strings.Count(page, "<tr>") < 5 {
		t.Error("the changes are not in the access log")
	}
}

func theReadModelsAreRebuilt(t *testing.T, s *running) {
	status, page, location := s.send(t, "/status/rebuild", nil)
	if status != 303 {
		t.Fatalf("it answers %d: %s", status, page)
	}
	for page = ""; !strings.Contains(page, "重建完成"); {
		if _, page, _ = s.get(t, location, owner...); !strings.Contains(page, "data-live") && !strings.Contains(page, "重建完成") {
			t.Fatalf("it neither goes on nor has ended: %s", page)
		}
	}
	models, err := s.runner.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range models.Projections {
		for _, l := range tongues {
			if _, ok := l.texts["projection."+p.Name]; !ok {
				t.Errorf("%s: add the text %q to the messages", l.tag, "projection."+p.Name)
			}
		}
	}
	if _, page, _ := s.get(t, "/status"); strings.Contains(page, "/status/rebuild") {
		t.Error("a visitor is offered to rebuild")
	}
	if status, _, _ := s.send(t, "/status/resume", url.Values{"projection": {"none"}}); status != 404 {
		t.Errorf("to let what does not exist try again answers %d", status)
	}
	if status, _, _ := s.send(t, "/status/resume", url.Values{"projection": {"journal"}}); status != 303 {
		t.Errorf("to let the journal try again answers %d", status)
	}
}

func anAdministratorHasAFirstPage(t *testing.T, s *running) {
	status, at, page := s.signedIn(t, "admin", access.Administrator).open(t, "/", nil)
	if status != 200 || at != "/people" || !strings.Contains(page, `href="/status"`) || strings.Contains(page, "/ledgers/") {
		t.Errorf("the first page is %s, %d: %s", at, status, page)
	}
}

func whoMayReadOfOnePlaceSeesItsTotals(t *testing.T, s *running) {
	b := s.signedIn(t, "qian", access.Auditor)
	p, err := s.people.Lookup(t.Context(), "qian")
	if err != nil {
		t.Fatal(err)
	}
	role, _ := access.LookupRole(access.Auditor)
	if err := s.people.SetRole(t.Context(), access.Owner, p.Person, role.Name, role.Limited([]string{"inv-v01"}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	b.open(t, "/sign-in", url.Values{"login": {"qian"}, "password": {demoPassword}})
	status, _, page := b.open(t, "/", nil)
	if status != 200 || !strings.Contains(page, invented) || strings.Contains(page, "29,443,650.75") {
		t.Errorf("the first page answers %d: %s", status, page)
	}
	if status, _, page := b.open(t, invented+"/totals", nil); status != 200 || strings.Contains(page, "29,443,650.75") || strings.Contains(page, invented+"/funds") {
		t.Errorf("the totals answer %d, or the menu leads to funds", status)
	}
	if status, _, page := b.open(t, invented+"/funds", nil); status != 403 || !strings.Contains(page, "inv-v01") {
		t.Errorf("the funds answer %d: %s", status, page)
	}
}

func theThresholdsLeadToTheirForm(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/settings", owner...)
	if !strings.Contains(page, "record/set-check-threshold?threshold=idle-days&amp;value=365") || !strings.Contains(page, "都不需要审批") {
		t.Errorf("the thresholds are not shown: %s", page)
	}
	s.send(t, invented+"/record/set-check-threshold", url.Values{"threshold": {"idle-days"}, "value": {"200"}, "idempotency_key": {"idle-200"}})
	if _, page, _ = s.get(t, invented+"/settings", owner...); !strings.Contains(page, "idle-days&amp;value=200") {
		t.Error("the new threshold is not shown")
	}
	if _, page, _ = s.get(t, invented+"/idle"); !strings.Contains(page, "200") || strings.Contains(page, "365") {
		t.Error("the page of idle money has other days than the threshold")
	}
}
