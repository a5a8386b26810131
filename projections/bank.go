package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

//go:embed bank.sql
var bankSQL string

// bankProjection holds what banks booked, and which entries it belongs to.
var bankProjection = &projection{
	name:   "bank",
	sql:    bankSQL,
	tables: []string{"statement_formats", "statement_lines", "statement_matches"},
	reads:  []string{"statement-format-defined", "statement-line-recorded", "statement-line-matched", "statement-line-unmatched"},
	begin:  func(bool) projector { return &bankProjector{} },
}

type bankProjector struct{ statements }

func (p *bankProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.StatementFormatDefined:
		columns, err := json.Marshal(e.Columns)
		if err != nil {
			return err
		}
		p.register(`insert into statement_formats (ledger, format, account, currency, columns, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			on conflict (ledger, format) do update set account = excluded.account, currency = excluded.currency, columns = excluded.columns,
				entry = excluded.entry, date = excluded.date, document = excluded.document, source_reference = excluded.source_reference, note = excluded.note`,
			f, e.Evidence, f.ledger, e.Format, e.Account, e.Currency, columns)
	case *domain.StatementLineRecorded:
		if e.Reverses != "" {
			p.add(`delete from statement_lines where ledger = $1 and line = $2`, f.ledger, e.Line)
			return nil
		}
		p.register(`insert into statement_lines (ledger, line, account, serial, amount, currency, booked, reference, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			f, e.Evidence, f.ledger, e.Line, e.Account, e.Serial, e.Amount.Minor, e.Amount.Currency, e.Date.Last().Time(), e.Reference)
	case *domain.StatementLineMatched:
		p.add(`insert into statement_matches (ledger, line, entry, amount, currency, matched, person, recorded) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			f.ledger, e.Line, e.Entry, e.Amount.Minor, e.Amount.Currency, f.entry.ID, f.entry.Actor, f.entry.Recorded)
		p.add(`update statement_lines set matched = matched + $3 where ledger = $1 and line = $2`, f.ledger, e.Line, e.Amount.Minor)
	case *domain.StatementLineUnmatched:
		p.add(`delete from statement_matches where ledger = $1 and line = $2`, f.ledger, e.Line)
		p.add(`update statement_lines set matched = 0 where ledger = $1 and line = $2`, f.ledger, e.Line)
	}
	return nil
}

// StatementFormat says how the statements of an account are read.
type StatementFormat struct {
	Format   domain.ID                `json:"format"`
	Account  string                   `json:"account"`
	Currency domain.Currency          `json:"currency"`
	Columns  []domain.StatementColumn `json:"columns"`
	Provenance
}

var statementFormatsList = listing[StatementFormat]{
	projection: "bank", table: "statement_formats", id: "format", filters: equal("format"),
	columns: "x.format, x.account, x.currency, x.columns",
	targets: func(v *StatementFormat) ([]any, func() error) {
		var columns []byte
		return []any{&v.Format, &v.Account, &v.Currency, &columns}, func() error { return json.Unmarshal(columns, &v.Columns) }
	},
	origin: func(v *StatementFormat) *Provenance { return &v.Provenance },
	idOf:   func(v *StatementFormat) string { return string(v.Format) },
}

// StatementFormats lists the formats of bank statements of a ledger by id.
func (db *DB) StatementFormats(ctx context.Context, q ListQuery) (List[StatementFormat], error) {
	return statementFormatsList.list(ctx, db, q)
}

// StatementLine is what a bank booked; a negative amount was paid. Open is the
// part that no entry accounts for.
type StatementLine struct {
	Line      domain.ID       `json:"line"`
	Account   string          `json:"account"`
	Serial    string          `json:"serial"`
	Amount    string          `json:"amount"`
	Open      string          `json:"open"`
	Currency  domain.Currency `json:"currency"`
	Reference string          `json:"reference,omitzero"`
	Entries   []string        `json:"entries"`
	Provenance
}

var statementLinesList = listing[StatementLine]{
	projection: "bank", table: "statement_lines", id: "line",
	filters: map[string]filter{"account": {where: "x.account = ?"}, "open": {where: "(x.amount <> x.matched) = (? = 'true')"}},
	columns: `x.line, x.account, x.serial, x.amount, x.amount - x.matched, x.currency, x.reference,
		(select coalesce(array_agg(m.entry order by m.entry), '{}') from aidledger.statement_matches m where m.ledger = x.ledger and m.line = x.line)`,
	targets: func(v *StatementLine) ([]any, func() error) {
		var amount, open int64
		return []any{&v.Line, &v.Account, &v.Serial, &amount, &open, &v.Currency, &v.Reference, &v.Entries}, func() error {
			v.Amount, v.Open = *decimal(&amount, v.Currency), *decimal(&open, v.Currency)
			return nil
		}
	},
	origin: func(v *StatementLine) *Provenance { return &v.Provenance },
	idOf:   func(v *StatementLine) string { return string(v.Line) },
}

// StatementLines lists the lines of bank statements of a ledger by id. The
// filter open leaves those with a part that no entry accounts for, or none.
func (db *DB) StatementLines(ctx context.Context, q ListQuery) (List[StatementLine], error) {
	return statementLinesList.list(ctx, db, q)
}
