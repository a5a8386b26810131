package exchange

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// Exporter writes what a ledger holds into files.
type Exporter struct {
	Views *projections.DB
	Store *eventstore.Store
}

// view yields the things of one view in their order; all of them have one type.
type view func(e *Exporter, ctx context.Context, ledger string) iter.Seq2[any, error]

var views = map[string]view{
	"agreements":      listed((*projections.DB).Agreements),
	Commands:          (*Exporter).commands,
	"earmarks":        listed((*projections.DB).Earmarks),
	"events":          (*Exporter).events,
	"funds":           listed((*projections.DB).Funds),
	"gifts":           listed((*projections.DB).Gifts),
	"imports":         listed((*projections.DB).Imports),
	"indicators":      listed((*projections.DB).Indicators),
	"journal":         (*Exporter).journal,
	"notes":           listed((*projections.DB).Notes),
	"organisations":   listed((*projections.DB).Organisations),
	"pairings":        listed((*projections.DB).Pairings),
	"places":          listed((*projections.DB).Places),
	"projects":        listed((*projections.DB).Projects),
	"reported":        (*Exporter).reported,
	"requests":        listed((*projections.DB).Requests),
	"statement-lines": listed((*projections.DB).StatementLines),
	"restatements":    listed((*projections.DB).Restatements),

	"totals-by-year":        totalsBy("year"),
	"totals-by-budget-year": totalsBy("budget-year"),
	"totals-by-project":     totalsBy("project"),
	"totals-by-village":     totalsBy("village"),
	"totals-by-provider":    totalsBy("provider"),
	"totals-by-fund":        totalsBy("fund"),

	"reported-by-year":        reportedBy("year"),
	"reported-by-budget-year": reportedBy("budget-year"),
	"reported-by-activity":    reportedBy("activity"),
	"reported-by-flow":        reportedBy("flow"),
	"reported-by-recipient":   reportedBy("recipient"),
	"reported-by-place":       reportedBy("place"),
}

// Commands is the export of what was commanded, which is read from the log.
const Commands = "commands"

// Exports lists what can be exported as a table or as JSON lines.
func Exports() []string { return slices.Sorted(maps.Keys(views)) }

// pageSize is how many rows are read together.
const pageSize = 1000

// pages yields the rows of all pages of a query.
func pages[T any](read func(after string) (rows []T, next string, err error)) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for after := ""; ; {
			rows, next, err := read(after)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if after = next; after == "" {
				return
			}
		}
	}
}

func listed[T any](query func(*projections.DB, context.Context, projections.ListQuery) (projections.List[T], error)) view {
	return func(e *Exporter, ctx context.Context, ledger string) iter.Seq2[any, error] {
		return pages(func(after string) ([]T, string, error) {
			page, err := query(e.Views, ctx, projections.ListQuery{Ledger: ledger, Limit: pageSize, After: after})
			return page.Rows, page.Next, err
		})
	}
}

func (e *Exporter) journal(ctx context.Context, ledger string) iter.Seq2[any, error] {
	return pages(func(after string) ([]projections.Movement, string, error) {
		page, err := e.Views.Journal(ctx, projections.JournalQuery{Ledger: ledger, Limit: pageSize, After: after})
		return page.Movements, page.Next, err
	})
}

func (e *Exporter) reported(ctx context.Context, ledger string) iter.Seq2[any, error] {
	return pages(func(after string) ([]projections.ReportedTransaction, string, error) {
		page, err := e.Views.Reported(ctx, projections.ReportedQuery{Ledger: ledger, Limit: pageSize, After: after})
		return page.Transactions, page.Next, err
	})
}

func totalsBy(dimension string) view {
	return func(e *Exporter, ctx context.Context, ledger string) iter.Seq2[any, error] {
		return pages(func(after string) ([]projections.TotalsRow, string, error) {
			page, err := e.Views.Totals(ctx, projections.TotalsQuery{Ledger: ledger, By: dimension, Limit: pageSize, After: after})
			return page.Rows, page.Next, err
		})
	}
}

func reportedBy(dimension string) view {
	return func(e *Exporter, ctx context.Context, ledger string) iter.Seq2[any, error] {
		return pages(func(after string) ([]projections.ReportedTotal, string, error) {
			page, err := e.Views.ReportedTotals(ctx, projections.ReportedTotalsQuery{Ledger: ledger, By: dimension, Limit: pageSize, After: after})
			return page.Rows, page.Next, err
		})
	}
}

// Rows begins an export: what it returns writes it. The first row is read
// before anything is written, so that a ledger that does not exist is an error
// and not an empty file.
func (e *Exporter) Rows(ctx context.Context, ledger, name, format string) (write func(io.Writer) error, err error) {
	of, ok := views[name]
	if !ok {
		return nil, fault("export_not_found", fmt.Sprintf("there is no export %.40q", name), "use one of "+strings.Join(Exports(), ", "))
	}
	if name == Commands && format != FormatJSONLines {
		return nil, fault("export_format", "commands have fields of their own and fit into no table", "export them as json-lines")
	}
	next, stop := iter.Pull2(of(e, ctx, ledger))
	first, err, more := next()
	if err != nil {
		stop()
		return nil, err
	}
	if format == FormatParquet && !more {
		stop()
		return nil, fault("export_empty", "there is nothing in "+name+" yet, and a Parquet file is made of columns that have values", "export it as csv or json-lines")
	}
	rows := func(yield func(any, error) bool) {
		for v, err := first, error(nil); more; v, err, more = next() {
			if !yield(v, err) {
				return
			}
		}
	}
	return func(w io.Writer) error {
		defer stop()
		switch format {
		case FormatJSONLines:
			return writeLines(w, rows)
		case FormatXLSX:
			return writeBook(w, name, rows)
		case FormatParquet:
			return writeParquet(w, rows)
		}
		return writeCSV(w, rows)
	}, nil
}

func writeLines(w io.Writer, rows iter.Seq2[any, error]) error {
	for v, err := range rows {
		if err == nil {
			err = json.MarshalWrite(w, v, json.Deterministic(true))
		}
		if err == nil {
			_, err = io.WriteString(w, "\n")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeCSV writes UTF-8 with a byte order mark, by which a spreadsheet knows it.
func writeCSV(w io.Writer, rows iter.Seq2[any, error]) error {
	if _, err := w.Write(byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	head := false
	for v, err := range rows {
		if err != nil {
			return err
		}
		if !head {
			head = true
			_ = out.Write(namesOf(reflect.TypeOf(v))) // Flush reports what failed
		}
		var record []string
		for _, c := range valuesOf(reflect.ValueOf(v)) {
			if c.Kind == sheet.Text {
				c.Value = Inert(c.Value)
			}
			record = append(record, c.Value)
		}
		_ = out.Write(record)
	}
	out.Flush()
	return out.Error()
}

func writeBook(w io.Writer, name string, rows iter.Seq2[any, error]) error {
	book := sheet.NewWriter(w)
	book.Sheet(name, nil)
	head := false
	for v, err := range rows {
		if err != nil {
			return err
		}
		if !head {
			head = true
			book.Row(cellsOf(namesOf(reflect.TypeOf(v)))...)
		}
		book.Row(valuesOf(reflect.ValueOf(v))...)
	}
	return book.Close()
}

// Inert keeps a spreadsheet from taking a text for a formula.
func Inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// member is one of the JSON members of a type: a column.
type member struct {
	name string
	of   reflect.Type
}

func membersOf(t reflect.Type) (all []member) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			all = append(all, membersOf(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, member{name, f.Type})
	}
	return all
}

func namesOf(t reflect.Type) (names []string) {
	for _, m := range membersOf(t) {
		names = append(names, m.name)
	}
	return names
}

// amounts are the members that hold decimal text: numbers in a table.
var amounts = []string{"amount", "published_amount", "value", "quantity", "cash", "open"}

// valuesOf are the cells of one row, in the order of membersOf. A value that was
// not reported is an empty cell, and a list is its JSON.
func valuesOf(v reflect.Value) (cells []sheet.Cell) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			cells = append(cells, valuesOf(v.Field(i))...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		cells = append(cells, valueOf(name, v.Field(i)))
	}
	return cells
}

func valueOf(name string, v reflect.Value) sheet.Cell {
	kind := sheet.Text
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return sheet.Cell{}
		}
		if v = v.Elem(); v.Kind() == reflect.String {
			kind = sheet.Number // amounts that may be unknown
		}
	}
	if slices.Contains(amounts, name) || v.CanInt() || v.CanUint() {
		kind = sheet.Number
	}
	if v.Kind() == reflect.String {
		return sheet.Cell{Kind: kind, Value: v.String()}
	}
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return sheet.Cell{}
	}
	text, err := json.Marshal(v.Interface(), json.Deterministic(true))
	if err != nil {
		return sheet.Cell{Kind: sheet.Text, Value: err.Error()}
	}
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		return sheet.Cell{Kind: kind, Value: plain}
	}
	return sheet.Cell{Kind: kind, Value: string(text)}
}
