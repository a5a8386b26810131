package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"aidledger/domain"
)

// units are what the amounts of a column may be counted in.
var units = map[string]string{"元": "", "yuan": "", "万元": "万", "万": "万", "亿元": "亿", "亿": "亿"}

// column is one column of a table: a field of commands, and the unit of its
// amounts.
type column struct {
	name string // of the field; "command" for the name of the command, empty for none
	head string // as the file has it
	unit string // 万, 亿 or nothing
}

// headOf is what stands over a column in a template.
func headOf(field string) string {
	if zh := chinese[field]; zh != "" {
		return zh + " " + field
	}
	return field
}

// fieldsOf are the fields that a table may have: those of its command, or of
// all commands where each row names its own.
func fieldsOf(command string) (fields []domain.Field, err error) {
	if command != "" {
		t, ok := domain.LookupCommand(command)
		if !ok {
			return nil, fault("command_not_found", fmt.Sprintf("there is no command %q", command), "aidledger do --help lists them")
		}
		return t.Field, nil
	}
	for _, t := range domain.Commands() {
		for _, f := range t.Field {
			if !slices.ContainsFunc(fields, func(g domain.Field) bool { return g.Name == f.Name }) {
				fields = append(fields, f)
			}
		}
	}
	return fields, nil
}

// headers matches the cells of a row with fields, in any order, and says how
// many it knows. Of a bank statement only the columns of its format count.
func headers(cells []string, fields []domain.Field, o Options) (columns []column, known int) {
	for _, head := range cells {
		c := column{head: strings.TrimSpace(head), unit: o.Unit}
		if o.Statement != "" {
			at := slices.IndexFunc(o.Columns, func(s domain.StatementColumn) bool { return fold(s.Heading) == fold(head) })
			if at < 0 {
				c.head = "#" + c.head
			} else {
				c.name, known = o.Columns[at].Field, known+1
			}
			columns = append(columns, c)
			continue
		}
		name, inside := splitUnit(fold(head))
		if u, ok := units[inside]; ok && inside != "" {
			c.unit = u
		}
		if c.name = fieldNamed(name, fields); c.name != "" {
			known++
		}
		columns = append(columns, c)
	}
	return columns, known
}

// fold makes names comparable: one width, small letters, single spaces, and
// without the star of a field that is required.
func fold(s string) string {
	s = domain.FoldName(strings.NewReplacer("*", " ", "\n", " ", "_", " ", "/", " ").Replace(s))
	return strings.TrimSpace(s)
}

// splitUnit takes the unit off 金额(万元).
func splitUnit(name string) (rest, inside string) {
	before, after, ok := strings.Cut(name, "(")
	if !ok {
		return name, ""
	}
	inside, after, _ = strings.Cut(after, ")")
	return strings.TrimSpace(before + " " + after), strings.TrimSpace(inside)
}

func fieldNamed(name string, fields []domain.Field) string {
	name = strings.Join(strings.Fields(name), " ")
	is := func(field, zh string) bool {
		en, zh := strings.ReplaceAll(field, "_", " "), fold(zh)
		return name == en || zh != "" && (name == zh || name == zh+" "+en || name == en+" "+zh)
	}
	for _, words := range []map[string]string{chinese, chineseBefore} {
		for _, f := range fields {
			if is(f.Name, words[f.Name]) {
				return f.Name
			}
		}
	}
	if is("command", chinese["command"]) {
		return "command"
	}
	return ""
}

// checkHeader refuses columns that are missing, double or unknown, all at once.
// A column whose name begins with # is passed over.
func checkHeader(row int, columns []column, o Options) error {
	var wrong, names []string
	is := func(name, what string) {
		wrong, names = append(wrong, fmt.Sprintf("the column %q %s", name, what)), append(names, name)
	}
	seen := map[string]bool{}
	for i, c := range columns {
		switch {
		case c.name == "" && c.head != "" && !strings.HasPrefix(c.head, "#"):
			is(c.head, "is unknown")
		case c.name != "" && seen[c.name]:
			is(c.head, "is there twice")
		}
		seen[columns[i].name] = true
	}
	if o.Command == "" && !seen["command"] {
		wrong = append(wrong, `there is no column "命令 command", and no command was given`)
	}
	for _, s := range o.Columns {
		if !seen[s.Field] {
			is(s.Heading, "of the format "+string(o.Statement)+" is missing")
		}
	}
	if t, ok := domain.LookupCommand(o.Command); ok && o.Statement == "" {
		for _, f := range t.Field {
			if f.Required && !seen[f.Name] {
				is(headOf(f.Name), "is missing")
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if isJournal(columns) {
		return fault("import_header", "the file is an export of the journal: what commands led to, and not the commands", "export commands, and import those: aidledger export commands")
	}
	found := fault("import_header", fmt.Sprintf("row %d: %s", row, strings.Join(wrong, "; ")),
		"take the names from the template (aidledger template COMMAND); put # before a column that is to be passed over")
	found.Detail = map[string]string{"row": strconv.Itoa(row), "column": strings.Join(names, ", ")}
	return found
}

// isJournal recognises what was taken out as a table to look at.
func isJournal(columns []column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.head == "from_account" })
}
