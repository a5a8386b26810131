package projections

import (
	"context"
	"fmt"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// EdgeEvidence is what one entry of an edge rests on: its document and voucher,
// and the request by which it was approved. What is empty was not given.
type EdgeEvidence struct {
	Entry       string      `json:"entry"`
	Date        domain.Date `json:"date"`
	Document    string      `json:"document,omitzero"`
	Voucher     string      `json:"voucher,omitzero"`
	Request     domain.ID   `json:"request,omitzero"`
	RequestedBy string      `json:"requested_by,omitzero"`
	ApprovedBy  string      `json:"approved_by,omitzero"`
}

// edgeEvidenceMax is how many entries of an edge are looked at.
const edgeEvidenceMax = 10

// evidenceSQL reads the first movements of each edge ($2: its number, $3: one of
// its flows), with the request that an entry has paid. It takes the same time
// however many movements there are: the index by flow tells which they are.
const evidenceSQL = `select e.n, j.entry, left(j.date::text, case j.precision when 'year' then 4 when 'month' then 7 else 10 end), j.document, j.voucher,
		coalesce(r.request, ''), coalesce(r.requested_by, ''), coalesce(r.approved_by, '')
	from (select n, array_agg(flow) as flows from unnest($2::integer[], $3::uuid[]) p (n, flow) group by n) e
	cross join lateral (
		select k.* from unnest(e.flows) f (flow)
		cross join lateral (select j.block, j.event, j.leg from aidledger.movements j where j.flow = f.flow%s order by j.block, j.event, j.leg limit $4) k
		order by k.block, k.event, k.leg limit $4) k
	cross join lateral (
		select * from aidledger.movements j where j.ledger = $1 and j.block = k.block and j.event = k.event and j.leg = k.leg%s limit 1) j
	left join aidledger.requests r on r.ledger = $1 and r.payment = j.entry and r.payment <> ''
	order by e.n, k.block, k.event, k.leg`

// readEvidence adds to steps what they rest on. The first steps are of whole
// funds, the others of what touches the thing.
func readEvidence(ctx context.Context, tx pgx.Tx, q TraceQuery, steps []step, touching func(*conditions)) error {
	for _, funding := range []bool{true, false} {
		var numbers []int32
		var flows []flowID
		for i, s := range steps {
			for _, flow := range s.flows {
				if s.funding == funding {
					numbers, flows = append(numbers, int32(i)), append(flows, flow)
				}
			}
		}
		c := &conditions{args: []any{q.Ledger, numbers, flows, edgeEvidenceMax}}
		if funding {
			c.andWithin(q.within)
			c.asOf(q.AsOf)
		} else {
			touching(c)
		}
		if len(numbers) == 0 {
			continue
		}
		if err := scanEvidence(ctx, tx, c, steps); err != nil {
			return err
		}
	}
	return nil
}

// scanEvidence reads what steps rest on. An entry that has several movements in
// an edge is named once.
func scanEvidence(ctx context.Context, tx pgx.Tx, c *conditions, steps []step) error {
	rows, _ := tx.Query(ctx, fmt.Sprintf(evidenceSQL, also(c.ofMovements()), also(c.String())), c.args...)
	var n int32
	var e EdgeEvidence
	_, err := pgx.ForEachRow(rows, []any{&n, &e.Entry, into(&e.Date), &e.Document, &e.Voucher, &e.Request, &e.RequestedBy, &e.ApprovedBy}, func() error {
		s := &steps[n]
		if last := len(s.Evidence) - 1; last < 0 || s.Evidence[last].Entry != e.Entry {
			s.Evidence = append(s.Evidence, e)
		}
		e.Date = domain.Date{}
		return nil
	})
	return err
}
