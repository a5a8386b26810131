package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// noticesView is what was made public, and what is still to be.
type noticesView struct {
	Due     table
	Table   table
	Publish string // address of the form, for who may use it
}

func (v *visit) notices() error {
	all, err := v.Views.Notices(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: v.query.Get("after")})
	if err != nil {
		return err
	}
	var view noticesView
	if view.Table, err = v.noticesTable(all.Rows); err != nil {
		return err
	}
	view.Table.Empty = v.say("register.empty")
	v.paged(&view.Table, all.Next)
	if sent, err := v.sendFile("notices", &view.Table); sent {
		return err
	}
	if v.caller.Has(access.PublishNotices) {
		view.Publish = v.href("record/publish-notice")
	}
	gaps, err := v.Views.ProjectGaps(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax})
	if err != nil {
		return err
	}
	due := slices.DeleteFunc(gaps.Rows, func(g projections.ProjectGap) bool { return !slices.Contains(g.Missing, "notice") })
	due, next := pageOf(v, v.query.Get("due-after"), due, func(g projections.ProjectGap) string { return string(g.Project) })
	view.Due = table{Columns: v.columns("project", "state"), Empty: v.say("notice.none-due")}
	if next != "" {
		view.Due.Next = v.with("due-after", next)
	}
	for _, g := range due {
		cells := []cell{v.own(g.Name, g.Project), {Text: v.label("state", g.State), State: g.State}}
		if view.Publish != "" {
			view.Due.Columns = v.columns("project", "state", "todo")
			cells = append(cells, linked(v.label("command", "publish-notice"), v.href("record/publish-notice", "project", string(g.Project))))
		}
		view.Due.Rows = append(view.Due.Rows, row{Cells: cells})
	}
	return v.show(http.StatusOK, "notices", v.say("page.notices"), view)
}

// noticeView is one notice as it hangs on the wall.
type noticeView struct {
	Text        string
	Facts       []fact
	Attachments table
	Withdraw    string
}

func (v *visit) notice() error {
	id := v.r.PathValue("notice")
	all, err := v.Views.Notices(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"notice": id}})
	if err != nil {
		return err
	}
	if len(all.Rows) == 0 {
		return problem(http.StatusNotFound, "not_found", "there is no such notice", "use the list of notices")
	}
	n := all.Rows[0]
	if err := v.learn(n.Project, n.Place); err != nil {
		return err
	}
	left := n.DaysLeft(domain.DateOf(v.Now().In(v.zone())))
	standing := cell{Text: v.say("notice.days-left", left), State: "approved"}
	if left == 0 {
		standing = cell{Text: v.say("notice.over"), State: "rest"}
	}
	amount := cell{}
	if n.Amount != nil {
		amount = v.amount(n.Amount, n.Currency, false, "")
	}
	view := noticeView{Text: n.Text, Facts: v.given("project", v.thing(n.Project), "place", v.thing(n.Place), "amount", amount, "from", text(n.From.String()), "until", text(n.To.String()),
		"state", standing, "contact", text(n.Contact), "withdrawn", text(n.Withdrawn), "document", text(n.Document), "entry", linked(n.Entry, v.href("trace/"+n.Entry)))}
	if n.Withdrawn == "" && v.caller.Has(access.OfCommand("withdraw-notice")) {
		view.Withdraw = v.href("record/withdraw-notice", "notice", id)
	}
	if view.Attachments, err = v.attachments("about", string(n.Notice)); err != nil {
		return err
	}
	return v.show(http.StatusOK, "notice", v.say("notice.title", id), view)
}

// noticesTable lists what was made public, with how long it stood or stands.
func (v *visit) noticesTable(all []projections.Notice) (table, error) {
	t := table{Columns: v.columns("notice", "project", "place", "+amount", "from", "until", "contact")}
	var ids []domain.ID
	for _, n := range all {
		ids = append(ids, n.Project, n.Place)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, n := range all {
		name := linked(string(n.Notice), v.href("notices/"+url.PathEscape(string(n.Notice))))
		if n.Withdrawn != "" {
			name.Text, name.State = v.say("notice.withdrawn", string(n.Notice)), "cancelled"
		}
		t.Rows = append(t.Rows, row{Cells: []cell{name, v.thing(n.Project), v.thing(n.Place), v.amount(n.Amount, n.Currency, false, ""),
			text(n.From.String()), text(n.To.String()), text(n.Contact)}})
	}
	return t, nil
}

// coverageView says which places somebody is paired with, and which not.
type coverageView struct {
	Sums    table
	Show    []option
	Table   table
	Pairing string // address of the form, for who may use it
}

// coverage looks at the townships and villages that are helped: those in the
// counties in which some place or organisation has a pairing as the helped side.
func (v *visit) coverage() error {
	places, pairings, err := v.pairedPlaces()
	if err != nil {
		return err
	}
	view := coverageView{Sums: table{Columns: v.columns("level", "+covered", "+not_covered")},
		Table: table{Columns: v.columns("place", "level", "parent", "helper", "since"), Empty: v.say("coverage.none")}}
	show := v.query.Get("show")
	for _, o := range []string{"", "covered", "not_covered"} {
		label := v.say("all")
		if o != "" {
			label = v.label("field", o)
		}
		view.Show = append(view.Show, option{Label: label, Href: v.with("show", o), Current: o == show})
	}
	for _, level := range []string{"township", "village"} {
		var n [2]int
		for _, p := range places {
			by, covered := pairings[p.Place]
			if p.Level != level {
				continue
			}
			if covered {
				n[0]++
			} else {
				n[1]++
			}
			if show == "covered" && !covered || show == "not_covered" && covered {
				continue
			}
			helper, since := cell{Text: v.say("coverage.nobody"), State: "pending"}, cell{}
			if covered {
				helper, since = linked(by.Helper.Name, v.href("trace/"+by.Helper.ID)), text(by.Date.String())
			}
			view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{v.own(p.Name, p.Place), text(v.label("level", p.Level)), v.thing(p.Parent), helper, since}})
		}
		view.Sums.Rows = append(view.Sums.Rows, row{Cells: []cell{text(v.label("level", level)), {Text: strconv.Itoa(n[0]), Number: true}, {Text: strconv.Itoa(n[1]), Number: true}}})
	}
	v.paged(&view.Table, "")
	if sent, err := v.sendFile("coverage", &view.Table); sent {
		return err
	}
	if v.caller.Has(access.OfCommand("establish-pairing")) {
		view.Pairing = v.href("record/establish-pairing")
	}
	return v.show(http.StatusOK, "coverage", v.say("page.coverage"), view)
}

// pairedPlaces returns the places of the helped counties, and of each that is
// paired now, itself or by an organisation in it, one pairing.
func (v *visit) pairedPlaces() ([]projections.Place, map[domain.ID]projections.Pairing, error) {
	q := projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax}
	pairings, err := v.Views.Pairings(v.ctx(), q)
	if err != nil {
		return nil, nil, err
	}
	organisations, err := v.Views.Organisations(v.ctx(), q)
	if err != nil {
		return nil, nil, err
	}
	places, err := v.Views.Places(v.ctx(), q)
	if err != nil {
		return nil, nil, err
	}
	in := map[string]domain.ID{}
	for _, o := range organisations.Rows {
		in[string(o.Organisation)] = o.Place
	}
	parent := map[domain.ID]domain.ID{}
	for _, p := range places.Rows {
		in[string(p.Place)], parent[p.Place] = p.Place, p.Parent
		v.names[string(p.Place)] = projections.Node{Noun: "place", ID: string(p.Place), Name: p.Name}
	}
	top := func(p domain.ID) domain.ID {
		for range 8 { // no place lies deeper
			if parent[p] == "" {
				break
			}
			p = parent[p]
		}
		return p
	}
	paired, helped := map[domain.ID]projections.Pairing{}, map[domain.ID]bool{}
	for _, p := range pairings.Rows {
		place := in[p.Helped.ID]
		if place == "" {
			continue
		}
		helped[top(place)] = true
		if p.Ended.IsZero() {
			paired[place] = p
		}
	}
	return slices.DeleteFunc(places.Rows, func(p projections.Place) bool { return !helped[top(p.Place)] }), paired, nil
}
