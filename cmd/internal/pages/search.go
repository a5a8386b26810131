package pages

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
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
		if len(found) == 0 {
			if err := v.searchVouchers(&view, sought); err != nil {
				return err
			}
		}
	}
	return v.show(http.StatusOK, "search", v.say("page.search"), view)
}

// searchVouchers finds the entries under the numbers of vouchers that have a text
// in them, where nothing is called so.
func (v *visit) searchVouchers(view *searchView, sought string) error {
	if v.readsPart() || !strings.ContainsAny(sought, "0123456789") {
		return nil
	}
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "year"})
	if err != nil {
		return err
	}
	searched := map[string]bool{} // a year has a line for each currency
	for _, y := range slices.Backward(totals.Rows) {
		if searched[y.Key] {
			continue
		}
		searched[y.Key] = true
		of, _ := strconv.Atoi(y.Key)
		all, err := v.Views.Vouchers(v.ctx(), v.ledger.Ledger, of, "")
		if err != nil {
			return err
		}
		for _, voucher := range all {
			if !strings.Contains(domain.FoldName(voucher.Number), domain.FoldName(sought)) {
				continue
			}
			if view.More = len(view.Table.Rows) == foundMax; view.More {
				return nil
			}
			view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(voucher.Number, v.href("trace/"+voucher.Entry)), {Text: v.label("noun", "entry"), State: "entry"}, text(voucher.Entry)}})
		}
	}
	return nil
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
