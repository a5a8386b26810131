package pages

import (
	"cmp"
	"slices"
)

// flowDrawing collects the parts of a flow picture.
type flowDrawing struct {
	parts   []flowPart
	sums    map[flowKey]int64
	between map[[2]flowKey]int64
}

type flowPart struct {
	ids [3]string
	n   int64
}

func (d *flowDrawing) add(ids [3]string, n int64) {
	d.parts = append(d.parts, flowPart{ids, n})
	for column, id := range ids {
		d.sums[flowKey{column, id}] += n
	}
}

// flowLayout is where everything stands.
type flowLayout struct {
	height  int64
	nodes   []placedNode
	ribbons []placedRibbon
}

type placedNode struct {
	flowKey
	sum, x, y, height int64
	out, in           int64 // height that ribbons have used on either side
}

type placedRibbon struct{ x0, y0, x1, y1, height int64 }

// layout places the largest nodes of each column from the top, and ribbons in
// the order of the nodes.
func (d *flowDrawing) layout() flowLayout {
	d.merge()
	var l flowLayout
	var total int64
	at := map[flowKey]int{}
	for column := range 3 {
		var keys []flowKey
		for k := range d.sums {
			if k.column == column {
				keys = append(keys, k)
			}
		}
		slices.SortFunc(keys, func(a, b flowKey) int {
			return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(d.sums[b], d.sums[a]), cmp.Compare(a.id, b.id))
		})
		if column == 0 {
			for _, k := range keys {
				total += d.sums[k]
			}
		}
		y := int64(flowTop)
		for _, k := range keys {
			n := placedNode{flowKey: k, sum: d.sums[k], x: int64(column) * (flowWidth - flowBar) / 2, y: y}
			n.height = max(flowLeast, share(n.sum, total, flowTall))
			at[k] = len(l.nodes)
			l.nodes = append(l.nodes, n)
			y += max(n.height, flowGap) + flowGap
		}
		l.height = max(l.height, y-flowTop)
	}
	pairs := make([][2]flowKey, 0, len(d.between))
	for pair := range d.between {
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(a, b [2]flowKey) int {
		return cmp.Or(cmp.Compare(at[a[0]], at[b[0]]), cmp.Compare(at[a[1]], at[b[1]]))
	})
	for _, pair := range pairs {
		from, to := &l.nodes[at[pair[0]]], &l.nodes[at[pair[1]]]
		h := max(1, share(d.between[pair], total, flowTall))
		l.ribbons = append(l.ribbons, placedRibbon{x0: from.x + flowBar, y0: from.y + min(from.out, max(0, from.height-h)), x1: to.x, y1: to.y + min(to.in, max(0, to.height-h)), height: h})
		from.out += h
		to.in += h
	}
	return l
}

// last puts what has no name at the end of a column.
func last(k flowKey) int {
	switch k.id {
	case "":
		return 2
	case flowOther:
		return 1
	}
	return 0
}

// merge makes one node of all but the largest of a column, and adds up what
// passes between the nodes.
func (d *flowDrawing) merge() {
	var drawn [3]map[string]bool
	for column := range 3 {
		drawn[column] = map[string]bool{}
		var keys []flowKey
		for k := range d.sums {
			if k.column == column {
				keys = append(keys, k)
			}
		}
		slices.SortFunc(keys, func(a, b flowKey) int { return cmp.Or(cmp.Compare(d.sums[b], d.sums[a]), cmp.Compare(a.id, b.id)) })
		for i, k := range keys {
			drawn[column][k.id] = i < flowPerCol || k.id == ""
		}
	}
	d.sums = map[flowKey]int64{}
	for _, p := range d.parts {
		var keys [3]flowKey
		for column, id := range p.ids {
			if !drawn[column][id] {
				id = flowOther
			}
			keys[column] = flowKey{column, id}
			d.sums[keys[column]] += p.n
		}
		d.between[[2]flowKey{keys[0], keys[1]}] += p.n
		d.between[[2]flowKey{keys[1], keys[2]}] += p.n
	}
}
