package projections

import (
	"errors"
	"fmt"
	"time"

	"aidledger/eventstore"
)

// Error says that a question cannot be answered. Code is stable; Hint says
// what to do, and RetryAfter when, where waiting helps.
type Error struct {
	Code       string
	Message    string
	Hint       string
	Err        error // the cause, for operators; may be nil
	RetryAfter time.Duration
}

// The codes of an Error.
const (
	NotFound         = "not_found"         // nothing has that id
	LedgerNotFound   = "ledger_not_found"  // no ledger has that name
	ArchiveProtected = "archive_protected" // the archive is another user's, who alone can make it anew
	BadQuery         = "bad_query"         // a filter, limit or cursor is malformed
	OutsideLimit     = "outside_limit"     // the answer cannot be limited to what its reader may read
	PastBusy         = "past_busy"         // somebody else's past is being replayed
	RebuildRunning   = "rebuild_running"   // another process is rebuilding
	ServerTooOld     = "server_too_old"    // PostgreSQL is older than version 15
	Unavailable      = "views_unavailable" // PostgreSQL cannot be reached
)

// Error returns the message and what to do.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Is tells whether err is an Error of that code.
func Is(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// Halted says that a projection stopped at a position that it cannot read.
// Code and Reason are those of the block or event at fault.
type Halted struct {
	Projection string              `json:"projection"`
	Position   eventstore.Position `json:"position"`
	Code       string              `json:"code"`
	Reason     string              `json:"reason"`
}

// Error returns where the projection stopped, and why.
func (h *Halted) Error() string {
	return fmt.Sprintf("the projection %s is halted at position %s: %s (%s)", h.Projection, h.Position, h.Reason, h.Code)
}

// ErrLogBehind says that the log ends before the checkpoint: PostgreSQL has
// read a log that is longer than this one. Nothing is written until the right
// log is there, or the database is a new one.
var ErrLogBehind = errors.New("the log ends before the checkpoint of the projections; connect the log that they were made from, or an empty database")
