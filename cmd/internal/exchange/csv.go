package exchange

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"aidledger/cmd/internal/exchange/sheet"
)

// recordMax is how many bytes one record of a CSV file may have: a quotation
// mark that nobody closes must not swallow the rest of the file.
const recordMax = 1 << 20

// lineEnds makes every end of a line, CR, LF or CRLF, one LF, and counts the
// bytes since the last record.
type lineEnds struct {
	r     io.Reader
	after bool // a CR came last
	since int
}

// Read reads on, as long as a record has an end.
func (l *lineEnds) Read(p []byte) (int, error) {
	if l.since > recordMax {
		return 0, fault("file_too_large", "a row of the file has more than 1 MiB", "look for a quotation mark that is not closed")
	}
	for {
		n, err := l.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			skip := c == '\n' && l.after
			if l.after = c == '\r'; l.after {
				c = '\n'
			}
			if !skip {
				p[kept] = c
				kept++
			}
		}
		if l.since += kept; kept > 0 || err != nil {
			return kept, err
		}
	}
}

// csvRows yields the rows of a CSV file. Their number is the line on which they
// begin.
func csvRows(f *File) iter.Seq2[tableRow, error] {
	return func(yield func(tableRow, error) bool) {
		text, err := utf8Reader(f.open())
		if err != nil {
			yield(tableRow{}, err)
			return
		}
		ends := &lineEnds{r: text}
		in := csv.NewReader(ends)
		in.FieldsPerRecord = -1
		in.ReuseRecord = true
		if in.Comma, err = separator(f); err != nil {
			yield(tableRow{}, err)
			return
		}
		for {
			ends.since = 0
			record, err := in.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(tableRow{}, csvFault(err))
				return
			}
			line, _ := in.FieldPos(0)
			cells := make([]sheet.Cell, len(record))
			for i, value := range record {
				if value != "" {
					cells[i] = sheet.Cell{Kind: sheet.Text, Value: value}
				}
			}
			if !yield(tableRow{number: line, cells: cells}, nil) {
				return
			}
		}
	}
}

func csvFault(err error) error {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return fault("csv_syntax", fmt.Sprintf("line %d is malformed: %v", syntax.Line, syntax.Err), "put quotation marks around a text that has some, and write each of them twice")
	}
	return err
}

// separator is the character of which the first line has most.
func separator(f *File) (rune, error) {
	text, err := utf8Reader(f.open())
	if err != nil {
		return 0, err
	}
	head := make([]byte, 8<<10)
	n, _ := io.ReadFull(text, head) // shorter files are read as far as they go
	line, _, _ := strings.Cut(strings.ReplaceAll(string(head[:n]), "\r", "\n"), "\n")
	best, most := ',', 0
	for _, c := range ",;\t|" {
		if count := strings.Count(line, string(c)); count > most {
			best, most = c, count
		}
	}
	return best, nil
}
