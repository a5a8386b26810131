package web

import (
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

func TestMetricsCountWithoutNamingAnybody(t *testing.T) {
	a := opened(t)
	p, token := a.person(t, "zhang", people.Person{Role: access.Auditor}, people.Token{})
	if got := a.call(t, "GET", "/metrics", "", "Authorization", token); got.problem().Code != access.Forbidden {
		t.Errorf("an auditor reads them: %d %s", got.status, got.body)
	}
	_, admin := a.person(t, "chen", people.Person{Role: access.Administrator}, people.Token{Capabilities: []string{string(access.ReadMetrics)}})
	got := a.call(t, "GET", "/metrics", "", "Authorization", admin)
	for _, want := range []string{
		`aidledger_requests_total{method="POST",route="/v1/ledgers/{ledger}/commands/{command}",status="2xx"} 11`,
		`aidledger_requests_total{method="GET",route="/metrics",status="4xx"} 1`,
		`aidledger_gate_decisions_total{decision="refused"} 1`,
		`aidledger_log_end_block 11`,
		`aidledger_projection_lag_blocks{projection="totals"} 0`,
		`aidledger_projection_halted{projection="totals"} 0`,
		`go_goroutines `,
	} {
		if !strings.Contains(got.body, "\n"+want) {
			t.Errorf("there is no %s in %s", want, got.body)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+)$`)
	for text := range strings.Lines(got.body) {
		if text = strings.TrimSuffix(text, "\n"); !line.MatchString(text) {
			t.Errorf("%q is not in the format", text)
		}
		if strings.Contains(text, p.Person) || strings.Contains(text, "zhang") || strings.Contains(text, "test") {
			t.Errorf("%q names somebody", text)
		}
	}
}
