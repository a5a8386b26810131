package web

import (
	"net/http"
	"strings"
	"testing"

	"aidledger/projections"
)

// A statement is imported with its saved format, lines are proposed to entries,
// a person confirms, and what is left is in one and not in the other.
func TestABankStatementIsReconciledWithTheLedger(t *testing.T) {
	a := opened(t)
	a.must(t, "gov", "register-organisation", `{"organisation":"gov","name":"Government","kind":"government","date":"2018"}`)
	a.must(t, "in", "receive-funds", `{"fund":"bank","provider":"gov","amount":"1000","date":"2018-03-01"}`)
	a.must(t, "out", "disburse-funds", `{"fund":"fund","project":"road","amount":"40","voucher":"v7","disbursement":"out","date":"2018-03-20"}`)
	a.must(t, "missing", "receive-funds", `{"fund":"bank","provider":"gov","amount":"3","date":"2018-03-10"}`)
	last := a.must(t, "icbc", "define-statement-format", `{"format":"icbc","account":"basic","columns":[{"heading":"交易流水号","field":"serial"},
		{"heading":"记账日期","field":"date"},{"heading":"贷方（元）","field":"received"},{"heading":"借方","field":"paid"},{"heading":"附言","field":"reference"}]}`)
	a.call(t, "GET", "/v1/status?wait_for="+last.Position.String(), "")
	const statement = "工商银行对账单,,,,,\n记账日期,交易流水号,对方户名,借方,贷方（元）,附言\n20180302,A1,张三,,\"1,000.00\",\n2018-04-28,A2,李四,40.00,,v7\n20180315,A3,王五,9.99,,手续费\n"
	path := "/v1/ledgers/test/imports?wait=true&file=march.csv&statement="
	if got := a.call(t, "POST", path+"abc", statement); got.problem().Code != "statement_format_not_found" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := a.call(t, "POST", path+"icbc", strings.Replace(statement, "借方", "支出", 1)); got.problem().Code != "import_header" {
		t.Errorf("a statement without a column: %d %s", got.status, got.body)
	}
	for _, outcome := range []string{`"recorded":3,"already":0`, `"recorded":0,"already":3`} {
		if got := a.call(t, "POST", path+"icbc", statement); got.status != http.StatusOK || !strings.Contains(got.body, outcome) {
			t.Fatalf("want %s: %d %s", outcome, got.status, got.body)
		}
	}
	proposals := read[projections.StatementMatches](t, a.call(t, "GET", "/v1/ledgers/test/statement-lines/proposals", "")).Rows
	found := map[string]projections.StatementMatch{}
	for _, m := range proposals {
		found[m.Serial+" "+m.Entry] = m
	}
	if len(proposals) != 2 || found["A1 in"].By != "date" || found["A1 in"].Days != 1 || found["A2 out"].By != "reference" || found["A2 out"].Days != 39 {
		t.Fatalf("%+v", proposals)
	}
	for name, m := range found {
		last = a.must(t, "match-"+name[:2], "match-statement-line", `{"line":"`+string(m.Line)+`","entry":"`+m.Entry+`"}`)
	}
	last = a.must(t, "back", "reverse-entry", `{"entry":"out","reason":"came back"}`)
	differences := read[projections.StatementDifferences](t, a.call(t, "GET", "/v1/ledgers/test/statement-lines/differences?wait_for="+last.Position.String(), ""))
	if len(differences.Lines) != 1 || differences.Lines[0].Serial != "A3" || differences.Lines[0].Open != "-9.99" {
		t.Errorf("only in the statement: %+v", differences.Lines)
	}
	if len(differences.Entries) != 1 || differences.Entries[0].Entry != "missing" || differences.Entries[0].Amount != "3.00" {
		t.Errorf("only in the ledger: %+v", differences.Entries)
	}
	if len(differences.Reversed) != 1 || differences.Reversed[0].Entry != "out" || differences.Reversed[0].Amount != "-40.00" || differences.Total != 3 {
		t.Errorf("matched and taken back: %+v, %d in all", differences.Reversed, differences.Total)
	}
	lines := read[projections.List[projections.StatementLine]](t, a.call(t, "GET", "/v1/ledgers/test/statement-lines?open=false", "")).Rows
	if len(lines) != 2 || len(lines[0].Entries) != 1 || lines[0].Open != "0.00" {
		t.Errorf("%+v", lines)
	}
	if got := a.call(t, "GET", "/v1/ledgers/test/events", "").body; strings.Contains(got, "张三") || !strings.Contains(got, string(found["A1 in"].Line)) {
		t.Error("the log names who the other side is, or no line")
	}
}
