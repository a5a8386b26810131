package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
)

// byRole is a caller for each shipped role, whose token is its name.
func byRole(_ context.Context, token string) (access.Caller, error) {
	role, ok := access.LookupRole(token)
	if !ok {
		return access.Caller{}, nil
	}
	return access.Caller{Person: "person-" + token, Role: role.Name, Method: access.Token, Grants: role.Grants()}, nil
}

// pathOf fills in a pattern.
func pathOf(rt Route) string {
	return strings.NewReplacer("{ledger}", "test", "{command}", "close-year", "{id}", "x", "{$}", "").Replace(rt.Path)
}

func TestNoRouteForgetsToAskWhoMayUseIt(t *testing.T) {
	a := opened(t)
	for _, rt := range routes {
		if rt.Needs == "" {
			t.Errorf("%s %s does not say what it needs", rt.Method, rt.Path)
		}
		if got := a.call(t, rt.Method, pathOf(rt), "", "Authorization", ""); (got.status == 401) != (rt.Needs != access.Public) {
			t.Errorf("nobody asks %s %s: %d", rt.Method, rt.Path, got.status)
		}
		if public := rt.Needs == access.Public; public && strings.HasPrefix(rt.Path, "/v1/") {
			t.Errorf("%s %s is open to everybody", rt.Method, rt.Path)
		}
		if rt.Needs == access.ByCommand || rt.Needs == access.Public || rt.Needs == access.SignedIn {
			continue
		}
		for _, role := range access.Roles() {
			got := a.call(t, rt.Method, pathOf(rt), "", "Authorization", "Bearer "+role.Name)
			if may := slices.Contains(role.Capabilities, rt.Needs); may == (got.problem().Code == access.Forbidden) {
				t.Errorf("%s asks %s %s: %d %s", role.Name, rt.Method, rt.Path, got.status, got.body)
			}
		}
	}
}

func TestNoCommandIsRecordedForARoleThatMayNotGiveIt(t *testing.T) {
	a := start(t)
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
			got := a.call(t, "POST", "/v1/ledgers/test/commands/"+c.Name, body, "Authorization", "Bearer "+role.Name, "Idempotency-Key", c.Name+role.Name)
			if got.status != http.StatusForbidden || got.problem().Code != access.Forbidden {
				t.Errorf("%s gives %s: %d %s", role.Name, c.Name, got.status, got.body)
			}
			got = a.call(t, "POST", "/v1/ledgers/test/commands", fmt.Sprintf(`{"command":%q,"id":"b-%s",%s`, c.Name, c.Name+role.Name, strings.Replace(body, `"id":"x",`, "", 1)[1:]),
				"Authorization", "Bearer "+role.Name)
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
	got := a.call(t, "POST", "/v1/ledgers/test/commands/disburse-funds", pay(`"1"`), "Authorization", "Bearer finance-officer", "Idempotency-Key", "mine")
	if got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	events := read[EventPage](t, a.call(t, "GET", "/v1/ledgers/test/events?limit=100", "")).Events
	if last := events[len(events)-1]; last.Actor != "person-finance-officer" || last.Role != access.FinanceOfficer {
		t.Errorf("got %s as %s", last.Actor, last.Role)
	}
}
