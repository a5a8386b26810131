// Package pgtest gives a test a PostgreSQL database of its own.
//
// All tests of one process share one private cluster, which is started by the first of them and disappears with the
// process. There is nothing to stop and nothing to clean up, and test processes that run at the same time do not meet.
// Set AIDLEDGER_TEST_POSTGRES to the connection string of a user who may create databases to use that server instead.
//
// A test fails where PostgreSQL is missing. It is never skipped: a green run means that the SQL was run.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	startMax     = time.Minute      // to start the cluster
	statementMax = 30 * time.Second // to create or drop a database
)

// server is where the databases of this process are made.
type server struct {
	connString func(database string) string
	admin      string // connection string of the database from which others are made
	options    string // of CREATE DATABASE
}

// shared is the one server of this process.
var shared = sync.OnceValues(start)

// Database returns the connection string of a new and empty database, which is dropped at the end of the test. It is
// encoded in UTF-8 and sorts by code point. Tests may run in parallel.
func Database(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(explain(err))
	}
	name := "aidledger_test_" + strings.ToLower(rand.Text())
	if err := server.exec("CREATE DATABASE " + name + " TEMPLATE template0 " + server.options); err != nil {
		t.Fatalf("pgtest: create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := server.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the test's database: %v", err)
		}
	})
	return server.connString(name)
}

// Dir returns a new directory that a private cluster can live in, and removes it at the end of the test. It differs from
// t.TempDir in that it can be entered by the user who runs PostgreSQL when the test runs as root, and in that it lies in
// memory where there is room: a process that is killed loses nothing there either, and tests of a power failure are
// those of package chaos, on a disk.
func Dir(t testing.TB) string {
	t.Helper()
	base, err := localpg.TemporaryBase(t.Context())
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	dir, err := os.MkdirTemp(base, "aidledger-test-")
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return dir
}

// start finds or makes the server of this process.
func start() (*server, error) {
	if given := os.Getenv("AIDLEDGER_TEST_POSTGRES"); given != "" {
		return &server{
			connString: func(database string) string { return withDatabase(given, database) },
			admin:      given,
			// As in a private cluster, whatever the defaults of this server are.
			options: "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'",
		}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startMax)
	defer cancel()
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "aidledger", "pgtest")
	}
	cluster, err := localpg.Temporary(ctx, cache)
	if err != nil {
		return nil, err
	}
	return &server{
		connString: cluster.ConnString,
		admin:      cluster.ConnString("postgres"),
		// Copying files is twice as fast as copying through the write-ahead log when nothing has to be durable.
		options: "STRATEGY file_copy",
	}, nil
}

// exec runs one statement in a connection of its own.
func (s *server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementMax)
	defer cancel()
	conn, err := pgconn.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql).ReadAll()
	return err
}

// withDatabase names another database in a connection string of either form.
func withDatabase(connString, database string) string {
	if u, err := url.Parse(connString); err == nil && strings.HasPrefix(u.Scheme, "postgres") {
		u.Path = "/" + database
		return u.String()
	}
	return fmt.Sprintf("%s dbname=%s", connString, database) // the last one counts
}

// explain says what to do when there is no server for the tests.
func explain(err error) string {
	text := "pgtest: " + err.Error()
	var missing *localpg.NotInstalledError
	if errors.As(err, &missing) {
		text = fmt.Sprintf("pgtest: these tests need PostgreSQL. Install it and test again:\n\n    %s && go test ./...\n\n"+
			"or set AIDLEDGER_TEST_POSTGRES to the connection string of a server.\n(%v)", missing.Install, err)
	}
	return text
}

// As returns a connection string of a database that gives the rights of another user. A private cluster lets nobody in
// but its owner, so the owner takes the user's place.
func As(database, user string) string {
	if u, err := url.Parse(database); err == nil && strings.HasPrefix(u.Scheme, "postgres") {
		q := u.Query()
		q.Set("options", "-c role="+user)
		u.RawQuery = q.Encode()
		return u.String()
	}
	return database + " options='-c role=" + user + "'"
}
