// Package localpg runs a private PostgreSQL cluster inside a data directory, so that the ledger works with no set-up.
//
// The cluster belongs to the process that started it. It has no TCP listener and no password: it listens on a unix
// socket in a directory that only its own user may enter, and recognises that user by the kernel's word (peer
// authentication). When the process ends, however it ends, the server ends too (see watchdog.sh).
//
// A directory given to Start belongs to this package and looks like this:
//
//	lock          held (flock) by the process that owns the cluster
//	server.lock   held by every process of the server, so that a later start knows when the last one is gone
//	pg15/         the data, one directory per major version of PostgreSQL
//	conf/         the configuration, written anew at each start
//	run/          the socket
//	postgres.log  what the server and initdb print
//
// A new major version gets a new, empty directory and the old one stays as it is: read models are replayed, not
// upgraded. As long as the version that wrote a directory is installed, it is preferred to a newer one.
//
// PostgreSQL refuses to run as root. When root starts a cluster, it runs as the user postgres, or as nobody where that
// user does not exist, and every directory above the data must be open to that user.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	startMax = 2 * time.Minute      // from the start of the server to its first answer; crash recovery is part of it
	leaveMax = 10 * time.Second     // for a former owner's server to finish its shutdown
	poll     = 2 * time.Millisecond // between two looks at another process
	port     = 5432                 // part of the socket's name only; nothing listens on the network
	role     = "aidledger"          // the superuser of the cluster
)

// Config changes how a cluster is started. The zero value is right for everything but tests.
type Config struct {
	// Bin is the directory with PostgreSQL's programs. Empty means: search the usual places.
	Bin string
	// Unsafe gives up durability for speed (no fsync). A power failure then destroys the cluster. For tests.
	Unsafe bool
	// Connections is how many there may be at once; 60 if zero.
	Connections int
	// Standbys is how many standbys may follow this cluster.
	Standbys int
	// Primary is the cluster that this one is a standby of: it begins as a copy of it and follows it. Nil: none.
	Primary *Cluster
}

// Cluster is a running PostgreSQL server with its data. Its methods may be called from several goroutines at once.
type Cluster struct {
	dir       string       // what Start was given, absolute
	temporary bool         // made by Temporary
	leftover  string       // directory to remove when the server stops, or empty
	cache     string       // directory of cached results of initdb, or empty
	config    Config       //
	installed installation // the programs that run it
	account   account      // the system user that runs it
	sockets   string       // directory of the socket
	created   bool         // this start made the data directory
	pid       int          // of the postmaster

	lock   *os.File // held for as long as the cluster is ours
	log    *os.File // the server's output
	logged int64    // size of the log before this start

	mu     sync.Mutex
	server *process // nil once stopped
}

// owned keeps every running cluster reachable. The garbage collector would otherwise close the pipe of a cluster that
// the caller forgot, and so stop a server at a random moment.
var owned sync.Map

// Start starts the cluster in dir, creating both on first use, and returns when the server answers queries. Starting
// again in the same directory finds the data of the last time, also after a crash or a kill.
//
// The context limits the start only. Start returns a *NotInstalledError when there is no PostgreSQL 15 or newer,
// ErrLocked when another process owns the directory, an *UnreachableError when root starts it below a directory that
// the server's user may not enter, and otherwise an error that ends with the last lines of the server's log.
func Start(ctx context.Context, dir string, config Config) (*Cluster, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("localpg: %w", err)
	}
	c := &Cluster{dir: dir, config: config}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	if c.installed, err = find(ctx, candidates(ctx, c.config.Bin), versionsIn(c.dir)); err != nil {
		return err
	}
	if err := makeAll(c.dir); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if c.lock, err = own(filepath.Join(c.dir, "lock")); err != nil {
		return err
	}
	if err := c.startLocked(ctx); err != nil {
		_ = c.clean()
		c.release()
		return err
	}
	owned.Store(c, nil)
	return nil
}

// startLocked does the part of a start that nobody else may do at the same time.
func (c *Cluster) startLocked(ctx context.Context) (err error) {
	if c.account, err = serverAccount(c.dataDir()); err != nil {
		return err
	}
	if err := c.account.reach(ctx, c.dir); err != nil {
		return err
	}
	if err := c.openLog(); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	guard, err := c.awaitFormer(ctx)
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := c.create(ctx, guard); err != nil {
		return err
	}
	if err := removeStalePID(c.dataDir()); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.makeSocketDir(); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.writeSettings(); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.run(ctx, guard); err != nil {
		// The context may be over already, and a server that failed must go all the same.
		_ = c.stop(context.WithoutCancel(ctx))
		return c.withLog(err)
	}
	return nil
}

// run starts the server and waits for its first answer.
func (c *Cluster) run(ctx context.Context, guard *os.File) (err error) {
	stopSignal := "INT" // fast shutdown: open transactions are rolled back, the rest is written out
	if c.temporary {
		stopSignal = "QUIT" // immediate shutdown: nobody will read this data again
		if err := c.giveAway(); err != nil {
			return err
		}
	}
	c.server, err = c.launch(guard, stopSignal, c.leftover,
		c.installed.program("postgres"), "-D", c.dataDir(), "-c", "config_file="+c.confFile("postgresql.conf"))
	if err != nil {
		return err
	}
	guard.Close() // the server holds the lock through its own copy of the descriptor
	if err := c.awaitAnswer(ctx); err != nil {
		return err
	}
	c.pid, err = postmasterPID(c.dataDir())
	return err
}

// awaitAnswer returns when the server accepts a connection. It tries again only while the server is starting up or has
// not opened its socket yet; any other failure would not go away by waiting.
func (c *Cluster) awaitAnswer(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		conn, err := pgconn.Connect(ctx, c.ConnString("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if c.server.exited() {
			return errors.New("PostgreSQL ended while it was starting")
		}
		if !startingUp(err) {
			return fmt.Errorf("PostgreSQL runs but refuses us: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w (last attempt: %w)", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// startingUp reports whether a failed connection means that the server needs more time.
func startingUp(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code == "57P03" // cannot_connect_now
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// awaitFormer takes the lock that every process of a former server holds, which means waiting for the last of them.
// After a kill of the former owner, its server needs a moment to shut down.
func (c *Cluster) awaitFormer(ctx context.Context) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, leaveMax)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		guard, err := tryLock(filepath.Join(c.dir, "server.lock"), os.O_CREATE)
		if !errors.Is(err, ErrLocked) {
			return guard, err
		}
		select {
		case <-ctx.Done():
			return nil, c.formerStays()
		case <-tick.C:
		}
	}
}

// formerStays tells what to do about a former server whose owner and watchdog are both gone. It is not ended from here:
// its process id is known from a file only, and the number may belong to somebody else by now.
func (c *Cluster) formerStays() error {
	pid, err := postmasterPID(c.dataDir())
	if err != nil {
		return fmt.Errorf("localpg: a program of an earlier start still runs in %s, see it with: fuser %s/server.lock", c.dir, c.dir)
	}
	return fmt.Errorf("localpg: PostgreSQL of an earlier start still runs in %s as process %d, stop it with: kill -INT %d", c.dir, pid, pid)
}

// Stop ends the server with a fast shutdown and returns when no process of it is left. Open connections are broken,
// committed data is kept. When the context ends first, the server is ended at once (the next start then recovers from
// its write-ahead log) and Stop returns an error that says so. Stopping a second time does nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	err := c.stop(ctx)
	c.release()
	owned.Delete(c)
	return err
}

func (c *Cluster) stop(ctx context.Context) error {
	if c.server == nil {
		return nil
	}
	err := c.server.stop(ctx)
	c.server = nil
	guard, gone := c.awaitFormer(context.WithoutCancel(ctx))
	switch {
	case gone == nil:
		gone = guard.Close()
	case errors.Is(gone, fs.ErrNotExist): // the watchdog has removed a temporary cluster
		gone = nil
	}
	return errors.Join(err, gone, c.clean())
}

// clean removes what must not outlive the server. The watchdog does the same when the process dies.
func (c *Cluster) clean() error {
	if c.leftover == "" {
		return nil
	}
	return os.RemoveAll(c.leftover)
}

// release lets go of the directory. The kernel does the same when the process dies.
func (c *Cluster) release() {
	if c.log != nil {
		c.log.Close()
	}
	c.lock.Close()
}

// Version returns the version of the server, such as "15.18".
func (c *Cluster) Version() string { return c.installed.version }

// PID returns the process id of the server's first process, the postmaster. It is meant for tests of failure.
func (c *Cluster) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// Created reports whether this start made a new and empty cluster, so that a replay has everything to do.
func (c *Cluster) Created() bool { return c.created }

// CreateDatabase makes an empty database with this name. A database that exists already is left as it is.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgconn.Connect(ctx, c.ConnString("postgres"))
	if err != nil {
		return fmt.Errorf("localpg: create database %q: %w", name, err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+quoteIdentifier(name)).ReadAll()
	var answer *pgconn.PgError
	if errors.As(err, &answer) && answer.Code == "42P04" { // duplicate_database
		return nil
	}
	if err != nil {
		return fmt.Errorf("localpg: create database %q: %w", name, err)
	}
	return nil
}

// dataDir is the directory that PostgreSQL itself calls the data directory.
func (c *Cluster) dataDir() string {
	return filepath.Join(c.dir, "pg"+strconv.Itoa(c.installed.major))
}

// removeStalePID removes a postmaster.pid whose number belongs to another program by now, as happens after the restart
// of a container, or to a zombie. PostgreSQL would take it for a living server and refuse to start. Every other case it
// judges well itself, also that of a server which a person started here by hand. Where there is no /proc, the numbers
// of processes do not start again at 1 and the case is too rare to matter.
func removeStalePID(dataDir string) error {
	pid, err := postmasterPID(dataDir)
	if err != nil {
		return nil // there is none
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	program, _, _ := strings.Cut(string(command), "\x00")
	if filepath.Base(program) == "postgres" {
		return nil
	}
	return os.Remove(filepath.Join(dataDir, "postmaster.pid"))
}

// postmasterPID reads the process id that the server wrote into its data directory.
func postmasterPID(dataDir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}
