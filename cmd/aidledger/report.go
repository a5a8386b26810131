package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/qr"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// shortcut is a command of the domain as a verb of its own.
func (c *command) shortcut(name string) (*cobra.Command, *doOptions) {
	t, ok := domain.LookupCommand(name)
	if !ok {
		panic("there is no command " + name)
	}
	o := &doOptions{wait: true}
	cmd := c.doOne(t, o)
	bind(cmd, "client")
	cmd.Flags().StringVar(&o.id, "id", "", "key that makes the command safe to repeat; a new UUID if left out")
	return cmd, o
}

func (c *command) publishReport() *cobra.Command {
	cmd, _ := c.shortcut("publish-report")
	return cmd
}

func (c *command) reports() *cobra.Command {
	cmd := &cobra.Command{Use: "reports", Short: "List the totals that were published", Args: exactly(0)}
	bind(cmd, "client")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	inPast := past(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		inPast(q)
		list, err := inquireAll[projections.PublishedReport](cmd, "/reports", q)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.printJSON(list)
		}
		g := &grid{head: []string{"report", "title", "by", "position", "published", "by whom"}}
		for _, r := range list {
			g.add(string(r.Report), r.Title, r.By, r.Position.String(), r.Date.String(), r.Actor)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}

func (c *command) report() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report ID",
		Short: "Show totals as they were published, and as they are now",
		Long: "Show totals as they were published, and as they are now. With --cell it shows which events changed one amount since,\n" +
			"as in: aidledger report r2019 --cell \"key=v07 stage=disbursed\"",
		Args: exactly(1),
	}
	bind(cmd, "client")
	cell := cmd.Flags().String("cell", "", "one amount: stage=… and key=…, currency=… where there are several")
	asHTML := cmd.Flags().Bool("html", false, "print the report as a page to print, with its checkpoint as a QR code")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path := "/reports/" + url.PathEscape(args[0])
		if *cell != "" {
			return c.reportCell(cmd, path, *cell, *asJSON)
		}
		r, err := inquire[projections.Comparison](cmd, path, nil)
		if err != nil {
			return err
		}
		switch {
		case *asJSON:
			return c.printJSON(r)
		case *asHTML:
			return c.printReportPage(cmd, r)
		}
		c.printReport(r)
		return nil
	}
	return cmd
}

func (c *command) printReport(r projections.Comparison) {
	fmt.Fprintf(c.out, "%s  %s\npublished %s by %s, at position %s; now %s\nhead      %s\nroot      %s of %d entries\nrecounted %s\n\n", r.Report, r.Title,
		r.Date, r.Actor, r.Position, r.Now, r.Head, r.Root, r.Entries, recounted(r))
	g := &grid{head: []string{r.By, "stage", "", "as published", "as now", ""}, numeric: []bool{3: true, 4: true, 5: false}}
	for _, cell := range r.Cells {
		g.add(lineOf(cell), cell.Stage.String(), string(cell.Currency), shownAmount(cell.Published, cell), shownAmount(cell.Now, cell), changedMark(cell))
	}
	g.print(c.out)
}

func recounted(r projections.Comparison) string {
	if r.Recounted {
		return "yes: the journal adds up to every amount that was published"
	}
	return "NO: the journal does not add up to what was published; run aidledger verify"
}

func lineOf(cell projections.ComparedCell) string {
	if cell.Key == "" {
		return "(" + cell.Line + ")"
	}
	return strings.TrimSpace(cell.Key + " " + cell.Name)
}

func shownAmount(amount *string, cell projections.ComparedCell) string {
	return web.Grouped(amount, cell.Currency, false, "not reported")
}

func changedMark(cell projections.ComparedCell) string {
	if cell.Changed {
		return "changed"
	}
	return ""
}

// reportCell shows what changed one amount.
func (c *command) reportCell(cmd *cobra.Command, path, cell string, asJSON bool) error {
	q := url.Values{}
	for part := range strings.FieldsSeq(cell) {
		name, v, ok := strings.Cut(part, "=")
		if !ok || !slices.Contains([]string{"key", "stage", "currency"}, name) {
			return usage(cmd, "%q is no part of an amount; use key=…, stage=… and currency=…", part)
		}
		set(q, name, v)
	}
	changes, err := inquire[projections.CellChanges](cmd, path+"/cell", q)
	if err != nil {
		return err
	}
	if asJSON {
		return c.printJSON(changes)
	}
	fmt.Fprintf(c.out, "%s %s: %s was published at position %s, and it is %s at %s\n\n", lineOf(changes.ComparedCell), changes.Stage,
		shownAmount(changes.Published, changes.ComparedCell), changes.Since, shownAmount(changes.Now, changes.ComparedCell), changes.Until)
	g := &grid{head: []string{"position", "recorded", "date", "event", "entry", "actor", "effect", "then"}, numeric: []bool{6: true, 7: true}}
	for _, s := range changes.Steps {
		g.add(s.Position.String(), s.Recorded.Format("2006-01-02"), s.Date.String(), s.EventType, s.Entry, s.Actor,
			web.Grouped(&s.Effect, s.Currency, s.Approximate, ""), web.Grouped(&s.Running, s.Currency, false, ""))
	}
	g.print(c.out)
	return nil
}

//go:embed report.html
var reportPage string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"line": lineOf, "mark": changedMark, "amount": shownAmount, "recounted": recounted,
}).Parse(reportPage))

// printReportPage prints a page of its own, which loads nothing, with the
// checkpoint that the report was taken at.
func (c *command) printReportPage(cmd *cobra.Command, r projections.Comparison) error {
	signed, err := inquire[web.Checkpoint](cmd, "/checkpoint", url.Values{"size": {strconv.FormatInt(r.Entries, 10)}})
	if err != nil {
		return err
	}
	code, err := qr.Encode([]byte(signed.Signed))
	if err != nil {
		return err
	}
	return reportTemplate.Execute(c.out, struct {
		projections.Comparison
		Signed web.Checkpoint
		QR     template.HTML
	}{r, signed, template.HTML(code.SVG())})
}
