package demo

import (
	"strings"
	"testing"

	"aidledger/domain"
)

func TestALineBecomesACommand(t *testing.T) {
	r, err := parseLine([]byte(`{"command":"commit-funds","id":"k1","fund":"m01","provider":"beijing","amount":"37,210,000.00","budget_year":2018,"date":"2018"}`))
	if err != nil {
		t.Fatal(err)
	}
	c, ok := r.Command.(*domain.CommitFunds)
	if !ok || r.ID != "k1" || c.Fund != "m01" || c.Amount.String() != "37210000" || c.BudgetYear != 2018 || c.Date.String() != "2018" {
		t.Errorf("got %+v %+v", r, c)
	}
	r, err = parseLine([]byte(`{"command":"add-note","id":"n1","kind":"memo","text":"t"}`))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := r.Command.(*domain.AddNote); !ok || r.ID != "n1" || c.NoteID != "n1" {
		t.Errorf("a note is not named by its key: %+v", r)
	}
}

func TestALineThatIsNotACommandIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"unknown command", `{"command":"give-money","id":"k"}`, `no command is called "give-money"`},
		{"no command", `{"id":"k"}`, "command or id"},
		{"no id", `{"command":"close-fund","fund":"f"}`, "command or id"},
		{"unknown field", `{"command":"close-fund","id":"k","fond":"f"}`, `no field "fond"`},
		{"field in capitals", `{"command":"close-fund","id":"k","Fund":"f"}`, `no field "Fund"`},
		{"unknown field in a list", `{"command":"assign-places","id":"k","project":"p","shares":[{"place":"x","percent":"100","colour":"red"}]}`, "colour"},
		{"field twice", `{"command":"close-fund","id":"k","fund":"f","fund":"g"}`, "duplicate"},
		{"null", `{"command":"close-fund","id":"k","fund":null}`, "fund is null"},
		{"amount as a number", `{"command":"receive-funds","id":"k","fund":"f","amount":1.1}`, "amount"},
		{"no such day", `{"command":"close-fund","id":"k","fund":"f","date":"2019-02-30"}`, "date"},
		{"two objects", `{"command":"close-fund","id":"k","fund":"f"}{}`, "after top-level value"},
		{"no object", `[]`, "array"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := parseLine([]byte(tt.line))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v", r.Command, err)
			}
		})
	}
}

func TestAnErrorNamesItsLine(t *testing.T) {
	_, err := parseLines([]byte("{\"command\":\"close-fund\",\"id\":\"k\",\"fund\":\"f\"}\n{}\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("got %v", err)
	}
}
