package projections

import (
	"cmp"
	"context"
	_ "embed"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

//go:embed findings.sql
var findingsSQL string

// findingsProjection holds what was found wrong, and the settings of checks.
var findingsProjection = &projection{
	name:   "findings",
	sql:    findingsSQL,
	tables: []string{"findings", "check_thresholds"},
	reads:  []string{"finding-raised", "finding-answered", "finding-rectified", "finding-closed", "check-threshold-set"},
	begin:  func(bool) projector { return &findingsProjector{} },
}

type findingsProjector struct{ statements }

func (p *findingsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.FindingRaised:
		p.register(`insert into findings (ledger, finding, about, severity, text, due_date, check_name, key, raised_by, steps, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '[]', $10, $11, $12, $13, $14)`,
			f, e.Evidence, f.ledger, e.Finding, e.About, e.Severity, e.Text, e.DueDate.String(), e.Check, e.Key, e.By)
		return p.step(f, e.Finding, "raised")
	case *domain.FindingAnswered:
		p.add(`update findings set state = 'answered', answer = $3 where ledger = $1 and finding = $2`, f.ledger, e.Finding, e.Text)
		return p.step(f, e.Finding, "answered")
	case *domain.FindingRectified:
		p.add(`update findings set state = 'rectified', rectification = $3, proof = $4 where ledger = $1 and finding = $2`,
			f.ledger, e.Finding, e.Text, cmp.Or(string(e.Attachment), e.Document))
		return p.step(f, e.Finding, "rectified")
	case *domain.FindingClosed:
		p.add(`update findings set state = 'closed', outcome = $3, closed_by = $4, proof = coalesce(nullif($5, ''), proof) where ledger = $1 and finding = $2`,
			f.ledger, e.Finding, e.Outcome, e.By, cmp.Or(string(e.Attachment), e.Document))
		return p.step(f, e.Finding, "closed")
	case *domain.CheckThresholdSet:
		p.add(`insert into check_thresholds (ledger, threshold, value, entry) values ($1, $2, $3, $4)
			on conflict (ledger, threshold) do update set value = excluded.value, entry = excluded.entry`,
			f.ledger, e.Threshold, e.Value, f.entry.ID)
	}
	return nil
}

func (p *findingsProjector) step(f *fact, finding domain.ID, step string) error {
	did, err := json.Marshal([]FindingStep{{Step: step, Person: f.entry.Actor, Role: f.entry.Role, Recorded: f.entry.Recorded, Entry: f.entry.ID}})
	p.add(`update findings set steps = steps || $3::jsonb where ledger = $1 and finding = $2`, f.ledger, finding, did)
	return err
}

// Finding is what was found wrong, and what became of it.
type Finding struct {
	Finding       domain.ID     `json:"finding"`
	About         domain.ID     `json:"about,omitzero"`
	Severity      string        `json:"severity"`
	Text          string        `json:"text"`
	DueDate       domain.Date   `json:"due_date,omitzero"`
	Check         string        `json:"check,omitzero"`
	Key           string        `json:"key,omitzero"`
	State         string        `json:"state"`
	Outcome       string        `json:"outcome,omitzero"`
	RaisedBy      string        `json:"raised_by"`
	Answer        string        `json:"answer,omitzero"`
	Rectification string        `json:"rectification,omitzero"`
	Proof         string        `json:"proof,omitzero"`
	ClosedBy      string        `json:"closed_by,omitzero"`
	Steps         []FindingStep `json:"steps"`
	Provenance
}

// FindingStep is what one person, or a check, did about a finding.
type FindingStep struct {
	Step     string    `json:"step"`
	Person   string    `json:"person"`
	Role     string    `json:"role,omitzero"`
	Recorded time.Time `json:"recorded"`
	Entry    string    `json:"entry"`
}

var findingsList = listing[Finding]{
	projection: "findings", table: "findings", id: "finding",
	extent: ofAbout("x.about"),
	filters: map[string]filter{"finding": {where: "x.finding = ?"}, "state": {where: "x.state = ?"}, "about": {where: "x.about = ?"}, "severity": {where: "x.severity = ?"},
		"check": {where: "x.check_name = ?"}, "open": {where: "(x.state <> 'closed')::text = ?"}},
	columns: `x.finding, x.about, x.severity, x.text, x.due_date, x.check_name, x.key, x.state, x.outcome, x.raised_by, x.answer, x.rectification,
		x.proof, x.closed_by, x.steps`,
	targets: func(v *Finding) ([]any, func() error) {
		var steps []byte
		return []any{&v.Finding, &v.About, &v.Severity, &v.Text, into(&v.DueDate), &v.Check, &v.Key, &v.State, &v.Outcome, &v.RaisedBy, &v.Answer,
			&v.Rectification, &v.Proof, &v.ClosedBy, &steps}, func() error { return json.Unmarshal(steps, &v.Steps) }
	},
	origin: func(v *Finding) *Provenance { return &v.Provenance },
	idOf:   func(v *Finding) string { return string(v.Finding) },
}

// Findings lists the findings of a ledger by id.
func (db *DB) Findings(ctx context.Context, q ListQuery) (List[Finding], error) {
	return findingsList.list(ctx, db, q)
}
