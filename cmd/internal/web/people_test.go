package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"

	"github.com/go-json-experiment/json"
)

const password = "several words of a person"

// browser is what a browser keeps of the answers that it gets.
type browser struct {
	*api
	cookie string
}

func (b *browser) do(t *testing.T, method, path, body string) answer {
	t.Helper()
	got := b.call(t, method, path, body, "Authorization", "", "Cookie", b.cookie)
	for _, set := range got.header.Values("Set-Cookie") {
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	return got
}

func object[T any](t *testing.T, got answer) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status >= 300 {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return v
}

// joined is a browser of a new person who has signed in.
func (a *api) joined(t *testing.T, login, role string) (*browser, people.Person) {
	t.Helper()
	invited := object[Invited](t, a.call(t, "POST", "/v1/people", fmt.Sprintf(`{"login":%q,"role":%q}`, login, role)))
	_, invitation, ok := strings.Cut(invited.Link, a.URL+"/join/")
	if !ok {
		t.Fatalf("the link is %s", invited.Link)
	}
	b := &browser{api: a}
	if got := b.do(t, "POST", "/v1/invitations", fmt.Sprintf(`{"invitation":%q,"password":%q}`, invitation, password)); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	b.signIn(t, login, password)
	return b, invited.Person
}

func (b *browser) signIn(t *testing.T, login, password string) answer {
	t.Helper()
	return b.do(t, "POST", "/v1/sign-in", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password))
}

func TestAPersonJoinsSignsInAndSignsOut(t *testing.T) {
	a := opened(t)
	b, p := a.joined(t, "zhang", access.Auditor)
	got := b.signIn(t, "zhang", password)
	set := got.header.Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, attribute) {
			t.Errorf("the cookie is %s", set)
		}
	}
	me := object[Me](t, b.do(t, "GET", "/v1/me", ""))
	if me.Person != p.Person || me.Method != access.Session || me.Role != access.Auditor || len(me.Capabilities) == 0 {
		t.Errorf("got %+v", me)
	}
	old := *b
	if got := b.do(t, "POST", "/v1/sign-out", ""); got.status != http.StatusNoContent || old.do(t, "GET", "/v1/me", "").status != 401 {
		t.Errorf("the session goes on after signing out: %d %s", got.status, got.body)
	}
	if got := b.signIn(t, "zhang", "another password"); got.status != 401 || got.problem().Code != people.SignInRefused {
		t.Errorf("another password: %d %s", got.status, got.body)
	}
	if strings.Contains(a.log.String(), "zhang") {
		t.Error("the log names the person")
	}
}

func TestAPageOfAnotherSiteCannotUseASession(t *testing.T) {
	a := opened(t)
	b, _ := a.joined(t, "zhang", access.FinanceOfficer)
	got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds", pay(`"1"`), "Authorization", "", "Cookie", b.cookie,
		"Idempotency-Key", "k", "Sec-Fetch-Site", "cross-site")
	if got.status != http.StatusForbidden || got.problem().Code != "cross_origin" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestASessionEndsWhenTheRoleChanges(t *testing.T) {
	a := opened(t)
	b, p := a.joined(t, "zhang", access.FinanceOfficer)
	if got := b.do(t, "GET", "/v1/ledgers/test/totals", ""); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	object[people.Person](t, a.call(t, "PUT", "/v1/people/"+p.Person+"/role", `{"role":"administrator"}`))
	if got := b.do(t, "GET", "/v1/ledgers/test/totals", ""); got.status != 401 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	b.signIn(t, "zhang", password)
	if got := b.do(t, "GET", "/v1/ledgers/test/totals", ""); got.problem().Code != access.Forbidden {
		t.Errorf("an administrator reads totals: %d %s", got.status, got.body)
	}
}

func TestAnAdministratorManagesOthersAndNotThemselves(t *testing.T) {
	a := opened(t)
	admin, me := a.joined(t, "chen", access.Administrator)
	other := object[Invited](t, admin.do(t, "POST", "/v1/people", `{"login":"wang","name":"王","role":"supervisor","grants":[{"capability":"read-ledger","places":["village"]}]}`))
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"another role for oneself", "PUT", "/v1/people/chen/role", `{"role":"finance-officer"}`, 403, people.OwnRole},
		{"a token of somebody else", "POST", "/v1/people/wang/tokens", `{"name":"n"}`, 403, "session_required"},
		{"a role that there is not", "PUT", "/v1/people/wang/role", `{"role":"owner"}`, 422, "role_unknown"},
		{"a capability that there is not", "POST", "/v1/people", `{"login":"x","role":"auditor","grants":[{"capability":"fly"}]}`, 422, "capability_unknown"},
		{"a name that is taken", "POST", "/v1/people", `{"login":"Wang","role":"auditor"}`, 409, people.LoginTaken},
		{"a name that looks like an id", "POST", "/v1/people", `{"login":"` + me.Person + `","role":"auditor"}`, 422, people.LoginFormat},
		{"nobody", "PUT", "/v1/people/nobody/disabled", `{"disabled":true}`, 404, people.PersonNotFound},
		{"null", "PUT", "/v1/people/wang/disabled", `{"disabled":null}`, 400, "null_value"},
		{"a text for a truth", "PUT", "/v1/people/wang/disabled", `{"disabled":"yes"}`, 400, "wrong_type"},
		{"a field in capitals", "PUT", "/v1/people/wang/disabled", `{"Disabled":true}`, 400, "unknown_field"},
		{"a field twice", "PUT", "/v1/people/wang/disabled", `{"disabled":true,"disabled":false}`, 400, "duplicate_field"},
		{"an array", "PUT", "/v1/people/wang/disabled", `[]`, 400, "json_syntax"},
		{"two objects", "PUT", "/v1/people/wang/disabled", `{"disabled":true}{}`, 400, "json_syntax"},
		{"to keep somebody out", "PUT", "/v1/people/wang/disabled", `{"disabled":true}`, 200, ""},
		{"to link somebody", "POST", "/v1/people/wang/subjects", `{"issuer":"https://id.example","subject":"42"}`, 200, ""},
	} {
		if got := admin.do(t, c.method, c.path, c.body); got.status != c.status || got.problem().Code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, got.status, got.body, c.status, c.code)
		}
	}
	list := object[PeopleList](t, admin.do(t, "GET", "/v1/people", ""))
	if len(list.People) != 2 || list.People[1].Person != other.Person.Person || !list.People[1].Disabled || list.People[1].Grants[0].Places[0] != "village" {
		t.Errorf("got %+v", list)
	}
	page := object[AccessPage](t, admin.do(t, "GET", "/v1/access-log?act=people&limit=3", ""))
	if len(page.Lines) != 3 || page.Next == 0 || page.Lines[1].Why != "disabled" || page.Lines[1].Person != me.Person {
		t.Errorf("got %+v", page)
	}
}

func TestAPersonMakesTokensAndASecondFactor(t *testing.T) {
	a := opened(t)
	b, _ := a.joined(t, "zhang", access.Auditor)
	made := object[NewToken](t, b.do(t, "POST", "/v1/me/tokens", `{"name":"script","capabilities":["read-ledger"],"days":7}`))
	if got := a.call(t, "GET", "/v1/ledgers/test/totals", "", "Authorization", "Bearer "+made.Secret); got.status != 200 {
		t.Errorf("the token does not work: %d %s", got.status, got.body)
	}
	for _, body := range []string{`{"name":"n","days":-1}`, `{"name":"n","days":9999999}`, `{"name":"n","capabilities":["fly"]}`} {
		if got := b.do(t, "POST", "/v1/me/tokens", body); got.status != 422 {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := b.do(t, "DELETE", "/v1/me/tokens/"+made.Token.Token, ""); got.status != 204 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := a.call(t, "GET", "/v1/ledgers/test/totals", "", "Authorization", "Bearer "+made.Secret); got.status != 401 {
		t.Errorf("a revoked token works: %d", got.status)
	}
	if started := object[SecondFactor](t, b.do(t, "POST", "/v1/me/second-factor", `{}`)); !strings.Contains(started.Address, "secret=") {
		t.Errorf("got %+v", started)
	}
	if got := b.do(t, "POST", "/v1/me/second-factor", `{"code":"000000"}`); got.problem().Code != people.SecondFactorRefused {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := b.do(t, "POST", "/v1/me/password", fmt.Sprintf(`{"old":%q,"password":"another `+password+`"}`, password)); got.status != 204 || b.do(t, "GET", "/v1/me", "").status != 401 {
		t.Errorf("a new password: %d %s", got.status, got.body)
	}
}

func TestManyWrongPasswordsAreToldToWait(t *testing.T) {
	a := opened(t)
	a.joined(t, "zhang", access.Auditor)
	b := &browser{api: a}
	for _, login := range []string{"zhang", "nobody"} {
		var last answer
		for range 7 {
			last = b.signIn(t, login, "wrong wrong wrong")
		}
		if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" || strings.Contains(last.body, login) {
			t.Errorf("%s: %d %s", login, last.status, last.body)
		}
	}
}
