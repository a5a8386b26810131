// Package facts reads what a recorded event means today from its type, its
// version and the bytes in the log. It knows no log and no database, so that a
// verifier can replay events without either.
package facts

import (
	"fmt"
	"strings"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Upcaster brings the data of an event from one version to the next. It is
// pure: it has nothing but the stored data to go by.
type Upcaster func(jsontext.Value) (jsontext.Value, error)

// Upcasters holds, for each event type that ever changed, what brings it up to
// date from version 1 on. An event type that is not here has version 1.
var Upcasters = map[string][]Upcaster{}

// Version returns the version in which events of a type are recorded now.
func Version(eventType string) int { return len(Upcasters[eventType]) + 1 }

// Unreadable says why an event cannot be read. Code is stable:
// unknown_event_type, unknown_event_version or bad_event_payload.
type Unreadable struct {
	Code   string
	Reason string
}

// Error returns the reason.
func (e *Unreadable) Error() string { return e.Reason }

// strict makes an unknown member an error: who adds a field makes a new
// version, so that a program that is too old halts instead of dropping it.
var strict = json.RejectUnknownMembers(true)

// Read returns what an event means today. The error is an *Unreadable.
func Read(eventType string, version int, data jsontext.Value) (domain.Event, error) {
	fact := domain.NewEvent(eventType)
	if fact == nil {
		return nil, &Unreadable{"unknown_event_type", fmt.Sprintf("nobody knows the event type %q", eventType)}
	}
	now := Version(eventType)
	if version < 1 || version > now {
		return nil, &Unreadable{"unknown_event_version", fmt.Sprintf("%s has version %d, known up to %d", eventType, version, now)}
	}
	for v := version; v < now; v++ {
		var err error
		if data, err = Upcasters[eventType][v-1](data); err != nil {
			return nil, &Unreadable{"bad_event_payload", plain(err)}
		}
	}
	if err := json.Unmarshal(data, fact, strict); err != nil {
		return nil, &Unreadable{"bad_event_payload", plain(err)}
	}
	return fact, nil
}

// plain is the message of an error on one line, at most 200 bytes of it.
func plain(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	return s[:min(len(s), 200)]
}
