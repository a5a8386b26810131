package projections

import (
	"context"
	"strconv"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// JournalQuery asks for movements of money. Empty filters do not filter.
type JournalQuery struct {
	Ledger       string
	Fund         domain.ID
	Project      domain.ID
	Place        domain.ID
	Provider     domain.ID
	Payee        domain.ID
	Disbursement domain.ID
	Entry        string
	Stage        string // as in the domain: carried-in; several with commas between them
	Without      string // "project" or "place": only what names none
	Year         int    // effective year
	BudgetYear   int
	LateDays     int  // only what was recorded more than so many days after its date
	Reversals    bool // only what takes an entry back
	AsOf         AsOf
	Newest       bool   // the last one first
	Limit        int    // rows; 0: 100; at most 1,000
	After        string // Next of the page before
	within       Within
}

// Journal is a page of movements in the order of the log, or against it.
type Journal struct {
	Ledger    string              `json:"ledger"`
	Position  eventstore.Position `json:"position"`
	Movements []Movement          `json:"movements"`
	Next      string              `json:"next,omitzero"`
}

// Movement is one amount of one stage, as it was recorded. Amount is decimal
// text, negative where it takes another one back.
type Movement struct {
	Position        eventstore.Position `json:"position"`
	Leg             int                 `json:"leg"` // index among the movements of the event
	Entry           string              `json:"entry"`
	EventType       string              `json:"event_type"`
	Stage           string              `json:"stage"`
	FromAccount     string              `json:"from_account"`
	ToAccount       string              `json:"to_account"`
	Fund            domain.ID           `json:"fund"`
	Provider        domain.ID           `json:"provider"`
	BudgetYear      int                 `json:"budget_year"`
	Project         domain.ID           `json:"project,omitzero"`
	Place           domain.ID           `json:"place,omitzero"`
	Amount          string              `json:"amount"`
	Currency        domain.Currency     `json:"currency"`
	Date            domain.Date         `json:"date"` // effective
	Recorded        time.Time           `json:"recorded"`
	Approximate     bool                `json:"approximate,omitzero"`
	Document        string              `json:"document,omitzero"`
	Voucher         string              `json:"voucher,omitzero"`
	SourceReference string              `json:"source_reference,omitzero"`
	Disbursement    domain.ID           `json:"disbursement,omitzero"`
	Payer           domain.ID           `json:"payer,omitzero"`
	Payee           domain.ID           `json:"payee,omitzero"`
	Reverses        string              `json:"reverses,omitzero"` // entry that is taken back
	Actor           string              `json:"actor"`
}

// journalPage and journalPageMax limit the movements of one answer.
const journalPage, journalPageMax = 100, 1_000

// Journal answers a JournalQuery. It returns ledger_not_found, or bad_query for
// a stage, limit or cursor that does not exist.
func (db *DB) Journal(ctx context.Context, q JournalQuery) (Journal, error) {
	out := Journal{Ledger: q.Ledger}
	limit, err := limitOf(q.Limit, journalPage, journalPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	q.within = db.within
	c, err := q.conditions()
	if err != nil {
		return out, err
	}
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "journal")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		out.Movements, out.Next, err = readMovements(ctx, tx, c, limit)
		return err
	})
	return out, err
}

func (q JournalQuery) conditions() (*conditions, error) {
	c := &conditions{args: []any{q.Ledger}}
	for _, filter := range []struct{ column, value string }{
		{"fund", string(q.Fund)}, {"project", string(q.Project)}, {"place", string(q.Place)}, {"provider", string(q.Provider)}, {"payee", string(q.Payee)},
	} {
		if filter.value != "" {
			c.andFlow(filter.column+" = ?", filter.value)
		}
	}
	c.andWithin(q.within)
	c.named("disbursement", string(q.Disbursement))
	c.named("entry", q.Entry)
	if q.Stage != "" {
		stages := strings.Split(q.Stage, ",")
		for _, name := range stages {
			var s domain.Stage
			if err := s.UnmarshalText([]byte(name)); err != nil {
				return nil, fail(BadQuery, "use the name of a stage, such as disbursed", "%.100q is not a stage", name)
			}
		}
		c.andFlow("stage = any(?)", stages)
	}
	switch q.Without {
	case "":
	case "project", "place":
		c.andFlow(q.Without + " = ''")
	default:
		return nil, fail(BadQuery, "use project or place", "movements have no %.100q to be without", q.Without)
	}
	if q.Year != 0 {
		c.andFlow("year = ?::smallint", q.Year)
	}
	if q.BudgetYear != 0 {
		c.andFlow("budget_year = ?::smallint", q.BudgetYear)
	}
	if q.LateDays > 0 {
		c.and("j.recorded::date - j.date > ?", q.LateDays)
	}
	if q.Reversals {
		c.and("j.reverses <> ''")
	}
	c.asOf(q.AsOf)
	c.newest = q.Newest
	return c, c.after(q.After)
}

// named limits the journal to a few movements that share an id.
func (c *conditions) named(column, id string) {
	if id == "" {
		return
	}
	c.few = true
	c.and("j."+column+" = ? and j."+column+" <> ''", id) // the second lets a partial index be used
}

// after limits movements to those that follow a cursor.
func (c *conditions) after(cursor string) error {
	if cursor == "" {
		return nil
	}
	at, leg, err := movementAt(cursor)
	if err != nil {
		return err
	}
	order := ">"
	if c.newest {
		order = "<"
	}
	c.and("(j.block, j.event, j.leg) "+order+" (?::bigint, ?::integer, ?::integer)", int64(at.Block), int64(at.Event), leg)
	return nil
}

// upTo limits movements to those up to and including the one at a cursor, which
// then say what their flows added up to there.
func (c *conditions) upTo(cursor string) error {
	at, leg, err := movementAt(cursor)
	if err == nil {
		c.until.Position = at
		there := c.fill("(j.block, j.event, j.leg) <= (?::bigint, ?::integer, ?::integer)", []any{int64(at.Block), int64(at.Event), leg})
		c.at, c.past = strings.TrimPrefix(c.at+" and "+there, " and "), append(c.past, there)
	}
	return err
}

// movementAt reads a cursor: block.event.leg.
func movementAt(cursor string) (at eventstore.Position, leg int64, err error) {
	i := strings.LastIndexByte(cursor, '.')
	if i < 0 {
		return at, 0, badCursor(cursor)
	}
	at, err = eventstore.ParsePosition(cursor[:i])
	leg, legErr := strconv.ParseInt(cursor[i+1:], 10, 32)
	if err != nil || legErr != nil || at.Event == eventstore.WholeBlock {
		err = badCursor(cursor)
	}
	return at, leg, err
}

// readMovements reads a page of the journal of a ledger ($1) in the order of the
// log, or against it.
func readMovements(ctx context.Context, tx pgx.Tx, c *conditions, limit int) (page []Movement, next string, err error) {
	rows, _ := tx.Query(ctx, c.page(c.arg(limit+1)), c.args...)
	page, err = pgx.CollectRows(rows, scanMovement)
	if err == nil && len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = last.Position.String() + "." + strconv.Itoa(last.Leg)
	}
	return page, next, err
}

// page is the query of a page. What flows are asked for is merged from the index
// of the journal, so that it takes the same time however long the history of
// those flows is: the page can only hold movements of the flows that have the
// first movements after the cursor, as many as it has rows.
func (c *conditions) page(limit string) string {
	order := "block, event, leg"
	if c.newest {
		order = "block desc, event desc, leg desc"
	}
	movements := func(of, conditions, limit string) string {
		return "(select block, event, leg from aidledger.movements j where " + of + also(conditions) + " order by " + order + " limit " + limit + ")"
	}
	keys := movements("ledger = $1", c.String(), limit)
	if len(c.flows) > 0 && !c.few {
		keys = `(select k.* from (
				select f.flow from (select flow from aidledger.flows where ledger = $1` + also(c.ofFlows()) + `) f
				cross join lateral ` + movements("j.flow = f.flow", c.ofMovements(), "1") + ` k order by ` + order + ` limit ` + limit + `) f
			cross join lateral ` + movements("j.flow = f.flow", c.ofMovements(), limit) + ` k order by ` + order + ` limit ` + limit + `)`
	}
	return `select j.block, j.event, j.leg, j.entry, j.event_type, j.stage, j.from_account, j.to_account, j.fund, j.provider,
			j.budget_year, j.project, j.place, j.amount, j.currency,
			left(j.date::text, case j.precision when 'year' then 4 when 'month' then 7 else 10 end),
			j.recorded, j.approximate, j.document, j.voucher, j.source_reference, j.disbursement, j.payer, j.payee, j.reverses, j.actor
		from ` + keys + ` k join aidledger.journal j using (block, event, leg) where j.ledger = $1 order by ` + order
}

// also continues a where clause.
func also(conditions string) string {
	if conditions == "" {
		return ""
	}
	return " and " + conditions
}

func scanMovement(row pgx.CollectableRow) (Movement, error) {
	var m Movement
	var block, event, amount int64
	err := row.Scan(&block, &event, &m.Leg, &m.Entry, &m.EventType, &m.Stage, &m.FromAccount, &m.ToAccount, &m.Fund, &m.Provider,
		&m.BudgetYear, &m.Project, &m.Place, &amount, &m.Currency, into(&m.Date),
		&m.Recorded, &m.Approximate, &m.Document, &m.Voucher, &m.SourceReference, &m.Disbursement, &m.Payer, &m.Payee, &m.Reverses, &m.Actor)
	m.Position = eventstore.Position{Block: uint64(block), Event: uint32(event)}
	m.Amount = domain.Money{Minor: amount, Currency: m.Currency}.Decimal()
	m.Recorded = m.Recorded.UTC()
	return m, err
}
