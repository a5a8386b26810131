package web

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a batch.
const (
	batchBytesMax = 64 << 20
	batchLinesMax = 100_000
	chunkLines    = 512 // commands that are given to the log together
)

// LineResult is the outcome of one line of a batch: a receipt or a problem. ID
// is the command's id, as far as the line has one.
type LineResult struct {
	Line    int                 `json:"line"`
	ID      string              `json:"id,omitempty"`
	Status  int                 `json:"status"`
	Receipt *eventstore.Receipt `json:"receipt,omitzero"`
	Problem *Problem            `json:"problem,omitzero"`
}

// postBatch records one command for each line of the body and answers one line
// for each, in order. A line is a JSON object with the members "command" and
// "id", which is the idempotency key, beside the fields; where the command has
// a field id of its own, that is the same member. The answer starts when the
// body was read to its end, so that a client may send everything before it
// reads anything.
func (s *Server) postBatch(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := contentType(r, "application/x-ndjson", "application/jsonl", "application/json-lines", "application/json"); err != nil {
		return err
	}
	p := newParams(r)
	b := &batch{server: s, caller: c, r: r, command: p.text("command"), atomic: p.flag("atomic"), status: http.StatusOK}
	wait := p.flag("wait")
	b.dry = p.flag("dry_run")
	if err := p.err(); err != nil {
		return err
	}
	if b.command != "" {
		if _, err := commandType(b.command); err != nil {
			return err
		}
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(noDeadline) // the log is slower than a network can be
	_ = control.SetWriteDeadline(noDeadline)
	if err := b.read(http.MaxBytesReader(w, r.Body, batchBytesMax)); err != nil {
		if b.atomic || len(b.results) == 0 {
			return err
		}
		b.submit() // what came before the fault
		b.result(LineResult{Line: b.line + 1}, err)
	}
	if wait && b.last > 0 && s.reached(r.Context(), b.last) != nil {
		w.Header().Set("Waited", "false")
	}
	return b.send(w)
}

// batch is one request of many lines.
type batch struct {
	server  *Server
	caller  access.Caller
	r       *http.Request
	command string // of lines that name none
	atomic  bool
	dry     bool // decide each chunk, and record nothing

	line    int
	waiting []eventstore.Request // lines that were read and not submitted yet
	at      []int                // their places in results
	broken  bool                 // an atomic batch has a line that cannot be read
	results []LineResult
	status  int    // of the whole answer
	last    uint64 // block of the last receipt
}

func (b *batch) read(body io.Reader) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), bodyMax)
	for lines.Scan() {
		b.line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if len(b.results) == batchLinesMax || b.atomic && len(b.results) == eventstore.BatchMax {
			return newProblem("body_too_large", "the batch has too many lines", "send it in parts: 100,000 lines, or 10,000 as one")
		}
		b.add(lines.Bytes())
		if !b.atomic && len(b.waiting) == chunkLines {
			b.submit()
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return newProblem("body_too_large", "a line has more than 1 MiB", "send less in one command")
		}
		return readFault(err)
	}
	if len(b.results) == 0 {
		return newProblem("batch_empty", "there is no command in the body", "send one JSON object per line")
	}
	b.submit()
	return nil
}

// add decodes one line.
func (b *batch) add(line []byte) {
	name, id, err := nameAndID(line)
	if name == "" {
		name = b.command
	}
	request := eventstore.Request{ID: id}
	if err == nil {
		request.Command, err = decodeLine(name, id, line)
	}
	if err == nil {
		request, err = b.server.stamp(b.r.Context(), b.caller, b.r.PathValue("ledger"), request)
	}
	result := LineResult{Line: b.line, ID: id}
	if err != nil {
		b.broken = true
		b.result(result, err)
		return
	}
	b.results = append(b.results, result)
	b.waiting = append(b.waiting, request)
	b.at = append(b.at, len(b.results)-1)
}

func decodeLine(name, id string, line []byte) (domain.Command, error) {
	if name == "" {
		return nil, newProblem("command_missing", "the line names no command", `add "command":"…", or ?command=… for all lines`)
	}
	t, err := commandType(name)
	if err != nil {
		return nil, err
	}
	if !visible(id) {
		return nil, keyRequired(`add "id":"…" to the line, and keep it when you repeat the line`)
	}
	return decodeCommand(t, line, "command", "id")
}

// nameAndID finds the two members that say what a line is.
func nameAndID(line []byte) (name, id string, err error) {
	if err := checkUTF8(line); err != nil {
		return "", "", err
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.begin(line)
	first, err := d.json.ReadToken()
	if err == nil && first.Kind() != '{' {
		err = errNotObject
	}
	for err == nil && d.json.PeekKind() != '}' {
		var key jsontext.Token
		if key, err = d.json.ReadToken(); err != nil {
			break
		}
		text := map[string]*string{"command": &name, "id": &id}[key.String()]
		if text == nil || d.json.PeekKind() != '"' {
			err = d.json.SkipValue()
			continue
		}
		var value jsontext.Token
		if value, err = d.json.ReadToken(); err == nil {
			*text = value.String()
		}
	}
	if err != nil {
		return name, id, syntaxFault(err)
	}
	return name, id, nil
}

// submit gives the waiting lines to the log.
func (b *batch) submit() {
	if b.atomic && b.broken {
		for _, at := range b.at {
			b.settle(at, newProblem(eventstore.BatchNotRecorded, "another line of the batch cannot be read, so none was recorded",
				"mend it and send the whole batch again"))
		}
		return
	}
	ctx, ledger := b.r.Context(), b.r.PathValue("ledger")
	var outcomes []eventstore.Outcome
	if b.dry {
		outcomes = b.server.Store.Try(ctx, ledger, b.waiting)
	} else {
		outcomes = b.server.Store.SubmitBatch(ctx, ledger, b.waiting, b.atomic)
	}
	for i, out := range outcomes {
		if out.Err != nil {
			b.settle(b.at[i], out.Err)
			continue
		}
		result := &b.results[b.at[i]]
		result.Status, result.Receipt = statusOfReceipt(out.Receipt), &out.Receipt
		b.last = max(b.last, out.Receipt.Position.Block)
	}
	b.waiting, b.at = b.waiting[:0], b.at[:0]
}

// result appends the outcome of a line that was not submitted.
func (b *batch) result(r LineResult, err error) {
	b.results = append(b.results, r)
	b.settle(len(b.results)-1, err)
}

// settle notes that a line failed. The first line at fault decides the status
// of an atomic batch.
func (b *batch) settle(at int, err error) {
	p := b.server.translated(b.r, ProblemOf(err))
	b.results[at].Status, b.results[at].Problem = p.Status, p
	if b.atomic && (b.status == http.StatusOK || p.Code != eventstore.BatchNotRecorded) {
		b.status = p.Status
	}
}

func (b *batch) send(w http.ResponseWriter) error {
	w.Header()["Content-Type"] = contentLines
	w.WriteHeader(b.status)
	out := bufio.NewWriterSize(w, 64<<10)
	for i := range b.results {
		if err := json.MarshalWrite(out, &b.results[i]); err != nil {
			return nil // the client is gone
		}
		_ = out.WriteByte('\n')
	}
	_ = out.Flush()
	return nil
}
