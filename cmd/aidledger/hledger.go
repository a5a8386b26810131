package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"aidledger/projections"

	"github.com/spf13/cobra"
)

func (c *command) exportHledger() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hledger",
		Short: "Print the journal of the ledger in the plain text of hledger",
		Long: "Print every movement of money as a transaction of hledger, which adds them up by itself, as in:\n" +
			"  hledger -f FILE balance --pivot project tag:stage=disbursed",
		Args: exactly(0),
	}
	bind(cmd, "client")
	output := cmd.Flags().StringP("output", "o", "-", "file to write; stdout if left out")
	inPast := past(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := url.Values{"limit": {"1000"}}
		inPast(q)
		if *output == "-" {
			return writeHledger(cmd.Context(), c.out, cl, ledger, q)
		}
		file, in := io.Pipe()
		go func() { in.CloseWithError(writeHledger(cmd.Context(), in, cl, ledger, q)) }()
		defer file.Close()
		return c.writeFile(*output, file)
	}
	return cmd
}

// writeHledger writes the journal of a ledger, page by page.
func writeHledger(ctx context.Context, w io.Writer, cl *client, ledger string, q url.Values) error {
	out := bufio.NewWriter(w)
	for {
		page, err := fetch[projections.Journal](ctx, cl, ledger+"/journal", q)
		if err != nil {
			return err
		}
		if !q.Has("after") {
			fmt.Fprintf(out, "; the ledger %s, up to position %s\ndecimal-mark .\n", page.Ledger, page.Position)
		}
		for _, m := range page.Movements {
			writeTransaction(out, m)
		}
		if page.Next == "" {
			return out.Flush()
		}
		q.Set("after", page.Next)
	}
}

// writeTransaction writes a movement from the account that it leaves to the one
// that it enters. The tags are what balances are asked by.
func writeTransaction(w io.Writer, m projections.Movement) {
	of := strings.Join([]string{"", string(m.Fund), orNone(string(m.Project), "unallocated"), orNone(string(m.Place), "not-assigned")}, ":")
	fmt.Fprintf(w, "\n%s (%s) %s  ; position:%s.%d, stage:%s, fund:%s, project:%s, village:%s, provider:%s, year:%d, budget-year:%d\n",
		m.Date.Last(), inertCode(m.Entry), m.EventType, m.Position, m.Leg, m.Stage, m.Fund, orNone(string(m.Project), "unallocated"),
		orNone(string(m.Place), "not-assigned"), m.Provider, m.Date.Year(), m.BudgetYear)
	fmt.Fprintf(w, "    %s%s  %s %s\n", m.ToAccount, of, m.Amount, m.Currency)
	fmt.Fprintf(w, "    %s%s\n", m.FromAccount, of)
}

func orNone(id, none string) string {
	if id == "" {
		return none
	}
	return id
}

// inertCode keeps the id of an entry from ending the code of a transaction.
func inertCode(id string) string {
	return strings.NewReplacer("(", "[", ")", "]", ";", ",").Replace(id)
}
