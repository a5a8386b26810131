package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"aidledger/cmd/internal/web"

	"github.com/spf13/cobra"
)

func (c *command) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the log's end, how far each read model is, durability and versions",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		s, err := fetch[web.Status](cmd.Context(), cl, "/v1/status", nil)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.printJSON(s)
		}
		c.printStatus(cl.url, s)
		return nil
	}
	return cmd
}

func (c *command) printStatus(url string, s web.Status) {
	fmt.Fprintf(c.out, "server      %s\n", url)
	fmt.Fprintf(c.out, "log         %s ends at block %d\n", s.Stream, s.LogEnd)
	fmt.Fprintf(c.out, "durability  %s\n", s.Durability)
	fmt.Fprintf(c.out, "ledgers     %s\n", strings.Join(s.Ledgers, ", "))
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		fmt.Fprintf(c.out, "%-11s %s\n", name, s.Versions[name])
	}
	for _, p := range s.Signing.Checkpoints {
		fmt.Fprintf(c.out, "checkpoint  %s: %d entries, %s; %s\n", p.Ledger, p.Size, p.SignedAt.UTC().Format(time.RFC3339), p.Standing)
	}
	if s.Signing.Failed != "" {
		fmt.Fprintf(c.out, "NOTHING IS SIGNED: %s\n", s.Signing.Failed)
	}
	fmt.Fprintf(c.out, "\nread models, generation %d\n", s.Generation)
	g := &grid{head: []string{"projection", "block", "lag", "updated", "state"}, numeric: []bool{false, true, true, false, false}}
	for _, p := range s.Projections {
		state := "running"
		if p.Halted != nil {
			state = p.Halted.Error()
		}
		g.add(p.Name, strconv.FormatUint(p.Block, 10), strconv.FormatUint(p.Lag, 10), p.UpdatedAt.UTC().Format(time.RFC3339), state)
	}
	state := "sent to " + s.Events.Subjects
	if s.Events.Problem != "" {
		state = s.Events.Problem
	}
	g.add("events", strconv.FormatUint(s.Events.Block, 10), strconv.FormatUint(s.Events.Lag, 10), s.Events.UpdatedAt.Format(time.RFC3339), state)
	g.print(c.out)
}
