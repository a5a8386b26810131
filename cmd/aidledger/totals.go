package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) totals() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "totals",
		Short: "Show totals by year, budget year, project, village, provider or fund",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	by := f.String("by", "year", "year, budget-year, project, village, provider or fund; with --reported: "+reportedDimensions)
	reported := f.Bool("reported", false, "show what others published instead of the ledger's own figures; they are never added together")
	year := f.Int("year", 0, "count this effective year only")
	currency := f.String("currency", "", "count this currency only, such as CNY")
	inPast := past(cmd)
	waitFor := f.String("wait-for", "", "wait until the read models have this position")
	asJSON := f.Bool("json", false, "print JSON")
	asCSV := f.Bool("csv", false, "print CSV with every stage; an empty cell means not reported")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *asJSON && *asCSV {
			return usage(cmd, "give one of --json and --csv")
		}
		lang, err := chosenLanguage(cmd)
		if err != nil {
			return err
		}
		q := url.Values{"by": {*by}}
		if cmd.Flags().Changed("year") {
			q.Set("year", strconv.Itoa(*year))
		}
		set(q, "currency", *currency)
		inPast(q)
		set(q, "wait_for", *waitFor)
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		if *reported {
			return c.reportedTotals(cmd, cl, q, *asJSON, *asCSV, lang)
		}
		t, err := allTotals(cmd, cl, q)
		if err != nil {
			return err
		}
		switch {
		case *asJSON:
			return c.printJSON(t)
		case *asCSV:
			return web.TotalsCSV(c.out, t)
		}
		ledgers, err := cl.ledgers(cmd.Context())
		if err != nil {
			return err
		}
		printTotals(c.out, t, facts(ledgers, t.Ledger), lang)
		return nil
	}
	return cmd
}

// past adds the flags that choose a past, and returns what asks for it.
func past(cmd *cobra.Command) func(url.Values) {
	asOf := cmd.Flags().String("as-of", "", "what was recorded at a position (12.3) or a time (2018-12-31T23:59:59+08:00)")
	until := cmd.Flags().String("effective-until", "", "what happened up to this date")
	return func(q url.Values) {
		set(q, "as_of", *asOf)
		set(q, "effective_until", *until)
	}
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func (c *command) printJSON(v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err == nil {
		_, err = c.out.Write(append(body, '\n'))
	}
	return err
}

// allPages reads all pages of an answer, which are of one position. add joins
// a page to those before it and says where the next one begins.
func allPages[T any](cmd *cobra.Command, cl *client, path string, q url.Values, add func(all *T, page T) (next string)) (all T, err error) {
	ledger, err := cl.ledger(cmd.Context())
	if err != nil {
		return all, err
	}
	for {
		page, err := fetch[T](cmd.Context(), cl, ledger+path, q)
		if err != nil {
			return all, err
		}
		next := add(&all, page)
		if next == "" {
			return all, nil
		}
		q.Set("after", next)
	}
}

func allTotals(cmd *cobra.Command, cl *client, q url.Values) (projections.Totals, error) {
	return allPages(cmd, cl, "/totals", q, func(all *projections.Totals, page projections.Totals) string {
		page.Rows = append(all.Rows, page.Rows...)
		*all = page
		return page.Next
	})
}

// column is one amount of a row of totals.
type column struct {
	name   string // as in JSON
	en, zh string
	shown  showing
}

// showing says when a column is in the table; JSON and CSV have all of them.
type showing uint8

const (
	whereUsed showing = iota // somebody recorded such an amount
	always
	never
)

var columns = []column{
	{"pledged", "pledged", "认捐", whereUsed},
	{"committed", "committed", "安排", always},
	{"recognised", "recognised", "确认", never},
	{"received", "cash received", "到位资金", always},
	{"in_kind", "in kind", "捐物折款", always},
	{"funding", "together", "合计", always},
	{"carried_in", "carried in", "结转转入", whereUsed},
	{"carried_out", "carried out", "结转转出", whereUsed},
	{"allocated", "allocated", "分配", whereUsed},
	{"disbursed", "disbursed", "拨付", always},
	{"spent", "spent", "支出", whereUsed},
	{"returned", "returned", "退回", whereUsed},
	{"repaid", "repaid", "缴回", whereUsed},
	{"distributed", "distributed", "物资发放", whereUsed},
	{"unallocated", "unallocated", "未分配", never},
	{"due", "due", "未到位", never},
	{"cash", "cash", "结存", never},
	{"undisbursed", "undisbursed", "未拨付", never},
	{"unspent", "unspent", "未支出", never},
}

func shownColumns(t projections.Totals) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(col column) bool {
		used := slices.ContainsFunc(t.Rows, func(r projections.TotalsRow) bool {
			text := r.Column(col.name)
			return text != nil && strings.Trim(*text, "-0.") != ""
		})
		return col.shown == never || col.shown == whereUsed && !used
	})
}

// printTotals shows totals to people.
func printTotals(w io.Writer, t projections.Totals, l projections.Ledger, lang language) {
	fmt.Fprintf(w, "%s  %s\n", t.Ledger, l.Title)
	if l.Invented {
		fmt.Fprintln(w, lang.say("*** INVENTED FIGURES, FOR DEMONSTRATION ONLY ***", "*** 虚构数据，仅供演示 ***"))
	}
	fmt.Fprintf(w, lang.say("by %s, as of position %s; each column counts one stage, together = committed + received without a commitment + in kind\n\n",
		"按%s统计，截至位置 %s；各列分别统计，合计 = 安排 + 未经安排而到位的资金 + 捐物折款\n\n"), lang.say(t.By, dimensions[t.By]), t.Position)
	shown := shownColumns(t)
	named := slices.ContainsFunc(t.Rows, func(r projections.TotalsRow) bool { return r.Name != "" && r.Name != r.Key })
	g := &grid{head: []string{lang.say(t.By, dimensions[t.By])}, numeric: []bool{false}}
	if named {
		g.head, g.numeric = append(g.head, lang.say("name", "名称")), append(g.numeric, false)
	}
	g.head, g.numeric = append(g.head, lang.say("currency", "币种")), append(g.numeric, false)
	for _, col := range shown {
		g.head, g.numeric = append(g.head, lang.say(col.en, col.zh)), append(g.numeric, true)
	}
	line := func(key, name string, s projections.TotalsSum) []string {
		cells := []string{key}
		if named {
			cells = append(cells, name)
		}
		cells = append(cells, string(s.Currency))
		for _, col := range shown {
			cells = append(cells, web.Grouped(s.Column(col.name), s.Currency, web.IsApproximate(s, col.name), lang.say("not reported", "未报告")))
		}
		return cells
	}
	for _, r := range t.Rows {
		g.rows = append(g.rows, line(keyText(r, lang), r.Name, r.TotalsSum))
	}
	for _, s := range t.Sum {
		g.foot = append(g.foot, line(lang.say("sum", "总计"), "", s))
	}
	g.print(w)
	fmt.Fprintln(w)
}

// dimensions are the Chinese names of what totals can be asked by.
var dimensions = map[string]string{
	"year": "年度", "budget-year": "预算年度", "project": "项目", "village": "村", "provider": "出资方", "fund": "资金",
}

func keyText(r projections.TotalsRow, lang language) string {
	switch r.Line {
	case "unallocated":
		return lang.say("(unallocated)", "（未分配到项目）")
	case "not-assigned":
		return lang.say("(not yet assigned to a village)", "（尚未落实到村）")
	}
	return r.Key
}
