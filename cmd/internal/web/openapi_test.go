package web

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// commandRoute is described by a path for each command.
const commandRoute = "/v1/ledgers/{ledger}/commands/{command}"

func TestEveryRouteOfTheAPIIsDescribedAndNothingElse(t *testing.T) {
	known := map[string]bool{}
	ids := map[string]string{}
	for _, rt := range slices.Concat(routes, peopleRoutes) {
		key := rt.Method + " " + rt.Path
		known[key] = true
		o, ok := operations[key]
		if ok != (strings.HasPrefix(rt.Path, "/v1") && rt.Path != commandRoute) {
			t.Errorf("%s is described: %v", key, ok)
		}
		if ok && ids[o.id] != "" {
			t.Errorf("%s and %s have the same id", key, ids[o.id])
		}
		ids[o.id] = key
		if !strings.HasSuffix(rt.Doc, ".") {
			t.Errorf("%s is described as %q", key, rt.Doc)
		}
	}
	for key := range operations {
		if !known[key] {
			t.Errorf("%s is described and is no route", key)
		}
	}
}

func TestEveryParameterIsDescribedWhereItIsTaken(t *testing.T) {
	a := opened(t)
	b, p := a.joined(t, "zhang", access.FinanceOfficer)
	for key, o := range operations {
		method, path, _ := strings.Cut(key, " ")
		path = strings.NewReplacer("{ledger}", "test", "{id}", "fund", "{person}", p.Person, "{token}", "x").Replace(path)
		session := ""
		if o.id == "signOut" {
			session = b.cookie
		}
		got := a.call(t, method, path+"?zz=1", "", "Content-Type", "application/json", "Cookie", session,
			"Authorization", map[bool]string{true: "Bearer " + token}[session == ""])
		fault := got.problem().field("zz")
		taken := strings.FieldsFunc(strings.TrimPrefix(fault.Hint, "use one of"), func(c rune) bool { return c == ',' || c == ' ' })
		described := strings.Fields(o.params)
		slices.Sort(taken)
		slices.Sort(described)
		if fault.Code != "unknown_parameter" || !slices.Equal(taken, described) {
			t.Errorf("%s takes %q and is described with %q: %d %s", key, taken, described, got.status, got.body)
		}
	}
}

func TestEveryCommandHasAnExampleThatCanBeSent(t *testing.T) {
	_, compile := whole(t)
	for _, c := range domain.Commands() {
		body, err := json.Marshal(exampleOf(c.Field))
		if err == nil {
			_, err = decodeCommand(c, body)
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		var example any
		if err := json.Unmarshal(body, &example); err != nil {
			t.Fatal(err)
		}
		if err := compile("/components/schemas/" + commandSchema(c)).Validate(example); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// bodies is what the test sends to operations that take something.
var requestBodies = map[string]string{
	"signIn": `{"login":"zhang","password":"` + password + `"}`, "changePassword": `{"old":"` + password + `","password":"another ` + password + `"}`,
	"setSecondFactor": `{}`, "makeMyToken": `{"name":"n"}`, "makeToken": `{"name":"n","capabilities":["read-ledger"]}`,
	"addPerson": `{"login":"wang","role":"auditor","grants":[{"capability":"verify","places":["village"]}]}`,
	"setRole":   `{"role":"supervisor"}`, "setDisabled": `{"disabled":false}`, "linkSubject": `{"issuer":"https://id.example","subject":"42"}`,
	"findBeneficiary":   `{"id_number":"11010519491231002X","why":"test"}`,
	"revealBeneficiary": `{"field":"id-number","why":"test"}`,
	"recordBatch":       `{"command":"register-project","id":"described","project":"b","name":"B"}` + "\n" + `{"command":"register-project","id":"again"}`,
	"importFile":        `{"command":"register-project","project":"imported","name":"C"}`,
}

// whole is the compiled document with schemas that allow nothing undescribed.
func whole(t *testing.T) (document map[string]any, compile func(pointer string) *jsonschema.Schema) {
	t.Helper()
	text, err := json.Marshal(describe(slices.Concat(routes, peopleRoutes), true), json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("api.json", document); err != nil {
		t.Fatal(err)
	}
	return document, func(pointer string) *jsonschema.Schema {
		t.Helper()
		s, err := c.Compile("api.json#" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// escape writes a part of a JSON pointer in a fragment.
var escape = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")

func TestEveryOperationAnswersWithWhatItsDescriptionSays(t *testing.T) {
	a := opened(t)
	b, p := a.joined(t, "zhang", access.FinanceOfficer)
	document, compile := whole(t)
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			id := op.(map[string]any)["operationId"].(string)
			t.Run(id, func(t *testing.T) {
				got, command := a.ask(t, b, p.Person, id, strings.ToUpper(method), path)
				status := fmt.Sprint(got.status)
				if got.status >= 400 {
					if !command {
						t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
					}
					holds(t, compile("/components/responses/Problem/content/application~1problem+json/schema"), got.body)
					return
				}
				answers := op.(map[string]any)["responses"].(map[string]any)
				answer, ok := answers[status].(map[string]any)
				if !ok {
					t.Fatalf("the status %s is not described", status)
				}
				content, _ := answer["content"].(map[string]any)
				media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
				if content == nil && got.body == "" {
					return
				}
				if content["*/*"] != nil {
					return // bytes of a file
				}
				if content[media] == nil {
					t.Fatalf("the type %q is not described", media)
				}
				s := compile(fmt.Sprintf("/paths/%s/%s/responses/%s/content/%s/schema", escape.Replace(path), method, status, escape.Replace(media)))
				if !strings.Contains(media, "json") {
					return // a file
				}
				if media != contentLines[0] {
					holds(t, s, got.body)
					return
				}
				for line := range strings.Lines(got.body) {
					holds(t, s, line)
				}
			})
		}
	}
}

// ask calls an operation with what it needs.
func (a *api) ask(t *testing.T, b *browser, person, id, method, path string) (got answer, command bool) {
	t.Helper()
	_, name, command := strings.Cut(path, "/commands/")
	if command {
		c, _ := domain.LookupCommand(name)
		return a.call(t, method, strings.Replace(path, "{ledger}", "test", 1)+"?wait=true", example(c), "Idempotency-Key", "described-"+name), true
	}
	revoked := ""
	if strings.Contains(path, "{token}") {
		b.signIn(t, "zhang", password)
		revoked = object[NewToken](t, b.do(t, "POST", "/v1/me/tokens", `{"name":"n"}`)).Token.Token
	}
	thing := "fund"
	if id == "getFile" || strings.HasSuffix(id, "Beneficiary") {
		thing = a.described(t)
	}
	imported := "none"
	if id == "undoImport" {
		all := strings.Split(a.call(t, "POST", "/v1/ledgers/test/imports", `{"command":"add-note","id":"imported-1","kind":"memo","text":"t"}`).body, `"import":"`)
		imported, _, _ = strings.Cut(all[1], `"`)
	}
	path = strings.NewReplacer("{ledger}", "test", "{id}", thing, "{person}", person, "{token}", revoked, "{import}/undo", imported+"/undo?reason=r", "{view}", "funds",
		"{command}", "disburse-funds").Replace(path)
	body := requestBodies[id]
	if path, body = a.askProof(t, id, path, body); id == "addCosignatures" {
		return a.call(t, method, path, body), false
	}
	switch {
	case id == "compareReport", id == "explainReportCell", id == "drawSampleAgain":
		return a.call(t, method, a.audited(t, id, path), ""), false
	case id == "listBeneficiaries":
		return a.call(t, method, path+"?why=test", ""), false
	case id == "attachFile":
		return a.call(t, method, path+"?attachment=file&name=x", "bytes", "Idempotency-Key", "file"), false
	case id == "getFile":
		return a.call(t, method, strings.Replace(path, thing, "scan", 1), ""), false
	case id == "acceptInvitation":
		invited := object[Invited](t, a.call(t, "POST", "/v1/people", `{"login":"sun","role":"auditor"}`))
		_, invitation, _ := strings.Cut(invited.Link, "/join/")
		return b.do(t, method, path, fmt.Sprintf(`{"invitation":%q,"password":%q}`, invitation, password)), false
	case id == "changePassword":
		b.signIn(t, "zhang", password)
		defer func() {
			b.signIn(t, "zhang", "another "+password)
			b.do(t, "POST", "/v1/me/password", `{"old":"another `+password+`","password":"`+password+`"}`)
		}()
		return b.do(t, method, path, body), false
	case strings.HasPrefix(path, "/v1/me"), id == "signOut":
		b.signIn(t, "zhang", password)
		return b.do(t, method, path, body), false
	}
	return a.call(t, method, path, body), false
}

// described records what operations about files and people need, and returns the
// pseudonym of the person.
func (a *api) described(t *testing.T) string {
	t.Helper()
	a.call(t, "POST", "/v1/ledgers/test/attachments?attachment=scan&name=x&wait=true", "bytes", "Idempotency-Key", "scan")
	a.do(t, "described-person", "register-beneficiary", `{"kind":"person","place":"village","name":"李四","id_number":"11010519491231002X"}`)
	a.call(t, "POST", "/v1/ledgers/test/commands/close-year?wait=true", `{"year":1950}`, "Idempotency-Key", "described-year")
	rows := read[projections.List[projections.Beneficiary]](t, a.call(t, "GET", "/v1/ledgers/test/beneficiaries?why=test", "")).Rows
	return string(rows[0].Beneficiary)
}

func holds(t *testing.T, s *jsonschema.Schema, body string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = s.Validate(value)
	}
	if err != nil {
		t.Errorf("%.500s: %v", body, err)
	}
}

// documentVariable names a file into which the document is written for a linter.
const documentVariable = "AIDLEDGER_TEST_OPENAPI"

func TestTheDescriptionIsForEverybodyAndNeedsNothingFromElsewhere(t *testing.T) {
	a := start(t)
	if path := os.Getenv(documentVariable); path != "" {
		if err := os.WriteFile(path, []byte(a.call(t, "GET", "/v1/openapi.json", "").body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/v1/openapi.json", "/api", "/api.css"} {
		got := a.call(t, "GET", path, "", "Authorization", "")
		if got.status != http.StatusOK || strings.Contains(got.body, "http://") || strings.Contains(got.body, "https://") {
			t.Errorf("%s: %d, and it leads elsewhere", path, got.status)
		}
	}
	if got := a.call(t, "GET", "/api", "", "Authorization", ""); !strings.Contains(got.body, "commands/disburse-funds") || strings.Contains(got.body, "<script") {
		t.Error("the page does not show the commands, or runs scripts")
	}
}
