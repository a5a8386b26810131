package projections

import (
	"context"
	"encoding"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// snapshot runs queries that see one state of one generation. The lock comes
// before the first query, so that a switch of generations falls before or after
// all of them. Their plans may depend on the values that are asked for.
func (db *DB) snapshot(ctx context.Context, f func(pgx.Tx) error) error {
	return db.pool.read(ctx, func(conn *pgx.Conn) error {
		tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return err
		}
		defer rollback(tx)
		if err := exec(ctx, conn, "set local plan_cache_mode = auto; lock table aidledger.generation in access share mode"); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		return tx.Commit(ctx)
	})
}

// position returns the block up to which a projection has read. It returns
// ledger_not_found for a ledger that does not exist by now.
func position(ctx context.Context, tx pgx.Tx, ledger, projection string) (eventstore.Position, error) {
	if at, past := pastOf(tx); past {
		return at, nil
	}
	at := eventstore.Position{Event: eventstore.WholeBlock}
	var exists bool
	err := tx.QueryRow(ctx, `select block, $1 = '' or exists (select from aidledger.ledgers where ledger = $1)
		from aidledger.checkpoint where projection = $2`, ledger, projection).Scan(&at.Block, &exists)
	if err == nil && !exists {
		err = noLedger(ledger)
	}
	return at, err
}

func noLedger(name string) error {
	return fail(LedgerNotFound, "check the name, or open the ledger first", "no ledger is called %q", name)
}

// limitOf returns how many rows a page has.
func limitOf(asked, usual, most int) (int, error) {
	switch {
	case asked == 0:
		return usual, nil
	case asked < 0 || asked > most:
		return 0, fail(BadQuery, "ask for 1 to "+strconv.Itoa(most)+" rows", "a page cannot have %d rows", asked)
	}
	return asked, nil
}

func badCursor(cursor string) error {
	return fail(BadQuery, "take the cursor from the page before, or leave it out", "%.100q is not a cursor", cursor)
}

// conditions builds the where clause of a query and its arguments.
type conditions struct {
	clauses []string
	flows   []string // of flows, and so of the movements in them
	until   AsOf
	past    []string // conditions on movements that it sets
	at      string   // that of its position; empty: none
	day     string   // placeholder of the last day of its effective date
	args    []any
	newest  bool // the journal is read from its end
	few     bool // an index other than that of flows finds the movements
}

// arg returns the placeholder of an argument.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// and adds a condition; each ? in it stands for one of the values.
func (c *conditions) and(clause string, values ...any) {
	c.clauses = append(c.clauses, c.fill(clause, values))
}

// andFlow adds a condition on columns that flows have as well as movements, by
// their bare names. What is asked for is then looked up by its flows.
func (c *conditions) andFlow(clause string, values ...any) {
	c.flows = append(c.flows, c.fill(clause, values))
}

func (c *conditions) fill(clause string, values []any) string {
	for _, v := range values {
		clause = strings.Replace(clause, "?", c.arg(v), 1)
	}
	return clause
}

func (c *conditions) String() string {
	return strings.Join(slices.Concat(c.flows, c.clauses, c.past), " and ")
}

// ofFlows returns the conditions on flows, and ofMovements the other ones.
func (c *conditions) ofFlows() string { return strings.Join(c.flows, " and ") }
func (c *conditions) ofMovements() string {
	return strings.Join(slices.Concat(c.clauses, c.past), " and ")
}

// asOf limits rows of the journal, which the query calls j, to a point that is
// known: its time is a position by now.
func (c *conditions) asOf(a AsOf) {
	if at := a.Position; !at.IsZero() {
		// As integers, which the indexes hold.
		c.until.Position = at
		c.at = "(j.block, j.event) <= (" + c.arg(int64(at.Block)) + "::bigint, " + c.arg(min(int64(at.Event), math.MaxInt32)) + "::integer)"
		c.past = append(c.past, c.at)
	}
	if !a.EffectiveUntil.IsZero() {
		c.until.EffectiveUntil = a.EffectiveUntil
		c.day = c.arg(a.EffectiveUntil.Last().Time()) + "::date"
		c.past = append(c.past, "j.date <= "+c.day)
	}
}

// since limits rows of the journal to what was recorded after a position.
func (c *conditions) since(at eventstore.Position) {
	if !at.IsZero() {
		c.and("(j.block, j.event::bigint) > (?::bigint, ?::bigint)", int64(at.Block), int64(at.Event))
	}
}

// limited returns the position for which an answer is exact.
func (a AsOf) limited(at eventstore.Position) eventstore.Position {
	if !a.Position.IsZero() && a.Position.Compare(at) < 0 {
		return a.Position
	}
	return at
}

// into scans a column of text into a value that knows its text. Empty text
// leaves the value as it is.
func into(v encoding.TextUnmarshaler) any { return &textScanner{v} }

type textScanner struct{ value encoding.TextUnmarshaler }

// Scan takes text from the driver.
func (s *textScanner) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return errors.New("the column is not text")
	}
	if text == "" {
		return nil
	}
	return s.value.UnmarshalText([]byte(text))
}
