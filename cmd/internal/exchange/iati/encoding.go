package iati

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The first bytes of XML in UTF-16, with a mark and without one, and the mark
// of UTF-8.
var (
	littleEndian = []byte("<\x00")
	bigEndian    = []byte("\x00<")
	marks        = [][]byte{[]byte("\xff\xfe"), []byte("\xfe\xff")}
	utf8Mark     = []byte("\xef\xbb\xbf")
)

// IsXML tells by its first bytes whether a file is XML, in whatever encoding.
func IsXML(head []byte) bool {
	for _, mark := range append(marks, utf8Mark) {
		head = bytes.TrimPrefix(head, mark)
	}
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\x00"), []byte("<"))
}

// plain returns a file without its byte order mark, as UTF-8 where its first
// bytes say that it is UTF-16. What they say counts more than the declaration of
// the file, which programs leave as it was when they save it anew: known tells
// that no declaration is to be believed.
func plain(file io.Reader) (text io.Reader, known bool) {
	in := bufio.NewReader(file)
	head, _ := in.Peek(len(utf8Mark)) // a shorter file has no mark
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) (io.Reader, bool) {
		return transform.NewReader(in, unicode.UTF16(order, mark).NewDecoder()), true
	}
	switch {
	case bytes.HasPrefix(head, marks[0]), bytes.HasPrefix(head, marks[1]):
		return utf16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, littleEndian):
		return utf16(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(head, bigEndian):
		return utf16(unicode.BigEndian, unicode.IgnoreBOM)
	case bytes.Equal(head, utf8Mark):
		_, _ = in.Discard(len(utf8Mark)) // it was peeked at
		return in, true
	}
	return in, false
}

// charset decodes what comes after a declaration that can be read as it stands:
// such a file is no UTF-16, whatever it says.
func (r *reader) charset(label string, input io.Reader) (io.Reader, error) {
	if r.encoded || strings.HasPrefix(strings.ToLower(label), "utf-16") || strings.HasPrefix(strings.ToLower(label), "ucs-2") {
		return input, nil
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, refusal("encoding_unknown", fmt.Sprintf("nobody knows the encoding %.40q", label), "save the file as UTF-8")
	}
	return transform.NewReader(input, e.NewDecoder()), nil
}
