package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aidledger/cmd/internal/evidence"
	"aidledger/cmd/internal/web"
	"aidledger/projections/localpg/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// verifier is the other program, for stories about what it checks.
func verifier() { os.Exit(evidence.Run(os.Args[1:], os.Stdout, os.Stderr)) }

// TestMain makes this test binary the programs, too, so that stories run them as
// processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"aidledger": main, "aidledger-verify": verifier, "outside": outside, "subscriber": subscriber})
}

// leakless fails where a test leaves a goroutine behind.
type leakless struct{ *testing.M }

// Run runs the tests and returns the exit code.
func (l leakless) Run() int {
	code := l.M.Run()
	http.DefaultClient.CloseIdleConnections() // the server of a story may still be stopping
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestStories runs the stories in testdata. Each has a data directory and a
// database of its own; a story that sets AIDLEDGER_POSTGRES_URL to nothing
// uses a private cluster.
func TestStories(t *testing.T) {
	stories, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatal("there are no stories", err)
	}
	databases, disk := map[string]string{}, t.TempDir()
	for _, story := range stories {
		databases[strings.TrimSuffix(filepath.Base(story), ".txtar")] = pgtest.Database(t)
	}
	testscript.Run(t, testscript.Params{
		Files:               stories,
		WorkdirRoot:         pgtest.Dir(t),
		RequireExplicitExec: true,
		Deadline:            time.Now().Add(3 * patience),
		Setup: func(e *testscript.Env) error {
			e.Setenv("AIDLEDGER_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("AIDLEDGER_LISTEN", "127.0.0.1:0")
			e.Setenv("AIDLEDGER_POSTGRES_URL", databases[strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")])
			e.Setenv("DISK", disk)
			e.Setenv("LC_ALL", "C.UTF-8")
			// The race detector lets each process that ends sleep for a second.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"balances": balances, "exits": exits, "ready": ready, "sql": sql, "postmaster": postmaster, "gone": gone, "occupy": occupy, "as": as,
			"rows": rows, "recording": recording,
		},
	})
}

// patience is how long a story waits for what must happen.
const patience = time.Minute

// eventually calls f until it is true.
func eventually(ts *testscript.TestScript, what string, f func() bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			ts.Fatalf("it did not happen: %s", what)
		}
		<-tick.C
	}
}

// exits runs a program and checks its exit code: exits 3 aidledger do …
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	ts.Logf("exit code %d", got)
	if got != want {
		ts.Fatalf("the exit code is %d, want %d", got, want)
	}
}

// ready waits until the server of the data directory has started.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	eventually(ts, "the server is ready", func() bool {
		a, err := readAddress(ts.Getenv("AIDLEDGER_DATA"))
		if err != nil {
			return false
		}
		got, err := http.Get(a.URL + "/readyz")
		if err != nil {
			return false
		}
		got.Body.Close()
		return got.StatusCode == http.StatusOK
	})
}

// sql changes the story's database behind the back of the server.
func sql(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, ts.Getenv("AIDLEDGER_POSTGRES_URL"))
	ts.Check(err)
	defer conn.Close(ctx)
	tag, err := conn.Exec(ctx, args[0])
	ts.Check(err)
	if tag.RowsAffected() == 0 {
		ts.Fatalf("nothing was changed by %s", args[0])
	}
}

// postmaster remembers the private PostgreSQL cluster of the data directory.
func postmaster(ts *testscript.TestScript, _ bool, _ []string) {
	files, err := filepath.Glob(filepath.Join(ts.Getenv("AIDLEDGER_DATA"), "postgres", "pg*", "postmaster.pid"))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("there are %d running clusters", len(files))
	}
	text, err := os.ReadFile(files[0])
	ts.Check(err)
	pid, _, _ := strings.Cut(string(text), "\n")
	ts.Setenv("POSTMASTER", pid)
}

// gone waits until the cluster that was remembered has ended.
func gone(ts *testscript.TestScript, _ bool, _ []string) {
	pid, err := strconv.Atoi(ts.Getenv("POSTMASTER"))
	ts.Check(err)
	eventually(ts, "PostgreSQL has ended", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

// occupy listens on a port and sets PORT to it.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv("PORT", port)
}

// as gives the program the token in a file, and that of the server again
// without one.
func as(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("AIDLEDGER_URL", "")
	ts.Setenv("AIDLEDGER_TOKEN", "")
	if len(args) == 0 {
		return
	}
	a, err := readAddress(ts.Getenv("AIDLEDGER_DATA"))
	ts.Check(err)
	ts.Setenv("AIDLEDGER_URL", a.URL)
	ts.Setenv("AIDLEDGER_TOKEN", strings.TrimSpace(ts.ReadFile(args[0])))
}

// rows writes a table of reported transactions of one yuan each: rows FILE COUNT.
func rows(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var out strings.Builder
	out.WriteString("system,activity,type,amount,currency,date,source_reference\n")
	for i := range n {
		fmt.Fprintf(&out, "giver,a-%d,3,1,CNY,2019-01-01,t-%d\n", i%10, i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out.String()), 0o600))
}

// recording waits until the log has so many blocks.
func recording(ts *testscript.TestScript, _ bool, args []string) {
	blocks, err := strconv.ParseUint(args[0], 10, 64)
	ts.Check(err)
	a, err := readAddress(ts.Getenv("AIDLEDGER_DATA"))
	ts.Check(err)
	c := &client{url: a.URL, token: a.Token}
	eventually(ts, "the log has its blocks", func() bool {
		s, err := fetch[web.Status](context.Background(), c, "/v1/status", nil)
		return err == nil && s.LogEnd >= blocks
	})
}
