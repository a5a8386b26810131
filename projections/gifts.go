package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed gifts.sql
var giftsSQL string

// giftsProjection holds the goods that were given.
var giftsProjection = &projection{
	name:   "gifts",
	sql:    giftsSQL,
	tables: []string{"gifts"},
	reads:  []string{"gift-received", "gift-valued", "gift-distributed"},
	begin:  func(bool) projector { return &giftsProjector{} },
}

type giftsProjector struct{ statements }

func (p *giftsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.GiftReceived:
		p.register(`insert into gifts (ledger, gift, donor, item, quantity, unit, value, currency, method, approximate, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5::text::numeric, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
			on conflict (ledger, gift) do update set
				quantity = gifts.quantity + excluded.quantity,
				value    = gifts.value + coalesce(excluded.value, 0)`,
			f, e.Evidence, f.ledger, e.Gift, e.Donor, e.Item, e.Quantity.String(), e.Unit, minor(e.Value), e.Value.Currency,
			e.Method, e.Approximate)
	case *domain.GiftValued:
		p.add(`update gifts set value = coalesce(value, 0) + $3, currency = $4, method = $5, approximate = $6 where ledger = $1 and gift = $2`,
			f.ledger, e.Gift, e.Change.Minor, e.Change.Currency, e.Method, e.Approximate)
	case *domain.GiftDistributed:
		p.add(`update gifts set distributed = distributed + $3::text::numeric where ledger = $1 and gift = $2`,
			f.ledger, e.Gift, e.Quantity.String())
	}
	return nil
}

// minor returns the minor units of an amount, or nil where there is none.
func minor(m domain.Money) *int64 {
	if m.Currency == "" {
		return nil
	}
	return &m.Minor
}

// Gift is goods that were given. Value is decimal text, nil while nobody
// valued it; Distributed is the quantity that was handed out.
type Gift struct {
	Gift        domain.ID       `json:"gift"`
	Donor       domain.ID       `json:"donor"`
	Item        string          `json:"item"`
	Quantity    domain.Quantity `json:"quantity"`
	Distributed domain.Quantity `json:"distributed"`
	Unit        string          `json:"unit"`
	Value       *string         `json:"value"`
	Currency    domain.Currency `json:"currency,omitzero"`
	Method      string          `json:"method,omitzero"`
	Approximate bool            `json:"approximate,omitzero"`
	Provenance
}

var giftsList = listing[Gift]{
	projection: "gifts", table: "gifts", id: "gift",
	columns: "x.gift, x.donor, x.item, trim_scale(x.quantity)::text, trim_scale(x.distributed)::text, x.unit, x.value, x.currency, x.method, x.approximate",
	targets: func(v *Gift) ([]any, func() error) {
		var value *int64
		return []any{&v.Gift, &v.Donor, &v.Item, into(&v.Quantity), into(&v.Distributed), &v.Unit, &value, &v.Currency, &v.Method, &v.Approximate},
			func() error { v.Value = decimal(value, v.Currency); return nil }
	},
	origin: func(v *Gift) *Provenance { return &v.Provenance },
	idOf:   func(v *Gift) string { return string(v.Gift) },
}

// Gifts lists the gifts of a ledger by id.
func (db *DB) Gifts(ctx context.Context, q ListQuery) (List[Gift], error) {
	return giftsList.list(ctx, db, q)
}
