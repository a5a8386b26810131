package pages

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/projections"
)

// visit is one request for a page: who asks, in which language and unit, and
// which past they look at.
type visit struct {
	*Site
	*tongue
	w      http.ResponseWriter
	r      *http.Request
	server *web.Server
	caller access.Caller
	failed bool // a page that says what is wrong, which signing in does not mend
	public bool // a page for everybody, which leads only to others of the kind
	unit   unit
	query  url.Values
	Views  *projections.DB // which answer for the past that the page looks at, with what the caller may read

	ledger  projections.Ledger // zero on a page of no ledger
	ledgers []projections.Ledger
	asOf    projections.AsOf
	past    past
	names   map[string]projections.Node
	trail   []option          // pages above this one that its address does not tell
	persons map[string]string // names by id, once they are known
}

// begin reads what all pages need to know.
func (s *Site) begin(c access.Caller, w http.ResponseWriter, r *http.Request) *visit {
	query, _ := url.ParseQuery(r.URL.RawQuery) // what is malformed is left out
	return &visit{Site: s, Views: s.Views.Within(projections.Within(c.LimitOf(access.ReadLedger))), tongue: tongueOf(r), w: w, r: r, caller: c, unit: unitOf(r), query: query, names: map[string]projections.Node{}}
}

// readsPart tells whether the caller may read some places or projects only. What
// is of no village or project, such as the cash of a fund, is not shown then.
func (v *visit) readsPart() bool { return !v.caller.LimitOf(access.ReadLedger).IsZero() }

// partColumns are the columns of totals that a part of a ledger has.
var partColumns = []string{"allocated", "disbursed", "undisbursed", "spent", "unspent", "returned", "distributed"}

// enter finds the ledgers, and the one that the path names.
func (v *visit) enter() error {
	all, err := v.Views.Ledgers(v.ctx(), projections.ListQuery{Limit: listMax})
	if err != nil {
		return err
	}
	v.ledgers = all.Rows
	for i := range v.ledgers {
		v.ledgers[i].Title = v.half(v.ledgers[i].Title)
	}
	name := v.r.PathValue("ledger")
	if name == "" {
		return nil
	}
	i := slices.IndexFunc(v.ledgers, func(l projections.Ledger) bool { return l.Ledger == name })
	if i < 0 {
		return problem(http.StatusNotFound, "ledger_not_found", "there is no ledger of that name", "choose one on the first page")
	}
	v.ledger = v.ledgers[i]
	v.past.End = all.Position.Block
	v.readPast()
	if v.asOf, err = v.Views.Known(v.ctx(), v.ledger.Ledger, v.asOf); err != nil {
		return err
	}
	v.Views = v.Views.Until(v.asOf)
	if at := v.asOf.Position; !at.IsZero() {
		v.holdsFor(at)
	} else {
		v.holdsFor(all.Position)
	}
	return nil
}

// listMax is how many things a page lists at most, and listPage how many unless
// it shows all.
const listPage, listMax = 50, 1000

// rowsAtOnce is how many rows this page reads: a file has more of them.
func (v *visit) rowsAtOnce() int {
	if v.query.Get("format") != "" {
		return listMax
	}
	return listPage
}

// pageOf is the part of a list that a page shows: what follows the thing whose
// key is the cursor. A file has all that follows.
func pageOf[T any](v *visit, cursor string, all []T, key func(T) string) (page []T, next string) {
	if cursor != "" {
		all = all[1+slices.IndexFunc(all, func(t T) bool { return key(t) == cursor }):]
	}
	if len(all) <= listPage || v.query.Get("format") != "" {
		return all, ""
	}
	return all[:listPage], key(all[listPage-1])
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// href returns the address of a page of the ledger, with parameters given as
// name and value in turn. Empty values are left out, and the past stays.
func (v *visit) href(path string, params ...string) string {
	out := append(make([]byte, 0, 256), "/ledgers/"...)
	out = append(out, url.PathEscape(v.ledger.Ledger)...)
	if path != "" {
		out = append(append(out, '/'), path...)
	}
	return v.inPast(out, params...)
}

// inPast is the address of a path with parameters, for the past of this page. The
// same view has the same address, so they are in the order of their names. A
// table of totals has hundreds of them, which is why no map is made.
func (v *visit) inPast(path []byte, params ...string) string {
	var room [12][2]string
	all := room[:0]
	for i := 0; i < len(params); i += 2 {
		all = append(all, [2]string{params[i], params[i+1]})
	}
	if v.past.Shown {
		for _, name := range pastParams {
			all = append(all, [2]string{name, v.query.Get(name)})
		}
	}
	slices.SortStableFunc(all, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	next := byte('?')
	for _, p := range all {
		if p[1] != "" {
			path = append(append(append(path, next), p[0]...), '=')
			path, next = append(path, url.QueryEscape(p[1])...), '&'
		}
	}
	return string(path)
}

// thing is a link to the page of what an id names, with its name.
func (v *visit) thing(id domain.ID) cell {
	if id == "" {
		return cell{}
	}
	if noun := v.names[string(id)].Noun; v.readsPart() && noun != "place" && noun != "project" {
		return text(v.name(string(id)))
	}
	return linked(v.name(string(id)), v.href("trace/"+url.PathEscape(string(id))))
}

// at is a link to the event at a position, for who may read the log.
func (v *visit) at(position string) cell {
	if !v.mayOpen("events") {
		return text(position)
	}
	return linked(position, v.href("events/"+position))
}

func (v *visit) name(id string) string { return cmp.Or(v.names[id].Name, id) }

// who is what a person is called, for those who signed in; to others a person is
// an id.
func (v *visit) who(id string) string {
	if v.persons == nil {
		v.persons = map[string]string{}
		if v.server != nil && v.server.People != nil && v.caller.Method != "" {
			all, err := v.server.People.People(v.ctx())
			if err != nil {
				v.Log.Warn("the names of people cannot be read", "error", err)
			}
			for _, p := range all {
				v.persons[p.Person] = cmp.Or(p.Name, p.Login)
			}
		}
	}
	if name := v.persons[id]; name != "" {
		return name
	}
	return v.label("role", id)
}

// learn looks up the names of ids.
func (v *visit) learn(ids ...domain.ID) error {
	var unknown []string
	for _, id := range ids {
		if _, ok := v.names[string(id)]; !ok && id != "" {
			unknown = append(unknown, string(id))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	names, err := v.Views.Names(v.ctx(), v.ledger.Ledger, unknown)
	for id, n := range names {
		v.names[id] = n
	}
	return err
}

// number reads a whole number of the query; 0 where there is none.
func (v *visit) number(name string) int {
	n, err := strconv.Atoi(v.query.Get(name))
	if err != nil {
		return 0
	}
	return n
}

// year is number, without 0.
func year(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// show renders a page: the template of that name with a view.
func (v *visit) show(status int, name, title string, view any) error {
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	if err := v.templates[v.tongue.tag][name].ExecuteTemplate(body, "page", v.frame(title, view)); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.tongue.tag)
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Vary", "Accept-Language, Cookie")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body.Bytes()) // the client may be gone; there is nobody to tell
	return nil
}

// bodies are those of pages that were sent, for the next ones.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// contentPolicy lets a page load what this server has, and nothing else.
const contentPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
