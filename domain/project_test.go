package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestProjectsAreRegistered(t *testing.T) {
	c := &domain.RegisterProject{Project: "road", Name: "A road", Sector: "roads", County: county, Implementer: "builder", Evidence: on("2018")}
	given(t, opened()...).when(c).then(&domain.ProjectRegistered{Evidence: on("2018"), Project: "road", Name: "A road", Sector: "roads", County: county, Implementer: "builder"})
	change := func(f func(*domain.RegisterProject)) *domain.RegisterProject { c := *c; f(&c); return &c }
	refusals(t, opened(), []refusal{
		{"under an id that is taken", nil, change(func(c *domain.RegisterProject) { c.Project = "haidian" }), "id_taken", "project", []string{"id=haidian", "noun=organisation"}},
		{"in a county that is unknown", nil, change(func(c *domain.RegisterProject) { c.County = "110108" }), "place_not_found", "county", []string{"id=110108"}},
		{"with an implementer that is unknown", nil, change(func(c *domain.RegisterProject) { c.Implementer = "x" }), "organisation_not_found", "implementer", []string{"id=x"}},
	})
}

func TestTargetsAreSet(t *testing.T) {
	set := func(project domain.ID, value string) *domain.SetTargets {
		return &domain.SetTargets{Project: project, Targets: []domain.Target{{Indicator: "households", Value: quantity(value), Unit: "户"}}, Evidence: on("2018")}
	}
	s := given(t, opened()...).and(approvedProject("road")...)
	c := set("road", "41")
	s.when(c).then(&domain.TargetsSet{Evidence: on("2018"), Project: "road", Targets: []domain.Target{{Indicator: "households", Value: quantity("41"), Unit: "户"}}})
	s.when(set("road", "41")).nothing()
	c.Targets[0].Value = quantity("1") // a caller may use its command again
	s.when(set("road", "41")).nothing()
	cancelled := &domain.CancelProject{ProjectStep: step("road", "2018")}
	refusals(t, append(opened(), approvedProject("road")...), []refusal{
		{"for a project that is unknown", nil, set("bridge", "0"), "project_not_found", "project", []string{"id=bridge"}},
		{"of nothing", nil, set("road", "0"), "quantity_not_positive", "targets", []string{"quantity=0", "target=households"}},
		{"below nothing", nil, set("road", "-1"), "quantity_not_positive", "targets", []string{"quantity=-1", "target=households"}},
		{"when it is cancelled", []domain.Command{cancelled}, set("road", "1"), "wrong_state", "project", []string{"project=road", "state=cancelled"}},
		{"without any target", nil, &domain.SetTargets{Project: "road"}, "field_required", "targets", nil},
	})
}

// steps are all commands that lead a project from one state to the next.
var steps = []struct {
	name  string
	do    func(domain.ProjectStep) domain.Command
	event func(domain.ProjectStep) domain.Event
}{
	{"approve", func(s domain.ProjectStep) domain.Command { return &domain.ApproveProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectApproved{ProjectStep: s} }},
	{"start", func(s domain.ProjectStep) domain.Command { return &domain.StartProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectStarted{ProjectStep: s} }},
	{"suspend", func(s domain.ProjectStep) domain.Command { return &domain.SuspendProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectSuspended{ProjectStep: s} }},
	{"resume", func(s domain.ProjectStep) domain.Command { return &domain.ResumeProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectResumed{ProjectStep: s} }},
	{"accept", func(s domain.ProjectStep) domain.Command { return &domain.AcceptProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectAccepted{ProjectStep: s} }},
	{"cancel", func(s domain.ProjectStep) domain.Command { return &domain.CancelProject{ProjectStep: s} }, func(s domain.ProjectStep) domain.Event { return &domain.ProjectCancelled{ProjectStep: s} }},
}

func TestTheStatesOfAProjectFollowOneAnother(t *testing.T) {
	for _, state := range []struct {
		name, path string // the steps that lead there
		allowed    string
	}{
		{"registered", "", "approve cancel"},
		{"approved", "approve", "start cancel"},
		{"started", "approve start", "suspend accept cancel"},
		{"suspended", "approve start suspend", "resume cancel"},
		{"started", "approve start suspend resume", "suspend accept cancel"},
		{"accepted", "approve start accept", ""},
		{"cancelled", "cancel", ""},
		{"cancelled", "approve start suspend cancel", ""},
	} {
		for _, next := range steps {
			t.Run(state.path+" then "+next.name, func(t *testing.T) {
				s := given(t, opened()...).and(approvedProject("road")[:2]...)
				for _, before := range steps {
					if contains(state.path, before.name) {
						s.and(before.do(step("road", "2018")))
					}
				}
				o := s.when(next.do(step("road", "2018-05")))
				if contains(state.allowed, next.name) {
					o.then(next.event(step("road", "2018-05")))
					return
				}
				o.refused("wrong_state", "project", "project=road", "state="+state.name)
				o.kind(domain.Clash)
			})
		}
	}
	for _, next := range steps {
		t.Run(next.name+" what is unknown", func(t *testing.T) {
			given(t, opened()...).when(next.do(step("road", "2030"))).refused("project_not_found", "project", "id=road")
		})
	}
	t.Run("approve without targets", func(t *testing.T) {
		given(t, opened()...).and(approvedProject("road")[0]).when(steps[0].do(step("road", "2018"))).refused("targets_missing", "project", "project=road")
	})
	t.Run("start in the future", func(t *testing.T) {
		given(t, opened()...).and(approvedProject("road")...).when(steps[1].do(step("road", "2021"))).refused("date_in_future", "date", "date=2021", "today=2020-06-15")
	})
}

func TestPlacesAreAssigned(t *testing.T) {
	assign := func(shares ...domain.PlaceShare) *domain.AssignPlaces {
		return &domain.AssignPlaces{Project: "road", Shares: shares, Evidence: on("2018")}
	}
	share := func(place domain.ID, percent string) domain.PlaceShare {
		return domain.PlaceShare{Place: place, Percent: quantity(percent)}
	}
	world := append(opened(), approvedProject("road")...)
	s := given(t, world...)
	c := assign(share(east, "99.999999"), share(north, "0.000001"))
	s.when(c).then(&domain.PlacesAssigned{Evidence: on("2018"), Project: "road", Shares: []domain.PlaceShare{share(east, "99.999999"), share(north, "0.000001")}})
	c.Shares[0].Place = west // a caller may use its command again
	s.when(assign(share(east, "99.999999"), share(north, "0.000001"))).nothing()

	lost := assign(share(east, "100"))
	lost.Project = "bridge"
	refusals(t, world, []refusal{
		{"to a project that is unknown", nil, lost, "project_not_found", "project", []string{"id=bridge"}},
		{"to none", nil, assign(), "field_required", "shares", nil},
		{"that are unknown, before their shares", nil, assign(share("nowhere", "0")), "place_not_found", "shares", []string{"id=nowhere"}},
		{"that are organisations", nil, assign(share("haidian", "100")), "place_expected", "shares", []string{"id=haidian", "noun=organisation"}},
		{"in another county", nil, assign(share(abroad, "100")), "village_not_in_county", "shares", []string{"county=130732", "place=130728"}},
		{"twice", nil, assign(share(east, "50"), share(east, "50")), "place_repeated", "shares", []string{"place=130732100201"}},
		{"with nothing", nil, assign(share(east, "100"), share(west, "0")), "share_range", "shares", []string{"percent=0", "place=130732100202"}},
		{"with less than nothing", nil, assign(share(east, "110"), share(west, "-10")), "share_range", "shares", []string{"percent=110", "place=130732100201"}},
		{"with a huge share", nil, assign(share(east, "9000000000000"), share(west, "100")), "share_range", "shares", []string{"percent=9000000000000", "place=130732100201"}},
		{"with less than the whole", nil, assign(share(east, "50"), share(west, "49.999999")), "shares_not_whole", "shares", []string{"sum=99.999999"}},
		{"with more than the whole", nil, assign(share(east, "50"), share(west, "50.000001")), "shares_not_whole", "shares", []string{"sum=100.000001"}},
		{"after it was accepted", []domain.Command{steps[1].do(step("road", "2018")), steps[4].do(step("road", "2018"))}, assign(share(east, "100")),
			"wrong_state", "project", []string{"project=road", "state=accepted"}},
		{"after it was cancelled", []domain.Command{steps[5].do(step("road", "2018"))}, assign(share(east, "100")),
			"wrong_state", "project", []string{"project=road", "state=cancelled"}},
	})
	t.Run("anywhere, when the project names no county", func(t *testing.T) {
		given(t, opened()...).and(&domain.RegisterProject{Project: "road", Name: "r", Evidence: on("2018")}, assign(share(abroad, "30"), share(east, "70")))
	})
}
