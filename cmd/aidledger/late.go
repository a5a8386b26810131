package main

import (
	"fmt"
	"net/url"
	"strconv"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

func (c *command) late() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "late",
		Short: "List what was recorded long after its date, or into a closed year",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	days := cmd.Flags().Int("days", 0, "more than so many days after its date; the threshold of the ledger if left out")
	closed := cmd.Flags().Bool("closed-period", false, "only what was recorded into a closed year")
	inPast := past(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{"limit": {"1000"}, "closed_period": {strconv.FormatBool(*closed)}}
		if *days != 0 {
			q.Set("late_days", strconv.Itoa(*days))
		}
		inPast(q)
		g := &grid{head: []string{"position", "date", "recorded", "days", "stage", "fund", "project", "amount", "", "actor", "closed year", "allowed by", "reason"},
			numeric: []bool{3: true, 7: true, 12: false}}
		for {
			page, err := inquire[projections.LatePostings](cmd, "/late-postings", q)
			if err != nil {
				return err
			}
			for _, m := range page.Rows {
				year := ""
				if m.ClosedYear > 0 {
					year = strconv.Itoa(m.ClosedYear)
				}
				g.add(m.Position.String(), m.Date.String(), m.Recorded.Format("2006-01-02"), strconv.Itoa(m.DaysLate), m.Stage, string(m.Fund), string(m.Project),
					web.Grouped(&m.Amount, m.Currency, m.Approximate, ""), string(m.Currency), m.Actor, year, m.AllowedBy, m.Reason)
			}
			if q.Set("after", page.Next); page.Next == "" {
				fmt.Fprintf(c.notes, "late is what was recorded more than %d days after its date\n", page.Days)
				break
			}
		}
		g.print(c.out)
		return nil
	}
	return cmd
}

func (c *command) approvals() *cobra.Command {
	cmd := &cobra.Command{Use: "approvals", Short: "List who approved or rejected what", Args: exactly(0)}
	bind(cmd, "client")
	person := cmd.Flags().String("person", "", "only what this person approved")
	thing := cmd.Flags().String("thing", "", "only this request, project, entry or finding")
	inPast := past(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		set(q, "person", *person)
		set(q, "thing", *thing)
		inPast(q)
		list, err := inquireAll[projections.Approval](cmd, "/approvals", q)
		if err != nil {
			return err
		}
		g := &grid{head: []string{"recorded", "what", "thing", "person", "role", "content or reason", "entry"}}
		for _, a := range list {
			g.add(a.Recorded.Format("2006-01-02 15:04"), a.What, a.Thing, a.Person, a.Role, a.Content, a.Entry)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}
