package domain

import (
	"slices"
	"strings"
)

// Currency is the alphabetic code of a currency in ISO 4217, in capitals:
// "CNY". The empty Currency means that none was named. A Currency that did not
// come from [ParseCurrency] may be unknown; whatever turns amounts into text or
// back refuses it.
type Currency string

const renminbi Currency = "CNY"

// The active currencies of ISO 4217 (list one with amendment 180), by the number
// of decimals of their minor unit. Funds, metals and test codes (BOV, CHE, XAU,
// XDR, XXX and so on) are left out: aid is not paid in them or they have no
// minor unit. CLF and UYW are units of account that budgets really use.
//
// A code is never taken out, since events that are recorded already carry it.
const (
	wholeUnits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"

	twoDecimals = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN " +
		"BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS " +
		"GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR " +
		"LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD " +
		"PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN " +
		"SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR " +
		"ZMW ZWG"

	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"

	fourDecimals = "CLF UYW"
)

// Codes that are no currency to pay in now, and that others published amounts
// in: those that were withdrawn since, as far as the code list of IATI still has
// them, and the special drawing right, which is counted in hundredths there.
const (
	withdrawnWhole = "BYR"

	withdrawnTwo = "ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF XDR ZMK ZWL"
)

// currencyUnit holds one code as a constant string, so that reading a code from
// bytes needs no allocation.
type currencyUnit struct {
	code      Currency
	exponent  int
	withdrawn bool // only reported amounts are in it
}

var currencies = func() map[string]currencyUnit {
	table := make(map[string]currencyUnit, 192)
	add := func(codes string, exponent int, withdrawn bool) {
		for code := range strings.FieldsSeq(codes) {
			table[code] = currencyUnit{Currency(code), exponent, withdrawn}
		}
	}
	add(wholeUnits, 0, false)
	add(twoDecimals, 2, false)
	add(threeDecimals, 3, false)
	add(fourDecimals, 4, false)
	add(withdrawnWhole, 0, true)
	add(withdrawnTwo, 2, true)
	return table
}()

// Currencies lists all of them by code.
func Currencies() []Currency {
	var all []Currency
	for _, u := range currencies {
		all = append(all, u.code)
	}
	slices.Sort(all)
	return all
}

// ParseCurrency reads the code of an active currency. It trims spaces and
// accepts small and full-width letters. Anything else, common names such as
// "RMB" or "人民币" included, is refused with currency_unknown: a name that
// stands for a code would give one currency two names.
func ParseCurrency(s string) (Currency, error) {
	name := strings.ToUpper(foldWidth(trimSpace(s)))
	if unit, ok := currencies[name]; ok && !unit.withdrawn {
		return unit.code, nil
	}
	return "", unknownCurrency(s, name)
}

// ParseReportedCurrency is like [ParseCurrency], and also knows what others
// publish amounts in and nobody pays in now: "ZMK", "XDR".
func ParseReportedCurrency(s string) (Currency, error) {
	if unit, ok := currencies[strings.ToUpper(foldWidth(trimSpace(s)))]; ok {
		return unit.code, nil
	}
	return ParseCurrency(s)
}

// unknownCurrency takes the text as it was written and its normalised form.
func unknownCurrency(s, name string) *Refusal {
	r := refuse("currency_unknown", "%s is not an active currency of ISO 4217", shown(s))
	switch name {
	case "RMB", "CNH", "YUAN", "人民币", "人民币元", "元", "¥":
		return r.hint("use CNY")
	}
	return r.hint("use its code of three letters, such as CNY, USD or EUR")
}

// Exponent returns the number of decimals of the currency's minor unit: 2 for
// CNY, 0 for JPY, 3 for KWD. It is 0 for a currency that is unknown.
func (c Currency) Exponent() int {
	return currencies[string(c)].exponent
}
