package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aidledger/eventstore"

	"github.com/spf13/cobra"
)

// moveLedger moves a ledger to another region while the servers of both run.
func (c *command) moveLedger() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "move-ledger LEDGER --to REGION --nats-url URL --places STREAM",
		Short: "Move a ledger to another region, while the servers of both go on",
		Long: "Close a ledger in the region that has it, copy it, and open it in another one. The servers of both go on, and\n" +
			"commands wait for a moment in between. Where the move was interrupted, the same command finishes it. The NATS\n" +
			"user needs the permissions of both regions.",
		Args: exactly(1),
	}
	for _, s := range settings {
		if slices.Contains([]string{"nats-url", "nats-user", "places"}, s.flag) {
			cmd.Flags().String(s.flag, s.usual, s.doc+" ("+s.env+")")
		}
	}
	to := cmd.Flags().String("to", "", "region that adopts the ledger: the --stream of its servers")
	by := cmd.Flags().String("by", "operator", "who moves it, as it is recorded")
	note := cmd.Flags().String("note", "", "why, as it is recorded")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		o := serveOptions{natsURL: value(cmd, "AIDLEDGER_NATS_URL"), natsUser: value(cmd, "AIDLEDGER_NATS_USER"),
			natsPW: value(cmd, "AIDLEDGER_NATS_PASSWORD"), places: value(cmd, "AIDLEDGER_PLACES")}
		if o.natsURL == "" || o.places == "" || *to == "" {
			return usage(cmd, "move-ledger needs --to, --nats-url and --places")
		}
		if err := checkNames(cmd, map[string]string{"to": *to, "places": o.places}); err != nil {
			return err
		}
		s := &server{command: c, serveOptions: o, versions: map[string]string{}}
		s.log = slog.New(slog.NewTextHandler(c.notes, &slog.HandlerOptions{Level: slog.LevelWarn}))
		defer func() { err = errors.Join(err, s.stop()) }()
		conn, err := s.connectNATS()
		if err != nil {
			return err
		}
		places, err := eventstore.OpenPlaces(cmd.Context(), conn, o.places, "", 1)
		if err != nil {
			return err
		}
		over, err := eventstore.MoveLedger(cmd.Context(), eventstore.Config{Conn: conn, Now: time.Now, Log: s.log}, places,
			eventstore.Move{Ledger: args[0], To: *to, Actor: *by, Note: *note, Before: func(step string) error {
				fmt.Fprintln(c.notes, step)
				return nil
			}})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s was moved from %s to %s: %d blocks and %d files, the last one at position %s there\n", over.Ledger, over.From, over.To,
			over.Blocks, over.Files, over.Position)
		fmt.Fprintf(c.out, "%s goes on after the block %s, from position %s\n", over.To, over.Head, over.Receipt.Position)
		return nil
	}
	return cmd
}
