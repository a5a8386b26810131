package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"
)

//go:embed approvals.sql
var approvalsSQL string

// approvalsProjection holds who approved what.
var approvalsProjection = &projection{
	name:   "approvals",
	sql:    approvalsSQL,
	tables: []string{"approvals"},
	reads: []string{"disbursement-approved", "disbursement-rejected", "finding-closed", "project-accepted", "project-approved",
		"restatement-allowed"},
	begin: func(bool) projector { return &approvalsProjector{} },
}

type approvalsProjector struct{ statements }

func (p *approvalsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.DisbursementApproved:
		p.approval(f, e.Evidence, string(e.Request), e.Content)
	case *domain.DisbursementRejected:
		p.approval(f, e.Evidence, string(e.Request), e.Reason)
	case *domain.FindingClosed:
		p.approval(f, e.Evidence, string(e.Finding), e.Outcome)
	case *domain.ProjectAccepted:
		p.approval(f, e.Evidence, string(e.Project), "")
	case *domain.ProjectApproved:
		p.approval(f, e.Evidence, string(e.Project), "")
	case *domain.RestatementAllowed:
		p.approval(f, e.Evidence, e.Entry, e.Reason)
	}
	return nil
}

func (p *approvalsProjector) approval(f *fact, e domain.Evidence, thing, content string) {
	p.add(`insert into approvals (ledger, entry, what, thing, content, person, role, recorded, date, document, source_reference, note)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		f.ledger, f.entry.ID, f.event.Type, thing, content, f.entry.Actor, f.entry.Role, f.entry.Recorded,
		e.Date.String(), e.Document, e.SourceReference, e.Note)
}

// Approval says who approved or rejected what. What is the type of the event.
type Approval struct {
	What     string    `json:"what"`
	Thing    string    `json:"thing"`
	Content  string    `json:"content,omitzero"`
	Person   string    `json:"person"`
	Role     string    `json:"role"`
	Recorded time.Time `json:"recorded"`
	Provenance
}

var approvalsList = listing[Approval]{
	projection: "approvals", table: "approvals", id: "entry", filters: equal("person", "what", "thing"),
	columns: "x.what, x.thing, x.content, x.person, x.role, x.recorded",
	targets: func(v *Approval) ([]any, func() error) {
		return []any{&v.What, &v.Thing, &v.Content, &v.Person, &v.Role, &v.Recorded},
			func() error { v.Recorded = v.Recorded.UTC(); return nil }
	},
	origin: func(v *Approval) *Provenance { return &v.Provenance },
	idOf:   func(v *Approval) string { return v.Entry },
}

// Approvals lists who approved what in a ledger, by entry.
func (db *DB) Approvals(ctx context.Context, q ListQuery) (List[Approval], error) {
	return approvalsList.list(ctx, db, q)
}
