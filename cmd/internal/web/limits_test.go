package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
	"aidledger/projections/people"
)

// twoVillages records the same for the village "inner", which lies in the
// township 130732100, and for the village "outer", which does not: all that is
// about the latter has that word in its names or texts.
func (a *api) twoVillages(t *testing.T) {
	t.Helper()
	var last recorded
	record := func(key, command, body string) { last = a.must(t, key, command, body) }
	record("township", "register-place", `{"place":"130732100","name":"Township","level":"township","parent":"130732"}`)
	n := 0
	for name, parent := range map[string]string{"inner": "130732100", "outer": "130732"} {
		fill := func(s string) string { return strings.NewReplacer("NAME", name, "PARENT", parent).Replace(s) }
		for _, c := range [][2]string{
			{"register-place", `{"place":"NAME","name":"NAME village","level":"village","parent":"PARENT"}`},
			{"register-project", `{"project":"NAME-road","name":"NAME road"}`},
			{"set-targets", `{"project":"NAME-road","targets":[{"indicator":"length","value":3,"unit":"km"}]}`},
			{"assign-places", `{"project":"NAME-road","shares":[{"place":"NAME","percent":"100"}]}`},
			{"approve-project", `{"project":"NAME-road"}`},
			{"commit-funds", `{"fund":"NAME-fund","provider":"giver","amount":"1000","document":"Doc 1","date":"2018"}`},
			{"receive-funds", `{"fund":"NAME-fund","amount":"1000","date":"2018"}`},
			{"allocate-funds", `{"fund":"NAME-fund","project":"NAME-road","amount":"100","date":"2018"}`},
			{"disburse-funds", `{"fund":"NAME-fund","project":"NAME-road","place":"NAME","amount":"1","disbursement":"NAME-payment"}`},
			{"request-disbursement", `{"fund":"NAME-fund","project":"NAME-road","place":"NAME","amount":"1","request":"NAME-request"}`},
			{"report-indicator", `{"indicator":"NAME-people","name":"people","value":3,"unit":"人","place":"NAME","project":"NAME-road"}`},
			{"publish-notice", `{"notice":"NAME-notice","project":"NAME-road","place":"NAME","amount":"1","contact":"12317","from":"2020-01-01","to":"2020-01-20"}`},
			{"raise-finding", `{"finding":"NAME-finding","about":"NAME","severity":"minor","text":"NAME"}`},
			{"raise-finding", `{"finding":"NAME-finding-2","about":"NAME-road","severity":"minor","text":"NAME"}`},
			{"add-note", `{"id":"NAME-note","kind":"memo","about":"NAME","text":"NAME"}`},
		} {
			n++
			record(fmt.Sprintf("village-%d", n), c[0], fill(c[1]))
		}
	}
	record("person-inner", "register-beneficiary", `{"kind":"person","place":"inner","name":"李","id_number":"11010519491231002X"}`)
	record("person-outer", "register-beneficiary", `{"kind":"person","place":"outer","name":"王","id_number":"440524188001010014"}`)
	a.call(t, "GET", "/v1/status?wait_for="+last.Position.String(), "")
}

func TestACallerWithALimitReadsNothingOutsideIt(t *testing.T) {
	a := opened(t)
	a.twoVillages(t)
	auditor, _ := access.LookupRole(access.Auditor)
	for name, limit := range map[string]people.Grant{"places": {Places: []string{"130732100"}}, "projects": {Projects: []string{"inner-road"}}} {
		var grants []people.Grant
		for _, c := range auditor.Capabilities {
			limit.Capability = string(c)
			grants = append(grants, limit)
		}
		_, token := a.person(t, "li-"+name, people.Person{Role: access.Auditor, Grants: grants}, people.Token{})
		get := func(path string) answer { return a.call(t, "GET", path, "", "Authorization", token) }
		answers := func(path, want string) {
			if got := get("/v1/ledgers" + path); got.status != http.StatusOK || !strings.Contains(got.body, want) {
				t.Errorf("limited to %s, GET /v1/ledgers%s: %d %s, want %s", name, path, got.status, got.body, want)
			}
		}
		answered := 0
		for _, rt := range routes {
			if rt.Method != "GET" || rt.Needs == access.Public || rt.Needs == access.SignedIn || !slices.Contains(auditor.Capabilities, rt.Needs) {
				continue
			}
			asked, open := map[string]bool{}, false
			for i, thing := range []string{"inner", "outer", "inner-road", "outer-road", "inner-fund", "outer-fund", "inner-request", "outer-request", "inner-finding"} {
				path := strings.NewReplacer("{ledger}", "test", "{id}", thing, "{view}", "journal").Replace(rt.Path)
				if i == 2 && !open && !strings.Contains(rt.Path, "{id}") {
					break // it is closed to the caller, whatever is asked
				}
				for _, query := range []string{"", "place=" + thing, "project=" + thing, "by=village", "by=project", "by=fund", "by=year", "by=village&key=" + thing,
					"by=project&key=" + thing, "village=" + thing + "&stage=disbursed", "project=" + thing + "&stage=disbursed", "about=" + thing, "fund=" + thing, "as_of=999&by=village"} {
					if rt.Needs == access.ReadBeneficiaries {
						query = "why=audit&" + query
					}
					if asked[path+query] {
						continue
					}
					asked[path+query] = true
					got := get(path + "?" + query)
					if got.status == http.StatusOK {
						answered, open = answered+1, true
					}
					// What was asked for is repeated where nothing is found of it.
					if text := strings.ReplaceAll(got.body, `"`+thing+`"`, ""); got.status == http.StatusOK && (strings.Contains(text, "outer") || strings.Contains(text, "1000.00")) {
						t.Errorf("limited to %s, GET %s?%s reads %s", name, path, query, got.body)
					}
				}
			}
		}
		if answered < 100 {
			t.Errorf("limited to %s, only %d questions have an answer", name, answered)
		}
		for path, want := range map[string]string{
			"": "test", "/test/projects": "inner road", "/test/requests": "inner-request", "/test/notices": "inner-notice", "/test/indicators": "inner-people",
			"/test/findings": "inner-finding", "/test/journal": "inner-payment", "/test/gaps": "inner-road",
		} {
			answers(path, want)
		}
		if name == "projects" {
			answers("/test/trace/inner-road", "inner-payment")
			answers("/test/totals?by=project", "inner road")
			continue
		}
		answers("/test/places", "Township")
		answers("/test/trace/130732100", "inner-payment")
		answers("/test/journal?place=inner", "inner-payment")
		answers("/test/totals?by=village", "inner village")
		answers("/test/beneficiaries?why=audit", "person-inner")
	}
}

func TestALimitOnAPlaceHoldsForThePlacesInIt(t *testing.T) {
	a := opened(t)
	a.twoVillages(t)
	grant := func(c access.Capability) people.Grant {
		return people.Grant{Capability: string(c), Places: []string{"130732100"}}
	}
	_, officer := a.person(t, "li", people.Person{Role: access.FinanceOfficer,
		Grants: []people.Grant{grant(access.DisburseFunds), grant(access.KeepRegister)}}, people.Token{})
	_, supervisor := a.person(t, "wang", people.Person{Role: access.Supervisor, Grants: []people.Grant{grant(access.ApproveDisbursement)}}, people.Token{})
	approve := func(village string) string {
		rows := read[projections.List[projections.Request]](t, a.call(t, "GET", "/v1/ledgers/test/requests?state=requested", "")).Rows
		i := slices.IndexFunc(rows, func(r projections.Request) bool { return string(r.Request) == village+"-request" })
		return `{"request":"` + village + `-request","content":"` + rows[i].Content + `"}`
	}
	for _, c := range []struct{ name, token, command, body, code string }{
		{"a payment to a village in the township", officer, "disburse-funds", `{"fund":"inner-fund","project":"inner-road","place":"inner","amount":"1"}`, ""},
		{"a payment to another village", officer, "disburse-funds", `{"fund":"outer-fund","project":"outer-road","place":"outer","amount":"1"}`, access.OutsideLimit},
		{"a payment to a place that nobody knows", officer, "disburse-funds", `{"fund":"outer-fund","project":"outer-road","place":"nowhere","amount":"1"}`, access.OutsideLimit},
		{"a new village of the township", officer, "register-place", `{"place":"new","name":"New","level":"village","parent":"130732100"}`, ""},
		{"a new village elsewhere", officer, "register-place", `{"place":"inner-2","name":"New","level":"village","parent":"130732"}`, access.OutsideLimit},
		{"an approval of another content", supervisor, "approve-disbursement", strings.Replace(approve("inner"), `"content":"`, `"content":"0`, 1), access.OutsideLimit},
		{"an approval for a village of the township", supervisor, "approve-disbursement", approve("inner"), ""},
		{"an approval for another village", supervisor, "approve-disbursement", approve("outer"), access.OutsideLimit},
		{"a rejection for another village", supervisor, "reject-disbursement", `{"request":"outer-request","reason":"no"}`, access.OutsideLimit},
	} {
		got := a.call(t, "POST", "/v1/ledgers/test/commands/"+c.command, c.body, "Authorization", c.token, "Idempotency-Key", strings.ReplaceAll(c.name, " ", "-"))
		if got.problem().Code != c.code || (c.code == "") != (got.status == http.StatusCreated) {
			t.Errorf("%s: %d %s, want %q", c.name, got.status, got.body, c.code)
		}
	}
}
