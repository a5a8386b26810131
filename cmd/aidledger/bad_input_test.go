package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aidledger/cmd/internal/badinput"
	"aidledger/cmd/internal/web"
	"aidledger/projections/localpg/pgtest"

	"github.com/go-json-experiment/json"
)

// terminal runs the program in this process against one server.
type terminal struct {
	data string
	ctx  context.Context
}

// said is what a run of the program printed, and its exit code.
type said struct {
	code           int
	stdout, stderr string
}

func (at terminal) run(stdin string, args ...string) said {
	var out, notes bytes.Buffer
	code := run(at.ctx, append(args, "--data", at.data), strings.NewReader(stdin), &out, &notes)
	return said{code, out.String(), notes.String()}
}

// served starts a server in this process, which ends with the test.
func served(t *testing.T) terminal {
	t.Helper()
	at := terminal{filepath.Join(t.TempDir(), "data"), t.Context()}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan said, 1)
	go func() {
		ended <- terminal{at.data, ctx}.run("", "serve", "--listen", "127.0.0.1:0", "--postgres-url", pgtest.Database(t))
	}()
	t.Cleanup(func() {
		stop()
		if s := <-ended; s.code != 0 {
			t.Errorf("the server ended with %d: %s", s.code, s.stderr)
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := readAddress(at.data); err == nil {
			return at
		}
		select {
		case <-tick.C:
		case s := <-ended:
			ended <- s
			t.Fatalf("the server did not start: %s", s.stderr)
		}
	}
}

// flagsOf is the body of a case as flags.
func flagsOf(body string) ([]string, error) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		return nil, err
	}
	var flags []string
	for name, value := range fields {
		list, ok := value.([]any)
		if !ok {
			flags = append(flags, "--"+strings.ReplaceAll(name, "_", "-")+"="+written(value))
			continue
		}
		for _, item := range list {
			members, ok := item.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%v is no item", item)
			}
			var parts []string
			for name, value := range members {
				parts = append(parts, name+"="+written(value))
			}
			flags = append(flags, "--"+name+"="+strings.Join(parts, ","))
		}
	}
	return flags, nil
}

func written(value any) string {
	if n, ok := value.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func TestBadInputHasTheSameAnswerFromTheCommandLine(t *testing.T) {
	at := served(t)
	var opening strings.Builder
	for i, c := range badinput.Opening() {
		fmt.Fprintf(&opening, `{"command":%q,"id":"opening-%d",%s`+"\n", c[0], i, c[1][1:])
	}
	if s := at.run(opening.String(), "do", "--json", "-", "--ledger", "test"); s.code != 0 {
		t.Fatal(s)
	}
	for i, c := range badinput.Cases() {
		if flags, err := flagsOf(c.ID(fmt.Sprint("flag", i))); !c.Form {
			t.Run(c.Name+", as flags", func(t *testing.T) {
				if err != nil {
					t.Fatal(err)
				}
				at.compare(t, c, c.Exit(true), func() said {
					return at.run("", append([]string{"do", c.Command, "--ledger", "test"}, flags...)...)
				})
			})
		}
		t.Run(c.Name+", in a file", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "lines")
			if err := os.WriteFile(file, []byte(c.ID(fmt.Sprint("file", i))+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			code := c.Exit(false)
			args := []string{"do", c.Command, "--ledger", "test", "--json", file}
			if c.Code == "command_not_found" {
				code = exitUsage // the program knows its commands
			}
			at.compare(t, c, code, func() said { return at.run("", args...) })
		})
	}
}

func TestBytesThatAreNotUTF8AreRefusedInFlags(t *testing.T) {
	s := terminal{t.TempDir(), t.Context()}.run("", "do", "register-project", "--ledger", "test", "--project", "p", "--name", "a\xffb")
	if s.code != exitUsage || !strings.Contains(s.stderr, "byte 2") || !strings.Contains(s.stderr, "invalid_utf8") {
		t.Errorf("got %+v", s)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	var notes bytes.Buffer
	if code := run(t.Context(), []string{"do", "--help"}, nil, full{}, &notes); code != exitFailure || !strings.Contains(notes.String(), "no space left") {
		t.Errorf("the exit code is %d: %s", code, notes.String())
	}
}

// compare looks at the exit code, at what was printed, and whether something was
// recorded.
func (at terminal) compare(t *testing.T, c badinput.Case, code int, do func() said) {
	t.Helper()
	before := at.logEnd(t)
	s := do()
	all := s.stdout + s.stderr
	if s.code != code || code > exitUsage && !strings.Contains(all, c.Code) {
		t.Errorf("the exit code is %d, want %d with %q: %s", s.code, code, c.Code, all)
	}
	if recorded := at.logEnd(t) != before; recorded != (code == 0) {
		t.Errorf("something was recorded: %t", recorded)
	}
	for _, inside := range []string{"goroutine ", ".go:", "panic", "reflect:", "jsontext", "json:"} {
		if strings.Contains(all, inside) {
			t.Errorf("the inside is shown: %s", all)
		}
	}
	for _, r := range all {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0x9b {
			t.Errorf("the control character %q reaches the terminal: %q", r, all)
		}
	}
}

func (at terminal) logEnd(t *testing.T) uint64 {
	t.Helper()
	var status web.Status
	s := at.run("", "status", "--json")
	if err := json.Unmarshal([]byte(s.stdout), &status); err != nil {
		t.Fatalf("%v in %+v", err, s)
	}
	return status.LogEnd
}
