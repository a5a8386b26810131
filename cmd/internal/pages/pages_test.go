package pages

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/eventstore/proof"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
	"aidledger/projections/people"
	"aidledger/projections/vault"
)

const ownerToken = "token-of-the-tests"

// running is a server with the demonstration in it.
type running struct {
	*httptest.Server
	store  *eventstore.Store
	views  *projections.DB
	runner *projections.Runner
	notary *notary.Notary
	people *people.Store
	nats   *localnats.Server
}

// start runs a server on a log and a database of its own. Open: who comes from
// this machine may read without having signed in.
func start(t testing.TB, open bool) *running {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	nats, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	database := pgtest.Database(t)
	keys, err := vault.Open(t.Context(), database, vault.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Now: time.Now, Log: logger, SyncAlways: true, Seal: keys.Seal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	views, err := projections.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(views.Close)
	persons, err := people.Open(t.Context(), database, vault.NewKey(), time.Now, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(persons.Close)
	runner := projections.NewRunner(views, store, logger)
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { _ = runner.Run(ctx) })
	t.Cleanup(func() { stop(); ended.Wait() })
	site := New(Config{Store: store, Views: views, Runner: runner, Log: logger, Now: time.Now, Versions: map[string]string{"aidledger": "1"}, Public: open})
	signer := signing(t, store, views, logger)
	s := web.New(web.Config{Store: store, Views: views, Runner: runner, Notary: signer, Vault: keys, Log: logger, Token: ownerToken, People: persons, Pages: open, ShowProblem: site.ShowProblem}, site.Routes()...)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return &running{h, store, views, runner, signer, persons, nats}
}

// signing returns a notary that signs when it is asked to.
func signing(t testing.TB, store *eventstore.Store, views *projections.DB, log *slog.Logger) *notary.Notary {
	t.Helper()
	text, err := proof.GenerateSigningKey(rand.Reader, "ledger.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return &notary.Notary{Log: store, Archive: views.Archive(), Keys: []proof.SigningKey{key}, Now: time.Now, Out: log}
}

// demonstrated runs a server with the demonstration.
func demonstrated(t testing.TB) *running {
	t.Helper()
	s := start(t, true)
	err := demo.Load(t.Context(), func(ctx context.Context, ledger string, rs []eventstore.Request) []eventstore.Outcome {
		return s.store.SubmitBatch(ctx, ledger, rs, false)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.caughtUp(t)
	return s
}

func (s *running) caughtUp(t testing.TB) {
	t.Helper()
	end, err := s.store.End(t.Context())
	if err == nil {
		err = s.runner.WaitFor(t.Context(), end)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// get asks for a page as a browser does, in Chinese unless headers say
// otherwise.
func (s *running) get(t testing.TB, path string, headers ...string) (status int, body string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	return got.StatusCode, readAll(t, got.Body), got.Header
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// send posts a form as the owner of the server and does not follow where the
// answer leads.
func (s *running) send(t testing.TB, path string, form url.Values) (status int, body, location string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+ownerToken)
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	return got.StatusCode, readAll(t, got.Body), got.Header.Get("Location")
}

const (
	programme = "/ledgers/" + demo.Programme
	invented  = "/ledgers/" + demo.Invented
)

// The pages to read are looked at on one server.
func TestPagesToRead(t *testing.T) {
	s := demonstrated(t)
	for name, look := range map[string]func(*testing.T, *running){
		"Every link of every page leads somewhere":                            everyLinkOfEveryPageLeadsSomewhere,
		"The programme shows what its source says and no more":                theProgrammeShowsWhatItsSourceSaysAndNoMore,
		"A first view is small":                                               aFirstViewIsSmall,
		"A page of the past says so and its links stay there":                 aPageOfThePastSaysSoAndItsLinksStayThere,
		"An export is what the screen shows":                                  anExportIsWhatTheScreenShows,
		"A file has the cells of the screen":                                  aFileHasTheCellsOfTheScreen,
		"Every step to a number is shown, and the last one is the number":     everyStepToANumberIsShown,
		"The public pages show totals and name nobody":                        thePublicPagesShowTotalsAndNameNobody,
		"What does not exist is a page for people and a problem for programs": whatDoesNotExistIsAPageForPeopleAndAProblemForPrograms,
		"A choice is kept and leads back to the page":                         aChoiceIsKeptAndLeadsBackToThePage,
		"Page after page, a list shows everything once":                       pageAfterPageAListShowsEverythingOnce,
		"two days are compared":                                               twoDaysAreCompared,
		"idle money is shown by age":                                          idleMoneyIsShownByAge,
	} {
		t.Run(name, func(t *testing.T) { look(t, s) })
	}
}

var (
	links     = regexp.MustCompile(`(?:href|src)="([^"#]+)`)
	pasts     = regexp.MustCompile(`as_of|effective_until`)
	differing = regexp.MustCompile(`[0-9]+|=[^&]*|(trace|events)/.*|ledgers/[^/?]*`)
)

func everyLinkOfEveryPageLeadsSomewhere(t *testing.T, s *running) {
	seen := map[string]bool{"/": true}
	shapes := map[string]int{}
	for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
		status, page, h := s.get(t, queue[0])
		if status == 404 && pasts.MatchString(queue[0]) && strings.Contains(page, "当时还没有记入这一笔") { // one step before it
			continue
		}
		if status != 200 {
			t.Errorf("%s answers %d", queue[0], status)
			continue
		}
		if !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
			continue
		}
		if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") {
			t.Errorf("%s has the policy %q", queue[0], policy)
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			link := html.UnescapeString(m[1])
			// A few of each shape are enough: one page differs from the next by its ids.
			if seen[link] {
				continue
			}
			shape, enough := differing.ReplaceAllString(link, "$1"), 2
			if past := pasts.FindAllString(link, -1); past != nil { // one of each page for each kind of past
				path, _, _ := strings.Cut(shape, "?")
				shape, enough = path+strings.Join(past, "&"), 1
			}
			if shapes[shape] >= enough {
				continue
			}
			seen[link] = true
			shapes[shape]++
			queue = append(queue, link)
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d pages are linked", len(seen))
	}
}

func theProgrammeShowsWhatItsSourceSaysAndNoMore(t *testing.T, s *running) {
	_, page, _ := s.get(t, programme)
	for _, text := range []string{"81,320,000.00", "15,448,300.00", "5,110,300.00", "37,210,000.00", "44,110,000.00"} {
		if !strings.Contains(page, ">"+text+"<") {
			t.Errorf("the overview does not show %s", text)
		}
	}
	if !regexp.MustCompile(`拨付</dt><dd><span class="unknown">未报告</span>`).MatchString(page) {
		t.Error("the overview does not say that nobody reported payments")
	}
	if !regexp.MustCompile(`结存</dt><dd><span class="unknown">未报告</span>`).MatchString(page) {
		t.Error("the overview knows what is left of money whose payments nobody reported")
	}
	_, wan, _ := s.get(t, programme, "Cookie", "unit=wan")
	if !strings.Contains(wan, ">8,132<") || !strings.Contains(wan, ">1,544.83<") || !strings.Contains(wan, `title="81,320,000.00 CNY"`) {
		t.Error("in 万元 the overview does not show 8,132 with the exact amount")
	}
	_, english, h := s.get(t, programme, "Accept-Language", "en")
	if !strings.Contains(english, "not reported") || h.Get("Content-Language") != "en" || strings.Contains(english, "未报告") {
		t.Error("in English the overview does not say not reported")
	}
	if _, page, _ := s.get(t, invented); !strings.Contains(page, "虚构数据，仅供演示") {
		t.Error("the invented ledger does not say so")
	}
}

// Of the invented programme the log has more events, and the journal more
// movements, than a page.
func pageAfterPageAListShowsEverythingOnce(t *testing.T, s *running) {
	for path, first := range map[string]string{
		invented + "/events":  `<th scope="row"[^>]*><a href="[^"]*/events/([0-9.]+)"`,
		invented + "/journal": `<td[^>]*><a href="[^"]*/trace/([^"]+)"[^>]*>[0-9,.]+</a>`,
	} {
		seen := map[string]int{}
		pages := 0
		for next := path; next != ""; pages++ {
			status, page, _ := s.get(t, next)
			if status != 200 {
				t.Fatalf("%s answers %d", next, status)
			}
			rows := regexp.MustCompile(first).FindAllStringSubmatch(page, -1)
			if len(rows) == 0 || len(rows) > listPage {
				t.Errorf("%s has %d rows", next, len(rows))
			}
			for _, r := range rows {
				seen[r[1]]++
			}
			next = ""
			if link := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page); link != nil {
				next = html.UnescapeString(link[1])
			}
		}
		if pages < 2 {
			t.Errorf("%s has one page", path)
		}
		for what, n := range seen {
			if n > 1 && path != invented+"/journal" { // a payment may have several movements
				t.Errorf("%s shows %s %d times", path, what, n)
			}
		}
		if path == invented+"/events" && len(seen) != s.eventsOf(t, demo.Invented) {
			t.Errorf("%d events are shown of %d", len(seen), s.eventsOf(t, demo.Invented))
		}
	}
}

// eventsOf counts the events of a ledger in the log.
func (s *running) eventsOf(t *testing.T, ledger string) (n int) {
	t.Helper()
	for m, err := range s.store.LedgerBlocks(t.Context(), ledger, 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := eventstore.DecodeEnvelope(m)
		if err == nil {
			err = b.Each(func(eventstore.Position, *eventstore.Entry, *eventstore.Event) error { n++; return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func aFirstViewIsSmall(t *testing.T, s *running) {
	total := 0
	for _, path := range []string{invented, "/pages.css", "/pages.js", "/icon.svg"} {
		_, body, h := s.get(t, path)
		total += len(body)
		if path != invented {
			if status, _, _ := s.get(t, path, "If-None-Match", h.Get("ETag")); status != http.StatusNotModified {
				t.Errorf("%s is sent again with %d to who has it", path, status)
			}
		}
	}
	if total > 100_000 {
		t.Errorf("a first view needs %d bytes", total)
	}
}

func aPageOfThePastSaysSoAndItsLinksStayThere(t *testing.T, s *running) {
	_, now, _ := s.get(t, programme)
	status, past, _ := s.get(t, programme+"/totals?by=year&effective_until=2018-12-31")
	if status != 200 || strings.Contains(now, "您看到的是过去的账") || !strings.Contains(past, "您看到的是过去的账") {
		t.Fatal("the past is not marked, or the present is")
	}
	if strings.Contains(past, "44,110,000") || !strings.Contains(past, "37,210,000.00") {
		t.Error("the past shows what came later")
	}
	if !strings.Contains(past, programme+"/journal?effective_until=2018-12-31") {
		t.Error("the menu leads back to the present")
	}
	if _, before, _ := s.get(t, invented+"/projects?as_of=10"); strings.Contains(before, "农村安全饮水") {
		t.Error("a list of the past shows what was registered later")
	}
	_, village, _ := s.get(t, invented+"/trace/inv-v03")
	for _, want := range []string{"虚拨2018-001", `id="conservation"`, "分配到村"} {
		if !strings.Contains(village, want) {
			t.Errorf("the page of a village lacks %s", want)
		}
	}
	end := regexp.MustCompile(`data-end="([0-9]+)"`)
	for _, path := range []string{"", "/totals?by=project", "/journal", "/flow", "/projects", "/idle", "/events", "/requests", "/trace/haidian", "/compare", "/settings", "/search"} {
		separator := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
		status, page, _ := s.get(t, programme+path+separator+"as_of=5")
		if m := end.FindStringSubmatch(page); status != 200 || m == nil || len(m[1]) < 2 || !strings.Contains(page, "as_of=4") || !strings.Contains(page, "as_of=6") ||
			!strings.Contains(page, "您看到的是过去的账") || strings.Count(page, `name="by"`) > 2 {
			t.Errorf("%s has at position 5 no bar with a slider and both steps (%d)", path, status)
		}
	}
	for _, as := range []string{"2019-13-45", "tomorrow", "12.x"} {
		if status, page, _ := s.get(t, programme+"?as_of="+as); status != 200 || !strings.Contains(page, "看不懂这个时点") || strings.Contains(page, "您看到的是过去的账") {
			t.Errorf("as_of=%s is answered with %d and without a word", as, status)
		}
	}
	if _, page, _ := s.get(t, programme+"?as_of=2018-12-31"); strings.Contains(page, "81,320,000") {
		t.Error("before the demonstration was loaded, its entries are shown")
	}
}

func anExportIsWhatTheScreenShows(t *testing.T, s *running) {
	_, file, h := s.get(t, programme+"/totals?by=year&format=csv", "Cookie", "unit=wan")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
	if err != nil || !strings.HasPrefix(file, "\ufeff") || !strings.Contains(h.Get("Content-Disposition"), "attachment") {
		t.Fatalf("the file is %q (%v)", file, err)
	}
	want := []string{"业务年度", "安排", "到位", "捐物折款", "帮扶合计", "分配", "拨付", "支出", "结存"}
	if strings.Join(rows[0], " ") != strings.Join(want, " ") || rows[1][1] != "3721" || rows[1][6] != "未报告" || rows[3][0] != "合计" {
		t.Errorf("the rows are %q", rows)
	}
	_, book, _ := s.get(t, programme+"/totals?by=year&format=xlsx", "Cookie", "unit=wan")
	for i, line := range rowsOfSheet(t, book) {
		for j, c := range line {
			if c.Value != rows[i][j] || (c.Kind == sheet.Number) != (j > 0 && number.MatchString(c.Value)) {
				t.Errorf("the workbook has %+v where the other file has %q", c, rows[i][j])
			}
		}
	}
	taken, err := s.people.AccessLog(t.Context(), people.AccessQuery{Act: people.ActExport, Ledger: demo.Programme, Limit: 100})
	if err != nil || !slices.ContainsFunc(taken, func(a people.Access) bool { return a.Person == "visitor" && a.Thing == "totals-year" }) {
		t.Errorf("the access log has %+v, %v", taken, err)
	}
}

func TestWhoMayNotExportIsOfferedNoFile(t *testing.T) {
	r := httptest.NewRequest("GET", "/ledgers/1/totals?format=csv", nil)
	v := New(Config{Views: new(projections.DB), Log: slog.New(slog.DiscardHandler)}).begin(access.Caller{Person: "p"}, httptest.NewRecorder(), r)
	var t1 table
	v.paged(&t1, "")
	if sent, err := v.sendFile("totals", &t1); !sent || err == nil || t1.Export != "" {
		t.Errorf("it is offered %q and answered with %v", t1.Export, err)
	}
}

func TestTextOfTheDataIsNoFormulaInASpreadsheet(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+86": "'+86", "-x": "'-x", "@x": "'@x", "x=1": "x=1", "": ""} {
		if got := plain(cell{Text: text}); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
	if got := plain(cell{Text: "-5", Number: true}); got != "-5" {
		t.Errorf("a number becomes %q", got)
	}
}

func whatDoesNotExistIsAPageForPeopleAndAProblemForPrograms(t *testing.T, s *running) {
	for _, path := range []string{"/ledgers/none", "/nothing", programme + "/nothing", programme + "/trace/nothing", programme + "/events/999.1", programme + "/events/x"} {
		status, page, _ := s.get(t, path)
		if status != 404 || !strings.Contains(page, "<h1>无法显示</h1>") || strings.Contains(page, "there is") && !strings.Contains(page, `lang="en"`) {
			t.Errorf("%s answers %d: %.300s", path, status, page)
		}
		if _, body, h := s.get(t, path, "Accept", "application/json"); h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("to a program %s answers %s", path, body)
		}
	}
	if status, _, _ := s.get(t, programme+"/journal?stage=vanished"); status != 400 {
		t.Errorf("a stage that does not exist answers %d", status)
	}
}

func aChoiceIsKeptAndLeadsBackToThePage(t *testing.T, s *running) {
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for here, want := range map[string]string{
		"/ledgers/x?a=1": "/ledgers/x?a=1", "https://example.org/": "/", "//example.org/": "/", "/\\example.org": "/", "": "/", "x": "/",
	} {
		got, err := client.PostForm(s.URL+"/preferences", map[string][]string{"unit": {"yi"}, "here": {here}})
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != want || !strings.HasPrefix(got.Header.Get("Set-Cookie"), "unit=yi;") {
			t.Errorf("from %q it leads with %d to %q, %q", here, got.StatusCode, got.Header.Get("Location"), got.Header.Get("Set-Cookie"))
		}
	}
}
