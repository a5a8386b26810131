package exchange

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// An encoding is found by the byte order mark, else by whether the first part
// of the file is UTF-8; Chinese programs that write anything else write GB18030,
// of which GBK is a part.
const probe = 64 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// utf8Reader returns a text as UTF-8 without a byte order mark. Bytes that are
// not of the encoding that was found become U+FFFD, which no field accepts.
func utf8Reader(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, probe)
	head, err := in.Peek(probe)
	if err != nil && err != io.EOF {
		return nil, err
	}
	e, err := encodingOf(head)
	if err != nil {
		return nil, err
	}
	if e == nil {
		if bytes.HasPrefix(head, byteOrderMark) {
			_, _ = in.Discard(len(byteOrderMark))
		}
		return in, nil
	}
	return transform.NewReader(in, e.NewDecoder()), nil
}

// encodingOf returns nil for UTF-8.
func encodingOf(head []byte) (encoding.Encoding, error) {
	switch {
	case bytes.HasPrefix(head, byteOrderMark):
		return nil, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case bytes.IndexByte(head, 0) >= 0:
		return nil, fault("encoding_unknown", "the file is neither a text nor a workbook", "save it as CSV UTF-8 or as .xlsx")
	}
	valid := head
	for range utf8.UTFMax { // the end may cut a character
		if len(valid) == 0 || utf8.Valid(valid) {
			return nil, nil
		}
		if len(head) < probe && len(valid) < len(head) {
			break // the file ends here
		}
		valid = valid[:len(valid)-1]
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(head[:len(head)-len(head)%2])
	if err == nil && bytes.Count(decoded, []byte("\uFFFD")) <= 1 {
		return simplifiedchinese.GB18030, nil
	}
	return nil, fault("invalid_utf8", "the text is neither UTF-8 nor GB18030", "save it as CSV UTF-8")
}

func firstText(head []byte) (string, error) {
	r, err := utf8Reader(bytes.NewReader(head))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}
