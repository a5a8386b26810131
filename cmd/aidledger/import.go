package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/exchange"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// errNotImported says that rows were at fault, which were printed.
var errNotImported = errors.New("nothing was recorded")

func (c *command) importFile() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import a file: a table (CSV or .xlsx), IATI activities or JSON lines of commands",
		Long: "Import a file. All of its rows are tried first, and where one is at fault nothing is recorded, unless --skip-bad\n" +
			"is given. The same file again records nothing twice, and an import that broke off goes on where it was.\n" +
			"With --ledger, a name that no ledger has opens a new one.",
		Args: exactly(1),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	q := url.Values{}
	name := f.String("command", "", "command of rows that name none, such as receive-funds")
	sheet := f.String("sheet", "", "sheet of a workbook; the first one if left out")
	unit := f.String("unit", "", "unit of the amounts in a table: 元, 万元 or 亿元")
	system := f.String("system", "", "publisher of transactions that name none")
	title := f.String("title", "", "title of a new ledger; the name of the file if left out")
	skip := f.Bool("skip-bad", false, "record the other rows where some are at fault")
	dry := f.Bool("dry-run", false, "show what would happen, and record nothing")
	asJSON := f.Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		set(q, "command", *name)
		set(q, "sheet", *sheet)
		set(q, "unit", *unit)
		set(q, "system", *system)
		set(q, "title", *title)
		q.Set("file", filepath.Base(args[0]))
		q.Set("skip_bad", strconv.FormatBool(*skip))
		q.Set("dry_run", strconv.FormatBool(*dry))
		q.Set("wait", "true")
		return c.sendFile(cmd, args[0], q, *asJSON)
	}
	cmd.AddCommand(c.importUndo(), c.importList())
	return cmd
}

// openFile opens what somebody names to be sent.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a directory; name a file", name)
	}
	return os.Open(name)
}

// sendFile imports a file and prints the report.
func (c *command) sendFile(cmd *cobra.Command, file string, q url.Values, asJSON bool) error {
	in, err := openFile(file)
	if err != nil {
		return err
	}
	defer in.Close()
	cl, err := newClient(cmd)
	if err != nil {
		return err
	}
	q.Set("open_ledger", strconv.FormatBool(cl.named != ""))
	ledger, err := cl.ledger(cmd.Context())
	if err != nil {
		return err
	}
	r, err := longer[exchange.Report](c, cmd, cl, request{method: "POST", path: ledger + "/imports", query: q,
		header: http.Header{"Content-Type": {"application/octet-stream"}}, body: in}, "importing")
	switch {
	case err != nil:
		return err
	case asJSON:
		err = c.printJSON(r)
	default:
		c.printImport(r)
	}
	if err == nil && r.Outcome == exchange.Refused {
		return errNotImported
	}
	return err
}

// faultsShown is how many faults a person reads at a time.
const faultsShown = 50

func (c *command) printImport(r exchange.Report) {
	said := map[exchange.Outcome]string{
		exchange.Recorded: "recorded", exchange.Rehearsed: "dry run: nothing was recorded", exchange.Known: "everything was recorded before",
		exchange.Refused: "rows are at fault: nothing was recorded",
	}
	fmt.Fprintf(c.out, "import %s\nledger %s\nfile %s (%s, SHA-256 %s)\noutcome %s\n", r.Import, r.Ledger, r.File, r.Format, r.SHA256, said[r.Outcome])
	for _, line := range []struct {
		name string
		n    int
	}{{"rows", r.Rows}, {"recorded", r.Recorded}, {"recorded before", r.Already}, {"at fault", r.Refused}, {"left out", r.LeftOut}} {
		fmt.Fprintf(c.out, "%s %d\n", line.name, line.n)
	}
	for _, name := range sortedNames(r.Events) {
		fmt.Fprintf(c.out, "event %s %d\n", name, r.Events[name])
	}
	if r.Findings > 0 {
		fmt.Fprintf(c.out, "findings raised %d (aidledger check lists what is odd)\n", r.Findings)
	}
	for _, n := range r.Notices {
		fmt.Fprintf(c.out, "notice row %d: %s\n", n.Row, n.Text)
	}
	where := "row"
	if r.Format == exchange.FormatIATI {
		where = "line"
	}
	for _, f := range r.Faults[:min(len(r.Faults), faultsShown)] {
		fmt.Fprintf(c.out, "fault %s %d %s: %s (%s)\n", where, f.Row, strings.TrimSpace(f.Name+" "+f.Column), f.Message, f.Code)
		if f.Hint != "" {
			fmt.Fprintf(c.out, "  %s\n", f.Hint)
		}
	}
	if more := len(r.Faults) - faultsShown; more > 0 {
		fmt.Fprintf(c.out, "%d more faults; --json shows the first %d\n", more, len(r.Faults))
	}
	if r.Refused > 0 && r.Outcome == exchange.Refused {
		fmt.Fprintln(c.notes, "mend the rows, or give --skip-bad to record the others")
	}
}

func sortedNames(m map[string]int) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *command) importUndo() *cobra.Command {
	cmd := &cobra.Command{Use: "undo IMPORT", Short: "Take an import back as one, by reversing every entry that it brought", Args: exactly(1)}
	bind(cmd, "client")
	f := cmd.Flags()
	reason := f.String("reason", "", "why it was wrong; required")
	skip := f.Bool("skip-bad", false, "reverse what can be reversed, and keep the rest")
	dry := f.Bool("dry-run", false, "show what would happen, and record nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(*reason) == "" {
			return usage(cmd, "say why with --reason")
		}
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := url.Values{"reason": {*reason}, "skip_bad": {strconv.FormatBool(*skip)}, "dry_run": {strconv.FormatBool(*dry)}, "wait": {"true"}}
		r, err := longer[exchange.UndoReport](c, cmd, cl, request{method: "POST", path: ledger + "/imports/" + url.PathEscape(args[0]) + "/undo", query: q,
			header: http.Header{}}, "reversing")
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "import %s\noutcome %s\nreversed %d\nreversed before %d\nkept %d\nneeded by later entries %d\n", r.Import, r.Outcome, r.Reversed, r.Already, r.Kept, r.Refused)
		for _, f := range r.Faults {
			fmt.Fprintf(c.out, "fault %s: %s (%s)\n", f.Entry, f.Message, f.Code)
		}
		if r.Outcome == exchange.Refused {
			return errNotImported
		}
		return nil
	}
	return cmd
}

func (c *command) importList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the files that were imported", Args: exactly(0)}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		page, err := fetch[projections.List[projections.Import]](cmd.Context(), cl, ledger+"/imports", url.Values{"limit": {"1000"}})
		if err != nil {
			return err
		}
		g := &grid{head: []string{"import", "file", "format", "rows", "skipped", "by", "recorded", "reversed by"}, numeric: []bool{false, false, false, true, true}}
		for _, i := range page.Rows {
			g.add(string(i.Import), i.File, i.Format, strconv.Itoa(i.Rows), strconv.Itoa(i.Skipped), i.Actor, i.Recorded.Format("2006-01-02T15:04:05Z"), i.Reversed)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}
