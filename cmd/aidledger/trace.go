package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) trace() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace ID",
		Short: "Show where the money of a thing comes from and where it goes",
		Long:  "Show where the money of a thing comes from and where it goes: a fund, gift, project, place, organisation,\ndisbursement or entry.",
		Args:  exactly(1),
	}
	bind(cmd, "client")
	inPast := past(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		lang, err := chosenLanguage(cmd)
		if err != nil {
			return err
		}
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := url.Values{"limit": {"1000"}}
		inPast(q)
		path := ledger + "/trace/" + url.PathEscape(args[0])
		t, err := fetch[projections.Trace](cmd.Context(), cl, path, q)
		if err != nil {
			return err
		}
		for next := t.Next; next != ""; {
			q.Set("after", next)
			more, err := fetch[projections.Trace](cmd.Context(), cl, path, q)
			if err != nil {
				return err
			}
			t.Movements, next = append(t.Movements, more.Movements...), more.Next
		}
		if t.Next = ""; *asJSON {
			return c.printJSON(t)
		}
		c.printTrace(t, lang)
		if slices.ContainsFunc(t.Conservation, func(b projections.Balance) bool { return !b.Holds }) {
			return errDiffers
		}
		return nil
	}
	return cmd
}

func (c *command) printTrace(t projections.Trace, lang language) {
	fmt.Fprintf(c.out, "%s %s  %s\n", t.Noun, t.ID, t.Name)
	if facts, ok := t.Facts.(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			if text, err := json.Marshal(facts[name], json.Deterministic(true)); err == nil {
				fmt.Fprintf(c.out, "  %s: %s\n", name, text)
			}
		}
	}
	c.printEdges(lang.say("up: where it comes from", "上溯：资金来源"), t.Up, lang)
	c.printEdges(lang.say("down: where it goes", "下达：资金去向"), t.Down, lang)
	c.printConservation(t, lang)
	for _, h := range t.Helped {
		fmt.Fprintf(c.out, "\n%s: %d %s, %d %s, %s %s\n", lang.say("helped", "受益"), h.Persons, lang.say("persons", "人"), h.Households,
			lang.say("households", "户"), web.Grouped(h.Amount, h.Currency, false, "-"), h.Currency)
	}
	if len(t.Movements) > 0 {
		fmt.Fprintf(c.out, "\n%s\n", lang.say("movements", "流水"))
		g := &grid{
			head: []string{lang.say("position", "位置"), lang.say("date", "日期"), lang.say("stage", "环节"), lang.say("fund", "资金"),
				lang.say("project", "项目"), lang.say("place", "地点"), lang.say("payee", "收款方"), lang.say("amount", "金额"), ""},
			numeric: []bool{7: true, 8: false},
		}
		for _, m := range t.Movements {
			g.add(m.Position.String(), m.Date.String(), m.Stage, string(m.Fund), string(m.Project), string(m.Place), string(m.Payee),
				web.Grouped(&m.Amount, m.Currency, m.Approximate, ""), string(m.Currency))
		}
		g.print(c.out)
	}
	for _, p := range t.Pairings {
		fmt.Fprintf(c.out, "\n%s %s: %s → %s (%s)\n", lang.say("pairing", "结对"), p.Pairing, p.Helper.Name, p.Helped.Name, p.Purpose)
	}
	for _, n := range t.Notes {
		fmt.Fprintf(c.out, "\n%s %s (%s): %s", lang.say("note", "备注"), n.ID, n.Kind, n.Text)
		if n.Amount != nil {
			fmt.Fprintf(c.out, " [%s %s, %s]", web.Grouped(n.Amount, n.Currency, n.Approximate, ""), n.Currency, lang.say("in no total", "不计入任何合计"))
		}
		fmt.Fprintln(c.out)
	}
}

func (c *command) printEdges(title string, edges []projections.Edge, lang language) {
	if len(edges) == 0 {
		return
	}
	fmt.Fprintf(c.out, "\n%s\n", title)
	g := &grid{
		head: []string{lang.say("from", "自"), "", lang.say("to", "至"), "", lang.say("stage", "环节"), lang.say("amount", "金额"), "",
			lang.say("entries", "笔数"), lang.say("evidence", "依据")},
		numeric: []bool{5: true, 6: false, 7: true, 8: false},
	}
	for _, e := range edges {
		g.add(e.From.ID, e.From.Name, e.To.ID, e.To.Name, e.Stage, web.Grouped(&e.Amount, e.Currency, false, ""), string(e.Currency), fmt.Sprint(e.Entries), evidenceText(e))
	}
	g.print(c.out)
}

// evidenceText names the documents, vouchers and approvals of an edge, each
// once, or its first entry where nobody gave any.
func evidenceText(e projections.Edge) string {
	var all []string
	add := func(text string) {
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	for _, piece := range e.Evidence {
		add(piece.Document)
		if piece.Voucher != "" {
			add("№ " + piece.Voucher)
		}
		if piece.ApprovedBy != "" {
			add(string(piece.Request) + " ✓ " + piece.ApprovedBy)
		}
	}
	if len(all) == 0 && len(e.Evidence) > 0 {
		add(e.Evidence[0].Entry)
	}
	return strings.Join(all, "; ")
}

// printConservation shows whether what goes into funds and projects comes out or
// remains.
func (c *command) printConservation(t projections.Trace, lang language) {
	if len(t.Conservation) == 0 {
		return
	}
	fmt.Fprintf(c.out, "\n%s\n", lang.say("conservation: in = out + remains", "守恒：流入 = 流出 + 结余"))
	g := &grid{head: []string{"", "", lang.say("of", "类别"), lang.say("in", "流入"), lang.say("out", "流出"), lang.say("remains", "结余"), "", ""},
		numeric: []bool{3: true, 4: true, 5: true, 7: false}}
	for _, b := range t.Conservation {
		holds := lang.say("holds", "成立")
		if !b.Holds {
			holds = lang.say("DOES NOT HOLD", "不成立")
		}
		g.add(b.Noun, b.ID, b.Of, web.Grouped(&b.In, b.Currency, false, ""), web.Grouped(&b.Out, b.Currency, false, ""),
			web.Grouped(&b.Remains, b.Currency, false, ""), string(b.Currency), holds)
	}
	g.print(c.out)
}
