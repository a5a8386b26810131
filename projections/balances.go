package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// flowBalances hold what each flow adds up to so far. Every movement in the journal
// carries the sums of its flow after it, so the sums of a flow as of a position
// are found at its last movement before that, however long its history is. The
// order of the log never changes, so nothing that is posted late changes them.
type flowBalances map[flowID]*flowSums

// after counts the movements of a fact and appends what their flows add up to.
func (r flowBalances) after(f *fact, reversal bool, to []flowSums) []flowSums {
	for i := range f.movements {
		sums := r[f.flows[i]]
		if sums == nil {
			sums = &flowSums{}
			r[f.flows[i]] = sums
		}
		entries, placeEntries := entriesOf(f, reversal, i)
		sums.add(&f.movements[i], entries, placeEntries)
		to = append(to, *sums)
	}
	return to
}

// count counts all movements of a block in a bulk load. An event that the journal
// does not understand halts the journal, so what follows is of no use to anybody.
func (r flowBalances) count(b *block) {
	room := make([]flowSums, 0, b.movements)
	for i := range b.facts {
		f := &b.facts[i]
		if len(f.movements) == 0 {
			continue
		}
		d, err := detailOf(f.event.Fact)
		if err != nil {
			return
		}
		first := len(room)
		room = r.after(f, d.reverses != "", room)
		f.after = room[first:len(room):len(room)]
	}
}

// readFlowBalances reads what the flows of some facts add up to before them.
func readFlowBalances(ctx context.Context, tx pgx.Tx, facts []*fact) (flowBalances, error) {
	sums := flowBalances{}
	var ids [][16]byte
	for _, f := range facts {
		for _, id := range f.flows {
			if sums[id] == nil {
				sums[id] = &flowSums{}
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return sums, nil
	}
	rows, _ := tx.Query(ctx, `select f.flow, j.flow_amount, j.flow_entries, j.flow_approximate, j.flow_place_entries, j.flow_place_approximate
		from unnest($1::uuid[]) f (flow) cross join lateral (
			select * from journal j where j.flow = f.flow order by j.block desc, j.event desc, j.leg desc limit 1) j`, ids)
	var id [16]byte
	var s flowSums
	_, err := pgx.ForEachRow(rows, []any{&id, &s.amount, &s.entries, &s.approximate, &s.placeEntries, &s.placeApproximate}, func() error {
		*sums[id] = s
		return nil
	})
	return sums, err
}
