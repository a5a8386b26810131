package projections

import (
	"context"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// FlowPart is the money of one stage and currency that one provider gave to one
// project for one place. A node without an id stands for none.
type FlowPart struct {
	Provider Node            `json:"provider"`
	Project  Node            `json:"project"`
	Place    Node            `json:"place"`
	Amount   string          `json:"amount"`
	Currency domain.Currency `json:"currency"`
}

// Flow adds up the movements that a JournalQuery finds by provider, project and
// place. The query names one stage, since stages are never added up; its order
// and page are not looked at.
func (db *DB) Flow(ctx context.Context, q JournalQuery) ([]FlowPart, error) {
	q.After = ""
	var err error
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return nil, err
	}
	q.within = db.within
	c, err := q.conditions()
	if err != nil {
		return nil, err
	}
	var s domain.Stage
	if s.UnmarshalText([]byte(q.Stage)) != nil {
		return nil, fail(BadQuery, "name one stage, such as disbursed", "money flows in one stage, not in %.100q", q.Stage)
	}
	var parts []FlowPart
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		if _, err := position(ctx, tx, q.Ledger, "journal"); err != nil {
			return err
		}
		sums := c.sums()
		rows, _ := tx.Query(ctx, "select provider, project, place, sum(amount)::bigint, currency from ("+sums+`) f
			group by provider, project, place, currency having sum(amount) <> 0
			order by sum(amount) desc, provider, project, place, currency limit `+c.arg(listPageMax), c.args...)
		parts, err = pgx.CollectRows(rows, scanFlowPart)
		if err != nil {
			return err
		}
		return nameFlow(ctx, tx, q.Ledger, parts)
	})
	return parts, err
}

func scanFlowPart(row pgx.CollectableRow) (FlowPart, error) {
	p := FlowPart{Provider: Node{Noun: "organisation"}, Project: Node{Noun: "project"}, Place: Node{Noun: "place"}}
	var amount int64
	err := row.Scan(&p.Provider.ID, &p.Project.ID, &p.Place.ID, &amount, &p.Currency)
	p.Amount = domain.Money{Minor: amount, Currency: p.Currency}.Decimal()
	return p, err
}

func nameFlow(ctx context.Context, tx pgx.Tx, ledger string, parts []FlowPart) error {
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.Provider.ID, p.Project.ID, p.Place.ID)
	}
	rows, _ := tx.Query(ctx, namesSQL, ledger, ids)
	nodes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Node])
	names := map[string]string{}
	for _, n := range nodes {
		names[n.ID] = n.Name
	}
	for i := range parts {
		for _, n := range []*Node{&parts[i].Provider, &parts[i].Project, &parts[i].Place} {
			n.Name = names[n.ID]
		}
	}
	return err
}
