package domain

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Command is something that a person or a program asks the ledger to do. It is
// a pointer to a struct whose fields are the input, described by tags:
//
//	json  the field's name; a field without omitzero or omitempty is required
//	doc   what it means, shown by help texts and API descriptions
//	enum  the values that it may take, separated by commas
//	personal  what it says about a person, see [Personal]
//	text  "note" allows several lines and 2,000 characters instead of one line and 200
//
// Only Check changes a command; deciding it leaves it as it is, so that it can
// be decided again or sent again.
type Command interface {
	decide(l *Ledger, ctx Context) ([]Event, error)
}

// Context is what surrounds a command: which entry it becomes, who gives it,
// and when. Recorded is an instant in UTC; Today is its calendar date in the
// ledger's time zone. Original is the entry that the command refers to (see
// [Referrer]), which the caller reads from the log.
type Context struct {
	Entry    string
	Actor    string
	Role     string
	Recorded time.Time
	Today    Date
	Original []Event
}

// Referrer is a command about an earlier entry, whose events the caller has to
// put into the Context before the command can be decided.
type Referrer interface {
	Command
	RefersTo() (entry string)
}

// CommandType describes one command for everything that offers it: the HTTP
// API, the command line, forms and templates.
type CommandType struct {
	Name  string // imperative, as in paths: disburse-funds
	Doc   string // one sentence in English
	New   func() Command
	Field []Field
}

// Field describes one input field of a command.
type Field struct {
	Name     string // as in JSON
	Doc      string
	Type     string // id, text, note, amount, currency, date, quantity, integer, yes/no, list
	Enum     []string
	Required bool
	Item     []Field // of a list
	Personal string  // what it says about a person, who is protected; see [Personal]
	reported bool    // a currency that others publish amounts in, even if nobody pays in it now
	example  string  // for a field of which its type does not say enough
	whole    string  // what a whole number is: a year or a count; empty: the rules say
	index    []int
}

// NoExample is the example of a field that people do not fill in.
const NoExample = "-"

// Example returns a value that the field takes, as it is typed in a table. It is
// empty for most texts and lists and for yes/no, whose examples depend on where
// they are shown, and NoExample for what a person leaves out.
func (f Field) Example() string {
	if f.example != "" {
		return f.example
	}
	if len(f.Enum) > 0 {
		return f.Enum[0]
	}
	switch f.Type {
	case "id":
		return strings.ReplaceAll(f.Name, "_", "-") + "-1"
	case "amount":
		return "37210000.00"
	case "currency":
		return "CNY"
	case "date":
		return "2018-03-05"
	case "quantity":
		return "12.5"
	case "integer":
		return "2018"
	}
	return ""
}

var commandTypes = map[string]CommandType{}

func command[C any, P interface {
	*C
	Command
}](name, doc string) struct{} {
	if _, taken := commandTypes[name]; taken {
		panic("two commands are called " + name)
	}
	commandTypes[name] = CommandType{
		Name: name, Doc: doc,
		New:   func() Command { return P(new(C)) },
		Field: fieldsOf(reflect.TypeFor[C](), nil),
	}
	return struct{}{}
}

// Commands lists all commands by name.
func Commands() []CommandType {
	all := slices.Collect(maps.Values(commandTypes))
	slices.SortFunc(all, func(a, b CommandType) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// HoldsPersonal tells whether a command has fields that say something about a
// person and have to be sealed before it is recorded.
func HoldsPersonal(c Command) bool {
	return slices.ContainsFunc(commandTypes[CommandName(c)].Field, func(f Field) bool {
		return f.Personal != "" || slices.ContainsFunc(f.Item, func(item Field) bool { return item.Personal != "" })
	})
}

// LookupCommand returns the command of that name.
func LookupCommand(name string) (CommandType, bool) {
	c, ok := commandTypes[name]
	return c, ok
}

// CommandName returns the name of a command value.
func CommandName(c Command) string {
	return commandNames()[reflect.TypeOf(c)]
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
