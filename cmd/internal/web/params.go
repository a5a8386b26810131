package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// params reads the parameters of a query string and collects what is wrong
// with them. Every getter names the parameter that it takes; what nobody took
// is unknown.
type params struct {
	values url.Values
	taken  []string
	found  domain.Refusals
}

func newParams(r *http.Request) *params {
	p := &params{}
	var err error
	if p.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		p.found = append(p.found, &domain.Refusal{Code: "query_malformed", Message: "the query string is malformed", Hint: "escape it as in a URL"})
	}
	return p
}

// err returns everything that is wrong, or nil. It comes after the getters.
func (p *params) err() error {
	for name, values := range p.values {
		switch known := slices.Contains(p.taken, name); {
		case known && len(values) > 1:
			p.fault(name, &domain.Refusal{Code: "parameter_repeated", Message: name + " is given twice", Hint: "give it once"})
		case known:
		case name == "as_of" || name == "effective_until":
			p.fault(name, &domain.Refusal{Code: "no_history", Message: "this answer has no history, so " + name + " has no meaning",
				Hint: "leave it out"})
		default:
			p.fault(name, &domain.Refusal{Code: "unknown_parameter", Message: fmt.Sprintf("there is no parameter %q", shorten(name)),
				Hint: "use one of " + strings.Join(p.taken, ", ")})
		}
	}
	if len(p.found) == 0 {
		return nil
	}
	slices.SortFunc(p.found, func(a, b *domain.Refusal) int { return strings.Compare(a.Field, b.Field) })
	return p.found
}

func (p *params) fault(name string, r *domain.Refusal) {
	r.Field = shorten(name)
	p.found = append(p.found, r)
}

func (p *params) malformed(name, hint string) {
	p.fault(name, &domain.Refusal{Code: "parameter_malformed",
		Message: fmt.Sprintf("%q is no value of %s", shorten(p.values.Get(name)), name), Hint: hint})
}

func (p *params) text(name string) string {
	p.taken = append(p.taken, name)
	return p.values.Get(name)
}

// number reads a whole number between least and most; def where it is left out.
func (p *params) number(name string, def, least, most int) int {
	text := p.text(name)
	if text == "" {
		return def
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.malformed(name, fmt.Sprintf("use a whole number between %d and %d", least, most))
	}
	return n
}

func (p *params) flag(name string) bool {
	switch text := p.text(name); {
	case text == "true" || text == "1", text == "" && p.values.Has(name):
		return true
	case text != "" && text != "false" && text != "0":
		p.malformed(name, "use true or false")
	}
	return false
}

func (p *params) id(name string) domain.ID {
	text := p.text(name)
	if text == "" {
		return ""
	}
	id, err := domain.ParseID(text)
	if err != nil {
		p.malformed(name, "use an id of the ledger")
	}
	return id
}

func (p *params) date(name string) domain.Date {
	text := p.text(name)
	if text == "" {
		return domain.Date{}
	}
	d, err := domain.ParseDate(text)
	if err != nil {
		p.malformed(name, "use a date such as 2018-12-31, 2018-12 or 2018")
	}
	return d
}

func (p *params) currency(name string) domain.Currency {
	text := p.text(name)
	if text == "" {
		return ""
	}
	c, err := domain.ParseCurrency(text)
	if err != nil {
		p.malformed(name, "use an ISO 4217 code such as CNY")
	}
	return c
}

// position reads a position; zero where it is left out.
func (p *params) position(name string) eventstore.Position {
	text := p.text(name)
	if text == "" {
		return eventstore.Position{}
	}
	at, err := eventstore.ParsePosition(text)
	if err != nil {
		p.malformed(name, "use a position such as 12 or 12.3")
	}
	return at
}

// asOf reads as_of, a position or an instant of RFC 3339, and effective_until.
func (p *params) asOf() projections.AsOf {
	as := p.point("as_of")
	as.EffectiveUntil = p.date("effective_until")
	return as
}

// point reads a position or an instant of RFC 3339.
func (p *params) point(name string) (as projections.AsOf) {
	// A + that was not escaped arrives as a space, and no time has a space in it.
	text := strings.ReplaceAll(p.text(name), " ", "+")
	if text == "" {
		return as
	}
	var err error
	if as.Position, err = eventstore.ParsePosition(text); err == nil {
		return as
	}
	if as.Time, err = time.Parse(time.RFC3339, text); err != nil {
		p.malformed(name, "use a position such as 12.3, or a time such as 2018-12-31T23:59:59+08:00")
	}
	as.Time = as.Time.UTC()
	return as
}
