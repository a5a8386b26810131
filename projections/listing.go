package projections

import (
	"context"
	"fmt"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// ListQuery asks for the things of one kind in a ledger.
type ListQuery struct {
	Ledger string
	Limit  int    // rows; 0: 100; at most 1,000
	After  string // Next of the page before

	// Filter limits the list to rows with these values, by the name of the filter.
	Filter map[string]string

	hidden []string // ids that are left out
}

// List is one page. Position is the block that it is exact for.
type List[T any] struct {
	Position eventstore.Position `json:"position"`
	Rows     []T                 `json:"rows"`
	Next     string              `json:"next,omitzero"`
}

// Provenance says which entry made a thing known, and what it rests on.
type Provenance struct {
	Entry           string      `json:"entry"`
	Date            domain.Date `json:"date"`
	Document        string      `json:"document,omitzero"`
	SourceReference string      `json:"source_reference,omitzero"`
	Note            string      `json:"note,omitzero"`
}

// listPage and listPageMax limit the rows of one list.
const listPage, listPageMax = 100, 1_000

// listing says how the rows of one table become the things of one list.
type listing[T any] struct {
	projection string
	table      string
	id         string // column
	byName     bool   // in the order of names, not of ids
	where      string // further condition, or empty
	filters    map[string]filter
	extent     extent
	columns    string // of the table x; those of the provenance follow
	// targets returns where the columns go, and what remains to be done then.
	targets func(*T) (columns []any, done func() error)
	origin  func(*T) *Provenance
	idOf    func(*T) string
}

// filter is a condition that a query may set, with one ? for its value.
type filter struct {
	where string
	date  bool // the value is a date; its last day is compared
}

// equal filters by the value of each column.
func equal(columns ...string) map[string]filter {
	all := map[string]filter{}
	for _, column := range columns {
		all[column] = filter{where: "x." + column + " = ?"}
	}
	return all
}

const provenance = ", x.entry, x.date, x.document, x.source_reference, x.note"

func (l *listing[T]) scan(row pgx.CollectableRow) (T, error) {
	var v T
	columns, done := l.targets(&v)
	p := l.origin(&v)
	err := row.Scan(append(columns, &p.Entry, into(&p.Date), &p.Document, &p.SourceReference, &p.Note)...)
	if err == nil && done != nil {
		err = done()
	}
	return v, err
}

// read reads rows that meet conditions, in the order of the list.
func (l *listing[T]) read(ctx context.Context, tx pgx.Tx, db *DB, c *conditions, limit int) ([]T, error) {
	order := "x." + l.id
	if l.byName {
		order = "x.name collate " + db.collation + ", " + order
	}
	if l.where != "" {
		c.and(l.where)
	}
	rows, _ := tx.Query(ctx, fmt.Sprintf("select %s%s from aidledger.%s x where %s order by %s limit %s",
		l.columns, provenance, l.table, c, order, c.arg(limit)), c.args...)
	return pgx.CollectRows(rows, l.scan)
}

// one reads the thing that has an id.
func (l *listing[T]) one(ctx context.Context, tx pgx.Tx, db *DB, ledger, id string) (any, error) {
	c := &conditions{}
	c.and("x.ledger = ? and x."+l.id+" = ?", ledger, id)
	found, err := l.read(ctx, tx, db, c, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// list reads one page.
func (l *listing[T]) list(ctx context.Context, db *DB, q ListQuery) (List[T], error) {
	var out List[T]
	limit, err := limitOf(q.Limit, listPage, listPageMax)
	if err != nil {
		return out, err
	}
	err = db.at(ctx, q.Ledger, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, l.projection)
		if err != nil {
			return err
		}
		out.Position = at
		c := &conditions{}
		c.and("true")
		if q.Ledger != "" {
			c.and("x.ledger = ?", q.Ledger) // $1
		}
		if err := l.filter(q, c); err != nil {
			return err
		}
		if err := l.extent.and(c, l.table, db.within); err != nil {
			return err
		}
		if len(q.hidden) > 0 {
			c.and("x."+l.id+" <> all(?)", q.hidden)
		}
		if q.After != "" {
			if err := l.after(ctx, tx, db, q, c); err != nil {
				return err
			}
		}
		out.Rows, err = l.read(ctx, tx, db, c, limit+1)
		return err
	})
	if err == nil && len(out.Rows) > limit {
		out.Rows = out.Rows[:limit]
		out.Next = l.idOf(&out.Rows[limit-1])
	}
	return out, err
}

// filter limits a list to the rows that the query asks for.
func (l *listing[T]) filter(q ListQuery, c *conditions) error {
	for name, text := range q.Filter {
		f, ok := l.filters[name]
		if !ok {
			return fail(BadQuery, "leave it out", "%s cannot be filtered by %.100q", l.table, name)
		}
		if !f.date {
			c.and(f.where, text)
			continue
		}
		d, err := domain.ParseDate(text)
		if err != nil {
			return fail(BadQuery, "use a date such as 2018-12-31", "%.100q is no date", text)
		}
		c.and(f.where, d.Last().Time())
	}
	return nil
}

// after limits a list to what follows a cursor, the id of the last row of the
// page before.
func (l *listing[T]) after(ctx context.Context, tx pgx.Tx, db *DB, q ListQuery, c *conditions) error {
	if !l.byName {
		c.and("x."+l.id+" > ?", q.After)
		return nil
	}
	rows, _ := tx.Query(ctx, "select name from aidledger."+l.table+" where ledger = $1 and "+l.id+" = $2", q.Ledger, q.After)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(names) == 0 {
		err = badCursor(q.After)
	}
	if err != nil {
		return err
	}
	c.and("(x.name collate "+db.collation+", x."+l.id+") > (?, ?)", names[0], q.After)
	return nil
}

// decimal returns minor units as decimal text, nil where there are none.
func decimal(minor *int64, currency domain.Currency) *string {
	if minor == nil {
		return nil
	}
	text := domain.Money{Minor: *minor, Currency: currency}.Decimal()
	return &text
}
