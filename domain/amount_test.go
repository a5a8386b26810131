package domain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"aidledger/domain"
)

func TestParseAmountReadsWhatPeopleWrite(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"digits", "37210000", "37210000"},
		{"groups and decimals", "37,210,000.00", "37210000"},
		{"one group", "1,234.5", "1234.5"},
		{"no groups with decimals", "1234567.89", "1234567.89"},
		{"万", "3721万", "37210000"},
		{"万元", "3721万元", "37210000 CNY"},
		{"万元 after a space, as we show it", "3721 万元", "37210000 CNY"},
		{"grouped 万元 with decimals", "1,234.5678万元", "12345678 CNY"},
		{"亿", "0.3721亿", "37210000"},
		{"亿元", "0.3721亿元", "37210000 CNY"},
		{"full-width digits and point", "１２３４．５０", "1234.5"},
		{"full-width groups and sign", "￥３７，２１０，０００．００", "37210000 CNY"},
		{"a yuan sign", "¥100", "100 CNY"},
		{"a yuan sign and 元", "¥ 100 元", "100 CNY"},
		{"元", "100元", "100 CNY"},
		{"a code in front", "CNY 100.00", "100 CNY"},
		{"a code behind", "100.00 CNY", "100 CNY"},
		{"a code without a space in small letters", "100usd", "100 USD"},
		{"万 of another currency", "3721万 USD", "37210000 USD"},
		{"spaces around", " 100.00 ", "100"},
		{"a no-break space behind", "100.00\u00a0", "100"},
		{"an ideographic space behind", "100.00\u3000", "100"},
		{"0.00001万元 is ten fen", "0.00001万元", "0.1 CNY"},
		{"1.10 and 1.1 are one amount", "1.10", "1.1"},
		{"nothing", "0", "0"},
		{"nothing with decimals", "0.00", "0"},
		{"minus nothing is nothing", "-0", "0"},
		{"a negative amount", "-1,234.50", "-1234.5"},
		{"a negative amount with a full-width sign", "－５", "-5"},
		{"a negative amount with a currency in front", "-¥5", "-5 CNY"},
		{"a sign after the currency", "¥-5", "-5 CNY"},
		{"a sign after the code", "CNY -5", "-5 CNY"},
		{"parentheses", "(1,234.50)", "-1234.5"},
		{"full-width parentheses around all of it", "（¥3721万元）", "-37210000 CNY"},
		{"sixteen digits", "9999999999999999", "9999999999999999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseAmount(c.in)
			if err != nil || got.String() != c.want {
				t.Errorf("ParseAmount(%q) = %v, %v; want %s", c.in, got, err, c.want)
			}
			if again, err := domain.ParseAmountStrict(got.String()); err != nil || again != got {
				t.Errorf("%v is read again as %v, %v", got, again, err)
			}
		})
	}
}

func TestParseAmountRefusesEverythingElseWhole(t *testing.T) {
	const format = "amount_format"
	for _, c := range []struct{ name, in, code, hint string }{
		{"nothing", "", format, "write a number"},
		{"only spaces", " \u3000", format, "write a number"},
		{"Indian grouping", "1,23,456.00", format, "group digits in threes"},
		{"a decimal comma", "12,34", format, "group digits in threes"},
		{"a group of four", "1,2345", format, "group digits in threes"},
		{"a first group of four", "1234,567", format, "group digits in threes"},
		{"an empty first group", ",123", format, "group digits in threes"},
		{"an empty last group", "1,234,", format, "group digits in threes"},
		{"a comma in the decimals", "1.234,567", format, "group digits in threes"},
		{"a grouped leading zero", "0,123", format, "group digits in threes"},
		{"a leading zero", "0123", format, "write it like"},
		{"no digit after the point", "1.", format, "write it like"},
		{"no digit before the point", ".5", format, "write it like"},
		{"two points", "1.2.3", format, "write it like"},
		{"only a point", ".", format, "write it like"},
		{"two signs", "--5", format, "write it like"},
		{"a sign on both sides of the currency", "-¥-5", format, "write it like"},
		{"a sign in parentheses", "(-5)", format, "write it like"},
		{"a plus sign", "+5", format, "write it like"},
		{"a sign behind", "5-", format, "write it like"},
		{"an open parenthesis", "(5", format, "write it like"},
		{"a closing parenthesis", "5)", format, "write it like"},
		{"empty parentheses", "()", format, "write it like"},
		{"an exponent that overflows", "1e400", format, "without an exponent"},
		{"an exponent", "1e3", format, "without an exponent"},
		{"an exponent in capitals with a sign", "1E+3", format, "without an exponent"},
		{"not a number", "NaN", format, "write it like"},
		{"infinity", "Inf", format, "write it like"},
		{"hexadecimal", "0x10", format, "write it like"},
		{"underscores", "1_000", format, "write it like"},
		{"spaces inside", "37 210 000", format, "write it like"},
		{"a line break behind", "100\n", format, "write it like"},
		{"a NUL inside", "1\x000", format, "write it like"},
		{"bytes that are not UTF-8", "100\xff", format, "write it like"},
		{"Arabic-Indic digits", "٣٤٥", format, "digits 0 to 9"},
		{"mathematical digits", "𝟏𝟐", format, "digits 0 to 9"},
		{"capital numerals", "叁仟柒佰贰拾壹万元整", format, "write it in digits"},
		{"everyday numerals", "三千七百万", format, "write it in digits"},
		{"a numeral as a unit", "5千", format, "write it in digits"},
		{"only a unit", "万", format, "write it like"},
		{"two units", "3万亿", format, "write it like"},
		{"a mixed notation", "3亿7210万", format, "write it like"},
		{"about", "约3721万元", format, "write it like"},
		{"more than", "3721万元以上", format, "write it like"},
		{"a range", "3-5", format, "write it like"},
		{"a percentage", "5%", format, "write it like"},
		{"two currencies", "USD 5元", format, "write it like"},
		{"a currency without a number", "CNY", format, "write it like"},
		{"RMB", "RMB 100", "currency_unknown", "use CNY"},
		{"RMB behind", "100 RMB", "currency_unknown", "use CNY"},
		{"a code that does not exist", "100 ABC", "currency_unknown", "use its code"},
		{"seventeen digits", "92233720368547758.07", "amount_too_large", "within 9007199254740991"},
		{"four hundred digits", "1" + strings.Repeat("0", 400), "amount_too_large", "within"},
		{"亿 that make too many digits", "999999999亿", "amount_too_large", "within"},
		{"more decimals than any currency", "0.00000000001", "amount_precision", "smallest unit"},
		{"a tail of decimals", "1." + strings.Repeat("0", 300) + "1", "amount_precision", "smallest unit"},
		{"more digits than can be kept", "1234567890123456.7891", "amount_precision", "smallest unit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := domain.ParseAmount(c.in)
			r := refusalOf(err)
			if r.Code != c.code || !strings.Contains(r.Hint, c.hint) || got != (domain.Amount{}) {
				t.Errorf("ParseAmount(%q) = %v, %#v; want %s with hint %q", c.in, got, r, c.code, c.hint)
			}
		})
	}
}

func TestStrictAmountsNeedAUnitThatSaysOfWhat(t *testing.T) {
	for _, c := range []struct{ name, in, hint string }{
		{"万 alone", "3721万", "write 37210000.00 or 3721万元"},
		{"亿 alone", "0.3721亿", "write 37210000.00 or 0.3721亿元"},
		{"万 alone below zero", "(1.5万)", "write -15000.00 or -1.5万元"},
		{"a small part of 万", "0.0000001万", "write 0.001 or 0.0000001万元"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := domain.ParseAmount(c.in); err != nil {
				t.Errorf("a person may write %q, but: %v", c.in, err)
			}
			_, err := domain.ParseAmountStrict(c.in)
			if r := refusalOf(err); r.Code != "amount_unit_ambiguous" || r.Hint != c.hint {
				t.Errorf("ParseAmountStrict(%q): %#v; want hint %q", c.in, r, c.hint)
			}
		})
	}
	for _, in := range []string{"3721万元", "¥3721万", "3721万 CNY", "37210000"} {
		if _, err := domain.ParseAmountStrict(in); err != nil {
			t.Errorf("ParseAmountStrict(%q): %v", in, err)
		}
	}
}

func TestAmountBecomesMoneyWithoutRounding(t *testing.T) {
	for _, c := range []struct {
		name, in string
		currency domain.Currency
		want     int64
		code     string
	}{
		{"yuan", "37,210,000", "CNY", 3721000000, ""},
		{"1.10 is 110 fen", "1.10", "CNY", 110, ""},
		{"1.1 is 110 fen", "1.1", "CNY", 110, ""},
		{"zeros beyond the fen do no harm", "1.100", "CNY", 110, ""},
		{"0.00001万元 is ten fen", "0.00001万元", "CNY", 10, ""},
		{"three decimals of dinars", "1.234", "KWD", 1234, ""},
		{"yen", "100", "JPY", 100, ""},
		{"a negative amount", "(5.05)", "CNY", -505, ""},
		{"the ceiling", "90071992547409.91", "CNY", domain.MaxMinor, ""},
		{"a tenth of a fen", "0.001", "CNY", 0, "amount_precision"},
		{"half a yen", "0.5", "JPY", 0, "amount_precision"},
		{"one fen above the ceiling", "90071992547409.92", "CNY", 0, "amount_too_large"},
		{"one fen below the floor", "-90071992547409.92", "CNY", 0, "amount_too_large"},
		{"sixteen digits of yuan", "9999999999999999", "CNY", 0, "amount_too_large"},
		{"a product beyond 64 bits, which would wrap to 8,384", "1844674407370956", "CLF", 0, "amount_too_large"},
		{"dollars are not yuan", "100 USD", "CNY", 0, "currency_mismatch"},
		{"yuan are not yen, although both write ¥", "¥100", "JPY", 0, "currency_mismatch"},
		{"an unknown currency", "100", "RMB", 0, "currency_unknown"},
		{"no currency", "100", "", 0, "currency_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := domain.ParseAmount(c.in)
			if err != nil {
				t.Fatal(err)
			}
			want := domain.Money{Minor: c.want, Currency: c.currency}
			if c.code != "" {
				want = domain.Money{}
			}
			if got, err := a.Money(c.currency); got != want || refusalOf(err).Code != c.code {
				t.Errorf("%q in %s is %v, %v; want %v and code %q", c.in, c.currency, got, err, want, c.code)
			}
		})
	}
}

func TestAmountInJSONIsAString(t *testing.T) {
	var v struct{ Amount domain.Amount }
	if err := json.Unmarshal([]byte(`{"amount":"1.10 CNY"}`), &v); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(v); err != nil || string(b) != `{"Amount":"1.1 CNY"}` {
		t.Errorf("got %s, %v", b, err)
	}
	for _, bad := range []string{`0.1`, `1e400`, `37210000`} {
		if err := json.Unmarshal([]byte(`{"amount":`+bad+`}`), &v); err == nil {
			t.Errorf("the JSON number %s was read as %v", bad, v.Amount)
		}
	}
	if v.Amount.Currency() != "CNY" || v.Amount.IsZero() || v.Amount.IsNegative() {
		t.Errorf("a failed decoding changed the amount to %v", v.Amount)
	}
}

func TestRefusalsShowTheValueShortAndPrintable(t *testing.T) {
	_, err := domain.ParseAmount("\x1b[31m\u202e" + strings.Repeat("钱", 500))
	message := refusalOf(err).Message
	if strings.ContainsAny(message, "\x1b\u202e") || !strings.Contains(message, `\x1b[31m\u202e钱`) {
		t.Errorf("control characters are not escaped: %q", message)
	}
	value := strings.TrimSuffix(message, " is not an amount")
	if n := utf8.RuneCountInString(value); n != 60 || !strings.HasSuffix(value, `…"`) {
		t.Errorf("the value has %d characters: %s", n, value)
	}
}

func TestAmountTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
		whole := rapid.StringMatching(`0|[1-9][0-9]{0,15}`).Draw(t, "whole")
		fraction := rapid.StringMatching(`|\.[0-9]{1,3}`).Draw(t, "fraction")
		currency := rapid.SampledFrom([]string{"", " CNY", "元", " USD"}).Draw(t, "currency")
		text := sign + whole + fraction + currency
		a, err := domain.ParseAmount(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := domain.ParseAmountStrict(a.String())
		if err != nil || again != a {
			t.Fatalf("%q is %v and then %v, %v", text, a, again, err)
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{
		"37210000", "37,210,000.00", "3721万", "3721万元", "0.3721亿", "１２３４．５０", "￥100", "(¥5.00)",
		"USD -5", "1,23,456.00", "1e400", "NaN", "叁仟柒佰贰拾壹万元整", "٣٤٥", "-0", "100.00\u3000", "1.", ".5", "RMB 1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := domain.ParseAmount(s)
		strict, strictErr := domain.ParseAmountStrict(s)
		if err != nil {
			if refusalOf(err).Code == "" || strictErr == nil || a != (domain.Amount{}) {
				t.Fatalf("%q is refused with %v, strictly with %v", s, err, strictErr)
			}
			return
		}
		if strictErr != nil && refusalOf(strictErr).Code != "amount_unit_ambiguous" || strictErr == nil && strict != a {
			t.Fatalf("%q is %v, but strictly %v, %v", s, a, strict, strictErr)
		}
		if again, err := domain.ParseAmountStrict(a.String()); err != nil || again != a {
			t.Fatalf("%q is %v and then %v, %v", s, a, again, err)
		}
		currency := a.Currency()
		if currency == "" {
			currency = "CNY"
		}
		if m, err := a.Money(currency); err == nil {
			back, err := domain.ParseAmount(m.String())
			if err != nil || back.IsNegative() != a.IsNegative() || back.IsZero() != a.IsZero() {
				t.Fatalf("%q is %v, and that is %v, %v", s, m, back, err)
			}
		}
	})
}

func ExampleParseAmount() {
	for _, text := range []string{"37,210,000.00", "3721万元", "￥０．５", "12,34"} {
		amount, err := domain.ParseAmount(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		money, err := amount.Money("CNY")
		fmt.Println(money, err)
	}
	// Output:
	// 37210000.00 CNY <nil>
	// 37210000.00 CNY <nil>
	// 0.50 CNY <nil>
	// "12,34" is not an amount; group digits in threes, as in 37,210,000.00, or leave out the commas
}
