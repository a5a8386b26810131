package projections

import (
	"cmp"
	"context"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

//go:embed reported.sql
var reportedSQL string

// reportedProjection holds what others published about flows of money. It is
// apart from the journal, so that no total of own figures can contain it.
var reportedProjection = &projection{
	name:   "reported",
	sql:    reportedSQL,
	tables: []string{"reported", "reported_parts"},
	reads:  []string{"transaction-reported"},
	begin:  func(bulk bool) projector { return &reportedProjector{bulk: bulk} },
}

type reportedProjector struct {
	transactions, parts copying
	bulk                bool
}

// The columns of the two tables.
const reportedColumns, reportedPartsColumns = 28, 7

// apply writes the columns in the order of the tables.
func (p *reportedProjector) apply(f *fact) error {
	e, ok := f.event.Fact.(*domain.TransactionReported)
	if !ok {
		return nil
	}
	count := 1
	if e.Reverses != "" {
		count = -1
	}
	t := &p.transactions
	t.row(reportedColumns)
	t.text(f.ledger)
	t.int64(int64(f.at.Block))
	t.int32(int(f.at.Event))
	t.text(f.entry.ID)
	t.text(e.System)
	t.text(e.Activity)
	t.text(e.Title)
	t.text(e.SourceReference)
	t.int32(e.Occurrence)
	t.bool(e.Repeated)
	t.text(e.Type)
	t.text(e.Provider)
	t.text(e.ProviderName)
	t.text(e.Receiver)
	t.text(e.ReceiverName)
	t.int64(e.Amount.Minor)
	t.text(string(e.Amount.Currency))
	t.text(e.SourceAmount)
	t.int16(count)
	t.date(e.Date.Last())
	t.text(e.Date.Precision())
	t.int16(e.Date.Year())
	t.int16(cmp.Or(e.BudgetYear, e.Date.Year()))
	t.time(f.entry.Recorded)
	t.text(e.Reason)
	t.text(strings.Join(e.Anomalies, " "))
	t.text(e.Note)
	t.text(e.Reverses)
	p.divide(f, "recipient", e.Recipients)
	p.divide(f, "place", e.Places)
	return nil
}

func (p *reportedProjector) divide(f *fact, dimension string, parts []domain.ReportedPart) {
	for i, part := range parts {
		p.parts.row(reportedPartsColumns)
		p.parts.text(f.ledger)
		p.parts.int64(int64(f.at.Block))
		p.parts.int32(int(f.at.Event))
		p.parts.text(dimension)
		p.parts.int32(i)
		p.parts.text(part.Code)
		p.parts.int64(part.Amount.Minor)
	}
}

func (p *reportedProjector) flush(ctx context.Context, tx pgx.Tx) error {
	form := "(format binary)"
	if p.bulk {
		form = "(format binary, freeze)"
	}
	if err := p.transactions.flush(ctx, tx, "copy reported from stdin "+form); err != nil {
		return err
	}
	return p.parts.flush(ctx, tx, "copy reported_parts from stdin "+form)
}

// ReportedQuery asks for transactions that others published. Empty filters do
// not filter.
type ReportedQuery struct {
	Ledger   string
	Activity string
	Type     string // IATI transaction type
	Year     int
	AsOf     AsOf
	Limit    int    // rows; 0: 100; at most 1,000
	After    string // Next of the page before
}

// ReportedPage is a page of them in the order of the log.
type ReportedPage struct {
	Ledger       string                `json:"ledger"`
	Position     eventstore.Position   `json:"position"`
	Transactions []ReportedTransaction `json:"transactions"`
	Next         string                `json:"next,omitzero"`
}

// ReportedTransaction is what somebody else published about a flow of money.
// Amount is decimal text.
type ReportedTransaction struct {
	Position     eventstore.Position `json:"position"`
	Entry        string              `json:"entry"`
	System       string              `json:"system"`
	Activity     string              `json:"activity"`
	Title        string              `json:"title,omitzero"`
	Reference    string              `json:"reference,omitzero"`
	Occurrence   int                 `json:"occurrence,omitzero"`
	Repeated     bool                `json:"repeated,omitzero"`
	Type         string              `json:"type"`
	Provider     string              `json:"provider,omitzero"`
	ProviderName string              `json:"provider_name,omitzero"`
	Receiver     string              `json:"receiver,omitzero"`
	ReceiverName string              `json:"receiver_name,omitzero"`
	Amount       string              `json:"amount"`
	Currency     domain.Currency     `json:"currency"`
	SourceAmount string              `json:"source_amount,omitzero"`
	Date         domain.Date         `json:"date"`
	Recorded     time.Time           `json:"recorded"`
	Reason       string              `json:"reason,omitzero"`
	Anomalies    []string            `json:"anomalies,omitzero"`
	Note         string              `json:"note,omitzero"`
	Reverses     string              `json:"reverses,omitzero"`
}

// Reported answers a ReportedQuery. It returns ledger_not_found, or bad_query
// for a limit or cursor that does not exist.
func (db *DB) Reported(ctx context.Context, q ReportedQuery) (ReportedPage, error) {
	out := ReportedPage{Ledger: q.Ledger}
	limit, err := limitOf(q.Limit, journalPage, journalPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	c := &conditions{}
	c.and("j.ledger = ?", q.Ledger)
	for _, filter := range []struct{ column, value string }{{"activity", q.Activity}, {"type", q.Type}} {
		if filter.value != "" {
			c.and("j."+filter.column+" = ?", filter.value)
		}
	}
	if q.Year != 0 {
		c.and("j.year = ?::smallint", q.Year)
	}
	c.asOf(q.AsOf)
	if q.After != "" {
		at, err := eventstore.ParsePosition(q.After)
		if err != nil || at.Event == eventstore.WholeBlock {
			return out, badCursor(q.After)
		}
		c.and("(j.block, j.event) > (?::bigint, ?::integer)", int64(at.Block), int64(at.Event))
	}
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "reported")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		rows, _ := tx.Query(ctx, `select j.block, j.event, j.entry, j.system, j.activity, j.title, j.reference, j.occurrence, j.repeated, j.type,
				j.provider, j.provider_name, j.receiver, j.receiver_name, j.amount, j.currency, j.source_amount,
				left(j.date::text, case j.precision when 'year' then 4 when 'month' then 7 else 10 end),
				j.recorded, j.reason, j.anomalies, j.note, j.reverses
			from aidledger.reported j where `+c.String()+` order by j.block, j.event limit `+strconv.Itoa(limit+1), c.args...)
		out.Transactions, err = pgx.CollectRows(rows, scanReported)
		return err
	})
	if err == nil && len(out.Transactions) > limit {
		out.Transactions = out.Transactions[:limit]
		out.Next = out.Transactions[limit-1].Position.String()
	}
	return out, err
}

func scanReported(row pgx.CollectableRow) (ReportedTransaction, error) {
	var t ReportedTransaction
	var block, event, amount int64
	var anomalies string
	err := row.Scan(&block, &event, &t.Entry, &t.System, &t.Activity, &t.Title, &t.Reference, &t.Occurrence, &t.Repeated, &t.Type,
		&t.Provider, &t.ProviderName, &t.Receiver, &t.ReceiverName, &amount, &t.Currency, &t.SourceAmount,
		into(&t.Date), &t.Recorded, &t.Reason, &anomalies, &t.Note, &t.Reverses)
	t.Position = eventstore.Position{Block: uint64(block), Event: uint32(event)}
	t.Amount = domain.Money{Minor: amount, Currency: t.Currency}.Decimal()
	t.Recorded = t.Recorded.UTC()
	t.Anomalies = strings.Fields(anomalies)
	return t, err
}
