package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"
)

//go:embed imports.sql
var importsSQL string

// importsProjection holds which files were imported.
var importsProjection = &projection{
	name:   "imports",
	sql:    importsSQL,
	tables: []string{"imports"},
	reads:  []string{"import-recorded", "import-reversed"},
	begin:  func(bool) projector { return &importsProjector{} },
}

type importsProjector struct{ statements }

func (p *importsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.ImportRecorded:
		p.register(`insert into imports (ledger, import, file, sha256, format, mapping, rows, skipped, actor, recorded,
				entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			f, e.Evidence, f.ledger, e.Import, e.File, e.SHA256, e.Format, e.Mapping, e.Rows, e.Skipped, f.entry.Actor, f.entry.Recorded)
	case *domain.ImportReversed:
		p.add(`update imports set reversed = $3 where ledger = $1 and import = $2`, f.ledger, e.Import, f.entry.ID)
	}
	return nil
}

// Import is a file whose rows were imported. Reversed is the entry that took it
// back.
type Import struct {
	Import   domain.ID `json:"import"`
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Format   string    `json:"format"`
	Mapping  string    `json:"mapping,omitzero"`
	Rows     int       `json:"rows"`
	Skipped  int       `json:"skipped,omitzero"`
	Actor    string    `json:"actor"`
	Recorded time.Time `json:"recorded"`
	Reversed string    `json:"reversed,omitzero"`
	Provenance
}

var importsList = listing[Import]{
	projection: "imports", table: "imports", id: "import",
	columns: "x.import, x.file, x.sha256, x.format, x.mapping, x.rows, x.skipped, x.actor, x.recorded, x.reversed",
	targets: func(v *Import) ([]any, func() error) {
		return []any{&v.Import, &v.File, &v.SHA256, &v.Format, &v.Mapping, &v.Rows, &v.Skipped, &v.Actor, &v.Recorded, &v.Reversed},
			func() error { v.Recorded = v.Recorded.UTC(); return nil }
	},
	origin: func(v *Import) *Provenance { return &v.Provenance },
	idOf:   func(v *Import) string { return string(v.Import) },
}

// Imports lists the imports of a ledger by id.
func (db *DB) Imports(ctx context.Context, q ListQuery) (List[Import], error) {
	return importsList.list(ctx, db, q)
}
