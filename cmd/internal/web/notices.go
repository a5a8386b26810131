package web

import (
	"context"
	"time"

	"aidledger/domain"
	"aidledger/projections"
)

// Notice is a public notice with the days for which it is still public, today
// included; 0 where it is not.
type Notice struct {
	projections.Notice
	DaysLeft int `json:"days_left"`
}

// notices lists notices as they are today, in the zone of the ledger.
func notices(views *projections.DB, ctx context.Context, q projections.ListQuery) (projections.List[Notice], error) {
	var out projections.List[Notice]
	all, err := views.Notices(ctx, q)
	if err != nil {
		return out, err
	}
	today, err := today(ctx, views.Until(projections.AsOf{}), q.Ledger)
	if err != nil {
		return out, err
	}
	out.Position, out.Next, out.Rows = all.Position, all.Next, make([]Notice, len(all.Rows))
	for i, n := range all.Rows {
		out.Rows[i] = Notice{n, n.DaysLeft(today)}
	}
	return out, nil
}

// today is the day that it is where a ledger is kept.
func today(ctx context.Context, views *projections.DB, ledger string) (domain.Date, error) {
	found, err := views.Ledgers(ctx, projections.ListQuery{Filter: map[string]string{"ledger": ledger}})
	if err != nil || len(found.Rows) == 0 {
		return domain.Date{}, err
	}
	zone, err := time.LoadLocation(found.Rows[0].Zone)
	if err != nil {
		return domain.Date{}, err
	}
	return domain.DateOf(time.Now().In(zone)), nil
}
