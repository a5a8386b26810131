package exchange

import (
	"iter"
	"strings"

	"aidledger/cmd/internal/exchange/fts"
	"aidledger/cmd/internal/exchange/sheet"
)

// ftsRows yields the flows of a file of the Financial Tracking Service, which is
// JSON or a table.
func ftsRows(f *File) iter.Seq2[row, error] {
	head := make([]byte, 64)
	n, _ := f.open().Read(head) // as far as it goes
	if strings.HasPrefix(string(head), "PK") {
		return ftsBook(f)
	}
	if text := strings.TrimLeft(string(head[:n]), "\ufeff \r\n\t"); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ftsJSON(f)
	}
	return ftsTable(csvRows(f))
}

// titlesMax is how many rows of a workbook may stand above the headings.
const titlesMax = 10

// isFlowBook tells whether the first sheet of a workbook is a table of flows.
// What cannot be read is none: whoever reads it next says why.
func isFlowBook(f *File) bool {
	book, err := sheet.Open(f.disk, f.Size)
	if err != nil {
		return false
	}
	rows := 0
	for line, err := range sheetRows(book, Options{}) {
		if err != nil {
			return false
		}
		if fts.IsHeading(texts(line.cells)) {
			return true
		}
		if rows++; rows > titlesMax {
			return false
		}
	}
	return false
}

// ftsBook yields the flows below the headings in the first sheet of a workbook.
func ftsBook(f *File) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		book, err := sheet.Open(f.disk, f.Size)
		if err != nil {
			yield(row{}, err)
			return
		}
		below := false
		ftsTable(func(yield func(tableRow, error) bool) {
			for line, err := range sheetRows(book, Options{}) {
				below = below || err != nil || fts.IsHeading(texts(line.cells))
				if below && !yield(line, err) {
					return
				}
			}
		})(yield)
	}
}

func ftsJSON(f *File) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		text, err := utf8Reader(f.open())
		if err != nil {
			yield(row{}, err)
			return
		}
		for flow, err := range fts.ReadJSON(text) {
			r := row{number: flow.Number, key: flow.Number, fault: flow.Fault}
			if flow.Command != nil && flow.Fault == nil {
				r.command = flow.Command
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func ftsTable(lines iter.Seq2[tableRow, error]) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		var table *fts.Table
		for line, err := range lines {
			if err == nil && table == nil {
				if table, err = fts.NewTable(texts(line.cells)); err == nil {
					continue
				}
			}
			if err != nil {
				yield(row{}, err)
				return
			}
			r := row{number: line.number, key: line.number, notice: line.notice, fault: line.fault}
			if r.fault == nil && !blank(line.cells) {
				c, err := table.Command(texts(line.cells))
				switch {
				case err != nil:
					r.fault = err
				case c == nil:
					r.notice = "it has the tags of HXL and is left out"
				default:
					r.command = c
				}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
