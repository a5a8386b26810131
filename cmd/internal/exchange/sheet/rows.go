package sheet

import (
	"encoding/xml"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"aidledger/domain"
)

// Kind says what a cell holds.
type Kind uint8

// The kinds.
const (
	Empty Kind = iota
	Text
	Number
	Date
	Truth
	Error // a formula that failed, or a number that is none
)

// Cell is one cell. Value is a text, a decimal number, a date such as
// 2018-03-05, TRUE or FALSE, or the error as Excel shows it. Formula says that
// the value is the last result of a formula.
type Cell struct {
	Kind    Kind
	Value   string
	Formula bool
}

// Row is one row, with its number as Excel shows it.
type Row struct {
	Number int
	Hidden bool
	Cells  []Cell // valid until the next row
}

// Rows yields the rows of a sheet that have cells, and hides nothing; columns
// that are hidden are told to hidden first. An empty name is the first visible
// sheet. A sheet that does not exist is refused with sheet_not_found.
func (b *Book) Rows(name string, hidden func(column string)) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		part, err := b.find(name)
		last := 0
		if err == nil {
			err = b.part(part, func(d *decoder, t xml.StartElement) error {
				switch t.Name.Local {
				case "col":
					if truth(attribute(t, "hidden")) {
						hidden(columnsOf(t))
					}
				case "row":
					return b.row(d, t, &last, yield)
				}
				return nil
			})
		}
		if err != nil && err != errEnough {
			yield(Row{}, err)
		}
	}
}

func (b *Book) find(name string) (part string, err error) {
	for _, s := range b.sheets {
		if name == s.name || name == "" && !s.hidden {
			return s.part, nil
		}
	}
	return "", &domain.Refusal{Kind: domain.NotFound, Code: "sheet_not_found", Message: fmt.Sprintf("the workbook has no sheet %.60q", name),
		Hint: "use one of " + strings.Join(b.Sheets(), ", ")}
}

// columnsOf names a range of columns: C, or C:E.
func columnsOf(t xml.StartElement) string {
	first, _ := strconv.Atoi(attribute(t, "min"))
	last, _ := strconv.Atoi(attribute(t, "max"))
	if last <= first {
		return ColumnName(first)
	}
	return ColumnName(first) + ":" + ColumnName(last)
}

// ColumnName returns the letters of a column that is counted from 1.
func ColumnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// columnNumber reads the letters of a reference such as C7.
func columnNumber(reference string) int {
	n := 0
	for _, c := range strings.ToUpper(reference) {
		if c < 'A' || c > 'Z' || n > cellsMax {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n
}

// row reads a row that was begun and yields it. One without a number follows the
// last one. Rows and cells have to be in order: a program that took the first of
// two with one number would show something else than one that took the second.
func (b *Book) row(d *decoder, start xml.StartElement, last *int, yield func(Row, error) bool) error {
	row := Row{Number: *last + 1, Hidden: truth(attribute(start, "hidden"))}
	if r := attribute(start, "r"); r != "" {
		row.Number, _ = strconv.Atoi(r)
	}
	if row.Number <= *last {
		return fileType(fmt.Sprintf("row %d of the sheet is there twice, or not in its place", row.Number), "open the workbook and save it again as .xlsx")
	}
	*last = row.Number
	for {
		token, err := d.next()
		if err != nil {
			return broken(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			column := columnNumber(attribute(t, "r"))
			if column == 0 {
				column = len(row.Cells) + 1
			}
			if column > cellsMax {
				return tooLarge(fmt.Sprintf("row %d has more than %d cells", row.Number, cellsMax))
			}
			if column <= len(row.Cells) {
				return fileType(fmt.Sprintf("the cell %s%d is there twice, or not in its place", ColumnName(column), row.Number), "open the workbook and save it again as .xlsx")
			}
			cell, err := b.cell(d, t)
			if err != nil {
				return err
			}
			for len(row.Cells) < column {
				row.Cells = append(row.Cells, Cell{})
			}
			row.Cells[column-1] = cell
		case xml.EndElement:
			if t.Name.Local != "row" {
				continue
			}
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		}
	}
}

// cell reads a cell that was begun.
func (b *Book) cell(d *decoder, start xml.StartElement) (Cell, error) {
	var c Cell
	var value strings.Builder
	inside := false
	for {
		token, err := d.next()
		if err != nil {
			return c, broken(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch inside = t.Name.Local == "v"; t.Name.Local {
			case "f":
				c.Formula = true
			case "is":
				text, err := textOf(d, "is")
				if err != nil {
					return c, err
				}
				value.WriteString(text)
			}
		case xml.CharData:
			if inside && value.Len() < 4*textMax {
				value.Write(t)
			}
		case xml.EndElement:
			if inside = false; t.Name.Local == "c" {
				style, _ := strconv.Atoi(attribute(start, "s"))
				b.say(&c, attribute(start, "t"), style, value.String())
				return c, nil
			}
		}
	}
}

// say turns the stored text of a cell into what it means.
func (b *Book) say(c *Cell, kind string, style int, v string) {
	switch kind {
	case "s":
		c.Kind, c.Value = Error, "#REF!"
		if i, err := strconv.Atoi(v); err == nil && i >= 0 && i < len(b.strings) {
			c.Kind, c.Value = Text, b.strings[i]
		}
	case "str", "inlineStr":
		c.Kind, c.Value = Text, v
	case "e":
		c.Kind, c.Value = Error, v
	case "b":
		c.Kind, c.Value = Truth, "FALSE"
		if truth(v) {
			c.Value = "TRUE"
		}
	case "d":
		v, _, _ = strings.Cut(v, "T")
		c.Kind, c.Value = Date, v
	default:
		b.number(c, style, v)
	}
	if c.Value == "" && c.Kind != Error {
		c.Kind = Empty
	}
}

func (b *Book) number(c *Cell, style int, v string) {
	if v == "" {
		return
	}
	text, ok := decimal(v)
	switch {
	case !ok:
		c.Kind, c.Value = Error, v
	case style >= 0 && style < len(b.dates) && b.dates[style]:
		if day, ok := DateOf(text, b.Date1904); ok {
			c.Kind, c.Value = Date, day
		} else {
			c.Kind, c.Value = Error, "date "+text
		}
	default:
		c.Kind, c.Value = Number, text
	}
}
