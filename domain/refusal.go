package domain

import (
	"fmt"
	"strings"
)

// Kind tells why a command was refused in the few ways that a program has to
// tell apart. An edge maps it to its own language (an HTTP status, an exit code).
type Kind uint8

const (
	// Invalid says that a value is malformed or breaks a rule whatever the
	// history is, or that the amounts do not allow it.
	Invalid Kind = iota
	// NotFound says that the command names something that was never registered.
	NotFound
	// Clash says that the command contradicts what has been recorded already:
	// a name that is taken, a state that does not allow it, a second reversal.
	Clash
)

// Refusal says that a rule said no, and nothing was recorded. Code is stable
// and meant for programs; Message is one English sentence for people and Hint
// says what to do; Detail carries the numbers and names that explain it.
// Field names the input field at fault where there is one.
type Refusal struct {
	Kind    Kind
	Code    string
	Field   string
	Message string
	Hint    string
	Detail  map[string]string
}

// Error returns the message followed by the hint.
func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.Message
	}
	return r.Message + "; " + r.Hint
}

// Refusals lists every field of one command that is at fault, so that a person
// can mend all of them at once. It is never empty.
type Refusals []*Refusal

// Error returns the messages of all fields, separated by line breaks.
func (rs Refusals) Error() string {
	lines := make([]string, len(rs))
	for i, r := range rs {
		lines[i] = r.Error()
		if r.Field != "" {
			lines[i] = r.Field + ": " + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As access to each refusal.
func (rs Refusals) Unwrap() []error {
	errs := make([]error, len(rs))
	for i, r := range rs {
		errs[i] = r
	}
	return errs
}

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

func missing(code, format string, args ...any) *Refusal {
	r := refuse(code, format, args...)
	r.Kind = NotFound
	return r
}

func clash(code, format string, args ...any) *Refusal {
	r := refuse(code, format, args...)
	r.Kind = Clash
	return r
}

func (r *Refusal) hint(format string, args ...any) *Refusal {
	r.Hint = fmt.Sprintf(format, args...)
	return r
}

func (r *Refusal) with(key string, value any) *Refusal {
	if r.Detail == nil {
		r.Detail = map[string]string{}
	}
	r.Detail[key] = fmt.Sprint(value)
	return r
}

func (r *Refusal) in(field string) *Refusal {
	r.Field = field
	return r
}
