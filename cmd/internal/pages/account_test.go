package pages

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// person is a browser of somebody.
type person struct {
	*http.Client
	server *running
}

func (s *running) browser(t testing.TB) person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return person{&http.Client{Jar: jar}, s}
}

// open gets a page, or posts a form to it, and follows where the answer leads.
func (p person) open(t testing.TB, path string, form url.Values) (status int, at, page string) {
	t.Helper()
	method, body := http.MethodGet, strings.NewReader("")
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := p.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	return got.StatusCode, got.Request.URL.RequestURI(), readAll(t, got.Body)
}

func TestAPersonJoinsSignsInWorksAndSignsOut(t *testing.T) {
	s := demonstrated(t)
	p, err := s.people.Add(t.Context(), access.Owner, people.Person{Login: "zhang", Name: "张三", Role: access.FinanceOfficer})
	if err != nil {
		t.Fatal(err)
	}
	invitation, err := s.people.Invite(t.Context(), access.Owner, p.Person)
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	const password = "correct horse battery"
	if status, _, page := b.open(t, "/join/"+invitation, url.Values{"password": {password}, "again": {"another"}}); status != 422 || !strings.Contains(page, "两次写的密码不同") {
		t.Errorf("two passwords are answered with %d", status)
	}
	if status, _, page := b.open(t, "/join/"+invitation, url.Values{"password": {"short"}, "again": {"short"}}); status != 422 || !strings.Contains(page, "密码太弱") {
		t.Errorf("a weak password is answered with %d", status)
	}
	if status, at, page := b.open(t, "/join/"+invitation, url.Values{"password": {password}, "again": {password}}); status != 200 || at != "/sign-in?login=zhang" || !strings.Contains(page, `value="zhang"`) {
		t.Errorf("after joining, %d at %s", status, at)
	}
	if status, _, _ := b.open(t, "/join/"+invitation, nil); status == 200 {
		t.Error("an invitation works twice")
	}
	wrong := url.Values{"login": {"zhang"}, "password": {"wrong"}, "here": {invented + "/record"}}
	if status, _, page := b.open(t, "/sign-in", wrong); status != 401 && status != 422 && status != 403 || !strings.Contains(page, "登录名或密码不对") || strings.Contains(page, "wrong") {
		t.Errorf("a wrong password is answered with %d: %s", status, page)
	}
	right := url.Values{"login": {"zhang"}, "password": {password}, "here": {invented + "/record"}}
	if status, _, _ := b.open(t, "/sign-in", url.Values{"login": {"zhang\x00"}, "password": {password}}); status != 400 {
		t.Errorf("a NUL in the name answers %d", status)
	}
	status, at, page := b.open(t, "/sign-in", right)
	if status != 200 || at != invented+"/record" || !strings.Contains(page, "张三") || !strings.Contains(page, "record/disburse-funds\">拨付资金") {
		t.Fatalf("signed in, %d at %s: %s", status, at, page)
	}
	if status, _, _ := b.open(t, invented+"/record/approve-project", nil); status != 403 {
		t.Errorf("a finance officer gets the form of an approval: %d", status)
	}
	if status, _, _ := b.open(t, "/account", nil); status != 200 {
		t.Errorf("the account answers %d", status)
	}
	if _, at, _ := b.open(t, "/sign-out", url.Values{}); at != "/sign-in" {
		t.Errorf("signing out leads to %s", at)
	}
	if _, _, page := b.open(t, invented, nil); strings.Contains(page, "张三") {
		t.Error("the session outlives the signing out")
	}
}

func TestWhoHasNotSignedInIsAskedToAndComesBack(t *testing.T) {
	s := start(t, false)
	status, at, page := s.browser(t).open(t, "/ledgers/x/record", nil)
	if want := "/sign-in?here=" + url.QueryEscape("/ledgers/x/record"); status != 200 || at != want || !strings.Contains(page, `name="here" value="/ledgers/x/record"`) {
		t.Errorf("%d at %s, want %s", status, at, want)
	}
}

// A session ends when somebody is idle, signs out elsewhere or is kept out. Where a
// visitor may read, the next page asks them to sign in all the same.
func TestWhoseSessionHasEndedSignsInAndGoesOnWithWhatWasWritten(t *testing.T) {
	s := demonstrated(t)
	b := s.signedIn(t, "zhang", access.FinanceOfficer)
	const form = invented + "/record/receive-funds"
	written := url.Values{"do": {"record"}, "idempotency_key": {"one"}, "fund": {"inv-c-2019"}, "amount": {"12.34"}, "date": {"2019-12-30"}, "note": {"<迟到>"}}
	b.open(t, "/sign-out", url.Values{})
	before, _ := s.store.End(t.Context())
	if _, at, page := b.open(t, form, nil); at != "/sign-in?here="+url.QueryEscape(form) || !strings.Contains(page, "登录后直接回到") || !strings.Contains(link(t, page, "监督人员"), "login=demo-supervisor") {
		t.Errorf("a page leads to %s", at)
	}
	for _, c := range []struct {
		path string
		form url.Values
		says string
		back string // the page that signing in leads to
		has  []string
	}{
		{form, written, "没有记账：", form, []string{"还没有记账", `value="12.34"`, `&lt;迟到&gt;</textarea>`, `value="one"`}},
		{invented + "/batch/receive-funds", url.Values{"do": {"record"}, "text": {"资金\t金额\nx\t1"}}, "没有记账：", invented + "/batch/receive-funds", []string{"还没有记账", "资金\t金额\nx\t1"}},
		{form, url.Values{"note": {strings.Repeat("x", interruptedBytes)}}, "没有执行：", form, nil},
		{invented + "/statements/matches", url.Values{"pick": {"x"}}, "没有执行：", invented + "/statements", nil},
	} {
		_, at, page := b.open(t, c.path, c.form)
		here := regexp.MustCompile(`name="here" value="(/ledgers[^"]+)"`).FindStringSubmatch(page)
		if !strings.HasPrefix(at, "/sign-in?") || !strings.Contains(page, c.says) || strings.Contains(page, "12.34") || here == nil {
			t.Fatalf("the form %s leads to %s: %s", c.path, at, page)
		}
		status, at, page := b.open(t, "/sign-in", url.Values{"login": {"zhang"}, "password": {demoPassword}, "here": {here[1]}})
		if path, _, _ := strings.Cut(at, "?"); status != 200 || path != c.back {
			t.Errorf("signing in leads to %s (%d)", at, status)
		}
		for _, text := range c.has {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not show %q again", at, text)
			}
		}
		if _, _, page := b.open(t, at, nil); strings.Contains(page, "12.34") || strings.Contains(page, "还没有记账") {
			t.Error("what was written is given out twice")
		}
		b.open(t, "/sign-out", url.Values{})
	}
	if after, _ := s.store.End(t.Context()); after != before {
		t.Errorf("the log went from %d to %d", before, after)
	}
}
