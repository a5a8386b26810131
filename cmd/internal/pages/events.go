package pages

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// eventsView is a page of the log, the last events first.
type eventsView struct{ Table table }

// located is an event with its place in the log.
type located struct {
	at    eventstore.Position
	entry eventstore.Entry
	event eventstore.Event
	block *eventstore.Block
}

// eventsOf reads the events of the ledger in some blocks, in the order of the
// log.
func (v *visit) eventsOf(after, until uint64) (all []located, err error) {
	for m, err := range v.Store.Blocks(v.ctx(), after, until) {
		if err != nil {
			return nil, err
		}
		if m.Ledger != v.ledger.Ledger {
			continue
		}
		b, err := eventstore.DecodeEnvelope(m)
		if err != nil {
			return nil, err
		}
		err = b.Each(func(at eventstore.Position, entry *eventstore.Entry, e *eventstore.Event) error {
			if !v.recorded(at, e) {
				return nil
			}
			all = append(all, located{at, *entry, *e, b})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// blocksAtOnce is how many blocks are read at most at a time.
const blocksAtOnce = 64

// recorded tells whether an event is part of the past that the page looks at.
func (v *visit) recorded(at eventstore.Position, e *eventstore.Event) bool {
	if until := v.asOf.Position; !until.IsZero() && at.Compare(until) > 0 {
		return false
	}
	return web.Happened(e.Data, v.asOf.EffectiveUntil)
}

// lastEvents reads back from a position until there are as many events before it
// as a page shows; more tells whether there are others before those. A block may
// hold a thousand events and another one none of this ledger, so it begins with
// one and reads twice as many each time.
func (v *visit) lastEvents(before eventstore.Position) (all []located, more bool, err error) {
	until := before.Block
	if before.Event == 0 {
		until--
	}
	for some := uint64(1); until > 0; some = min(2*some, blocksAtOnce) {
		after := until - min(until, some)
		found, err := v.eventsOf(after, until)
		if err != nil {
			return nil, false, err
		}
		for _, e := range slices.Backward(found) {
			if e.at.Compare(before) >= 0 {
				continue
			}
			if len(all) == listPage {
				return all, true, nil
			}
			all = append(all, e)
		}
		until = after
	}
	return all, false, nil
}

// beforeEvents is the position before which the page shows events: after what it
// is limited to, or after the end of the log.
func (v *visit) beforeEvents() (eventstore.Position, error) {
	end, err := v.Store.End(v.ctx())
	before := eventstore.Position{Block: end + 1}
	if at := v.asOf.Position; v.past.Shown && !at.IsZero() && at.Compare(before) < 0 {
		if before = (eventstore.Position{Block: at.Block, Event: at.Event + 1}); at.Event == eventstore.WholeBlock {
			before = eventstore.Position{Block: at.Block + 1}
		}
	}
	if at, malformed := eventstore.ParsePosition(v.query.Get("after")); malformed == nil && at.Compare(before) < 0 {
		before = at
	}
	return before, err
}

func (v *visit) events() error {
	before, err := v.beforeEvents()
	if err != nil {
		return err
	}
	all, more, err := v.lastEvents(before)
	if err != nil {
		return err
	}
	view := eventsView{table{Columns: v.columns("position", "event", "recorded", "actor", "role", "entry"), Empty: v.say("events.empty")}}
	for _, e := range all {
		at := e.at.String()
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(at, v.href("events/"+at)), text(v.label("event", e.event.Type)),
			text(v.moment(e.entry.Recorded)), text(v.who(e.entry.Actor)), text(v.label("role", e.entry.Role)), linked(e.entry.ID, v.href("trace/"+url.PathEscape(e.entry.ID)))}})
	}
	following := ""
	if more {
		following = all[len(all)-1].at.String()
	}
	v.paged(&view.Table, following)
	if sent, err := v.sendFile("events", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "events", v.say("page.events"), view)
}

// eventView is one event as it is in the log.
type eventView struct {
	Facts   []fact
	Things  []fact // what the event names
	Raw     string
	Earlier string
	Later   string
}

func (v *visit) event() error {
	at, err := eventstore.ParsePosition(v.r.PathValue("position"))
	if err != nil || at.Block == 0 {
		return problem(http.StatusNotFound, "position_unknown", "this is no position", "use one such as 12.3")
	}
	if at.Event == eventstore.WholeBlock {
		at.Event = 0
	}
	end, err := v.Store.End(v.ctx())
	if err != nil {
		return err
	}
	var all []located
	if at.Block <= end {
		if all, err = v.eventsOf(at.Block-1, at.Block); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(all, func(e located) bool { return e.at == at })
	if i < 0 {
		return problem(http.StatusNotFound, "position_unknown", "the log has no event of this ledger there", "use the list of events")
	}
	view, err := v.eventView(all[i])
	if err != nil {
		return err
	}
	view.Earlier, view.Later = v.neighbours(all, i)
	return v.show(http.StatusOK, "event", v.say("event.title", at), view)
}

// neighbours are the addresses of the events before and after one; those of
// other blocks are found in the list.
func (v *visit) neighbours(block []located, i int) (earlier, later string) {
	if i > 0 {
		earlier = v.href("events/" + block[i-1].at.String())
	} else if block[i].at.Block > 1 {
		earlier = v.href("events", "after", block[i].at.String())
	}
	if i+1 < len(block) {
		later = v.href("events/" + block[i+1].at.String())
	}
	return earlier, later
}

// pageOfNoun is the page below which there is one of each thing of a kind.
var pageOfNoun = map[string]string{"request": "requests", "finding": "findings", "notice": "notices", "sample": "samples", "report": "reports"}

func (v *visit) eventView(e located) (eventView, error) {
	var view eventView
	add := func(field string, c cell) {
		if c.Text != "" {
			view.Facts = append(view.Facts, fact{v.label("field", field), c})
		}
	}
	add("event", text(v.label("event", e.event.Type)))
	add("position", text(e.at.String()))
	add("recorded", text(v.moment(e.entry.Recorded)))
	add("actor", text(v.who(e.entry.Actor)))
	add("role", text(v.label("role", e.entry.Role)))
	add("command", text(v.label("command", e.entry.Command)))
	add("entry", linked(e.entry.ID, v.href("trace/"+url.PathEscape(e.entry.ID))))
	add("correlation", text(e.entry.Correlation))
	add("causation", text(e.entry.Causation))
	add("event_id", text(e.event.ID))
	raw := jsontext.Value(bytes.Clone(e.event.Data))
	if err := raw.Indent(); err != nil {
		return view, err
	}
	view.Raw = string(raw)
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return view, err
	}
	if reverses, ok := fields["reverses"].(string); ok {
		add("reverses", linked(reverses, v.href("trace/"+url.PathEscape(reverses))))
	}
	for noun, page := range pageOfNoun {
		if id, ok := fields[noun].(string); ok {
			view.Things = append(view.Things, fact{v.label("field", noun), linked(id, v.href(page+"/"+url.PathEscape(id)))})
		}
	}
	var ids []domain.ID
	named := map[string]string{}
	for name, value := range fields {
		if id, ok := value.(string); ok && len(id) < 200 {
			ids, named[name] = append(ids, domain.ID(id)), id
		}
	}
	if err := v.learn(ids...); err != nil {
		return view, err
	}
	for name, id := range named {
		if _, known := v.names[id]; known {
			view.Things = append(view.Things, fact{v.label("field", name), v.thing(domain.ID(id))})
		}
	}
	slices.SortFunc(view.Things, func(a, b fact) int { return bytes.Compare([]byte(a.Label), []byte(b.Label)) })
	return view, nil
}
