package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/web"

	"github.com/spf13/cobra"
)

func (c *command) verify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare the log with its archive, its tree and what was signed, and every row of the read models and every message to subscribers with a replay",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	kept := cmd.Flags().StringArray("checkpoint", nil, "file with a checkpoint that was kept elsewhere; may be given again")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var notes []byte
		for _, name := range *kept {
			note, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if len(bytes.TrimSpace(note)) == 0 {
				return fmt.Errorf("%s is empty and holds no checkpoint", name)
			}
			notes = append(notes, note...)
		}
		r, err := long[web.Verification](c, cmd, "/v1/verify", "verifying", notes...)
		if err != nil {
			return err
		}
		if *asJSON {
			err = c.printJSON(r)
		} else {
			c.printVerification(r)
		}
		if err == nil && !r.Clean {
			return errDiffers
		}
		return err
	}
	return cmd
}

func (c *command) printVerification(v web.Verification) {
	c.printAudit(v.Copies)
	if !v.Copies.Clean() {
		return
	}
	fmt.Fprintf(c.out, "replayed %d events up to position %s\nlast hash %s\n\n", v.Events, v.Position, v.Hash)
	g := &grid{head: []string{"table", "rows", "differences", "first keys"}, numeric: []bool{false, true, true, false}}
	for _, t := range v.Tables {
		g.add(t.Table, strconv.FormatUint(t.Rows, 10), strconv.FormatUint(t.Differences, 10), strings.Join(t.Keys, "; "))
	}
	g.print(c.out)
	for _, file := range v.DamagedFiles {
		fmt.Fprintf(c.out, "the file of the attachment %s is lost or was changed\n", file)
	}
	if f := v.Feed; f != nil && f.Clean() {
		fmt.Fprintf(c.out, "%s: %d messages, each as the log says; %d events are not sent yet\n", f.Stream, f.Messages, f.Lag)
	} else if f != nil {
		fmt.Fprintf(c.out, "%s: message %d: %s\naidledger rebuild --events makes it anew\n", f.Stream, f.Message, f.Difference)
	}
	if v.Clean {
		fmt.Fprintln(c.out, "every row is what the log says")
	}
}

// printAudit says first what is wrong first.
func (c *command) printAudit(a notary.Audit) {
	for _, f := range a.Findings {
		right := "neither copy is known to be right"
		if f.Right != "" {
			right = "the " + f.Right + " is right there"
		}
		if f.In != notary.InLog && f.In != notary.InArchive {
			right = "the blocks are right"
		}
		fmt.Fprintf(c.out, "position %s of the %s: %s; %s\n", f.Position, f.In, f.Reason, right)
	}
	if len(a.Findings) > 0 {
		fmt.Fprintln(c.out, "aidledger repair makes a new copy from the one that is right; the server has to be stopped for it")
		return
	}
	fmt.Fprintf(c.out, "the log and its archive are the same up to block %d: %d entries, as they were signed in %d checkpoints\n",
		min(a.LogEnd, a.ArchiveEnd), a.Entries, a.Checkpoints)
}
