package main

import (
	"fmt"
	"math/rand/v2"

	"aidledger/cmd/internal/chaos"

	"github.com/spf13/cobra"
)

func (c *command) chaos() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "Break things on purpose and show that nothing is lost or counted twice",
		Long: "Starts servers of its own, kills them, cuts their connections, damages their files, fills their disks, and prints\n" +
			"what was counted. Where it can, it takes the protection away as well, and must then find the violation.",
		Args: exactly(0),
	}
	list := cmd.Flags().Bool("list", false, "list the scenarios")
	only := cmd.Flags().String("only", "", "name of the one scenario to run")
	seed := cmd.Flags().Uint64("seed", 0, "seed of the faults and their timing; 0: another one each time")
	scale := cmd.Flags().String("scale", "quick", "quick: seconds each; full: the long form")
	dir := cmd.Flags().String("dir", "", "directory on the disk to use")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *scale != "quick" && *scale != "full" {
			return usage(cmd, "--scale is %q; use quick or full", *scale)
		}
		if *seed == 0 && !*list {
			*seed = rand.Uint64()
			fmt.Fprintf(c.notes, "the seed is %d\n", *seed)
		}
		return chaos.Main(cmd.Context(), chaos.Options{List: *list, Only: *only, Seed: *seed, Full: *scale == "full", Dir: *dir, Out: c.out})
	}
	return cmd
}
