package projections

import (
	"context"
	"strings"

	"aidledger/domain"
)

// ProjectGap is a project that lacks evidence which it needs. Missing names it:
// targets and places where money is set aside, a document and a notice where it
// was paid, and a file about the acceptance.
type ProjectGap struct {
	Project domain.ID `json:"project"`
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Missing []string  `json:"missing"`
	Provenance
}

// gaps lists what a project x lacks.
var gaps = strings.ReplaceAll(`array_remove(array[
		case when {money} and jsonb_array_length(x.targets) = 0 then 'targets' end,
		case when {money} and not exists (select from aidledger.project_places s where s.ledger = x.ledger and s.project = x.project) then 'places' end,
		case when exists (select from aidledger.flows f join aidledger.journal j using (flow) where f.ledger = x.ledger and f.project = x.project and f.stage = 'disbursed'
				and j.document = '' and j.reverses = '') then 'document' end,
		case when exists (select from aidledger.flows f where f.ledger = x.ledger and f.project = x.project and f.stage = 'disbursed')
			and not exists (select from aidledger.notices n where n.ledger = x.ledger and n.project = x.project and n.withdrawn = '') then 'notice' end,
		case when x.state = 'accepted'
			and not exists (select from aidledger.attachments a where a.ledger = x.ledger and a.about = x.project) then 'acceptance' end
	], null)`, "{money}", hasMoney)

// hasMoney tells whether money is set aside for a project x.
const hasMoney = `exists (select from aidledger.totals t where t.ledger = x.ledger and t.dimension = 'project' and t.year = 0 and t.key = x.project
	and t.stage = 'allocated' and t.amount > 0)`

var gapsList = listing[ProjectGap]{
	projection: "projects", table: "projects", id: "project", where: "cardinality(" + gaps + ") > 0",
	extent:  extent{places: placesOfProject, projects: "select x.project"},
	columns: "x.project, x.name, x.state, " + gaps,
	targets: func(v *ProjectGap) ([]any, func() error) {
		return []any{&v.Project, &v.Name, &v.State, &v.Missing}, nil
	},
	origin: func(v *ProjectGap) *Provenance { return &v.Provenance },
	idOf:   func(v *ProjectGap) string { return string(v.Project) },
}

// ProjectGaps lists the projects of a ledger that lack evidence, by id.
func (db *DB) ProjectGaps(ctx context.Context, q ListQuery) (List[ProjectGap], error) {
	return gapsList.list(ctx, db, q)
}
