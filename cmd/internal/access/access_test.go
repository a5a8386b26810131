package access

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"aidledger/domain"
)

func TestEveryCommandNeedsACapabilityThatIsKnown(t *testing.T) {
	for _, c := range domain.Commands() {
		if needs, ok := commands[c.Name]; !ok || !Known(needs) {
			t.Errorf("%s needs %q: give it a line in commands.go", c.Name, needs)
		}
	}
	if OfCommand("no-such-command") != "unknown" || LocalOwner().Has("unknown") {
		t.Error("a command without a capability is allowed to somebody")
	}
}

func TestEveryCapabilityOfARoleIsKnownAndEachIsHeldBySomeRole(t *testing.T) {
	held := map[Capability]bool{}
	for _, r := range Roles() {
		for _, c := range r.Capabilities {
			held[c] = true
			if !Known(c) {
				t.Errorf("%s has %q, which has no meaning", r.Name, c)
			}
		}
	}
	for _, m := range Capabilities() {
		if !held[m.Capability] {
			t.Errorf("nobody but the owner has %s", m.Capability)
		}
	}
}

// What each role must never be able to do, whatever else changes.
func TestTheDutiesOfTheRolesStaySeparate(t *testing.T) {
	var writes []Capability
	for _, c := range commands {
		writes = append(writes, c)
	}
	for role, never := range map[string][]Capability{
		FinanceOfficer: {ApproveDisbursement, ApproveProjects, RaiseFindings, CloseFindings, SetPolicies, ManagePeople, Operate},
		Supervisor:     {RequestDisbursement, DisburseFunds, RecordFunding, AllocateFunds, CorrectEntries, ManagePeople, Operate},
		Auditor: append(slices.DeleteFunc(slices.Clone(writes), func(c Capability) bool { return c == RaiseFindings || c == RecordSamples }),
			ManagePeople, Operate, RevealBeneficiary),
		Administrator: append(slices.Clone(writes), ReadLedger, ReadLog, Export, ReadBeneficiaries, RevealBeneficiary),
	} {
		r, _ := LookupRole(role)
		for _, c := range never {
			if slices.Contains(r.Capabilities, c) {
				t.Errorf("the %s can %s", role, c)
			}
		}
	}
}

func TestALimitedCapability(t *testing.T) {
	pay := func(project, place domain.ID, shares ...domain.ID) domain.Command {
		c := &domain.DisburseFunds{Project: project, Place: place}
		for _, id := range shares {
			c.Places = append(c.Places, domain.PlacePart{Place: id})
		}
		return c
	}
	villages := Limit{Places: []domain.ID{"v1", "v2"}}
	road := Limit{Projects: []domain.ID{"road"}}
	for _, c := range []struct {
		name  string
		limit Limit
		act   Act
		code  string
	}{
		{"a place of the limit", villages, Act{Command: pay("road", "v1")}, ""},
		{"the same place in capitals", villages, Act{Command: pay("road", "V1")}, ""},
		{"another place", villages, Act{Command: pay("road", "v3")}, OutsideLimit},
		{"places of the limit in a list", villages, Act{Command: pay("road", "", "v1", "v2")}, ""},
		{"one place in a list that is another", villages, Act{Command: pay("road", "", "v1", "v3")}, OutsideLimit},
		{"no place at all", villages, Act{Command: pay("road", "")}, OutsideLimit},
		{"the project of the limit", road, Act{Command: pay("road", "")}, ""},
		{"another project", road, Act{Command: pay("rail", "")}, OutsideLimit},
		{"from the project of the limit to another", road, Act{Command: &domain.ReallocateFunds{From: "road", To: "rail"}}, OutsideLimit},
		{"from the project of the limit to the fund", road, Act{Command: &domain.ReallocateFunds{From: "road"}}, ""},
		{"a command that is about no project", road, Act{Command: &domain.CloseYear{Year: 2018}}, OutsideLimit},
		{"a reversal, which does not say of what", road, Act{Command: &domain.ReverseEntry{}}, OutsideLimit},
		{"places and projects together", Limit{villages.Places, road.Projects}, Act{Command: pay("road", "v1")}, ""},
		{"a place of the limit in another project", Limit{villages.Places, road.Projects}, Act{Command: pay("rail", "v1")}, OutsideLimit},
		{"a project of which nobody knows the places", villages, Act{Command: &domain.StartProject{ProjectStep: domain.ProjectStep{Project: "road"}}}, OutsideLimit},
		{"a project whose places lie in the limit", villages, Act{Command: &domain.StartProject{ProjectStep: domain.ProjectStep{Project: "lane"}}}, ""},
		{"a request of the limit", villages, Act{Command: &domain.WithdrawRequest{Request: "lane-request"}}, ""},
		{"another request", villages, Act{Command: &domain.WithdrawRequest{Request: "road-request"}}, OutsideLimit},
		{"a request that it makes", villages, Act{Command: &domain.RequestDisbursement{RequestInput: domain.RequestInput{Request: "new", Project: "road", Place: "v1"}}}, ""},
		{"a place of the limit for a project of others", villages, Act{Command: &domain.AssignPlaces{Project: "road", Shares: []domain.PlaceShare{{Place: "v1"}}}}, OutsideLimit},
		{"a query about a place of the limit", villages, Act{Names: Names{Limit: Limit{Places: []domain.ID{"v1"}}}}, ""},
		{"a query about everything", villages, Act{}, OutsideLimit},
		{"a query about a thing of the limit", Limit{villages.Places, road.Projects}, Act{Names: Names{Things: []domain.ID{"v2"}}}, ""},
		{"a query about another thing", villages, Act{Names: Names{Things: []domain.ID{"fund"}}}, OutsideLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.act.Needs = DisburseFunds
			g := Gate{Log: slog.New(slog.DiscardHandler), Holds: func(_ context.Context, _ string, l Limit, thing domain.ID) (bool, error) {
				return len(l.Places) > 0 && strings.HasPrefix(string(thing), "lane"), nil
			}}
			err := g.Allow(t.Context(), Caller{Person: "p", Grants: map[Capability]Limit{DisburseFunds: c.limit}}, c.act)
			refusal, _ := errors.AsType[*Refusal](err)
			if (err != nil) != (c.code != "") || refusal != nil && refusal.Code != c.code {
				t.Errorf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestARefusalIsCountedAndLoggedWithoutAName(t *testing.T) {
	var log bytes.Buffer
	g := Gate{Log: slog.New(slog.NewTextHandler(&log, nil))}
	auditor, _ := LookupRole(Auditor)
	c := Caller{Person: "p-7", Name: "Zhang San", Role: Auditor, Method: Session, Grants: auditor.Grants()}
	if err := g.Allow(t.Context(), c, Act{Needs: ReadLedger, Ledger: "l"}); err != nil {
		t.Error(err)
	}
	err := g.Allow(t.Context(), c, Act{Needs: DisburseFunds, Ledger: "l", Command: &domain.DisburseFunds{}})
	if err == nil || !strings.Contains(err.Error(), string(DisburseFunds)) {
		t.Errorf("got %v", err)
	}
	if allowed, refused := g.Counts(); allowed != 1 || refused != 1 {
		t.Errorf("counted %d and %d", allowed, refused)
	}
	if got := log.String(); !strings.Contains(got, "command=disburse-funds") || !strings.Contains(got, "person=p-7") || strings.Contains(got, "Zhang") {
		t.Errorf("logged %s", got)
	}
}

func TestATokenForOneLedgerIsOfNoUseForAnother(t *testing.T) {
	g := Gate{Log: slog.New(slog.DiscardHandler)}
	c := LocalOwner()
	c.Ledgers = []string{"one"}
	if err := g.Allow(t.Context(), c, Act{Needs: ReadLedger, Ledger: "one"}); err != nil {
		t.Error(err)
	}
	if err := g.Allow(t.Context(), c, Act{Needs: ReadLedger, Ledger: "two"}); err == nil {
		t.Error("it was allowed")
	}
}

func TestNobodyMayDoAnythingThatIsNotPublic(t *testing.T) {
	for _, m := range append(Capabilities(), Meaning{Capability: SignedIn}, Meaning{Capability: ByCommand}, Meaning{}) {
		if (Caller{}).Has(m.Capability) {
			t.Errorf("nobody has %s", m.Capability)
		}
	}
}
