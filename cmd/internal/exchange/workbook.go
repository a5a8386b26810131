package exchange

import (
	"fmt"
	"iter"
	"slices"

	"aidledger/cmd/internal/exchange/sheet"
)

// workbookRows yields the rows of one sheet of a workbook, and says what a
// person who looks at it does not see.
func workbookRows(f *File, o Options) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		book, err := sheet.Open(f.disk, f.Size)
		if err != nil {
			yield(row{}, err)
			return
		}
		tableRows(sheetRows(book, o), func() bool { return book.Date1904 }, o)(yield)
	}
}

func sheetRows(book *sheet.Book, o Options) iter.Seq2[tableRow, error] {
	return func(yield func(tableRow, error) bool) {
		var notices []string
		for _, other := range book.Sheets() {
			if o.Sheet == "" && other != book.Sheets()[0] {
				notices = append(notices, fmt.Sprintf("the sheet %q is not imported", other))
			}
		}
		for r, err := range book.Rows(o.Sheet, func(columns string) { notices = append(notices, "the columns "+columns+" are hidden, and imported") }) {
			if err != nil {
				yield(tableRow{}, err)
				return
			}
			for _, n := range notices {
				if !yield(tableRow{notice: n}, nil) {
					return
				}
			}
			notices = nil
			out := tableRow{number: r.Number, cells: r.Cells}
			switch {
			case r.Hidden:
				out.notice = "the row is hidden, and imported"
			case slices.ContainsFunc(r.Cells, func(c sheet.Cell) bool { return c.Formula }):
				out.notice = "the last results of its formulas are imported"
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}
