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

// add counts the events of an entry.
func (t tally) add(leaf []byte) error {
	var e entry
	if err := json.Unmarshal(leaf, &e); err != nil {
		return fmt.Errorf("an entry cannot be read: %w", err)
	}
	for _, ev := range e.Events {
		fact, err := facts.Read(ev.Type, ev.Version, ev.Data)
		if err != nil {
			return fmt.Errorf("the event %s of the entry %s cannot be read: %w", ev.ID, e.ID, err)
		}
		_, handover := fact.(*domain.PlacesAssigned)
		for _, m := range domain.Movements(fact) {
			t.move(m, handover)
		}
	}
	return nil
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
