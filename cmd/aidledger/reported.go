package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"aidledger/cmd/internal/exchange"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// reportedDimensions are what totals of reports can be asked by.
const reportedDimensions = "year, budget-year, type, system, activity, provider, receiver, flow, recipient or place"

// transactionTypes are the IATI transaction types in words.
var transactionTypes = map[string]struct{ en, zh string }{
	"1": {"incoming funds", "收到资金"}, "2": {"outgoing commitment", "对外承诺"}, "3": {"disbursement", "拨付"},
	"4": {"expenditure", "支出"}, "5": {"interest payment", "付息"}, "6": {"loan repayment", "还贷"},
	"7": {"reimbursement", "报销"}, "8": {"purchase of equity", "购买股权"}, "9": {"sale of equity", "出售股权"},
	"10": {"credit guarantee", "信用担保"}, "11": {"incoming commitment", "收到承诺"}, "12": {"outgoing pledge", "对外认捐"},
	"13": {"incoming pledge", "收到认捐"},
}

// reportedTotals shows what others published.
func (c *command) reportedTotals(cmd *cobra.Command, cl *client, q url.Values, asJSON, asCSV bool, lang language) error {
	t, err := allReportedTotals(cmd, cl, q)
	switch {
	case err != nil:
		return err
	case asJSON:
		return c.printJSON(t)
	case asCSV:
		return reportedCSV(c.out, t)
	}
	fmt.Fprintf(c.out, "%s\n", t.Ledger)
	fmt.Fprintf(c.out, lang.say("reported by others, by %s, as of position %s; in no total of own figures\n\n",
		"他人公布的数据，按 %s 统计，截至位置 %s；不计入本账合计\n\n"), t.By, t.Position)
	g := &grid{head: []string{t.By, lang.say("type", "类型"), lang.say("currency", "币种"), lang.say("transactions", "笔数"), lang.say("amount", "金额"),
		lang.say("published", "公布笔数"), lang.say("as published", "公布金额")}, numeric: []bool{false, false, false, true, true, true, true}}
	for _, r := range t.Rows {
		name := transactionTypes[r.Type]
		g.add(reportedKey(r, lang), r.Type+" "+lang.say(name.en, name.zh), string(r.Currency), strconv.FormatInt(r.Count, 10), r.Amount,
			strconv.FormatInt(r.Published, 10), r.PublishedAmount)
	}
	g.print(c.out)
	for _, check := range slices.Sorted(maps.Keys(t.Findings)) {
		fmt.Fprintf(c.out, lang.say("open findings: %d %s\n", "未销号的问题：%d %s\n"), t.Findings[check], check)
	}
	fmt.Fprintln(c.out)
	return nil
}

func reportedKey(r projections.ReportedTotal, lang language) string {
	switch {
	case r.Line != "":
		return lang.say("(not assigned)", "（未分配）")
	case r.Receiver != "":
		return r.Key + " > " + r.Receiver
	}
	return r.Key
}

func allReportedTotals(cmd *cobra.Command, cl *client, q url.Values) (projections.ReportedTotals, error) {
	return allPages(cmd, cl, "/reported/totals", q, func(all *projections.ReportedTotals, page projections.ReportedTotals) string {
		page.Rows = append(all.Rows, page.Rows...)
		*all = page
		return page.Next
	})
}

func reportedCSV(w io.Writer, t projections.ReportedTotals) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"ledger", "position", t.By, "receiver", "name", "line", "type", "currency", "count", "amount", "published", "published_amount"})
	for _, r := range t.Rows {
		_ = out.Write([]string{t.Ledger, t.Position.String(), exchange.Inert(r.Key), exchange.Inert(r.Receiver), exchange.Inert(r.Name), r.Line, r.Type, string(r.Currency),
			strconv.FormatInt(r.Count, 10), r.Amount, strconv.FormatInt(r.Published, 10), r.PublishedAmount})
	}
	out.Flush()
	return out.Error() // Flush reports what failed
}
