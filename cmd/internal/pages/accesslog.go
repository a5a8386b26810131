package pages

import (
	"net/http"
	"strconv"
	"strings"

	"aidledger/projections/people"
)

// accessLogView is who read about beneficiaries, took data out, or changed what
// people may do.
type accessLogView struct {
	Acts   []option
	Person string
	Table  table
}

var accessActs = []string{people.ActRead, people.ActReveal, people.ActExport, people.ActPeople, people.ActSignIn}

func (v *visit) accessLog() error {
	q := people.AccessQuery{Person: v.query.Get("person"), Act: v.query.Get("act"), Ledger: v.query.Get("ledger"), Thing: v.query.Get("thing"),
		Before: int64(max(v.number("after"), 0)), Limit: listPage}
	if v.query.Get("format") != "" {
		q.Limit = listMax
	}
	lines, err := v.server.People.AccessLog(v.ctx(), q)
	if err != nil {
		return err
	}
	view := accessLogView{Person: q.Person, Acts: []option{{Label: v.say("all"), Href: v.with("act", ""), Current: q.Act == ""}}}
	for _, act := range accessActs {
		view.Acts = append(view.Acts, option{Label: v.label("act", act), Href: v.with("act", act), Current: q.Act == act})
	}
	view.Table = table{Columns: v.columns("at", "person", "role", "act", "ledger", "thing", "why"), Empty: v.say("access-log.empty")}
	for _, l := range lines {
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{text(v.moment(l.At)), linked(v.who(l.Person), v.with("person", l.Person)), text(v.label("role", l.Role)),
			{Text: v.label("act", l.Act), State: l.Act}, text(v.titleOf(l.Ledger)), text(v.touched(l)), text(v.reason(l.Why))}})
	}
	next := ""
	if len(lines) == q.Limit {
		next = strconv.FormatInt(lines[len(lines)-1].Number, 10)
	}
	v.paged(&view.Table, next)
	if sent, err := v.sendFile("access-log", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "accesslog", v.say("page.access-log"), view)
}

// titleOf is what a ledger is called.
func (v *visit) titleOf(name string) string {
	for _, l := range v.ledgers {
		if l.Ledger == name {
			return l.Title
		}
	}
	return name
}

// touched is what a line of the access log is about: a person, or the page that
// was read, as it is called.
func (v *visit) touched(l people.Access) string {
	if l.Act == people.ActPeople {
		return v.who(l.Thing)
	}
	page, part, _ := strings.Cut(l.Thing, "-")
	called, ok := v.texts["page."+page]
	switch {
	case !ok:
		return l.Thing
	case part == "":
		return called
	}
	return called + v.say("colon") + v.label("road", part)
}

// reason says why, or what was done with a person. It may end with a name: of a
// role, a token or an identity provider.
func (v *visit) reason(why string) string {
	for _, begins := range []string{"added as ", "role ", "linked to a subject of "} {
		if name, ok := strings.CutPrefix(why, begins); ok {
			return v.say("why."+strings.TrimSpace(begins), v.label("role", name))
		}
	}
	if name, ok := strings.CutPrefix(why, "token "); ok {
		name, done, _ := strings.Cut(name, " ")
		return v.say("why.token "+done, name)
	}
	return v.label("why", why)
}
