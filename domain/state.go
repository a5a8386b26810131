package domain

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
)

// The state of a ledger can be written down as bytes and read back, so that who
// keeps a copy need not fold the whole log again. The bytes are a copy and never
// a source: they say nothing that the log does not say. Every table that
// newTable makes is part of them. The form follows from the Go types of the
// rows; a row with hidden fields lends them out by a method:
//
//	func (f *fund) fields() []any { return []any{&f.provider, &f.budgetYear, …} }

// StateForm describes the types of all tables. Bytes of another form cannot be
// read; bytes of the same form were perhaps folded by other rules, so who keeps
// them has to know which program wrote them.
func StateForm() string {
	var form strings.Builder
	for _, t := range NewLedger().undo.tables {
		form.WriteString(t.form())
		form.WriteByte('\n')
	}
	return form.String()
}

// AppendState appends the state to b. It must not be called between a mark and
// what becomes of it: what may be taken back is written down too.
func (l *Ledger) AppendState(b []byte) []byte {
	for _, t := range l.undo.tables {
		b = t.appendRows(b)
	}
	return b
}

// ReadState returns the ledger whose state was written down. It keeps nothing
// of b. It returns an error for bytes that are no state of this form.
func ReadState(b []byte) (*Ledger, error) {
	l := NewLedger()
	r := &stateReader{rest: string(b)}
	for i, t := range l.undo.tables {
		if t.readRows(r); r.broken {
			return nil, fmt.Errorf("table %d of the state cannot be read", i)
		}
	}
	if r.rest != "" {
		return nil, fmt.Errorf("%d bytes follow the state", len(r.rest))
	}
	return l, nil
}

// stored is a table of any type.
type stored interface {
	form() string
	appendRows(b []byte) []byte
	readRows(r *stateReader)
}

func (t *table[K, V]) form() string {
	return codecOf(reflect.TypeFor[K]()).form + ": " + codecOf(reflect.TypeFor[V]()).form
}

func (t *table[K, V]) appendRows(b []byte) []byte {
	var k K
	var v V
	keys, values := codecOf(reflect.TypeFor[K]()), codecOf(reflect.TypeFor[V]())
	keyAt, valueAt := reflect.ValueOf(&k).Elem(), reflect.ValueOf(&v).Elem()
	b = binary.AppendUvarint(b, uint64(len(t.rows)))
	for k, v = range t.rows {
		b = values.append(keys.append(b, keyAt), valueAt)
	}
	return b
}

func (t *table[K, V]) readRows(r *stateReader) {
	keys, values := codecOf(reflect.TypeFor[K]()), codecOf(reflect.TypeFor[V]())
	n := r.uvarint()
	for i := uint64(0); i < n && !r.broken; i++ {
		var k K
		var v V
		keys.read(r, reflect.ValueOf(&k).Elem())
		values.read(r, reflect.ValueOf(&v).Elem())
		t.rows[k] = v
	}
	r.broken = r.broken || uint64(len(t.rows)) != n // a key that was there twice
}

// lender is a type whose fields are hidden and that lends all of them out, in
// their order.
type lender interface{ fields() []any }

// codec writes down and reads the values of one type.
type codec struct {
	form   string
	append func(b []byte, v reflect.Value) []byte
	read   func(r *stateReader, v reflect.Value)
}

// codecOf panics for a type that it cannot read back; a test asks it about
// every table.
func codecOf(t reflect.Type) codec {
	switch t.Kind() {
	case reflect.Bool:
		return codec{t.String(), func(b []byte, v reflect.Value) []byte {
			if v.Bool() {
				return append(b, 1)
			}
			return append(b, 0)
		}, func(r *stateReader, v reflect.Value) { v.SetBool(r.uvarint() == 1) }}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return codec{t.String(), func(b []byte, v reflect.Value) []byte { return binary.AppendVarint(b, v.Int()) },
			func(r *stateReader, v reflect.Value) { v.SetInt(r.varint()) }}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return codec{t.String(), func(b []byte, v reflect.Value) []byte { return binary.AppendUvarint(b, v.Uint()) },
			func(r *stateReader, v reflect.Value) { v.SetUint(r.uvarint()) }}
	case reflect.String:
		return codec{t.String(), func(b []byte, v reflect.Value) []byte {
			return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
		}, func(r *stateReader, v reflect.Value) { v.SetString(r.text(r.uvarint())) }}
	case reflect.Array:
		return arrayCodec(t)
	case reflect.Slice:
		return sliceCodec(t)
	case reflect.Struct:
		return structCodec(t)
	}
	panic(fmt.Sprintf("domain: a state with a %s cannot be written down", t))
}

func arrayCodec(t reflect.Type) codec {
	if t.Elem().Kind() == reflect.Uint8 {
		return codec{fmt.Sprintf("%s[%d]", t, t.Len()), func(b []byte, v reflect.Value) []byte { return append(b, v.Bytes()...) },
			func(r *stateReader, v reflect.Value) { copy(v.Bytes(), r.text(uint64(v.Len()))) }}
	}
	item := codecOf(t.Elem())
	return codec{fmt.Sprintf("%s[%d]%s", t, t.Len(), item.form), func(b []byte, v reflect.Value) []byte {
		for i := range v.Len() {
			b = item.append(b, v.Index(i))
		}
		return b
	}, func(r *stateReader, v reflect.Value) {
		for i := range v.Len() {
			item.read(r, v.Index(i))
		}
	}}
}

// A slice is its length plus one and its items; 0 is a slice that is nil.
func sliceCodec(t reflect.Type) codec {
	item := codecOf(t.Elem())
	return codec{"[]" + item.form, func(b []byte, v reflect.Value) []byte {
		if v.IsNil() {
			return append(b, 0)
		}
		b = binary.AppendUvarint(b, uint64(v.Len())+1)
		for i := range v.Len() {
			b = item.append(b, v.Index(i))
		}
		return b
	}, func(r *stateReader, v reflect.Value) {
		n := r.uvarint()
		if n == 0 {
			return
		}
		n = r.atMost(n - 1)
		v.Set(reflect.MakeSlice(t, int(n), int(n)))
		for i := range int(n) {
			item.read(r, v.Index(i))
		}
	}}
}

func structCodec(t reflect.Type) codec {
	fieldsOf := func(v reflect.Value) []reflect.Value {
		out := make([]reflect.Value, v.NumField())
		for i := range out {
			out[i] = v.Field(i)
		}
		return out
	}
	if _, ok := reflect.New(t).Interface().(lender); ok {
		fieldsOf = func(v reflect.Value) []reflect.Value {
			lent := v.Addr().Interface().(lender).fields()
			out := make([]reflect.Value, len(lent))
			for i, p := range lent {
				out[i] = reflect.ValueOf(p).Elem()
			}
			return out
		}
	}
	fields := fieldsOf(reflect.New(t).Elem())
	items := make([]codec, t.NumField())
	form := t.String() + "{"
	for i := range items {
		f := t.Field(i)
		if len(fields) != len(items) || !fields[i].CanSet() || fields[i].Type() != f.Type {
			panic(fmt.Sprintf("domain: %s hides its field %s: give *%s a method fields() []any that returns pointers to all its fields in their order", t, f.Name, t))
		}
		items[i] = codecOf(f.Type)
		form += f.Name + " " + items[i].form + ";"
	}
	return codec{form + "}", func(b []byte, v reflect.Value) []byte {
		for i, f := range fieldsOf(v) {
			b = items[i].append(b, f)
		}
		return b
	}, func(r *stateReader, v reflect.Value) {
		for i, f := range fieldsOf(v) {
			items[i].read(r, f)
		}
	}}
}

// stateReader walks over a state that was written down. After the first
// surprise it is broken and reads zeros.
type stateReader struct {
	rest   string // so that texts need no copies of their own
	broken bool
}

func (r *stateReader) uvarint() uint64 {
	var head [binary.MaxVarintLen64]byte
	v, n := binary.Uvarint(head[:copy(head[:], r.rest)])
	if n <= 0 || r.broken {
		r.broken = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *stateReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// atMost bounds a number of items by the bytes that are left, since each takes
// one at least.
func (r *stateReader) atMost(n uint64) uint64 {
	if r.broken || n > uint64(len(r.rest)) {
		r.broken = true
		return 0
	}
	return n
}

func (r *stateReader) text(n uint64) string {
	n = r.atMost(n)
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}
