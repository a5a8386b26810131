package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
	"aidledger/projections/people"
	"aidledger/projections/vault"

	"github.com/go-json-experiment/json"
)

// Problem is an error as it is sent: application/problem+json of RFC 9457.
// Code is stable, Hint says what to do, and Errors has one item for each field
// at fault.
type Problem struct {
	Type    string            `json:"type"`
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Detail  string            `json:"detail"`
	Code    string            `json:"code"`
	Hint    string            `json:"hint,omitempty"`
	Request string            `json:"request,omitempty"` // id of the request in the server's log
	Numbers map[string]string `json:"numbers,omitempty"` // that explain it
	Errors  []FieldError      `json:"errors,omitempty"`

	retryAfter time.Duration
	language   string // of the texts; empty: English
}

// FieldError is one field at fault. Detail has the numbers that explain it.
type FieldError struct {
	Field   string            `json:"field"`
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Hint    string            `json:"hint,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
}

// Error returns the detail and what to do.
func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Detail
	}
	return p.Detail + "; " + p.Hint
}

// statuses maps each code that does not have the status of its kind. It is the
// only such map: the command line takes its exit codes from the status.
var statuses = map[string]int{
	"json_syntax": 400, "unknown_field": 400, "duplicate_field": 400, "invalid_utf8": 400, "amount_must_be_string": 400,
	"null_value": 400, "wrong_type": 400, "idempotency_key_required": 400, "command_id_format": 400, "header_malformed": 400,
	"unknown_parameter": 400, "no_history": 400, "parameter_repeated": 400, "parameter_malformed": 400, "query_malformed": 400, "body_malformed": 400,
	"position_unknown": 400, "batch_empty": 400, "command_missing": 400,
	projections.BadQuery: 400,

	"unauthenticated": 401, "cross_origin": 403, "self_approval": 403, "session_required": 403,
	"identity_refused": 401, "identity_unknown": 403, "identity_unavailable": 503,
	people.SignInRefused: 401, people.SecondFactorRequired: 401, people.SecondFactorRefused: 401, people.TooManyAttempts: 429,
	people.PersonNotFound: 404, people.TokenNotFound: 404, people.LoginTaken: 409, people.SubjectTaken: 409, people.OwnRole: 403,
	access.Forbidden: 403, access.ForbiddenLedger: 403, access.OutsideLimit: 403,

	eventstore.FileTooLarge: 413, eventstore.FileMissing: 404, eventstore.FileDamaged: 503,
	"beneficiary_not_found": 404, vault.Erased: 409, vault.WrongKey: 503, "vault_missing": 503, "not_signing": 503, "owner_only": 403, "operator_only": 403,
	"not_found": 404, "path_not_found": 404, "command_not_found": 404, "ledger_not_found": 404,
	"method_not_allowed": 405, "body_too_large": 413, "uri_too_long": 414, "content_type": 415, "content_encoding": 415, "file_type": 415,

	eventstore.LedgerElsewhere: 421, eventstore.KeyTaken: 409, projections.RebuildRunning: 409,
	eventstore.ChangedSince: 412, eventstore.KeyReused: 422, eventstore.CommandTooLarge: 413, eventstore.BatchNotRecorded: 422,

	"size_unknown": 400, projections.CheckpointNotFound: 404, projections.NotSignedYet: 404, "copies_differ": 503,

	eventstore.Busy: 429, "internal": 500,
	eventstore.OutcomeUnknown: 503, eventstore.LogUnavailable: 503, eventstore.LogUnreadable: 503, eventstore.LogDamaged: 503,
	eventstore.LogForbidden: 503, eventstore.StreamSettings: 503, eventstore.StreamMissing: 503, eventstore.Closed: 503,
	"ledger_moving": 503, "projection_behind": 503, "projection_halted": 503, projections.PastBusy: 503, projections.Unavailable: 503,
}

// statusOf returns the status of a code, and of its kind where the code has
// none of its own.
func statusOf(code string, kind domain.Kind) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	switch kind {
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Clash:
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// newProblem returns a problem with the status of its code.
func newProblem(code, detail, hint string) *Problem {
	p := &Problem{Code: code, Detail: detail, Hint: hint, Status: statusOf(code, domain.Invalid)}
	return p.named()
}

func (p *Problem) named() *Problem {
	p.Type = "urn:aidledger:problem:" + p.Code
	p.Title = strings.ToUpper(p.Code[:1]) + strings.ReplaceAll(p.Code[1:], "_", " ")
	return p
}

// ProblemOf describes an error for the client. An error that it does not know
// becomes "internal" and keeps its text to itself.
func ProblemOf(err error) *Problem {
	var (
		problem  *Problem
		refusals domain.Refusals
		refusal  *domain.Refusal
		failure  *eventstore.Failure
		bad      *eventstore.BadBlock
		query    *projections.Error
		halted   *projections.Halted
		tooLarge *http.MaxBytesError
		denied   *access.Refusal
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &refusals):
		return refusalProblem(refusals)
	case errors.As(err, &refusal):
		return refusalProblem(domain.Refusals{refusal})
	case errors.As(err, &failure):
		p := newProblem(failure.Code, failure.Message, failure.Hint)
		if p.retryAfter = failure.RetryAfter; p.Status == http.StatusServiceUnavailable {
			p.retryAfter = max(p.retryAfter, time.Second)
		}
		return p
	case errors.As(err, &denied):
		p := newProblem(denied.Code, denied.Message, denied.Hint)
		p.Numbers = denied.Limit.Named()
		return p
	case errors.As(err, &bad):
		return newProblem(eventstore.LogUnreadable, bad.Error(), "run aidledger verify")
	case damageProblem(err) != nil:
		return damageProblem(err)
	case errors.As(err, &query):
		p := newProblem(query.Code, query.Message, query.Hint)
		if p.retryAfter = query.RetryAfter; p.Status == http.StatusServiceUnavailable {
			p.retryAfter = max(p.retryAfter, time.Second)
		}
		return p
	case errors.As(err, &halted):
		return newProblem("projection_halted", halted.Error(), "an operator has to look at that event")
	case errors.As(err, &tooLarge):
		return newProblem("body_too_large", fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit), "send it in parts")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p := newProblem(projections.Unavailable, "the answer did not come in time", "try again")
		p.retryAfter = time.Second
		return p
	}
	return newProblem("internal", "something went wrong in the server", "look for the request in the server's log")
}

func refusalProblem(rs domain.Refusals) *Problem {
	first := rs[0]
	p := &Problem{Code: first.Code, Detail: first.Message, Hint: first.Hint, Numbers: first.Detail, Status: statusOf(first.Code, first.Kind)}
	if len(rs) > 1 {
		p.Detail = fmt.Sprintf("%s (and %d more, see errors)", first.Message, len(rs)-1)
	}
	for _, r := range rs {
		if r.Field != "" {
			p.Errors = append(p.Errors, FieldError{Field: r.Field, Code: r.Code, Message: r.Message, Hint: r.Hint, Detail: r.Detail})
		}
	}
	return p.named()
}

// send writes the problem as the whole answer.
func (p *Problem) send(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", cmp.Or(p.language, "en"))
	h.Set("Vary", "Accept-Language")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="aidledger"`)
	}
	if p.retryAfter > 0 {
		seconds := (p.retryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	w.WriteHeader(p.Status)
	_ = json.MarshalWrite(w, p) // the client may be gone; there is nobody to tell
}
