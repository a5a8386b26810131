package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
)

//go:embed indicators.sql
var indicatorsSQL string

// indicatorsProjection holds the results that are counted. A report that is
// taken back leaves, and its id may be used again.
var indicatorsProjection = &projection{
	name:   "indicators",
	sql:    indicatorsSQL,
	tables: []string{"indicators"},
	reads:  []string{"indicator-reported"},
	begin:  func(bool) projector { return &indicatorsProjector{} },
}

type indicatorsProjector struct{ statements }

func (p *indicatorsProjector) apply(f *fact) error {
	e, ok := f.event.Fact.(*domain.IndicatorReported)
	if !ok {
		return nil
	}
	if e.Reverses != "" {
		p.add(`delete from indicators where ledger = $1 and indicator = $2`, f.ledger, e.Indicator)
		return nil
	}
	p.register(`insert into indicators (ledger, indicator, name, value, unit, qualifier, period_from, period_until, place, project, fund, part_of, commercial,
			entry, date, document, source_reference, note)
		values ($1, $2, $3, $4::text::numeric, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		f, e.Evidence, f.ledger, e.Indicator, e.Name, e.Value.String(), e.Unit, e.Qualifier, e.From.String(), e.Until.String(),
		e.Place, e.Project, e.Fund, e.PartOf, e.Commercial)
	return nil
}

// Indicator is a result that was counted; it is in no total.
type Indicator struct {
	Indicator  domain.ID       `json:"indicator"`
	Name       string          `json:"name"`
	Value      domain.Quantity `json:"value"`
	Unit       string          `json:"unit"`
	Qualifier  string          `json:"qualifier,omitzero"`
	From       domain.Date     `json:"from,omitzero"`
	Until      domain.Date     `json:"until,omitzero"`
	Place      domain.ID       `json:"place,omitzero"`
	Project    domain.ID       `json:"project,omitzero"`
	Fund       domain.ID       `json:"fund,omitzero"`
	PartOf     domain.ID       `json:"part_of,omitzero"`
	Commercial bool            `json:"commercial,omitzero"`
	Provenance
}

var indicatorsList = listing[Indicator]{
	projection: "indicators", table: "indicators", id: "indicator",
	extent:  ofPlaceOrProject,
	columns: "x.indicator, x.name, trim_scale(x.value)::text, x.unit, x.qualifier, x.period_from, x.period_until, x.place, x.project, x.fund, x.part_of, x.commercial",
	targets: func(v *Indicator) ([]any, func() error) {
		return []any{&v.Indicator, &v.Name, into(&v.Value), &v.Unit, &v.Qualifier, into(&v.From), into(&v.Until), &v.Place, &v.Project, &v.Fund, &v.PartOf, &v.Commercial}, nil
	},
	origin: func(v *Indicator) *Provenance { return &v.Provenance },
	idOf:   func(v *Indicator) string { return string(v.Indicator) },
}

// Indicators lists the indicators of a ledger by id.
func (db *DB) Indicators(ctx context.Context, q ListQuery) (List[Indicator], error) {
	return indicatorsList.list(ctx, db, q)
}
