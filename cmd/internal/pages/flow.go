package pages

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"aidledger/domain"
	"aidledger/projections"
)

// flowView is the money of one stage from providers through projects to
// villages.
type flowView struct {
	Stages  []option
	Years   []option
	Filters []filter // the things that it is about
	Picture flowPicture
}

// flowStages are the stages that have a project.
var flowStages = []domain.Stage{domain.Allocated, domain.Disbursed, domain.Spent}

func (v *visit) flow() error {
	id := func(name string) domain.ID { return domain.ID(v.query.Get(name)) }
	q := projections.JournalQuery{Ledger: v.ledger.Ledger, Stage: v.query.Get("stage"), Year: v.number("year"),
		Provider: id("provider"), Fund: id("fund"), Project: id("project"), Place: id("place")}
	picture, err := v.flowOf(q)
	if err != nil {
		return err
	}
	view := flowView{Picture: picture}
	for _, name := range []string{"provider", "fund", "project", "place"} {
		if err := v.learn(id(name)); err != nil {
			return err
		}
		if of := v.query.Get(name); of != "" {
			view.Filters = append(view.Filters, filter{Name: name, Label: v.label("field", name), Value: of, Shown: v.thing(domain.ID(of)), Without: v.with(name, "")})
		}
	}
	for _, s := range flowStages {
		view.Stages = append(view.Stages, option{Label: v.label("stage", s.String()), Href: v.with("stage", s.String()), Current: s.String() == picture.stage})
	}
	if view.Years, err = v.yearOptions(projections.TotalsQuery{Ledger: q.Ledger, Year: q.Year}); err != nil {
		return err
	}
	t := &view.Picture.Table
	sums := t.Rows[len(t.Rows)-picture.sums:]
	rows, next := pageOf(v, v.query.Get("after"), t.Rows[:len(t.Rows)-picture.sums], func(r row) string { return r.Cells[3].Href })
	t.Rows = slices.Concat(rows, sums)
	v.paged(t, next)
	if sent, err := v.sendFile("flow", t); sent {
		return err
	}
	return v.show(http.StatusOK, "flow", v.say("page.flow"), view)
}

// flowOf draws the money behind a query. Without a stage it takes the last one
// that has any.
func (v *visit) flowOf(q projections.JournalQuery) (flowPicture, error) {
	stages := []string{q.Stage}
	if q.Stage == "" {
		stages = []string{domain.Disbursed.String(), domain.Allocated.String()}
	}
	var picture flowPicture
	for _, q.Stage = range stages {
		parts, err := v.Views.Flow(v.ctx(), q)
		if err != nil {
			return picture, err
		}
		picture = v.picture(q.Stage, parts)
		if len(parts) > 0 {
			break
		}
	}
	return picture, nil
}

// flowPicture is ribbons between three columns of bars, as high as their
// amounts.
type flowPicture struct {
	Title   string
	Height  int64
	Nodes   []flowNode
	Ribbons []flowRibbon
	Table   table
	All     string // address of all rows, where the table has the largest ones only
	stage   string
	sums    int // rows of the table that are sums of the others, at its end
}

type flowNode struct {
	X, Y, Width, Height int64
	TextX, TextY        int64
	End                 bool // the text ends at TextX
	Value               cell
	Name                cell
}

type flowRibbon struct {
	Path  string
	Title string
}

// Measures of the picture, in units of its view box.
const (
	flowWidth  = 960
	flowBar    = 14
	flowGap    = 14
	flowTall   = 420
	flowLeast  = 3
	flowTop    = 26
	flowPerCol = 12 // nodes in one column; the others are one node
)

// flowKey names a node of one column; empty: nobody, other: all that are not
// drawn on their own.
type flowKey struct {
	column int
	id     string
}

const flowOther = "\x00"

// picture draws the parts that are positive and of the currency of the ledger;
// the table has all.
func (v *visit) picture(stage string, parts []projections.FlowPart) flowPicture {
	p := flowPicture{stage: stage, Title: v.say("flow.title", v.label("stage", stage))}
	p.Table = table{Caption: p.Title, Empty: v.say("flow.empty", v.label("stage", stage)), Columns: []column{{Label: v.label("field", "provider")}, {Label: v.label("field", "project")},
		{Label: v.label("field", "place")}, {Label: v.label("field", "amount"), Number: true}}}
	d := flowDrawing{sums: map[flowKey]int64{}, between: map[[2]flowKey]int64{}}
	for _, part := range parts {
		nodes := []projections.Node{part.Provider, part.Project, part.Place}
		cells := make([]cell, 0, 4)
		for i, n := range nodes {
			c := v.node(n)
			if n.ID == "" {
				c = cell{Text: v.label("line", []string{"", "unallocated", "not-assigned"}[i]), State: "rest"}
			}
			cells = append(cells, c)
		}
		cells = append(cells, v.amount(&part.Amount, part.Currency, false, v.href("journal", "stage", stage, "provider", part.Provider.ID,
			"project", part.Project.ID, "place", part.Place.ID)))
		p.Table.Rows = append(p.Table.Rows, row{Cells: cells})
		if n, ok := minor(&part.Amount, part.Currency); ok && n > 0 && part.Currency == v.ledger.Currency {
			d.add([3]string{part.Provider.ID, part.Project.ID, part.Place.ID}, n)
		}
	}
	p.sums = v.flowSums(&p.Table, parts)
	if len(d.parts) > 0 {
		v.draw(&p, d.layout())
	}
	return p
}

// flowSums adds a line for each currency to the table of a picture, and returns
// how many there are. One row needs no sum.
func (v *visit) flowSums(t *table, parts []projections.FlowPart) (lines int) {
	if len(parts) < 2 || len(parts) >= listMax { // of more there are only the largest
		return 0
	}
	sums := map[domain.Currency]int64{}
	for _, part := range parts {
		n, _ := minor(&part.Amount, part.Currency)
		sums[part.Currency] += n
	}
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		t.Rows = append(t.Rows, row{Sum: true, Cells: []cell{text(v.say("sum")), {}, {}, v.minorUnits(sums[c], c)}})
	}
	return len(sums)
}

// flowFew is how many rows stand under a picture that is one of several parts of
// a page.
const flowFew = 10

// largest leaves the largest parts in the table and names the page with all.
func (p *flowPicture) largest(all string) {
	if parts := len(p.Table.Rows) - p.sums; parts > flowFew {
		p.Table.Rows, p.All = slices.Concat(p.Table.Rows[:flowFew], p.Table.Rows[parts:]), all
	}
}

// draw turns the layout into what a template writes.
func (v *visit) draw(p *flowPicture, l flowLayout) {
	p.Height = l.height + flowTop + 8
	for _, n := range l.nodes {
		out := flowNode{X: n.x, Y: n.y, Width: flowBar, Height: n.height, TextX: n.x + flowBar + 6, TextY: n.y + n.height/2 + 5}
		switch {
		case n.id == flowOther:
			out.Name = text(v.say("flow.other"))
		case n.id == "":
			out.Name = text(v.label("line", []string{"", "unallocated", "not-assigned"}[n.column]))
		default:
			out.Name = v.thing(domain.ID(n.id))
		}
		if n.column == 2 {
			out.TextX, out.End = n.x-6, true
		}
		out.Value = v.exact(domain.Money{Minor: n.sum, Currency: v.ledger.Currency}, "")
		p.Nodes = append(p.Nodes, out)
	}
	for _, r := range l.ribbons {
		half := (r.x1 - r.x0) / 2
		at := func(n int64) string { return strconv.FormatInt(n, 10) }
		p.Ribbons = append(p.Ribbons, flowRibbon{Path: "M" + at(r.x0) + " " + at(r.y0) + "C" + at(r.x0+half) + " " + at(r.y0) + " " + at(r.x1-half) + " " + at(r.y1) + " " + at(r.x1) + " " + at(r.y1) +
			"v" + at(r.height) + "C" + at(r.x1-half) + " " + at(r.y1+r.height) + " " + at(r.x0+half) + " " + at(r.y0+r.height) + " " + at(r.x0) + " " + at(r.y0+r.height) + "z"})
	}
}
