package iati

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"aidledger/domain"
)

// Transaction is one transaction of a file: the command that records it, or
// what is wrong with it. Number counts from 1 in the file; Line is where it
// begins, and Name what the publisher calls it: its activity and its reference.
// Currency is the one that the activity names as its own.
type Transaction struct {
	Number   int
	Line     int
	Name     string
	Currency domain.Currency
	Command  *domain.RecordReportedTransaction
	Fault    error
}

// Limits of a file.
const (
	transactionsMax = 2_000_000 // of one file
	perActivityMax  = 100_000   // transactions of one activity
	tokenMax        = 8 << 20   // bytes of one tag or one text
	depthMax        = 64        // elements within each other
)

// errStop ends the reading of a file that nobody wants to read on.
var errStop = errors.New("no more transactions are wanted")

// Read yields the transactions of an activity file in its order. An error is
// one of the file as a whole and ends the reading: a *domain.Refusal with the
// code xml_dtd, xml_syntax, file_type or file_too_large. The name of a publisher
// that names itself nowhere is system.
func Read(file io.Reader, system string) iter.Seq2[Transaction, error] {
	return func(yield func(Transaction, error) bool) {
		r := &reader{metered: &metered{}, system: system, seen: map[sum]int{}, yield: yield}
		r.metered.r, r.encoded = plain(file)
		r.xml = xml.NewDecoder(r.metered)
		r.xml.CharsetReader = r.charset
		if err := r.file(); err != nil && !errors.Is(err, errStop) {
			yield(Transaction{}, r.explain(err))
		}
	}
}

type reader struct {
	*metered
	xml     *xml.Decoder
	system  string
	encoded bool // the first bytes say which encoding it is
	version string
	space   string      // namespace of the elements of the standard
	seen    map[sum]int // how often a reference, and a transaction, has come
	number  int
	depth   int
	yield   func(Transaction, error) bool
}

// metered counts the bytes since the last token, so that a file cannot make the
// decoder hold one text without end.
type metered struct {
	r     io.Reader
	since int
}

// Read reads on until a token becomes too long.
func (m *metered) Read(p []byte) (int, error) {
	if m.since > tokenMax {
		return 0, refusal("file_too_large", fmt.Sprintf("one text of the file has more than %d bytes", tokenMax), "check that the file is IATI XML")
	}
	n, err := m.r.Read(p)
	m.since += n
	return n, err
}

// explain turns an error of the decoder into one that says what to do.
func (r *reader) explain(err error) error {
	var known *domain.Refusal
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax) && syntax.Msg == "invalid UTF-8":
		return refusal("invalid_utf8", fmt.Sprintf("line %d has bytes that are no UTF-8, which the file says it is", syntax.Line),
			"ask the publisher which encoding it has, and write that into its first line: <?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")
	case errors.As(err, &syntax):
		return refusal("xml_syntax", fmt.Sprintf("line %d is no well-formed XML: %s", syntax.Line, syntax.Msg), "ask the publisher for a whole file")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refusal("xml_syntax", "the file ends too early", "ask the publisher for a whole file")
	case strings.Contains(err.Error(), "unsupported version"):
		return refusal("xml_syntax", fmt.Sprintf("line %d names another version of XML than 1.0", r.line()), "ask the publisher for XML 1.0")
	}
	return err
}

// line is the line that the reader has come to.
func (r *reader) line() int {
	line, _ := r.xml.InputPos()
	return line
}

func refusal(code, message, hint string) *domain.Refusal {
	return &domain.Refusal{Code: code, Message: message, Hint: hint}
}

// next returns the next token, and refuses what no file of IATI needs. Elements
// of other namespaces are extensions, of which the standard says nothing: they
// are passed over.
func (r *reader) next() (xml.Token, error) {
	foreign := 0 // elements of other namespaces that have begun
	for {
		r.since = 0
		token, err := r.xml.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, r.directive(t)
		case xml.StartElement:
			if r.depth++; r.depth > depthMax {
				return nil, refusal("xml_syntax", fmt.Sprintf("in line %d more than %d elements lie within each other", r.line(), depthMax), "check that the file is IATI XML")
			}
			if foreign > 0 || r.depth > 1 && t.Name.Space != "" && t.Name.Space != r.space {
				foreign++
				continue
			}
		case xml.EndElement:
			r.depth--
			if foreign > 0 {
				foreign--
				continue
			}
		}
		if foreign == 0 {
			return token, nil
		}
	}
}

// directive refuses a document type declaration.
func (r *reader) directive(d xml.Directive) error {
	if words := strings.Fields(strings.ToLower(string(d))); len(words) > 1 && words[1] == "html" {
		return refusal("file_type", fmt.Sprintf("line %d says that the file is a web page", r.line()), "download the file itself")
	}
	return refusal("xml_dtd", fmt.Sprintf("line %d has a document type declaration, which could make the file read other files", r.line()), "remove what begins with <!DOCTYPE")
}

// file reads the root: all activities, or a single one.
func (r *reader) file() error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		r.version, r.space = attribute(start, "version"), start.Name.Space
		switch start.Name.Local {
		case "iati-activities":
			err = r.activities()
		case "iati-activity":
			err = r.activity(start)
		default:
			return otherKind(start.Name.Local)
		}
		if err != nil {
			return err
		}
		return r.end()
	}
}

// otherKind refuses a file by its root.
func otherKind(root string) error {
	hint := "give a file whose root is iati-activities"
	if root == "iati-organisations" {
		hint = "organisation files have budgets and no transactions; " + hint
	}
	return refusal("file_type", fmt.Sprintf("the file begins with <%.40s>, so it is no file of IATI activities", root), hint)
}

// end reads on to the end: a second document in one file would be lost.
func (r *reader) end() error {
	for {
		switch token, err := r.next(); t := token.(type) {
		case nil:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case xml.StartElement:
			return refusal("xml_syntax", fmt.Sprintf("line %d begins another document behind the end of the first", r.line()), "give each document as a file of its own")
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return refusal("xml_syntax", fmt.Sprintf("line %d has text behind the end of the document", r.line()), "ask the publisher for a whole file")
			}
		}
	}
}

func (r *reader) activities() error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if t.Name.Local != "iati-activity" {
				err = r.skip()
			} else {
				err = r.activity(t)
			}
			if err != nil {
				return err
			}
		}
	}
}

// skip passes over the rest of an element that was begun.
func (r *reader) skip() error {
	for end := r.depth - 1; r.depth > end; {
		if _, err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

// text returns what an element that was begun says: its first narrative, else
// its own text.
func (r *reader) text() (string, error) {
	var own, narrative strings.Builder
	inside := false
	for end := r.depth - 1; r.depth > end; {
		token, err := r.next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local == "narrative" && strings.TrimSpace(narrative.String()) == ""
		case xml.EndElement:
			inside = false
		case xml.CharData:
			switch {
			case inside:
				narrative.Write(t)
			case r.depth == end+1:
				own.Write(t)
			}
		}
	}
	if said := clean(narrative.String()); said != "" {
		return said, nil
	}
	return clean(own.String()), nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// clean makes one line of a text: single spaces, and no character that a
// ledger does not record.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if _, err := domain.ParseText(s, 0); err == nil || s == "" {
		return s
	}
	s = strings.Map(func(c rune) rune {
		if _, err := domain.ParseText("a"+string(c), 0); err != nil {
			return -1
		}
		return c
	}, s)
	const most = 1000 // characters of a name or a description
	if all := []rune(s); len(all) > most {
		s = string(all[:most]) + "…"
	}
	return strings.TrimSpace(s)
}
