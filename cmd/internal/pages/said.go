package pages

import (
	"cmp"
	"slices"
	"strconv"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// said are the events of an entry, as the log has them.
func (v *visit) said(at eventstore.Position, entry string) ([]located, error) {
	if at.Block == 0 || at.Block > v.past.End || v.readsPart() {
		return nil, nil
	}
	all, err := v.eventsOf(at.Block-1, at.Block)
	return slices.DeleteFunc(all, func(e located) bool { return e.entry.ID != entry }), err
}

// fieldsOf are the fields of an event that are one value each, as texts.
func fieldsOf(e located) map[string]string {
	var fields map[string]any
	if json.Unmarshal(e.event.Data, &fields) != nil {
		return nil
	}
	texts := map[string]string{}
	for name, value := range fields {
		switch value := value.(type) {
		case string:
			texts[name] = value
		case bool:
			texts[name] = strconv.FormatBool(value)
		case float64:
			texts[name] = strconv.FormatFloat(value, 'f', -1, 64)
		}
	}
	return texts
}

// entered shows what an entry says that moved no money: the fields of its command,
// without the id that it gave and without what is about a person.
func (v *visit) entered(t domain.CommandType, e located) ([]fact, error) {
	said := fieldsOf(e)
	var ids []domain.ID
	for _, f := range t.Field {
		if f.Type == "id" {
			ids = append(ids, domain.ID(said[f.Name]))
		}
	}
	if err := v.learn(ids...); err != nil {
		return nil, err
	}
	var all []fact
	for _, f := range t.Field {
		value := said[f.Name]
		if value == "" || f.Personal != "" || f.Name == newNoun[t.Name].field {
			continue
		}
		shown := text(value)
		switch {
		case f.Type == "id":
			shown = v.thing(domain.ID(value))
		case f.Type == "amount":
			var m domain.Money
			if m.UnmarshalText([]byte(value)) == nil {
				shown = v.exact(m, "")
			}
		case f.Type == "yes/no", len(f.Enum) > 0:
			shown = text(v.choice(t.Name, f, value))
		}
		all = append(all, fact{v.fieldLabel(t.Name, f.Name), shown})
	}
	return all, nil
}

// noteOf is what an entry notes, or why it takes another one back.
func (v *visit) noteOf(m projections.Movement) (string, error) {
	events, err := v.said(m.Position, m.Entry)
	for _, e := range events {
		said := fieldsOf(e)
		if note := cmp.Or(said["reason"], said["note"]); note != "" {
			return note, nil
		}
	}
	return "", err
}
