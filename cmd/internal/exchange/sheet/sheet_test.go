package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/domain"
)

// book packs parts of a workbook; the usual ones are added where they are missing.
func book(parts map[string]string) []byte {
	usual := map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="Hidden" state="hidden" r:id="r2"/><sheet name="First" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" formatCode="[Red]0.00&quot;d&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>aloud</t></rPh></si></sst>`,
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range usual {
		if parts[name] == "" {
			parts[name] = content
		}
	}
	for name, content := range parts {
		f, _ := z.Create(name)
		_, _ = f.Write([]byte(content))
	}
	_ = z.Close()
	return b.Bytes()
}

func sheetOf(rows string) []byte {
	return book(map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><cols><col min="2" max="3" hidden="1"/></cols><sheetData>` + rows + `</sheetData></worksheet>`})
}

// told reads the first sheet and writes each row as one text.
func told(t *testing.T, file []byte) (lines []string, err error) {
	t.Helper()
	b, err := sheet.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	for row, err := range b.Rows("", func(column string) { lines = append(lines, "hidden "+column) }) {
		if err != nil {
			return lines, err
		}
		line := fmt.Sprint(row.Number)
		if row.Hidden {
			line += " hidden"
		}
		for _, c := range row.Cells {
			formula := ""
			if c.Formula {
				formula = "="
			}
			line += fmt.Sprintf(" %d%s%q", c.Kind, formula, c.Value)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func TestCellsAreWhatAPersonSees(t *testing.T) {
	got, err := told(t, sheetOf(`
		<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c t="s"><v>9</v></c></row>
		<row r="3" hidden="1"><c r="A3"><v>1234.5599999999999</v></c><c r="B3"><v>1.2E7</v></c><c r="C3"><v>0.10000000000000001</v></c><c r="D3"><v>1E-3</v></c></row>
		<row r="4"><c r="A4" s="1"><v>43101</v></c><c r="B4" s="2"><v>43101.75</v></c><c r="C4" s="1"><v>60</v></c><c r="D4" s="3"><v>60</v></c><c r="E4" s="1"><v>59</v></c></row>
		<row r="5"><c r="A5"><f>1+1</f><v>2</v></c><c r="B5"><f>1/0</f></c><c r="C5" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D5" t="b"><v>1</v></c><c r="E5" t="inlineStr"><is><t>=1+1</t></is></c><c r="F5" t="str"><f>A1</f><v>text</v></c><c r="G5" t="d"><v>2018-03-05T00:00:00</v></c></row>
		<row r="6"><c r="A6"><v>-99999999999999995</v></c><c r="B6"><v>nan</v></c></row>`))
	want := []string{"hidden B:C", `1 1"plain" 0"" 1"rich text" 5"#REF!"`, `3 hidden 2"1234.56" 2"12000000" 2"0.1" 2"0.001"`,
		`4 3"2018-01-01" 3"2018-01-01" 5"date 60" 2"60" 3"1900-02-28"`, `5 2="2" 0="" 5="#DIV/0!" 4"TRUE" 1"=1+1" 1="text" 3"2018-03-05"`,
		`6 2"-100000000000000000" 5"nan"`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v\nwant %q", got, err, want)
	}
}

func TestDatesMayCountFrom1904(t *testing.T) {
	got, err := told(t, book(map[string]string{"xl/workbook.xml": `<workbook><workbookPr date1904="1"/><sheets><sheet name="First" r:id="r1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c s="1"><v>41639</v></c></row></sheetData></worksheet>`}))
	if err != nil || !slices.Equal(got, []string{`1 3"2018-01-01"`}) {
		t.Errorf("got %q %v", got, err)
	}
}

func TestWhatIsNoWorkbookIsRefused(t *testing.T) {
	var other bytes.Buffer
	z := zip.NewWriter(&other)
	_, _ = z.Create("word/document.xml")
	_ = z.Close()
	for _, c := range []struct {
		name, code string
		file       []byte
	}{
		{"a damaged archive", "file_type", []byte("PK\x03\x04 and nothing more")},
		{"another archive", "file_type", other.Bytes()},
		{"macros", "file_type", book(map[string]string{"xl/vbaProject.bin": "x"})},
		{"a part outside of the archive", "file_type", book(map[string]string{"../../etc/passwd": "x"})},
		{"a document type", "file_type", sheetOf(`<!DOCTYPE x [<!ENTITY a "b">]>`)},
		{"half a sheet", "file_type", sheetOf(`<row r="1"><c>`)},
		{"a text without end", "file_too_large", sheetOf(`<row r="1"><c t="str"><v>` + strings.Repeat("a", 20<<20) + `</v></c></row>`)},
		{"two parts of one name", "file_type", twice("xl/worksheets/sheet1.xml")},
		{"two parts whose names differ in case", "file_type", twice("XL/worksheets/SHEET1.xml")},
		{"two sheets of one name", "file_type", book(map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="First" r:id="r1"/><sheet name="FIRST" r:id="r2"/></sheets></workbook>`})},
		{"a row twice", "file_type", sheetOf(`<row r="2"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row>`)},
		{"a row below zero", "file_type", sheetOf(`<row r="-1"><c><v>1</v></c></row>`)},
		{"a row that is no number", "file_type", sheetOf(`<row r="x"><c><v>1</v></c></row>`)},
		{"a cell twice", "file_type", sheetOf(`<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`)},
		{"cells in another order", "file_type", sheetOf(`<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>`)},
		{"a cell far away", "file_too_large", sheetOf(`<row r="1"><c r="ZZZZ1"><v>1</v></c></row>`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := told(t, c.file)
			var r *domain.Refusal
			if !errors.As(err, &r) || r.Code != c.code || r.Hint == "" {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// twice is a workbook that has a further part, beside the one of the same name.
func twice(name string) []byte {
	first := sheetOf(`<row r="1"><c><v>1</v></c></row>`)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	r, _ := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	for _, f := range r.File {
		_ = w.Copy(f)
	}
	_, _ = w.Create(name)
	_ = w.Close()
	return out.Bytes()
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	var b bytes.Buffer
	w := sheet.NewWriter(&b)
	w.Sheet("数据 & more", []int{10, 20}, sheet.Choice{Column: 2, Values: []string{"是", "否"}})
	w.Row(sheet.Cell{Kind: sheet.Text, Value: "名称 <name>"}, sheet.Cell{}, sheet.Cell{Kind: sheet.Text, Value: "=cmd|' /C calc'!A0"})
	w.Row(sheet.Cell{Kind: sheet.Number, Value: "-1234.50"}, sheet.Cell{Kind: sheet.Number, Value: "12345678901234567.89"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := told(t, b.Bytes())
	want := []string{`1 1"名称 <name>" 0"" 1"=cmd|' /C calc'!A0"`, `2 2"-1234.5" 1"12345678901234567.89"`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v, want %q", got, err, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" s="1"><f>a</f><v>1E5</v></c></row>`)
	f.Fuzz(func(t *testing.T, rows string) { _, _ = told(t, sheetOf(rows)) })
}
