package main

import (
	"net/url"
	"path/filepath"
	"strconv"

	"aidledger/projections"

	"github.com/spf13/cobra"
)

// statement compares the ledger with what banks booked.
func (c *command) statement() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "statement",
		Short: "Import bank statements and match their lines with receipts and payments",
		Long: "Say once how the statements of an account are read, import them, and confirm which entries moved the money:\n" +
			"  aidledger do define-statement-format --help\n" +
			"  aidledger statement import --format FORMAT statement.xlsx\n" +
			"  aidledger statement matches\n" +
			"  aidledger do match-statement-line --line LINE --entry ENTRY\n" +
			"  aidledger statement open",
	}
	cmd.AddCommand(c.statementImport(), c.statementMatches(), c.statementOpen())
	return cmd
}

func (c *command) statementImport() *cobra.Command {
	cmd := &cobra.Command{Use: "import FILE", Short: "Import the statement of an account (CSV or .xlsx)", Args: exactly(1)}
	bind(cmd, "client")
	f := cmd.Flags()
	format := f.String("format", "", "how it is read, as define-statement-format said; required")
	sheet := f.String("sheet", "", "sheet of a workbook; the first one if left out")
	skip := f.Bool("skip-bad", false, "record the other rows where some are at fault")
	dry := f.Bool("dry-run", false, "show what would happen, and record nothing")
	asJSON := f.Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *format == "" {
			return usage(cmd, "name the format of the statement with --format")
		}
		q := url.Values{"statement": {*format}, "file": {filepath.Base(args[0])}, "wait": {"true"},
			"skip_bad": {strconv.FormatBool(*skip)}, "dry_run": {strconv.FormatBool(*dry)}}
		set(q, "sheet", *sheet)
		return c.sendFile(cmd, args[0], q, *asJSON)
	}
	return cmd
}

func (c *command) statementMatches() *cobra.Command {
	cmd := &cobra.Command{Use: "matches", Short: "Propose entries for the open lines; a person confirms them", Args: exactly(0)}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		found, err := fetch[projections.StatementMatches](cmd.Context(), cl, ledger+"/statement-lines/proposals", nil)
		if err != nil {
			return err
		}
		g := &grid{head: []string{"line", "booked", "open", "entry", "date", "amount", "currency", "voucher", "by"}, numeric: []bool{false, false, true, false, false, true}}
		for _, m := range found.Rows {
			g.add(string(m.Line), m.Booked.String(), m.Open, m.Entry, m.Date.String(), m.Amount, string(m.Currency), m.Voucher, m.By)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}

func (c *command) statementOpen() *cobra.Command {
	cmd := &cobra.Command{Use: "open", Short: "List what is in the statements or in the ledger and not in the other", Args: exactly(0)}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		d, err := fetch[projections.StatementDifferences](cmd.Context(), cl, ledger+"/statement-lines/differences", nil)
		if err != nil {
			return err
		}
		g := &grid{head: []string{"only in", "id", "date", "amount", "currency", "reference"}, numeric: []bool{false, false, false, true}}
		for _, l := range d.Lines {
			g.add("statement", string(l.Line), l.Date.String(), l.Open, string(l.Currency), l.Reference)
		}
		for _, e := range d.Entries {
			g.add("ledger", e.Entry, e.Date.String(), e.Amount, string(e.Currency), e.Voucher)
		}
		for _, e := range d.Reversed {
			g.add("reversed", e.Entry, e.Date.String(), e.Amount, string(e.Currency), string(e.Line))
		}
		g.print(c.out)
		return nil
	}
	return cmd
}
