package pages

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// searchView is what was found, the closest first.
type searchView struct {
	Sought string
	Table  table
	More   bool // there is more than is shown
}

// foundMax is how much a search shows.
const foundMax = 100

func (v *visit) search() error {
	sought := strings.TrimSpace(v.query.Get("q"))
	view := searchView{Sought: sought, Table: table{Columns: v.columns("name", "noun", "id"), Empty: v.say("search.empty", sought)}}
	if sought != "" {
		nodes, err := v.Views.Nodes(v.ctx(), v.ledger.Ledger)
		if err != nil {
			return err
		}
		found := find(nodes, sought)
		if view.More = len(found) > foundMax; view.More {
			found = found[:foundMax]
		}
		for _, n := range found {
			v.names[n.ID] = projections.Node{Noun: n.Noun, ID: n.ID, Name: cmp.Or(n.Name, n.ID)}
			c := v.thing(domain.ID(n.ID))
			view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{c, {Text: v.label("noun", n.Noun), State: n.Noun}, text(n.ID)}})
		}
	}
	return v.show(http.StatusOK, "search", v.say("page.search"), view)
}

// find returns the things whose name or id has a text in it, or whose name has
// it as the initials of its Pinyin; those that begin with it come first.
func find(nodes []projections.Node, sought string) []projections.Node {
	folded := domain.FoldName(sought)
	initials := strings.ToLower(sought)
	type hit struct {
		projections.Node
		rank int
	}
	var hits []hit
	for _, n := range nodes {
		name := domain.FoldName(n.Name)
		rank := -1
		switch at := strings.Index(name, folded); {
		case n.ID == initials || name == folded:
			rank = 0
		case at == 0:
			rank = 1
		case strings.HasPrefix(n.ID, initials):
			rank = 2
		case at > 0:
			rank = 3
		case strings.Contains(n.ID, initials):
			rank = 4
		default:
			switch at := strings.Index(pinyin().initials(n.Name), initials); {
			case at == 0:
				rank = 5
			case at > 0:
				rank = 6
			}
		}
		if rank >= 0 {
			hits = append(hits, hit{n, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.Name), len(b.Name))) })
	found := make([]projections.Node, len(hits))
	for i, h := range hits {
		found[i] = h.Node
	}
	return found
}
