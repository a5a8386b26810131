package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

//go:embed projects.sql
var projectsSQL string

// projectsProjection holds what money is for.
var projectsProjection = &projection{
	name:   "projects",
	sql:    projectsSQL,
	tables: []string{"projects", "project_places"},
	reads: []string{"project-registered", "targets-set", "places-assigned", "project-approved", "project-started",
		"project-suspended", "project-resumed", "project-accepted", "project-cancelled"},
	begin: func(bool) projector { return &projectsProjector{} },
}

type projectsProjector struct{ statements }

func (p *projectsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.ProjectRegistered:
		p.register(`insert into projects (ledger, project, name, sector, county, implementer, state, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, 'registered', $7, $8, $9, $10, $11)`,
			f, e.Evidence, f.ledger, e.Project, e.Name, e.Sector, e.County, e.Implementer)
	case *domain.TargetsSet:
		targets, err := json.Marshal(e.Targets)
		if err != nil {
			return err
		}
		p.add(`update projects set targets = $3 where ledger = $1 and project = $2`, f.ledger, e.Project, targets)
	case *domain.PlacesAssigned:
		p.add(`delete from project_places where ledger = $1 and project = $2`, f.ledger, e.Project)
		for i, s := range e.Shares {
			p.add(`insert into project_places (ledger, project, place, line, percent) values ($1, $2, $3, $4, $5::text::numeric)`,
				f.ledger, e.Project, s.Place, i, s.Percent.String())
		}
	case *domain.ProjectApproved:
		p.state(f, e.Project, "approved")
	case *domain.ProjectStarted:
		p.state(f, e.Project, "started")
		p.add(`update projects set started = $3 where ledger = $1 and project = $2`, f.ledger, e.Project, e.Date.String())
	case *domain.ProjectSuspended:
		p.state(f, e.Project, "suspended")
	case *domain.ProjectResumed:
		p.state(f, e.Project, "started")
	case *domain.ProjectAccepted:
		p.state(f, e.Project, "accepted")
		p.ended(f, e.Project, e.Date)
	case *domain.ProjectCancelled:
		p.state(f, e.Project, "cancelled")
		p.ended(f, e.Project, e.Date)
	}
	return nil
}

func (p *projectsProjector) state(f *fact, project domain.ID, state string) {
	p.add(`update projects set state = $3 where ledger = $1 and project = $2`, f.ledger, project, state)
}

func (p *projectsProjector) ended(f *fact, project domain.ID, on domain.Date) {
	p.add(`update projects set ended = $3 where ledger = $1 and project = $2`, f.ledger, project, on.String())
}

// Project is what money is for. Shares are percentages of its places now.
type Project struct {
	Project     domain.ID           `json:"project"`
	Name        string              `json:"name"`
	Sector      string              `json:"sector,omitzero"`
	County      domain.ID           `json:"county,omitzero"`
	Implementer domain.ID           `json:"implementer,omitzero"`
	State       string              `json:"state"`
	Started     domain.Date         `json:"started,omitzero"`
	Ended       domain.Date         `json:"ended,omitzero"`
	Targets     []domain.Target     `json:"targets"`
	Places      []domain.PlaceShare `json:"places"`
	Provenance
}

var projectsList = listing[Project]{
	projection: "projects", table: "projects", id: "project", byName: true,
	extent: extent{places: placesOfProject, projects: "select x.project"},
	columns: `x.project, x.name, x.sector, x.county, x.implementer, x.state, x.started, x.ended, x.targets,
		(select coalesce(jsonb_agg(jsonb_build_object('place', s.place, 'percent', trim_scale(s.percent)::text) order by s.line), '[]')
			from aidledger.project_places s where s.ledger = x.ledger and s.project = x.project)`,
	targets: func(v *Project) ([]any, func() error) {
		var targets, shares []byte
		return []any{&v.Project, &v.Name, &v.Sector, &v.County, &v.Implementer, &v.State, into(&v.Started), into(&v.Ended), &targets, &shares}, func() error {
			if err := json.Unmarshal(targets, &v.Targets); err != nil {
				return err
			}
			return json.Unmarshal(shares, &v.Places)
		}
	},
	origin: func(v *Project) *Provenance { return &v.Provenance },
	idOf:   func(v *Project) string { return string(v.Project) },
}

// Projects lists the projects of a ledger by name.
func (db *DB) Projects(ctx context.Context, q ListQuery) (List[Project], error) {
	return projectsList.list(ctx, db, q)
}
