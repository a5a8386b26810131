package pgtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func connect(t testing.TB, connString string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), connString)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func wantCount(t testing.TB, conn *pgx.Conn, sql string, want int) {
	t.Helper()
	var got int
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil || got != want {
		t.Errorf("%s = %d, %v; want %d", sql, got, err, want)
	}
}

const tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"

func TestADatabaseIsFreshAndEmpty(t *testing.T) {
	connString := Database(t)
	t.Logf("connection string: %s", connString)
	conn := connect(t, connString)
	wantCount(t, conn, tables, 0)
	if _, err := conn.Exec(t.Context(), "CREATE TABLE fund (name text)"); err != nil {
		t.Fatal(err)
	}
	wantCount(t, conn, tables, 1)
	wantCount(t, connect(t, Database(t)), tables, 0) // another one does not see it
	wantCount(t, conn, "SELECT count(*) FROM pg_database WHERE datname = current_database() AND datcollate = 'C' AND encoding = 6", 1)
}

func TestADatabaseGoesAtTheEndOfItsTestEvenWhenItIsInUse(t *testing.T) {
	var name string
	t.Run("a test", func(t *testing.T) {
		connString := Database(t)
		config, err := pgconn.ParseConfig(connString)
		if err != nil {
			t.Fatal(err)
		}
		name = config.Database
		forgotten, err := pgx.ConnectConfig(t.Context(), connect(t, connString).Config())
		if err != nil {
			t.Fatal(err)
		}
		wantCount(t, forgotten, tables, 0)
	})
	wantCount(t, connect(t, Database(t)), "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'", 0)
}

func TestManyDatabasesAtOnce(t *testing.T) {
	for range 8 {
		t.Run("one", func(t *testing.T) {
			t.Parallel()
			wantCount(t, connect(t, Database(t)), tables, 0)
		})
	}
}

// another runs one test of this binary in a process of its own and returns what it printed.
func another(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestADatabaseIsFreshAndEmpty$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector would wait for a second at the end
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestADatabaseIsFreshAndEmpty") {
		t.Errorf("the other process failed: %v\n%s", err, out)
	}
	return string(out)
}

func TestProcessesAtTheSameTimeDoNotMeetAndLeaveNothing(t *testing.T) {
	socketDir := regexp.MustCompile(`host='([^']+)'`)
	var mu sync.Mutex
	dirs := map[string]bool{}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			found := socketDir.FindStringSubmatch(another(t, "AIDLEDGER_TEST_POSTGRES="))
			mu.Lock()
			defer mu.Unlock()
			if found != nil {
				dirs[found[1]] = true
			}
		})
	}
	wg.Wait()
	if len(dirs) != 3 {
		t.Errorf("clusters %v, want three", dirs)
	}
	limit, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for dir := range dirs {
		for {
			if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
				break
			}
			select {
			case <-limit.Done():
				t.Fatalf("%s is left after its process", dir)
			case <-time.After(time.Millisecond):
			}
		}
	}
}

func TestAServerThatIsGivenIsUsedAndLeftClean(t *testing.T) {
	cluster, err := localpg.Temporary(t.Context(), "")
	if err != nil {
		t.Fatal(explain(err))
	}
	defer cluster.Stop(context.Background())
	given := cluster.ConnString("postgres")
	config, err := pgconn.ParseConfig(given)
	if err != nil {
		t.Fatal(err)
	}
	asURL := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/postgres",
		RawQuery: url.Values{"host": {config.Host}, "port": {"5432"}}.Encode()}
	for _, connString := range []string{given, asURL.String()} {
		out := another(t, "AIDLEDGER_TEST_POSTGRES="+connString)
		if !strings.Contains(out, url.QueryEscape(config.Host)) && !strings.Contains(out, config.Host) {
			t.Errorf("another server was used:\n%s", out)
		}
	}
	wantCount(t, connect(t, given), "SELECT count(*) FROM pg_database WHERE datname LIKE 'aidledger_test_%'", 0)
}

func TestTheNameOfTheDatabaseIsReplacedInEitherForm(t *testing.T) {
	for _, given := range []string{
		"host=/run user=me dbname=mine",
		"host=/run user=me",
		"postgres://me:secret@/mine?host=/run",
		"postgresql://me@localhost:5433",
	} {
		config, err := pgconn.ParseConfig(withDatabase(given, "other"))
		if err != nil || config.Database != "other" || config.User != "me" {
			t.Errorf("withDatabase(%q) leads to %+v, %v", given, config, err)
		}
	}
}

func TestWithoutPostgreSQLATestSaysHowToGetIt(t *testing.T) {
	text := explain(&localpg.NotInstalledError{Install: "apt-get install -y postgresql"})
	if !strings.Contains(text, "    apt-get install -y postgresql && go test ./...\n") || !strings.Contains(text, "AIDLEDGER_TEST_POSTGRES") {
		t.Error(text)
	}
}

func BenchmarkDatabase(b *testing.B) {
	for b.Loop() {
		Database(b)
	}
}
