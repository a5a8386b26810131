package projections

import (
	"fmt"
	"slices"
	"testing"

	"aidledger/domain"
)

// report is a transaction that somebody published.
func report(activity, reference, sum, date string) *domain.RecordReportedTransaction {
	return &domain.RecordReportedTransaction{
		Report:   domain.Report{System: "GB-CHC-1", Activity: activity, Title: "title", Type: "3", Receiver: "village"},
		Amount:   amountOf(sum),
		Currency: "GBP", Evidence: domain.Evidence{Date: dateOf(date), SourceReference: reference},
	}
}

// reportedLines are the rows of totals, each as one text.
func reportedLines(t *testing.T, db *DB, q ReportedTotalsQuery) []string {
	t.Helper()
	q.Ledger = "one"
	var lines []string
	for {
		got, err := db.ReportedTotals(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Rows {
			lines = append(lines, fmt.Sprintf("%s%s>%s %s %s %d %s %d %s", r.Line, r.Key, r.Receiver, r.Type, r.Currency, r.Count, r.Amount, r.Published, r.PublishedAmount))
		}
		if q.After = got.Next; q.After == "" {
			return lines
		}
	}
}

func TestReportedTotalsAreApartFromOwnFigures(t *testing.T) {
	log := newMemory()
	p := newProgramme(t, log, "one", 1)
	db := open(t)
	r := running(t, db, log)
	p.must(report("A", "1", "10", "2018"))
	again := report("A", "1", "10", "2018")
	again.Occurrence, again.Repeated = 2, true
	p.must(again)
	minus := report("B", "2", "-0.05", "2019-03-01")
	minus.Provider = "donor"
	minus.Recipients = []domain.ReportedShare{{Code: "CD", Percent: quantityOf("60")}, {Code: "RW", Percent: quantityOf("40")}}
	p.must(minus)
	yen := report("B", "3", "7", "2019")
	yen.Currency, yen.Type = "JPY", "4"
	p.must(yen)
	p.must(&domain.ReverseEntry{Entry: p.must(report("C", "9", "1", "2018")), Reason: "published by mistake"})
	p.close()
	reach(t, r)
	for by, want := range map[string][]string{
		"year":      {"2018> 3 GBP 1 10.00 2 20.00", "2019> 3 GBP 1 -0.05 1 -0.05", "2019> 4 JPY 1 7 1 7"},
		"type":      {"> 3 GBP 2 9.95 3 19.95", "> 4 JPY 1 7 1 7"},
		"activity":  {"A> 3 GBP 1 10.00 2 20.00", "B> 3 GBP 1 -0.05 1 -0.05", "B> 4 JPY 1 7 1 7"},
		"flow":      {">village 3 GBP 1 10.00 2 20.00", ">village 4 JPY 1 7 1 7", "donor>village 3 GBP 1 -0.05 1 -0.05"},
		"recipient": {"not-assigned> 3 GBP 1 10.00 2 20.00", "not-assigned> 4 JPY 1 7 1 7", "CD> 3 GBP 1 -0.03 1 -0.03", "RW> 3 GBP 1 -0.02 1 -0.02"},
	} {
		for _, limit := range []int{0, 1, 2} {
			if got := reportedLines(t, db, ReportedTotalsQuery{By: by, Limit: limit}); !slices.Equal(got, want) {
				t.Errorf("by %s in pages of %d: %q, want %q", by, limit, got, want)
			}
		}
	}
	if got := reportedLines(t, db, ReportedTotalsQuery{By: "type", Year: 2019, Currency: "GBP"}); !slices.Equal(got, []string{"> 3 GBP 1 -0.05 1 -0.05"}) {
		t.Errorf("of 2019 in pounds: %q", got)
	}
	if own := totals(t, db, TotalsQuery{Ledger: "one", By: "year"}); len(own.Rows) > 0 {
		t.Errorf("own figures are %+v", own.Rows)
	}
	page, err := db.Reported(t.Context(), ReportedQuery{Ledger: "one", Limit: 1, Year: 2019})
	if err != nil || len(page.Transactions) != 1 || page.Transactions[0].Reason == "" || !slices.Contains(page.Transactions[0].Anomalies, "adjustment") {
		t.Errorf("%+v %v", page, err)
	}
	page, err = db.Reported(t.Context(), ReportedQuery{Ledger: "one", Limit: 1, Year: 2019, After: page.Next})
	if err != nil || len(page.Transactions) != 1 || page.Next != "" || page.Transactions[0].Amount != "7" {
		t.Errorf("the second page is %+v %v", page, err)
	}
	verified(t, r)
}

func TestSumsOfAnySizeAreDecimalText(t *testing.T) {
	for _, c := range [][3]string{{"5", "GBP", "0.05"}, {"-5", "GBP", "-0.05"}, {"123456789012345678901", "GBP", "1234567890123456789.01"}, {"0", "KWD", "0.000"}, {"-7", "JPY", "-7"}} {
		if got := pointed(c[0], domain.Currency(c[1])); got != c[2] {
			t.Errorf("%s %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
