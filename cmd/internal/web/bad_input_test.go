package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// pay is a disbursement with the amount and what else is given.
func pay(amount string, more ...string) string {
	return fmt.Sprintf(`{"fund":"fund","project":"road","date":"2018","amount":%s%s}`, amount, strings.Join(more, ""))
}

func TestBadInputIsRefusedWithAStableCodeAndRecordsNothing(t *testing.T) {
	a := opened(t)
	long := strings.Repeat("x", 300)
	for i, c := range []struct {
		name, command, body string
		status              int
		code, field         string
	}{
		{"an amount of zero", "disburse-funds", pay(`"0"`), 422, "amount_not_positive", "amount"},
		{"minus zero", "disburse-funds", pay(`"-0"`), 422, "amount_not_positive", "amount"},
		{"a negative amount", "disburse-funds", pay(`"-5"`), 422, "amount_not_positive", "amount"},
		{"finer than a fen", "disburse-funds", pay(`"0.001"`), 422, "amount_precision", "amount"},
		{"as many fen as an int64 holds", "commit-funds", `{"fund":"fund","document":"d","date":"2018","amount":"92233720368547758.07"}`, 422, "amount_too_large", "amount"},
		{"a number that no machine holds", "disburse-funds", pay(`1e400`), 400, "amount_must_be_string", "amount"},
		{"a floating point amount", "disburse-funds", pay(`0.1`), 400, "amount_must_be_string", "amount"},
		{"groups of other sizes", "disburse-funds", pay(`"1,23,456.00"`), 422, "amount_format", "amount"},
		{"a decimal comma", "disburse-funds", pay(`"12,34"`), 422, "amount_format", "amount"},
		{"万 of what", "disburse-funds", pay(`"3721万"`), 422, "amount_unit_ambiguous", "amount"},
		{"capital numerals", "disburse-funds", pay(`"叁仟柒佰贰拾壹万元整"`), 422, "amount_format", "amount"},
		{"digits of another script", "disburse-funds", pay(`"٣٤٥"`), 422, "amount_format", "amount"},
		{"RMB", "commit-funds", `{"fund":"fund","document":"d","date":"2018","amount":"1","currency":"RMB"}`, 422, "currency_unknown", "currency"},
		{"dollars out of a fund in yuan", "disburse-funds", pay(`"1 USD"`), 422, "currency_mismatch", "amount"},

		{"more than the allocation", "disburse-funds", pay(`"1000.01"`), 422, "insufficient_allocation", "amount"},
		{"an unknown project", "disburse-funds", strings.Replace(pay(`"1"`), "road", "rail", 1), 404, "project_not_found", "project"},
		{"a date before the commitment", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2017", 1), 422, "date_before_commitment", "date"},
		{"more returned than paid out", "return-funds", `{"fund":"fund","project":"road","amount":"1","date":"2018"}`, 422, "", "amount"},
		{"an organisation that helps itself", "establish-pairing", `{"pairing":"p","helper":"giver","helped":"giver","purpose":"x"}`, 422, "", ""},
		{"an unknown command", "teleport-funds", `{}`, 404, "command_not_found", ""},

		{"a thirteenth month", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2018-13-01", 1), 422, "date_invalid", "date"},
		{"a day that April does not have", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2018-04-31", 1), 422, "date_invalid", "date"},
		{"a leap second", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2018-06-30T23:59:60Z", 1), 422, "date_format", "date"},
		{"a date that has not come", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2199-01-01", 1), 422, "date_in_future", "date"},

		{"a name that turns the writing direction", "register-project", `{"project":"p","name":"a\u202eb"}`, 422, "text_control_character", "name"},
		{"a name that colours the terminal", "register-project", `{"project":"p","name":"\u001b[31m"}`, 422, "text_control_character", "name"},
		{"a name of two lines", "register-project", `{"project":"p","name":"a\nb"}`, 422, "text_control_character", "name"},
		{"bytes that are not UTF-8", "register-project", "{\"project\":\"p\",\"name\":\"\xFF\"}", 400, "invalid_utf8", ""},
		{"a name of spaces", "register-project", `{"project":"p","name":"  \u3000"}`, 422, "field_required", "name"},

		{"the id *", "register-project", `{"project":"*","name":"N"}`, 422, "id_format", "project"},
		{"the id >", "register-project", `{"project":">","name":"N"}`, 422, "id_format", "project"},
		{"the id a.b", "register-project", `{"project":"a.b","name":"N"}`, 422, "id_format", "project"},
		{"the id ..", "register-project", `{"project":"..","name":"N"}`, 422, "id_format", "project"},
		{"the id NUL", "register-project", `{"project":"\u0000","name":"N"}`, 422, "id_format", "project"},
		{"no id", "register-project", `{"project":"","name":"N"}`, 422, "id_format", "project"},
		{"an endless id", "register-project", `{"project":"` + long + `","name":"N"}`, 422, "id_format", "project"},
		{"a UUID in braces", "register-project", `{"project":"{01a20a30-3f8c-7c08-abb8-263e81010373}","name":"N"}`, 422, "id_format", "project"},
		{"a UUID as a URN", "register-project", `{"project":"urn:uuid:01a20a30-3f8c-7c08-abb8-263e81010373","name":"N"}`, 422, "id_format", "project"},
		{"the nil UUID", "register-project", `{"project":"00000000-0000-0000-0000-000000000000","name":"N"}`, 422, "id_format", "project"},

		{"malformed JSON", "close-year", `{"year":`, 400, "json_syntax", ""},
		{"a second object", "close-year", `{"year":2018}{"year":2019}`, 400, "json_syntax", ""},
		{"an array", "close-year", `[]`, 400, "json_syntax", ""},
		{"an empty body", "close-year", ``, 400, "json_syntax", ""},
		{"a field in capitals", "disburse-funds", `{"fund":"fund","project":"road","AMOUNT":"1"}`, 400, "unknown_field", "AMOUNT"},
		{"a field twice", "disburse-funds", `{"fund":"fund","fund":"fund"}`, 400, "duplicate_field", "fund"},
		{"null", "disburse-funds", pay("null"), 400, "null_value", "amount"},
		{"100,000 levels", "close-year", strings.Repeat("[", 100_000), 400, "json_syntax", ""},
		{"a body over the limit", "close-year", `{"note":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "body_too_large", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := a.store.End(t.Context())
			got := a.do(t, "bad-"+strconv.Itoa(i), c.command, c.body)
			p := got.problem()
			if got.status != c.status || p.Status != c.status || p.Code != cmp.Or(c.code, p.Code) || p.Code == "" {
				t.Fatalf("got %d %s, want %d %s", got.status, got.body, c.status, c.code)
			}
			if c.field != "" && p.field(c.field).Code != p.Code {
				t.Errorf("%s is not the field at fault in %s", c.field, got.body)
			}
			if after, _ := a.store.End(t.Context()); after != before {
				t.Error("something was recorded")
			}
		})
	}
}

func TestGoodInputInUnusualFormsIsAccepted(t *testing.T) {
	a := opened(t)
	for i, c := range []struct{ name, command, body string }{
		{"an amount with fewer decimals", "disburse-funds", pay(`"1.1"`)},
		{"full-width digits", "disburse-funds", pay(`"１２．５０"`)},
		{"spaces of three kinds around it", "disburse-funds", pay(`"\u3000 1.00\u00a0"`)},
		{"a leap day", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2020-02-29", 1)},
		{"a date in Chinese", "disburse-funds", strings.Replace(pay(`"1"`), "2018", "2018年3月5日", 1)},
		{"markup", "register-project", `{"project":"markup","name":"<script>alert(1)</script>"}`},
		{"a formula", "register-project", `{"project":"formula","name":"=cmd|' /C calc'!A0"}`},
		{"a middle dot", "register-project", `{"project":"dot","name":"阿依古丽·买买提"}`},
		{"a UUID in capitals", "register-project", `{"project":"01A20A30-3F8C-7C08-ABB8-263E81010373","name":"N"}`},
	} {
		t.Run(c.name, func(t *testing.T) { a.must(t, fmt.Sprint("good-", i), c.command, c.body) })
	}
	if got := a.do(t, "again", "register-project", `{"project":"01a20a30-3f8c-7c08-abb8-263e81010373","name":"N"}`); got.problem().Code != "id_taken" {
		t.Errorf("the same UUID in small letters: %d %s", got.status, got.body)
	}
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
