package domain_test

import (
	"fmt"
	"testing"

	"aidledger/domain"
)

func TestWhatACommandChanges(t *testing.T) {
	for _, c := range []struct {
		name string
		of   any
		want string
	}{
		{"a payment", &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "f"}, Project: "road", Place: "east", Payee: "org", Request: "r"}, "[f road r]"},
		{"its event", &domain.FundsDisbursed{FundFacts: domain.FundFacts{Fund: "f", Provider: "org"}, Project: "road"}, "[f road]"},
		{"from one project to another", &domain.ReallocateFunds{From: "road", To: "rail"}, "[road rail]"},
		{"a step of a project", &domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}}, "[road]"},
		{"a new place", &domain.RegisterPlace{Place: "east"}, "[]"},
		{"a whole year", &domain.CloseYear{Year: 2018}, "[]"},
	} {
		if got := fmt.Sprint(domain.Subjects(c.of)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
