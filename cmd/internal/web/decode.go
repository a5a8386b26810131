package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"aidledger/domain"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// decodeCommand reads one JSON object into a command. It is strict: no
// duplicate or unknown names, no folding of case, no null, no invalid UTF-8,
// nothing after the object. The error is a *domain.Refusal where the text is
// no JSON object, and domain.Refusals that name every field at fault
// otherwise, those of domain.Check included. The names in also may stand in
// the object and are not read.
func decodeCommand(t domain.CommandType, body []byte, also ...string) (domain.Command, error) {
	if err := checkUTF8(body); err != nil {
		return nil, err
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.begin(body)
	c := t.New()
	if err := d.whole(c, t.Field, also); err != nil {
		return nil, syntaxFault(err)
	}
	if len(d.faults) > 0 {
		return nil, allFaults(d.faults, domain.Check(c))
	}
	return c, nil
}

var decoders = sync.Pool{New: func() any { return &decoder{json: jsontext.NewDecoder(bytes.NewReader(nil))} }}

// decoder walks through the tokens of one object. Faults of fields are
// collected; an error is one of the JSON text and ends the walk.
type decoder struct {
	json   *jsontext.Decoder
	faults domain.Refusals
}

func (d *decoder) begin(body []byte) {
	d.json.Reset(bytes.NewBuffer(body))
	d.faults = nil
}

var (
	errNotObject = errors.New("it is not an object")
	errSecond    = errors.New("something stands after the object")
)

func (d *decoder) whole(target any, fields []domain.Field, also []string) error {
	first, err := d.json.ReadToken()
	if err != nil {
		return err
	}
	if first.Kind() != '{' {
		return errNotObject
	}
	if err := d.members(target, fields, "", also); err != nil {
		return err
	}
	switch _, err := d.json.ReadToken(); {
	case err == nil:
		return errSecond
	case err != io.EOF:
		return err
	}
	return nil
}

// members reads the members of an object after its opening brace.
func (d *decoder) members(target any, fields []domain.Field, prefix string, also []string) error {
	seen := make([]bool, len(fields))
	for d.json.PeekKind() != '}' {
		token, err := d.json.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		i := slices.IndexFunc(fields, func(f domain.Field) bool { return f.Name == name })
		if i < 0 {
			if prefix != "" || !slices.Contains(also, name) {
				d.unknown(prefix, name, fields)
			}
			if err := d.json.SkipValue(); err != nil {
				return err
			}
			continue
		}
		seen[i] = true
		if err := d.value(domain.FieldPointer(target, fields[i]), fields[i], prefix+name); err != nil {
			return err
		}
	}
	for i, f := range fields {
		if f.Required && !seen[i] {
			d.fault(prefix+f.Name, &domain.Refusal{Code: "field_required", Message: prefix + f.Name + " is required", Hint: "give it a value"})
		}
	}
	_, err := d.json.ReadToken()
	return err
}

func (d *decoder) unknown(prefix, name string, fields []domain.Field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		if strings.EqualFold(f.Name, name) {
			names = []string{f.Name}
			break
		}
	}
	d.fault(prefix+shorten(name), &domain.Refusal{Code: "unknown_field", Message: fmt.Sprintf("there is no field %q", shorten(name)),
		Hint: "use one of " + strings.Join(names, ", ")})
}

func (d *decoder) fault(field string, err error) {
	r := &domain.Refusal{Code: "value_malformed", Message: err.Error()}
	if refusal, ok := errors.AsType[*domain.Refusal](err); ok {
		r = refusal
	}
	r.Field = field
	d.faults = append(d.faults, r)
}

// value reads one value into the field that at points to.
func (d *decoder) value(at any, f domain.Field, name string) error {
	kind := d.json.PeekKind()
	if f.Type == "list" && kind == '[' {
		return d.list(at, f, name)
	}
	if kind == '{' || kind == '[' || f.Type == "list" {
		if kind != 0 {
			d.fault(name, wrongType(f, kind))
		}
		return d.json.SkipValue()
	}
	token, err := d.json.ReadToken()
	if err != nil {
		return err
	}
	if err := assign(at, f, token); err != nil {
		d.fault(name, err)
	}
	return nil
}

// list reads an array of objects.
func (d *decoder) list(at any, f domain.Field, name string) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	rows := reflect.ValueOf(at).Elem()
	for n := 0; d.json.PeekKind() != ']'; n++ {
		item := name + "[" + strconv.Itoa(n) + "]"
		rows.Set(reflect.Append(rows, reflect.Zero(rows.Type().Elem())))
		if kind := d.json.PeekKind(); kind != '{' {
			if kind != 0 {
				d.fault(item, &domain.Refusal{Code: "wrong_type", Message: item + " is " + kindName(kind), Hint: "make it an object"})
			}
			if err := d.json.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if _, err := d.json.ReadToken(); err != nil {
			return err
		}
		if err := d.members(rows.Index(n).Addr().Interface(), f.Item, item+".", nil); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// assign parses a scalar into the field that at points to.
func assign(at any, f domain.Field, token jsontext.Token) (err error) {
	kind := token.Kind()
	isText, text := kind == '"', ""
	if isText || kind == '0' {
		text = token.String()
	}
	switch p := at.(type) {
	case *bool:
		if kind == 't' || kind == 'f' {
			*p = token.Bool()
			return nil
		}
	case *int:
		if kind == '0' {
			if *p, err = strconv.Atoi(text); err == nil {
				return nil
			}
		}
	case *domain.Quantity:
		if isText || kind == '0' {
			*p, err = domain.ParseQuantity(text)
			return err
		}
	case *domain.Amount:
		if isText {
			*p, err = domain.ParseAmountStrict(text)
			return err
		}
	case *domain.Date:
		if isText {
			*p, err = domain.ParseDate(text)
			return err
		}
	case *domain.ID:
		if isText {
			*p, err = domain.ParseID(text)
			return err
		}
	case *domain.Currency:
		if isText {
			*p = domain.Currency(text) // judged by domain.Check
			return nil
		}
	case *domain.Personal:
		if isText {
			*p = domain.NewPersonal(norm.NFC.String(text))
			return nil
		}
	case *string:
		if isText {
			*p = norm.NFC.String(text)
			return nil
		}
	default:
		return fmt.Errorf("fields of the type %s cannot be read", f.Type)
	}
	return wrongType(f, kind)
}

// wants says in words what a field of a type is written as in JSON.
var wants = map[string]string{
	"id": "a string", "text": "a string", "note": "a string", "currency": "a string", "date": `a string such as "2018-03-05"`,
	"amount":   `a string such as "37210000.00": numbers lose digits on their way`,
	"quantity": "a number, or a string with one", "integer": "a whole number", "yes/no": "true or false",
	"list": "an array of objects",
}

func wrongType(f domain.Field, kind jsontext.Kind) error {
	r := &domain.Refusal{Code: "wrong_type", Message: f.Name + " is " + kindName(kind), Hint: "write " + wants[f.Type]}
	switch {
	case kind == 'n':
		r.Code, r.Hint = "null_value", "leave it out, or write "+wants[f.Type]
	case kind == '0' && f.Type == "amount":
		r.Code = "amount_must_be_string"
	}
	return r
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "a string"
	case '0':
		return "a number of another kind"
	case '{':
		return "an object"
	}
	return "an array"
}

// allFaults joins what the decoder found with what Check finds in the rest,
// one for each field, and with faults of the JSON form first.
func allFaults(found domain.Refusals, checked error) domain.Refusals {
	if more, ok := checked.(domain.Refusals); ok {
		for _, r := range more {
			if !slices.ContainsFunc(found, func(f *domain.Refusal) bool { return f.Field == r.Field }) {
				found = append(found, r)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *domain.Refusal) int { return statusOf(a.Code, a.Kind) - statusOf(b.Code, b.Kind) })
	return found
}

func checkUTF8(body []byte) error {
	if utf8.Valid(body) {
		return nil
	}
	offset := 0
	for {
		r, size := utf8.DecodeRune(body[offset:])
		if r == utf8.RuneError && size == 1 {
			return &domain.Refusal{Code: "invalid_utf8", Message: fmt.Sprintf("byte %d of the body is not UTF-8", offset+1),
				Hint: "send it as UTF-8", Detail: map[string]string{"byte_offset": strconv.Itoa(offset)}}
		}
		offset += size
	}
}

// syntaxFault describes an error of the JSON text.
func syntaxFault(err error) error {
	r := &domain.Refusal{Code: "json_syntax", Hint: "send one JSON object"}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF):
		r.Message = "the body is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		r.Message = "the JSON text ends too early"
	case errors.As(err, &syntax):
		r.Detail = map[string]string{"byte_offset": strconv.FormatInt(syntax.ByteOffset, 10)}
		if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
			r.Code, r.Field = "duplicate_field", shorten(syntax.JSONPointer.LastToken())
			r.Message, r.Hint = fmt.Sprintf("%q is there twice", r.Field), "give each field once"
			break
		}
		r.Message = fmt.Sprintf("the JSON text is malformed at byte %d: %v", syntax.ByteOffset+1, syntax.Err)
	default:
		r.Message = "the JSON text is malformed: " + err.Error()
	}
	return r
}

// shorten bounds what is repeated of somebody's input.
func shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
