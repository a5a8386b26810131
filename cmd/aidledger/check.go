package main

import (
	"fmt"
	"net/http"

	"aidledger/cmd/internal/checks"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) check() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look for what is odd in a ledger, and raise it as findings",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		answer, err := cl.send(cmd.Context(), request{method: "POST", path: ledger + "/checks", header: http.Header{}})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var out checks.Outcome
		if err := json.UnmarshalRead(answer.Body, &out); err != nil {
			return err
		}
		if *asJSON {
			return c.printJSON(out)
		}
		g := &grid{head: []string{"check", "about", "severity", "what"}, numeric: make([]bool, 4)}
		for _, s := range out.Found {
			g.add(s.Check, string(s.About), s.Severity, s.Text)
		}
		g.print(c.out)
		fmt.Fprintf(c.out, "%d findings were raised and %d closed\n", out.Raised, out.Closed)
		return nil
	}
	return cmd
}
