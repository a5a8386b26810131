package domain

import "strings"

var capitalDigits = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}

// Capitals writes a CNY amount in the capital numerals of vouchers
// (中文大写金额), by the basic rules for filling in bills and settlement vouchers
// in the payment and settlement measures of the People's Bank of China
// (支付结算办法, 正确填写票据和结算凭证的基本规定).
//
// Where the rules leave a choice, one form is kept: 整 ends an amount of whole
// yuan and no other; 零 stands before 角 when the yuan end in 0
// (壹仟陆佰捌拾元零叁角贰分), and is left out between 万 and 仟 (壹拾万柒仟元整);
// an amount below one yuan has no 元 (伍分). Zero is 零元整.
//
// It refuses other currencies with currency_mismatch, negative amounts with
// amount_not_positive and amounts beyond MaxMinor with amount_too_large.
func (m Money) Capitals() (string, error) {
	switch {
	case m.Currency != renminbi:
		return "", refuse("currency_mismatch", "%s has no capital numerals, which are for CNY", m).
			hint("write amounts in other currencies in digits")
	case m.Minor < 0:
		return "", refuse("amount_not_positive", "%s is negative and has no capital numerals", m).
			hint("write the capitals of the amount that is reversed")
	case outOfRange(m.Minor):
		return "", tooLarge(m.String())
	}
	yuan, jiao, fen := m.Minor/100, m.Minor/10%10, m.Minor%10
	var b strings.Builder
	switch {
	case m.Minor == 0:
		return "零元整", nil
	case yuan > 0:
		writeCapitals(&b, yuan)
		b.WriteString("元")
	}
	switch {
	case jiao == 0 && fen == 0:
		b.WriteString("整")
	case yuan > 0 && (jiao == 0 || yuan%10 == 0):
		b.WriteString("零")
	}
	if jiao > 0 {
		b.WriteString(capitalDigits[jiao] + "角")
	}
	if fen > 0 {
		b.WriteString(capitalDigits[fen] + "分")
	}
	return b.String(), nil
}

// writeCapitals writes a number above 0. The part above each unit is itself a
// number, so 10^12 is 壹万亿. A 零 marks a rest whose highest place is empty.
func writeCapitals(b *strings.Builder, n int64) {
	for _, unit := range [...]struct {
		value int64
		name  string
	}{{1e8, "亿"}, {1e4, "万"}, {1000, "仟"}, {100, "佰"}, {10, "拾"}} {
		if n < unit.value {
			continue
		}
		writeCapitals(b, n/unit.value)
		b.WriteString(unit.name)
		rest := n % unit.value
		if rest == 0 {
			return
		}
		if rest < unit.value/10 {
			b.WriteString("零")
		}
		n = rest
	}
	b.WriteString(capitalDigits[n])
}
