package projections

import (
	"context"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// matchDaysMax is how many days a line and an entry of the same amount may be
// apart to be proposed; reconciledMax is how many rows an answer has at most.
const (
	matchDaysMax  = 31
	reconciledMax = 1_000
)

// cashEntries are the entries of a ledger that moved cash and were not taken
// back. The amount is negative for what was paid.
const cashEntries = `cash as (
	select j.entry, j.currency, max(j.date) as date, max(j.voucher) as voucher, max(j.document) as document,
		max(j.source_reference) as source_reference, max(j.disbursement) as disbursement,
		sum(case when j.stage in ('received', 'returned') then j.amount else -j.amount end)::bigint as amount
	from aidledger.journal j
	where j.ledger = $1 and j.stage in ('received', 'returned', 'disbursed', 'repaid') and j.reverses = ''
		and not exists (select from aidledger.journal r where r.ledger = $1 and r.reverses = j.entry)
	group by j.entry, j.currency
	having sum(case when j.stage in ('received', 'returned') then j.amount else -j.amount end) <> 0),
	unmatched as (select c.* from cash c where not exists (select from aidledger.statement_matches m where m.ledger = $1 and m.entry = c.entry))`

// StatementMatch proposes that an entry moved the money of a line. By says what
// speaks for it: the reference, or amount and date. Days is how much later the
// bank booked it.
type StatementMatch struct {
	Line      domain.ID       `json:"line"`
	Serial    string          `json:"serial"`
	Reference string          `json:"reference,omitzero"`
	Open      string          `json:"open"`
	Booked    domain.Date     `json:"booked"`
	Entry     string          `json:"entry"`
	Amount    string          `json:"amount"`
	Currency  domain.Currency `json:"currency"`
	Date      domain.Date     `json:"date"`
	Voucher   string          `json:"voucher,omitzero"`
	Document  string          `json:"document,omitzero"`
	By        string          `json:"by"`
	Days      int             `json:"days"`
}

// StatementMatches are proposals, by line, the likeliest first. A person
// confirms them with match-statement-line.
type StatementMatches struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Rows     []StatementMatch    `json:"rows"`
}

// ProposeMatches proposes up to three entries for each open line: those with the
// reference of the line in their voucher, document, source reference or payment,
// and those of the same amount within a month.
func (db *DB) ProposeMatches(ctx context.Context, ledger string) (StatementMatches, error) {
	out := StatementMatches{Ledger: ledger, Rows: []StatementMatch{}}
	err := db.at(ctx, ledger, func(tx pgx.Tx) (err error) {
		if out.Position, err = position(ctx, tx, ledger, "bank"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `with `+cashEntries+`, pairs as (
			select s.line, s.serial, s.reference, s.amount - s.matched as open, s.booked, u.*, s.booked - u.date as days,
				s.reference <> '' and s.reference in (u.voucher, u.document, u.source_reference, u.disbursement, u.entry) as referred
			from aidledger.statement_lines s join unmatched u on u.currency = s.currency and sign(u.amount) = sign(s.amount - s.matched)
				and abs(u.amount) <= abs(s.amount - s.matched)
			where s.ledger = $1 and s.amount <> s.matched),
		ranked as (select p.*, row_number() over (partition by line order by referred desc, amount = open desc, abs(days), entry) as rank
			from pairs p where referred or amount = open and abs(days) <= $2)
		select line, serial, reference, open, booked::text, entry, amount, currency, date::text, voucher, document, case when referred then 'reference' else 'date' end, days
		from ranked where rank <= 3 order by line, rank limit $3`, ledger, matchDaysMax, reconciledMax)
		if err != nil {
			return err
		}
		out.Rows, err = pgx.AppendRows(out.Rows, rows, func(row pgx.CollectableRow) (m StatementMatch, err error) {
			var open, amount int64
			err = row.Scan(&m.Line, &m.Serial, &m.Reference, &open, into(&m.Booked), &m.Entry, &amount, &m.Currency, into(&m.Date), &m.Voucher, &m.Document, &m.By, &m.Days)
			m.Open, m.Amount = *decimal(&open, m.Currency), *decimal(&amount, m.Currency)
			return m, err
		})
		return err
	})
	return out, err
}

// CashEntry is an entry that moved cash; a negative amount was paid. Line is the
// line that it is matched with.
type CashEntry struct {
	Entry    string          `json:"entry"`
	Amount   string          `json:"amount"`
	Currency domain.Currency `json:"currency"`
	Date     domain.Date     `json:"date"`
	Voucher  string          `json:"voucher,omitzero"`
	Document string          `json:"document,omitzero"`
	Line     domain.ID       `json:"line,omitzero"`
}

// StatementDifferences say what is in the statements or in the ledger and not in
// the other. Entries are those of the time that the statements cover, in their
// currencies; Reversed were matched and then taken back. Each list has at most
// 1,000 rows; Total counts all of them.
type StatementDifferences struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Lines    []StatementLine     `json:"lines"`
	Entries  []CashEntry         `json:"entries"`
	Reversed []CashEntry         `json:"reversed"`
	Total    int                 `json:"total"`
}

// StatementDifferences compares the bank statements of a ledger with its cash.
func (db *DB) StatementDifferences(ctx context.Context, ledger string) (StatementDifferences, error) {
	out := StatementDifferences{Ledger: ledger}
	open, err := db.StatementLines(ctx, ListQuery{Ledger: ledger, Limit: reconciledMax, Filter: map[string]string{"open": "true"}})
	if err != nil {
		return out, err
	}
	out.Lines = open.Rows
	err = db.at(ctx, ledger, func(tx pgx.Tx) (err error) {
		if out.Position, err = position(ctx, tx, ledger, "bank"); err != nil {
			return err
		}
		if out.Entries, err = cashRows(ctx, tx, `with `+cashEntries+`, covered as (select currency, min(booked) as first, max(booked) as last
				from aidledger.statement_lines where ledger = $1 group by currency)
			select u.entry, u.amount, u.currency, u.date::text, u.voucher, u.document, '' from unmatched u join covered c on c.currency = u.currency
			where u.date between c.first and c.last order by u.date, u.entry limit $2`, ledger, reconciledMax); err != nil {
			return err
		}
		if out.Reversed, err = cashRows(ctx, tx, `select m.entry, m.amount, m.currency, max(j.date)::text, max(j.voucher), max(j.document), m.line
			from aidledger.statement_matches m join aidledger.journal j on j.ledger = m.ledger and j.entry = m.entry
			where m.ledger = $1 and exists (select from aidledger.journal r where r.ledger = $1 and r.reverses = m.entry)
			group by m.entry, m.amount, m.currency, m.line order by m.entry limit $2`, ledger, reconciledMax); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `with `+cashEntries+`, covered as (select currency, min(booked) as first, max(booked) as last
				from aidledger.statement_lines where ledger = $1 group by currency)
			select (select count(*) from unmatched u join covered c on c.currency = u.currency where u.date between c.first and c.last)
				+ (select count(*) from aidledger.statement_lines where ledger = $1 and amount <> matched)
				+ (select count(*) from aidledger.statement_matches m where m.ledger = $1
					and exists (select from aidledger.journal r where r.ledger = $1 and r.reverses = m.entry))`, ledger).Scan(&out.Total)
	})
	return out, err
}

func cashRows(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]CashEntry, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]CashEntry{}, rows, func(row pgx.CollectableRow) (e CashEntry, err error) {
		var amount int64
		err = row.Scan(&e.Entry, &amount, &e.Currency, into(&e.Date), &e.Voucher, &e.Document, &e.Line)
		e.Amount = *decimal(&amount, e.Currency)
		return e, err
	})
}
