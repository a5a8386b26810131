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

// traceView is the page of one thing: what is known about it, its money up and
// down, and its history.
type traceView struct {
	Noun, ID, Name string
	Facts          []fact
	Tiles          []tile
	Progress       []progress
	Flow           flowPicture
	Targets        table
	Shares         table
	Up, Down       table
	Conservation   table
	History        table
	Notes          table
	Pairings       table
	Attachments    table
	Journal        string // address of all its movements
	Forms          []option
}

// formsOf are the commands that people look for on the page of a thing, and the
// field of each that names it.
var formsOf = map[string][]struct{ command, field string }{
	"project": {{"disburse-funds", "project"}, {"report-expenditure", "project"}, {"publish-notice", "project"}, {"add-attachment", "about"}},
	"fund":    {{"receive-funds", "fund"}, {"allocate-funds", "fund"}},
	"gift":    {{"value-gift", "gift"}, {"distribute-gift", "gift"}},
	"entry":   {{"reverse-entry", "entry"}, {"add-attachment", "entry"}},
}

// forms lead to what the caller may record about a thing; of a payment there is a
// voucher to print.
func (v *visit) forms(t projections.Trace) []option {
	var all []option
	if t.Noun == "entry" && t.Name == "funds-disbursed" && !v.readsPart() {
		all = append(all, option{Label: v.say("form.print"), Href: v.href("voucher/" + url.PathEscape(t.ID))})
	}
	if v.past.Shown || len(t.Movements) > 0 && t.Noun == "entry" && t.Movements[0].Reverses != "" {
		return all
	}
	for _, f := range formsOf[t.Noun] {
		if f.command == "reverse-entry" && !domain.Reversible(t.Name) {
			continue
		}
		if v.caller.Has(access.OfCommand(f.command)) {
			all = append(all, option{Value: f.command, Label: v.label("command", f.command), Href: v.href("record/"+f.command, f.field, t.ID)})
		}
	}
	return all
}

// progress is a part of a whole, both of one stage each.
type progress struct {
	Label string
	Part  cell
	Whole cell
	Width int64  // thousandths; at most 1000
	Rate  string // percent with one decimal
}

func (v *visit) trace() error {
	t, err := v.Views.Trace(v.ctx(), projections.TraceQuery{Ledger: v.ledger.Ledger, ID: v.r.PathValue("id"),
		Limit: listPage, After: v.query.Get("after")})
	if err != nil {
		return err
	}
	v.holdsFor(t.Position)
	view := traceView{Noun: t.Noun, ID: t.ID, Name: t.Name, Forms: v.forms(t)}
	if t.Noun == "entry" {
		view.Name = v.label("event", t.Name)
	}
	if view.Name == "" {
		view.Name = t.ID
	}
	if err := v.facts(&view, t); err != nil {
		return err
	}
	if err := v.leadTo(t); err != nil {
		return err
	}
	if err := v.money(&view, t.Noun, t.ID); err != nil {
		return err
	}
	if view.History, err = v.movements(t.Movements); err != nil {
		return err
	}
	v.paged(&view.History, t.Next)
	if sent, err := v.sendFile("trace-"+t.ID, &view.History); sent {
		return err
	}
	view.Up, view.Down = v.shortened(v.edges(t.Up), listPage), v.shortened(v.edges(t.Down), listPage)
	view.Conservation = v.shortened(v.conservation(t.Conservation), conservationShown)
	if view.Pairings, err = v.pairingsTable(t.Pairings); err != nil {
		return err
	}
	if view.Notes, err = v.notesTable(t.Notes); err != nil {
		return err
	}
	if view.Attachments, err = v.attachments(map[bool]string{true: "entry", false: "about"}[t.Noun == "entry"], t.ID); err != nil {
		return err
	}
	if view.Flow, err = v.flowOf(v.thingQuery(t.Noun, t.ID)); err != nil {
		return err
	}
	if road, ok := roadOf[t.Noun]; ok {
		view.Flow.largest(v.href("flow", keyParam(road), t.ID, "stage", view.Flow.stage))
	}
	return v.show(http.StatusOK, "trace", view.Name, view)
}

// registerOf is the list that has a thing.
var registerOf = map[string]string{"project": "projects", "place": "places", "organisation": "organisations", "fund": "funds", "gift": "gifts",
	"pairing": "pairings", "indicator": "indicators", "note": "notes", "entry": "journal"}

// leadTo says below which pages a thing is: the list of its kind, and of a place
// those that it lies in.
func (v *visit) leadTo(t projections.Trace) error {
	page := registerOf[t.Noun]
	if page == "" {
		return nil
	}
	v.trail = []option{{Label: v.say("page." + page), Href: v.href(page)}}
	place, ok := t.Facts.(projections.Place)
	for ok && place.Parent != "" && len(v.trail) < trailMax {
		above, err := v.Views.Places(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"place": string(place.Parent)}})
		if err != nil {
			return err
		}
		if ok = len(above.Rows) == 1; ok { // else the caller may not see it
			place = above.Rows[0]
			v.trail = slices.Insert(v.trail, 1, option{Label: place.Name, Href: v.href("trace/" + string(place.Place))})
		}
	}
	return nil
}

// trailMax is how many pages above a thing are named: a list, and the levels of
// places.
const trailMax = 6

// thingQuery asks for the movements of a thing.
func (v *visit) thingQuery(noun, id string) projections.JournalQuery {
	q := projections.JournalQuery{Ledger: v.ledger.Ledger}
	switch noun {
	case "organisation":
		q.Provider = domain.ID(id)
	case "fund", "gift":
		q.Fund = domain.ID(id)
	case "project":
		q.Project = domain.ID(id)
	case "place":
		q.Place = domain.ID(id)
	default:
		q.Entry = id
	}
	return q
}

// roadOf is the dimension of totals that a thing is a line of.
var roadOf = map[string]string{"organisation": "provider", "fund": "fund", "gift": "fund", "project": "project", "place": "village"}

// money shows the totals of a thing, each with the movements behind it, and how
// far the money has come.
func (v *visit) money(view *traceView, noun, id string) error {
	by, ok := roadOf[noun]
	if !ok {
		return nil
	}
	view.Journal = v.href("journal", keyParam(by), id)
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: by, Key: &id})
	if err != nil {
		return err
	}
	columns := map[string][]string{
		"provider": {"pledged", "committed", "received", "in_kind", "disbursed", "cash"},
		"fund":     {"committed", "received", "allocated", "unallocated", "disbursed", "cash"},
		"project":  {"allocated", "disbursed", "undisbursed", "spent", "unspent"},
		"village":  {"allocated", "disbursed", "spent", "distributed"},
	}[by]
	if noun == "gift" {
		columns = []string{"in_kind", "distributed"}
	}
	for _, r := range totals.Rows {
		for _, c := range columns {
			view.Tiles = append(view.Tiles, tile{v.label("column", c), v.say("column-hint." + c), v.total(&r.TotalsSum, c, v.rowsOf(attributed(by, c), keyParam(by), id))})
		}
		for _, of := range []struct{ label, part, whole string }{
			{"progress.disbursed", "disbursed", "allocated"}, {"progress.spent", "spent", "disbursed"},
		} {
			if noun != "gift" {
				view.Progress = v.progress(view.Progress, v.say(of.label), &r.TotalsSum, of.part, of.whole)
			}
		}
	}
	return nil
}

// progress appends how much of a stage has reached the next one. What nobody
// reported makes no progress that could be shown.
func (v *visit) progress(all []progress, label string, t *projections.TotalsSum, part, whole string) []progress {
	done, known := minor(t.Column(part), t.Currency)
	of, _ := minor(t.Column(whole), t.Currency)
	if of <= 0 {
		return all
	}
	p := progress{Label: label, Part: v.total(t, part, ""), Whole: v.total(t, whole, "")}
	if known {
		p.Width = min(share(done, of, 1000), 1000)
		tenths := share(done, of, 1000)
		p.Rate = strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + "%"
	}
	return append(all, p)
}

// edges shows money between two things, one line for each stage.
func (v *visit) edges(all []projections.Edge) table {
	t := table{Empty: v.say("trace.no-edges")}
	for _, c := range []string{"from", "to", "stage", "amount", "entries", "evidence"} {
		t.Columns = append(t.Columns, column{Label: v.say("edge." + c), Number: c == "amount" || c == "entries"})
	}
	for _, e := range all {
		t.Rows = append(t.Rows, row{Cells: []cell{v.node(e.From), v.node(e.To), {Text: v.label("stage", e.Stage), State: e.Stage},
			v.amount(&e.Amount, e.Currency, false, ""), {Text: strconv.FormatInt(e.Entries, 10), Number: true}, v.evidenceOf(e)}})
	}
	return t
}

// node is a link to a thing whose name is known.
func (v *visit) node(n projections.Node) cell {
	v.names[n.ID] = n
	c := v.thing(domain.ID(n.ID))
	c.State = n.Noun
	return c
}
