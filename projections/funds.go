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
	reads:  []string{"funds-pledged", "funds-committed", "funds-received", "fund-closed"},
	begin:  func(bool) projector { return &fundsProjector{plain: map[fundReceipt]bool{}} },
}

type fundsProjector struct {
	statements
	plain map[fundReceipt]bool
}

// fundReceipt is a receipt that says nothing new about its fund after the
// first one of a batch.
type fundReceipt struct {
	ledger string
	fund   domain.ID
}

func (p *fundsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.FundsPledged:
		if e.Reverses == "" {
			p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, false, e.Purpose, false)
		}
	case *domain.FundsCommitted:
		if e.Reverses != "" {
			p.add(`update funds set reimbursement = false where ledger = $1 and fund = $2`, f.ledger, e.Fund)
			return nil
		}
		p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, true, e.Purpose, e.Reimbursement)
	case *domain.FundsReceived:
		receipt := fundReceipt{f.ledger, e.Fund}
		if e.Reverses != "" || e.Purpose == "" && p.plain[receipt] {
			return nil
		}
		p.plain[receipt] = true
		p.open(f, e.FundFacts, e.Evidence, e.Amount.Currency, false, e.Purpose, false)
	case *domain.FundClosed:
		p.add(`update funds set closed = true where ledger = $1 and fund = $2`, f.ledger, e.Fund)
	}
	return nil
}

// open records a fund that is new; one that is known may learn by which
// document it was committed, and what it is for.
func (p *fundsProjector) open(f *fact, facts domain.FundFacts, e domain.Evidence, currency domain.Currency, committed bool, purpose string, reimbursement bool) {
	p.register(`insert into funds (ledger, fund, provider, budget_year, currency, purpose, reimbursement, entry, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $7, $8, $9, $10, $11, $12, $13)
		on conflict (ledger, fund) do update set
			purpose       = coalesce(nullif(excluded.purpose, ''), funds.purpose),
			reimbursement = case when $6 then excluded.reimbursement else funds.reimbursement end,
			document      = case when $6 then excluded.document else funds.document end`,
		f, e, f.ledger, facts.Fund, facts.Provider, facts.BudgetYear, currency, committed, purpose, reimbursement)
}

// Fund is one amount of one provider for one budget year. Basis is what funds
// it now, after what was taken back: "commitment" or "receipt", "pledge" where
// there is no more yet, and empty where nothing is left.
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

// fundBasis looks at the totals of a fund for the strongest stage in which an
// entry still stands.
const fundBasis = `coalesce((select (array['commitment', 'receipt', 'pledge'])[min(case t.stage when 'committed' then 1 when 'recognised' then 2 else 3 end)]
	from aidledger.totals t where t.ledger = x.ledger and t.dimension = 'fund' and t.year = 0 and t.key = x.fund
		and t.stage in ('committed', 'recognised', 'pledged') and t.entries > 0), '')`

var fundsList = listing[Fund]{
	projection: "funds", table: "funds", id: "fund",
	columns: "x.fund, x.provider, x.budget_year, x.currency, " + fundBasis + ", x.purpose, x.reimbursement, x.closed",
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
