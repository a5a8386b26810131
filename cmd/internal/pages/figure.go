package pages

import (
	"net/http"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
)

// unit is in what amounts are shown. It never feeds a sum: a figure in 万元 has
// all its digits.
type unit struct {
	name string // in the cookie and in the keys of texts
	in   domain.DisplayUnit
}

var units = []unit{{"yuan", domain.Yuan}, {"wan", domain.TenThousandYuan}, {"yi", domain.HundredMillionYuan}}

// unitCookie keeps the choice of a person.
const unitCookie = "unit"

func unitOf(r *http.Request) unit {
	if c, err := r.Cookie(unitCookie); err == nil {
		for _, u := range units {
			if u.name == c.Value {
				return u
			}
		}
	}
	return units[0]
}

// number writes the number of an amount in the unit, without the unit's name:
// "37,210,000.00", "3,721".
func (u unit) number(m domain.Money) string {
	if u.in == domain.Yuan {
		return m.Grouped()
	}
	digits, _, _ := strings.Cut(m.In(u.in), " ")
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}

// cell is one value on a page. An amount that nobody reported is Unknown, which
// is not zero.
type cell struct {
	Text        string
	Href        string // what is behind it
	Why         string // how the number came about, step by step
	Exact       string // an amount with its currency, where the text is in another unit
	State       string // a code that a colour may go with
	Pick        string // value of a box to choose it with; the text says what
	Picked      bool
	Number      bool
	Unknown     bool
	Approximate bool
	Negative    bool
}

func text(s string) cell { return cell{Text: s} }

func linked(s, href string) cell { return cell{Text: s, Href: href} }

// amount shows decimal text of a currency; nil is not reported. The currency is
// named where it is not that of the ledger.
func (v *visit) amount(decimal *string, c domain.Currency, approximate bool, href string) cell {
	if decimal == nil {
		return cell{Number: true, Unknown: true}
	}
	m, err := web.MoneyOf(*decimal, c)
	if err != nil {
		return cell{Number: true, Text: *decimal + " " + string(c), Href: href} // a currency that is no longer in use
	}
	out := cell{Number: true, Text: v.unit.number(m), Href: href, Negative: m.Minor < 0, Approximate: approximate && !m.IsZero()}
	if own := v.ledger.Currency; own != "" && c != own {
		out.Text += " " + string(c)
	}
	if v.unit.in != domain.Yuan {
		out.Exact = m.Grouped() + " " + string(c)
	}
	return out
}

// exact shows an exact amount.
func (v *visit) exact(m domain.Money, href string) cell {
	decimal := m.Decimal()
	return v.amount(&decimal, m.Currency, false, href)
}

// minor returns decimal text as minor units, and whether it is known.
func minor(decimal *string, c domain.Currency) (int64, bool) {
	if decimal == nil {
		return 0, false
	}
	m, err := web.MoneyOf(*decimal, c)
	return m.Minor, err == nil
}
