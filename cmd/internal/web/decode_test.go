package web

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

// codesOf lists the faults of an error as field:code.
func codesOf(err error) []string {
	var many domain.Refusals
	if one, ok := err.(*domain.Refusal); ok {
		many = domain.Refusals{one}
	} else if !errors.As(err, &many) {
		return nil
	}
	var codes []string
	for _, r := range many {
		codes = append(codes, r.Field+":"+r.Code)
	}
	return codes
}

func decode(command, body string) (domain.Command, error) {
	t, ok := domain.LookupCommand(command)
	if !ok {
		panic("no command " + command)
	}
	return decodeCommand(t, []byte(body))
}

func TestDecodeNamesEveryFault(t *testing.T) {
	const deep = 100_000
	for _, c := range []struct {
		name, command, body string
		want                []string
	}{
		{"an empty body", "close-year", ``, []string{":json_syntax"}},
		{"half an object", "close-year", `{"year":`, []string{":json_syntax"}},
		{"an array", "close-year", `[{"year":2018}]`, []string{":json_syntax"}},
		{"a second object", "close-year", `{"year":2018}{"year":2019}`, []string{":json_syntax"}},
		{"a comma at the end", "close-year", `{"year":2018,}`, []string{":json_syntax"}},
		{"a comment", "close-year", `{"year":2018}//`, []string{":json_syntax"}},
		{"a byte order mark", "close-year", "\uFEFF{\"year\":2018}", []string{":json_syntax"}},
		{"half a surrogate pair", "close-year", `{"year":2018,"note":"\ud800"}`, []string{":json_syntax"}},
		{"a byte that is not UTF-8", "close-year", "{\"year\":2018,\"note\":\"a\xFF\"}", []string{":invalid_utf8"}},
		{"a name twice", "close-year", `{"year":2018,"year":2019}`, []string{"year:duplicate_field"}},
		{"a name twice, once escaped", "close-year", `{"year":2018,"\u0079ear":2019}`, []string{"year:duplicate_field"}},
		{"a name in capitals", "commit-funds", `{"fund":"f","provider":"p","document":"d","AMOUNT":"9999.00"}`,
			[]string{"AMOUNT:unknown_field", "amount:field_required"}},
		{"nothing that is required", "disburse-funds", `{}`,
			[]string{"fund:field_required", "amount:field_required", "project:field_required"}},
		{"null", "close-year", `{"year":null}`, []string{"year:null_value"}},
		{"an amount as a number", "commit-funds", `{"fund":"f","amount":0.1}`, []string{"amount:amount_must_be_string"}},
		{"a huge number", "commit-funds", `{"fund":"f","amount":1e400}`, []string{"amount:amount_must_be_string"}},
		{"an object as a text", "register-place", `{"place":{"a":1},"name":["x"],"level":"village"}`,
			[]string{"place:wrong_type", "name:wrong_type"}},
		{"a text as a truth", "open-ledger", `{"title":"T","invented":"true"}`, []string{"invented:wrong_type"}},
		{"a text as an integer", "close-year", `{"year":"2018"}`, []string{"year:wrong_type"}},
		{"a fraction as an integer", "close-year", `{"year":2018.5}`, []string{"year:wrong_type"}},
		{"a list that is none", "set-targets", `{"project":"p","targets":{"indicator":"i"}}`, []string{"targets:wrong_type"}},
		{"items with faults", "set-targets", `{"project":"p","targets":[{"indicator":"i","value":"x","unit":"u"},7,{"unit":"u","more":1}]}`,
			[]string{"targets[1]:wrong_type", "targets[2].more:unknown_field", "targets[0].value:quantity_format",
				"targets[2].indicator:field_required", "targets[2].value:field_required", "targets[1].indicator:field_required",
				"targets[1].unit:field_required"}},
		{"a fault of form and one of value", "commit-funds", `{"fund":"a.b","amount":7,"date":"2018-13-01"}`,
			[]string{"amount:amount_must_be_string", "fund:id_format", "date:date_invalid"}},
		{"an id that is empty", "register-project", `{"project":"","name":"N"}`, []string{"project:id_format"}},
		{"a value that the enumeration does not have", "register-place", `{"place":"p","name":"N","level":"x","more":1}`,
			[]string{"more:unknown_field", "level:value_unknown"}},
		{"100,000 levels", "close-year", `{"year":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`, []string{":json_syntax"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(c.command, c.body)
			if got := codesOf(err); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDecodeReadsEveryFormOfAValue(t *testing.T) {
	got, err := decode("set-targets", `{"project":"ROAD","date":"2018年3月5日","targets":[
		{"indicator":"length","value":3.5,"unit":"km"},{"indicator":"houses","value":"1,047","unit":"户"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	c := got.(*domain.SetTargets)
	if c.Project != "road" || c.Date.String() != "2018-03-05" || len(c.Targets) != 2 ||
		c.Targets[0].Value.String() != "3.5" || c.Targets[1].Value.String() != "1047" {
		t.Errorf("got %+v", c)
	}
	got, err = decode("close-year", `{"year":2018}`)
	if err != nil || got.(*domain.CloseYear).Year != 2018 {
		t.Errorf("got %+v, %v", got, err)
	}
	// U+F900 is another code point for 豈, which NFC replaces.
	got, err = decode("register-organisation", `{"organisation":"o","name":"\uf900","kind":"government"}`)
	if err != nil || got.(*domain.RegisterOrganisation).Name != "\u8c48" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A new type of field must be added to assign and to wants.
func TestDecodeKnowsTheTypeOfEveryField(t *testing.T) {
	var check func(t *testing.T, target any, fields []domain.Field)
	check = func(t *testing.T, target any, fields []domain.Field) {
		for _, f := range fields {
			if wants[f.Type] == "" {
				t.Errorf("%s: nothing says how %s is written", f.Name, f.Type)
			}
			switch at := domain.FieldPointer(target, f).(type) {
			case *bool, *int, *string, *domain.ID, *domain.Currency, *domain.Amount, *domain.Date, *domain.Quantity, *domain.Personal:
			default:
				if f.Type != "list" {
					t.Errorf("%s: nothing reads a %T", f.Name, at)
					continue
				}
				check(t, reflect.New(reflect.TypeOf(at).Elem().Elem()).Interface(), f.Item)
			}
		}
	}
	for _, c := range domain.Commands() {
		t.Run(c.Name, func(t *testing.T) { check(t, c.New(), c.Field) })
	}
}

// FuzzDecode looks for a body that panics, or that decodes to a command which
// is another one after it was written and read again.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"fund":"f","amount":"1.10","places":[{"place":"v","amount":"1.10"}],"project":"p"}`,
		`{"fund":"f","fund":"f"}`, `{"amount":1e400}`, `{"note":"\ud800"}`, `[`, "{\"note\":\"\xFF\"}", `{"places":[null,{}]}`,
		`{"date":"2018年3月5日","fund":"F","amount":"３７２１万元","project":"p","approximate":true}`,
	} {
		f.Add("disburse-funds", []byte(body))
	}
	f.Add("assign-places", []byte(`{"project":"p","shares":[{"place":"v","percent":33.333333},{"place":"w","percent":"66.666667"}]}`))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		ct, ok := domain.LookupCommand(name)
		if !ok {
			return
		}
		c, err := decodeCommand(ct, body)
		if err != nil {
			if p := ProblemOf(err); p.Code == "internal" || p.Status < 400 || p.Status > 422 {
				t.Fatalf("the fault %v has the status %d %s", err, p.Status, p.Code)
			}
			return
		}
		if domain.Check(c) != nil {
			return
		}
		written, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeCommand(ct, written)
		if err != nil {
			// A required number may be zero, which is then left out.
			return
		}
		if !reflect.DeepEqual(c, again) {
			t.Errorf("%s is read as %+v and then as %+v", written, c, again)
		}
	})
}
