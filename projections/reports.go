package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
)

//go:embed reports.sql
var reportsSQL string

// reportsProjection holds totals as they were published.
var reportsProjection = &projection{
	name:   "reports",
	sql:    reportsSQL,
	tables: []string{"reports", "report_cells"},
	reads:  []string{"report-published"},
	begin:  func(bool) projector { return &reportsProjector{} },
}

type reportsProjector struct{ statements }

func (p *reportsProjector) apply(f *fact) error {
	e, ok := f.event.Fact.(*domain.ReportPublished)
	if !ok {
		return nil
	}
	p.register(`insert into reports (ledger, report, title, by, year, currency, effective_until, position, head, entries, root, actor, recorded,
			entry, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		f, e.Evidence, f.ledger, e.Report, e.Title, e.By, e.Year, e.Currency, e.EffectiveUntil.String(),
		e.Checkpoint.Position, e.Checkpoint.Head, e.Checkpoint.Entries, e.Checkpoint.Root, f.entry.Actor, f.entry.Recorded)
	var keys, stages, currencies []string
	var amounts []int64
	for _, c := range e.Cells {
		keys, stages = append(keys, c.Key), append(stages, c.Stage.String())
		currencies, amounts = append(currencies, string(c.Amount.Currency)), append(amounts, c.Amount.Minor)
	}
	p.add(`insert into report_cells (ledger, report, key, stage, currency, amount)
		select $1, $2, c.* from unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) c`, f.ledger, e.Report, keys, stages, currencies, amounts)
	return nil
}

// PublishedReport is a set of totals as it was published.
type PublishedReport struct {
	Report         domain.ID           `json:"report"`
	Title          string              `json:"title"`
	By             string              `json:"by"`
	Year           int                 `json:"year,omitzero"`
	Currency       domain.Currency     `json:"currency,omitzero"`
	EffectiveUntil domain.Date         `json:"effective_until,omitzero"`
	Position       eventstore.Position `json:"position"` // up to which it counts
	Head           string              `json:"head"`     // of the ledger's last block by then
	Entries        int64               `json:"entries"`  // of the tree that was signed
	Root           string              `json:"root"`
	Actor          string              `json:"actor"`
	Recorded       time.Time           `json:"recorded"`
	Provenance
}

var reportsList = listing[PublishedReport]{
	projection: "reports", table: "reports", id: "report", filters: equal("report", "by"),
	columns: "x.report, x.title, x.by, x.year, x.currency, x.effective_until, x.position, x.head, x.entries, x.root, x.actor, x.recorded",
	targets: func(v *PublishedReport) ([]any, func() error) {
		return []any{&v.Report, &v.Title, &v.By, &v.Year, &v.Currency, into(&v.EffectiveUntil), into(&v.Position), &v.Head, &v.Entries, &v.Root,
			&v.Actor, &v.Recorded}, func() error { v.Recorded = v.Recorded.UTC(); return nil }
	},
	origin: func(v *PublishedReport) *Provenance { return &v.Provenance },
	idOf:   func(v *PublishedReport) string { return string(v.Report) },
}

// PublishedReports lists the published reports of a ledger by id.
func (db *DB) PublishedReports(ctx context.Context, q ListQuery) (List[PublishedReport], error) {
	return reportsList.list(ctx, db, q)
}
