package domain_test

import (
	"fmt"
	"testing"

	"aidledger/domain"
)

func TestCapitalsFollowTheRuleForVouchers(t *testing.T) {
	for _, c := range []struct {
		fen  int64
		want string
	}{
		{3721000000, "叁仟柒佰贰拾壹万元整"},
		{111230000, "壹佰壹拾壹万贰仟叁佰元整"},
		{481030000, "肆佰捌拾壹万零叁佰元整"},
		{10187860000, "壹亿零壹佰捌拾柒万捌仟陆佰元整"},
		{140950, "壹仟肆佰零玖元伍角"},
		{600714, "陆仟零柒元壹角肆分"},
		{168032, "壹仟陆佰捌拾元零叁角贰分"},
		{10700053, "壹拾万柒仟元零伍角叁分"},
		{1640902, "壹万陆仟肆佰零玖元零贰分"},
		{32504, "叁佰贰拾伍元零肆分"},
		{0, "零元整"},
		{1, "壹分"},
		{10, "壹角"},
		{12, "壹角贰分"},
		{100, "壹元整"},
		{1000, "壹拾元整"},
		{1005, "壹拾元零伍分"},
		{1050, "壹拾元零伍角"},
		{1100, "壹拾壹元整"},
		{100100, "壹仟零壹元整"},
		{101000, "壹仟零壹拾元整"},
		{110100, "壹仟壹佰零壹元整"},
		{1000000, "壹万元整"},
		{1000100, "壹万零壹元整"},
		{10000000, "壹拾万元整"},
		{10030000, "壹拾万零叁佰元整"},
		{100700000, "壹佰万柒仟元整"},
		{10000000000, "壹亿元整"},
		{10000000100, "壹亿零壹元整"},
		{10000500000, "壹亿零伍仟元整"},
		{15000000000, "壹亿伍仟万元整"},
		{10010000000, "壹亿零壹拾万元整"},
		{100000000000000, "壹万亿元整"},
		{100010000000000, "壹万零壹亿元整"},
		{100000000000100, "壹万亿零壹元整"},
		{domain.MaxMinor, "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分"},
	} {
		t.Run(cny(c.fen).Grouped(), func(t *testing.T) {
			if got, err := cny(c.fen).Capitals(); err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestCapitalsAreForYuanOfZeroOrMore(t *testing.T) {
	for _, c := range []struct {
		name, code string
		m          domain.Money
	}{
		{"dollars", "currency_mismatch", domain.Money{Minor: 1, Currency: "USD"}},
		{"no currency", "currency_mismatch", domain.Money{}},
		{"a reversal", "amount_not_positive", cny(-1)},
		{"more than the ceiling", "amount_too_large", cny(domain.MaxMinor + 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := c.m.Capitals(); got != "" || refusalOf(err).Code != c.code {
				t.Errorf("got %q, %v; want code %q", got, err, c.code)
			}
		})
	}
}

func ExampleMoney_Capitals() {
	capitals, err := domain.Money{Minor: 3721000000, Currency: "CNY"}.Capitals()
	fmt.Println(capitals, err)
	// Output: 叁仟柒佰贰拾壹万元整 <nil>
}
