package domain

import "strings"

// Places are where aid goes. Rules:
//   - a place lies in a parent that is registered, one level or more above it;
//   - an id made of digits alone is an official division code (区划代码): 6
//     digits down to the county, 9 for a township, 12 for a village, beginning
//     with the code of its parent;
//   - a village without an official code may have a local one (with a letter or
//     a hyphen), usually under its township.

// PlaceRegistered says that a place exists.
type PlaceRegistered struct {
	Evidence
	Place    ID     `json:"place"`
	Name     string `json:"name"`
	Level    string `json:"level"`
	Parent   ID     `json:"parent,omitempty"`
	CodeYear int    `json:"code_year,omitzero"`
}

// RegisterPlace makes a place known.
type RegisterPlace struct {
	Evidence
	Place    ID     `json:"place" example:"130000" doc:"division code (6, 9 or 12 digits), or a local id for a village"`
	Name     string `json:"name" doc:"official name"`
	Level    string `json:"level" enum:"province,prefecture,county,township,village" doc:"level in the hierarchy"`
	Parent   ID     `json:"parent,omitempty" example:"-" doc:"the place that it lies in"`
	CodeYear int    `json:"code_year,omitzero" doc:"year of the code list"`
}

var (
	_ = command[RegisterPlace]("register-place", "Makes a place known: a county, a township or a village.")
	_ = event[PlaceRegistered]()
)

type place struct {
	name   string
	level  string
	parent ID
}

func (p *place) fields() []any { return []any{&p.name, &p.level, &p.parent} }

var levels = map[string]int{"province": 1, "prefecture": 2, "county": 3, "township": 4, "village": 5}

func (c *RegisterPlace) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Place, "place"); err != nil {
		return nil, err
	}
	if err := checkPlaceCode(c.Place, c.Level); err != nil {
		return nil, err
	}
	if c.Parent != "" {
		if err := l.parentOf(c); err != nil {
			return nil, err
		}
	} else if levels[c.Level] > levels["county"] {
		return nil, required("parent")
	}
	if c.CodeYear != 0 {
		if err := checkYear(c.CodeYear, "code_year"); err != nil {
			return nil, err
		}
	}
	e, err := l.evidence("place-registered", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&PlaceRegistered{Evidence: e, Place: c.Place, Name: c.Name, Level: c.Level, Parent: c.Parent, CodeYear: c.CodeYear}}, nil
}

func (l *Ledger) parentOf(c *RegisterPlace) error {
	if err := l.noun(NounPlace, c.Parent, "parent"); err != nil {
		return err
	}
	parent, _ := l.places.get(c.Parent)
	if levels[parent.level] >= levels[c.Level] {
		return refuse("parent_level", "a %s cannot lie in the %s %s", c.Level, parent.level, parent.name).in("parent").
			hint("name a place of a higher level")
	}
	if official(c.Place) && official(c.Parent) && !strings.HasPrefix(string(c.Place), divisionPrefix(c.Parent, parent.level)) {
		return refuse("code_malformed", "the code %s does not lie in %s %s", c.Place, c.Parent, parent.name).in("place").
			hint("check the code, or the parent").with("place", c.Place).with("parent", c.Parent)
	}
	return nil
}

func official(id ID) bool { return strings.Trim(string(id), "0123456789") == "" }

// divisionPrefix is the part of an official code that all places in it share.
func divisionPrefix(id ID, level string) string {
	switch level {
	case "province":
		return string(id[:2])
	case "prefecture":
		return string(id[:4])
	}
	return string(id)
}

func checkPlaceCode(id ID, level string) error {
	digits := map[string]int{"province": 6, "prefecture": 6, "county": 6, "township": 9, "village": 12}[level]
	switch {
	case official(id) && len(id) != digits:
		return refuse("code_malformed", "%s has %d digits; the code of a %s has %d", id, len(id), level, digits).in("place").
			hint("check the code or the level").with("place", id)
	case !official(id) && level != "village":
		return refuse("code_malformed", "%s is not a division code", id).in("place").
			hint("use the official code of %d digits; only villages may have a local id", digits).with("place", id)
	}
	return nil
}

// EventType is place-registered.
func (*PlaceRegistered) EventType() string { return "place-registered" }

func (e *PlaceRegistered) evolve(l *Ledger) {
	l.names.put(e.Place, NounPlace)
	l.places.put(e.Place, place{name: e.Name, level: e.Level, parent: e.Parent})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

// within tells whether a place is the other one or lies in it.
func (l *Ledger) within(id, outer ID) bool {
	for id != "" {
		if id == outer {
			return true
		}
		p, _ := l.places.get(id)
		id = p.parent
	}
	return false
}
