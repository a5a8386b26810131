package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
)

// frame is what stands around every page.
type frame struct {
	Lang     string
	Title    string
	Ledger   string // title of the programme
	Home     string // address of its first page
	Search   string // address of its search
	Sought   string
	Invented bool
	Part     string // the places and projects that the caller may read; empty: all
	Ledgers  []option
	Nav      []navGroup
	Crumbs   []option // the pages above this one
	Past     *past
	Units    []option
	Tongues  []option
	Here     string // address of this page, to come back to
	Person   string // name of who has signed in
	SignIn   string // address of the form to sign in, for who has not
	View     any
}

// option is one of several things to choose from.
type option struct {
	Value, Label, Href, Lang string
	Current                  bool
}

// navGroup is a part of the menu. Unless it is open, Folded hides the items that
// are seldom needed, so that a menu fits on a screen.
type navGroup struct {
	Label  string
	Items  []option
	Folded []option
	Fold   string // what the folded items are called
	Open   bool   // one of them is this page
}

// menu is what the pages of a ledger are called, in the groups of the menu: what
// people need every day, and the rest.
var menu = []struct {
	group         string
	paths, folded []string
}{
	{"read", []string{"", "totals", "journal", "flow", "projects", "places"},
		[]string{"organisations", "funds", "gifts", "pairings", "beneficiaries", "indicators", "notes"}},
	{"record", []string{"record", "record/disburse-funds", "imports", "statements", "vouchers"}, nil},
	{"decide", []string{"requests", "findings", "notices", "idle", "compare"},
		[]string{"coverage", "gaps", "earmarks", "restatements", "reports", "settings"}},
	{"audit", []string{"events", "samples", "evidence"}, nil},
	{"operate", []string{"/verify", "/status", "/people", "/access-log"}, nil},
}

func (v *visit) frame(title string, view any) frame {
	f := frame{Lang: v.tag, Title: title, Here: v.r.URL.RequestURI(), View: view, Sought: v.query.Get("q")}
	if v.r.Method != http.MethodGet {
		f.Here = "/"
	}
	switch {
	case v.caller.Method == access.Session:
		f.Person = cmp.Or(v.caller.Name, v.caller.Person)
	case v.r.URL.Path != "/sign-in" && !v.failed:
		f.SignIn = "/sign-in?here=" + url.QueryEscape(f.Here)
	}
	for _, u := range units {
		f.Units = append(f.Units, option{Value: u.name, Label: v.say("unit." + u.name), Current: u == v.unit})
	}
	for _, l := range tongues {
		f.Tongues = append(f.Tongues, option{Value: l.tag, Label: l.texts["language"], Lang: l.tag, Current: l == v.tongue})
	}
	for _, l := range v.ledgers {
		if v.caller.Has(access.ReadLedger) {
			f.Ledgers = append(f.Ledgers, option{Label: l.Title, Href: "/ledgers/" + url.PathEscape(l.Ledger), Current: l.Ledger == v.ledger.Ledger})
		}
	}
	if v.public {
		f.Ledger, f.Invented, f.Nav = v.ledger.Title, v.ledger.Invented, v.publicNav()
		if v.past.Position != "" {
			f.Past, v.past.Open, v.past.Wide = &v.past, v.past.Malformed, v.past.Shown
		}
		return f
	}
	f.Nav, f.Crumbs = v.menu(), v.crumbs()
	if v.ledger.Ledger != "" {
		f.Ledger, f.Invented, f.Home, f.Search = v.ledger.Title, v.ledger.Invented, v.href(""), v.href("search")
		f.Past, f.Part = &v.past, v.part()
		v.past.Open, v.past.Wide = v.past.Malformed, v.past.Shown || v.caller.Has(access.Verify)
	}
	return f
}

// part names the places and projects that the caller may read.
func (v *visit) part() string {
	limit := v.caller.LimitOf(access.ReadLedger)
	ids := slices.Concat(limit.Places, limit.Projects)
	if err := v.learn(ids...); err != nil {
		v.Log.Warn("the names of a limit cannot be read", "error", err)
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.name(string(id))
	}
	return strings.Join(names, v.say("and"))
}

// above says below which page of the menu there are pages of what has no page of
// that name.
var above = map[string]string{"batch": "record", "voucher": "vouchers", "why": "totals", "search": ""}

// crumbs are the pages above this one: the overview, the page of the menu that it
// belongs to, and what the page itself has said.
func (v *visit) crumbs() []option {
	if v.ledger.Ledger == "" {
		if first, rest, _ := strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/"); rest != "" && v.mayOpen("/"+first) {
			return []option{{Label: v.say("page." + first), Href: "/" + first}}
		}
		return nil
	}
	path, ok := strings.CutPrefix(v.r.URL.Path, "/ledgers/"+v.ledger.Ledger+"/")
	if !ok || !v.caller.Has(access.ReadLedger) {
		return nil
	}
	var all []option
	if v.mayOpen("") {
		all = append(all, option{Label: v.say("page."), Href: v.href("")})
	}
	first, rest, _ := strings.Cut(path, "/")
	if page, ok := above[first]; ok {
		first, rest = page, path
	}
	if rest != "" && v.texts["page."+first] != "" && first != "" && v.mayOpen(first) {
		all = append(all, option{Label: v.say("page." + first), Href: v.href(first)})
	}
	return append(all, v.trail...)
}

// menu is what the caller may see: of the ledger that the page is about, and of
// the server.
func (v *visit) menu() []navGroup {
	var all []navGroup
	for _, m := range menu {
		g := navGroup{Label: v.say("menu." + m.group), Items: v.menuItems(m.paths), Folded: v.menuItems(m.folded)}
		if len(g.Folded) > 0 {
			g.Fold = v.say("menu.fold." + m.group)
			g.Open = slices.ContainsFunc(g.Folded, func(o option) bool { return o.Current })
		}
		if len(g.Items)+len(g.Folded) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// menuItems are those of some pages of the menu that the caller may open.
func (v *visit) menuItems(paths []string) []option {
	var all []option
	for _, path := range paths {
		o := option{Label: v.say("page." + strings.TrimPrefix(path, "/")), Href: path}
		if !strings.HasPrefix(path, "/") {
			if v.ledger.Ledger == "" {
				continue
			}
			o.Href = v.href(path)
		}
		at, _, _ := strings.Cut(o.Href, "?")
		o.Current = at == v.r.URL.Path
		if v.mayOpen(path) && (path != "record" || records(v.caller)) {
			all = append(all, o)
		}
	}
	return all
}

// mayOpen tells whether the caller may open a page of the menu: who may read a
// part of the ledger only those that show a part.
func (v *visit) mayOpen(path string) bool {
	needs := v.needsOf(path)
	limit := v.caller.LimitOf(needs)
	if limit.IsZero() || strings.HasPrefix(path, "record") {
		return v.caller.Has(needs)
	}
	return web.ShowsPart(path, limit)
}

// needsOf is what a page of the menu needs, so that the menu has only what its
// reader may see. What has no line of its own is a register.
func (s *Site) needsOf(path string) access.Capability {
	if !strings.HasPrefix(path, "/") {
		path = strings.TrimSuffix("/ledgers/{ledger}/"+path, "/")
	}
	if command, ok := strings.CutPrefix(path, "/ledgers/{ledger}/record/"); ok {
		return access.OfCommand(command)
	}
	return cmp.Or(s.needs[path], access.ReadLedger)
}

// records tells whether a caller has anything to record.
func records(c access.Caller) bool {
	return slices.ContainsFunc(domain.Commands(), func(t domain.CommandType) bool { return c.Has(access.OfCommand(t.Name)) })
}

// prefer keeps a choice of a person in a cookie, and goes back to the page.
func (v *visit) prefer() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, 4<<10)
	for name, value := range map[string]string{tongueCookie: v.r.FormValue(tongueCookie), unitCookie: v.r.FormValue(unitCookie)} {
		if value != "" && len(value) < 20 {
			http.SetCookie(v.w, &http.Cookie{Name: name, Value: url.QueryEscape(value), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
	}
	http.Redirect(v.w, v.r, local(v.r.FormValue("here")), http.StatusSeeOther)
	return nil
}

// local returns an address of this server, so that nobody is led away.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(address, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}
