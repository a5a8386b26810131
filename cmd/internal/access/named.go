package access

import (
	"reflect"
	"slices"

	"aidledger/domain"
)

// Names are the places and projects that somebody asks about, and things of
// other kinds, which are of places and projects themselves.
type Names struct {
	Limit
	Things []domain.ID
}

// The fields of commands, and of the items of their lists, that name a place, a
// project or a thing that is of some.
var (
	placeFields   = []string{"place", "parent", "county"}
	projectFields = []string{"project"}
	thingFields   = []string{"about", "beneficiary", "entry", "finding", "notice", "request"}
)

// newThings are the fields that name what the command makes.
var newThings = map[string]string{"raise-finding": "finding", "publish-notice": "notice", "request-disbursement": "request"}

// NamedBy returns what a command names.
func NamedBy(c domain.Command) Names {
	var named Names
	switch c := c.(type) {
	case *domain.ReallocateFunds: // its fields say from which project to which
		named.projects(c.From, c.To)
	case *domain.AssignPlaces: // it is about the places that the project had, too
		named.things(c.Project)
	case *domain.RegisterPlace: // the place itself lies nowhere yet
		named.places(c.Parent)
		return named
	}
	t, _ := domain.LookupCommand(domain.CommandName(c))
	named.collect(c, t.Field, newThings[t.Name])
	return named
}

func (n *Names) collect(target any, fields []domain.Field, fresh string) {
	for _, f := range fields {
		at := domain.FieldPointer(target, f)
		switch id := idAt(at); {
		case id == "" || f.Name == fresh:
		case slices.Contains(placeFields, f.Name):
			n.places(id)
		case slices.Contains(projectFields, f.Name):
			n.projects(id)
		case slices.Contains(thingFields, f.Name):
			n.things(id)
		}
		if f.Type != "list" || f.Item == nil {
			continue
		}
		items := reflect.ValueOf(at).Elem()
		for i := range items.Len() {
			n.collect(items.Index(i).Addr().Interface(), f.Item, "")
		}
	}
}

// idAt returns what a field names; an entry is named by a text.
func idAt(at any) domain.ID {
	switch at := at.(type) {
	case *domain.ID:
		return *at
	case *string:
		return domain.ID(*at)
	}
	return ""
}

// with returns what both name.
func (n Names) with(other Names) Names {
	return Names{Limit{slices.Concat(n.Places, other.Places), slices.Concat(n.Projects, other.Projects)}, slices.Concat(n.Things, other.Things)}
}

func (n *Names) things(ids ...domain.ID)   { n.Things = appendIDs(n.Things, ids) }
func (l *Limit) places(ids ...domain.ID)   { l.Places = appendIDs(l.Places, ids) }
func (l *Limit) projects(ids ...domain.ID) { l.Projects = appendIDs(l.Projects, ids) }

// appendIDs adds the ids that are given, in the form in which they are stored.
func appendIDs(to, ids []domain.ID) []domain.ID {
	for _, id := range ids {
		if id == "" {
			continue
		}
		if stored, err := domain.ParseID(string(id)); err == nil {
			id = stored
		}
		to = append(to, id)
	}
	return to
}
