package demo

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// programmeLines are the commands of the real programme in the form of a batch
// of the HTTP API: one JSON object per line, with the command's name in
// "command", its idempotency key in "id", and its fields beside them. A command
// that has a field "id" of its own, a note, is named by its key.
//
//go:embed haidian-chicheng.jsonl
var programmeLines []byte

// parseLines reads commands, one JSON object per line. An error names the line.
func parseLines(data []byte) ([]eventstore.Request, error) {
	var all []eventstore.Request
	for line := range bytes.Lines(data) {
		r, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// parseLine reads one command. It is as strict as the API: no field twice, none
// that the command does not have, no null, amounts and dates as strings. That
// required fields are there is for domain.Check.
func parseLine(line []byte) (eventstore.Request, error) {
	none := eventstore.Request{}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(line, &members); err != nil {
		return none, err
	}
	var name, id string
	if err := errors.Join(json.Unmarshal(members["command"], &name), json.Unmarshal(members["id"], &id)); err != nil {
		return none, fmt.Errorf("command or id: %w", err)
	}
	delete(members, "command")
	command, ok := domain.LookupCommand(name)
	if !ok {
		return none, fmt.Errorf("no command is called %q", name)
	}
	if !slices.ContainsFunc(command.Field, func(f domain.Field) bool { return f.Name == "id" }) {
		delete(members, "id")
	}
	c := command.New()
	for _, f := range command.Field {
		value, given := members[f.Name]
		if !given {
			continue
		}
		delete(members, f.Name)
		if value.Kind() == jsontext.KindNull {
			return none, fmt.Errorf("%s %s: %s is null", name, id, f.Name)
		}
		if err := json.Unmarshal(value, domain.FieldPointer(c, f), json.RejectUnknownMembers(true)); err != nil {
			return none, fmt.Errorf("%s %s: %s: %w", name, id, f.Name, err)
		}
	}
	for unknown := range members {
		return none, fmt.Errorf("%s %s: it has no field %q", name, id, unknown)
	}
	return eventstore.Request{ID: id, Command: c, Actor: actor, Role: role}, nil
}
