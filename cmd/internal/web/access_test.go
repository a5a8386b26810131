package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections/people"
)

// tokens makes a person of each shipped role, and returns what stands in the
// header of their requests.
func (a *api) tokens(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, role := range access.Roles() {
		_, all[role.Name] = a.person(t, role.Name, people.Person{Role: role.Name}, people.Token{})
	}
	return all
}

// person adds a person with a token.
func (a *api) person(t *testing.T, login string, p people.Person, token people.Token) (people.Person, string) {
	t.Helper()
	p.Login = login
	p, err := a.people.Add(t.Context(), access.Owner, p)
	if err != nil {
		t.Fatal(err)
	}
	token.Person = p.Person
	secret, _, err := a.people.NewToken(t.Context(), p.Person, token, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return p, "Bearer " + secret
}

// pathOf fills in a pattern.
func pathOf(rt Route) string {
	return strings.NewReplacer("{ledger}", "test", "{command}", "close-year", "{id}", "x", "{person}", "x", "{token}", "x", "{$}", "").Replace(rt.Path)
}

// open is what anybody may ask.
var open = []string{"/livez", "/readyz", "/{$}", "/page.css", "/api", "/api.css", "/v1/openapi.json", "/v1/sign-in", "/v1/invitations", "/sign-in/oidc", identityReturn}

func TestNoRouteForgetsToAskWhoMayUseIt(t *testing.T) {
	a := startWith(t, &Identity{Issuer: "http://127.0.0.1:1"})
	a.fill(t)
	tokens := a.tokens(t)
	for _, rt := range slices.Concat(routes, peopleRoutes, identityRoutes) {
		if rt.Needs == "" {
			t.Errorf("%s %s does not say what it needs", rt.Method, rt.Path)
		}
		if got := a.call(t, rt.Method, pathOf(rt), "", "Authorization", ""); (got.problem().Code == "unauthenticated") != (rt.Needs != access.Public) {
			t.Errorf("nobody asks %s %s: %d", rt.Method, rt.Path, got.status)
		}
		if rt.Needs == access.Public && !slices.Contains(open, rt.Path) {
			t.Errorf("%s %s is open to everybody", rt.Method, rt.Path)
		}
		if rt.Needs == access.ByCommand || rt.Needs == access.Public || rt.Needs == access.SignedIn {
			continue
		}
		for _, role := range access.Roles() {
			got := a.call(t, rt.Method, pathOf(rt), "", "Authorization", tokens[role.Name])
			if may := slices.Contains(role.Capabilities, rt.Needs); may == (got.problem().Code == access.Forbidden) {
				t.Errorf("%s asks %s %s: %d %s", role.Name, rt.Method, rt.Path, got.status, got.body)
			}
		}
	}
}

func TestNoCommandIsRecordedForARoleThatMayNotGiveIt(t *testing.T) {
	a := start(t)
	tokens := a.tokens(t)
	a.must(t, "open", "open-ledger", `{"title":"Test","date":"2018"}`)
	before, _ := a.store.End(t.Context())
	for _, c := range domain.Commands() {
		for _, role := range access.Roles() {
			may := slices.Contains(role.Capabilities, access.OfCommand(c.Name))
			if may {
				continue // whether a rule allows it is another matter
			}
			body := example(c)
			if _, err := decodeCommand(c, []byte(body)); err != nil {
				t.Fatalf("%s is no example of %s: %v", body, c.Name, err)
			}
			got := a.call(t, "POST", "/v1/ledgers/test/commands/"+c.Name, body, "Authorization", tokens[role.Name], "Idempotency-Key", c.Name+role.Name)
			if got.status != http.StatusForbidden || got.problem().Code != access.Forbidden {
				t.Errorf("%s gives %s: %d %s", role.Name, c.Name, got.status, got.body)
			}
			got = a.call(t, "POST", "/v1/ledgers/test/commands", fmt.Sprintf(`{"command":%q,"id":"b-%s",%s`, c.Name, c.Name+role.Name, strings.Replace(body, `"id":"x",`, "", 1)[1:]),
				"Authorization", tokens[role.Name])
			if r := lines[LineResult](t, got); len(r) != 1 || r[0].Status != http.StatusForbidden {
				t.Errorf("%s gives %s in a batch: %d %s", role.Name, c.Name, got.status, got.body)
			}
		}
	}
	if after, _ := a.store.End(t.Context()); after != before {
		t.Errorf("the log went from %d to %d", before, after)
	}
}

// example writes a command with a value for each field that it must have.
func example(c domain.CommandType) string {
	var object func(fields []domain.Field) string
	object = func(fields []domain.Field) string {
		var members []string
		for _, f := range fields {
			if f.Required {
				value := map[string]string{"id": `"x"`, "amount": `"1"`, "quantity": `"1"`, "date": `"2018"`, "currency": `"CNY"`,
					"integer": "2018", "yes/no": "true", "list": "[" + object(f.Item) + "]"}[f.Type]
				if value == "" {
					value = `"text"`
				}
				if len(f.Enum) > 0 {
					value = `"` + f.Enum[0] + `"`
				}
				members = append(members, fmt.Sprintf("%q:%s", f.Name, value))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	text := object(c.Field)
	if text == "{}" {
		return `{"note":"x"}`
	}
	return text
}

func TestACommandIsRecordedUnderThePersonAndRoleOfItsCaller(t *testing.T) {
	a := opened(t)
	p, token := a.person(t, "zhang", people.Person{Role: access.FinanceOfficer}, people.Token{})
	got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds", pay(`"1"`), "Authorization", token, "Idempotency-Key", "mine")
	if got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	events := read[EventPage](t, a.call(t, "GET", "/v1/ledgers/test/events?limit=100", "")).Events
	if last := events[len(events)-1]; last.Actor != p.Person || last.Role != access.FinanceOfficer {
		t.Errorf("got %s as %s", last.Actor, last.Role)
	}
}

func TestACallerWithLimitsMeetsThemOnEveryRoad(t *testing.T) {
	lax := Route{"GET", "/ledgers/{ledger}/lax", access.ReadLedger, func(_ *Server, _ access.Caller, w http.ResponseWriter, _ *http.Request) error { return done(w) }, ""}
	a := opened(t, lax)
	grants := []people.Grant{{Capability: string(access.DisburseFunds), Projects: []string{"road"}}, {Capability: string(access.ReadLedger), Places: []string{"village"}},
		{Capability: string(access.Export), Places: []string{"village"}}}
	_, token := a.person(t, "li", people.Person{Role: access.FinanceOfficer, Grants: grants}, people.Token{})
	for _, c := range []struct {
		name, method, path, body string
		code                     string
	}{
		{"a payment of the project", "POST", "/v1/ledgers/test/commands/disburse-funds", pay(`"1"`), ""},
		{"a payment of another one", "POST", "/v1/ledgers/test/commands/disburse-funds", strings.Replace(pay(`"1"`), "road", "rail", 1), access.OutsideLimit},
		{"a payment without a project", "POST", "/v1/ledgers/test/commands/return-funds", `{"fund":"fund","amount":"1"}`, access.OutsideLimit},
		{"totals, of what lies in the place", "GET", "/v1/ledgers/test/totals", "", ""},
		{"totals of the place", "GET", "/v1/ledgers/test/totals?by=village&key=village", "", ""},
		{"totals of another place", "GET", "/v1/ledgers/test/totals?by=village&key=130732", "", access.OutsideLimit},
		{"the funds, which are of no place", "GET", "/v1/ledgers/test/funds", "", access.OutsideLimit},
		{"the journal of the place", "GET", "/v1/ledgers/test/journal?place=village", "", ""},
		{"the journal of another place", "GET", "/v1/ledgers/test/journal?place=130732", "", access.OutsideLimit},
		{"a page that leaves out what it does not know", "GET", "/ledgers/test/lax?place=village", "", access.OutsideLimit},
		{"the trace of the place", "GET", "/v1/ledgers/test/trace/village", "", ""},
		{"proofs of the place, in which other places may be named", "GET", "/v1/ledgers/test/entries?place=village", "", access.OutsideLimit},
		{"the trace of a fund", "GET", "/v1/ledgers/test/trace/fund", "", access.OutsideLimit},
	} {
		got := a.call(t, c.method, c.path, c.body, "Authorization", token, "Idempotency-Key", strings.ReplaceAll(c.name, " ", "-"))
		if got.problem().Code != c.code || (c.code != "") != (got.status == http.StatusForbidden) {
			t.Errorf("%s: %d %s, want %q", c.name, got.status, got.body, c.code)
		}
	}
}

func TestATokenIsWorthItsScopeAndNoMore(t *testing.T) {
	a := opened(t)
	p, token := a.person(t, "li", people.Person{Role: access.FinanceOfficer},
		people.Token{Capabilities: []string{string(access.ReadLedger), string(access.ManagePeople)}, Ledgers: []string{"test"}})
	for _, c := range []struct {
		name, method, path string
		status             int
	}{
		{"what it is for", "GET", "/v1/ledgers/test/totals", 200},
		{"another ledger", "GET", "/v1/ledgers/other/totals", 403},
		{"what its person may do and it is not for", "GET", "/v1/ledgers/test/events", 403},
		{"what its person may not do", "GET", "/v1/people", 403},
		{"to make another token", "POST", "/v1/me/tokens", 403},
	} {
		if got := a.call(t, c.method, c.path, map[string]string{"POST": `{"name":"n"}`}[c.method], "Authorization", token); got.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, got.status, got.body, c.status)
		}
	}
	if got := a.call(t, "GET", "/v1/ledgers/test/totals?token="+token[7:], "", "Authorization", ""); got.status != 401 {
		t.Errorf("in the query string: %d", got.status)
	}
	if got := a.call(t, "GET", "/v1/ledgers/test/totals", "", "Authorization", "Basic "+token[7:]); got.status != 401 {
		t.Errorf("under another scheme: %d", got.status)
	}
	if err := a.people.SetDisabled(t.Context(), access.Owner, p.Person, true); err != nil {
		t.Fatal(err)
	}
	if got := a.call(t, "GET", "/v1/ledgers/test/totals", "", "Authorization", token); got.status != 401 {
		t.Errorf("of a disabled person: %d", got.status)
	}
}
