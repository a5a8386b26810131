package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// totalParts are the names by which --total picks a number.
var totalParts = []string{"stage", "fund", "project", "village", "provider", "year", "budget-year"}

func (c *command) why() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why",
		Short: "List the events behind one number, with its value after each",
		Long:  "List the events behind one number, with its value after each, as in:\n  aidledger why --total \"village=v07 year=2019 stage=disbursed\"",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	total := f.String("total", "", "the number: stage=… and any of fund, project, village, provider, year, budget-year")
	inPast := past(cmd)
	asJSON := f.Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		for _, part := range strings.Fields(*total) {
			name, v, ok := strings.Cut(part, "=")
			if !ok || !slices.Contains(totalParts, name) {
				return usage(cmd, "%q is no part of a total; use %s, each with = and a value", part, strings.Join(totalParts, ", "))
			}
			set(q, strings.ReplaceAll(name, "-", "_"), v)
		}
		if q.Get("stage") == "" {
			return usage(cmd, "--total needs a stage, as in: --total \"year=2019 stage=disbursed\"")
		}
		inPast(q)
		why, err := inquire[projections.Why](cmd, "/why", q)
		for page := why; err == nil && page.Next != ""; why.Steps = append(why.Steps, page.Steps...) {
			q.Set("after", page.Next)
			q.Set("as_of", why.Position.String()) // of the same number
			page, err = inquire[projections.Why](cmd, "/why", q)
		}
		if err != nil {
			return err
		}
		why.Next = ""
		if *asJSON {
			return c.printJSON(why)
		}
		g := &grid{head: []string{"position", "recorded", "date", "entry", "actor", "amount", "", "then"}, numeric: []bool{5: true, 6: false, 7: true}}
		for _, s := range why.Steps {
			g.add(s.Position.String(), s.Recorded.Format("2006-01-02"), s.Date.String(), s.Entry, s.Actor,
				web.Grouped(&s.Amount, s.Currency, s.Approximate, ""), string(s.Currency), web.Grouped(&s.Running, s.Currency, false, ""))
		}
		g.print(c.out)
		if len(why.Steps) == 0 {
			fmt.Fprintln(c.out, "nothing was recorded: it is not reported, and that is not zero")
		}
		return nil
	}
	return cmd
}

// inquire asks a question about the ledger that the settings name.
func inquire[T any](cmd *cobra.Command, path string, q url.Values) (v T, err error) {
	cl, err := newClient(cmd)
	if err != nil {
		return v, err
	}
	ledger, err := cl.ledger(cmd.Context())
	if err != nil {
		return v, err
	}
	return fetch[T](cmd.Context(), cl, ledger+path, q)
}

// inquireAll asks for all pages of a list.
func inquireAll[T any](cmd *cobra.Command, path string, q url.Values) (all []T, err error) {
	q.Set("limit", "1000")
	for {
		page, err := inquire[projections.List[T]](cmd, path, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Rows...)
		if page.Next == "" {
			return all, nil
		}
		q.Set("after", page.Next)
	}
}

func (c *command) diff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show which totals changed between two points, and the events between",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	from := f.String("from", "", "a position (12.3) or a time (2018-12-31T23:59:59+08:00)")
	to := f.String("to", "", "the same; now if left out")
	by := f.String("by", "year", "year, budget-year, project, village, provider or fund")
	until := f.String("effective-until", "", "what happened up to this date")
	asJSON := f.Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *from == "" {
			return usage(cmd, "diff needs --from")
		}
		q := url.Values{"from": {*from}, "by": {*by}}
		set(q, "to", *to)
		set(q, "effective_until", *until)
		d, err := inquire[projections.Diff](cmd, "/diff", q)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.printJSON(d)
		}
		c.printDiff(d)
		return nil
	}
	return cmd
}

func (c *command) printDiff(d projections.Diff) {
	fmt.Fprintf(c.out, "from position %s to %s\n\n", d.From.Position, d.To.Position)
	g := &grid{head: []string{d.By, "stage", "currency", "from", "to"}, numeric: []bool{false, false, false, true, true}}
	for _, ch := range d.Changes {
		key := ch.Key
		if ch.Line != "" {
			key = "(" + ch.Line + ")"
		}
		g.add(key, ch.Stage, string(ch.Currency), web.Grouped(ch.From, ch.Currency, false, "not reported"), web.Grouped(ch.To, ch.Currency, false, "not reported"))
	}
	g.print(c.out)
	fmt.Fprintln(c.out)
	g = &grid{head: []string{"position", "recorded", "date", "stage", "fund", "project", "place", "amount", "", "entry", "actor"}, numeric: []bool{7: true, 8: false, 10: false}}
	for _, m := range d.Movements {
		g.add(m.Position.String(), m.Recorded.Format("2006-01-02"), m.Date.String(), m.Stage, string(m.Fund), string(m.Project), string(m.Place),
			web.Grouped(&m.Amount, m.Currency, m.Approximate, ""), string(m.Currency), m.Entry, m.Actor)
	}
	g.print(c.out)
}
