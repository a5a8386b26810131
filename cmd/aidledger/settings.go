package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
)

// setting is one thing that can be set with a flag or a variable of the
// environment. A secret has no flag: other users of the machine can read the
// command lines of running programs.
type setting struct {
	flag  string // empty: only the variable
	env   string
	usual string
	doc   string
	of    string // "serve", "client" or "both"
}

// settings lists all of them.
var settings = []setting{
	{"data", "AIDLEDGER_DATA", "", "directory of the ledger's data", "both"},
	{"", "AIDLEDGER_TOKEN", "", "token that clients present; serve makes one if there is none", "both"},

	{"", "AIDLEDGER_VAULT_KEY", "", "master key that wraps the keys of people, 64 hexadecimal digits; the one of the data directory if there is none", "serve"},
	{"listen", "AIDLEDGER_LISTEN", "127.0.0.1:8080", "address to listen on; port 0 picks one", "serve"},
	{"nats-listen", "AIDLEDGER_NATS_LISTEN", "", "address at which the NATS server inside lets other systems read events; nobody from outside if left out", "serve"},
	{"nats-url", "AIDLEDGER_NATS_URL", "", "NATS servers to use instead of the one inside", "serve"},
	{"nats-user", "AIDLEDGER_NATS_USER", "", "user at the NATS servers", "serve"},
	{"", "AIDLEDGER_NATS_PASSWORD", "", "password at the NATS servers", "serve"},
	{"public-url", "AIDLEDGER_PUBLIC_URL", "", "address by which browsers reach the server, as in https://ledger.example; that of --listen if left out", "serve"},
	{"trusted-proxies", "AIDLEDGER_TRUSTED_PROXIES", "", "proxies whose X-Forwarded-For is believed, as in 10.0.0.1,192.0.2.0/24; nobody's if left out", "serve"},
	{"public-pages", "AIDLEDGER_PUBLIC_PAGES", "on", "totals, projects and notices for everybody, without signing in: on or off", "serve"},
	{"postgres-url", "AIDLEDGER_POSTGRES_URL", "", "connection string of a PostgreSQL database to use instead of a private one", "serve"},
	{"read-url", "AIDLEDGER_READ_URL", "", "connection string of a standby of that database, which answers queries", "serve"},
	{"oidc-issuer", "AIDLEDGER_OIDC_ISSUER", "", "address of an identity provider (OpenID Connect) whose accounts may be linked to people", "serve"},
	{"oidc-client", "AIDLEDGER_OIDC_CLIENT_ID", "", "what this server is called there", "serve"},
	{"", "AIDLEDGER_OIDC_CLIENT_SECRET", "", "its secret there", "serve"},
	{"", "AIDLEDGER_PEOPLE_URL", "", "connection string for the tables of people, where they have a user of their own", "serve"},
	{"", "AIDLEDGER_VAULT_URL", "", "connection string for the keys of personal data, where they have a user of their own", "serve"},
	{"replicas", "AIDLEDGER_REPLICAS", "1", "copies of the log in a NATS cluster: 1, 3 or 5", "serve"},
	{"check-every", "AIDLEDGER_CHECK_EVERY", "24h", "how often all checks run over all ledgers; 0: only when they are asked for", "serve"},
	{"origin", "AIDLEDGER_ORIGIN", "", "name of this server in what it signs, as in ledger.example.org; made up at the first start if left out", "serve"},
	{"stream", "AIDLEDGER_STREAM", "AIDLEDGER", "name of the JetStream stream", "serve"},
	{"places", "AIDLEDGER_PLACES", "", "name of the stream in which several regions, each with a --stream of its own, record where each ledger is", "serve"},

	{"url", "AIDLEDGER_URL", "", "address of the server; found in the data directory if left out", "client"},
	{"ledger", "AIDLEDGER_LEDGER", "", "name of the ledger; the only one if left out", "client"},
	{"lang", "AIDLEDGER_LANG", "", "language of tables, zh or en; that of the locale if left out", "client"},
}

// bind gives a verb the flags of the settings that concern it.
func bind(cmd *cobra.Command, of string) {
	for _, s := range settings {
		if s.flag != "" && (s.of == of || s.of == "both") {
			cmd.PersistentFlags().String(s.flag, s.usual, s.doc+" ("+s.env+")")
		}
	}
}

// value returns what a setting is set to: by its flag, else by its variable,
// else what is usual. The name is that of the variable.
func value(cmd *cobra.Command, env string) string {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.env == env })
	s := settings[i]
	if f := cmd.Flag(s.flag); f != nil && f.Changed {
		return f.Value.String()
	}
	if v := os.Getenv(env); v != "" {
		return v
	}
	if s.flag == "data" {
		return usualDataDir()
	}
	return s.usual
}

// usualDataDir is where the data is if nobody says: where the system keeps the
// state of programs.
func usualDataDir() string {
	home, _ := os.UserHomeDir()
	switch state := os.Getenv("XDG_STATE_HOME"); {
	case os.Geteuid() == 0:
		return "/var/lib/aidledger" // PostgreSQL runs as another user, who cannot enter root's home
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "aidledger")
	case filepath.IsAbs(state):
		return filepath.Join(state, "aidledger")
	}
	return filepath.Join(home, ".local", "state", "aidledger")
}
