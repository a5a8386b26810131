package domain_test

import (
	"testing"

	"aidledger/domain"
)

// format reads the statements of an account; its line is of a receipt of 600.
func statementFormat() *domain.DefineStatementFormat {
	return &domain.DefineStatementFormat{Format: "icbc", Account: "basic", Evidence: on("2019"), Columns: []domain.StatementColumn{
		{Heading: "流水号", Field: "serial"}, {Heading: "日期", Field: "date"}, {Heading: "收入", Field: "received"}, {Heading: "支出", Field: "paid"}}}
}

func statementLine(serial, received, paid string) *domain.RecordStatementLine {
	c := &domain.RecordStatementLine{Format: "icbc", Serial: serial, Reference: "v1", Evidence: on("2018-03-02")}
	if received != "" {
		c.Received = amount(received)
	}
	if paid != "" {
		c.Paid = amount(paid)
	}
	return c
}

func TestALineOfABankStatementIsMatchedWithWhatMovedItsMoney(t *testing.T) {
	receipt := func(yuan string) *domain.ReceiveFunds {
		return &domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "gift", Provider: "haidian", Amount: amount(yuan)}, Evidence: on("2018-03-01")}
	}
	// e11 and e12 are receipts of 600 and 50, e13 is the format, e14 the line.
	world := append(opened(), receipt("600"), receipt("50"), statementFormat())
	s := given(t, world...)
	line := s.when(statementLine("1", "650", ""))
	recorded, ok := line.events[0].(*domain.StatementLineRecorded)
	if !ok || recorded.Amount != yuan(650) || recorded.Account != "basic" || recorded.Line == "" {
		t.Fatalf("%+v %v", line.events, line.err)
	}
	id := recorded.Line
	match := func(entry string) *domain.MatchStatementLine {
		return &domain.MatchStatementLine{Line: id, Entry: entry, Evidence: on("2019")}
	}
	matched := func(entry string, minor int64) *domain.StatementLineMatched {
		return &domain.StatementLineMatched{Evidence: on("2019"), Line: id, Entry: entry, Amount: yuan(minor)}
	}
	s.when(statementLine("1", "650", "")).refused("source_reference_used", "serial", "line="+string(id))
	s.when(match("e11")).then(matched("e11", 600))
	s.when(match("e11")).then() // quietly, since it is so already
	s.when(reversal(14)).refused("entry_in_use", "entry", "line="+string(id))
	s.when(match("e12")).then(matched("e12", 50))
	s.when(&domain.UnmatchStatementLine{Line: id, Reason: "the other fund", Evidence: on("2019")}).
		then(&domain.StatementLineUnmatched{Evidence: on("2019"), Line: id, Reason: "the other fund"})
	s.when(match("e12")).then(matched("e12", 50))
	if m := domain.Movements(recorded); len(m) > 0 {
		t.Errorf("it moves %+v", m)
	}
	refusals(t, append(world, statementLine("1", "600", ""), statementLine("2", "", "600")), []refusal{
		{"a line with two amounts", nil, statementLine("3", "1", "1"), "amount_ambiguous", "amount", nil},
		{"a line without one", nil, statementLine("3", "", ""), "amount_ambiguous", "amount", nil},
		{"a line without a date", nil, &domain.RecordStatementLine{Format: "icbc", Serial: "3", Received: amount("1")}, "field_required", "date", nil},
		{"a line of an unknown format", nil, &domain.RecordStatementLine{Format: "abc", Serial: "3", Received: amount("1")}, "statement_format_not_found", "format", []string{"id=abc"}},
		{"a match of an unknown line", nil, &domain.MatchStatementLine{Line: "line-0", Entry: "e11"}, "statement_line_not_found", "line", nil},
		{"a match with what was never recorded", nil, match2("1", "e99"), "entry_not_found", "entry", nil},
		{"a match with what moved no cash", nil, match2("1", "e13"), "entry_moves_no_cash", "entry", nil},
		{"a match in the other direction", nil, match2("2", "e11"), "amount_differs", "entry", []string{"moved=600.00 CNY", "open=-600.00 CNY"}},
		{"a match with more than is open", []domain.Command{match2("1", "e12")}, match2("1", "e11"), "amount_differs", "entry", []string{"moved=600.00 CNY", "open=550.00 CNY"}},
		{"a second match of an entry", []domain.Command{statementLine("4", "600", ""), match2("4", "e11")}, match2("1", "e11"), "entry_matched", "entry", []string{"line=" + string(match2("4", "").Line)}},
		{"a match with what was taken back", []domain.Command{reversal(12)}, match2("1", "e12"), "already_reversed", "entry", nil},
		{"a format without dates", nil, &domain.DefineStatementFormat{Format: "x", Account: "a", Columns: statementFormat().Columns[:1]}, "columns_incomplete", "columns", nil},
		{"a format with a field twice", nil, &domain.DefineStatementFormat{Format: "x", Account: "a", Columns: append(statementFormat().Columns, domain.StatementColumn{Heading: "y", Field: "paid"})}, "column_repeated", "columns[4].field", nil},
		{"a format under a name that is taken", nil, &domain.DefineStatementFormat{Format: "gift", Account: "a", Columns: statementFormat().Columns}, "id_taken", "format", []string{"id=gift", "noun=fund"}},
	})
}

// match2 matches a line by its serial number.
func match2(serial, entry string) *domain.MatchStatementLine {
	lines := map[string]domain.ID{}
	for _, n := range []string{"1", "2", "4"} {
		ledger := domain.NewLedger()
		for _, c := range append(opened(), statementFormat(), statementLine(n, "1", "")) {
			events, err := ledger.Decide(c, domain.Context{Today: day("2020-06-15")})
			if err != nil {
				panic(err)
			}
			for _, e := range events {
				ledger.Evolve(e)
				if line, ok := e.(*domain.StatementLineRecorded); ok {
					lines[n] = line.Line
				}
			}
		}
	}
	return &domain.MatchStatementLine{Line: lines[serial], Entry: entry, Evidence: on("2019")}
}

// reconcile matches a line with the receipt of the fund r, and takes that back.
func reconcile(s *story) {
	entry := ""
	for name, events := range s.entries {
		if e, ok := events[0].(*domain.FundsReceived); ok && e.Fund == "r" {
			entry = name
		}
	}
	s.and(statementFormat(), statementLine("1", "5", ""), match2("1", entry), &domain.UnmatchStatementLine{Line: match2("1", entry).Line, Reason: "wrong", Evidence: on("2019")})
}
