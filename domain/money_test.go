package domain_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"aidledger/domain"
)

func cny(fen int64) domain.Money { return domain.Money{Minor: fen, Currency: "CNY"} }

func TestMoneyIsShown(t *testing.T) {
	for _, c := range []struct {
		name                   string
		m                      domain.Money
		text, grouped          string
		yuan, tenThousand, yi8 string
	}{
		{"a large amount", cny(3721000000), "37210000.00 CNY", "37,210,000.00", "37210000 元", "3721 万元", "0.3721 亿元"},
		{"one fen", cny(1), "0.01 CNY", "0.01", "0.01 元", "0.000001 万元", "0.0000000001 亿元"},
		{"ten fen", cny(10), "0.10 CNY", "0.10", "0.1 元", "0.00001 万元", "0.000000001 亿元"},
		{"nothing", cny(0), "0.00 CNY", "0.00", "0 元", "0 万元", "0 亿元"},
		{"a reversal", cny(-123456), "-1234.56 CNY", "-1,234.56", "-1234.56 元", "-0.123456 万元", "-0.0000123456 亿元"},
		{"three digits with a sign have no comma", cny(-10000), "-100.00 CNY", "-100.00", "-100 元", "-0.01 万元", "-0.000001 亿元"},
		{"the ceiling", cny(domain.MaxMinor), "90071992547409.91 CNY", "90,071,992,547,409.91", "90071992547409.91 元", "9007199254.740991 万元", "900719.9254740991 亿元"},
		{"yen have no decimals", domain.Money{Minor: 1234567, Currency: "JPY"}, "1234567 JPY", "1,234,567", "1234567 JPY", "123.4567 万 JPY", "0.01234567 亿 JPY"},
		{"dinars have three", domain.Money{Minor: -1234567, Currency: "KWD"}, "-1234.567 KWD", "-1,234.567", "-1234.567 KWD", "-0.1234567 万 KWD", "-0.00001234567 亿 KWD"},
		{"the smallest int64 does not wrap", cny(math.MinInt64), "-92233720368547758.08 CNY", "-92,233,720,368,547,758.08", "-92233720368547758.08 元", "-9223372036854.775808 万元", "-922337203.6854775808 亿元"},
		{"the zero Money has no currency", domain.Money{}, "0", "0", "0", "0 万", "0 亿"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := []string{c.m.String(), c.m.Grouped(), c.m.In(domain.Yuan), c.m.In(domain.TenThousandYuan), c.m.In(domain.HundredMillionYuan)}
			want := []string{c.text, c.grouped, c.yuan, c.tenThousand, c.yi8}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("got %q, want %q", got[i], want[i])
				}
			}
		})
	}
}

func TestMoneyTextIsReadOnlyInItsCanonicalForm(t *testing.T) {
	for _, c := range []struct {
		name, text, code string
		want             domain.Money
	}{
		{"yuan and fen", "37210000.00 CNY", "", cny(3721000000)},
		{"less than one yuan", "0.01 CNY", "", cny(1)},
		{"nothing", "0.00 CNY", "", cny(0)},
		{"a negative amount", "-1.10 CNY", "", cny(-110)},
		{"a currency without decimals", "-5 JPY", "", domain.Money{Minor: -5, Currency: "JPY"}},
		{"a currency with three decimals", "1.234 KWD", "", domain.Money{Minor: 1234, Currency: "KWD"}},
		{"the ceiling", "90071992547409.91 CNY", "", cny(domain.MaxMinor)},
		{"the ceiling below zero", "-90071992547409.91 CNY", "", cny(-domain.MaxMinor)},
		{"one fen above the ceiling", "90071992547409.92 CNY", "amount_too_large", domain.Money{}},
		{"2^64 and more", "99999999999999999999999999999999.00 CNY", "amount_too_large", domain.Money{}},
		{"2^64 + 1, which would wrap to 1", "18446744073709551617 JPY", "amount_too_large", domain.Money{}},
		{"minus zero", "-0.00 CNY", "amount_format", domain.Money{}},
		{"a plus sign", "+1.00 CNY", "amount_format", domain.Money{}},
		{"two signs", "--1.00 CNY", "amount_format", domain.Money{}},
		{"a leading zero", "01.00 CNY", "amount_format", domain.Money{}},
		{"missing decimals", "1 CNY", "amount_format", domain.Money{}},
		{"one decimal too few", "1.1 CNY", "amount_format", domain.Money{}},
		{"one decimal too many", "1.100 CNY", "amount_format", domain.Money{}},
		{"decimals where there are none", "5.0 JPY", "amount_format", domain.Money{}},
		{"no digit before the point", ".50 CNY", "amount_format", domain.Money{}},
		{"only a sign before the point", "-.50 CNY", "amount_format", domain.Money{}},
		{"groups", "1,000.00 CNY", "amount_format", domain.Money{}},
		{"two spaces", "1.00  CNY", "amount_format", domain.Money{}},
		{"a space in front", " 1.00 CNY", "amount_format", domain.Money{}},
		{"no currency", "1.00", "amount_format", domain.Money{}},
		{"only a currency", " CNY", "amount_format", domain.Money{}},
		{"only a sign", "- JPY", "amount_format", domain.Money{}},
		{"nothing at all", "", "amount_format", domain.Money{}},
		{"full-width digits", "１.00 CNY", "amount_format", domain.Money{}},
		{"a currency in small letters", "1.00 cny", "currency_unknown", domain.Money{}},
		{"a currency that does not exist", "1.00 RMB", "currency_unknown", domain.Money{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got domain.Money
			err := got.UnmarshalText([]byte(c.text))
			if r := refusalOf(err); r.Code != c.code || got != c.want {
				t.Errorf("%q gives %#v, %v; want %#v and code %q", c.text, got, err, c.want, c.code)
			}
			if back, err := got.MarshalText(); c.code == "" && (err != nil || string(back) != c.text) {
				t.Errorf("%q comes back as %q, %v", c.text, back, err)
			}
		})
	}
}

func TestMoneyIsNotWrittenWhenItCouldNotBeReadBack(t *testing.T) {
	for _, c := range []struct {
		name, code string
		m          domain.Money
	}{
		{"no currency", "currency_unknown", domain.Money{Minor: 1}},
		{"an unknown currency", "currency_unknown", domain.Money{Minor: 1, Currency: "RMB"}},
		{"above the ceiling", "amount_too_large", cny(domain.MaxMinor + 1)},
		{"below the floor", "amount_too_large", cny(-domain.MaxMinor - 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if text, err := c.m.MarshalText(); refusalOf(err).Code != c.code {
				t.Errorf("%#v is written as %q, %v; want code %q", c.m, text, err, c.code)
			}
			if kept, _ := c.m.AppendText([]byte("before")); string(kept) != "before" {
				t.Errorf("a refusal leaves %q behind", kept)
			}
		})
	}
}

func TestMoneyInJSONIsAString(t *testing.T) {
	b, err := json.Marshal(map[string]domain.Money{"amount": cny(110)})
	if err != nil || string(b) != `{"amount":"1.10 CNY"}` {
		t.Fatalf("got %s, %v", b, err)
	}
	var m struct{ Amount domain.Money }
	if err := json.Unmarshal([]byte(`{"amount": 1.1}`), &m); err == nil {
		t.Fatalf("a JSON number was read as %v", m.Amount)
	}
}

func TestSumsNeverMixCurrenciesAndNeverOverflow(t *testing.T) {
	usd := domain.Money{Minor: 100, Currency: "USD"}
	ceiling := cny(domain.MaxMinor)
	for _, c := range []struct {
		name string
		do   func(domain.Money) (domain.Money, error)
		m    domain.Money
		want domain.Money
		code string
	}{
		{"two amounts are added", cny(10).Add, cny(-3), cny(7), ""},
		{"two amounts are subtracted", cny(10).Sub, cny(13), cny(-3), ""},
		{"a sum may reach the ceiling", ceiling.Add, cny(0), ceiling, ""},
		{"yuan and dollars are not added", cny(10).Add, usd, domain.Money{}, "currency_mismatch"},
		{"yuan and dollars are not subtracted", cny(10).Sub, usd, domain.Money{}, "currency_mismatch"},
		{"nothing without a currency is no yuan", cny(10).Add, domain.Money{}, domain.Money{}, "currency_mismatch"},
		{"a sum above the ceiling", ceiling.Add, cny(1), domain.Money{}, "amount_too_large"},
		{"a difference below the floor", ceiling.Neg().Sub, cny(1), domain.Money{}, "amount_too_large"},
		{"an int64 that would wrap", cny(math.MaxInt64).Add, cny(math.MaxInt64), domain.Money{}, "amount_too_large"},
		{"the smallest int64", cny(0).Sub, cny(math.MinInt64), domain.Money{}, "amount_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.do(c.m)
			if got != c.want || refusalOf(err).Code != c.code {
				t.Errorf("got %v, %v; want %v and code %q", got, err, c.want, c.code)
			}
		})
	}
	if order, err := cny(1).Cmp(cny(2)); order != -1 || err != nil {
		t.Errorf("1 fen against 2 fen gives %d, %v", order, err)
	}
	if _, err := cny(1).Cmp(usd); refusalOf(err).Code != "currency_mismatch" {
		t.Errorf("comparing yuan with dollars gives %v", err)
	}
}

func TestSplitGivesLeftoversToTheLargestRemainders(t *testing.T) {
	for _, c := range []struct {
		name    string
		fen     int64
		weights []int64
		want    []int64
	}{
		{"equal weights: the earlier parts get the rest", 100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{"the largest remainder comes first, wherever it stands", 10, []int64{6, 3, 2}, []int64{5, 3, 2}},
		{"equal remainders go to the earlier parts", 10, []int64{4, 1, 1}, []int64{7, 2, 1}},
		{"a weight of zero gets nothing", 101, []int64{0, 1, 0, 1}, []int64{0, 51, 0, 50}},
		{"more parts than fen", 2, []int64{1, 1, 1}, []int64{1, 1, 0}},
		{"a reversal mirrors the original", -100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{"nothing is split into nothing", 0, []int64{3, 5}, []int64{0, 0}},
		{"one part takes it all", 7, []int64{9}, []int64{7}},
		{"products beyond 64 bits stay exact", domain.MaxMinor, []int64{1<<62 - 1, 1 << 62}, []int64{1<<52 - 1, 1 << 52}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts := cny(c.fen).Split(c.weights)
			for i, p := range parts {
				if p != cny(c.want[i]) {
					t.Errorf("part %d is %v, want %v", i, p, cny(c.want[i]))
				}
			}
		})
	}
}

func magnitude(m domain.Money) int64 { return max(m.Minor, -m.Minor) }

func TestSplitConservesEveryAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-domain.MaxMinor, domain.MaxMinor).Draw(t, "fen")
		weightMax := rapid.SampledFrom([]int64{1, 10, 10_000, 1 << 40, math.MaxInt64 / 64}).Draw(t, "weightMax")
		weights := rapid.SliceOfN(rapid.Int64Range(0, weightMax), 1, 60).Draw(t, "weights")
		weights = append(weights, 1)
		total := new(big.Int)
		for _, w := range weights {
			total.Add(total, big.NewInt(w))
		}
		parts := cny(fen).Split(weights)
		var sum int64
		byWeight := map[int64]domain.Money{}
		for i, p := range parts {
			sum += p.Minor
			// |part × total − amount × weight| < total
			off := new(big.Int).Mul(big.NewInt(p.Minor), total)
			off.Sub(off, new(big.Int).Mul(big.NewInt(fen), big.NewInt(weights[i])))
			if off.CmpAbs(total) >= 0 {
				t.Fatalf("part %d of %d fen by %v is %d, a whole fen off", i, fen, weights, p.Minor)
			}
			if earlier, ok := byWeight[weights[i]]; ok && magnitude(p) > magnitude(earlier) {
				t.Fatalf("part %d of %d fen by %v got more than an earlier one of the same weight", i, fen, weights)
			}
			byWeight[weights[i]] = p
			if weights[i] == 0 && p.Minor != 0 {
				t.Fatalf("part %d has no weight and got %d fen", i, p.Minor)
			}
		}
		if sum != fen || len(parts) != len(weights) {
			t.Fatalf("%d fen by %v become %d parts with %d fen", fen, weights, len(parts), sum)
		}
	})
}

func TestSplitPanicsWhereNoDivisionIsPossible(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []int64
	}{
		{"no weights", nil},
		{"only zeros", []int64{0, 0}},
		{"a negative weight", []int64{2, -1}},
		{"a sum beyond int64", []int64{math.MaxInt64, 1}},
		{"a sum beyond uint64", []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			cny(100).Split(c.weights)
		})
	}
}

func TestMoneyTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := domain.Money{
			Minor:    rapid.Int64Range(-domain.MaxMinor, domain.MaxMinor).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]domain.Currency{"CNY", "JPY", "KWD", "CLF"}).Draw(t, "currency"),
		}
		var got domain.Money
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Fatalf("%v comes back as %v, %v", want, got, err)
		}
		written, err := domain.ParseAmountStrict(want.String())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := written.Money(want.Currency); err != nil || got != want {
			t.Fatalf("%v written by a person comes back as %v, %v", want, got, err)
		}
	})
}

func FuzzMoneyText(f *testing.F) {
	for _, s := range []string{"37210000.00 CNY", "-0.01 CNY", "5 JPY", "1.234 KWD", "0.0001 CLF", "-0.00 CNY", "90071992547409.92 CNY", "1,0 CNY"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var m domain.Money
		if err := m.UnmarshalText([]byte(s)); err != nil {
			if refusalOf(err).Code == "" || m != (domain.Money{}) {
				t.Fatalf("%q is refused with %v and leaves %#v", s, err, m)
			}
			return
		}
		if back, err := m.MarshalText(); err != nil || string(back) != s {
			t.Fatalf("%q comes back as %q, %v", s, back, err)
		}
	})
}

func BenchmarkMoneyAppendText(b *testing.B) {
	m, buf := cny(3721000000), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = m.AppendText(buf[:0])
	}
}

func BenchmarkMoneyUnmarshalText(b *testing.B) {
	text := []byte("37210000.00 CNY")
	var m domain.Money
	b.ReportAllocs()
	for b.Loop() {
		if err := m.UnmarshalText(text); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleMoney_Split() {
	grant := domain.Money{Minor: 10000, Currency: "CNY"}
	for _, share := range grant.Split([]int64{120, 75, 30}) { // households of three villages
		fmt.Println(share)
	}
	// Output:
	// 53.34 CNY
	// 33.33 CNY
	// 13.33 CNY
}
