package pages

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/demo"
	"aidledger/projections/people"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Where the browser is, and a copy of axe-core, for those who have them. The
// variables are set where the stories must be tested: then a missing browser is
// a failure.
const (
	browserVariable = "AIDLEDGER_TEST_BROWSER"
	axeVariable     = "AIDLEDGER_TEST_AXE"
)

// browserPath finds a browser; empty where there is none and none is demanded.
func browserPath(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(browserVariable); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

const demoPassword = "correct horse battery"

func TestTheStoriesOfTheRolesInABrowser(t *testing.T) {
	path := browserPath(t)
	if path == "" {
		t.Log("NOT TESTED: there is no browser on this machine; apt-get install chromium, or name one in " + browserVariable)
		return
	}
	s := demonstrated(t)
	s.allocate(t)
	for login, role := range map[string]string{"zhang": access.FinanceOfficer, "li": access.Supervisor, "wang": access.Auditor, "chen": access.Administrator} {
		s.invited(t, login, role)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900),
		chromedp.Flag("lang", "zh-CN"), chromedp.Flag("accept-lang", "zh-CN"), chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	first, closeFirst := chromedp.NewContext(allocated)
	t.Cleanup(closeFirst)
	if err := chromedp.Do(first); err != nil {
		t.Fatalf("the browser %s does not start: %v", path, err)
	}
	for _, story := range []struct {
		name string
		tell func(*testing.T, tab)
	}{
		{"a finance officer pays, sees the amount in words while writing, and takes it back", financeOfficer},
		{"whose session has ended hears it while writing, and finds what was written", signedOutElsewhere},
		{"a supervisor approves what somebody else asked for", supervisor},
		{"an auditor looks into the past, follows a number to its event and back, and verifies", auditor},
		{"an overview that is open shows what others record", liveOverview},
		{"without JavaScript a payment is recorded all the same", withoutScripts},
		{"keys lead to the search, and can be turned off", keys},
		{"in English nothing is Chinese but the names", inEnglish},
		{"on a phone no page is wider than the screen", onAPhone},
		{"a voucher is one page of paper", onPaper},
		{"pictures are taken of the main pages", pictures},
		{"axe finds nothing on the pages to read", func(t *testing.T, b tab) {
			b.server.drawn(t)
			accessible(t, b, "wang", append([]string{invented + "/samples", invented + "/samples/axe", invented + "/events/20.0", invented + "/reports", invented + "/totals?by=village&as_of=20",
				invented + "/compare"}, mainPages...)...)
		}},
		{"axe finds nothing on the forms", func(t *testing.T, b tab) {
			officer := b.server.signedIn(t, "qian", access.FinanceOfficer)
			officer.defineFormat(t)
			if status, page := officer.upload(t, invented+"/statements", "a.csv", statement, url.Values{"format": {"bank-1"}}); status != 200 {
				t.Fatalf("the statement answers %d: %s", status, page)
			}
			accessible(t, b, "zhang", invented+"/statements", invented+"/record/define-statement-format", invented+"/record", invented+"/record/disburse-funds", invented+"/record/register-project", invented+"/batch/disburse-funds", invented+"/imports",
				invented+"/vouchers", invented+"/beneficiaries?why=x", "/account")
		}},
		{"axe finds nothing on the pages of the administrator", func(t *testing.T, b tab) {
			accessible(t, b, "chen", "/people", "/people/"+b.server.personOf(t, "zhang"), "/access-log", "/status")
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			ctx, done := chromedp.NewContext(first, chromedp.WithNewBrowserContext())
			defer done()
			if err := chromedp.Do(ctx); err != nil {
				t.Fatal(err)
			}
			limit := time.Minute
			if os.Getenv(picturesVariable) != "" {
				limit = 10 * time.Minute
			}
			limited, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			story.tell(t, tab{limited, t, s})
		})
	}
}

func keys(t *testing.T, b tab) {
	b.open("/ledgers/haidian-chicheng")
	ask := func(script string) string {
		said, err := chromedp.Run(b, chromedp.Evaluate[string](script))
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	searching := func() bool {
		b.do(chromedp.KeyEvent("/"))
		return ask("document.activeElement.id") == "q"
	}
	if !searching() {
		t.Error("/ does not lead to the search")
	}
	ask(`document.activeElement.blur(); document.querySelector("[data-keys] button").click(); ""`)
	if on := ask(`document.querySelector("[data-keys] button").getAttribute("aria-pressed")`); on != "false" || searching() {
		t.Errorf("keys are turned off, the button says %q, and / leads to the search all the same", on)
	}
}

// invited makes a person with the password of these tests.
func (s *running) invited(t *testing.T, login, role string) {
	t.Helper()
	p, err := s.people.Add(t.Context(), access.Owner, people.Person{Login: login, Name: login, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	invitation, err := s.people.Invite(t.Context(), access.Owner, p.Person)
	if err == nil {
		err = s.people.Accept(t.Context(), invitation, demoPassword)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tab is one tab of the browser, with cookies of its own.
type tab struct {
	context.Context
	t      *testing.T
	server *running
}

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		b.t.Fatalf("%v\nat %s", err, b.text("body"))
	}
}

func (b tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.server.URL + path))
}

// text is what a person reads in the first element of a kind.
func (b tab) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b, chromedp.TextContent(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("there is no %s: %v", selector, err)
	}
	return text
}

func (b tab) has(selector string, texts ...string) {
	b.t.Helper()
	got := b.text(selector)
	for _, text := range texts {
		if !strings.Contains(got, text) {
			b.t.Errorf("%s does not say %q: %s", selector, text, strings.Join(strings.Fields(got), " "))
		}
	}
}

func (b tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// press clicks and lets the button go only when the server has answered what
// leaving the input before it has asked.
func (b tab) press(selector string) {
	b.t.Helper()
	at, err := chromedp.Run(b, chromedp.Evaluate[[]float64](`(() => { const e = document.querySelector("`+selector+`"); e.scrollIntoView({block: "center"});
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`))
	if err != nil {
		b.t.Fatal(err)
	}
	left := []chromedp.MouseOption{chromedp.ButtonLeft, chromedp.ClickCount(1)}
	b.do(chromedp.MouseEvent(chromedp.MousePressed, at[0], at[1], left...),
		chromedp.Evaluate[chromedp.Void](`new Promise((done) => { const look = () => performance.getEntriesByType("resource").some((r) => r.initiatorType === "fetch")
			? requestAnimationFrame(() => requestAnimationFrame(done)) : requestAnimationFrame(look); look(); })`, chromedp.EvalAwaitPromise),
		chromedp.MouseEvent(chromedp.MouseReleased, at[0], at[1], left...))
}

func (b tab) write(name, text string) {
	b.t.Helper()
	input := chromedp.CSS(`[name="` + name + `"]`)
	b.do(chromedp.Clear(input), chromedp.SendKeys(input, text))
}

func (b tab) choose(name, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(`[name="`+name+`"]`), value))
}

func (b tab) see(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (b tab) signIn(login, here string) {
	b.t.Helper()
	b.open("/sign-in?here=" + url.QueryEscape(here))
	b.see(`[name="password"]`)
	b.write("login", login)
	b.write("password", demoPassword)
	b.click("form.narrow button")
	b.see(`.who form`)
}

func financeOfficer(t *testing.T, b tab) {
	b.signIn("zhang", invented)
	b.click(`nav a[href$="record/disburse-funds"]`)
	b.see(`form.paper`)
	b.write("date", "2019-12-28")
	b.write("voucher", "浏-2019-09")
	b.choose("payer", "inv-treasury")
	b.choose("payee", "inv-payee-5")
	b.choose("fund", "inv-c-2019")
	b.choose("project", "inv-p10")
	b.write("amount", "0.123万") // a pause asks the server
	b.do(chromedp.WaitVisible(`//div[@id="checked"][contains(., "壹仟贰佰叁拾元整")]`))
	b.has("#checked", "可拨余额", "记账后还可拨", "可以记账")
	b.do(chromedp.SendKeys(chromedp.CSS(`[name="amount"]`), "\r"))
	b.see(".banner.good")
	b.has(".banner.good", "已记账", "打印凭证")
	next, err := chromedp.Run(b, chromedp.Value(chromedp.CSS(`[name="voucher"]`)))
	if err != nil || next != "浏-2019-10" {
		t.Errorf("the next voucher is %q, %v", next, err)
	}
	b.click(`.banner.good a[href*="reverse-entry"]`)
	b.see(`[name="reason"]`)
	b.do(chromedp.SendKeys(chromedp.CSS(`textarea[name="reason"]`), "写错金额"))
	b.press("button.main")
	b.see(".banner.good")
	b.open(invented + "/journal")
	b.has("main tbody tr", "红字冲销", "-")
}

func signedOutElsewhere(t *testing.T, b tab) {
	b.signIn("zhang", invented+"/record/receive-funds")
	b.see("form.record .fields")
	b.do(chromedp.Evaluate[chromedp.Void](`fetch("/sign-out", {method: "POST"})`, chromedp.EvalAwaitPromise))
	b.write("fund", "inv-c-2019")
	b.write("amount", "77.00")
	b.see("#checked .banner button")
	b.has("#checked", "没有记账", "登录")
	b.click("#checked .banner button")
	b.see(`[name="password"]`)
	b.write("login", "zhang")
	b.write("password", demoPassword)
	b.click("form.narrow button")
	b.see(".banner.past")
	if amount, err := chromedp.Run(b, chromedp.Value(chromedp.CSS(`[name="amount"]`))); err != nil || amount != "77.00" {
		t.Errorf("the amount is %q, %v", amount, err)
	}
}

func supervisor(t *testing.T, b tab) {
	b.server.asks(t)
	b.signIn("li", invented+"/requests")
	b.see(`main a[href$="requests/ask-browser"]`)
	if rest, err := chromedp.Run(b, chromedp.Evaluate[int](`(() => { const m = document.querySelector(".menu-content"); return m.scrollHeight - m.clientHeight; })()`)); err != nil || rest > 0 {
		t.Errorf("%d pixels of the menu do not fit on the screen, %v", rest, err)
	}
	b.click(`main a[href$="requests/ask-browser"]`)
	b.see(`form[action$="approve-disbursement"]`)
	b.has("main", "贰仟元整", "本资金给本项目的可拨余额", "尾款")
	b.click(`form[action$="approve-disbursement"] button`)
	b.see(`main .tag.approved`)
	b.has("main", "已批准")
}

func auditor(t *testing.T, b tab) {
	b.signIn("wang", invented+"/totals?by=project")
	b.write("effective_until", "2018-12-31")
	b.click(".past-bar button")
	b.see(".banner.past")
	b.has(".banner.past", "您看到的是过去的账", "2018-12-31")
	b.click(".banner.past a")
	b.do(chromedp.WaitNotPresent(chromedp.CSS(".banner.past")))
	b.click("tbody tr:nth-child(3) td.number a")
	b.see(`a[href*="/events/"]`)
	b.click(`td a[href*="/events/"]`)
	b.see("pre.raw")
	b.has("pre.raw", `"amount"`)
	b.click(`h2 + .facts a[href*="/trace/"]`)
	b.see("main .tiles")
	b.open("/verify")
	b.click("button.main")
	b.see(".banner")
	b.has(".banner", "核验通过")
}

func liveOverview(t *testing.T, b tab) {
	b.open(invented)
	b.see("#overview[data-events]")
	b.server.record(t, "commit-funds", url.Values{"fund": {"live-1"}, "provider": {"inv-donglin"}, "amount": {"7654321"}, "budget_year": {"2019"}, "document": {"虚〔2019〕77号"}, "date": {"2019-12-30"}})
	b.do(chromedp.WaitVisible(`//div[@id="overview"][contains(., "7,654,321.00")]`))
}

func withoutScripts(t *testing.T, b tab) {
	if _, err := chromedp.Call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.signIn("zhang", invented)
	b.open(invented + "/record/receive-funds")
	b.click(".who button")
	b.see(`[name="password"]`)
	b.open(invented + "/record/receive-funds") // leads back here
	b.write("login", "zhang")
	b.write("password", demoPassword)
	b.click("form.narrow button")
	b.see("form.record .fields")
	b.write("date", "2019-12-29")
	b.write("fund", "inv-c-2019")
	b.write("amount", "1,000.00")
	b.click(`button[value="check"]`)
	b.see("#checked .facts")
	b.has("#checked", "壹仟元整")
	b.click(`button[value="record"]`)
	b.see(".banner.good")
	b.has(".banner.good", "已记账")
}

func inEnglish(t *testing.T, b tab) {
	b.open(invented)
	b.click(`button[lang="en"]`)
	b.see(`html[lang="en"] h1`)
	b.has("nav", "Overview", "Journal", "Money flow")
	if text := b.text("nav .menu-group:nth-child(2)"); regexp.MustCompile(`\p{Han}`).MatchString(text) {
		t.Errorf("the menu has Chinese in it: %s", text)
	}
}

// mainPages are looked at on a phone and by axe.
var mainPages = []string{"/", invented, invented + "/totals?by=project", invented + "/journal", invented + "/flow", invented + "/trace/inv-p10", invented + "/events",
	invented + "/projects", invented + "/idle", invented + "/requests", invented + "/search?q=ccx", invented + "/settings", invented + "/findings", invented + "/notices", invented + "/statements", invented + "/coverage", invented + "/evidence", "/public/" + demo.Invented + "/projects", invented + "/why?stage=disbursed", "/status", "/verify", "/sign-in"}

func onAPhone(t *testing.T, b tab) {
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	for _, path := range mainPages {
		b.open(path)
		width, err := chromedp.Run(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		if err != nil || width > 360 {
			t.Errorf("%s is %d wide, %v", path, width, err)
		}
		hidden, err := chromedp.Run(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText.slice(0, 80))`))
		if err != nil || len(hidden) > 0 {
			t.Errorf("tables of %s go on beside the screen: %q, %v", path, hidden, err)
		}
	}
	b.open(invented)
	b.click(".menu > summary")
	b.see(`nav a[href$="/journal"]`)
	b.open(invented)
	if high, err := chromedp.Run(b, chromedp.Evaluate[float64](`document.querySelector(".past-bar").getBoundingClientRect().height`)); err != nil || high > 32 {
		t.Errorf("the bar of the past is %.0f high before somebody opens it, %v", high, err)
	}
	b.has(".past-bar", "最新")
	b.click(".past-bar summary")
	b.see(`.past-bar [name="as_of"]`)
}

func onPaper(t *testing.T, b tab) {
	_, page, _ := b.server.get(t, invented+"/journal?stage=disbursed&order=oldest")
	entry := regexp.MustCompile(`/trace/(invented-pay[^"]+)"`).FindStringSubmatch(page)
	if entry == nil {
		t.Fatal("the journal has no payment")
	}
	b.open(invented + "/voucher/" + entry[1])
	b.has(".voucher", "元", "制单", "出纳")
	b.see("[data-print]")
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1)); n != 1 {
		t.Errorf("the voucher has %d pages", n)
	}
	if !regexp.MustCompile(`/MediaBox \[0 0 59[45][.0-9]* (419|420)`).Match(pdf) {
		t.Errorf("the paper is not A5, landscape: %s", regexp.MustCompile(`/MediaBox \[[^\]]*\]`).Find(pdf))
	}
}

func accessible(t *testing.T, b tab, login string, paths ...string) {
	file := os.Getenv(axeVariable)
	if file == "" {
		t.Log("NOT TESTED: name a copy of axe.min.js in " + axeVariable)
		return
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b.signIn(login, "/")
	for _, path := range paths {
		b.open(path)
		b.do(chromedp.Evaluate[chromedp.Void](string(axe)))
		found, err := chromedp.Run(b, chromedp.Evaluate[[]string](`axe.run(document, {resultTypes: ["violations"]}).then(r =>
			r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html + " " + (n.any[0] ?? n.all[0] ?? n.none[0] ?? {message: ""}).message).join(" | ")))`, chromedp.EvalAwaitPromise))
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v %s", path, err, strings.Join(found, "\n"))
		}
	}
}

// drawn records a sample.
func (s *running) drawn(t *testing.T) {
	t.Helper()
	if err := s.notary.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.record(t, "draw-sample", url.Values{"sample": {"axe"}, "size": {"5"}, "method": {"record"}, "stage": {"disbursed"}, "seed": {"123456"}})
}

// personOf is the id of who signs in by a name.
func (s *running) personOf(t *testing.T, login string) string {
	t.Helper()
	all, err := s.people.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Login == login {
			return p.Person
		}
	}
	t.Fatalf("there is no %s", login)
	return ""
}
