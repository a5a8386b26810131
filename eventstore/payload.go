package eventstore

import (
	"encoding"
	"reflect"
	"strings"
	"sync"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

// What readCanonical does for blocks, this file does for the data of events: it
// reads the members of an event in the one order in which this package writes
// them, and gives up at the first surprise. How an event is read follows from
// its Go type, once; a new event or field needs nothing here.

// payloads holds how to read each event type; nil for one that only the general
// decoder can read.
var payloads = func() map[string]reader {
	all := map[string]reader{}
	for _, name := range domain.EventTypes() {
		all[name] = readerOf(reflect.TypeOf(domain.NewEvent(name)).Elem())
	}
	return all
}()

// reader reads one value into a variable.
type reader func(c *cursor, into reflect.Value)

// readCanonical sets Fact from the data and tells whether it could.
func (e *Event) readCanonical(names *names) bool {
	read := payloads[e.Type]
	if read == nil || e.Version != versionOf(e.Type) {
		return false
	}
	fact := domain.NewEvent(e.Type)
	c := cursor{rest: e.Data, ok: true, names: names}
	read(&c, reflect.ValueOf(fact).Elem())
	if !c.ok || len(c.rest) > 0 {
		return false
	}
	e.Fact = fact
	return true
}

// readerOf returns how a type is read, nil if it cannot be.
func readerOf(t reflect.Type) reader {
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()), pointer.Implements(reflect.TypeFor[json.UnmarshalerFrom]()):
		return nil
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return readText
	}
	switch t.Kind() {
	case reflect.String:
		return func(c *cursor, into reflect.Value) { into.SetString(c.names.keep(c.raw())) }
	case reflect.Int:
		return func(c *cursor, into reflect.Value) { into.SetInt(int64(c.integer())) }
	case reflect.Bool:
		return readBool
	case reflect.Slice:
		return listReader(t)
	case reflect.Struct:
		if members, ok := membersOf(t, nil); ok {
			return members.read
		}
	}
	return nil
}

func readText(c *cursor, into reflect.Value) {
	text := c.raw()
	c.ok = c.ok && into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text) == nil
}

func readBool(c *cursor, into reflect.Value) {
	if c.optional("true") {
		into.SetBool(true)
		return
	}
	c.literal("false")
	into.SetBool(false)
}

func listReader(t reflect.Type) reader {
	read := readerOf(t.Elem())
	if read == nil {
		return nil
	}
	return func(c *cursor, into reflect.Value) {
		c.literal("[")
		into.Set(reflect.MakeSlice(t, 0, 1))
		for n := 0; c.item(']', n); n++ {
			into.Grow(1)
			into.SetLen(n + 1)
			read(c, into.Index(n))
		}
	}
}

// member is one member of an object and the field that it is read into.
type member struct {
	name  string // with the comma before it: ,"fund":
	field []int  // index, as in reflect
	read  reader
}

type members []member

// membersOf returns the members of a struct in the order in which they are
// written: that of its fields, with those of embedded structs among them.
func membersOf(t reflect.Type, outer []int) (all members, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(outer[:len(outer):len(outer)], i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			inner, ok := membersOf(f.Type, index)
			if !ok {
				return nil, false
			}
			all = append(all, inner...)
			continue
		}
		read := readerOf(f.Type)
		if !f.IsExported() || name == "" || name == "-" || options != "" && options != "omitempty" && options != "omitzero" || read == nil {
			return nil, false
		}
		all = append(all, member{`,"` + name + `":`, index, read})
	}
	return all, true
}

func (all members) read(c *cursor, into reflect.Value) {
	c.literal("{")
	comma := 1 // the first member has none
	for i := range all {
		m := &all[i]
		if !c.optional(m.name[comma:]) {
			continue
		}
		comma = 0
		field := into
		for _, at := range m.field {
			field = field.Field(at)
		}
		m.read(c, field)
	}
	c.literal("}")
}

// names holds texts that were read before, so that a fund that is named in a
// thousand events is one string.
type names [256]string

// namesMax is how long a text may be that is likely to come again.
const namesMax = 24

func (n *names) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if len(text) > namesMax {
		return string(text)
	}
	var h uint32
	for _, b := range text {
		h = (h ^ uint32(b)) * 16777619
	}
	slot := &n[(h^h>>8)%uint32(len(n))]
	if string(text) != *slot {
		*slot = string(text)
	}
	return *slot
}

// allNames keeps what was read from one block for the next ones.
var allNames = sync.Pool{New: func() any { return new(names) }}
