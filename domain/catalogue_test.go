package domain_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aidledger/domain"
)

func TestEveryCommandDescribesItself(t *testing.T) {
	var names []string
	for _, c := range domain.Commands() {
		names = append(names, c.Name)
		if !strings.Contains(c.Name, "-") || c.Name != strings.ToLower(c.Name) || !strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%s: %q", c.Name, c.Doc)
		}
		// Imperatives begin with a verb, and the sentence with its third person.
		if verb, _, _ := strings.Cut(c.Name, "-"); strings.HasSuffix(verb, "ed") {
			t.Errorf("%s is in the past tense", c.Name)
		}
		if found, ok := domain.LookupCommand(c.Name); !ok || domain.CommandName(found.New()) != c.Name {
			t.Errorf("%s is not found by its name", c.Name)
		}
		describes(t, c.Name, c.Field)
		for _, f := range c.Field {
			if reflect.TypeOf(domain.FieldPointer(c.New(), f)).Kind() != reflect.Pointer {
				t.Errorf("%s.%s cannot be filled", c.Name, f.Name)
			}
		}
		for _, evidence := range []string{"date", "document", "source_reference", "note"} {
			if !slices.ContainsFunc(c.Field, func(f domain.Field) bool { return f.Name == evidence && !f.Required }) {
				t.Errorf("%s lacks %s", c.Name, evidence)
			}
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(names)) != len(domain.Commands()) {
		t.Errorf("the commands are %q", names)
	}
	if _, ok := domain.LookupCommand("burn-funds"); ok {
		t.Error("burn-funds is a command")
	}
}

func describes(t *testing.T, command string, fields []domain.Field) {
	types := []string{"id", "text", "note", "amount", "currency", "date", "quantity", "integer", "yes/no", "list"}
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Name == "" || f.Doc == "" || seen[f.Name] || !slices.Contains(types, f.Type) {
			t.Errorf("%s: the field %+v", command, f)
		}
		if (f.Type == "list") != (len(f.Item) > 0) {
			t.Errorf("%s: the items of %s are %+v", command, f.Name, f.Item)
		}
		seen[f.Name] = true
		describes(t, command, f.Item)
	}
}

func TestEveryEventHasANameInThePastTense(t *testing.T) {
	irregular := []string{"approval-threshold-set", "benefit-standard-set", "beneficiary-forgotten", "check-threshold-set", "funds-repaid", "request-paid", "notice-withdrawn", "request-withdrawn", "sample-drawn", "targets-set"}
	for _, name := range domain.EventTypes() {
		e := domain.NewEvent(name)
		if e.EventType() != name || !e.Effective().IsZero() {
			t.Errorf("%s makes %s of %v", name, e.EventType(), e.Effective())
		}
		verb := name[strings.LastIndex(name, "-")+1:]
		if name == "funds-carried-over" {
			verb = "carried"
		}
		if !strings.HasSuffix(verb, "ed") && !slices.Contains(irregular, name) {
			t.Errorf("%s is not in the past tense", name)
		}
	}
	if !slices.IsSorted(domain.EventTypes()) || domain.NewEvent("funds-burned") != nil {
		t.Errorf("the events are %q", domain.EventTypes())
	}
}

// Nothing of the package is left out of the tests: everything leads to every event.
func TestEverythingHasHappened(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range everything(t).events {
		seen[e.EventType()] = true
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, domain.EventTypes()) {
		t.Errorf("what happened is %q, there are %q", got, domain.EventTypes())
	}
}

func TestCheckFindsAllFieldsAtFault(t *testing.T) {
	long := strings.Repeat("长", 201)
	for _, c := range []struct {
		name    string
		command domain.Command
		want    []string
	}{
		{"a command without anything", &domain.DisburseFunds{}, []string{"fund field_required", "project field_required"}},
		{"many at once", &domain.CommitFunds{FundInput: domain.FundInput{Fund: "a b", Provider: "x.y", Currency: "RMB", Purpose: long},
			Evidence: domain.Evidence{Document: "a\nb", SourceReference: "\x00", Note: "\xff"}},
			[]string{"fund id_format", "provider id_format", "currency currency_unknown", "purpose text_too_long",
				"document text_control_character", "source_reference text_control_character", "note invalid_utf8"}},
		{"items of lists by their number", &domain.AssignPlaces{Project: "road", Shares: []domain.PlaceShare{{Place: east}, {}, {Place: "*"}}},
			[]string{"shares[1].place field_required", "shares[2].place id_format"}},
		{"an empty list", &domain.AssignPlaces{Project: "road"}, []string{"shares field_required"}},
		{"a value that there is not", &domain.RegisterPlace{Place: east, Name: "n", Level: "Village"}, []string{"level value_unknown"}},
		{"a number that is required", &domain.CloseYear{}, []string{"year field_required"}},
		{"a text of spaces", &domain.OpenLedger{Title: " \u3000"}, []string{"title field_required"}},
		{"a note that is too long", &domain.ReverseEntry{Entry: "e1", Reason: strings.Repeat("长", 2001)}, []string{"reason text_too_long"}},
		{"nothing at fault", &domain.ReverseEntry{Entry: "e1", Reason: strings.Repeat("长", 2000)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := domain.Check(c.command)
			var got []string
			if all, ok := err.(domain.Refusals); ok {
				for _, r := range all {
					got = append(got, r.Field+" "+r.Code)
					if r.Message == "" || r.Hint == "" || !strings.Contains(err.Error(), r.Field+": "+r.Error()) {
						t.Errorf("%s says %q", r.Field, r)
					}
				}
				if refusalOf(err).Code != all[0].Code {
					t.Errorf("%v does not unwrap to its refusals", err)
				}
			} else if err != nil {
				t.Fatalf("%T: %v", err, err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("at fault are %q, want %q", got, c.want)
			}
		})
	}
}

func TestCheckNormalisesFieldsOnce(t *testing.T) {
	c := &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "F-1", Currency: "cny"}, Project: "Road", Voucher: " A\u00a07\u3000",
		Places: []domain.PlacePart{{Place: "North"}}, Evidence: domain.Evidence{Note: " a\r\nb\n"}}
	if err := domain.Check(c); err != nil {
		t.Fatal(err)
	}
	if c.Fund != "f-1" || c.Currency != "CNY" || c.Project != "road" || c.Voucher != "A\u00a07" || c.Places[0].Place != "north" || c.Note != "a\nb" {
		t.Errorf("it is %+v", c)
	}
	once := written(c)
	if err := domain.Check(c); err != nil || written(c) != once {
		t.Errorf("%v, and then %+v", err, c)
	}
}
