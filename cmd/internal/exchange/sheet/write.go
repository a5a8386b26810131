package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Writer writes a workbook, one row after the other, without holding them. The
// first error is kept and returned by Close.
type Writer struct {
	zip    *zip.Writer
	out    *bufio.Writer
	err    error
	sheets []string
	row    int
	choice []Choice
	widths []int
}

// Choice is a list of values that the cells of a column can be chosen from.
type Choice struct {
	Column int // counted from 1
	Values []string
}

// NewWriter begins a workbook.
func NewWriter(w io.Writer) *Writer { return &Writer{zip: zip.NewWriter(w)} }

const (
	namespace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	header    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// Sheet begins a sheet whose columns have these widths in characters. Its first
// row stays in sight.
func (w *Writer) Sheet(name string, widths []int, choices ...Choice) {
	w.end()
	w.sheets = append(w.sheets, name)
	w.row, w.choice, w.widths = 0, choices, widths
	part, err := w.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(w.sheets)))
	w.fail(err)
	w.out = bufio.NewWriterSize(part, 64<<10)
	w.write(header, `<worksheet `, namespace, `><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`)
	if len(widths) > 0 {
		w.write(`<cols>`)
		for i, width := range widths {
			n := strconv.Itoa(i + 1)
			w.write(`<col min="`, n, `" max="`, n, `" width="`, strconv.Itoa(width), `" customWidth="1"/>`)
		}
		w.write(`</cols>`)
	}
	w.write(`<sheetData>`)
}

// Row writes a row. Cells of the kind Number are numbers where a spreadsheet
// keeps all their digits, and texts otherwise; all others are texts, which no
// spreadsheet takes for a formula.
func (w *Writer) Row(cells ...Cell) {
	w.row++
	w.write(`<row r="`, strconv.Itoa(w.row), `">`)
	for i, c := range cells {
		if c.Value == "" {
			continue
		}
		at := ColumnName(i+1) + strconv.Itoa(w.row)
		if c.Kind == Number && len(strings.Trim(c.Value, "-.")) <= significantDigits {
			style := ""
			if point := strings.IndexByte(c.Value, '.'); point >= 0 && len(c.Value)-point == 3 {
				style = ` s="2"` // 1,234.50, as people write money
			}
			w.write(`<c r="`, at, `"`, style, `><v>`, c.Value, `</v></c>`)
			continue
		}
		style := ""
		if w.row == 1 {
			style = ` s="1"`
		}
		w.write(`<c r="`, at, `"`, style, ` t="inlineStr"><is><t xml:space="preserve">`)
		w.escape(c.Value)
		w.write(`</t></is></c>`)
	}
	w.write(`</row>`)
}

func (w *Writer) write(parts ...string) {
	for _, p := range parts {
		_, err := w.out.WriteString(p)
		w.fail(err)
	}
}

func (w *Writer) escape(s string) {
	if n := utf8.RuneCountInString(s); n > textMax {
		s = string([]rune(s)[:textMax])
	}
	w.fail(xml.EscapeText(w.out, []byte(s)))
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// end finishes the sheet that was begun.
func (w *Writer) end() {
	if w.out == nil {
		return
	}
	w.write(`</sheetData>`)
	if len(w.choice) > 0 {
		w.write(`<dataValidations count="`, strconv.Itoa(len(w.choice)), `">`)
		for _, c := range w.choice {
			name := ColumnName(c.Column)
			w.write(`<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="`, name, `2:`, name, `1048576"><formula1>"`)
			w.escape(strings.Join(c.Values, ","))
			w.write(`"</formula1></dataValidation>`)
		}
		w.write(`</dataValidations>`)
	}
	w.write(`</worksheet>`)
	w.fail(w.out.Flush())
	w.out = nil
}

// Close finishes the workbook. It does not close what it was written to.
func (w *Writer) Close() error {
	w.end()
	var sheets, relations, types strings.Builder
	for i, name := range w.sheets {
		var escaped strings.Builder
		_ = xml.EscapeText(&escaped, []byte(name))
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped.String(), i+1, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
	}
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	for _, part := range []struct{ name, content string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + namespace + ` xmlns:r="` + office + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + relations.String() + `<Relationship Id="rIdS" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet ` + namespace + `><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/><xf fontId="1" applyFont="1" xfId="0"/><xf numFmtId="4" applyNumberFormat="1" xfId="0"/></cellXfs></styleSheet>`},
	} {
		f, err := w.zip.Create(part.name)
		w.fail(err)
		if err == nil {
			_, err = io.WriteString(f, header+part.content)
			w.fail(err)
		}
	}
	w.fail(w.zip.Close())
	return w.err
}
