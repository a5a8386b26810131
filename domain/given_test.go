package domain_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/domain"
)

// story is a ledger with what happened in it so far. The n-th command that was
// accepted is the entry "e<n>".
type story struct {
	t       testing.TB
	ledger  *domain.Ledger
	today   domain.Date
	actor   string
	role    string
	entries map[string][]domain.Event
	events  []domain.Event
	told    int
}

// given folds commands into a new ledger. All of them have to be accepted.
func given(t testing.TB, commands ...domain.Command) *story {
	t.Helper()
	s := &story{t: t, ledger: domain.NewLedger(), today: day("2020-06-15"), actor: "li", role: "clerk", entries: map[string][]domain.Event{}}
	s.ledger.Track()
	return s.and(commands...)
}

// and folds further commands, which have to be accepted.
func (s *story) and(commands ...domain.Command) *story {
	s.t.Helper()
	for _, c := range commands {
		if o := s.when(c); o.err != nil {
			s.t.Fatalf("e%d, %s %+v: %v", s.told+1, domain.CommandName(c), reflect.Indirect(reflect.ValueOf(c)), o.err)
		}
	}
	return s
}

// as lets another person go on.
func (s *story) as(actor string) *story {
	s.actor = actor
	return s
}

// outcome is what a command led to.
type outcome struct {
	t       testing.TB
	command domain.Command
	events  []domain.Event
	err     error
}

// when gives one command as everybody does: Check, Decide, Evolve. On the way
// it looks after what holds for every command.
func (s *story) when(c domain.Command) *outcome {
	s.t.Helper()
	entry := fmt.Sprintf("e%d", s.told+1)
	o := &outcome{t: s.t, command: c}
	if o.err = domain.Check(c); o.err != nil {
		return o
	}
	ctx := domain.Context{Entry: entry, Actor: s.actor, Role: s.role, Today: s.today,
		Recorded: time.Date(2020, 6, 15, 1, 2, 3, 0, time.UTC)}
	if r, ok := c.(domain.Referrer); ok {
		ctx.Original = s.entries[r.RefersTo()]
	}
	mark, asked := s.ledger.Mark(), written(c)
	o.events, o.err = s.ledger.Decide(c, ctx)
	again, errAgain := s.ledger.Decide(c, ctx)
	if !reflect.DeepEqual(o.events, again) || !reflect.DeepEqual(o.err, errAgain) {
		s.t.Errorf("%s is decided in two ways: %v %v and %v %v", entry, o.events, o.err, again, errAgain)
	}
	if written(c) != asked || s.ledger.Mark() != mark {
		s.t.Errorf("%s: deciding changed the command %s to %s, or the state", entry, asked, written(c))
	}
	if o.err == nil {
		s.fold(entry, o.events)
	}
	return o
}

func (s *story) fold(entry string, events []domain.Event) {
	for _, e := range events {
		s.ledger.Evolve(e)
	}
	s.told++
	s.entries[entry] = events
	s.events = append(s.events, events...)
}

// written spells out all fields of a value, the hidden ones too, with maps in
// the order of their keys.
func written(v any) string { return fmt.Sprintf("%+v", v) }

// then demands that the command led to exactly these events.
func (o *outcome) then(want ...domain.Event) {
	o.t.Helper()
	if o.err != nil {
		o.t.Fatalf("it was refused: %v", o.err)
	}
	if !reflect.DeepEqual(o.events, want) && len(o.events)+len(want) > 0 {
		o.t.Errorf("it led to\n%s\nwant\n%s", list(o.events), list(want))
	}
}

// nothing demands that the command was accepted and led to nothing.
func (o *outcome) nothing() {
	o.t.Helper()
	o.then()
}

func list(events []domain.Event) string {
	lines := make([]string, len(events))
	for i, e := range events {
		lines[i] = fmt.Sprintf("%s %+v", e.EventType(), reflect.Indirect(reflect.ValueOf(e)))
	}
	return strings.Join(lines, "\n")
}

// refused demands one refusal with its code, its field, and exactly these
// details, written as key=value.
func (o *outcome) refused(code, field string, detail ...string) {
	o.t.Helper()
	var r *domain.Refusal
	if o.err == nil {
		o.t.Fatalf("it was accepted: %s", list(o.events))
	}
	if !errors.As(o.err, &r) {
		o.t.Fatalf("%v is no refusal", o.err)
	}
	if r.Code != code || r.Field != field {
		o.t.Errorf("it was refused with %s in %q (%v), want %s in %q", r.Code, r.Field, r, code, field)
	}
	var got []string
	for _, k := range slices.Sorted(maps.Keys(r.Detail)) {
		got = append(got, k+"="+r.Detail[k])
	}
	if !slices.Equal(got, slices.Sorted(slices.Values(detail))) {
		o.t.Errorf("%s explains itself with %q, want %q", code, got, detail)
	}
	if r.Message == "" || r.Hint == "" || strings.Contains(r.Error(), "%!") || strings.Contains(r.Error(), `\"`) {
		o.t.Errorf("%s says %q", code, r)
	}
	if named, _, _ := strings.Cut(field, "["); named != "" && !slices.ContainsFunc(fieldsOf(o.command), func(f domain.Field) bool { return f.Name == named }) {
		o.t.Errorf("%s is no field of the command", field)
	}
}

// kind demands the kind of the refusal.
func (o *outcome) kind(want domain.Kind) {
	o.t.Helper()
	var r *domain.Refusal
	if !errors.As(o.err, &r) || r.Kind != want {
		o.t.Errorf("the kind of %v is not %d", o.err, want)
	}
}

func fieldsOf(c domain.Command) []domain.Field {
	t, _ := domain.LookupCommand(domain.CommandName(c))
	return t.Field
}

// refusal is one row of a table: a command after a story, and its refusal.
type refusal struct {
	name    string
	given   []domain.Command
	when    domain.Command
	code    string
	field   string
	details []string
}

// refusals tells every row to a ledger of its own that begins with world.
func refusals(t *testing.T, world []domain.Command, rows []refusal) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			given(t, world...).and(r.given...).when(r.when).refused(r.code, r.field, r.details...)
		})
	}
}

// sums adds up all movements, by what keeps them apart.
type sumKey struct {
	stage                domain.Stage
	fund, project, place domain.ID
	currency             domain.Currency
}

func sums(events []domain.Event) map[sumKey]int64 {
	all := map[sumKey]int64{}
	for _, e := range events {
		for _, m := range domain.Movements(e) {
			k := sumKey{m.Stage, m.Fund, m.Project, m.Place, m.Money.Currency}
			if all[k] += m.Money.Minor; all[k] == 0 {
				delete(all, k)
			}
		}
	}
	return all
}

// reversal is the entry e<n> taken back.
func reversal(n int) *domain.ReverseEntry {
	return &domain.ReverseEntry{Entry: fmt.Sprintf("e%d", n), Reason: "entered twice"}
}

func day(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func amount(s string) domain.Amount {
	a, err := domain.ParseAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

func quantity(s string) domain.Quantity {
	q, err := domain.ParseQuantity(s)
	if err != nil {
		panic(err)
	}
	return q
}

// yuan returns whole yuan.
func yuan(n int64) domain.Money { return cny(n * 100) }

// on is the evidence of what has a date and nothing else; by has a document too.
func on(date string) domain.Evidence { return domain.Evidence{Date: day(date)} }

func by(document, date string) domain.Evidence {
	return domain.Evidence{Date: day(date), Document: document}
}
