package pages

import (
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"aidledger/domain"
)

// field is one input of a form, described by the command that it fills.
type field struct {
	Name, Label, Hint string
	Type              string // as in the domain, or "thing" for an id that exists
	Value             string
	Required          bool
	Options           []option // to choose from
	List              string   // name of the list that it finds things in
	Suggest           bool     // a new id is possible too
	Problem           string   // what is wrong with the value
	ProblemEnglish    bool
	Items             [][]field // of a list: one line of fields for each item
	Folded            bool      // a list that need not be filled in, and is not
}

// itemsMin is how many lines a list has at least, and itemsSpare how many are
// empty.
const itemsMin, itemsSpare = 3, 2

// fields makes the inputs of a command from its description, with the values
// that were given.
func (v *visit) fields(command string, described []domain.Field, prefix string, values url.Values, offers *offers) []field {
	all := make([]field, 0, len(described))
	for _, d := range described {
		f := field{Name: prefix + d.Name, Label: v.fieldLabel(command, d.Name), Hint: v.texts["hint."+command+"."+d.Name], Type: d.Type,
			Required: d.Required, Value: values.Get(prefix + d.Name)}
		if f.Hint == "" {
			f.Hint = v.texts["hint."+d.Name]
		}
		switch {
		case d.Type == "list":
			f.Items = v.items(command, d, prefix, values, offers)
			f.Folded = !d.Required && f.empty()
		case len(d.Enum) > 0:
			for _, e := range d.Enum {
				f.Options = append(f.Options, option{Value: e, Label: v.enumLabel(command, d.Name, e), Current: e == f.Value})
			}
		case d.Type == "id" || d.Name == "entry":
			offers.fill(&f, command, d.Name)
		}
		all = append(all, f)
	}
	return all
}

func (v *visit) items(command string, d domain.Field, prefix string, values url.Values, offers *offers) [][]field {
	last := -1
	for i := range itemsMax {
		for _, item := range d.Item {
			if values.Get(prefix+d.Name+"."+strconv.Itoa(i)+"."+item.Name) != "" {
				last = i
			}
		}
	}
	var lines [][]field
	for i := range min(max(itemsMin, last+1+itemsSpare), itemsMax) {
		line := v.fields(command, d.Item, prefix+d.Name+"."+strconv.Itoa(i)+".", values, offers)
		for n := range line {
			line[n].Required = false // an empty line is left out
			if i > 0 {
				line[n].Hint = "" // the first line says it
			}
			if line[n].Type == "note" {
				line[n].Type = "text" // each item is one line
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// empty tells whether nothing is written in the lines of a list.
func (f *field) empty() bool {
	for _, line := range f.Items {
		for _, item := range line {
			if item.Value != "" {
				return false
			}
		}
	}
	return true
}

// itemsMax is how many lines a list of a form has at most.
const itemsMax = 100

// fieldLabel is what a field of a command is called; some names mean another
// thing in another command.
func (v *visit) fieldLabel(command, name string) string {
	if text, ok := v.texts["field."+command+"."+name]; ok {
		return text
	}
	return v.label("field", name)
}

// enumLabel is what a value of a field is called.
func (l *tongue) enumLabel(command, name, value string) string {
	kind := name
	if name == "kind" && command == "add-note" {
		kind = "note"
	}
	return strings.TrimSpace(l.label(kind, value))
}

// decodeForm fills a command with what a person wrote, and says what of it
// cannot be read. An empty input leaves its field out. People may write 3721万.
func decodeForm(t domain.CommandType, values url.Values) (domain.Command, domain.Refusals) {
	c := t.New()
	var found domain.Refusals
	fill(c, t.Field, "", values, &found)
	return c, found
}

func fill(target any, fields []domain.Field, prefix string, values url.Values, found *domain.Refusals) {
	for _, f := range fields {
		name := prefix + f.Name
		at := domain.FieldPointer(target, f)
		if f.Type == "list" {
			fillList(at, f, name, values, found)
			continue
		}
		text := strings.TrimSpace(values.Get(name))
		if text == "" {
			continue
		}
		if err := read(at, text); err != nil {
			refusal, ok := err.(*domain.Refusal)
			if !ok {
				refusal = &domain.Refusal{Code: "value_malformed", Message: err.Error()}
			}
			refusal.Field = name
			*found = append(*found, refusal)
		}
	}
}

// fillList appends an item for each line in which something was written.
func fillList(at any, f domain.Field, name string, values url.Values, found *domain.Refusals) {
	list := reflect.ValueOf(at).Elem()
	for i := range itemsMax {
		prefix := name + "." + strconv.Itoa(i) + "."
		written := false
		for _, item := range f.Item {
			written = written || strings.TrimSpace(values.Get(prefix+item.Name)) != ""
		}
		if written {
			list.Set(reflect.Append(list, reflect.Zero(list.Type().Elem())))
			fill(list.Index(list.Len()-1).Addr().Interface(), f.Item, prefix, values, found)
		}
	}
}

// read reads one value in the form in which people write it.
func read(at any, text string) (err error) {
	switch p := at.(type) {
	case *domain.Personal:
		*p = domain.NewPersonal(text)
	case *domain.ID:
		*p = domain.ID(text)
	case *domain.Currency:
		*p = domain.Currency(text)
	case *string:
		*p = text
	case *domain.Amount:
		*p, err = domain.ParseAmount(text)
	case *domain.Date:
		*p, err = domain.ParseDate(text)
	case *domain.Quantity:
		*p, err = domain.ParseQuantity(text)
	case *bool:
		*p = text == "true"
	case *int:
		if *p, err = strconv.Atoi(text); err != nil {
			err = &domain.Refusal{Code: "number_malformed", Message: strconv.Quote(text) + " is not a whole number"}
		}
	default:
		panic("a field of a command has a type that no form can fill")
	}
	return err
}

// accuse writes what is wrong beside the inputs, and returns what belongs to
// none of them.
func (v *visit) accuse(fields []field, found domain.Refusals) domain.Refusals {
	var rest domain.Refusals
	for _, r := range found {
		if !v.accuseOne(fields, r) {
			rest = append(rest, r)
		}
	}
	return rest
}

func (v *visit) accuseOne(fields []field, r *domain.Refusal) bool {
	name := strings.NewReplacer("[", ".", "]", "").Replace(r.Field)
	for i := range fields {
		f := &fields[i]
		if f.Name == name {
			f.Problem, f.ProblemEnglish = v.refusalText(r)
			return true
		}
		for _, line := range f.Items {
			if v.accuseOne(line, r) {
				f.Folded = false
				return true
			}
		}
	}
	return false
}

// refusalText says a refusal in the language of the visit, with the numbers
// that explain it, and whether it had to stay in English.
func (v *visit) refusalText(r *domain.Refusal) (text string, english bool) {
	text, ok := v.texts["problem."+r.Code]
	if !ok {
		return r.Message + "; " + r.Hint, v.tongue != tongues[1]
	}
	var said []string
	for _, d := range v.details(r.Detail) {
		said = append(said, d.Label+v.say("colon")+d.Value.Text)
	}
	if len(said) > 0 {
		text += v.say("detail", strings.Join(said, v.say("list.separator")))
	}
	return text + v.say("stop") + v.texts["remedy."+r.Code], false
}
