package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
)

// recorded is the answer to a command, as those see it who read it. Waited says
// whether the read models have reached its position; it is there when the caller
// asked to wait.
type recorded struct {
	eventstore.Receipt
	Waited *bool `json:"waited,omitzero"`
}

// postCommand records the command that the path names. It writes the answer
// without a general encoder, which would be a tenth of its work.
func (s *Server) postCommand(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	wait, dry, err := commandParams(r)
	if err != nil {
		return err
	}
	t, err := commandType(r.PathValue("command"))
	if err != nil {
		return err
	}
	if err := contentType(r, "application/json"); err != nil {
		return err
	}
	request, err := requestOf(r)
	if err != nil {
		return err
	}
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, bodyMax)); err != nil {
		return readFault(err)
	}
	if request.Command, err = decodeCommand(t, body.Bytes()); err != nil {
		return err
	}
	record := s.Record
	if dry {
		record = s.Try
	}
	receipt, err := record(r.Context(), c, r.PathValue("ledger"), request)
	if err != nil {
		return err
	}
	answer, err := receipt.AppendJSON(nil)
	if err != nil {
		return err
	}
	if wait && !receipt.DryRun {
		reached := s.reached(r.Context(), receipt.Position.Block) == nil
		answer = fmt.Appendf(answer[:len(answer)-1], `,"waited":%t}`, reached)
	}
	return replyJSON(w, statusOfReceipt(receipt), answer)
}

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func statusOfReceipt(r eventstore.Receipt) int {
	if r.Repeated || r.DryRun {
		return http.StatusOK
	}
	return http.StatusCreated
}

// commandParams reads ?wait and ?dry_run without the cost of a map where there
// is no query.
func commandParams(r *http.Request) (wait, dry bool, err error) {
	if r.URL.RawQuery == "" {
		return false, false, nil
	}
	p := newParams(r)
	return p.flag("wait"), p.flag("dry_run"), p.err()
}

func commandType(name string) (domain.CommandType, error) {
	t, ok := domain.LookupCommand(name)
	if !ok {
		return t, newProblem("command_not_found", fmt.Sprintf("there is no command %q", shorten(name)), "GET /v1/commands lists them")
	}
	return t, nil
}

// contentType refuses a body that says that it is something else. A body that
// says nothing is taken for the first type.
func contentType(r *http.Request, types ...string) error {
	given := r.Header.Get("Content-Type")
	if given == "" || given == types[0] {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(given)
	if charset := parameters["charset"]; err != nil || !slices.Contains(types, media) || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return newProblem("content_type", fmt.Sprintf("the body is %q", shorten(given)), "send "+strings.Join(types, " or ")+" in UTF-8")
	}
	return nil
}

// requestOf takes the ids by which a command can be found again from the
// headers.
func requestOf(r *http.Request) (eventstore.Request, error) {
	q := eventstore.Request{ID: r.Header.Get("Idempotency-Key"),
		Correlation: r.Header.Get("Correlation-Id"), Causation: r.Header.Get("Causation-Id")}
	if !visible(q.ID) {
		return q, keyRequired("send the header Idempotency-Key: a UUID, and the same one when you repeat the request")
	}
	for _, name := range []string{"Idempotency-Key", "If-Match", "Correlation-Id", "Causation-Id"} {
		if len(r.Header.Values(name)) > 1 {
			return q, newProblem("header_malformed", name+" is given twice", "send it once")
		}
	}
	if seen := r.Header.Get("If-Match"); seen != "" && seen != "*" {
		region, position, named := strings.Cut(strings.Trim(seen, `"`), ":")
		if !named {
			region, position = "", region
		}
		at, err := eventstore.ParsePosition(position)
		if err != nil || named && region == "" {
			return q, newProblem("header_malformed", "If-Match is no position", `use the position of the answer that was seen, such as "12"`)
		}
		q.After, q.AfterIn = at.Block, region
	}
	for name, id := range map[string]string{"Correlation-Id": q.Correlation, "Causation-Id": q.Causation} {
		if id != "" && !visible(id) {
			return q, newProblem("header_malformed", name+" is no id", "use 1 to 128 visible ASCII characters")
		}
	}
	return q, nil
}

func keyRequired(hint string) error {
	return newProblem("idempotency_key_required", "a command needs a key of 1 to 128 visible ASCII characters that makes it safe to repeat", hint)
}

func visible(id string) bool {
	hidden := func(c rune) bool { return c <= ' ' || c > '~' }
	return id != "" && len(id) <= 128 && !strings.ContainsFunc(id, hidden)
}

// readFault describes why a body could not be read.
func readFault(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	return newProblem("body_malformed", "the body could not be read to its end", "send it again")
}

// commandLine is one line of a batch. The fields of the command stand beside
// these two.
type commandLine struct {
	Command string `json:"command,omitempty"`
	ID      string `json:"id"`
}

// commandList is every command.
type commandList struct {
	Commands []commandInfo `json:"commands"`
}

// commandInfo describes a command to programs.
type commandInfo struct {
	Name   string            `json:"name"`
	Doc    string            `json:"doc"`
	Needs  access.Capability `json:"needs"`
	Fields []fieldInfo       `json:"fields"`
}

// fieldInfo describes a field of a command.
type fieldInfo struct {
	Name     string      `json:"name"`
	Doc      string      `json:"doc"`
	Type     string      `json:"type"`
	Required bool        `json:"required"`
	Enum     []string    `json:"enum,omitempty"`
	Items    []fieldInfo `json:"items,omitempty"`
}

func fieldInfos(fields []domain.Field) []fieldInfo {
	all := make([]fieldInfo, len(fields))
	for i, f := range fields {
		all[i] = fieldInfo{f.Name, f.Doc, f.Type, f.Required, f.Enum, fieldInfos(f.Item)}
	}
	return all
}

var commandTable = sync.OnceValues(func() ([]byte, error) {
	var all commandList
	for _, t := range domain.Commands() {
		all.Commands = append(all.Commands, commandInfo{t.Name, t.Doc, access.OfCommand(t.Name), fieldInfos(t.Field)})
	}
	return json.Marshal(all)
})

func (s *Server) getCommands(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	table, err := commandTable()
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = contentJSON
	_, _ = io.Copy(w, bytes.NewReader(table))
	return nil
}
