package exchange

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/domain"
)

// tableRow is a row of a table before it is a command.
type tableRow struct {
	number int
	cells  []sheet.Cell
	notice string
	fault  error
}

// headerRowsMax is how many rows may stand before the names of the columns.
const headerRowsMax = 20

// table turns the rows of a table into commands. The row with the names of the
// columns is the one among the first that has most of them; what stands above
// it, such as a title over merged cells, is left out.
type table struct {
	options  Options
	fields   []domain.Field
	columns  []column
	date1904 bool
	yield    func(row, error) bool
	waiting  []tableRow // before the names of the columns are known
	stopped  bool
}

// tableRows yields the rows of a table as commands.
func tableRows(rows iter.Seq2[tableRow, error], date1904 func() bool, o Options) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		fields, err := fieldsOf(o.Command)
		unit, known := units[o.Unit]
		if !known && o.Unit != "" && err == nil {
			err = fault("unit_unknown", fmt.Sprintf("%q is no unit", o.Unit), "use 元, 万元 or 亿元")
		}
		if err != nil {
			yield(row{}, err)
			return
		}
		o.Unit, o.unitSaid = unit, o.Unit != ""
		t := &table{options: o, fields: fields, yield: yield}
		for r, err := range rows {
			if err == nil {
				t.date1904 = date1904()
				err = t.take(r)
			}
			if t.stopped {
				return
			}
			if err != nil {
				yield(row{}, err)
				return
			}
		}
		if t.columns == nil {
			if err := t.begin(); err != nil {
				yield(row{}, err)
			}
		}
	}
}

// take deals with one row.
func (t *table) take(r tableRow) error {
	if t.columns != nil || r.number == 0 {
		t.give(r)
		return nil
	}
	t.waiting = append(t.waiting, tableRow{r.number, slices.Clone(r.cells), r.notice, r.fault})
	if len(t.waiting) == headerRowsMax {
		return t.begin()
	}
	return nil
}

// begin finds the names of the columns among the rows that wait.
func (t *table) begin() error {
	best, most := -1, 0
	var columns []column
	for i, r := range t.waiting {
		found, known := headers(texts(r.cells), t.fields, t.options)
		if known > most {
			best, most, columns = i, known, found
		}
	}
	if best < 0 {
		return fault("import_header", "none of the first rows has the names of the columns", "take them from the template: aidledger template COMMAND")
	}
	if err := checkHeader(t.waiting[best].number, columns, t.options); err != nil {
		return err
	}
	if err := t.unitAbove(t.waiting[:best], columns); err != nil {
		return err
	}
	t.columns = columns
	for i, r := range t.waiting {
		switch {
		case i < best && !blank(r.cells):
			t.send(row{number: r.number, key: r.number, notice: "it stands above the names of the columns and is left out"})
		case i > best:
			t.give(r)
		}
	}
	t.waiting = nil
	return nil
}

// unitAbove refuses a table over which a unit is said that its columns do not
// name: nobody can tell whether 单位：万元 is meant for them, and it is a factor of
// ten thousand.
func (t *table) unitAbove(above []tableRow, columns []column) error {
	for _, r := range above {
		for _, c := range r.cells {
			_, said, ok := strings.Cut(strings.ReplaceAll(fold(c.Value), " ", ""), "单位:")
			said = strings.TrimPrefix(said, "人民币")
			said = strings.Trim(said, "()")
			if unit := units[said]; !ok || unit == "" || t.options.unitSaid || slices.ContainsFunc(columns, func(c column) bool { return c.unit != "" }) {
				continue
			}
			return fault("unit_above", fmt.Sprintf("row %d says %q, and no column does", r.number, strings.TrimSpace(c.Value)), "give the unit of the amounts: --unit "+said+", or --unit 元")
		}
	}
	return nil
}

func texts(cells []sheet.Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.Value
	}
	return out
}

func blank(cells []sheet.Cell) bool {
	return !slices.ContainsFunc(cells, func(c sheet.Cell) bool { return strings.TrimSpace(c.Value) != "" })
}

func (t *table) send(r row) {
	if !t.stopped {
		t.stopped = !t.yield(r, nil)
	}
}

// give turns a row into a command and yields it.
func (t *table) give(r tableRow) {
	out := row{number: r.number, key: r.number, columns: t.columns, notice: r.notice, fault: r.fault}
	switch {
	case r.fault != nil:
	case r.number == 0 || blank(r.cells):
		if out.notice == "" {
			return
		}
		out.key = 0 // a notice about the table
	case isTotal(r.cells):
		out.notice = "it is a total of other rows and is left out"
	case isRemark(firstCell(r.cells)):
		out.notice = "it begins with # and is left out"
	default:
		out.command, out.fault = t.command(r.cells)
	}
	t.send(out)
}

// firstCell returns the first cell that says something.
func firstCell(cells []sheet.Cell) sheet.Cell {
	for _, c := range cells {
		if c.Value = strings.TrimSpace(c.Value); c.Value != "" {
			return c
		}
	}
	return sheet.Cell{}
}

// isRemark recognises a row that is meant for people. A formula that failed begins
// with # as well, and its row is at fault.
func isRemark(first sheet.Cell) bool {
	rest, ok := strings.CutPrefix(first.Value, "#")
	failed := slices.Contains([]string{"REF!", "N/A", "VALUE!", "DIV/0!", "NAME?", "NUM!", "NULL!", "SPILL!", "CALC!", "FIELD!", "BUSY!"}, rest)
	return ok && first.Kind != sheet.Error && !failed
}

// isTotal recognises the total at the foot of a table by its first cell.
func isTotal(cells []sheet.Cell) bool {
	first := strings.ReplaceAll(domain.FoldName(firstCell(cells).Value), " ", "")
	for _, word := range []string{"合计", "总计", "小计", "共计", "累计", "总和", "total", "subtotal", "grandtotal", "sum"} {
		rest, ok := strings.CutPrefix(first, word)
		if ok && (rest == "" || strings.ContainsAny(rest[:1], ":(0123456789¥") || strings.HasPrefix(rest, "：")) {
			return true
		}
	}
	return false
}

// command fills the command of a row. All columns at fault are named.
func (t *table) command(cells []sheet.Cell) (domain.Command, error) {
	name := t.options.Command
	for i, c := range t.columns {
		if c.name == "command" && i < len(cells) && cells[i].Value != "" {
			name = strings.TrimSpace(cells[i].Value)
		}
	}
	kind, ok := domain.LookupCommand(name)
	if !ok {
		return nil, in(headOf("command"), fault("command_not_found", fmt.Sprintf("there is no command %q", name), "aidledger do --help lists them"))
	}
	c := kind.New()
	var found domain.Refusals
	for i, cell := range cells {
		if cell.Kind == sheet.Empty || strings.TrimSpace(cell.Value) == "" && cell.Kind != sheet.Error {
			if cell.Formula {
				found = append(found, in(t.head(i), fault("cell_formula", "the formula has no result", "open the workbook, let it calculate, and save it")))
			}
			continue
		}
		if err := t.fill(c, kind, i, cell); err != nil {
			found = append(found, err)
		}
	}
	if line, ok := c.(*domain.RecordStatementLine); ok && t.options.Statement != "" {
		line.Format = t.options.Statement
	}
	return c, allOf(found, domain.Check(c), t.columns)
}

func (t *table) head(i int) string {
	if i < len(t.columns) && t.columns[i].head != "" {
		return t.columns[i].head
	}
	return sheet.ColumnName(i + 1)
}

// fill puts one cell into the command.
func (t *table) fill(c domain.Command, kind domain.CommandType, i int, cell sheet.Cell) *domain.Refusal {
	if i >= len(t.columns) || t.columns[i].name == "" && t.columns[i].head == "" {
		return in(t.head(i), fault("cell_extra", fmt.Sprintf("the cell %.40q stands under no name", cell.Value), "remove it, or name its column"))
	}
	col := t.columns[i]
	if col.name == "" || col.name == "command" {
		return nil
	}
	if cell.Kind == sheet.Error {
		return in(col.head, fault("cell_error", fmt.Sprintf("the cell has the error %.40q", cell.Value), "mend the formula, or type the value"))
	}
	at := slices.IndexFunc(kind.Field, func(f domain.Field) bool { return f.Name == col.name })
	if at < 0 {
		return in(col.head, fault("unknown_field", fmt.Sprintf("%s has no field %s", kind.Name, col.name), "leave the cell empty"))
	}
	value := cellValue{Cell: cell, unit: col.unit, date1904: t.date1904}
	if named := t.options.Named; named != nil {
		value.named = func(f domain.Field, text string) string { return named(kind.Name, f, text) }
	}
	if err := assign(domain.FieldPointer(c, kind.Field[at]), kind.Field[at], value); err != nil {
		r := in(col.head, asRefusal(err))
		if kind.Field[at].Personal == "" {
			r.Detail = map[string]string{"value": cell.Value}
		}
		return r
	}
	return nil
}

func in(column string, r *domain.Refusal) *domain.Refusal {
	r.Field = column
	return r
}

func asRefusal(err error) *domain.Refusal {
	if r, ok := err.(*domain.Refusal); ok {
		return r
	}
	return fault("value_malformed", err.Error(), "check the value")
}

// allOf joins what could not be read with what Check finds, under the names
// that the columns have in the file.
func allOf(found domain.Refusals, checked error, columns []column) error {
	more, _ := checked.(domain.Refusals)
	for _, r := range more {
		head := r.Field
		for _, c := range columns {
			if c.name == r.Field {
				head = c.head
			}
		}
		if !slices.ContainsFunc(found, func(f *domain.Refusal) bool { return f.Field == head }) {
			found = append(found, in(head, r))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}
