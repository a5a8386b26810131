package localpg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

// holdEnv makes this test binary own a cluster in the directory it names until it is killed.
const holdEnv = "AIDLEDGER_LOCALPG_HOLD"

// cacheDir keeps the result of initdb between the tests of one run.
var cacheDir string

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdEnv); dir != "" {
		hold(dir)
	}
	var err error
	if cacheDir, err = os.MkdirTemp("", "aidledger-cache-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(cacheDir)
	os.Exit(code)
}

// clusterDir is a directory that the server's user can reach even when the test runs as root.
func clusterDir(t testing.TB) string {
	t.Helper()
	base, err := TemporaryBase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(base, "aidledger-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startIn starts an unsafe cluster from the cache, and stops it at the end of the test.
func startIn(t testing.TB, dir string) *Cluster {
	t.Helper()
	c := &Cluster{dir: dir, config: Config{Unsafe: true}, cache: cacheDir}
	if err := c.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNow(t, c) })
	return c
}

func stopNow(t testing.TB, c *Cluster) {
	t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		t.Fatalf("Stop: %v", err)
	}
}

// query returns the first column of the first row, or nothing.
func query(ctx context.Context, c *Cluster, sql string) (string, error) {
	conn, err := pgconn.Connect(ctx, c.ConnString("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}

func wantQuery(t testing.TB, c *Cluster, sql, want string) {
	t.Helper()
	if got, err := query(t.Context(), c, sql); err != nil || got != want {
		t.Errorf("%s = %q, %v; want %q", sql, got, err, want)
	}
}

// alive reports whether a process runs. One that has ended and waits to be collected by its parent does not run.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(state), "Z")
}

// within waits until a condition about another process holds.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for !holds() {
		select {
		case <-deadline.Done():
			t.Fatalf("not within %v: %s", limit, what)
		case <-time.After(poll):
		}
	}
}

func TestAClusterIsCreatedOnceAndKeepsItsData(t *testing.T) {
	dir := filepath.Join(clusterDir(t), "new", "data") // neither exists
	c, err := Start(t.Context(), dir, Config{})        // the default, as the product uses it
	if err != nil {
		t.Fatal(err)
	}
	if !c.Created() {
		t.Error("a first start did not create the cluster")
	}
	if err := c.CreateDatabase(t.Context(), `aid "ledger"`); err != nil {
		t.Error(err)
	}
	if err := c.CreateDatabase(t.Context(), `aid "ledger"`); err != nil {
		t.Errorf("a database that exists is an error: %v", err)
	}
	wantQuery(t, c, "SELECT count(*) FROM pg_database WHERE datname = 'aid \"ledger\"'", "1")
	for setting, want := range map[string]string{
		"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "minimal",
		"max_wal_senders": "0", "max_connections": "60", "shared_buffers": "128MB", "TimeZone": "UTC", "lc_collate": "C",
		"server_encoding": "UTF8", "data_checksums": "on",
	} {
		wantQuery(t, c, "SHOW "+setting, want)
	}
	wantQuery(t, c, "CREATE TABLE kept AS SELECT 42 AS answer", "")
	pid := c.PID()
	stopNow(t, c)
	if alive(pid) {
		t.Errorf("the postmaster %d is alive after Stop", pid)
	}
	stopNow(t, c) // does nothing

	again, err := Start(t.Context(), dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer stopNow(t, again)
	if again.Created() {
		t.Error("a second start created the cluster again")
	}
	if !strings.HasPrefix(again.Version(), strconv.Itoa(again.installed.major)) {
		t.Errorf("version %q", again.Version())
	}
	wantQuery(t, again, "SELECT answer FROM kept", "42")
}

func TestTheServerDoesNotRunAsRootAndOnlyItsUserGetsIn(t *testing.T) {
	c := startIn(t, clusterDir(t))
	var stat syscall.Stat_t
	if err := syscall.Stat(filepath.Join(c.dataDir(), "postmaster.pid"), &stat); err != nil {
		t.Fatal(err)
	}
	if stat.Uid == 0 {
		t.Error("the server runs as root")
	}
	info, err := os.Stat(c.sockets)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory has mode %v, want 0700", info.Mode().Perm())
	}
	if session := sessionOf(t, c.PID()); session == sessionOf(t, os.Getpid()) {
		t.Error("the server shares our session, so Ctrl-C would reach it")
	}
	wantQuery(t, c, "CREATE ROLE stranger LOGIN SUPERUSER", "")
	config, err := pgconn.ParseConfig(c.ConnString("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	config.User = "stranger"
	if conn, err := pgconn.ConnectConfig(t.Context(), config); err == nil {
		conn.Close(t.Context())
		t.Error("we were let in as a role that the map does not give us")
	}
}

func sessionOf(t *testing.T, pid int) int {
	t.Helper()
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	return int(session)
}

func TestARunningClusterHasNoGoroutines(t *testing.T) {
	before := goleak.IgnoreCurrent()
	startIn(t, clusterDir(t))
	goleak.VerifyNone(t, before)
}

func TestASecondOwnerIsRefused(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	_, err := Start(t.Context(), dir, Config{})
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("the error names neither directory nor owner: %v", err)
	}
	wantQuery(t, c, "SELECT 1", "1") // the first one is unharmed
}

func TestAKilledFirstStartLeavesNothingInTheWay(t *testing.T) {
	dir := clusterDir(t)
	half := filepath.Join(dir, "pg15.new-123")
	if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	startIn(t, dir)
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-made cluster is still there (%v)", err)
	}
}

func TestACancelledFirstStartStopsInitdb(t *testing.T) {
	dir := clusterDir(t)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond) // initdb takes several times as long
	defer cancel()
	_, err := Start(ctx, dir, Config{Unsafe: true})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want context.DeadlineExceeded", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "pg*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	guard, err := tryLock(filepath.Join(dir, "server.lock"), 0)
	if err != nil {
		t.Fatalf("a program still runs: %v", err)
	}
	guard.Close()
}

func TestAFailedStartShowsTheServersLog(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	stopNow(t, c)
	if err := os.Remove(filepath.Join(c.dataDir(), "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), dir, Config{Unsafe: true})
	if err == nil || !strings.Contains(err.Error(), "pg_control") {
		t.Errorf("the error does not show the server's own words: %v", err)
	}
	if strings.Contains(err.Error(), "ready to accept connections") {
		t.Errorf("the error shows lines of an earlier start: %v", err)
	}
}

func TestALongPathGetsAShortSocketThatGoesWithTheServer(t *testing.T) {
	tmp := clusterDir(t)
	if err := os.Chmod(tmp, 0o777|os.ModeSticky); err != nil { // as /tmp is
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	dir := filepath.Join(clusterDir(t), strings.Repeat("long", 25))
	c := startIn(t, dir)
	wantQuery(t, c, "SELECT 1", "1")
	if strings.HasPrefix(c.sockets, dir) {
		t.Fatalf("the socket is in %s", c.sockets)
	}
	stopNow(t, c)
	if _, err := os.Stat(c.sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left after Stop (%v)", c.sockets, err)
	}
	o := startOwner(t, dir, nil)
	socketDirs := func() int {
		found, _ := filepath.Glob(filepath.Join(tmp, "aidledger-*"))
		return len(found)
	}
	if n := socketDirs(); n != 1 {
		t.Fatalf("%d socket directories while the server runs, want 1", n)
	}
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, "no socket directory after a kill", func() bool { return socketDirs() == 0 })
}

func TestStrangePathsWork(t *testing.T) {
	for _, name := range []string{"资金 it's $HOME;#", `back\slash`, `a,"b`} {
		c := startIn(t, filepath.Join(clusterDir(t), name))
		wantQuery(t, c, "SELECT 1", "1")
		stopNow(t, c)
	}
}

func TestATemporaryClusterLeavesNothing(t *testing.T) {
	c, err := Temporary(t.Context(), cacheDir)
	if err != nil {
		t.Fatal(err)
	}
	wantQuery(t, c, "SHOW fsync", "off")
	stopNow(t, c)
	if _, err := os.Stat(c.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left (%v)", c.dir, err)
	}
	if alive(c.PID()) {
		t.Error("the postmaster is alive")
	}
}

func TestATemporaryClusterWhoseOwnerWasKilledEarlyIsSweptLater(t *testing.T) {
	base := clusterDir(t)
	make := func(name string) string {
		dir := filepath.Join(base, temporaryPrefix+name)
		if err := os.MkdirAll(filepath.Join(dir, "pg15.new-1"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead, living := make("1"), make("2")
	lock, err := own(filepath.Join(living, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	sweep(base)
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead one is left (%v)", err)
	}
	if _, err := os.Stat(living); err != nil {
		t.Errorf("the living one was removed: %v", err)
	}
}

func TestAClosedDirectoryOnTheWayIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		return // an ordinary user runs the server himself, so every directory he can use is open to it
	}
	closed := filepath.Join(clusterDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), filepath.Join(closed, "data"), Config{})
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Dir != closed {
		t.Fatalf("got %v, want an UnreachableError for %s", err, closed)
	}
	if !strings.Contains(err.Error(), "chmod o+x "+closed) {
		t.Errorf("the error does not say what to do: %v", err)
	}
}
