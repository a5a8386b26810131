package eventstore

import (
	"errors"
	"fmt"
	"time"
)

// Failure says that the log could not do what it was asked, as opposed to a
// rule that refused it. Code is stable; Hint says what to do.
type Failure struct {
	Code       string
	Message    string
	Hint       string
	RetryAfter time.Duration // zero: repeating the same call does not help
	Err        error         // the cause, for operators; may be nil
}

// The codes of a Failure.
const (
	Busy             = "busy"                   // the queue of the ledger is full; nothing was recorded
	OutcomeUnknown   = "outcome_unknown"        // it may have been recorded; the same id tells
	LogUnavailable   = "log_unavailable"        // the log did not take the block; nothing was recorded
	LogUnreadable    = "log_unreadable"         // a stored block cannot be read, so no rule can be checked
	LogDamaged       = "log_damaged"            // messages are missing from the stream
	StreamSettings   = "stream_settings"        // the stream could forget, or is not durable
	StreamMissing    = "stream_missing"         // there should be a stream, and there is none
	KeyReused        = "idempotency_key_reused" // the id was used for another command
	KeyTaken         = "idempotency_key_taken"  // the id was used by somebody else
	CommandTooLarge  = "command_too_large"      // it does not fit into one block
	BatchNotRecorded = "batch_not_recorded"     // another command of an atomic batch was refused
	LogForbidden     = "log_forbidden"          // the NATS user may not do it; nothing was recorded
	LedgerElsewhere  = "ledger_elsewhere"       // another region has the ledger; nothing was recorded
	ChangedSince     = "changed_since"          // the ledger is not what the caller has seen; nothing was recorded
	Closed           = "closed"                 // the store is shutting down; nothing was recorded
)

// Error returns the message and what to do.
func (f *Failure) Error() string {
	s := f.Message
	if f.Hint != "" {
		s += "; " + f.Hint
	}
	if f.Err != nil {
		s += fmt.Sprintf(" (%v)", f.Err)
	}
	return s
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Is tells whether err is a Failure of that code.
func Is(err error, code string) bool {
	var f *Failure
	return errors.As(err, &f) && f.Code == code
}

func failure(code, message, hint string, cause error) *Failure {
	return &Failure{Code: code, Message: message, Hint: hint, Err: cause}
}
