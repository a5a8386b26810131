package exchange

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/eventstore"
)

// row is one row of a file: the command that records it, what is wrong with it,
// or why it is left out. Number is what a person finds it by: the row of a
// sheet, the line of a text. Key is what makes it a row of its own.
type row struct {
	number  int
	name    string // what its source calls it, where lines may be long
	columns []column
	key     int
	id      string // where the file gives the command an id of its own
	command domain.Command
	fault   error
	notice  string
}

// headed returns what stands over the column of a field in the file, as far as it
// is a table.
func (w row) headed(field string) string {
	for _, c := range w.columns {
		if c.name == field && field != "" {
			return c.head
		}
	}
	return field
}

// Options say how a file is read and what becomes of it.
type Options struct {
	Command  string // of the rows of a table
	Sheet    string // of a workbook; empty: the first one
	Unit     string // of amounts in a table: 元 (or nothing), 万元 or 亿元
	unitSaid bool   // somebody chose the unit
	System   string // publisher of transactions that name none
	SkipBad  bool   // record the other rows where some are at fault
	DryRun   bool   // record nothing
	Open     bool   // open the ledger where it does not exist
	Title    string // of a new ledger

	// Named turns what people call a thing or a choice into its id or its code; it
	// returns nothing where it knows none. Nil: a table has ids and codes.
	Named func(command string, f domain.Field, text string) string

	Statement domain.ID                // format of a bank statement, whose columns these are
	Columns   []domain.StatementColumn // other columns of it are passed over
}

// mapping describes how a file is read, for the log.
func (o Options) mapping() string {
	text := ""
	for _, part := range []struct{ name, value string }{{"command", o.Command}, {"sheet", o.Sheet}, {"unit", o.Unit}, {"system", o.System},
		{"statement", string(o.Statement)}, {"columns", headings(o.Columns)}} {
		if part.value != "" {
			text += fmt.Sprintf("%s %s\n", part.name, part.value)
		}
	}
	return text
}

// headings are the columns of a statement in one line.
func headings(columns []domain.StatementColumn) string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Field+" "+c.Heading)
	}
	return strings.Join(all, ", ")
}

// rows yields the rows of a file in their order. An error is one of the file as
// a whole.
func (im *Importer) rows(f *File, o Options) iter.Seq2[row, error] {
	switch f.Format {
	case FormatIATI:
		return iatiRows(f, o)
	case FormatFTS:
		return ftsRows(f)
	case FormatJSONLines:
		return im.jsonRows(f, o)
	case FormatXLSX:
		return workbookRows(f, o)
	}
	return tableRows(csvRows(f), func() bool { return false }, o)
}

func iatiRows(f *File, o Options) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		system := o.System
		if system == "" {
			system = f.Name
		}
		for t, err := range iati.Read(f.open(), system) {
			if err != nil {
				yield(row{}, err)
				return
			}
			r := row{number: t.Line, name: t.Name, key: t.Number, fault: t.Fault}
			if t.Command != nil {
				r.command = t.Command
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Fault is what is wrong with one row. Column is the name of a column or of an
// element, where one is at fault; Name is what the source calls the row.
type Fault struct {
	Row     int    `json:"row"`
	Name    string `json:"name,omitempty"`
	Value   string `json:"value,omitempty"` // of the cell, where that says what is wrong
	Column  string `json:"column,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// faultsOf describes an error of a row, one item for each column at fault.
func faultsOf(number int, err error) []Fault {
	var all domain.Refusals
	var one *domain.Refusal
	var forbidden *access.Refusal
	var failed *eventstore.Failure
	switch {
	case errors.As(err, &all):
	case errors.As(err, &one):
		all = domain.Refusals{one}
	case errors.As(err, &forbidden):
		return []Fault{{Row: number, Code: forbidden.Code, Message: forbidden.Message, Hint: forbidden.Hint}}
	case errors.As(err, &failed):
		return []Fault{{Row: number, Code: failed.Code, Message: failed.Message, Hint: failed.Hint}}
	default:
		return []Fault{{Row: number, Code: "row_failed", Message: err.Error(), Hint: "look at the row"}}
	}
	var out []Fault
	for _, r := range all {
		out = append(out, Fault{Row: number, Column: r.Field, Code: r.Code, Message: r.Message, Hint: r.Hint, Value: r.Detail["value"]})
	}
	return out
}
