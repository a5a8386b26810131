package main

import (
	"fmt"
	"strconv"
	"strings"

	"aidledger/projections"

	"github.com/spf13/cobra"
)

func (c *command) verify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Replay the log, check its hash chain and compare every row of the read models",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := long[projections.Report](c, cmd, "/v1/verify", "verifying")
		if err != nil {
			return err
		}
		if *asJSON {
			err = c.printJSON(r)
		} else {
			c.printReport(r)
		}
		if err == nil && !r.Clean {
			return errDiffers
		}
		return err
	}
	return cmd
}

func (c *command) printReport(r projections.Report) {
	fmt.Fprintf(c.out, "replayed %d events up to position %s\nlast hash %s\n\n", r.Events, r.Position, r.Hash)
	g := &grid{head: []string{"table", "rows", "differences", "first keys"}, numeric: []bool{false, true, true, false}}
	for _, t := range r.Tables {
		g.add(t.Table, strconv.FormatUint(t.Rows, 10), strconv.FormatUint(t.Differences, 10), strings.Join(t.Keys, "; "))
	}
	g.print(c.out)
	for _, file := range r.DamagedFiles {
		fmt.Fprintf(c.out, "the file of the attachment %s is lost or was changed\n", file)
	}
	if r.Clean {
		fmt.Fprintln(c.out, "every row is what the log says")
	}
}
