package eventstore

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is one event as it is in the log, with what its block and its entry
// say of it, so that it can be read alone. Recorded is in UTC.
type Record struct {
	Position Position       `json:"position"`
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Version  int            `json:"version"`
	Ledger   string         `json:"ledger"`
	Entry    string         `json:"entry"`
	Command  string         `json:"command"`
	Actor    string         `json:"actor"`
	Role     string         `json:"role,omitempty"`
	Recorded time.Time      `json:"recorded"`
	Data     jsontext.Value `json:"data"`
}

// EachRecord is Each for who reads events alone.
func (b *Block) EachRecord(f func(Record) error) error {
	return b.Each(func(at Position, entry *Entry, e *Event) error {
		return f(Record{Position: at, ID: e.ID, Type: e.Type, Version: e.Version, Ledger: b.Ledger, Entry: entry.ID,
			Command: entry.Command, Actor: entry.Actor, Role: entry.Role, Recorded: entry.Recorded, Data: e.Data})
	})
}
