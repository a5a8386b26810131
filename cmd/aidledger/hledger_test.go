package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
)

// attributed are the stages whose totals by project and village count what was
// given to them, which is no balance of an account.
var attributed = []domain.Stage{domain.Committed, domain.Recognised, domain.InKind}

// balances compares every total of the ledger by fund, project, village and
// year with what hledger itself makes of an exported journal.
func balances(ts *testscript.TestScript, _ bool, args []string) {
	if _, err := exec.LookPath("hledger"); err != nil {
		_, _ = os.Stderr.WriteString("\n*** hledger IS NOT INSTALLED, so its balances were not compared; install it with: apt-get install hledger ***\n\n")
		return
	}
	compared, journal := 0, ts.ReadFile(args[0])
	for _, by := range []string{"fund", "project", "village", "year"} {
		ts.Check(ts.Exec("aidledger", "totals", "--by", by, "--json"))
		var t projections.Totals
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &t))
		for _, s := range domain.Stages() {
			if (by == "project" || by == "village") && slices.Contains(attributed, s) {
				continue
			}
			if !strings.Contains(journal, "stage:"+s.String()+",") && !slices.ContainsFunc(t.Rows, func(r projections.TotalsRow) bool { return holds(r, s) }) {
				continue // neither has anything of it
			}
			compared += compareBalances(ts, args[0], t, s)
		}
	}
	if compared < 10 {
		ts.Fatalf("only %d balances were compared", compared)
	}
}

// holds tells whether a line of totals has money in a stage.
func holds(row projections.TotalsRow, s domain.Stage) bool {
	amount := row.Amount(s)
	return amount != nil && strings.Trim(*amount, "0.") != ""
}

func compareBalances(ts *testscript.TestScript, journal string, t projections.Totals, s domain.Stage) (compared int) {
	_, to := s.Route()
	ts.Check(ts.Exec("hledger", "-f", journal, "balance", "--pivot", t.By, "-O", "csv", "-N", "tag:stage=^"+s.String()+"$", "acct:^"+string(to)+":"))
	rows, err := csv.NewReader(bytes.NewBufferString(ts.ReadFile("stdout"))).ReadAll()
	ts.Check(err)
	theirs := map[string]string{}
	for _, row := range rows[1:] {
		amount, _, _ := strings.Cut(row[1], " ")
		theirs[row[0]] = amount
	}
	for _, row := range t.Rows {
		key := row.Key
		if row.Line != "" {
			key = map[string]string{"unallocated": "unallocated", "not-assigned": "not-assigned"}[row.Line]
		}
		if !holds(row, s) {
			if got, ok := theirs[key]; ok && strings.Trim(got, "0.") != "" {
				ts.Fatalf("%s %s %s: hledger has %s", t.By, key, s, got)
			}
			continue
		}
		if ours := *row.Amount(s); theirs[key] != ours {
			ts.Fatalf("%s %s %s: hledger has %q, and the ledger %s", t.By, key, s, theirs[key], ours)
		}
		compared++
	}
	return compared
}
