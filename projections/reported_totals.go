package projections

import (
	"context"
	"strings"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// ReportedTotalsQuery asks for totals of what others published, by one
// dimension: year, budget-year, type, system, activity, provider, receiver, flow (provider
// and receiver), recipient (country or region) or place.
type ReportedTotalsQuery struct {
	Ledger   string
	By       string
	Year     int             // 0: all years together
	Currency domain.Currency // empty: all, each in rows of its own
	AsOf     AsOf
	Limit    int    // rows; 0: 1,000; at most 10,000
	After    string // Next of the page before
}

// ReportedTotals is the answer to a ReportedTotalsQuery. Nothing in it is one
// of the ledger's own figures.
type ReportedTotals struct {
	Ledger   string              `json:"ledger"`
	By       string              `json:"by"`
	Year     int                 `json:"year,omitzero"`
	Position eventstore.Position `json:"position"` // the answer is exact for it
	Rows     []ReportedTotal     `json:"rows"`
	Next     string              `json:"next,omitzero"`

	// Findings counts the open findings about what others published, by check.
	Findings map[string]int64 `json:"findings"`
}

// reportedChecks are the checks that look at what others published.
var reportedChecks = []string{"over-commitment", "repeated-reference", "correction-without-reference",
	"reported-below-zero", "reported-in-future", "reported-outside-activity", "reported-not-assigned"}

// ReportedTotal is one line: the transactions of one type in one currency. A
// transaction that its source has again under the same reference is counted
// once in Count and Amount, and as often as it was published in Published and
// PublishedAmount. Line is "not-assigned" for the line without a key. Receiver
// is there by flow alone.
type ReportedTotal struct {
	Key             string          `json:"key"`
	Receiver        string          `json:"receiver,omitzero"`
	Name            string          `json:"name,omitzero"`
	Line            string          `json:"line,omitzero"`
	Type            string          `json:"type"`
	Currency        domain.Currency `json:"currency"`
	Count           int64           `json:"count"`
	Amount          string          `json:"amount"`
	Published       int64           `json:"published"`
	PublishedAmount string          `json:"published_amount"`
}

// reportedRoad is how totals of reports go along one dimension. A dimension of
// parts has its key in the table of parts.
type reportedRoad struct {
	key, receiver, name string
	parts               string
}

var reportedRoads = map[string]reportedRoad{
	"year":        {key: "j.year::text", receiver: "''", name: "''"},
	"budget-year": {key: "j.budget_year::text", receiver: "''", name: "''"},
	"type":        {key: "''", receiver: "''", name: "''"},
	"system":      {key: "j.system", receiver: "''", name: "''"},
	"activity":    {key: "j.activity", receiver: "''", name: "j.title"},
	"provider":    {key: "j.provider", receiver: "''", name: "j.provider_name"},
	"receiver":    {key: "j.receiver", receiver: "''", name: "j.receiver_name"},
	"flow":        {key: "j.provider", receiver: "j.receiver", name: "''"},
	"recipient":   {key: "coalesce(p.code, '')", receiver: "''", name: "''", parts: "recipient"},
	"place":       {key: "coalesce(p.code, '')", receiver: "''", name: "''", parts: "place"},
}

// cursorSeparator stands between the columns of a cursor and in no text.
const cursorSeparator = "\x1f"

// ReportedTotals answers a ReportedTotalsQuery. It returns ledger_not_found, or
// bad_query for a dimension, limit or cursor that does not exist.
func (db *DB) ReportedTotals(ctx context.Context, q ReportedTotalsQuery) (ReportedTotals, error) {
	out := ReportedTotals{Ledger: q.Ledger, By: q.By, Year: q.Year}
	road, ok := reportedRoads[q.By]
	if !ok {
		return out, fail(BadQuery, "use year, budget-year, type, system, activity, provider, receiver, flow, recipient or place", "there are no reported totals by %.100q", q.By)
	}
	limit, err := limitOf(q.Limit, totalsPage, totalsPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	sql, args, err := q.sql(road, limit)
	if err != nil {
		return out, err
	}
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "reported")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		rows, _ := tx.Query(ctx, sql, args...)
		out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ReportedTotal, error) {
			var t ReportedTotal
			err := row.Scan(&t.Key, &t.Receiver, &t.Name, &t.Type, &t.Currency, &t.Count, &t.Amount, &t.Published, &t.PublishedAmount)
			t.Amount, t.PublishedAmount = pointed(t.Amount, t.Currency), pointed(t.PublishedAmount, t.Currency)
			if t.Key == "" && road.parts != "" {
				t.Line = "not-assigned"
			}
			return t, err
		})
		if err == nil {
			out.Findings, err = reportedFindings(ctx, tx, q.Ledger)
		}
		return err
	})
	if err == nil && len(out.Rows) > limit {
		out.Rows = out.Rows[:limit]
		last := out.Rows[limit-1]
		out.Next = strings.Join([]string{last.Key, last.Receiver, last.Type, string(last.Currency)}, cursorSeparator)
	}
	return out, err
}

func reportedFindings(ctx context.Context, tx pgx.Tx, ledger string) (map[string]int64, error) {
	rows, _ := tx.Query(ctx, `select check_name, count(*) from aidledger.findings
		where ledger = $1 and state <> 'closed' and check_name = any($2) group by 1`, ledger, reportedChecks)
	all := map[string]int64{}
	var name string
	var n int64
	_, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		all[name] = n
		return nil
	})
	return all, err
}

// sql adds up in numeric, since the sum of what others publish has no ceiling.
func (q ReportedTotalsQuery) sql(road reportedRoad, limit int) (string, []any, error) {
	c := &conditions{}
	c.and("j.ledger = ?", q.Ledger)
	if q.Year != 0 {
		c.and("j.year = ?::smallint", q.Year)
	}
	if q.Currency != "" {
		c.and("j.currency = ?", string(q.Currency))
	}
	c.asOf(q.AsOf)
	from, amount := "aidledger.reported j", "j.amount"
	if road.parts != "" {
		from += " left join aidledger.reported_parts p on p.ledger = j.ledger and p.block = j.block and p.event = j.event and p.dimension = " + c.arg(road.parts)
		amount = "coalesce(p.amount, j.amount)"
	}
	after := &conditions{args: c.args}
	after.and("true")
	if q.After != "" {
		at := strings.Split(q.After, cursorSeparator)
		if len(at) != 4 {
			return "", nil, badCursor(q.After)
		}
		after.and(`(key, receiver, type, currency) > (?, ?, ?, ?)`, at[0], at[1], at[2], at[3])
	}
	sql := `with lines as (
			select (` + road.key + `)::text collate "C" as key, (` + road.receiver + `)::text collate "C" as receiver, max(` + road.name + `) as name,
				j.type, j.currency,
				coalesce(sum(j.count) filter (where not j.repeated), 0) as count, coalesce(sum(` + amount + `) filter (where not j.repeated), 0) as amount,
				sum(j.count) as published, sum(` + amount + `) as published_amount
			from ` + from + ` where ` + c.String() + `
			group by 1, 2, j.type, j.currency
			having sum(j.count) <> 0 or sum(` + amount + `) <> 0)
		select key, receiver, name, type, currency, count, amount::text, published, published_amount::text
		from lines where ` + after.String() + `
		order by key, receiver, type, currency limit ` + after.arg(limit+1)
	return sql, after.args, nil
}

// pointed returns minor units of any size as decimal text.
func pointed(minor string, c domain.Currency) string {
	decimals := c.Exponent()
	if decimals == 0 {
		return minor
	}
	digits, negative := strings.CutPrefix(minor, "-")
	digits = strings.Repeat("0", max(decimals+1-len(digits), 0)) + digits
	point := len(digits) - decimals
	digits = digits[:point] + "." + digits[point:]
	if negative {
		return "-" + digits
	}
	return digits
}
