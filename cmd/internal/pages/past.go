package pages

import (
	"net/url"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// past is the bar of a page that says for which position it holds, and leads
// to other ones. Shown is set where the page does not show the present.
type past struct {
	Shown     bool
	Open      bool   // the inputs are shown at once
	Wide      bool   // they are where there is room for them
	Position  string // for which the page is exact
	End       uint64 // last block of what the read models hold
	AsOf      string // as it was asked for
	Until     string // effective date, as it was asked for
	Earlier   string // addresses
	Later     string
	Now       string
	Kept      []kept // other parameters of the page
	Malformed bool   // what was asked for is no position and no date
}

// kept is a parameter that a form hands on.
type kept struct{ Name, Value string }

// pastParams are the parameters that every link of a page in the past keeps.
var pastParams = []string{"as_of", "effective_until"}

// readPast reads which past is asked for: as_of is a position, an instant or a
// date, whose last moment in the ledger's time zone is meant.
func (v *visit) readPast() {
	q := v.query
	v.past.AsOf, v.past.Until = strings.TrimSpace(q.Get("as_of")), strings.TrimSpace(q.Get("effective_until"))
	if v.past.Until != "" {
		until, err := domain.ParseDate(v.past.Until)
		v.past.Malformed = v.past.Malformed || err != nil
		v.asOf.EffectiveUntil = until
	}
	if v.past.AsOf != "" {
		v.past.Malformed = !v.readAsOf(strings.ReplaceAll(v.past.AsOf, " ", "+")) || v.past.Malformed
	}
	if v.past.Malformed {
		v.asOf = projections.AsOf{}
	}
	v.past.Shown = !v.asOf.IsZero()
}

func (v *visit) readAsOf(text string) bool {
	if at, err := eventstore.ParsePosition(text); err == nil {
		v.asOf.Position = at
		return at.Block <= v.past.End // 2019 is a block, where there are so many, and never a year
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		v.asOf.Time = at.UTC()
		return true
	}
	day, err := domain.ParseDate(text)
	if err != nil {
		return false
	}
	zone := v.zone()
	start, err := time.ParseInLocation("2006-01-02", day.Last().String(), zone)
	if err != nil {
		return false
	}
	v.asOf.Time = start.AddDate(0, 0, 1).Add(-time.Nanosecond).UTC()
	return true
}

// zone is the time zone of the ledger.
func (v *visit) zone() *time.Location {
	name := v.ledger.Zone
	if name == "" {
		name = domain.DefaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// moment shows an instant in the time zone of the ledger.
func (v *visit) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.zone()).Format("2006-01-02 15:04:05")
}

// holdsFor completes the bar, once the position of the answer is known.
func (v *visit) holdsFor(at eventstore.Position) {
	p := &v.past
	p.Position, p.Earlier, p.Later, p.Kept = at.String(), "", "", nil
	if at.Block > 1 {
		p.Earlier = v.with("as_of", whole(at.Block-1))
	}
	if p.Shown && at.Block < p.End {
		p.Later = v.with("as_of", whole(at.Block+1))
	}
	for name, values := range v.query {
		if name != "as_of" && name != "effective_until" && name != "after" {
			p.Kept = append(p.Kept, kept{name, values[0]})
		}
	}
	now := url.Values{}
	for _, k := range p.Kept {
		now.Set(k.Name, k.Value)
	}
	p.Now = v.r.URL.Path
	if len(now) > 0 {
		p.Now += "?" + now.Encode()
	}
}
