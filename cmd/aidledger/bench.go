package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
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
	growth := cmd.Flags().Bool("growth", false, "measure instead how waiting times grow with the history")
	sizes := cmd.Flags().IntSlice("sizes", []int{10_000, 100_000, 1_000_000}, "events of the logs that --growth measures")
	funds := cmd.Flags().IntSlice("funds", []int{50, 500, 5_000}, "funds of the programmes that --growth measures")
	beneficiaries := cmd.Flags().IntSlice("beneficiaries", []int{1_000, 10_000, 100_000}, "people who are helped in the programmes that --growth measures")
	clients := cmd.Flags().IntSlice("clients", []int{1, 4, 16, 64, 256}, "clients at a time that --growth measures")
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object per line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *duration <= 0 || *events < benchEventsMin || *growth && slices.Min(append(*sizes, *events)) < benchEventsMin {
			return usage(cmd, "--duration must be more than 0, --events and --sizes at least 10000")
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
		config := bench.Config{Dir: dir, Duration: *duration, Events: *events,
			Progress: func(_ string, done, total uint64) { progress.update(done, total) }}
		if *growth {
			return c.benchGrowth(cmd.Context(), config, bench.Sizes{Events: *sizes, Funds: *funds, Beneficiaries: *beneficiaries, Clients: *clients}, *asJSON)
		}
		g := &grid{head: []string{"case", "clients", "rate", "p50", "p99", "ratio", "to", "goal", "", "note"},
			numeric: []bool{false, true, true, true, true, true}}
		var unsaid error
		err = bench.Run(cmd.Context(), config, func(r bench.Row) {
			if *asJSON {
				unsaid = errors.Join(unsaid, c.printJSON(r))
				return
			}
			fmt.Fprintf(c.notes, "%s, %d clients: %.0f %s/s\n", r.Name, r.Clients, r.Rate, r.Unit)
			g.add(benchCells(r)...)
		})
		progress.close()
		if !*asJSON {
			g.print(c.out)
		}
		return errors.Join(err, unsaid)
	}
	return cmd
}

// benchEventsMin is the smallest log that holds the programme that is measured.
const benchEventsMin = 10_000

// benchGrowth prints a row for each measure, with its value at each size.
func (c *command) benchGrowth(ctx context.Context, config bench.Config, sizes bench.Sizes, asJSON bool) error {
	g := &grid{head: []string{"measure", "with", "", "at each size", "exponent", "goal", ""}, numeric: []bool{false, false, false, false, true}}
	var unsaid error
	err := bench.Grow(ctx, config, sizes, func(r bench.Growth) {
		if asJSON {
			unsaid = errors.Join(unsaid, c.printJSON(r))
			return
		}
		g.add(growthCells(r)...)
	})
	if !asJSON {
		g.print(c.out)
	}
	return errors.Join(err, unsaid)
}

func growthCells(r bench.Growth) []string {
	var values []string
	for i, v := range r.Values {
		values = append(values, fmt.Sprintf("%d: %s", r.Sizes[i], strconv.FormatFloat(v, 'g', 3, 64)))
	}
	goal, reached := "", ""
	if r.Most != 0 {
		goal = "≤ " + strconv.FormatFloat(r.Most, 'f', 2, 64)
		reached = map[bool]string{true: "reached", false: "MISSED"}[r.Reached]
	}
	return []string{r.Name, r.With, r.Unit, strings.Join(values, ", "), strconv.FormatFloat(r.Exponent, 'f', 2, 64), goal, reached}
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
	return []string{r.Name, strconv.Itoa(r.Clients), fmt.Sprintf("%.0f %s/s", r.Rate, r.Unit), took(time.Duration(r.P50)), took(time.Duration(r.P99)),
		ratio, r.Limit, r.Goal, reached, r.Note}
}
