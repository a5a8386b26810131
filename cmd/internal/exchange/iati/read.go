package iati

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"aidledger/domain"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Transaction is one transaction of a file: the command that records it, or
// what is wrong with it. Number counts from 1 in the file; Line is where it
// begins. Currency is the one that the activity names as its own.
type Transaction struct {
	Number   int
	Line     int
	Activity string
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
		r := &reader{metered: &metered{r: file}, system: system, seen: map[sum]int{}, yield: yield}
		r.xml = xml.NewDecoder(r.metered)
		r.xml.CharsetReader = charset
		if err := r.file(); err != nil && !errors.Is(err, errStop) {
			yield(Transaction{}, r.explain(err))
		}
	}
}

type reader struct {
	*metered
	xml     *xml.Decoder
	system  string
	version string
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

func charset(label string, input io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, refusal("encoding_unknown", fmt.Sprintf("nobody knows the encoding %.40q", label), "save the file as UTF-8")
	}
	return transform.NewReader(input, e.NewDecoder()), nil
}

// explain turns an error of the decoder into one that says what to do.
func (r *reader) explain(err error) error {
	var known *domain.Refusal
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax):
		return refusal("xml_syntax", fmt.Sprintf("line %d is no well-formed XML: %s", syntax.Line, syntax.Msg), "ask the publisher for a whole file")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refusal("xml_syntax", "the file ends too early", "ask the publisher for a whole file")
	}
	return err
}

func refusal(code, message, hint string) *domain.Refusal {
	return &domain.Refusal{Code: code, Message: message, Hint: hint}
}

// next returns the next token, and refuses what no file of IATI needs.
func (r *reader) next() (xml.Token, error) {
	r.since = 0
	token, err := r.xml.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case xml.Directive:
		return nil, refusal("xml_dtd", "the file has a document type declaration, which could make it read other files", "remove the line that begins with <!DOCTYPE")
	case xml.StartElement:
		if r.depth++; r.depth > depthMax {
			return nil, refusal("xml_syntax", fmt.Sprintf("more than %d elements lie within each other", depthMax), "check that the file is IATI XML")
		}
		return t, nil
	case xml.EndElement:
		r.depth--
	}
	return token, nil
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
		switch start.Name.Local {
		case "iati-activities":
			r.version = attribute(start, "version")
			return r.activities()
		case "iati-activity":
			r.version = attribute(start, "version")
			return r.activity(start)
		}
		return refusal("file_type", fmt.Sprintf("the file begins with <%.40s>, so it is no file of IATI activities", start.Name.Local), "give a file whose root is iati-activities")
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
		if a.Name.Local == name {
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
