package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/projections/roles"

	"github.com/spf13/cobra"
)

// setup prepares servers of an organisation: users with the least that they need.
func (c *command) setup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Prepare PostgreSQL and NATS servers: users with the least that they need",
		Args:  cobra.ArbitraryArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return usage(cmd, "say what to prepare: postgres or nats") },
	}
	cmd.AddCommand(c.setupPostgres(), c.setupNATS())
	return cmd
}

// The variables with which setup finds PostgreSQL, and the passwords of its users.
const setupPostgresURL = "AIDLEDGER_SETUP_POSTGRES_URL"

var rolePasswords = map[string]string{
	roles.Projector: "AIDLEDGER_PROJECTOR_PASSWORD",
	roles.API:       "AIDLEDGER_API_PASSWORD",
	roles.Vault:     "AIDLEDGER_VAULT_PASSWORD",
	roles.BI:        "AIDLEDGER_BI_PASSWORD",
}

func (c *command) setupPostgres() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "postgres",
		Short: "Make the users of the database and give each what it needs; again after an update",
		Long: `Make the users of the database that ` + setupPostgresURL + ` names, whose user must be able to make others.
Passwords come from AIDLEDGER_PROJECTOR_PASSWORD, AIDLEDGER_API_PASSWORD, AIDLEDGER_VAULT_PASSWORD and
AIDLEDGER_BI_PASSWORD; those that are not set are made and printed, as lines for an .env file.`,
		Args: exactly(0),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		admin := os.Getenv(setupPostgresURL)
		if admin == "" {
			return usage(cmd, "%s is not set; write postgres://ADMIN:PASSWORD@HOST/DATABASE", setupPostgresURL)
		}
		passwords, made := map[string]string{}, []string{}
		for _, name := range roles.Names() {
			variable := rolePasswords[name]
			if passwords[name] = os.Getenv(variable); passwords[name] == "" {
				var random [24]byte
				rand.Read(random[:]) // never fails
				passwords[name] = hex.EncodeToString(random[:])
				made = append(made, variable+"="+passwords[name])
			}
		}
		if err := roles.Create(cmd.Context(), admin, passwords); err != nil {
			return err
		}
		for _, line := range made {
			fmt.Fprintln(c.out, line)
		}
		fmt.Fprintf(c.notes, "%s are ready\n", strings.Join(roles.Names(), ", "))
		return nil
	}
	return cmd
}

func (c *command) setupNATS() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nats",
		Short: "Print the permissions of the server's user, or of a subscriber, for the configuration of a NATS server",
		Args:  exactly(0),
	}
	stream := cmd.Flags().String("stream", eventstore.DefaultStream, "name of the JetStream stream")
	places := cmd.Flags().String("places", "", "name of the stream in which regions record where each ledger is")
	subscriber := cmd.Flags().String("subscriber", "", "print the accounts with which this user may read events, and nothing else")
	filter := cmd.Flags().String("events", "events.>", "subjects that the subscriber may read, as in events.haidian-chicheng.>")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *subscriber != "" {
			c.printSubscriber(feed.Subscriber{Name: *subscriber, Log: *stream, Filter: *filter})
			return nil
		}
		publish, subscribe := eventstore.Permissions(*stream, *places)
		fmt.Fprintf(c.out, "permissions {\n  publish { allow: [\n    %s\n  ] }\n  subscribe { allow: [%s] }\n}\n", quoted(publish, "\n    "), quoted(subscribe, ", "))
		return nil
	}
	return cmd
}

// printSubscriber prints lines of the configuration of NATS. Passwords are for
// who writes the configuration.
func (c *command) printSubscriber(s feed.Subscriber) {
	indented := func(lines string) string { return strings.ReplaceAll(lines, "\n", "\n      ") }
	fmt.Fprintf(c.out, `accounts {
  # The user of the server of aidledger belongs here, with its permissions.
  LEDGER {
    jetstream: enabled
    exports: [
      %s
    ]
  }
  %s {
    users: [{ user: %q, password: $SUBSCRIBER_PASSWORD }]
    imports: [
      %s
    ]
  }
}
# Once, as the user of the server, so that NATS remembers how far the subscriber is:
# nats consumer add %s %s --filter '%s' --pull --deliver all --ack explicit --defaults
`, indented(s.Exports()), strings.ToUpper(s.Name), s.Name, indented(s.Imports("LEDGER")), eventstore.EventStream(s.Log), s.Name, s.Filter)
}

func quoted(subjects []string, between string) string {
	all := make([]string, len(subjects))
	for i, s := range subjects {
		all[i] = `"` + s + `"`
	}
	return strings.Join(all, between)
}
