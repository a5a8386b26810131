package main

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"

	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) sample() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Draw entries for an audit, so that anybody can draw them again",
		Long: "Draw entries for an audit, so that anybody can draw them again: the same seed and the same point of the log give the\n" +
			"same sample, and a larger one begins with the smaller one. docs/proofs.md describes the draw.",
		Args: func(cmd *cobra.Command, args []string) error { return usage(cmd, "say draw, extend, show or list") },
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(c.sampleDraw(), c.sampleExtend(), c.sampleShow(), c.sampleList())
	return cmd
}

func (c *command) sampleDraw() *cobra.Command {
	cmd, _ := c.shortcut("draw-sample")
	cmd.Use = "draw"
	record := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		usual := map[string]string{"sample": newSampleID(), "seed": newSeed(), "stage": "disbursed", "method": "monetary-unit"}
		for name, v := range usual {
			if cmd.Flag(name).Changed {
				continue
			}
			if err := cmd.Flags().Set(name, v); err != nil {
				return err
			}
		}
		if err := record(cmd, args); err != nil {
			return err
		}
		return c.showSample(cmd, cmd.Flag("sample").Value.String(), false)
	}
	return cmd
}

// newSeed is for who has no dice at hand.
func newSeed() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	if err != nil {
		panic(err) // the system's random numbers never fail
	}
	return fmt.Sprintf("%020d", n)
}

func newSampleID() string {
	var random [4]byte
	rand.Read(random[:]) // never fails
	return "sample-" + hex.EncodeToString(random[:])
}

func (c *command) sampleExtend() *cobra.Command {
	cmd := &cobra.Command{Use: "extend ID --size N", Short: "Draw more of a sample: the larger one begins with the smaller one", Args: exactly(1)}
	bind(cmd, "client")
	size := cmd.Flags().Int("size", 0, "how many draws the larger sample has")
	id := cmd.Flags().String("sample", "", "id of the larger sample; a new one if left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		smaller, err := inquire[projections.SampleAgain](cmd, "/samples/"+url.PathEscape(args[0]), nil)
		if err != nil {
			return err
		}
		text, err := json.Marshal(smaller.SampleScope)
		if err != nil {
			return err
		}
		fields := map[string]any{}
		if err := json.Unmarshal(text, &fields); err != nil {
			return err
		}
		for name, v := range fields {
			if v == "" {
				delete(fields, name)
			}
		}
		if *id == "" {
			*id = newSampleID()
		}
		fields["sample"], fields["size"], fields["extends"] = *id, *size, args[0]
		if err := c.record(cmd, "draw-sample", fields, doOptions{wait: true}); err != nil {
			return err
		}
		return c.showSample(cmd, *id, false)
	}
	return cmd
}

func (c *command) sampleShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Draw a sample once more, and compare it with what was drawn", Args: exactly(1)}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return c.showSample(cmd, args[0], *asJSON) }
	return cmd
}

// showSample shows a sample. One that does not come out again is a difference.
func (c *command) showSample(cmd *cobra.Command, id string, asJSON bool) error {
	s, err := inquire[projections.SampleAgain](cmd, "/samples/"+url.PathEscape(id), nil)
	if err != nil {
		return err
	}
	again := "yes"
	if !s.Repeated {
		again, err = "NO: another sample came out; run aidledger verify", errDiffers
	}
	if asJSON {
		return cmp.Or(c.printJSON(s), err)
	}
	fmt.Fprintf(c.out, "\nsample      %s\nmethod      %s, seed %s\npopulation  %d entries of the stage %s, %s together, up to position %s\nrepeated    %s\n\n",
		s.Sample.Sample, s.Method, s.Seed, s.Population, s.Stage, s.Total, s.Position, again)
	g := &grid{head: []string{"", "entry", "amount", "units drawn"}, numeric: []bool{0: true, 2: true, 3: true}}
	for i, item := range s.Items {
		hits := ""
		if item.Hits > 0 {
			hits = fmt.Sprint(item.Hits)
		}
		g.add(fmt.Sprint(i+1), item.Entry, item.Amount.String(), hits)
	}
	g.print(c.out)
	return err
}

func (c *command) sampleList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the samples", Args: exactly(0)}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		list, err := inquireAll[projections.Sample](cmd, "/samples", url.Values{})
		if err != nil {
			return err
		}
		g := &grid{head: []string{"sample", "method", "stage", "size", "population", "position", "extends", "by whom"}, numeric: []bool{3: true, 4: true, 7: false}}
		for _, s := range list {
			g.add(string(s.Sample), s.Method, s.Stage, fmt.Sprint(s.Size), fmt.Sprint(s.Population), s.Position.String(), string(s.Extends), s.Actor)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}
