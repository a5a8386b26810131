package pages

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange/sheet"
)

// table is rows under columns, as a page shows them and as a file exports them.
type table struct {
	Caption string
	Columns []column
	Rows    []row
	Empty   string // said where there are no rows
	Next    string // address of the page that follows
	First   string // address of the first page, on the ones that follow
	Export  string // address of the same rows as a file, without the format
	Note    string // said below the rows
}

// Stacks tells whether the table has too many columns for a phone.
func (t table) Stacks() bool { return stacks(t.Columns) }

func stacks(columns []column) bool { return len(columns) > 3 }

// shortened keeps the first rows of a table that has no other pages, and says
// how many there are.
func (v *visit) shortened(t table, rows int) table {
	if all := len(t.Rows); all > rows {
		t.Rows, t.Note = t.Rows[:rows], v.say("table.shortened", rows, all)
	}
	return t
}

type column struct {
	Label  string
	Number bool
	Hint   string // what is counted
}

type row struct {
	Cells []cell
	Sum   bool // of the rows above
}

// turned adds the addresses of the other pages.
func (v *visit) turned(t *table, next string) {
	if next != "" {
		t.Next = v.with("after", next)
	}
	if v.query.Get("after") != "" {
		t.First = v.with("after", "")
	}
}

// paged adds the addresses of the other pages, and those of the files.
func (v *visit) paged(t *table, next string) {
	v.turned(t, next)
	if v.caller.Has(access.Export) {
		t.Export = v.file()
	}
}

// file is the address of this page as a file, but for the name of the format.
func (v *visit) file() string {
	page := v.with("format", "")
	if strings.Contains(page, "?") {
		return page + "&format="
	}
	return page + "?format="
}

// with returns the address of this page with another value of a parameter.
func (v *visit) with(name, value string) string {
	q := url.Values{}
	for key, values := range v.query {
		q[key] = values
	}
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return v.r.URL.Path
	}
	return v.r.URL.Path + "?" + q.Encode()
}

// sendCSV sends a table as a file that spreadsheets open: with a byte order
// mark, and with no text that they would calculate.
func (v *visit) sendCSV(name string, t *table) error {
	v.attach(name+".csv", "text/csv; charset=utf-8")
	if _, err := v.w.Write([]byte("\ufeff")); err != nil {
		return nil // the client is gone
	}
	out := csv.NewWriter(v.w)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = plain(cell{Text: c.Label})
	}
	_ = out.Write(record)
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			record[i] = v.exported(c)
		}
		_ = out.Write(record[:len(r.Cells)])
	}
	out.Flush()
	return nil
}

// sendWorkbook sends a table as a workbook in which numbers are numbers.
func (v *visit) sendWorkbook(name string, t *table) error {
	v.attach(name+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	heads := make([]sheet.Cell, len(t.Columns))
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		heads[i], widths[i] = sheet.Cell{Value: c.Label}, 18
		if !c.Number && i == 0 {
			widths[i] = 32
		}
	}
	out := sheet.NewWriter(v.w)
	out.Sheet(v.say("export.sheet"), widths)
	out.Row(heads...)
	for _, r := range t.Rows {
		cells := make([]sheet.Cell, len(r.Cells))
		for i, c := range r.Cells {
			cells[i].Value = c.Text
			if c.Number {
				cells[i].Value = v.exported(c)
			}
			if number.MatchString(cells[i].Value) && c.Number {
				cells[i].Kind = sheet.Number
			}
		}
		out.Row(cells...)
	}
	_ = out.Close() // the client may be gone; there is nobody to tell
	return nil
}

// number is what a workbook can keep as a number.
var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// attach makes the answer a file.
func (v *visit) attach(name, contentType string) {
	h := v.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	v.w.WriteHeader(http.StatusOK)
}

// exported is a cell as text of a file: what the screen shows, with numbers
// that a program reads.
func (v *visit) exported(c cell) string {
	switch {
	case c.Unknown:
		return v.say("unknown")
	case c.Number:
		number := strings.ReplaceAll(c.Text, ",", "")
		if c.Approximate {
			return v.say("about") + " " + number
		}
		return number
	}
	return plain(c)
}

// plain keeps spreadsheets from taking a text for a formula.
func plain(c cell) string {
	if !c.Number && c.Text != "" && strings.ContainsRune("=+-@\t\r", rune(c.Text[0])) {
		return "'" + c.Text
	}
	return c.Text
}
