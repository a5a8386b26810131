package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestEveryStageLeadsFromOneAccountToAnother(t *testing.T) {
	seen := map[string]bool{}
	for i, s := range domain.Stages() {
		from, to := s.Route()
		if from == "" || to == "" || from == to || int(s) != i || seen[s.String()] {
			t.Errorf("%v leads from %q to %q", s, from, to)
		}
		seen[s.String()] = true
		var back domain.Stage
		if text, err := s.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%s is read as %v", text, back)
		}
	}
	var s domain.Stage
	if err := s.UnmarshalText([]byte("stolen")); refusalOf(err).Code != "stage_unknown" || domain.Stage(200).String() != "unknown" {
		t.Errorf("stolen is %v", err)
	}
}

func TestOnlyFactsFromOutsideCanBeUnknown(t *testing.T) {
	for stage, want := range map[domain.Stage]bool{domain.Pledged: false, domain.Committed: false, domain.Recognised: false, domain.Allocated: false,
		domain.CarriedIn: false, domain.CarriedOut: false, domain.Received: true, domain.Disbursed: true, domain.Spent: true, domain.Returned: true,
		domain.Repaid: true, domain.InKind: true, domain.Distributed: true} {
		if stage.Reported() != want {
			t.Errorf("%v: %v", stage, !want)
		}
	}
}

func TestBalancesFollowFromSums(t *testing.T) {
	var s domain.Sums
	for i, stage := range domain.Stages() {
		s[stage] = 1 << i // so that no two combinations are equal
	}
	at := func(stages ...domain.Stage) (sum int64) {
		for _, stage := range stages {
			sum += s[stage]
		}
		return sum
	}
	for _, c := range []struct {
		name      string
		got, want int64
	}{
		{"cash", s.Cash(), at(domain.Received, domain.CarriedIn, domain.Returned) - at(domain.CarriedOut, domain.Disbursed, domain.Repaid)},
		{"unallocated", s.Unallocated(), at(domain.Committed, domain.Recognised, domain.CarriedIn) - at(domain.CarriedOut, domain.Allocated)},
		{"undisbursed", s.Undisbursed(), at(domain.Allocated) - at(domain.Disbursed)},
		{"unspent", s.Unspent(), at(domain.Disbursed) - at(domain.Spent, domain.Returned)},
		{"due", s.Due(), at(domain.Committed) - at(domain.Received)},
		{"held", s.Held(), at(domain.InKind) - at(domain.Distributed)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.name, c.got, c.want)
		}
	}
}
