package domain_test

import (
	"errors"
	"strings"
	"testing"

	"aidledger/domain"
)

// refusalOf returns the refusal inside an error, or an empty one.
func refusalOf(err error) domain.Refusal {
	var r *domain.Refusal
	if errors.As(err, &r) {
		return *r
	}
	return domain.Refusal{}
}

func TestParseCurrencyAcceptsActiveCodes(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     domain.Currency
		exponent int
	}{
		{"the yuan has fen", "CNY", "CNY", 2},
		{"small letters and spaces are normalised", " cny\u00a0", "CNY", 2},
		{"full-width letters are normalised", "ＵＳＤ\u3000", "USD", 2},
		{"the yen has no decimals", "JPY", "JPY", 0},
		{"the won has no decimals", "KRW", "KRW", 0},
		{"the peso of Chile has no decimals", "CLP", "CLP", 0},
		{"the krona of Iceland has no decimals", "ISK", "ISK", 0},
		{"the dinar of Kuwait has three decimals", "KWD", "KWD", 3},
		{"the rial of Oman has three decimals", "OMR", "OMR", 3},
		{"the unidad de fomento has four decimals", "CLF", "CLF", 4},
		{"the Caribbean guilder came in 2025", "XCG", "XCG", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseCurrency(c.in)
			if err != nil || got != c.want || got.Exponent() != c.exponent {
				t.Errorf("ParseCurrency(%q) = %q with %d decimals, %v; want %q with %d", c.in, got, got.Exponent(), err, c.want, c.exponent)
			}
		})
	}
}

func TestParseCurrencyRefusesAnythingElse(t *testing.T) {
	const code = "use its code of three letters, such as CNY, USD or EUR"
	for _, c := range []struct{ name, in, hint string }{
		{"RMB is not a code", "RMB", "use CNY"},
		{"rmb in small letters is not a code", "rmb", "use CNY"},
		{"人民币 is a name", "人民币", "use CNY"},
		{"the full-width yuan sign is a sign", "￥", "use CNY"},
		{"nothing", "", code},
		{"the code for no currency", "XXX", code},
		{"the code for tests", "XTS", code},
		{"gold", "XAU", code},
		{"special drawing rights, which have no minor unit", "XDR", code},
		{"a currency withdrawn in 2023", "HRK", code},
		{"a code that does not exist", "ABC", code},
		{"a code with more after it", "CNY1", code},
		{"a code with a NUL", "CN\x00", code},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseCurrency(c.in)
			if r := refusalOf(err); got != "" || r.Code != "currency_unknown" || r.Hint != c.hint {
				t.Errorf("ParseCurrency(%q) = %q, %#v; want currency_unknown with hint %q", c.in, got, r, c.hint)
			}
		})
	}
}

func TestWhatOthersPublishedMayBeInACurrencyThatIsNoLongerPaidIn(t *testing.T) {
	for _, c := range []struct {
		in       string
		exponent int
	}{{"zmk", 2}, {"BYR", 0}, {"XDR", 2}, {"JPY", 0}} {
		got, err := domain.ParseReportedCurrency(c.in)
		if err != nil || !strings.EqualFold(string(got), c.in) || got.Exponent() != c.exponent {
			t.Errorf("ParseReportedCurrency(%q) = %q with %d decimals, %v", c.in, got, got.Exponent(), err)
		}
	}
	if _, err := domain.ParseReportedCurrency("RMB"); refusalOf(err).Hint != "use CNY" {
		t.Errorf("RMB: %v", err)
	}
	reported := &domain.RecordReportedTransaction{Report: domain.Report{System: "S", Activity: "A", Type: "3"}, Currency: "xdr"}
	if err := domain.Check(reported); err != nil || reported.Currency != "XDR" {
		t.Errorf("reported in %s: %v", reported.Currency, err)
	}
	if err := domain.Check(&domain.OpenLedger{Title: "T", Currency: "XDR"}); err == nil {
		t.Error("a ledger counts in XDR")
	}
}
