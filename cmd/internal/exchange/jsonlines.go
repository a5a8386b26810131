package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"iter"
)

// lineMax is how many bytes a line of JSON may have.
const lineMax = 1 << 20

// jsonRows yields JSON lines: one object for each command, as the API takes
// them.
func (im *Importer) jsonRows(f *File, o Options) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		text, err := utf8Reader(f.open())
		if err != nil {
			yield(row{}, err)
			return
		}
		lines := bufio.NewScanner(text)
		lines.Buffer(make([]byte, 0, 64<<10), lineMax)
		number := 0
		for lines.Scan() {
			number++
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			if counts, ok := bytes.CutPrefix(lines.Bytes(), []byte(`{"`+leftOutMember+`":`)); ok {
				if !yield(row{number: number, notice: "the history does not carry " + string(bytes.TrimSuffix(counts, []byte("}")))}, nil) {
					return
				}
				continue
			}
			r := row{number: number, key: number}
			r.id, r.command, r.fault = im.Decode(o.Command, lines.Bytes())
			if !yield(r, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(row{}, fault("file_too_large", "a line of the file has more than 1 MiB", "write one command per line"))
		case err != nil:
			yield(row{}, err)
		}
	}
}
