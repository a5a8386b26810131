package sheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"aidledger/domain"
)

// Limits of a workbook.
const (
	partMax    = 4 << 30   // unpacked bytes of one part
	stringsMax = 256 << 20 // bytes of all shared strings
	tokenMax   = 8 << 20   // bytes of one text
	filesMax   = 10_000    // parts
	cellsMax   = 16_384    // cells of a row, as Excel has them
	textMax    = 32_767    // characters of a cell, likewise
)

// Book is a workbook that is being read.
type Book struct {
	files    map[string]*zip.File
	sheets   []entry
	strings  []string
	dates    []bool // by number of a cell's style
	Date1904 bool   // its dates count from 1904
}

// entry is one sheet of the workbook.
type entry struct {
	name, part string
	hidden     bool
}

// Open reads what the sheets of a workbook share. It returns a *domain.Refusal
// with the code file_type for what is no workbook, or one with macros.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fileType("the file is damaged, or no workbook at all", "open it and save it again as .xlsx")
	}
	if len(z.File) > filesMax {
		return nil, tooLarge("the workbook has too many parts")
	}
	b := &Book{files: map[string]*zip.File{}}
	for _, f := range z.File {
		switch {
		case path.IsAbs(f.Name) || strings.Contains(f.Name, "..") || strings.Contains(f.Name, `\`):
			return nil, fileType(fmt.Sprintf("the workbook has a part called %.60q", f.Name), "do not trust this file; ask for it again")
		case strings.HasSuffix(f.Name, "vbaProject.bin"):
			return nil, fileType("the workbook has macros", "save it as .xlsx, which has none")
		}
		name := strings.ToLower(f.Name)
		if b.files[name] != nil { // each program would read another one of them
			return nil, fileType(fmt.Sprintf("the workbook has two parts called %.60q", f.Name), "do not trust this file; ask for it again")
		}
		b.files[name] = f
	}
	if b.files["xl/workbook.xml"] == nil {
		return nil, fileType("the archive is no workbook of the .xlsx form", "open it and save it as .xlsx")
	}
	for _, step := range []func() error{b.readWorkbook, b.readStyles, b.readStrings} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func fileType(message, hint string) error {
	return &domain.Refusal{Code: "file_type", Message: message, Hint: hint}
}

func tooLarge(message string) error {
	return &domain.Refusal{Code: "file_too_large", Message: message, Hint: "split it, or save it as CSV"}
}

// Sheets lists the visible sheets by name.
func (b *Book) Sheets() []string {
	var names []string
	for _, s := range b.sheets {
		if !s.hidden {
			names = append(names, s.name)
		}
	}
	return names
}

// part opens a part of the archive as XML, and calls f for each element that
// begins in it; f may read on. A part that is missing has no elements.
func (b *Book) part(name string, f func(*decoder, xml.StartElement) error) error {
	file := b.files[strings.ToLower(name)]
	if file == nil {
		return nil
	}
	r, err := file.Open()
	if err != nil {
		return fileType("a part of the workbook cannot be read", "open it and save it again as .xlsx")
	}
	defer r.Close()
	in := &bounded{r: r, left: partMax}
	d := &decoder{xml.NewDecoder(in), in}
	for {
		token, err := d.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return broken(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return fileType("a part of the workbook has a document type declaration", "do not trust this file; ask for it again")
		case xml.StartElement:
			if err := f(d, t); err != nil {
				return err
			}
		}
	}
}

// broken keeps an error that says what to do, and explains any other one.
func broken(err error) error {
	var refusal *domain.Refusal
	if errors.As(err, &refusal) || errors.Is(err, errEnough) {
		return err
	}
	return fileType("a part of the workbook is damaged", "open it and save it again as .xlsx")
}

var errEnough = errors.New("no more rows are wanted")

// bounded refuses a part that unpacks without end, and a token without end.
type bounded struct {
	r     io.Reader
	left  int64
	since int // bytes since the last token
}

// Read reads on as long as the limits allow.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge("a part of the workbook unpacks to more than 4 GiB")
	}
	if b.since += n; b.since > tokenMax {
		return 0, tooLarge("a text of the workbook has more than 8 MiB")
	}
	return n, err
}

type decoder struct {
	*xml.Decoder
	in *bounded
}

func (d *decoder) next() (xml.Token, error) {
	d.in.since = 0
	return d.RawToken()
}

func (b *Book) readWorkbook() error {
	targets := map[string]string{}
	err := b.part("xl/_rels/workbook.xml.rels", func(_ *decoder, t xml.StartElement) error {
		if t.Name.Local == "Relationship" {
			target := attribute(t, "Target")
			if !strings.HasPrefix(target, "/") {
				target = "xl/" + target
			}
			targets[attribute(t, "Id")] = strings.TrimPrefix(path.Clean(target), "/")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.part("xl/workbook.xml", func(_ *decoder, t xml.StartElement) error {
		switch t.Name.Local {
		case "workbookPr":
			b.Date1904 = truth(attribute(t, "date1904"))
		case "sheet":
			if slices.ContainsFunc(b.sheets, func(e entry) bool { return strings.EqualFold(e.name, attribute(t, "name")) }) {
				return fileType(fmt.Sprintf("the workbook has two sheets called %.60q", attribute(t, "name")), "give each sheet a name of its own, and save it again as .xlsx")
			}
			b.sheets = append(b.sheets, entry{attribute(t, "name"), targets[attribute(t, "id")], attribute(t, "state") != "" && attribute(t, "state") != "visible"})
		}
		return nil
	})
}

// readStyles finds out which styles show a number as a date.
func (b *Book) readStyles() error {
	custom := map[string]bool{}
	cells := false
	return b.part("xl/styles.xml", func(_ *decoder, t xml.StartElement) error {
		switch t.Name.Local {
		case "numFmt":
			custom[attribute(t, "numFmtId")] = showsDate(attribute(t, "formatCode"))
		case "cellXfs":
			cells = true
		case "cellStyles", "dxfs":
			cells = false
		case "xf":
			if id := attribute(t, "numFmtId"); cells {
				b.dates = append(b.dates, custom[id] || slices.Contains(dateFormats, id))
			}
		}
		return nil
	})
}

// dateFormats are the numbers of Excel's own formats that show a date; 27 to 36
// and 50 to 58 are those of Chinese, Japanese and Korean.
var dateFormats = strings.Fields("14 15 16 17 22 27 28 29 30 31 36 50 51 52 53 54 57 58")

// showsDate tells whether a format has a year or a day outside of quotes.
func showsDate(format string) bool {
	quoted, bracket := false, false
	for _, c := range strings.ToLower(format) {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case !quoted && !bracket && (c == 'y' || c == 'd'):
			return true
		}
	}
	return false
}

func (b *Book) readStrings() error {
	total := 0
	return b.part("xl/sharedStrings.xml", func(d *decoder, t xml.StartElement) error {
		if t.Name.Local != "si" {
			return nil
		}
		text, err := textOf(d, "si")
		if err != nil {
			return err
		}
		if total += len(text) + 16; total > stringsMax {
			return tooLarge("the texts of the workbook take more than 256 MiB")
		}
		b.strings = append(b.strings, text)
		return nil
	})
}

// textOf reads the texts of an element that was begun, without those that say
// how Chinese characters are read aloud.
func textOf(d *decoder, end string) (string, error) {
	var text strings.Builder
	inside, aloud := false, false
	for {
		token, err := d.next()
		if err != nil {
			return "", broken(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside, aloud = t.Name.Local == "t", aloud || t.Name.Local == "rPh"
		case xml.EndElement:
			inside, aloud = false, aloud && t.Name.Local != "rPh"
			if t.Name.Local == end {
				return text.String(), nil
			}
		case xml.CharData:
			if inside && !aloud && text.Len() < 4*textMax {
				text.Write(t)
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func truth(s string) bool { return s == "1" || s == "true" }
