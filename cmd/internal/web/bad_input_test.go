package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/badinput"

	"github.com/go-json-experiment/json"
)

// pay is a disbursement of an amount.
func pay(amount string) string {
	return `{"fund":"fund","project":"road","date":"2018","amount":` + amount + `}`
}

// lineOf is a case as a line of a batch.
func lineOf(c badinput.Case, body, id string) string {
	rest, ok := strings.CutPrefix(body, "{")
	switch {
	case !ok:
		return body
	case rest == "}":
		return fmt.Sprintf(`{"command":%q,"id":%q}`, c.Command, id)
	}
	return fmt.Sprintf(`{"command":%q,"id":%q,%s`, c.Command, id, rest)
}

// roads are the ways of a command over HTTP. Each returns the status and the
// problem of the command.
var roads = map[string]func(t *testing.T, a *api, c badinput.Case, body, id string) (int, Problem){
	"alone": func(t *testing.T, a *api, c badinput.Case, body, id string) (int, Problem) {
		got := a.do(t, id, c.Command, body)
		return got.status, got.problem()
	},
	"in a batch": func(t *testing.T, a *api, c badinput.Case, body, id string) (int, Problem) {
		got := a.call(t, "POST", "/v1/ledgers/test/commands", lineOf(c, body, id), "Content-Type", "application/x-ndjson")
		var line LineResult
		if err := json.Unmarshal([]byte(got.body), &line); err != nil {
			t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		if line.Problem == nil {
			return line.Status, Problem{}
		}
		return line.Status, *line.Problem
	},
}

func TestBadInputHasTheSameAnswerOnEveryRoadAndRecordsNothing(t *testing.T) {
	a := opened(t)
	for i, c := range badinput.Cases() {
		for road, send := range roads {
			t.Run(c.Name+", "+road, func(t *testing.T) {
				id := fmt.Sprintf("case%d%s", i, road[:2])
				before, _ := a.store.End(t.Context())
				status, p := send(t, a, c, c.ID(id), strings.TrimSpace(id))
				if status != c.Status || p.Code != c.Code || p.Status != 0 && p.Status != status {
					t.Fatalf("got %d %+v, want %d %s", status, p, c.Status, c.Code)
				}
				if c.Field != "" && p.field(c.Field).Code != c.Code {
					t.Errorf("%s is not the field at fault in %+v", c.Field, p)
				}
				after, _ := a.store.End(t.Context())
				if recorded := after != before; recorded != (c.Status == http.StatusCreated) {
					t.Errorf("something was recorded: %t", recorded)
				}
				if text := fmt.Sprintf("%+v", p); leaks(text) {
					t.Errorf("the answer shows the inside: %s", text)
				}
			})
		}
	}
	if log := a.log.String(); leaks(log) || strings.Contains(log, token) {
		t.Errorf("the log shows what it should not: %s", log)
	}
}

// leaks tells whether a text has something of the inside of the program in it.
func leaks(text string) bool {
	return slices.ContainsFunc([]string{"goroutine ", ".go:", "panic", "runtime error", "SQLSTATE", "reflect:", "jsontext", "nats:"},
		func(s string) bool { return strings.Contains(text, s) })
}

func TestRequestsThatAreWrongInTheirForm(t *testing.T) {
	a := opened(t)
	const command, good = "/v1/ledgers/test/commands/close-year", `{"year":2018}`
	key := []string{"Idempotency-Key", "form", "Content-Type", "application/json"}
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
	}{
		{"no token", "GET", "/v1/ledgers", "", []string{"Authorization", ""}, 401, "unauthenticated"},
		{"another token", "GET", "/v1/ledgers", "", []string{"Authorization", "Bearer x"}, 401, "unauthenticated"},
		{"a token in the query", "GET", "/v1/ledgers?access_token=" + token, "", []string{"Authorization", ""}, 401, "unauthenticated"},
		{"no token on a path that is not there", "GET", "/v1/secret", "", []string{"Authorization", ""}, 401, "unauthenticated"},
		{"no key", "POST", command, good, []string{"Content-Type", "application/json"}, 400, "idempotency_key_required"},
		{"a key with a space", "POST", command, good, []string{"Idempotency-Key", "a b"}, 400, "idempotency_key_required"},
		{"a key that is too long", "POST", command, good, []string{"Idempotency-Key", strings.Repeat("k", 129)}, 400, "idempotency_key_required"},
		{"a form", "POST", command, good, append(key, "Content-Type", "application/x-www-form-urlencoded"), 415, "content_type"},
		{"another encoding", "POST", command, good, append(key, "Content-Type", "application/json; charset=gbk"), 415, "content_type"},
		{"a body that is packed", "POST", command, good, append(key, "Content-Encoding", "gzip"), 415, "content_encoding"},
		{"a byte of no UTF-8 in a path", "GET", "/v1/ledgers/test/trace/%ff", "", nil, 404, "path_not_found"},
		{"an overlong slash in the name of a ledger", "GET", "/v1/ledgers/%C0%AF/totals", "", nil, 404, "path_not_found"},
		{"a byte of no UTF-8 in a cursor", "GET", "/v1/ledgers/test/funds?after=%FF%FE", "", nil, 400, "query_malformed"},
		{"NUL in a cursor", "GET", "/v1/ledgers?after=%00", "", nil, 400, "query_malformed"},
		{"NUL in the name of who signs in", "POST", "/v1/sign-in", `{"login":"a\u0000","password":"p"}`, []string{"Authorization", ""}, 422, "text_control_character"},
		{"NUL in the name of a token", "POST", "/v1/people/owner/tokens", `{"name":"a\u0000","days":1}`, nil, 422, "text_control_character"},
		{"a semicolon in a query", "GET", "/v1/ledgers/test/totals?by=year;limit=1", "", nil, 400, "query_malformed"},
		{"a position behind the largest", "GET", "/v1/ledgers/test/totals?as_of=18446744073709551616", "", nil, 400, "parameter_malformed"},
		{"an event behind the largest", "GET", "/v1/ledgers/test/totals?as_of=1.4294967295", "", nil, 400, "parameter_malformed"},
		{"as of a day that is not there", "GET", "/v1/ledgers/test/totals?effective_until=2018-02-29", "", nil, 400, "parameter_malformed"},
		{"as of a leap second", "GET", "/v1/ledgers/test/totals?as_of=2018-06-30T23:59:60Z", "", nil, 400, "parameter_malformed"},
		{"a year in full-width digits", "GET", "/v1/ledgers/test/totals?year=%EF%BC%92%EF%BC%90%EF%BC%91%EF%BC%98", "", nil, 400, "parameter_malformed"},
		{"a weak tag", "POST", command, good, append(key, "If-Match", `W/"1"`), 400, "header_malformed"},
		{"a method that nobody knows", "FOO", command, good, key, 405, "method_not_allowed"},
		{"a page of another site", "POST", command, good, append(key, "Origin", "https://evil.example"), 403, "cross_origin"},
		{"GET for a command", "GET", command, "", nil, 405, "method_not_allowed"},
		{"POST for a query", "POST", "/v1/ledgers/test/totals", "", nil, 405, "method_not_allowed"},
		{"no such path", "GET", "/v1/nothing", "", nil, 404, "path_not_found"},
		{"a path that climbs", "GET", "/files/..%2f..%2fetc%2fpasswd", "", nil, 404, "path_not_found"},
		{"NUL in a path", "GET", "/v1/ledgers/%00/totals", "", nil, 404, "path_not_found"},
		{"an endless path", "GET", "/v1/" + strings.Repeat("x", 5000), "", nil, 414, "uri_too_long"},
		{"a ledger that a subject cannot have", "POST", "/v1/ledgers/*/commands/close-year", good, key, 422, "id_format"},
		{"an unknown ledger", "POST", "/v1/ledgers/other/commands/close-year", good, key, 404, "ledger_not_found"},
		{"totals of an unknown ledger", "GET", "/v1/ledgers/other/totals", "", nil, 404, "ledger_not_found"},
		{"totals of no ledger", "GET", "/v1/ledgers/a.b/totals", "", nil, 404, "ledger_not_found"},
		{"events of an unknown ledger", "GET", "/v1/ledgers/other/events", "", nil, 404, "ledger_not_found"},
		{"no such thing to trace", "GET", "/v1/ledgers/test/trace/nothing", "", nil, 404, "not_found"},
		{"a limit over all bounds", "GET", "/v1/ledgers/test/journal?limit=1000000000", "", nil, 400, "parameter_malformed"},
		{"a negative limit", "GET", "/v1/ledgers/test/journal?limit=-1", "", nil, 400, "parameter_malformed"},
		{"a limit in letters", "GET", "/v1/ledgers/test/journal?limit=abc", "", nil, 400, "parameter_malformed"},
		{"a cursor of nobody's", "GET", "/v1/ledgers/test/journal?after=garbage", "", nil, 400, "bad_query"},
		{"a dimension that there is not", "GET", "/v1/ledgers/test/totals?by=moon", "", nil, 400, "bad_query"},
		{"as of nonsense", "GET", "/v1/ledgers/test/totals?as_of=yesterday", "", nil, 400, "parameter_malformed"},
		{"a parameter that there is not", "GET", "/v1/ledgers/test/totals?yaer=2018", "", nil, 400, "unknown_parameter"},
		{"a parameter twice", "GET", "/v1/ledgers/test/totals?by=year&by=fund", "", nil, 400, "parameter_repeated"},
		{"a position that does not exist", "GET", "/v1/ledgers/test/totals?wait_for=999999", "", nil, 400, "position_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := a.call(t, c.method, c.path, c.body, c.headers...)
			if p := got.problem(); got.status != c.status || p.Code != c.code {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.code)
			}
		})
	}
	if got := a.call(t, "DELETE", "/v1/ledgers", ""); got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}
}

func TestEveryFieldAtFaultIsNamedAtOnce(t *testing.T) {
	a := opened(t)
	got := a.do(t, "many", "disburse-funds", `{"fund":"a.b","project":"","amount":7,"date":"2018-13-01","more":1,"payer":null}`)
	p := got.problem()
	for field, code := range map[string]string{"fund": "id_format", "project": "id_format", "amount": "amount_must_be_string",
		"date": "date_invalid", "more": "unknown_field", "payer": "null_value"} {
		if p.field(field).Code != code || p.field(field).Message == "" || p.field(field).Hint == "" {
			t.Errorf("%s: got %+v, want %s", field, p.field(field), code)
		}
	}
	if got.status != http.StatusBadRequest || len(p.Errors) != 6 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestARefusalCarriesTheNumbersThatExplainIt(t *testing.T) {
	a := opened(t)
	p := a.do(t, "too-much", "disburse-funds", pay(`"1000.01"`)).problem()
	if p.Numbers["allocated"] != "1000.00 CNY" || p.Numbers["asked"] != "1000.01 CNY" || p.field("amount").Detail["disbursed"] != "0.00 CNY" {
		t.Errorf("got %+v", p)
	}
}

// speak sends bytes as they are and returns the answer, empty where the
// connection was closed without one.
func (a *api) speak(t *testing.T, parts ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", a.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, part := range parts {
		if _, err := io.WriteString(conn, part); err != nil {
			break // the server has had enough
		}
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return ""
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func TestRequestsThatNoClientLibrarySends(t *testing.T) {
	a := opened(t)
	const start = "POST /v1/ledgers/test/commands/register-project HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " + token +
		"\r\nIdempotency-Key: raw\r\nContent-Type: application/json\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil.example\r\n"
	const body = `{"project":"raw","name":"N"}`
	proofs := func(path string) string {
		return strings.Replace(start, "/v1/ledgers/test/commands/register-project", path, 1)
	}
	before, _ := a.store.End(t.Context())
	for _, c := range []struct {
		name, want string // want is the status
		parts      []string
	}{
		{"a body that is shorter than its Content-Length", "400", []string{start + "Content-Length: 100\r\n\r\n" + body}},
		{"a Content-Length that is none", "400", []string{start + "Content-Length: -1\r\n\r\n" + body}},
		{"two Content-Lengths", "400", []string{start + "Content-Length: 28\r\nContent-Length: 5\r\n\r\n" + body}},
		{"a length and chunks", "400", []string{start + "Content-Length: 28\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"yea\r\n"}},
		{"chunks without an end", "413", []string{start + "Transfer-Encoding: chunked\r\n\r\n200000\r\n{\"name\":\"", strings.Repeat("x", 1<<21)}},
		{"a chunk whose size is no number", "400", []string{start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"}},
		{"kept checkpoints in a chunk whose size is no number", "400", []string{proofs("/v1/verify") + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"}},
		{"cosignatures in a chunk whose size is no number", "400",
			[]string{proofs("/v1/ledgers/test/checkpoint/cosignatures") + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"}},
		{"headers without an end", "431", []string{start, strings.Repeat("X-Long: "+strings.Repeat("x", 1000)+"\r\n", 100)}},
		{"two keys", "400", []string{start + "Idempotency-Key: raw-2\r\nConnection: close\r\nContent-Length: 28\r\n\r\n" + body}},
		{"a header with a NUL", "400", []string{start + "X-Odd: a\x00b\r\nContent-Length: 28\r\n\r\n" + body}},
		{"two hosts", "400", []string{start + "Host: other\r\nContent-Length: 28\r\n\r\n" + body}},
		{"no HTTP", "400", []string{"hello\r\n\r\n"}},
		{"TLS", "400", []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"}},
		{"a method of nobody's", "405", []string{"TELEPORT /v1/ledgers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n\r\n"}},
		{"an address with a space", "400", []string{"GET /v1/led gers HTTP/1.1\r\nHost: x\r\n\r\n"}},
		{"a link to nowhere of ours", "404", []string{"GET /nothing HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := a.speak(t, c.parts...)
			status, _, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), " ")
			if status != c.want {
				t.Errorf("got %q, want %s", answer, c.want)
			}
			if strings.Contains(answer, "evil") || leaks(answer) {
				t.Errorf("the answer repeats what it was told, or shows the inside: %s", answer)
			}
		})
	}
	if after, _ := a.store.End(t.Context()); after != before {
		t.Error("something was recorded")
	}
	if got := a.do(t, "after", "register-project", body); got.status != http.StatusCreated {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}
