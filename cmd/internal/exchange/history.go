package exchange

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// errStop ends the reading of a block.
var errStop = errors.New("no more events are wanted")

// Event is one event as it is in the log, with the entry that it belongs to.
type Event struct {
	Position    eventstore.Position `json:"position"`
	ID          string              `json:"id"`
	Type        string              `json:"type"`
	Version     int                 `json:"version"`
	Entry       string              `json:"entry"`
	Command     string              `json:"command"`
	Actor       string              `json:"actor"`
	Role        string              `json:"role,omitempty"`
	Recorded    time.Time           `json:"recorded"`
	Correlation string              `json:"correlation,omitempty"`
	Data        jsontext.Value      `json:"data"`
}

// entries yields the entries of a ledger that have events, in the order of the
// log.
func (e *Exporter) entries(ctx context.Context, ledger string) iter.Seq2[*eventstore.Block, error] {
	return func(yield func(*eventstore.Block, error) bool) {
		end, err := e.Store.End(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		found := false
		for m, err := range e.blocks(ctx, end) {
			if err == nil && m.Ledger != ledger {
				continue
			}
			var b *eventstore.Block
			if err == nil {
				b, err = eventstore.Decode(m)
			}
			if found = true; !yield(b, err) || err != nil {
				return
			}
		}
		if !found {
			yield(nil, &domain.Refusal{Kind: domain.NotFound, Code: "ledger_not_found", Message: "no ledger is called " + ledger, Hint: "check the name"})
		}
	}
}

// blocks are those of the log up to its end. An end of 0 would follow it for
// ever.
func (e *Exporter) blocks(ctx context.Context, end uint64) iter.Seq2[eventstore.Message, error] {
	if end == 0 {
		return func(func(eventstore.Message, error) bool) {}
	}
	return e.Store.Blocks(ctx, 0, end)
}

// events yields the log itself.
func (e *Exporter) events(ctx context.Context, ledger string) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for b, err := range e.entries(ctx, ledger) {
			if err != nil {
				yield(nil, err)
				return
			}
			stop := b.Each(func(at eventstore.Position, entry *eventstore.Entry, event *eventstore.Event) error {
				v := Event{Position: at, ID: event.ID, Type: event.Type, Version: event.Version, Entry: entry.ID, Command: entry.Command,
					Actor: entry.Actor, Role: entry.Role, Recorded: entry.Recorded, Correlation: entry.Correlation, Data: event.Data}
				if !yield(v, nil) {
					return errStop
				}
				return nil
			})
			if stop != nil {
				return
			}
		}
	}
}

// Line is one command of a ledger's history, as the import takes it: its fields,
// and beside them the members command and id. What an entry says beyond that (who
// recorded it, and when) is not carried.
type Line map[string]jsontext.Value

// commands yields what was recorded as commands that record it again under the
// same ids, in another ledger. What means something in its own ledger alone is
// left out, and the last line says how much of it there was.
func (e *Exporter) commands(ctx context.Context, ledger string) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		left := leftOut{}
		for b, err := range e.entries(ctx, ledger) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range b.Entries {
				line, ok, err := left.lineOf(&b.Entries[i])
				if err == nil && !ok {
					continue
				}
				if !yield(line, err) || err != nil {
					return
				}
			}
		}
		if len(left) > 0 {
			counts, err := json.Marshal(left, json.Deterministic(true))
			yield(Line{leftOutMember: counts}, err)
		}
	}
}

// leftOut counts what a history does not carry, by the command or by what of it.
type leftOut map[string]int

// leftOutMember is the member of the last line that tells it.
const leftOutMember = "left_out"

// ofItsLedger are commands that mean something in their own ledger alone: an
// import makes its own record of the source, keys and places belong to servers,
// and reports and samples follow from a checkpoint.
var ofItsLedger = []string{"record-import", "reverse-import", "introduce-signing-key", "retire-signing-key", "move-ledger", "adopt-ledger",
	"publish-report", "draw-sample"}

// carried tells whether a command can be recorded in another ledger. What is
// sealed for one ledger can be opened in no other.
func carried(kind domain.CommandType) bool {
	return !slices.Contains(ofItsLedger, kind.Name) && !domain.HoldsPersonal(kind.New()) &&
		!slices.ContainsFunc(kind.Field, func(f domain.Field) bool { return f.Name == "beneficiary" })
}

// lineOf makes a command of what it led to: its fields have the names of those
// of its first event.
func (left leftOut) lineOf(entry *eventstore.Entry) (line Line, ok bool, err error) {
	kind, ok := domain.LookupCommand(entry.Command)
	switch {
	case len(entry.Events) == 0 || !ok:
		return line, false, nil
	case entry.Role == domain.CheckRole:
		left["findings of checks"]++ // which they find again
		return line, false, nil
	case !carried(kind):
		left[entry.Command]++
		return line, false, nil
	}
	var said Line
	data, err := json.Marshal(entry.Events[0].Fact)
	if err == nil {
		err = json.Unmarshal(data, &said)
	}
	line = Line{"command": quoted(entry.Command), "id": quoted(entry.ID)}
	for _, f := range kind.Field {
		v, ok := said[f.Name]
		var fund Line
		if f.Type == "id" && v.Kind() == '{' && json.Unmarshal(v, &fund) == nil {
			v = fund["fund"] // the event says more about it than its id
		}
		if ok { // where a command has an id of its own, that is the same member
			line[f.Name] = v
		}
	}
	if r, ok := entry.Events[0].Fact.(*domain.TransactionReported); ok && err == nil {
		err = line.report(r, left)
	}
	return line, true, err
}

// report writes what a command of a report has in another form than its event.
// The currency has a member of its own, since an amount names those alone that
// somebody pays in now.
func (line Line) report(r *domain.TransactionReported, left leftOut) error {
	line["amount"], line["currency"] = quoted(r.Amount.Decimal()), quoted(string(r.Amount.Currency))
	for _, name := range []string{"recipients", "places"} {
		if parts := line[name]; parts != nil {
			if err := line.share(name, parts); err != nil {
				return err
			}
			if line[name] == nil {
				left["shares of "+name]++
			}
		}
	}
	return nil
}

// share makes shares of the parts that a reported transaction was divided into.
// One part is all of it; several are amounts by now, from which the percentages
// cannot be told, so they are not carried.
func (line Line) share(name string, parts jsontext.Value) error {
	var all []domain.ReportedPart
	if err := json.Unmarshal(parts, &all); err != nil {
		return err
	}
	delete(line, name)
	if len(all) == 1 {
		v, err := json.Marshal([]domain.ReportedShare{{Code: all[0].Code}})
		line[name] = v
		return err
	}
	return nil
}

func quoted(s string) jsontext.Value {
	v, _ := jsontext.AppendQuote(nil, s)
	return v
}
