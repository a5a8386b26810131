package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"aidledger/cmd/internal/bench"

	"github.com/spf13/cobra"
)

func (c *command) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: the ledger against the raw limits of JetStream and PostgreSQL",
		Long: "Starts servers of its own in an empty directory, measures each case beside its raw limit in the same run,\n" +
			"prints a row per case and removes the directory. Ratios can be compared between machines, rates cannot.",
		Args: exactly(0),
	}
	duration := cmd.Flags().Duration("duration", 5*time.Second, "how long each case runs")
	events := cmd.Flags().Int("events", 1_000_000, "size of the log for replay, rebuild, verify and totals")
	parent := cmd.Flags().String("dir", os.TempDir(), "directory on the disk to measure")
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object per line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *duration <= 0 || *events < 10_000 {
			return usage(cmd, "--duration must be more than 0 and --events at least 10000")
		}
		dir, err := os.MkdirTemp(*parent, "aidledger-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL may run as another user
			return err
		}
		progress := c.newBar("measuring")
		defer progress.close()
		g := &grid{head: []string{"case", "clients", "rate", "p50", "p99", "ratio", "to", "goal", "", "note"},
			numeric: []bool{false, true, true, true, true, true}}
		err = bench.Run(cmd.Context(), bench.Config{Dir: dir, Duration: *duration, Events: *events,
			Progress: func(_ string, done, total uint64) { progress.update(done, total) }}, func(r bench.Row) {
			if *asJSON {
				_ = c.printJSON(r)
				return
			}
			fmt.Fprintf(c.notes, "%s, %d clients: %.0f %s/s\n", r.Name, r.Clients, r.Rate, r.Unit)
			g.add(benchCells(r)...)
		})
		progress.close()
		if !*asJSON {
			g.print(c.out)
		}
		return err
	}
	return cmd
}

func benchCells(r bench.Row) []string {
	took := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.Round(time.Microsecond).String()
	}
	ratio, reached := "", ""
	if r.Ratio != 0 {
		ratio = strconv.FormatFloat(r.Ratio, 'f', 2, 64)
	}
	if r.Goal != "" {
		reached = map[bool]string{true: "reached", false: "MISSED"}[r.Reached]
	}
	return []string{r.Name, strconv.Itoa(r.Clients), fmt.Sprintf("%.0f %s/s", r.Rate, r.Unit), took(r.P50), took(r.P99),
		ratio, r.Limit, r.Goal, reached, r.Note}
}
