package pages

import (
	"net/url"
	"slices"
	"strings"

	"aidledger/projections"
)

// evidenceShown is how many documents and vouchers of an edge are named.
const evidenceShown = 4

// evidenceOf names the documents, vouchers and approvals that an edge rests on,
// and leads to its first entry.
func (v *visit) evidenceOf(e projections.Edge) cell {
	if len(e.Evidence) == 0 {
		return cell{}
	}
	var all []string
	for _, piece := range e.Evidence {
		for _, s := range []string{piece.Document, piece.Voucher} {
			if s != "" && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		if by := piece.ApprovedBy; by != "" {
			all = append(all, string(piece.Request)+" ✓ "+v.who(by))
		}
	}
	if len(all) == 0 {
		all = []string{e.Evidence[0].Entry}
	}
	if len(all) > evidenceShown {
		all = append(all[:evidenceShown], "…")
	}
	return linked(strings.Join(all, v.say("list.separator")), v.href("trace/"+url.PathEscape(e.Evidence[0].Entry)))
}

// conservationShown is how many funds and projects are shown on the way.
const conservationShown = 20

// conservation shows that what went into each fund and project on the way is
// what came out and what remains; first those of which that is not so.
func (v *visit) conservation(all []projections.Balance) table {
	slices.SortStableFunc(all, func(a, b projections.Balance) int {
		switch {
		case a.Holds == b.Holds:
			return 0
		case b.Holds:
			return -1
		}
		return 1
	})
	t := table{Columns: v.columns("thing", "balance", "+in", "+out", "+remains", "holds")}
	for _, b := range all {
		holds := cell{Text: v.say("yes")}
		if !b.Holds {
			holds = cell{Text: v.say("no"), State: "severe"}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{v.node(b.Node), text(v.label("balance", b.Of)), v.amount(&b.In, b.Currency, false, ""),
			v.amount(&b.Out, b.Currency, false, ""), v.amount(&b.Remains, b.Currency, false, ""), holds}})
	}
	return t
}
