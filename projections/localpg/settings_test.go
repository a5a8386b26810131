package localpg

import (
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// hostile is a value for every variable that pgx or PostgreSQL reads, each of which would break a connection.
var hostile = map[string]string{
	"PGHOST": "203.0.113.1", "PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "elsewhere", "PGPASSWORD": "secret",
	"PGPASSFILE": "/nonexistent", "PGSERVICE": "nowhere", "PGSERVICEFILE": "/nonexistent", "PGOPTIONS": "-c search_path=elsewhere",
	"PGAPPNAME": "other", "PGCONNECT_TIMEOUT": "soon", "PGSSLMODE": "verify-full", "PGSSLKEY": "/nonexistent",
	"PGSSLCERT": "/nonexistent", "PGSSLCERTMODE": "bad", "PGSSLSNI": "7", "PGSSLROOTCERT": "/nonexistent", "PGSSLPASSWORD": "x",
	"PGSSLNEGOTIATION": "direct", "PGTARGETSESSIONATTRS": "standby", "PGTZ": "Mars/Phobos", "PGMINPROTOCOLVERSION": "9.9",
	"PGMAXPROTOCOLVERSION": "1.0", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "md5", "PGDATA": "/nonexistent",
	"PGCLIENTENCODING": "LATIN1", "PGDATESTYLE": "German",
}

func TestTheUsersVariablesDoNotMatter(t *testing.T) {
	dir := clusterDir(t)
	stopNow(t, startIn(t, dir)) // so that the service file exists
	c := &Cluster{dir: dir, sockets: "/somewhere/run"}
	want, err := pgconn.ParseConfig(c.ConnString("db"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T) {
		t.Helper()
		got, err := pgconn.ParseConfig(c.ConnString("db"))
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got.RuntimeParams, want.RuntimeParams) {
			t.Errorf("runtime parameters %v, want %v", got.RuntimeParams, want.RuntimeParams)
		}
		if got.Host != "/somewhere/run" || got.Port != port || got.User != role || got.Database != "db" || got.TLSConfig != nil {
			t.Errorf("host %q port %d user %q database %q", got.Host, got.Port, got.User, got.Database)
		}
		if got.ConnectTimeout != want.ConnectTimeout || got.ValidateConnect != nil || got.RequireAuth != "" ||
			got.ChannelBinding != want.ChannelBinding || got.SSLNegotiation != want.SSLNegotiation ||
			got.MinProtocolVersion != want.MinProtocolVersion || got.MaxProtocolVersion != want.MaxProtocolVersion {
			t.Errorf("other settings differ: %+v", got)
		}
	}
	for name, value := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			check(t)
		})
	}
	t.Run("all at once, with a server", func(t *testing.T) {
		for name, value := range hostile {
			t.Setenv(name, value)
		}
		running := startIn(t, dir)
		wantQuery(t, running, "SHOW search_path", `"$user", public`)
		wantQuery(t, running, "SHOW TimeZone", "UTC")
		wantQuery(t, running, "SHOW DateStyle", "ISO, MDY")
		wantQuery(t, running, "SHOW client_encoding", "UTF8")
	})
}

func TestASocketFitsOnlyInAShortAndPlainPath(t *testing.T) {
	for _, test := range []struct {
		dir  string
		fits bool
	}{
		{"/var/lib/aidledger/postgres/run", true},
		{"/with space/it's", true},
		{"/" + strings.Repeat("x", 85), true},
		{"/" + strings.Repeat("x", 86), false},
		{"/a,b", false},
		{`/a"b`, false},
	} {
		if got := socketFits(test.dir); got != test.fits {
			t.Errorf("socketFits(%q) = %v, want %v", test.dir, got, test.fits)
		}
	}
}
