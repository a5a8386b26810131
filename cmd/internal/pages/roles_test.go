package pages

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

// route is a line of the table of routes.
type route struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Needs  access.Capability `json:"needs"`
}

// changes lists the routes by which something can be changed, pages and API.
func (s *running) changes(t *testing.T) []route {
	t.Helper()
	_, body, _ := s.get(t, "/v1", owner...)
	var table struct {
		Routes []route `json:"routes"`
	}
	if err := json.Unmarshal([]byte(body), &table); err != nil {
		t.Fatal(err)
	}
	all := slices.DeleteFunc(table.Routes, func(r route) bool { return r.Method == "GET" })
	for i := range all {
		all[i].Path = strings.NewReplacer("{ledger}", "haidian-chicheng-invented", "{command}", "close-year", "{id}", "x", "{person}", "demo", "{token}", "x",
			"{import}", "x", "{finding}", "x", "{invitation}", "x").Replace(all[i].Path)
	}
	if len(all) < 30 {
		t.Fatalf("only %d routes change something", len(all))
	}
	return all
}

// ask sends a form with the cookies of a person, from whichever site.
func (p person) ask(t *testing.T, method, path, body, from string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[strings.HasPrefix(body, "{")])
	r.Header.Set("Idempotency-Key", "key-"+path)
	if from != "" {
		r.Header.Set("Origin", from)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	got, err := p.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	return got.StatusCode, readAll(t, got.Body)
}

// Each role tries what only others may do, by every form, route and file; what is
// asked from the page of another site is refused whoever asks.
func TestNoRoleDoesByAnyRouteWhatOnlyOthersMay(t *testing.T) {
	s := demonstrated(t)
	before, _ := s.store.End(t.Context())
	everybody := map[string]person{}
	for _, role := range access.Roles() {
		everybody[role.Name] = s.signedIn(t, "a-"+role.Name, role.Name)
	}
	known, _ := s.people.People(t.Context())
	for _, role := range access.Roles() {
		asks := everybody[role.Name]
		for _, r := range s.changes(t) {
			if r.Needs != access.Public {
				if status, body := asks.ask(t, r.Method, r.Path, "{}", "https://elsewhere.example"); status != 403 || !strings.Contains(body, "cross_origin") {
					t.Errorf("a page of another site has the %s ask %s %s: %d %s", role.Name, r.Method, r.Path, status, body)
				}
			}
			if r.Needs == access.Public || r.Needs == access.SignedIn || r.Needs == access.ByCommand || slices.Contains(role.Capabilities, r.Needs) {
				continue
			}
			if status, body := asks.ask(t, r.Method, r.Path, "{}", ""); status != 403 || !strings.Contains(body, access.Forbidden) {
				t.Errorf("the %s asks %s %s: %d %s", role.Name, r.Method, r.Path, status, body)
			}
		}
		for _, c := range domain.Commands() {
			if slices.Contains(role.Capabilities, access.OfCommand(c.Name)) || c.Name == "open-ledger" {
				continue
			}
			for _, do := range []string{"", "check", "confirm", "draft"} {
				form := url.Values{"do": {do}, "year": {"2017"}, "text": {"year\n2017"}, "idempotency_key": {c.Name + do + role.Name}}.Encode()
				for _, path := range []string{"/record/", "/batch/"} {
					if status, body := asks.ask(t, "POST", invented+path+c.Name, form, ""); status != 403 {
						t.Errorf("the %s sends the form %s%s (%s): %d %s", role.Name, path, c.Name, do, status, body)
					}
				}
			}
		}
		if slices.Contains(role.Capabilities, access.ClosePeriods) {
			continue
		}
		for _, path := range []string{"/v1/ledgers/haidian-chicheng-invented/imports?file=a.csv&command=close-year", "/v1/ledgers/haidian-chicheng-invented/imports?file=a.csv&command=close-year&skip_bad=true"} {
			if _, body := asks.ask(t, "POST", path, "year\n2017\n", ""); !strings.Contains(body, access.Forbidden) {
				t.Errorf("the %s imports a file of commands: %s", role.Name, body)
			}
		}
	}
	if after, _ := s.store.End(t.Context()); after != before {
		t.Errorf("the log went from %d to %d", before, after)
	}
	if now, _ := s.people.People(t.Context()); !reflect.DeepEqual(now, known) {
		t.Errorf("the people went from %+v to %+v", known, now)
	}
}

// A session is not one that somebody else began, and leads to no other place.
func TestSigningInTakesNobodyElsewhere(t *testing.T) {
	s := demonstrated(t)
	s.signedIn(t, "zhang", access.Auditor)
	for _, here := range []string{"https://elsewhere.example", "//elsewhere.example", `/\elsewhere.example`, "/\t/elsewhere.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "http:elsewhere.example", ""} {
		b := s.browser(t)
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/sign-in", strings.NewReader(url.Values{"login": {"zhang"}, "password": {demoPassword}, "here": {here}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", "aidledger-session=als_chosenbysomebodyelse")
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		set := got.Header.Get("Set-Cookie")
		if got.StatusCode != 303 || got.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q (%d)", here, got.Header.Get("Location"), got.StatusCode)
		}
		if strings.Contains(set, "chosenbysomebodyelse") || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || len(got.Header.Values("Set-Cookie")) != 1 {
			t.Errorf("the cookies are %q", got.Header.Values("Set-Cookie"))
		}
	}
}
