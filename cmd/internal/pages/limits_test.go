package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// twoTownships records the same for a village in the township "near" and for one
// in the township "far". All that is of the latter has the word Hidden in its
// names and texts and sevens in its amounts; a project of both pays 4444.44,
// half to each.
func (s *running) twoTownships(t *testing.T) {
	t.Helper()
	lines := []string{
		`{"command":"open-ledger","title":"Two townships","date":"2018"}`,
		`{"command":"register-organisation","organisation":"giver","name":"Giver","kind":"government"}`,
		`{"command":"register-place","place":"130732","name":"County","level":"county"}`,
	}
	for _, v := range []struct{ id, township, name, amount, number string }{
		{"near", "130732104", "Near", "1000.00", "11010519491231002X"}, {"far", "130732200", "Hidden", "7777.77", "440524188001010014"}} {
		fill := strings.NewReplacer("TOWNSHIP", v.township, "id_number", "id_number", "ID", v.id, "NAME", v.name, "AMOUNT", v.amount, "NUMBER", v.number)
		for _, c := range []string{
			`"register-place","place":"TOWNSHIP","name":"NAME township","level":"township","parent":"130732"`,
			`"register-place","place":"ID","name":"NAME village","level":"village","parent":"TOWNSHIP"`,
			`"register-organisation","organisation":"ID-builder","name":"NAME builder","kind":"enterprise","place":"ID"`,
			`"register-project","project":"ID-road","name":"NAME road","implementer":"ID-builder"`,
			`"set-targets","project":"ID-road","targets":[{"indicator":"NAME length","value":3,"unit":"km"}]`,
			`"assign-places","project":"ID-road","shares":[{"place":"ID","percent":"100"}]`,
			`"approve-project","project":"ID-road"`,
			`"commit-funds","fund":"ID-fund","provider":"giver","amount":"AMOUNT","document":"NAME 1","purpose":"NAME purpose","date":"2018"`,
			`"receive-funds","fund":"ID-fund","amount":"AMOUNT","date":"2018"`,
			`"allocate-funds","fund":"ID-fund","project":"ID-road","amount":"AMOUNT","date":"2018"`,
			`"disburse-funds","fund":"ID-fund","project":"ID-road","amount":"77.77","disbursement":"ID-payment","payee":"ID-builder","payer":"giver","voucher":"ID-1","date":"2018-06-01"`,
			`"request-disbursement","fund":"ID-fund","project":"ID-road","amount":"700.77","request":"ID-request","payee":"ID-builder","purpose":"NAME","date":"2018-07-01"`,
			`"report-indicator","indicator":"ID-people","name":"NAME people","value":777,"unit":"人","project":"ID-road"`,
			`"publish-notice","notice":"ID-notice","project":"ID-road","place":"ID","amount":"77.77","contact":"NAME","from":"2020-01-01","to":"2020-01-20"`,
			`"raise-finding","finding":"ID-finding","about":"ID-road","severity":"minor","text":"NAME finding"`,
			`"add-note","id":"ID-note","kind":"memo","about":"ID","text":"NAME note"`,
			`"register-beneficiary","kind":"person","place":"ID","name":"李","id_number":"NUMBER"`,
			`"record-benefit","project":"ID-road","period":"2018","disbursement":"ID-payment","id_number":"NUMBER","amount":"7.77"`,
		} {
			lines = append(lines, fill.Replace(`{"command":`+c+`}`))
		}
	}
	for _, c := range []string{
		`"register-project","project":"canal","name":"Canal of both"`,
		`"set-targets","project":"canal","targets":[{"indicator":"length","value":3,"unit":"km"}]`,
		`"assign-places","project":"canal","shares":[{"place":"near","percent":"50"},{"place":"far","percent":"50"}]`,
		`"approve-project","project":"canal"`,
		`"commit-funds","fund":"both-fund","provider":"giver","amount":"4444.44","document":"Both 1","date":"2018"`,
		`"receive-funds","fund":"both-fund","amount":"4444.44","date":"2018"`,
		`"allocate-funds","fund":"both-fund","project":"canal","amount":"4444.44","date":"2018"`,
		`"disburse-funds","fund":"both-fund","project":"canal","amount":"4444.44","disbursement":"both-payment","payee":"giver","date":"2018-06-01"`,
	} {
		lines = append(lines, `{"command":`+c+`}`)
	}
	for i, line := range lines {
		lines[i] = strings.Replace(line, "{", fmt.Sprintf(`{"id":"two-%d",`, i), 1)
		if strings.Contains(line, `"add-note"`) { // its id is that of the line
			lines[i] = line
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/v1/ledgers/two/commands", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+ownerToken)
	got, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	for line := range strings.Lines(readAll(t, got.Body)) {
		if !strings.Contains(line, `"status":201`) {
			t.Fatal(line)
		}
	}
	s.caughtUp(t)
}

// limited signs somebody in who may do what a role may, in one township.
func (s *running) limited(t *testing.T, login, role string, places, projects []string) person {
	t.Helper()
	s.signedIn(t, login, role)
	p, err := s.people.Lookup(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := access.LookupRole(role)
	if err := s.people.SetRole(t.Context(), access.Owner, p.Person, role, r.Limited(places, projects, nil)); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.open(t, "/sign-in", url.Values{"login": {login}, "password": {demoPassword}})
	return b
}

func TestWhoMayReadOneTownshipSeesItsPartOnEveryPage(t *testing.T) {
	s := start(t, false)
	s.twoTownships(t)
	officer := s.limited(t, "zhao", access.FinanceOfficer, []string{"130732104"}, nil)
	for path, want := range map[string][]string{
		"/":                               {"/ledgers/two", "3,222.22"},
		"/ledgers/two":                    {"您只能看到", "Near township", "3,222.22", "2,299.99", "922.23", "Near road"},
		"/ledgers/two/totals":             {"2018", "3,222.22", "2,299.99"},
		"/ledgers/two/totals?by=project":  {"Near road", "1,000.00", "Canal of both", "2,222.22"},
		"/ledgers/two/totals?by=village":  {"Near village", "3,222.22"},
		"/ledgers/two/totals?by=provider": {"Giver", "3,222.22"},
		"/ledgers/two/totals?by=fund":     {"Near purpose", "1,000.00", "2,222.22"},
		"/ledgers/two/totals?by=year&effective_until=2018-06-30": {"2,299.99"},
		"/ledgers/two/journal":                           {"Near road", "2,222.22"},
		"/ledgers/two/why?stage=disbursed":               {"77.77", "2,299.99"},
		"/ledgers/two/why?stage=allocated,disbursed":     {"922.23"},
		"/ledgers/two/flow":                              {"Near village", "77.77"},
		"/ledgers/two/trace/near":                        {"Near village", "2,222.22", "Near note"},
		"/ledgers/two/trace/130732104":                   {"2,222.22", "Near road"},
		"/ledgers/two/trace/near-road":                   {"Near length", "1,000.00"},
		"/ledgers/two/trace/near-payment":                {"77.77"},
		"/ledgers/two/projects":                          {"Near road"},
		"/ledgers/two/places":                            {"Near village"},
		"/ledgers/two/indicators":                        {"Near people"},
		"/ledgers/two/notes":                             {"Near note"},
		"/ledgers/two/search?q=near":                     {"Near road", "Near builder"},
		"/ledgers/two/requests":                          {"near-request"},
		"/ledgers/two/requests/near-request":             {"700.77", "922.23"},
		"/ledgers/two/findings":                          {"Near finding"},
		"/ledgers/two/findings/near-finding":             {"Near finding"},
		"/ledgers/two/notices":                           {"near-notice"},
		"/ledgers/two/notices/near-notice":               {"Near"},
		"/ledgers/two/compare?from=2017-12-31&by=year":   {"2,299.99"},
		"/ledgers/two/beneficiaries?why=check":           {"Near village"},
		"/ledgers/two/record/disburse-funds":             {"Near road", "Near builder", "Near purpose"},
		"/ledgers/two/settings":                          {"365"},
		"/v1/ledgers/two/totals":                         {`"disbursed":"2299.99"`},
		"/v1/ledgers/two/people-helped":                  {`"persons":1`},
		"/v1/ledgers/two/diff?by=year&from=0&to=9999999": {`2299.99`},
	} {
		status, _, page := officer.open(t, path, nil)
		for _, text := range want {
			if !strings.Contains(page, text) || status != 200 {
				t.Errorf("%s answers %d without %s: %s", path, status, text, page)
			}
		}
	}
	for _, path := range []string{"/ledgers/two/trace/far", "/ledgers/two/trace/far-fund", "/ledgers/two/trace/both-payment", "/ledgers/two/journal?place=far", "/ledgers/two/requests/far-request",
		"/ledgers/two/findings/far-finding", "/ledgers/two/notices/far-notice", "/ledgers/two/funds", "/ledgers/two/events", "/ledgers/two/reports", "/ledgers/two/vouchers"} {
		if status, _, page := officer.open(t, path, nil); status != 403 || !strings.Contains(page, "130732104") {
			t.Errorf("%s answers %d and does not name the limit: %s", path, status, page)
		}
	}
	s.thePartAddsUp(t, officer)
}

// thePartAddsUp asks for the same part by every road.
func (s *running) thePartAddsUp(t *testing.T, of person) {
	for _, year := range []string{"", "&year=2018", "&effective_until=2018-06-30", "&as_of=2099-01-01T00:00:00Z"} {
		sums := map[string]string{}
		for _, by := range []string{"year", "budget-year", "project", "village", "provider", "fund"} {
			_, _, body := of.open(t, "/v1/ledgers/two/totals?by="+by+year, nil)
			var totals struct {
				Sum []map[string]any `json:"sum"`
			}
			if err := json.Unmarshal([]byte(body), &totals); err != nil || len(totals.Sum) != 1 {
				t.Fatalf("by %s: %v %s", by, err, body)
			}
			sums[fmt.Sprint(totals.Sum[0])] = by
		}
		if len(sums) != 1 {
			t.Errorf("with %s the sums are not the same by every road: %v", year, sums)
		}
	}
}

// Whatever somebody asks for, nothing appears that lies outside of the limit.
func TestNoRouteTellsAnythingOutsideOfALimit(t *testing.T) {
	s := start(t, false)
	s.twoTownships(t)
	askers := map[string]person{
		"officer of a place":   s.limited(t, "zhao", access.FinanceOfficer, []string{"130732104"}, nil),
		"auditor of a project": s.limited(t, "sun", access.Auditor, nil, []string{"near-road"}),
		"supervisor of both":   s.limited(t, "li", access.Supervisor, []string{"130732104"}, []string{"near-road", "canal"}),
	}
	payments := []string{s.entryOf(t, "far-payment"), s.entryOf(t, "both-payment")}
	things := append([]string{"far", "130732200", "far-road", "far-fund", "far-request", "far-finding", "far-notice", "far-note", "canal", "both-fund"}, payments...)
	queries := map[string]string{} // and what they are about
	for _, query := range []string{"", "by=village", "by=project&columns=all", "by=fund", "q=Hidden", "stage=committed", "why=audit", "as_of=9999&by=fund", "from=0&to=99999", "format=csv"} {
		queries[query] = ""
	}
	for parameter, of := range map[string][]string{"place": {"far", "130732200"}, "project": {"far-road", "canal"}, "fund": {"far-fund", "both-fund"},
		"by=village&key": {"far", "130732200"}, "stage=disbursed&entry": payments, "stage=disbursed&village": {"far", "130732200"}, "about": things} {
		for _, thing := range of {
			queries[parameter+"="+thing] = thing
		}
	}
	for who, asks := range askers {
		answered := 0
		look := func(asked, about string) {
			status, _, body := asks.open(t, asked, nil)
			if status != 200 {
				return
			}
			answered++
			for _, known := range []string{asked, url.QueryEscape(asked), "q=Hidden", about} { // what was asked for is repeated
				if known != "" {
					body = strings.ReplaceAll(body, known, "")
				}
			}
			if strings.HasSuffix(asked, "q=Hidden") {
				body = strings.ReplaceAll(body, "Hidden", "")
			}
			for _, secret := range []string{"Hidden", "far-", "130732200", "7777.77", "7,777.77", "4444.44", "4,444.44"} {
				if strings.Contains(body, secret) {
					t.Fatalf("the %s asks GET %s and reads %s: %s", who, asked, secret, body)
				}
			}
		}
		for _, pattern := range s.getRoutes(t) {
			path := strings.NewReplacer("{ledger}", "two", "{command}", "disburse-funds", "{register}", "places", "{position}", "9.0", "{view}", "journal", "{page}", "villages").Replace(pattern)
			begin, end := strings.Index(path, "{"), strings.Index(path, "}")
			if begin < 0 {
				for query, about := range queries {
					look(path+"?"+query, about)
				}
				continue
			}
			for _, thing := range things {
				for _, query := range []string{"", "format=csv", "why=audit"} {
					look(path[:begin]+thing+path[end+1:]+"?"+query, thing)
				}
			}
		}
		if answered < 100 {
			t.Errorf("the %s has only %d answers", who, answered)
		}
	}
}

// entryOf returns the entry of a payment.
func (s *running) entryOf(t *testing.T, payment string) string {
	t.Helper()
	_, page, _ := s.get(t, "/v1/ledgers/two/journal?disbursement="+payment, owner...)
	var journal struct {
		Movements []struct {
			Entry string `json:"entry"`
		} `json:"movements"`
	}
	if err := json.Unmarshal([]byte(page), &journal); err != nil || len(journal.Movements) == 0 {
		t.Fatalf("%v: %s", err, page)
	}
	return journal.Movements[0].Entry
}

// getRoutes lists what can be read of a ledger, by its pattern.
func (s *running) getRoutes(t *testing.T) (all []string) {
	t.Helper()
	_, body, _ := s.get(t, "/v1", owner...)
	var table struct {
		Routes []struct {
			Method string `json:"method"`
			Path   string `json:"path"`
		} `json:"routes"`
	}
	if err := json.Unmarshal([]byte(body), &table); err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Routes {
		if r.Method == "GET" && strings.Contains(r.Path, "/ledgers/{ledger}") {
			all = append(all, r.Path)
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d routes: %s", len(all), body)
	}
	return all
}

func TestWhoIsLimitedToATownshipRecordsForIt(t *testing.T) {
	s := start(t, false)
	s.twoTownships(t)
	officer := s.limited(t, "zhao", access.FinanceOfficer, []string{"130732104"}, nil)
	far := s.pseudonym(t, "far")
	for _, c := range []struct {
		name, command string
		form          url.Values
		status        int
	}{
		{"a payment of a project of the township", "disburse-funds", url.Values{"fund": {"Near purpose"}, "project": {"Near road"}, "amount": {"1"}}, 200},
		{"a payment of a project of others", "disburse-funds", url.Values{"fund": {"far-fund"}, "project": {"far-road"}, "amount": {"1"}}, 403},
		{"a payment of a project of both without a village", "disburse-funds", url.Values{"fund": {"both-fund"}, "project": {"canal"}, "amount": {"1"}}, 403},
		{"somebody who lives there", "register-beneficiary", url.Values{"kind": {"person"}, "place": {"near"}, "name": {"王"}, "id_number": {"130732199001010016"}}, 200},
		{"somebody who lives elsewhere", "register-beneficiary", url.Values{"kind": {"person"}, "place": {"far"}, "name": {"王"}, "id_number": {"130732199001010032"}}, 403},
		{"a benefit of somebody who lives elsewhere", "record-benefit", url.Values{"project": {"near-road"}, "period": {"2019"}, "disbursement": {"near-payment"}, "amount": {"1"}, "id_number": {"440524188001010014"}}, 403},
		{"another state of somebody who lives elsewhere", "remove-beneficiary", url.Values{"beneficiary": {far}, "reason": {"moved"}}, 403},
		{"another payment in the place of one that was asked for", "change-request", url.Values{"request": {"near-request"}, "fund": {"near-fund"}, "project": {"near-road"}, "amount": {"2"}}, 200},
		{"the end of a request of others", "withdraw-request", url.Values{"request": {"far-request"}}, 403},
		{"a village of the township for a project of others", "assign-places", url.Values{"project": {"far-road"}, "shares.0.place": {"near"}, "shares.0.percent": {"100"}}, 403},
		{"a reversal of what is of both", "reverse-entry", url.Values{"entry": {s.entryOf(t, "both-payment")}, "reason": {"wrong"}}, 403},
		{"an answer to a finding of the township", "answer-finding", url.Values{"finding": {"near-finding"}, "text": {"done"}}, 200},
		{"an answer to a finding of others", "answer-finding", url.Values{"finding": {"far-finding"}, "text": {"done"}}, 403},
		{"the end of a notice of others", "withdraw-notice", url.Values{"notice": {"far-notice"}, "reason": {"wrong"}}, 403},
	} {
		c.form.Set("idempotency_key", strings.ReplaceAll(c.name, " ", "-"))
		c.form.Set("do", "confirm")
		status, _, page := officer.open(t, "/ledgers/two/record/"+c.command, c.form)
		if status != c.status || status == 403 && (!strings.Contains(page, "130732104") || strings.Contains(page, far) && c.form.Get("beneficiary") == "") {
			t.Errorf("%s: %d %s", c.name, status, page)
		}
	}
	s.caughtUp(t)
	for path, form := range map[string]url.Values{
		"/ledgers/two/beneficiaries/" + s.pseudonym(t, "near"): nil,
		"/ledgers/two/beneficiaries/" + far:                    nil,
	} {
		want := map[bool]int{true: 403, false: 200}[strings.HasSuffix(path, far)]
		if status, _, _ := officer.open(t, path, form); status != want {
			t.Errorf("%s answers %d", path, status)
		}
		status, _, page := officer.open(t, path, url.Values{"field": {"id-number"}, "why": {"check"}})
		if status != want || want == 200 && !strings.Contains(page, "11010519491231002X") && !strings.Contains(page, "130732199001010016") {
			t.Errorf("the number of %s: %d %s", path, status, page)
		}
	}
}

// pseudonym returns a beneficiary who lives in a village.
func (s *running) pseudonym(t *testing.T, village string) string {
	t.Helper()
	all, err := s.views.Beneficiaries(t.Context(), projections.ListQuery{Ledger: "two", Filter: map[string]string{"place": village}})
	if err != nil || len(all.Rows) == 0 {
		t.Fatalf("%v: nobody lives in %s", err, village)
	}
	return string(all.Rows[0].Beneficiary)
}
