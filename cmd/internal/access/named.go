package access

import (
	"reflect"
	"slices"

	"aidledger/domain"
)

// The fields of commands, and of the items of their lists, that name a place or
// a project.
var (
	placeFields   = []string{"place", "parent", "county"}
	projectFields = []string{"project"}
)

// NamedBy returns the places and projects that a command names.
func NamedBy(c domain.Command) Limit {
	var named Limit
	switch c := c.(type) {
	case *domain.ReallocateFunds: // its fields say from which project to which
		named.projects(c.From, c.To)
	case *domain.RegisterPlace: // the place itself lies nowhere yet
		named.places(c.Parent)
		return named
	}
	t, _ := domain.LookupCommand(domain.CommandName(c))
	named.collect(c, t.Field)
	return named
}

func (l *Limit) collect(target any, fields []domain.Field) {
	for _, f := range fields {
		switch at := domain.FieldPointer(target, f).(type) {
		case *domain.ID:
			if slices.Contains(placeFields, f.Name) {
				l.places(*at)
			}
			if slices.Contains(projectFields, f.Name) {
				l.projects(*at)
			}
		default:
			if f.Type != "list" || f.Item == nil {
				continue
			}
			items := reflect.ValueOf(at).Elem()
			for i := range items.Len() {
				l.collect(items.Index(i).Addr().Interface(), f.Item)
			}
		}
	}
}

// with returns what both name.
func (l Limit) with(other Limit) Limit {
	return Limit{slices.Concat(l.Places, other.Places), slices.Concat(l.Projects, other.Projects)}
}

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
