package domain

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var (
	typeID       = reflect.TypeFor[ID]()
	typeCurrency = reflect.TypeFor[Currency]()
	typeAmount   = reflect.TypeFor[Amount]()
	typeQuantity = reflect.TypeFor[Quantity]()
	typeDate     = reflect.TypeFor[Date]()
)

var commandNames = sync.OnceValue(func() map[reflect.Type]string {
	names := map[reflect.Type]string{}
	for name, c := range commandTypes {
		names[reflect.TypeOf(c.New())] = name
	}
	return names
})

// fieldsOf lists the input fields of a struct, with those of embedded structs
// in their place.
func fieldsOf(t reflect.Type, path []int) []Field {
	var all []Field
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clone(path), i)
		if f.Anonymous {
			all = append(all, fieldsOf(f.Type, index)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue // not for people to fill in
		}
		field := Field{
			Name: name, Doc: f.Tag.Get("doc"), index: index,
			Required: !strings.Contains(options, "omitzero") && !strings.Contains(options, "omitempty"),
			Type:     fieldType(f), Personal: f.Tag.Get("personal"), reported: f.Tag.Get("currency") == "reported", example: f.Tag.Get("example"), whole: f.Tag.Get("whole"),
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			field.Enum = strings.Split(enum, ",")
		}
		if field.Type == "list" {
			field.Item = fieldsOf(f.Type.Elem(), nil)
		}
		all = append(all, field)
	}
	return all
}

func fieldType(f reflect.StructField) string {
	switch f.Type {
	case typeID:
		return "id"
	case typeCurrency:
		return "currency"
	case typeAmount:
		return "amount"
	case typeQuantity:
		return "quantity"
	case typeDate:
		return "date"
	}
	switch f.Type.Kind() {
	case reflect.Slice:
		return "list"
	case reflect.Int:
		return "integer"
	case reflect.Bool:
		return "yes/no"
	}
	if f.Tag.Get("text") == "note" {
		return "note"
	}
	return "text"
}

// FieldPointer returns a pointer to the field of a command or of an item of a
// list, for a decoder to fill. The field must come from the description of the
// same struct.
func FieldPointer(target any, f Field) any {
	return reflect.ValueOf(target).Elem().FieldByIndex(f.index).Addr().Interface()
}

// Check normalises the fields of a command in place (it trims, folds widths and
// lower-cases ids) and returns Refusals that name every field at fault, or nil.
// Decide relies on it, so a writer calls it on every command.
func Check(c Command) error {
	var found Refusals
	checkFields(reflect.ValueOf(c).Elem(), commandTypes[CommandName(c)].Field, "", &found)
	if len(found) > 0 {
		return found
	}
	return nil
}

func checkFields(v reflect.Value, fields []Field, prefix string, found *Refusals) {
	for _, f := range fields {
		at := v.FieldByIndex(f.index)
		name := prefix + f.Name
		if f.Type == "list" {
			if f.Required && at.Len() == 0 {
				*found = append(*found, required(name))
			}
			for i := range at.Len() {
				checkFields(at.Index(i), f.Item, name+"["+strconv.Itoa(i)+"].", found)
			}
			continue
		}
		if err := checkField(at, f); err != nil {
			*found = append(*found, err.in(name))
		}
	}
}

func required(name string) *Refusal {
	return refuse("field_required", "%s is required", name).hint("give it a value").in(name)
}

// checkField normalises one scalar. Amounts, dates and quantities were already
// parsed by their own types; what a zero of them means is for the rules.
func checkField(at reflect.Value, f Field) *Refusal {
	if p, ok := at.Addr().Interface().(*Personal); ok {
		if f.Required && p.IsZero() {
			return required(f.Name)
		}
		return p.normalise(f.Personal)
	}
	if at.Kind() != reflect.String {
		if f.Type == "integer" {
			return checkWhole(int(at.Int()), f)
		}
		return nil
	}
	text, err := parseString(at.String(), f)
	if err != nil {
		return asRefusal(err)
	}
	if text == "" && f.Required {
		return required(f.Name)
	}
	if HoldsIDNumber(text) && f.Type != "id" {
		return refuse("id_number_in_text", "the text has a citizen's number in it").hint("take it out; numbers of people stand in fields of their own, where they are sealed")
	}
	if text != "" && len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
		return refuse("value_unknown", "%q is not a value of %s", text, f.Name).
			hint("use one of %s", strings.Join(f.Enum, ", "))
	}
	if text != at.String() { // what needs no change may be shared between goroutines
		at.SetString(text)
	}
	return nil
}

// countMax is more than anything that a ledger counts, and fits into what
// databases count with.
const countMax = 1_000_000_000

// checkWhole judges a whole number by what it says that it is: a year, or a
// count. What else it may not be is for the rules.
func checkWhole(n int, f Field) *Refusal {
	switch {
	case n == 0 && f.Required:
		return required(f.Name)
	case n != 0 && f.whole == "year":
		if err := checkYear(n, f.Name); err != nil {
			return asRefusal(err)
		}
	case f.whole == "count" && (n < 0 || n > countMax):
		return refuse("number_range", "%d is no count", n).hint("give a whole number from 0 to %d", countMax).with(f.Name, n)
	}
	return nil
}

func parseString(s string, f Field) (string, error) {
	const lineMax, noteMax = 200, 2000 // characters
	switch {
	case s == "":
		return "", nil
	case f.Type == "id":
		id, err := ParseID(s)
		return string(id), err
	case f.Type == "currency":
		parse := ParseCurrency
		if f.reported {
			parse = ParseReportedCurrency
		}
		c, err := parse(s)
		return string(c), err
	case f.Type == "note":
		return ParseNote(s, noteMax)
	}
	return ParseText(s, lineMax)
}

func asRefusal(err error) *Refusal {
	if r, ok := err.(*Refusal); ok {
		return r
	}
	return refuse("value_malformed", "%v", err)
}
