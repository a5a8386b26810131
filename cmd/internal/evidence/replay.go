package evidence

import (
	"fmt"
	"strconv"
	"time"

	"aidledger/domain"
	"aidledger/eventstore/facts"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// entry is a leaf as it is read again. It is written here once more, and not
// taken from the server, because a verifier must not share its mistakes.
type entry struct {
	ID       string    `json:"id"`
	Command  string    `json:"command"`
	Content  string    `json:"content"`
	Actor    string    `json:"actor"`
	Recorded time.Time `json:"recorded"`
	Events   []event   `json:"events"`
}

type event struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Version int            `json:"version"`
	Data    jsontext.Value `json:"data"`
}

// cell names one total.
type cell struct {
	by, key  string
	currency domain.Currency
	stage    domain.Stage
}

// tally adds up what entries moved.
type tally map[cell]int64

// change is one event of an entry, and the entry that it takes back.
type change struct {
	entry, reverses string
	fact            domain.Event
}

// changesOf reads the events of an entry.
func changesOf(leaf []byte) (all []change, err error) {
	var e entry
	if err := json.Unmarshal(leaf, &e); err != nil {
		return nil, fmt.Errorf("an entry cannot be read: %w", err)
	}
	for _, ev := range e.Events {
		c := change{entry: e.ID}
		if c.fact, err = facts.Read(ev.Type, ev.Version, ev.Data); err == nil {
			var of domain.Correction
			err = json.Unmarshal(ev.Data, &of)
			c.reverses = of.Reverses
		}
		if err != nil {
			return nil, fmt.Errorf("the event %s of the entry %s cannot be read: %w", ev.ID, e.ID, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// count adds up the movements of a change that a report is about.
func (t tally) count(c change, s domain.ReportScope) {
	_, handover := c.fact.(*domain.PlacesAssigned)
	for _, m := range domain.Movements(c.fact) {
		if s.Year != 0 && m.Date.Year() != s.Year || s.Currency != "" && m.Money.Currency != s.Currency ||
			!s.EffectiveUntil.IsZero() && s.EffectiveUntil.Last().Before(m.Date.Last()) {
			continue
		}
		t.move(m, handover)
	}
}

// move counts a movement by every dimension. Funding follows its allocation to
// the project and village; a handover to villages moves nothing else.
func (t tally) move(m domain.Movement, handover bool) {
	add := func(by, key string, stage domain.Stage, minor int64) {
		t[cell{by, key, m.Money.Currency, stage}] += minor
	}
	add("village", string(m.Place), m.Stage, m.Money.Minor)
	if !handover {
		add("year", strconv.Itoa(m.Date.Year()), m.Stage, m.Money.Minor)
		add("budget-year", strconv.Itoa(m.BudgetYear), m.Stage, m.Money.Minor)
		add("project", string(m.Project), m.Stage, m.Money.Minor)
		add("provider", string(m.Provider), m.Stage, m.Money.Minor)
		add("fund", string(m.Fund), m.Stage, m.Money.Minor)
	}
	var funding domain.Stage
	switch {
	case m.Stage == domain.Distributed:
		funding = domain.InKind
	case m.Stage != domain.Allocated:
		return
	case m.OnReceipt:
		funding = domain.Recognised
	default:
		funding = domain.Committed
	}
	if m.Project != "" && !handover {
		add("project", "", funding, -m.Money.Minor)
		add("project", string(m.Project), funding, m.Money.Minor)
	}
	if m.Place != "" {
		add("village", "", funding, -m.Money.Minor)
		add("village", string(m.Place), funding, m.Money.Minor)
	}
}
