package eventstore

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore/facts"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var update = flag.Bool("update", false, "write golden files that are missing; existing ones are never changed")

// full fills every field of an event with a value of its own, so that a field
// that is lost or renamed shows in the golden file.
func full(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch p := v.Addr().Interface().(type) {
	case *domain.Date:
		*p, _ = domain.ParseDate(fmt.Sprintf("2018-03-%02d", 1+*n%28))
		return
	case *domain.Money:
		*p = domain.Money{Minor: int64(100 + *n), Currency: "CNY"}
		return
	case *domain.Quantity:
		*p = domain.WholeQuantity(int32(*n))
		return
	case *domain.Stage:
		*p = domain.Disbursed
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			full(t, v.Field(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("value-%d", *n))
	case reflect.Int:
		v.SetInt(int64(2000 + *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		full(t, v.Index(0), n)
		full(t, v.Index(1), n)
	default:
		t.Fatalf("no sample value for %s", v.Type())
	}
}

func sample(t *testing.T, eventType string) domain.Event {
	t.Helper()
	e, n := domain.NewEvent(eventType), 0
	full(t, reflect.ValueOf(e).Elem(), &n)
	return e
}

func TestEveryVersionOfEveryEventCanBeReadForEver(t *testing.T) {
	for _, name := range domain.EventTypes() {
		for version := 1; version <= versionOf(name); version++ {
			path := filepath.Join("testdata", "golden", fmt.Sprintf("%s.v%d.json", name, version))
			golden, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) && *update && version == versionOf(name) {
				e, err := encodeEvent("", sample(t, name))
				if err != nil {
					t.Fatal(err)
				}
				golden = append(e.Data, '\n')
				if err := os.WriteFile(path, golden, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if err != nil {
				t.Errorf("%v; make it with: go test ./eventstore -run EveryVersion -update", err)
				continue
			}
			e := Event{Type: name, Version: version, Data: bytes.TrimSpace(golden)}
			if err := e.decode(Position{}); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if version < versionOf(name) {
				continue
			}
			fast := Event{Type: name, Version: version, Data: e.Data}
			if !fast.readCanonical(new(names)) || !reflect.DeepEqual(fast.Fact, e.Fact) {
				t.Errorf("%s is read in the slow way only, or differently:\n got %+v\nwant %+v", path, fast.Fact, e.Fact)
			}
			again, err := encodeEvent("", e.Fact)
			if err != nil || !bytes.Equal(again.Data, e.Data) {
				t.Errorf("%s changed its form without a new version:\n was %s\n now %s", name, e.Data, again.Data)
			}
			if want := sample(t, name); !reflect.DeepEqual(e.Fact, want) {
				t.Errorf("%s: a field is missing from its golden file:\n got %+v\nwant %+v", name, e.Fact, want)
			}
		}
	}
}

func TestAnOldVersionIsBroughtUpToDateStepByStep(t *testing.T) {
	add := func(field string) facts.Upcaster {
		return func(v jsontext.Value) (jsontext.Value, error) {
			return append(v[:len(v)-1:len(v)-1], []byte(field+"}")...), nil
		}
	}
	facts.Upcasters["year-closed"] = []facts.Upcaster{add(`,"date":"2019"`), add(`,"note":"by default"`)}
	defer delete(facts.Upcasters, "year-closed")
	for version, data := range map[int]string{1: `{"year":2018}`, 2: `{"year":2018,"date":"2019"}`, 3: `{"year":2018,"date":"2019","note":"by default"}`} {
		e := Event{Type: "year-closed", Version: version, Data: []byte(data)}
		if err := e.decode(Position{}); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		fact := e.Fact.(*domain.YearClosed)
		if fact.Year != 2018 || fact.Date.String() != "2019" || fact.Note != "by default" {
			t.Errorf("version %d became %+v", version, fact)
		}
	}
	e := Event{Type: "year-closed", Version: 4, Data: []byte(`{}`)}
	var bad *BadBlock
	if err := e.decode(Position{Block: 7}); !errors.As(err, &bad) || bad.Code != "unknown_event_version" || bad.Position.Block != 7 {
		t.Errorf("a future version: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"ledger":"x","previous":"","entries":[]}`))
	f.Add([]byte(`{"v":1,"ledger":"x","previous":"0000000000000000000000000000000000000000000000000000000000000000","entries":[{"id":"a","command":"close-year","content":"","actor":"me","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":"year-closed","version":1,"data":{"date":"2019","year":2018}}]}]}`))
	f.Add([]byte(`{"v":1,"v":1}`))
	for _, name := range domain.EventTypes() {
		golden, err := os.ReadFile(filepath.Join("testdata", "golden", fmt.Sprintf("%s.v%d.json", name, versionOf(name))))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(fmt.Appendf(nil, `{"v":1,"ledger":"x","previous":%q,"entries":[{"id":"a","command":"c","content":"","actor":"me","recorded":"2020-01-01T00:00:00Z","events":[{"id":"1","type":%q,"version":%d,"data":%s}]}]}`,
			Hash{}, name, versionOf(name), bytes.TrimSpace(golden)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Decode(Message{Sequence: 1, Ledger: "x", Data: data})
		general, generalErr := decodeGeneral(Message{Sequence: 1, Ledger: "x", Data: data})
		if (err == nil) != (generalErr == nil) || err == nil && !reflect.DeepEqual(b, general) {
			t.Fatalf("the two decoders differ:\n%+v, %v\n%+v, %v", b, err, general, generalErr)
		}
		if err != nil {
			var bad *BadBlock
			if !errors.As(err, &bad) || bad.Code == "" || bad.Position.Block != 1 {
				t.Fatalf("%v is not a BadBlock that names its position", err)
			}
			return
		}
		b.Each(func(at Position, _ *Entry, e *Event) error {
			if e.Fact == nil {
				t.Fatalf("%s has no fact", at)
			}
			domain.Movements(e.Fact)
			return nil
		})
	})
}

// An entry is written without a general encoder, and must look as if it was.
func TestAnEntryIsWrittenAsAGeneralEncoderWould(t *testing.T) {
	texts := []string{"", "a", "携手奔小康", `"quoted" \ <&>`, "line\nfeed\ttab\u0000\u001f\u007f", "\u2028\u2029", "😀"}
	times := []time.Time{time.Date(2018, 3, 5, 1, 2, 3, 0, time.UTC), time.Date(2018, 3, 5, 1, 2, 3, 120_000, time.UTC), time.Date(2018, 12, 31, 23, 59, 59, 999_999_000, time.UTC)}
	for i, text := range texts {
		for _, other := range texts {
			e := Entry{ID: text, Command: other, Content: text, Actor: other, Role: text, Correlation: other, Causation: text, Recorded: times[i%len(times)], Events: []Event{}}
			for n := range i {
				e.Events = append(e.Events, Event{ID: other, Type: text, Version: n, Data: jsontext.Value(`{"a":1}`)})
			}
			want, err := json.Marshal(&e)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := e.append(nil); err != nil || !bytes.Equal(got, want) {
				t.Errorf("it is\n%s, %v\nwant\n%s", got, err, want)
			}
		}
	}
	if _, err := (&Entry{Actor: "\xff"}).append(nil); err == nil {
		t.Error("bytes that are no text were written")
	}
}

func TestAReceiptIsWrittenAsAGeneralEncoderWould(t *testing.T) {
	at := time.Date(2018, 3, 5, 1, 2, 3, 120_000, time.UTC)
	for _, r := range []Receipt{
		{Events: []EventRef{}},
		{Ledger: "one", Entry: `a"b`, Position: Position{Block: 7, Event: WholeBlock}, Recorded: at, Events: []EventRef{}, Repeated: true},
		{Ledger: "one", Entry: "a", Position: Position{Block: 7, Event: 2}, Recorded: at, DryRun: true, Beneficiary: "p-1",
			Events: []EventRef{{ID: "x", Type: "funds-pledged", Position: Position{Block: 7, Event: 1}}, {ID: "y", Type: "z", Position: Position{Block: 7, Event: 2}}}},
	} {
		want, err := json.Marshal(&r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.AppendJSON(nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("it is\n%s, %v\nwant\n%s", got, err, want)
		}
	}
}
