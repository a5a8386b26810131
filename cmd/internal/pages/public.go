package pages

import (
	"net/http"
	"net/url"

	"aidledger/domain"
	"aidledger/projections"
)

// The public pages need no signing in. They show totals, projects and notices,
// name no person and no organisation, and lead nowhere else: whatever else is
// asked for goes through the pages of people who signed in.

// publicView is one public table.
type publicView struct {
	Lead  string
	Tiles []tile
	Table table
	Texts []fact // of notices
}

// publicMenu lists the public pages of a ledger.
var publicMenu = []string{"", "projects", "villages", "notices"}

// openToAll enters a public page, unless there are none.
func (v *visit) openToAll() error {
	v.public, v.Views = true, v.Views.ForStrangers()
	if !v.Public {
		return problem(http.StatusNotFound, "path_not_found", "there is nothing at this path", "sign in")
	}
	return v.enter()
}

func (v *visit) publicHref(page string) string {
	path := "/public/" + url.PathEscape(v.ledger.Ledger)
	if page != "" {
		path += "/" + page
	}
	return v.inPast([]byte(path))
}

func (v *visit) publicNav() []navGroup {
	if v.ledger.Ledger == "" {
		return nil
	}
	g := navGroup{Label: v.say("menu.public"), Items: []option{{Label: v.say("public.all"), Href: "/public"}}}
	for _, page := range publicMenu {
		g.Items = append(g.Items, option{Label: v.say("public." + page), Href: v.publicHref(page), Current: page == v.r.PathValue("page")})
	}
	return []navGroup{g}
}

// publicHome lists the ledgers.
func (v *visit) publicHome() error {
	if err := v.openToAll(); err != nil {
		return err
	}
	var view homeView
	for _, l := range v.ledgers {
		v.ledger = l
		sums, err := v.publicTiles()
		if err != nil {
			return err
		}
		view.Ledgers = append(view.Ledgers, homeLedger{Title: l.Title, Name: l.Ledger, Href: v.publicHref(""), Invented: l.Invented, Sums: sums})
	}
	v.ledger = projections.Ledger{}
	return v.show(http.StatusOK, "home", v.say("page.public"), view)
}

func (v *visit) publicTiles() ([]tile, error) {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "year"})
	var all []tile
	for _, sum := range totals.Sum {
		for _, t := range v.tiles(&sum, 0, "funding", "received", "disbursed") {
			t.Value.Href, t.Value.Why = "", ""
			all = append(all, t)
		}
	}
	return all, err
}

// publicPage shows one of the public tables, or hands it out as a file.
func (v *visit) publicPage() error {
	if err := v.openToAll(); err != nil {
		return err
	}
	name := v.r.PathValue("page")
	make, ok := map[string]func(*publicView) error{"": v.publicYears, "projects": v.publicProjects, "villages": v.publicVillages, "notices": v.publicNotices}[name]
	if !ok {
		return problem(http.StatusNotFound, "path_not_found", "there is nothing at this path", "use the menu")
	}
	view := publicView{Lead: v.say("public-lead." + name)}
	if err := make(&view); err != nil {
		return err
	}
	view.Table.bare()
	switch v.query.Get("format") {
	case "csv":
		return v.sendCSV(v.ledger.Ledger+"-public-"+name, &view.Table)
	case "xlsx":
		return v.sendWorkbook(v.ledger.Ledger+"-public-"+name, &view.Table)
	}
	view.Table.Export = v.file()
	return v.show(http.StatusOK, "public", v.ledger.Title+v.say("colon")+v.say("public."+name), view)
}

// bare takes every link out of a table.
func (t *table) bare() {
	for _, r := range t.Rows {
		for i := range r.Cells {
			r.Cells[i].Href, r.Cells[i].Why = "", ""
		}
	}
}

func (v *visit) publicYears(view *publicView) error {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "year"})
	if err != nil {
		return err
	}
	if view.Tiles, err = v.publicTiles(); err != nil {
		return err
	}
	view.Table = v.totalsTable(totals, overviewColumns)
	return nil
}

func (v *visit) publicVillages(view *publicView) error {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "village", Limit: v.rowsAtOnce(), After: v.query.Get("after")})
	if err != nil {
		return err
	}
	view.Table = v.totalsTable(totals, []string{"allocated", "disbursed", "spent", "distributed"})
	v.turned(&view.Table, totals.Next)
	return nil
}

// publicProjects leaves out who carries a project out.
func (v *visit) publicProjects(view *publicView) error {
	all, err := v.Views.Projects(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: v.query.Get("after")})
	if err != nil {
		return err
	}
	view.Table, err = v.projectsTable(all.Rows)
	v.turned(&view.Table, all.Next)
	view.Table.drop(v.label("field", "implementer"))
	return err
}

// drop takes a column out of a table.
func (t *table) drop(label string) {
	for i, c := range t.Columns {
		if c.Label != label {
			continue
		}
		t.Columns = append(t.Columns[:i:i], t.Columns[i+1:]...)
		for n, r := range t.Rows {
			t.Rows[n].Cells = append(r.Cells[:i:i], r.Cells[i+1:]...)
		}
		return
	}
}

// publicNotices shows the notices that are public today, with their texts. It has
// no past: a notice names people, and nobody is to find it once its days are over.
func (v *visit) publicNotices(view *publicView) error {
	v.Views, v.past, v.asOf = v.Site.Views, past{}, projections.AsOf{}
	today := domain.DateOf(v.Now().In(v.zone()))
	all, err := v.Views.Notices(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax, Filter: map[string]string{"public_on": today.String()}})
	if err != nil {
		return err
	}
	view.Table, err = v.noticesTable(all.Rows)
	view.Table.Empty = v.say("public.no-notices")
	for _, n := range all.Rows {
		view.Texts = append(view.Texts, fact{string(n.Notice), text(n.Text)})
	}
	return err
}
