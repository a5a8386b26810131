package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"aidledger/cmd/internal/web"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

const (
	lineMax  = 1 << 20 // bytes of one line, as in the API
	sendMax  = 1000    // lines of one request
	sendSize = 8 << 20 // bytes of one request
)

// doLines records the JSON lines of a file and prints one line of JSON for the
// outcome of each. It goes on after a line that is refused, and then returns
// the first refusal.
func (c *command) doLines(cmd *cobra.Command, name string, o doOptions) error {
	in, size, err := c.openLines(o.lines)
	if err != nil {
		return err
	}
	defer in.Close()
	cl, ledger, err := ledgerClient(cmd)
	if err != nil {
		return err
	}
	s := &sender{command: c, cmd: cmd, client: cl, path: ledger + "/commands", query: url.Values{}, bar: c.newBar("recording"), size: size}
	defer s.bar.close()
	set(s.query, "command", name)
	if o.atomic {
		s.query.Set("atomic", "true")
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineMax)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		s.read += uint64(len(line)) + 1
		if len(bytes.TrimSpace(line)) == 0 {
			s.body.WriteByte('\n') // the server counts lines, too
			continue
		}
		s.body.Write(withID(line, o.id, n))
		s.body.WriteByte('\n')
		if s.lines++; !o.atomic && (s.lines == sendMax || s.body.Len() > sendSize) {
			if err := s.send(); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", o.lines, err)
	}
	s.query.Set("wait", strconv.FormatBool(o.wait))
	if err := s.send(); err != nil {
		return err
	}
	return s.result()
}

// withID adds an id to a line that has none: one that follows from --id and
// the number of the line, so that the same file can be sent again, or a new one.
func withID(line []byte, id string, n int) []byte {
	var members map[string]jsontext.Value
	if json.Unmarshal(line, &members) != nil || members == nil || members["id"] != nil {
		return line // if it is no object, the server says so
	}
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	} else {
		id += "-" + strconv.Itoa(n)
	}
	rest := bytes.TrimSpace(line)[1:]
	comma := ","
	if len(members) == 0 {
		comma = ""
	}
	return append([]byte(`{"id":`+strconv.Quote(id)+comma), rest...)
}

// sender sends lines in requests of a bounded size.
type sender struct {
	*command
	cmd    *cobra.Command
	client *client
	path   string
	query  url.Values
	bar    *bar

	body       bytes.Buffer
	lines      int    // in body
	sent       int    // lines of earlier requests, empty ones included
	read, size uint64 // bytes of the file
	refused    int
	first      *web.LineResult // that was refused
}

func (s *sender) send() error {
	if s.lines == 0 && s.sent > 0 {
		return nil
	}
	count := bytes.Count(s.body.Bytes(), []byte("\n"))
	answer, err := s.client.send(s.cmd.Context(), request{method: "POST", path: s.path, query: s.query,
		header: http.Header{"Content-Type": {"application/x-ndjson"}}, body: bytes.NewReader(s.body.Bytes())})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	out := bufio.NewWriter(s.out)
	decoder := jsontext.NewDecoder(answer.Body)
	for {
		var r web.LineResult
		if err := json.UnmarshalDecode(decoder, &r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("the answer of the server broke off: %w; send the file again with the same ids", err)
		}
		r.Line += s.sent
		if r.Problem != nil {
			if s.refused++; s.first == nil || s.first.Problem.Code == "batch_not_recorded" {
				s.first = &r
			}
		}
		if err := json.MarshalWrite(out, &r); err != nil {
			return err
		}
		_ = out.WriteByte('\n')
	}
	s.sent += count
	s.lines = 0
	s.body.Reset()
	s.bar.update(s.read, max(s.size, s.read))
	return out.Flush()
}

// result returns the problem of the first line that was refused.
func (s *sender) result() error {
	if s.first == nil {
		return nil
	}
	fmt.Fprintf(s.notes, "%d of the lines were not recorded; the first is line %d\n", s.refused, s.first.Line)
	return s.first.Problem
}

// openLines opens the file of --json, and says how many bytes it has; 0 where
// nobody knows.
func (c *command) openLines(name string) (io.ReadCloser, uint64, error) {
	if name == "-" {
		return io.NopCloser(c.in), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, uint64(max(info.Size(), 0)), nil
}
