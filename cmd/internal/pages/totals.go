package pages

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/people"
)

// totalsView is totals by one dimension.
type totalsView struct {
	By      string
	Roads   []option
	Years   []option
	Columns []option
	Table   table
	Bars    bars
}

// roads are the dimensions of totals, with the columns that say something
// there.
var roads = []struct {
	by      string
	columns []string
}{
	{"year", []string{"committed", "received", "in_kind", "funding", "allocated", "disbursed", "spent", "cash"}},
	{"budget-year", []string{"committed", "received", "due", "allocated", "unallocated", "disbursed", "cash"}},
	{"provider", []string{"pledged", "committed", "received", "due", "in_kind", "funding", "disbursed", "cash"}},
	{"fund", []string{"committed", "received", "due", "allocated", "unallocated", "disbursed", "spent", "cash"}},
	{"project", []string{"allocated", "disbursed", "undisbursed", "spent", "unspent", "returned"}},
	{"village", []string{"allocated", "disbursed", "undisbursed", "spent", "distributed"}},
}

// allColumns lists every column of totals: the stages, and what follows from
// them.
func allColumns() []string {
	var all []string
	for _, s := range domain.Stages() {
		all = append(all, strings.ReplaceAll(s.String(), "-", "_"))
	}
	return append(all, "funding", "unallocated", "due", "cash", "undisbursed", "unspent")
}

// derived says which stages a column follows from that is none itself.
var derived = map[string]string{
	"funding":     "committed,recognised,in-kind",
	"unallocated": "committed,recognised,carried-in,carried-out,allocated",
	"due":         "committed,recognised,received",
	"cash":        "received,carried-in,carried-out,disbursed,returned,repaid",
	"undisbursed": "allocated,disbursed",
	"unspent":     "disbursed,spent,returned",
}

func (v *visit) totals() error {
	q := projections.TotalsQuery{Ledger: v.ledger.Ledger, By: v.query.Get("by"), Year: v.number("year"), Limit: v.rowsAtOnce(), After: v.query.Get("after")}
	if q.By == "" {
		q.By = "year"
	}
	totals, err := v.Views.Totals(v.ctx(), q)
	if err != nil {
		return err
	}
	v.holdsFor(totals.Position)
	view := totalsView{By: q.By}
	columns := allColumns()
	for _, road := range roads {
		view.Roads = append(view.Roads, option{Label: v.label("road", road.by), Current: road.by == q.By,
			Href: v.href("totals", "by", road.by, "year", year(q.Year), "columns", v.query.Get("columns"))})
		if road.by == q.By && v.query.Get("columns") != "all" {
			columns = road.columns
		}
	}
	if v.readsPart() {
		columns = partColumns
	}
	if view.Years, err = v.yearOptions(q); err != nil {
		return err
	}
	if !v.readsPart() {
		view.Columns = []option{
			{Label: v.say("totals.columns.usual"), Href: v.with("columns", ""), Current: v.query.Get("columns") != "all"},
			{Label: v.say("totals.columns.all"), Href: v.with("columns", "all"), Current: v.query.Get("columns") == "all"},
		}
	}
	view.Table = v.totalsTable(totals, columns)
	v.paged(&view.Table, totals.Next)
	title := v.say("totals.title", v.label("road", q.By))
	if q.Year != 0 {
		title += " " + strconv.Itoa(q.Year)
	}
	view.Table.Caption = title
	if sent, err := v.sendFile("totals-"+q.By, &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "totals", title, view)
}

// yearOptions are the years that have a total, and all together.
func (v *visit) yearOptions(q projections.TotalsQuery) ([]option, error) {
	if q.By == "year" || q.By == "budget-year" {
		return nil, nil
	}
	years, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: q.Ledger, By: "year"})
	all := []option{{Label: v.say("totals.years.all"), Href: v.with("year", ""), Current: q.Year == 0}}
	for _, row := range years.Rows {
		all = append(all, option{Label: row.Key, Href: v.with("year", row.Key), Current: row.Key == year(q.Year)})
	}
	return slices.CompactFunc(all, func(a, b option) bool { return a.Label == b.Label }), err
}

// totalsTable shows lines of totals and their sums, one for each currency. Each
// line leads to what it is made of, each amount to the movements behind it.
func (v *visit) totalsTable(t projections.Totals, columns []string) table {
	out := table{Columns: []column{{Label: v.label("road", t.By)}}, Empty: v.say("totals.empty")}
	for _, c := range columns {
		out.Columns = append(out.Columns, column{Label: v.label("column", c), Number: true, Hint: v.say("column-hint." + c)})
	}
	for _, r := range t.Rows {
		key := []string{keyParam(t.By), r.Key, "year", year(t.Year)}
		if r.Line != "" {
			key = []string{"without", map[string]string{"project": "project", "village": "place"}[t.By], "year", year(t.Year)}
		}
		line := row{Cells: append(make([]cell, 0, len(out.Columns)), v.totalsKey(t, r))}
		for _, c := range columns {
			line.Cells = append(line.Cells, v.total(&r.TotalsSum, c, v.rowsOf(attributed(t.By, c), key...)))
		}
		out.Rows = append(out.Rows, line)
	}
	for _, s := range t.Sum {
		line := row{Sum: true, Cells: []cell{text(v.say("sum"))}}
		for _, c := range columns {
			line.Cells = append(line.Cells, v.total(&s, c, v.rowsOf(c, "year", year(t.Year))))
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// keyParam is the filter of the journal that stands for a dimension.
func keyParam(by string) string {
	switch by {
	case "village":
		return "place"
	case "budget-year":
		return "budget_year"
	}
	return by
}

// attributed is the column whose movements are behind one of a project or
// village: what is committed there is what was allocated to it.
func attributed(by, column string) string {
	if by != "project" && by != "village" {
		return column
	}
	switch column {
	case "committed", "recognised":
		return "allocated"
	case "in_kind":
		return "distributed"
	}
	return column
}

// totalsKey is the first cell of a line, which leads one step down.
func (v *visit) totalsKey(t projections.Totals, r projections.TotalsRow) cell {
	switch {
	case r.Line != "":
		return cell{Text: v.label("line", r.Line), State: "rest"}
	case t.By == "year":
		return linked(r.Key, v.href("totals", "by", "project", "year", r.Key))
	case t.By == "budget-year":
		return linked(r.Key, v.href("journal", "budget_year", r.Key))
	}
	name := cmp.Or(r.Name, r.Key)
	if v.readsPart() && t.By != "village" && t.By != "project" {
		return text(name)
	}
	return linked(name, v.href("trace/"+r.Key))
}

// total shows a column of totals, with the way to the movements behind it and
// to the steps by which it came about.
func (v *visit) total(sum *projections.TotalsSum, column, href string) cell {
	c := v.amount(sum.Column(column), sum.Currency, web.IsApproximate(*sum, column), href)
	if href != "" && !c.Unknown {
		c.Why = whyOf(href)
	}
	return c
}

// rowsOf is the address of the movements behind a column.
func (v *visit) rowsOf(column string, params ...string) string {
	stages, ok := derived[column]
	if !ok {
		stages = stageOfColumn(column)
	}
	return v.href("journal", append([]string{"stage", stages}, params...)...)
}

// stageOfColumn is the stage that a column counts.
func stageOfColumn(column string) string { return strings.ReplaceAll(column, "_", "-") }

// sendFile answers with a table as a file where the address asks for one. Who
// takes it is in the access log before it leaves.
func (v *visit) sendFile(name string, t *table) (sent bool, err error) {
	format := v.query.Get("format")
	if format != "csv" && format != "xlsx" {
		return false, nil
	}
	if !v.caller.Has(access.Export) {
		return true, problem(http.StatusForbidden, access.Forbidden, "this needs the capability "+string(access.Export), "ask somebody who may export")
	}
	if log := v.server.People; log != nil {
		if err := log.Record(v.ctx(), people.Access{Person: v.caller.Person, Role: v.caller.Role, Act: people.ActExport, Ledger: v.ledger.Ledger, Thing: name}); err != nil {
			return true, err
		}
	}
	if t.Next != "" {
		t.Rows = append(t.Rows, row{Cells: []cell{text(v.say("export.more", len(t.Rows)))}})
	}
	name = strings.TrimPrefix(v.ledger.Ledger+"-"+name, "-")
	if v.past.Shown {
		name += "-" + strings.TrimSpace(v.past.Position+" "+v.past.Until)
	}
	if v.unit != units[0] {
		name += "-" + v.say("unit."+v.unit.name)
	}
	if format == "xlsx" {
		return true, v.sendWorkbook(name, t)
	}
	return true, v.sendCSV(name, t)
}
