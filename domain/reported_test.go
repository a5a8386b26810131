package domain_test

import (
	"strings"
	"testing"

	"aidledger/domain"
)

func reported(reference, sum, date string) *domain.RecordReportedTransaction {
	return &domain.RecordReportedTransaction{
		Report: domain.Report{System: "GB-CHC-1", Activity: "GB-CHC-1-A", Type: "3"},
		Amount: amount(sum), Currency: "GBP", Evidence: domain.Evidence{Date: day(date), SourceReference: reference},
	}
}

func outside(c *domain.RecordReportedTransaction) *domain.RecordReportedTransaction {
	c.Outside = true
	return c
}

func gbp(pence int64) domain.Money { return domain.Money{Minor: pence, Currency: "GBP"} }

func TestReportsAreFactsThatNoRuleJudges(t *testing.T) {
	report := domain.Report{System: "GB-CHC-1", Activity: "GB-CHC-1-A", Type: "3"}
	negative := report
	negative.Reason = "the source gives a negative amount, which corrects an earlier one"
	rounded := report
	rounded.SourceAmount = "2.345"
	for _, c := range []struct {
		name string
		when *domain.RecordReportedTransaction
		then *domain.TransactionReported
	}{
		{"money that nobody committed", reported("1", "5", "2018-03"),
			&domain.TransactionReported{Report: report, Amount: gbp(500)}},
		{"a correction", reported("1", "-5", "2018"),
			&domain.TransactionReported{Report: negative, Amount: gbp(-500), Anomalies: []string{"adjustment"}}},
		{"nothing", reported("1", "0", "2018"),
			&domain.TransactionReported{Report: report, Amount: gbp(0), Anomalies: []string{"zero_amount"}}},
		{"more decimals than the currency has", reported("1", "2.345", "2018"),
			&domain.TransactionReported{Report: rounded, Amount: gbp(234), Anomalies: []string{"rounded"}}},
		{"the future", reported("1", "5", "2021"),
			&domain.TransactionReported{Report: report, Amount: gbp(500), Anomalies: []string{"date_in_future"}}},
		{"a day on which the activity had not begun", outside(reported("1", "5", "2018")),
			&domain.TransactionReported{Report: outside(reported("1", "5", "2018")).Report, Amount: gbp(500), Anomalies: []string{"outside_activity"}}},
		{"a closed year, without a reference", reported("", "5", "2017-01-01"),
			&domain.TransactionReported{Report: report, Amount: gbp(500), Anomalies: []string{"period_closed", "reference_missing"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.then.Evidence = c.when.Evidence
			given(t, append(opened(), closed(2017))...).when(c.when).then(c.then)
			if m := domain.Movements(c.then); len(m) > 0 {
				t.Errorf("it moves %+v", m)
			}
		})
	}
	refusals(t, opened(), []refusal{
		{"of a type that IATI does not have", nil, &domain.RecordReportedTransaction{Report: domain.Report{System: "s", Activity: "a", Type: "14"}}, "value_unknown", "type", nil},
		{"in two currencies", nil, &domain.RecordReportedTransaction{Report: report, Amount: amount("1 USD"), Currency: "GBP"}, "currency_mismatch", "amount", nil},
	})
}

func TestAReportIsRecordedOnceByWhatItsSourceCallsIt(t *testing.T) {
	again := func(change func(*domain.RecordReportedTransaction)) *domain.RecordReportedTransaction {
		c := reported("1", "5", "2018")
		change(c)
		return c
	}
	s := given(t, append(opened(), reported("1", "5", "2018"))...)
	n := s.told
	s.when(reported("1", "6", "2019")).refused("source_reference_used", "source_reference", "activity=GB-CHC-1-A", "source_reference=1")
	s.and(again(func(c *domain.RecordReportedTransaction) { c.Occurrence = 2 }),
		again(func(c *domain.RecordReportedTransaction) { c.Activity = "B" }),
		again(func(c *domain.RecordReportedTransaction) { c.System = "B" }),
		reported("", "5", "2018"), reported("", "5", "2018"),
		again(func(c *domain.RecordReportedTransaction) { c.SourceReference, c.Fingerprint = "", "1" }))
	s.when(again(func(c *domain.RecordReportedTransaction) { c.SourceReference, c.Fingerprint = "", "1" })).
		refused("source_reference_used", "source_reference", "activity=GB-CHC-1-A", "source_reference=")
	s.and(reversal(n), reported("1", "6", "2019")) // taken back, its reference is free again
}

func TestSharesOfReportsCountWhereTheyAreWhole(t *testing.T) {
	share := func(code, percent string) domain.ReportedShare {
		return domain.ReportedShare{Code: code, Percent: quantity(percent)}
	}
	c := reported("1", "10", "2018")
	c.Recipients = []domain.ReportedShare{share("CD", "33.333333"), share("RW", "33.333333"), share("BI", "33.333334")}
	c.Places = []domain.ReportedShare{share("a", "50"), share("b", "49.9")}
	event := &domain.TransactionReported{Evidence: c.Evidence, Report: c.Report, Amount: gbp(1000), Anomalies: []string{"places_not_assigned"},
		Recipients: []domain.ReportedPart{{Code: "CD", Amount: gbp(333)}, {Code: "RW", Amount: gbp(333)}, {Code: "BI", Amount: gbp(334)}}}
	s := given(t, opened()...)
	n := s.told + 1
	s.when(c).then(event)
	back := *event
	back.Reverses, back.Amount = strings.TrimPrefix(s.entry(n), "entry="), gbp(-1000)
	back.Recipients = []domain.ReportedPart{{Code: "CD", Amount: gbp(-333)}, {Code: "RW", Amount: gbp(-333)}, {Code: "BI", Amount: gbp(-334)}}
	s.when(reversal(n)).then(&domain.EntryReversed{Evidence: on("2018"), Entry: back.Reverses, Reason: "entered twice"}, &back)

	alone := reported("2", "10", "2018")
	alone.Places = []domain.ReportedShare{{Code: "a"}}
	s.when(alone).then(&domain.TransactionReported{Evidence: alone.Evidence, Report: alone.Report, Amount: gbp(1000),
		Places: []domain.ReportedPart{{Code: "a", Amount: gbp(1000)}}})
	unsaid := reported("3", "10", "2018")
	unsaid.Recipients = []domain.ReportedShare{{Code: "CD"}, {Code: "RW"}}
	s.when(unsaid).then(&domain.TransactionReported{Evidence: unsaid.Evidence, Report: unsaid.Report, Amount: gbp(1000), Anomalies: []string{"recipients_not_assigned"}})
}

func TestReportedAmountsAreRoundedHalfToEven(t *testing.T) {
	for _, c := range []struct {
		text, currency, want string
		rounded              bool
	}{
		{"1.005", "GBP", "1.00 GBP", true}, {"1.015", "GBP", "1.02 GBP", true}, {"1.0150001", "GBP", "1.02 GBP", true},
		{"-1.015", "GBP", "-1.02 GBP", true}, {"-0.001", "GBP", "0.00 GBP", true}, {"0.5", "JPY", "0 JPY", true}, {"1.5", "JPY", "2 JPY", true},
		{"1.2345", "KWD", "1.234 KWD", true}, {"1.10", "GBP", "1.10 GBP", false}, {"99.995", "GBP", "100.00 GBP", true},
	} {
		got, rounded, err := amount(c.text).Round(domain.Currency(c.currency))
		if err != nil || got.String() != c.want || rounded != c.rounded {
			t.Errorf("%s %s is %s %v %v, want %s %v", c.text, c.currency, got, rounded, err, c.want, c.rounded)
		}
	}
	if _, _, err := amount("1").Round("XXX"); err == nil {
		t.Error("a currency that there is not is rounded to")
	}
}
