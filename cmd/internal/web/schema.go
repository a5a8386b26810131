package web

import (
	"encoding"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

// schema is a JSON Schema of draft 2020-12, as OpenAPI 3.1 uses it.
type schema map[string]any

// schemas makes schemas of Go types, as the JSON package encodes them. Each
// struct with a name becomes a component; the others refer to it.
type schemas struct {
	components schema
	types      map[string]reflect.Type // of the components
	strict     bool                    // an object has no members but those that are described
}

func (s *schemas) of(v any) schema { return s.ofType(reflect.TypeOf(v)) }

var (
	typeHash  = reflect.TypeFor[tlog.Hash]()
	typeTime  = reflect.TypeFor[time.Time]()
	typeValue = reflect.TypeFor[jsontext.Value]()
	typeText  = reflect.TypeFor[encoding.TextMarshaler]()
)

func (s *schemas) ofType(t reflect.Type) schema {
	switch {
	case t == typeTime:
		return schema{"type": "string", "format": "date-time"}
	case t == typeHash:
		return schema{"type": "string", "contentEncoding": "base64"}
	case t == typeValue:
		return schema{}
	case t.Implements(typeText):
		return schema{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.ofType(t.Elem())
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64, reflect.Uint32, reflect.Uint8:
		return schema{"type": "integer"}
	case reflect.Interface:
		return schema{} // anything
	case reflect.Slice:
		return schema{"type": "array", "items": s.ofType(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": s.ofType(t.Elem())}
	case reflect.Struct:
		return s.component(t)
	}
	panic(fmt.Sprintf("the description of the API does not know how %s is written", t))
}

// component describes a struct once and returns a reference to it.
func (s *schemas) component(t reflect.Type) schema {
	name := componentName(t)
	if other := s.types[name]; other != nil && other != t { // two packages have a type of that name
		name = capital(path.Base(t.PkgPath())) + name
	}
	s.types[name] = t
	if s.components[name] == nil {
		object := schema{"type": "object"}
		s.components[name] = object // before its fields, which may lead back to it
		properties, required := schema{}, []string{}
		s.fields(t, properties, &required)
		object["properties"] = properties
		if len(required) > 0 {
			slices.Sort(required)
			object["required"] = required
		}
		if s.strict {
			object["additionalProperties"] = false
		}
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

// fields describes the members that a struct is written with; those of an
// embedded struct stand beside them.
func (s *schemas) fields(t reflect.Type, properties schema, required *[]string) {
	for f := range fieldsOf(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "":
			s.fields(f.Type, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		described := s.ofType(f.Type)
		optional := strings.Contains(options, "omitzero") || strings.Contains(options, "omitempty")
		if f.Type.Kind() == reflect.Pointer && !optional {
			described = schema{"anyOf": []schema{described, {"type": "null"}}}
		}
		properties[name] = described
		if !optional {
			*required = append(*required, name)
		}
	}
}

func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// componentName is the name of a type: Fund, FundList for List[Fund].
func componentName(t reflect.Type) string {
	name, of, generic := strings.Cut(t.Name(), "[")
	if name == "" {
		panic(fmt.Sprintf("the description of the API needs a name for %s", t))
	}
	name = capital(name)
	if generic {
		of = strings.TrimSuffix(of, "]")
		return of[strings.LastIndex(of, ".")+1:] + name
	}
	return name
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
