package localpg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hold starts a cluster, a temporary one if the directory is called so, tells its parent the number of the postmaster, who
// runs it and where, and waits for the end of its input.
func hold(dir string) {
	cache := os.Getenv("AIDLEDGER_LOCALPG_CACHE")
	c := &Cluster{dir: dir, config: Config{Unsafe: true}, cache: cache}
	var err error
	if dir == "temporary" {
		c, err = Temporary(context.Background(), cache)
	} else {
		err = c.start(context.Background())
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	if _, err := query(context.Background(), c, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer"); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(c.PID(), c.account.name, c.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// owner is a process of its own that holds a cluster.
type owner struct {
	cmd        *exec.Cmd
	stdin      io.Closer
	postmaster int
	user       string
	dir        string
}

// startOwner runs this test binary as the owner of the cluster in dir, as another user if attributes say so.
func startOwner(t *testing.T, dir string, attributes *syscall.SysProcAttr) *owner {
	t.Helper()
	cmd := exec.Command(reachableBinary(t, attributes))
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), holdEnv+"="+dir, "HOME=/nonexistent")
	if attributes == nil {
		cmd.Env = append(cmd.Env, "AIDLEDGER_LOCALPG_CACHE="+cacheDir)
	}
	cmd.SysProcAttr = attributes
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &owner{cmd: cmd, stdin: stdin}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the owner said nothing: %v %s", err, &stderr)
	}
	if _, err := fmt.Sscanf(line, "%d %s %s", &o.postmaster, &o.user, &o.dir); err != nil {
		rest, _ := io.ReadAll(stdout)
		t.Fatalf("the owner said %q", line+string(rest))
	}
	return o
}

// reachableBinary is this test binary, or a copy that other users can run: go test builds below a closed directory.
func reachableBinary(t *testing.T, attributes *syscall.SysProcAttr) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if attributes == nil {
		return path
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "aidledger-test-") // a file system in memory may refuse to run programs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "localpg.test")
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheServerGoesWhenItsOwnerIsKilledAndTheNextStartFindsTheData(t *testing.T) {
	dir := clusterDir(t)
	o := startOwner(t, dir, nil)
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.cmd.Process.Wait(); err != nil { // a process that is being killed has its lock until it has ended
		t.Fatal(err)
	}
	again := startIn(t, dir) // at once: the old server may still be shutting down
	if alive(o.postmaster) {
		t.Errorf("the old postmaster %d is alive", o.postmaster)
	}
	wantQuery(t, again, "SELECT answer FROM kept", "42")
}

func TestTheServerGoesWithinTwoSecondsWhenItsOwnerIsKilled(t *testing.T) {
	dir := clusterDir(t)
	o := startOwner(t, dir, nil)
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, "no server after its owner was killed", func() bool { return !alive(o.postmaster) })
	if _, err := os.Stat(filepath.Join(dir, "pg"+majorOf(t, dir), "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the shutdown was not a clean one: postmaster.pid is left (%v)", err)
	}
}

func majorOf(t *testing.T, dir string) string {
	t.Helper()
	majors := versionsIn(dir)
	if len(majors) != 1 {
		t.Fatalf("versions %v in %s, want one", majors, dir)
	}
	return strconv.Itoa(majors[0])
}

func TestAStartAfterTheWholeServerWasKilledRecovers(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	wantQuery(t, c, "CREATE TABLE kept AS SELECT 42 AS answer", "")
	if err := syscall.Kill(-c.server.pid, syscall.SIGKILL); err != nil { // watchdog and postmaster
		t.Fatal(err)
	}
	stopNow(t, c)
	if _, err := os.Stat(filepath.Join(c.dataDir(), "postmaster.pid")); err != nil {
		t.Fatalf("this test wants a stale postmaster.pid: %v", err)
	}
	again := startIn(t, dir)
	wantQuery(t, again, "SELECT answer FROM kept", "42")
}

func TestAServerThatWasKilledIsRevived(t *testing.T) {
	for name, dir := range map[string]string{
		"its socket in the directory": clusterDir(t),
		"its socket elsewhere":        filepath.Join(clusterDir(t), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			c := startIn(t, dir)
			wantQuery(t, c, "CREATE TABLE kept AS SELECT 42 AS answer", "")
			before := c.ConnString("postgres")
			if revived, err := c.Revive(t.Context()); revived || err != nil {
				t.Fatalf("a running server was revived: %t, %v", revived, err)
			}
			if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			within(t, startMax, "it is revived", func() bool {
				revived, err := c.Revive(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return revived
			})
			wantQuery(t, c, "SELECT answer FROM kept", "42")
			if after := c.ConnString("postgres"); after != before {
				t.Errorf("the connection string was %s and is %s", before, after)
			}
			if err := c.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			if revived, err := c.Revive(t.Context()); revived || err != nil {
				t.Errorf("a stopped server was revived: %t, %v", revived, err)
			}
		})
	}
}

func TestAStaleProcessNumberThatIsInUseAgainDoesNotMatter(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	stopNow(t, c)
	stranger := exec.Command("cat") // runs as the server's user, as in a container where numbers come back
	stranger.SysProcAttr = c.account.attributes()
	stdin, err := stranger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		_ = stranger.Wait()
	}()
	stale := filepath.Join(c.dataDir(), "postmaster.pid")
	if err := os.WriteFile(stale, fmt.Appendln(nil, stranger.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.account.give(stale); err != nil {
		t.Fatal(err)
	}
	wantQuery(t, startIn(t, dir), "SELECT 1", "1")
}

func TestAServerThatAPersonStartedByHandIsLeftAlone(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	stopNow(t, c)
	byHand := exec.Command(c.installed.program("postgres"), "-D", c.dataDir(), "-c", "config_file="+c.confFile("postgresql.conf"))
	byHand.Dir = "/"
	byHand.SysProcAttr = c.account.attributes()
	if err := byHand.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = byHand.Process.Signal(syscall.SIGQUIT)
		_ = byHand.Wait()
	}()
	within(t, 10*time.Second, "an answer of the server by hand", func() bool {
		_, err := query(t.Context(), c, "SELECT 1")
		return err == nil
	})
	_, err := Start(t.Context(), dir, Config{Unsafe: true})
	if err == nil || !strings.Contains(err.Error(), `lock file "postmaster.pid" already exists`) {
		t.Errorf("got %v, want PostgreSQL's word about the other server", err)
	}
	if pid, err := postmasterPID(c.dataDir()); err != nil || pid != byHand.Process.Pid {
		t.Errorf("postmaster.pid names %d, %v; want %d", pid, err, byHand.Process.Pid)
	}
}

func TestStopEndsTheServerEvenWithoutItsWatchdog(t *testing.T) {
	c := startIn(t, clusterDir(t))
	if err := syscall.Kill(c.server.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stopNow(t, c)
	if alive(c.PID()) {
		t.Error("the postmaster is alive")
	}
}

func TestStopWithAnEndedContextEndsTheServerAtOnce(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Stop(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want one that wraps context.Canceled", err)
	}
	if alive(c.PID()) {
		t.Error("the postmaster is alive")
	}
	wantQuery(t, startIn(t, dir), "SELECT 1", "1")
}

func TestAServerOfAnEarlierStartThatStaysIsNamed(t *testing.T) {
	dir := clusterDir(t)
	c := startIn(t, dir)
	stopNow(t, c)
	guard, err := tryLock(filepath.Join(dir, "server.lock"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	if err := os.WriteFile(filepath.Join(c.dataDir(), "postmaster.pid"), []byte("4194305\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = Start(ctx, dir, Config{Unsafe: true})
	if err == nil || !strings.Contains(err.Error(), "kill -INT 4194305") {
		t.Errorf("got %v, want advice about process 4194305", err)
	}
}

func TestATemporaryClusterGoesWithItsKilledOwner(t *testing.T) {
	o := startOwner(t, "temporary", nil)
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, "no directory after a kill", func() bool {
		_, err := os.Stat(o.dir)
		return errors.Is(err, os.ErrNotExist)
	})
	if alive(o.postmaster) {
		t.Error("the postmaster is alive")
	}
}

func TestAnOrdinaryUserRunsTheServerHimself(t *testing.T) {
	dir := clusterDir(t)
	want, err := serverAccount(dir)
	if err != nil {
		t.Fatal(err)
	}
	var attributes *syscall.SysProcAttr
	if os.Geteuid() == 0 { // become somebody else; otherwise we are such a user already
		attributes = want.attributes()
		if err := os.Chown(dir, int(want.uid), int(want.gid)); err != nil {
			t.Fatal(err)
		}
	}
	o := startOwner(t, dir, attributes)
	if o.user != want.name {
		t.Errorf("the server runs as %s, want %s", o.user, want.name)
	}
	o.stdin.Close()
	if err := o.cmd.Wait(); err != nil {
		t.Errorf("the owner could not stop: %v", err)
	}
	if alive(o.postmaster) {
		t.Error("the postmaster is alive")
	}
	wantQuery(t, startIn(t, dir), "SELECT answer FROM kept", "42") // root takes over what belongs to that user
}
