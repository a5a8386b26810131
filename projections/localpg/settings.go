package localpg

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// socketPathMax is the longest path of a socket, in bytes, that every system takes: Linux ends at 107, macOS at 103.
const socketPathMax = 100

// socketFits reports whether a socket can live in dir and be named in a connection string, where commas part several
// servers and quotes have a meaning in PostgreSQL's own list of directories.
func socketFits(dir string) bool {
	return len(fmt.Sprintf("%s/.s.PGSQL.%d", dir, port)) <= socketPathMax && !strings.ContainsAny(dir, ",\"\n")
}

// makeSocketDir makes the directory of the socket, anew at each start: what a killed server left there would only be in
// the way. It lies in the data directory, or in a short temporary one when that path is too long for a socket.
func (c *Cluster) makeSocketDir() error {
	c.sockets = filepath.Join(c.dir, "run")
	if socketFits(c.sockets) {
		if err := os.RemoveAll(c.sockets); err != nil {
			return err
		}
		if err := os.Mkdir(c.sockets, 0o700); err != nil {
			return err
		}
		return c.account.give(c.sockets)
	}
	base := os.TempDir()
	if !socketFits(filepath.Join(base, "aidledger-0123456789")) {
		base = "/tmp"
	}
	short, err := os.MkdirTemp(base, "aidledger-")
	if err != nil {
		return err
	}
	c.sockets, c.leftover = short, short
	return c.account.give(short)
}

func (c *Cluster) confFile(name string) string { return filepath.Join(c.dir, "conf", name) }

// writeSettings writes the whole configuration. It lies outside of the data directory, so that what initdb
// wrote there has no say.
func (c *Cluster) writeSettings() error {
	if err := os.MkdirAll(c.confFile(""), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(c.confFile(""), 0o755); err != nil { // whatever the umask is
		return err
	}
	for name, text := range map[string]string{
		"postgresql.conf": c.settings(),
		"pg_hba.conf":     "local all all peer map=owner\nlocal replication all peer map=owner\n",
		"pg_ident.conf": fmt.Sprintf("owner %s %s\nowner %s %s\n",
			quoteIdentifier(c.account.owner), role, quoteIdentifier(c.account.name), role),
		"pg_service.conf": fmt.Sprintf("[%s]\nhost=%s\nport=%d\nuser=%s\n", role, c.sockets, port, role),
	} {
		if err := os.WriteFile(c.confFile(name), []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Chmod(c.confFile(name), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// settings is the text of postgresql.conf.
func (c *Cluster) settings() string {
	var b strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `'`, `''`)
	set := func(name string, value any) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, quote.Replace(fmt.Sprint(value)))
	}
	set("cluster_name", role)
	set("listen_addresses", "") // no TCP
	set("port", port)
	set("unix_socket_directories", c.sockets)
	set("unix_socket_permissions", "0700")
	set("hba_file", c.confFile("pg_hba.conf"))
	set("ident_file", c.confFile("pg_ident.conf"))
	set("timezone", "UTC")
	set("log_timezone", "UTC")
	set("lc_messages", "C") // the log is read by people who help from afar

	// One machine, one application: the log of the ledger is the backup of the read models.
	set("max_connections", cmp.Or(c.config.Connections, 60))
	set("shared_buffers", "128MB")
	standbys, level := c.config.Standbys, "minimal"
	if c.config.Primary != nil {
		standbys = c.config.Primary.config.Standbys // a standby may not have less of anything
	}
	if standbys > 0 {
		level = "replica"
		set("wal_writer_delay", "10ms") // a standby gets what was committed without a sync only after this
	}
	set("wal_level", level)
	set("max_wal_senders", 2*standbys) // a copy that begins takes two
	set("max_logical_replication_workers", 0)
	set("jit", "off") // our queries are short; compiling them costs more than it saves

	// The log tells what went wrong, not whom it was about: statements and details carry names and amounts, and the
	// client gets them with the error anyway.
	set("logging_collector", "off")
	set("log_line_prefix", "%m [%p] ")
	set("log_checkpoints", "off")
	set("log_min_error_statement", "panic")
	set("log_error_verbosity", "terse")

	if c.config.Unsafe {
		set("fsync", "off")
		set("full_page_writes", "off")
	}
	if c.temporary {
		set("dynamic_shared_memory_type", "mmap") // files that go with the directory, even after a kill of the server
	}
	return b.String()
}

// ConnString returns the connection string of a database in the cluster, for pgx and pgxpool. It works as long as the
// cluster runs and only for the system user that started it.
//
// pgx takes everything that a connection string does not name from the user's PG* variables and from files in his home,
// so this one names it all. PGSERVICE alone cannot be unset by a string; it is overruled by a service of our own. The
// service file works for psql too: PGSERVICEFILE=<dir>/conf/pg_service.conf psql "service=aidledger dbname=<database>".
func (c *Cluster) ConnString(database string) string {
	var b strings.Builder
	for _, pair := range [][2]string{
		{"host", c.sockets},
		{"port", fmt.Sprint(port)},
		{"user", role},
		{"dbname", database},
		{"service", role},
		{"servicefile", c.confFile("pg_service.conf")},
		{"password", ""},
		{"passfile", ""},
		{"sslmode", "disable"},
		{"sslnegotiation", "postgres"},
		{"sslcertmode", "allow"},
		{"options", ""},
		{"application_name", role},
		{"timezone", "UTC"},
		{"connect_timeout", "10"},
		{"target_session_attrs", "any"},
		{"channel_binding", "prefer"},
		{"require_auth", ""},
		{"min_protocol_version", "3.0"},
		{"max_protocol_version", "3.0"},
	} {
		fmt.Fprintf(&b, "%s='%s' ", pair[0], strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(pair[1]))
	}
	return strings.TrimSuffix(b.String(), " ")
}

// quoteIdentifier quotes a name for SQL and for pg_ident.conf, which agree on how.
func quoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
