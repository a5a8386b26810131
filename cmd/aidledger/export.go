package main

import (
	"net/url"
	"strings"

	"aidledger/cmd/internal/exchange"

	"github.com/spf13/cobra"
)

func (c *command) export() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export VIEW",
		Short: "Take a view or the history of a ledger out as a file",
		Long: "Take a view out as CSV, .xlsx, JSON lines or Parquet: " + strings.Join(exchange.Exports(), ", ") + ".\n" +
			"commands is the history as JSON lines that import brings into another ledger.",
		Args: exactly(1),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	format := f.String("format", "", "csv, xlsx, json-lines or parquet; csv if left out, and json-lines for commands")
	output := f.StringP("output", "o", "-", "file to write; stdout if left out")
	reason := f.String("reason", "", "what it is for; it is recorded")
	inPast := past(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *format == "" && args[0] != "commands" {
			*format = exchange.FormatCSV
		}
		q := url.Values{}
		set(q, "format", *format)
		set(q, "reason", *reason)
		inPast(q)
		return c.download(cmd, args[0], q, *output)
	}
	cmd.AddCommand(c.exportEvidence(), c.exportHledger(), c.exportPublication(exchange.Activities, "the activities of a ledger"),
		c.exportPublication(exchange.OrganisationsFile, "the budgets of who publishes"))
	return cmd
}

// download writes an export of the ledger into a file.
func (c *command) download(cmd *cobra.Command, name string, q url.Values, output string) error {
	cl, ledger, err := ledgerClient(cmd)
	if err != nil {
		return err
	}
	answer, err := cl.send(cmd.Context(), request{method: "GET", path: ledger + "/exports/" + url.PathEscape(name), query: q})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return c.writeFile(output, answer.Body)
}
