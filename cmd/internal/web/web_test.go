package web

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// read decodes an answer.
func read[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

func lines[T any](t *testing.T, a answer) []T {
	t.Helper()
	var all []T
	for line := range strings.Lines(a.body) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, v)
	}
	return all
}

func TestARepeatedKeyGetsTheFirstAnswerAndRecordsNothing(t *testing.T) {
	a := opened(t)
	first := a.must(t, "key", "disburse-funds", pay(`"1.10"`))
	got := a.do(t, "key", "disburse-funds", pay(`"1.1"`)) // the same value in another form
	again := read[recorded](t, got)
	if !again.Repeated || again.Position != first.Position || again.Entry != first.Entry || again.Events[0].ID != first.Events[0].ID {
		t.Errorf("got %+v, want %+v", again, first)
	}
	if got := a.do(t, "key", "disburse-funds", pay(`"1.2"`)); got.status != 422 || got.problem().Code != eventstore.KeyReused {
		t.Errorf("another amount: %d %s", got.status, got.body)
	}
}

func TestADryRunSaysWhatWouldBeRecorded(t *testing.T) {
	a := opened(t)
	end, _ := a.store.End(t.Context())
	got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds?dry_run=true", pay(`"1"`), "Idempotency-Key", "dry")
	if r := read[recorded](t, got); !r.DryRun || r.Events[0].Type != "funds-disbursed" {
		t.Errorf("got %s", got.body)
	}
	if got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds?dry_run=true", pay(`"1000.01"`), "Idempotency-Key", "dry"); got.problem().Code != "insufficient_allocation" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	line := `{"command":"register-project","id":"d1","project":"one","name":"One"}` + "\n" + `{"command":"set-targets","id":"d2","project":"one","targets":[{"indicator":"i","value":1,"unit":"u"}]}`
	for _, r := range lines[LineResult](t, a.call(t, "POST", "/v1/ledgers/test/commands?dry_run=true", line)) {
		if r.Status != 200 || !r.Receipt.DryRun {
			t.Errorf("line %d: %+v", r.Line, r)
		}
	}
	if now, _ := a.store.End(t.Context()); now != end {
		t.Errorf("the log went from %d to %d", end, now)
	}
	a.must(t, "dry", "disburse-funds", pay(`"1"`)) // the key is still free
}

func TestIfMatchRefusesWhatWasDecidedOnSomethingElse(t *testing.T) {
	a := opened(t)
	end, _ := a.store.End(t.Context())
	for _, c := range []struct {
		name, seen string
		status     int
		code       string
	}{
		{"nothing that was seen", "*", 201, ""},
		{"something older", fmt.Sprintf("%q", fmt.Sprint(end)), 412, eventstore.ChangedSince},
		{"what is there now", fmt.Sprintf(`"%d.0"`, end+1), 201, ""},
		{"what is not there yet", `"999999"`, 412, eventstore.ChangedSince},
		{"what another region has", fmt.Sprintf(`"WEST:%d"`, end+1), 412, eventstore.ChangedSince},
		{"no position", `"x"`, 400, "header_malformed"},
		{"no region", `":7"`, 400, "header_malformed"},
		{"two regions", `"EAST:WEST:7"`, 400, "header_malformed"},
	} {
		got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds", pay(`"1"`), "Idempotency-Key", strings.ReplaceAll(c.name, " ", "-"), "If-Match", c.seen)
		if got.status != c.status || got.problem().Code != c.code {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
	seen, _ := a.store.End(t.Context())
	give := func(key, command, body string) int {
		return a.call(t, "POST", "/v1/ledgers/test/commands/"+command, body, "Idempotency-Key", key, "If-Match", fmt.Sprintf("%q", fmt.Sprint(seen))).status
	}
	if got := give("rail", "register-project", `{"project":"rail","name":"Rail"}`); got != 201 {
		t.Errorf("a new project: %d", got)
	}
	if got := give("pay", "disburse-funds", pay(`"1"`)); got != 201 {
		t.Errorf("a payment of another project after it: %d", got)
	}
	if got := give("again", "disburse-funds", pay(`"1"`)); got != 412 {
		t.Errorf("a payment of the project that was paid since: %d", got)
	}
	if got := give("back", "reverse-entry", `{"entry":"pay","reason":"wrong"}`); got != 412 {
		t.Errorf("a reversal of what was recorded since: %d", got)
	}
	if got := give("year", "close-year", `{"year":2017}`); got != 412 {
		t.Errorf("what is about the whole ledger: %d", got)
	}
}

func TestANoticeSaysHowManyDaysAreLeft(t *testing.T) {
	a := opened(t)
	zone, err := time.LoadLocation(domain.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	day := func(ahead int) string { return time.Now().In(zone).AddDate(0, 0, ahead).Format("2006-01-02") }
	var last recorded
	for id, days := range map[string][2]int{"old": {-30, -20}, "now": {-7, 2}, "next": {1, 20}} {
		last = a.must(t, id, "publish-notice", fmt.Sprintf(`{"notice":%q,"project":"road","place":"village","amount":"1","contact":"12317","from":%q,"to":%q}`, id, day(days[0]), day(days[1])))
	}
	rows := read[projections.List[Notice]](t, a.call(t, "GET", "/v1/ledgers/test/notices?wait_for="+last.Position.String(), "")).Rows
	got := ""
	for _, n := range rows {
		got += fmt.Sprintf("%s %d, ", n.Notice.Notice, n.DaysLeft)
	}
	if got != "next 0, now 3, old 0, " {
		t.Errorf("got %s", got)
	}
}

func TestAnAnswerWithoutHistorySaysSo(t *testing.T) {
	a := opened(t)
	if got := a.call(t, "GET", "/v1/status?as_of=1", ""); got.status != 400 || got.problem().Code != "no_history" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAKeyOfSomebodyElseIsRefused(t *testing.T) {
	a := opened(t)
	_, err := a.store.Submit(t.Context(), "test", eventstore.Request{ID: "theirs", Actor: "other", Command: mustDecode(t, "close-year", `{"year":2017}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.do(t, "theirs", "close-year", `{"year":2017}`); got.status != 409 || got.problem().Code != eventstore.KeyTaken {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAWriterCanReadItsWrite(t *testing.T) {
	a := opened(t)
	for i := range 20 {
		got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds?wait=true", pay(`"1"`), "Idempotency-Key", fmt.Sprint("w", i))
		var r recorded
		if err := json.Unmarshal([]byte(got.body), &r); err != nil || r.Waited == nil || !*r.Waited {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		totals := read[projections.Totals](t, a.call(t, "GET", "/v1/ledgers/test/totals?by=year&year=2018", ""))
		if want := fmt.Sprintf("%d.00", i+1); *totals.Rows[0].Disbursed != want {
			t.Fatalf("got %s, want %s", *totals.Rows[0].Disbursed, want)
		}
	}
	r := a.must(t, "then", "disburse-funds", pay(`"1"`))
	totals := read[projections.Totals](t, a.call(t, "GET", "/v1/ledgers/test/totals?wait_for="+r.Position.String(), ""))
	if *totals.Rows[0].Disbursed != "21.00" {
		t.Errorf("got %s", *totals.Rows[0].Disbursed)
	}
}

func TestTotalsThatNobodyReportedAreNull(t *testing.T) {
	a := opened(t)
	got := a.call(t, "GET", "/v1/ledgers/test/totals", "")
	if !strings.Contains(got.body, `"disbursed":null`) || strings.Contains(got.body, `"disbursed":"0.00"`) {
		t.Errorf("got %s", got.body)
	}
}

func TestABatchRecordsWhatItCanInOrder(t *testing.T) {
	a := opened(t)
	body := strings.Join([]string{
		`{"command":"register-project","id":"b1","project":"one","name":"One"}`,
		``,
		`{"id":"b2","project":"two"}`,
		`{"id":"b3","project":"three","name":"Three"}`,
		`{"project":"four","name":"Four"}`,
		`{"id":"b5","project":"one","name":"One again"}`,
		`not json`,
		`{"id":"b1","project":"one","name":"One"}`,
		`{"command":"teleport","id":"b6"}`,
	}, "\n")
	got := a.call(t, "POST", "/v1/ledgers/test/commands?command=register-project", body, "Content-Type", "application/x-ndjson")
	results := lines[LineResult](t, got)
	for i, want := range []struct {
		line, status int
		code         string
	}{
		{1, 201, ""}, {3, 422, "field_required"}, {4, 201, ""}, {5, 400, "idempotency_key_required"}, {6, 409, "id_taken"},
		{7, 400, "json_syntax"}, {8, 200, ""}, {9, 404, "command_not_found"},
	} {
		r := results[i]
		if r.Line != want.line || r.Status != want.status || r.Problem != nil && r.Problem.Code != want.code || (r.Receipt == nil) != (want.code != "") {
			t.Errorf("result %d is %+v %+v, want %+v", i, r, r.Problem, want)
		}
	}
	if got.status != http.StatusOK || len(results) != 8 {
		t.Errorf("got %d with %d results", got.status, len(results))
	}
}

func TestAnAtomicBatchIsRecordedAsAWholeOrNotAtAll(t *testing.T) {
	a := opened(t)
	good := `{"command":"register-project","id":"%s","project":"%s","name":"N"}` + "\n"
	for _, c := range []struct {
		name, body string
		status     int
		codes      []string
	}{
		{"a rule refuses one", fmt.Sprintf(good, "a1", "one") + fmt.Sprintf(good, "a2", "road"), 409, []string{"batch_not_recorded", "id_taken"}},
		{"one cannot be read", fmt.Sprintf(good, "a3", "one") + "{", 400, []string{"batch_not_recorded", "json_syntax"}},
		{"all are good", fmt.Sprintf(good, "a4", "one") + fmt.Sprintf(good, "a5", "two"), 200, []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := a.store.End(t.Context())
			got := a.call(t, "POST", "/v1/ledgers/test/commands?atomic=true", c.body)
			for i, r := range lines[LineResult](t, got) {
				code := ""
				if r.Problem != nil {
					code = r.Problem.Code
				}
				if code != c.codes[i] {
					t.Errorf("line %d has the code %q, want %q", r.Line, code, c.codes[i])
				}
			}
			after, _ := a.store.End(t.Context())
			if got.status != c.status || (after != before) != (c.status == 200) {
				t.Errorf("got %d, and the log went from %d to %d", got.status, before, after)
			}
		})
	}
}

func TestABatchThatIsTooLargeKeepsWhatItHadRecorded(t *testing.T) {
	a := opened(t)
	body := `{"command":"register-project","id":"big1","project":"one","name":"N"}` + "\n" + strings.Repeat("x", 2<<20)
	results := lines[LineResult](t, a.call(t, "POST", "/v1/ledgers/test/commands", body))
	if len(results) != 2 || results[0].Status != 201 || results[1].Status != 413 {
		t.Errorf("got %+v", results)
	}
}

func TestEventsComeInPagesAndAsLines(t *testing.T) {
	a := opened(t)
	var paged []eventstore.Record
	for after := ""; ; {
		page := read[EventPage](t, a.call(t, "GET", "/v1/ledgers/test/events?limit=4&after="+after, ""))
		paged = append(paged, page.Events...)
		if after = page.Next; after == "" {
			break
		}
	}
	streamed := lines[eventstore.Record](t, a.call(t, "GET", "/v1/ledgers/test/events", "", "Accept", "application/x-ndjson"))
	if len(paged) != 11 || len(streamed) != 11 {
		t.Fatalf("got %d and %d events, want 11", len(paged), len(streamed))
	}
	for i := range paged {
		if paged[i].ID != streamed[i].ID || paged[i].Entry == "" || paged[i].Actor != "owner" || len(paged[i].Data) == 0 {
			t.Errorf("event %d: %+v and %+v", i, paged[i], streamed[i])
		}
	}
	third := paged[2].Position.String()
	some := lines[eventstore.Record](t, a.call(t, "GET", "/v1/ledgers/test/events?from="+third+"&to="+third, "", "Accept", "application/x-ndjson"))
	if len(some) != 1 || some[0].ID != paged[2].ID {
		t.Errorf("from and to %s: %+v", third, some)
	}
}

func TestFollowingSeesWhatIsRecordedNext(t *testing.T) {
	a := opened(t)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", a.URL+"/v1/ledgers/test/events?follow=true&limit=12", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := a.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	in := bufio.NewScanner(got.Body)
	for range 11 {
		if !in.Scan() {
			t.Fatal("the stream ended early")
		}
	}
	want := a.must(t, "next", "close-year", `{"year":2017}`)
	if !in.Scan() || !strings.Contains(in.Text(), want.Events[0].ID) {
		t.Errorf("got %s, want %s", in.Text(), want.Events[0].ID)
	}
	if in.Scan() {
		t.Error("the limit did not end the stream")
	}
}

func TestAPanicBecomesAProblemAndTheServerGoesOn(t *testing.T) {
	boom := Route{"GET", "/boom", access.Public, func(*Server, access.Caller, http.ResponseWriter, *http.Request) error { panic("secret detail") }, ""}
	leak := Route{"GET", "/leak", access.Public, func(*Server, access.Caller, http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("secret detail")
	}, ""}
	a := start(t, boom, leak)
	for _, path := range []string{"/boom", "/leak"} {
		got := a.call(t, "GET", path, "")
		p := got.problem()
		if got.status != 500 || p.Code != "internal" || p.Request == "" || strings.Contains(got.body, "secret") || strings.Contains(got.body, "goroutine") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if !strings.Contains(a.log.String(), p.Request) || !strings.Contains(a.log.String(), "secret detail") {
			t.Errorf("%s: the log does not have the request %s and its cause", path, p.Request)
		}
	}
	if got := a.call(t, "GET", "/livez", ""); got.status != 200 {
		t.Errorf("livez: %d", got.status)
	}
}

func TestReadyAfterTheReadModelsHaveWhatTheLogHad(t *testing.T) {
	a := opened(t)
	if got := a.call(t, "GET", "/readyz", "", "Authorization", ""); got.status != 200 || !strings.Contains(got.body, `"ready":true`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAVisitorFromThisMachineMayReadPagesAndNothingElse(t *testing.T) {
	page := func(needs access.Capability) Route {
		return Route{"GET", "/page-" + string(needs), needs, func(_ *Server, c access.Caller, w http.ResponseWriter, _ *http.Request) error {
			return reply(w, http.StatusOK, c.Person)
		}, ""}
	}
	a := start(t, page(access.ReadLedger), page(access.DisburseFunds), page(access.ReadBeneficiaries))
	for _, c := range []struct {
		path, host string
		status     int
	}{
		{"/page-read-ledger", "", 200},
		{"/page-read-ledger", "localhost", 200},
		{"/page-read-ledger", "evil.example", 401},
		{"/page-disburse-funds", "", 403},
		{"/page-read-beneficiaries", "", 403},
		{"/v1/ledgers", "", 401},
		{"/v1", "", 401},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", a.URL+c.path, nil)
		if c.host != "" {
			r.Host = c.host
		}
		got, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != c.status {
			t.Errorf("%s of the host %q answers %d, not %d", c.path, c.host, got.StatusCode, c.status)
		}
	}
}

func TestRebuildAndVerifyEndWithAResult(t *testing.T) {
	a := opened(t)
	results := lines[ProgressLine[projections.Status]](t, a.call(t, "POST", "/v1/rebuild", ""))
	if last := results[len(results)-1]; last.Result == nil || last.Result.Generation != 2 {
		t.Errorf("rebuild: %+v", last)
	}
	reports := lines[ProgressLine[projections.Report]](t, a.call(t, "POST", "/v1/verify", ""))
	if last := reports[len(reports)-1]; last.Result == nil || !last.Result.Clean || last.Result.Events != 11 {
		t.Errorf("verify: %+v", last)
	}
}

func TestProblemsOfTheLogSayWhenToTryAgain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{&eventstore.Failure{Code: eventstore.Busy, RetryAfter: 1500 * time.Millisecond}, 429, "busy", "2"},
		{&eventstore.Failure{Code: eventstore.OutcomeUnknown}, 503, "outcome_unknown", "1"},
		{&eventstore.Failure{Code: eventstore.Closed}, 503, "closed", "1"},
		{&eventstore.Failure{Code: eventstore.CommandTooLarge}, 413, "command_too_large", ""},
		{&eventstore.BadBlock{Code: "bad_block", Reason: "x"}, 503, "log_unreadable", ""},
		{&projections.Halted{Projection: "totals"}, 503, "projection_halted", ""},
		{context.DeadlineExceeded, 503, "views_unavailable", "1"},
		{fmt.Errorf("wrapped: %w", &projections.Error{Code: projections.NotFound}), 404, "not_found", ""},
		{fmt.Errorf("something else"), 500, "internal", ""},
	} {
		w := httptest.NewRecorder()
		ProblemOf(c.err).send(w)
		got := answer{w.Code, w.Header(), w.Body.String()}
		if got.status != c.status || got.problem().Code != c.code || got.header.Get("Retry-After") != c.retry {
			t.Errorf("%v: %d %s, Retry-After %q", c.err, got.status, got.body, got.header.Get("Retry-After"))
		}
	}
}

func TestAsOfTakesAPositionAndATime(t *testing.T) {
	a := opened(t)
	for asOf, want := range map[string]int{"1": 0, "11": 1, "2199-01-01T00:00:00+08:00": 1, "2199-01-01T00:00:00%2B08:00": 1, "2000-01-01T00:00:00Z": 0} {
		totals := read[projections.Totals](t, a.call(t, "GET", "/v1/ledgers/test/totals?as_of="+asOf, ""))
		if len(totals.Rows) != want {
			t.Errorf("as of %s: %d rows, want %d", asOf, len(totals.Rows), want)
		}
	}
}

// ofNow are answers without a past: the server's own state, files under their
// hash, forms, and proofs, which say themselves which size of the tree is meant.
var ofNow = []string{"/v1", "/v1/openapi.json", "/v1/commands", "/v1/templates/{command}", "/v1/ledgers/{ledger}/attachments/{id}", "/v1/ledgers/{ledger}/diff"}

func TestEveryQueryCanBeAskedAsOfAPointAndOfADate(t *testing.T) {
	a := opened(t)
	last := a.must(t, "late", "register-project", `{"project":"late","name":"Late project"}`).Position
	a.call(t, "GET", "/v1/ledgers/test/projects?wait_for="+last.String(), "")
	asked := 0
	for route, o := range operations {
		method, path, _ := strings.Cut(route, " ")
		if method != "GET" || o.tag == "proofs" || o.tag == "people" || o.tag == "server" || slices.Contains(ofNow, path) {
			continue
		}
		if !strings.Contains(o.params, "as_of") || !strings.Contains(o.params, "effective_until") {
			t.Errorf("%s cannot be asked as of a point", route)
			continue
		}
		path = strings.NewReplacer("{ledger}", "test", "{id}", "fund", "{view}", "journal").Replace(path)
		for _, past := range []string{"as_of=11", "as_of=2199-01-01T00:00:00Z", "effective_until=2018", "as_of=11&effective_until=2018-06"} {
			for name, value := range map[string]string{"why": "audit", "stage": "committed"} {
				if slices.Contains(strings.Fields(o.params), name) {
					past += "&" + name + "=" + value
				}
			}
			got := a.call(t, "GET", path+"?"+past, "")
			unknown := strings.Contains(route, "/reports/{id}") || strings.Contains(route, "/samples/{id}")
			if got.status != 200 && !(unknown && got.status == 404) {
				t.Errorf("%s with %s: %d %s", route, past, got.status, got.body)
			}
			asked++
		}
	}
	if asked < 120 {
		t.Errorf("only %d questions were asked", asked)
	}
	for past, want := range map[string]bool{"": true, "?as_of=" + last.String(): true, "?as_of=11": false} {
		if got := a.call(t, "GET", "/v1/ledgers/test/projects"+past, ""); strings.Contains(got.body, "Late project") != want {
			t.Errorf("projects%s: %s", past, got.body)
		}
	}
}

// BenchmarkBatch is 100 commands per request.
func BenchmarkBatch(b *testing.B) {
	a := opened(b)
	var key atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var body strings.Builder
			for range 100 {
				fmt.Fprintf(&body, `{"command":"disburse-funds","id":"%d","fund":"fund","project":"road","date":"2018","amount":"0.01"}`+"\n", key.Add(1))
			}
			if got := a.call(b, "POST", "/v1/ledgers/test/commands", body.String()); got.status != 200 {
				b.Fatalf("%d %s", got.status, got.body)
			}
		}
	})
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkCommand is one command per request from clients that keep their
// connections; -cpu has no part in the number of clients.
func BenchmarkCommand(b *testing.B) {
	a := opened(b)
	a.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	var key atomic.Uint64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := binary.BigEndian.AppendUint64(nil, key.Add(1))
			if got := a.do(b, fmt.Sprintf("bench-%x", n), "disburse-funds", pay(`"0.01"`)); got.status != 201 && got.status != 422 {
				b.Fatalf("%d %s", got.status, got.body)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

func TestAProblemIsToldInTheLanguageThatIsAskedFor(t *testing.T) {
	a := opened(t)
	body := `{"fund":"a.b","project":"road","amount":"1000.01"}`
	for asked, chinese := range map[string]bool{"zh-CN,zh;q=0.9,en;q=0.5": true, "zh": true, "en-GB,zh;q=0.5": false, "": false, "fr": false, "nonsense;;": false} {
		got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds", body, "Idempotency-Key", "k", "Accept-Language", asked)
		p := got.problem()
		field := p.field("fund")
		if (p.Detail == "中文 id_format") != chinese || (field.Message == "中文 id_format") != chinese || p.Code != "id_format" || field.Code != "id_format" {
			t.Errorf("asked for %q: %s", asked, got.body)
		}
		if want := map[bool]string{true: "zh-Hans", false: "en"}[chinese]; got.header.Get("Content-Language") != want {
			t.Errorf("asked for %q: the language is %q", asked, got.header.Get("Content-Language"))
		}
	}
}
