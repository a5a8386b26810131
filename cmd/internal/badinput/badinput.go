package badinput

import (
	"slices"
	"strings"
)

// Case is one input and its answer.
type Case struct {
	Name    string
	Command string
	Body    string // JSON; each # stands for a part of an id that no other case has
	Status  int    // of the answer over HTTP; 201: it is recorded
	Code    string // empty where it is recorded
	Field   string // that is at fault; empty: none

	// Form says that the fault is one of the JSON text, which flags do not have.
	Form bool
	// Flags is the exit code where the same values as flags end with another one
	// than the status says.
	Flags int
}

// The exit codes of the program that Flags may name.
const (
	exitDone  = -1 // 0, which stands for no exception
	exitUsage = 2
)

// ID returns the body of a case with a name that is used once.
func (c Case) ID(unique string) string { return strings.ReplaceAll(c.Body, "#", unique) }

// Exit returns the exit code of the program where the case came as flags or as
// a line of a file.
func (c Case) Exit(flags bool) int {
	switch {
	case flags && c.Flags == exitDone:
		return 0
	case flags && c.Flags != 0:
		return c.Flags
	}
	switch c.Status {
	case 201:
		return 0
	case 400:
		return exitUsage
	case 404, 409, 422:
		return 3
	}
	return 1
}

// Cases lists all cases.
func Cases() []Case { return slices.Concat(money, rules, dates, texts, names, forms) }

// Opening lists commands, each with its body, that make the ledger of the
// cases: one fund with 1,000 CNY that are committed, received and allocated to
// one project with one village.
func Opening() [][2]string {
	return [][2]string{
		{"open-ledger", `{"title":"Test","date":"2018"}`},
		{"register-organisation", `{"organisation":"giver","name":"Giver","kind":"government","date":"2018"}`},
		{"register-place", `{"place":"130732","name":"County","level":"county","date":"2018"}`},
		{"register-place", `{"place":"village","name":"Village","level":"village","parent":"130732","date":"2018"}`},
		{"register-project", `{"project":"road","name":"Road","date":"2018"}`},
		{"set-targets", `{"project":"road","targets":[{"indicator":"length","value":3,"unit":"km"}],"date":"2018"}`},
		{"assign-places", `{"project":"road","shares":[{"place":"village","percent":"100"}],"date":"2018"}`},
		{"approve-project", `{"project":"road","date":"2018"}`},
		{"commit-funds", `{"fund":"fund","provider":"giver","amount":"1000","document":"Doc 1","date":"2018"}`},
		{"receive-funds", `{"fund":"fund","amount":"1000","date":"2018"}`},
		{"allocate-funds", `{"fund":"fund","project":"road","amount":"1000","date":"2018"}`},
	}
}

// pay pays an amount, which is written as JSON.
func pay(amount string) string {
	return `{"fund":"fund","project":"road","date":"2018","amount":` + amount + `}`
}

// on pays one fen on a date.
func on(date string) string {
	return `{"fund":"fund","project":"road","amount":"0.01","date":"` + date + `"}`
}

// called registers a project with a name, which is written as JSON.
func called(name string) string { return `{"project":"p#","name":` + name + `}` }

// project registers a project with an id, which is written as JSON.
func project(id string) string { return `{"project":` + id + `,"name":"N"}` }
