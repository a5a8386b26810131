package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed funds.sql
var fundsSQL string

// fundsProjection holds the funds. Their amounts are in totals.
var fundsProjection = &projection{
	name:   "funds",
	sql:    fundsSQL,
	tables: []string{"funds"},
	begin:  func(bool) projector { return &fundsProjector{plain: map[fundReceipt]bool{}} },
}

type fundsProjector struct {
	statements
	plain map[fundReceipt]bool
}

// fundReceipt is a receipt that says nothing new about its fund after the
// first one of a batch.
type fundReceipt struct {
	ledger    string
	fund      domain.ID
	onReceipt bool
}

func (p *fundsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.FundsPledged:
		p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, "pledge", e.Purpose, false)
	case *domain.FundsCommitted:
		p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, "commitment", e.Purpose, e.Reimbursement)
	case *domain.FundsReceived:
		receipt := fundReceipt{f.ledger, e.Fund, e.OnReceipt}
		if e.Purpose == "" && p.plain[receipt] {
			return nil
		}
		p.plain[receipt] = true
		basis := "pledge"
		if e.OnReceipt {
			basis = "receipt"
		}
		p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, basis, e.Purpose, false)
	case *domain.FundClosed:
		p.add(`update funds set closed = true where ledger = $1 and fund = $2`, f.ledger, e.Fund)
	}
	return nil
}

// open records a fund that is new; one that is known may learn what funds it,
// and what it is for.
func (p *fundsProjector) open(f *fact, facts domain.FundFacts, e domain.Evidence, currency domain.Currency, basis, purpose string, reimbursement bool) {
	p.register(`insert into funds (ledger, fund, provider, budget_year, currency, basis, purpose, reimbursement, entry, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		on conflict (ledger, fund) do update set
			basis         = case excluded.basis when 'pledge' then funds.basis else excluded.basis end,
			purpose       = coalesce(nullif(excluded.purpose, ''), funds.purpose),
			reimbursement = case excluded.basis when 'commitment' then excluded.reimbursement else funds.reimbursement end,
			document      = case excluded.basis when 'commitment' then excluded.document else funds.document end`,
		f, e, f.ledger, facts.Fund, facts.Provider, facts.BudgetYear, currency, basis, purpose, reimbursement)
}

// Fund is one amount of one provider for one budget year. Basis is "pledge",
// "commitment" or "receipt".
type Fund struct {
	Fund          domain.ID       `json:"fund"`
	Provider      domain.ID       `json:"provider"`
	BudgetYear    int             `json:"budget_year"`
	Currency      domain.Currency `json:"currency"`
	Basis         string          `json:"basis"`
	Purpose       string          `json:"purpose,omitzero"`
	Reimbursement bool            `json:"reimbursement,omitzero"`
	Closed        bool            `json:"closed"`
	Provenance
}

var fundsList = listing[Fund]{
	projection: "funds", table: "funds", id: "fund",
	columns: "x.fund, x.provider, x.budget_year, x.currency, x.basis, x.purpose, x.reimbursement, x.closed",
	targets: func(v *Fund) ([]any, func() error) {
		return []any{&v.Fund, &v.Provider, &v.BudgetYear, &v.Currency, &v.Basis, &v.Purpose, &v.Reimbursement, &v.Closed}, nil
	},
	origin: func(v *Fund) *Provenance { return &v.Provenance },
	idOf:   func(v *Fund) string { return string(v.Fund) },
}

// Funds lists the funds of a ledger by id.
func (db *DB) Funds(ctx context.Context, q ListQuery) (List[Fund], error) {
	return fundsList.list(ctx, db, q)
}
