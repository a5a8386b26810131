package domain

import (
	"reflect"
	"slices"
	"strings"
)

// subjectFields are the members of commands and events that name what is
// changed. Who gives, carries out or is paid, and where, is named and stays as
// it is.
var subjectFields = []string{"agreement", "pairing", "project", "fund", "from", "to", "gift", "indicator", "request", "finding", "notice", "disbursement",
	"beneficiary", "import"}

// Subjects returns the ids of what a command changes, or what an event has
// changed; none for what is about the ledger as a whole.
func Subjects(commandOrEvent any) []ID {
	v := reflect.ValueOf(commandOrEvent)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	var all []ID
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || !slices.Contains(subjectFields, name) && f.Name != "Beneficiary" {
			continue
		}
		if id, ok := v.FieldByIndex(f.Index).Interface().(ID); ok && id != "" {
			all = append(all, id)
		}
	}
	return all
}
