package projections

import (
	"context"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// LateQuery asks for what was recorded long after its date, or into a year that
// was closed.
type LateQuery struct {
	Ledger       string
	Days         int  // more than so many days; 0: the threshold of the ledger (recording-days)
	ClosedPeriod bool // only what was recorded into a closed year
	AsOf         AsOf
	Limit        int    // rows; 0: 100; at most 1,000
	After        string // Next of the page before
}

// LatePostings is a page of them in the order of the log.
type LatePostings struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Days     int                 `json:"days"` // from which on a posting is late
	Rows     []LatePosting       `json:"rows"`
	Next     string              `json:"next,omitzero"`
}

// LatePosting is a movement, how many days after its date it was recorded, and,
// where its year was closed by then, who allowed it and why.
type LatePosting struct {
	Movement
	DaysLate   int    `json:"days_late"`
	ClosedYear int    `json:"closed_year,omitzero"`
	AllowedBy  string `json:"allowed_by,omitzero"`
	Reason     string `json:"reason,omitzero"`
}

// LatePostings answers a LateQuery.
func (db *DB) LatePostings(ctx context.Context, q LateQuery) (LatePostings, error) {
	out := LatePostings{Ledger: q.Ledger, Days: q.Days, Rows: []LatePosting{}}
	limit, err := limitOf(q.Limit, journalPage, journalPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	if out.Days == 0 {
		settings, err := db.Until(q.AsOf).Settings(ctx, q.Ledger)
		if err != nil {
			return out, err
		}
		out.Days = settings.Checks["recording-days"]
	}
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "journal")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		c := &conditions{args: []any{q.Ledger}}
		const closed = "j.entry in (select restated from aidledger.restatements where ledger = $1 and state <> 'allowed')"
		if q.ClosedPeriod {
			c.and(closed)
		} else {
			c.and("(j.recorded::date - j.date > ? or "+closed+")", out.Days)
		}
		c.asOf(q.AsOf)
		if err := c.after(q.After); err != nil {
			return err
		}
		movements, next, err := readMovements(ctx, tx, c, limit)
		if err != nil {
			return err
		}
		out.Next = next
		for _, m := range movements {
			out.Rows = append(out.Rows, LatePosting{Movement: m, DaysLate: daysBetween(m.Date, m.Recorded)})
		}
		return out.allowed(ctx, tx)
	})
	return out, err
}

// daysBetween counts from the last day of a date to the day of an instant.
func daysBetween(d domain.Date, at time.Time) int {
	return int(at.UTC().Truncate(24*time.Hour).Sub(d.Last().Time()) / (24 * time.Hour))
}

// allowed adds who allowed what is in a closed year.
func (l *LatePostings) allowed(ctx context.Context, tx pgx.Tx) error {
	at := map[string][]*LatePosting{}
	var entries []string
	for i := range l.Rows {
		row := &l.Rows[i]
		at[row.Entry] = append(at[row.Entry], row)
		entries = append(entries, row.Entry)
	}
	rows, _ := tx.Query(ctx, `select restated, year, allowed_by, reason from aidledger.restatements
		where ledger = $1 and restated = any($2) and state <> 'allowed'`, l.Ledger, entries)
	var entry, by, reason string
	var year int
	_, err := pgx.ForEachRow(rows, []any{&entry, &year, &by, &reason}, func() error {
		for _, row := range at[entry] {
			row.ClosedYear, row.AllowedBy, row.Reason = year, by, reason
		}
		return nil
	})
	return err
}
