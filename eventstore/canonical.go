package eventstore

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// append appends the entry in its canonical form, which is what json.Marshal
// makes of it, without the cost of a general encoder. The data of its events
// are in that form already.
func (e *Entry) append(b []byte) ([]byte, error) {
	p := printer{text: b}
	p.member(`{"id":`, e.ID)
	p.member(`,"command":`, e.Command)
	p.member(`,"content":`, e.Content)
	p.member(`,"actor":`, e.Actor)
	for _, m := range [...]struct{ name, text string }{{`,"role":`, e.Role}, {`,"correlation":`, e.Correlation}, {`,"causation":`, e.Causation}} {
		if m.text != "" {
			p.member(m.name, m.text)
		}
	}
	p.text = append(p.text, `,"recorded":"`...)
	p.text = e.Recorded.AppendFormat(p.text, time.RFC3339Nano)
	p.text = append(p.text, `","events":[`...)
	for i := range e.Events {
		if i > 0 {
			p.text = append(p.text, ',')
		}
		p.member(`{"id":`, e.Events[i].ID)
		p.member(`,"type":`, e.Events[i].Type)
		p.text = append(p.text, `,"version":`...)
		p.text = strconv.AppendInt(p.text, int64(e.Events[i].Version), 10)
		p.text = append(p.text, `,"data":`...)
		p.text = append(p.text, e.Events[i].Data...)
		p.text = append(p.text, '}')
	}
	return append(p.text, `]}`...), p.err
}

// AppendJSON appends the receipt as json.Marshal would write it, for those who
// answer many.
func (r *Receipt) AppendJSON(b []byte) ([]byte, error) {
	p := printer{text: b}
	p.member(`{"ledger":`, r.Ledger)
	p.member(`,"entry":`, r.Entry)
	p.position(`,"position":"`, r.Position)
	p.text = append(p.text, `,"recorded":"`...)
	p.text = r.Recorded.AppendFormat(p.text, time.RFC3339Nano)
	p.text = append(p.text, `","events":[`...)
	for i := range r.Events {
		if i > 0 {
			p.text = append(p.text, ',')
		}
		p.member(`{"id":`, r.Events[i].ID)
		p.member(`,"type":`, r.Events[i].Type)
		p.position(`,"position":"`, r.Events[i].Position)
		p.text = append(p.text, '}')
	}
	p.text = append(p.text, ']')
	if r.Repeated {
		p.text = append(p.text, `,"repeated":true`...)
	}
	if r.DryRun {
		p.text = append(p.text, `,"dry_run":true`...)
	}
	if r.Beneficiary != "" {
		p.member(`,"beneficiary":`, string(r.Beneficiary))
	}
	return append(p.text, '}'), p.err
}

// printer appends members of an object. Its first error stays.
type printer struct {
	text []byte
	err  error
}

func (p *printer) member(name, value string) {
	p.text = append(p.text, name...)
	var err error
	if p.text, err = jsontext.AppendQuote(p.text, value); p.err == nil {
		p.err = err
	}
}

func (p *printer) position(name string, at Position) {
	p.text = append(p.text, name...)
	p.text = append(at.append(p.text), '"')
}

// A replay reads millions of blocks that this package wrote itself, always in
// the same form: no white space, members in one order, hardly ever an escape.
// readCanonical reads just that form, several times faster than a decoder that
// has to expect anything. It never guesses: at the first byte that differs it
// gives up, and the general decoder decides. A fuzz test holds the two to the
// same answer.

// readCanonical fills the block from data and tells whether it could. The data
// of the events are cut out but not checked; decoding them does that.
func (b *Block) readCanonical(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	c := cursor{rest: data, ok: true}
	c.head(b)
	c.literal(`,"entries":[`)
	b.Entries = make([]Entry, 0, 1+len(data)/512)
	c.events = make([]Event, 0, cap(b.Entries))
	for c.item(']', len(b.Entries)) {
		b.Entries = append(b.Entries, Entry{})
		if n := len(b.Entries); n > 1 {
			c.entry(&b.Entries[n-1], &b.Entries[n-2])
		} else {
			c.entry(&b.Entries[0], &Entry{})
		}
	}
	c.literal(`}`)
	return c.ok && len(c.rest) == 0
}

// head reads what a block says before its entries.
func (c *cursor) head(b *Block) {
	c.literal(`{"v":`)
	b.Format = c.integer()
	c.literal(`,"ledger":`)
	b.Ledger = c.text("")
	c.literal(`,"previous":`)
	c.ok = c.ok && b.Previous.UnmarshalText(c.raw()) == nil
}

// previousOf returns the hash that stored data say they follow, if they have the
// form that this package writes.
func previousOf(data []byte) (Hash, bool) {
	var b Block
	c := cursor{rest: data, ok: true}
	c.head(&b)
	return b.Previous, c.ok
}

// cursor walks over the data. After the first surprise ok is false and the
// further reads mean nothing.
type cursor struct {
	rest  []byte
	ok    bool
	names *names // for the data of events

	events []Event // of the entries so far, which share one slice
}

// entry reads one entry. What is as in the entry before shares its memory.
func (c *cursor) entry(e, before *Entry) {
	c.literal(`{"id":`)
	e.ID = c.text("")
	c.literal(`,"command":`)
	e.Command = c.text(before.Command)
	c.literal(`,"content":`)
	e.Content = c.text("")
	c.literal(`,"actor":`)
	e.Actor = c.text(before.Actor)
	if c.optional(`,"role":`) {
		e.Role = c.text(before.Role)
	}
	if c.optional(`,"correlation":`) {
		e.Correlation = c.text(before.Correlation)
	}
	if c.optional(`,"causation":`) {
		e.Causation = c.text(before.Causation)
	}
	c.literal(`,"recorded":`)
	at, err := time.Parse(time.RFC3339Nano, c.text(""))
	e.Recorded = at
	c.ok = c.ok && err == nil
	c.literal(`,"events":[`)
	first := len(c.events)
	for c.item(']', len(c.events)-first) {
		c.events = append(c.events, Event{})
		var kind string
		if len(before.Events) > 0 {
			kind = before.Events[0].Type
		}
		c.event(&c.events[len(c.events)-1], kind)
	}
	e.Events = c.events[first:len(c.events):len(c.events)]
	c.literal(`}`)
}

func (c *cursor) event(e *Event, kind string) {
	c.literal(`{"id":`)
	e.ID = c.text("")
	c.literal(`,"type":`)
	e.Type = c.text(kind)
	c.literal(`,"version":`)
	e.Version = c.integer()
	c.literal(`,"data":`)
	e.Data = c.object()
	c.literal(`}`)
}

func (c *cursor) literal(s string) {
	if !c.optional(s) {
		c.ok = false
	}
}

func (c *cursor) optional(s string) bool {
	if !c.ok || len(c.rest) < len(s) || string(c.rest[:len(s)]) != s {
		return false
	}
	c.rest = c.rest[len(s):]
	return true
}

// item tells whether a further element of an array follows, and moves to it.
func (c *cursor) item(end byte, seen int) bool {
	switch {
	case !c.ok || len(c.rest) == 0:
		c.ok = false
		return false
	case c.rest[0] == end:
		c.rest = c.rest[1:]
		return false
	case seen == 0:
		return true
	}
	c.literal(",")
	return c.ok
}

// integer reads up to nine digits without sign, leading zero or exponent.
func (c *cursor) integer() int {
	n, i := 0, 0
	for ; i < len(c.rest) && i < 10 && '0' <= c.rest[i] && c.rest[i] <= '9'; i++ {
		n = 10*n + int(c.rest[i]-'0')
	}
	c.ok = c.ok && i > 0 && i < 10 && (c.rest[0] != '0' || i == 1)
	if c.ok {
		c.rest = c.rest[i:]
	}
	return n
}

// text reads a string that needs no unescaping. It returns same where that is
// what it reads, so that equal strings are kept once.
func (c *cursor) text(same string) string {
	raw := c.raw()
	if string(raw) == same {
		return same
	}
	return string(raw)
}

// raw reads a string that needs no unescaping, as a part of the data.
func (c *cursor) raw() []byte {
	if !c.optional(`"`) {
		c.ok = false
		return nil
	}
	for i, b := range c.rest {
		if b == '"' {
			raw := c.rest[:i:i]
			c.rest = c.rest[i+1:]
			return raw
		}
		if b == '\\' || b < ' ' {
			break
		}
	}
	c.ok = false
	return nil
}

// object cuts out an object by its braces, without looking at what is in it.
func (c *cursor) object() jsontext.Value {
	if !c.ok || len(c.rest) == 0 || c.rest[0] != '{' {
		c.ok = false
		return nil
	}
	depth, quoted := 0, false
	for i := 0; i < len(c.rest); i++ {
		switch b := c.rest[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{':
			depth++
		case b == '}':
			if depth--; depth == 0 {
				value := jsontext.Value(c.rest[: i+1 : i+1])
				c.rest = c.rest[i+1:]
				return value
			}
		}
	}
	c.ok = false
	return nil
}
