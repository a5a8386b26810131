package fts

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"aidledger/domain"
)

// System is who publishes flows that come in. Others have their boundary behind it.
const System = "fts.unocha.org"

// types are the IATI transaction types of the statuses of a flow, as the one
// who gives would report it.
var types = map[string]string{"pledge": "12", "commitment": "2", "paid": "3"}

// flow is one flow as it is written.
type flow struct {
	id, status, boundary                       string
	amount, originalAmount, original, exchange string
	date                                       string
	description, contribution, method, year    string
	sources, destinations                      []string // names of organisations
	locations                                  []string // to which it goes
	plan, planName                             string
	until                                      string // last year of use, where year is the first
	kind, parent                               string // such as Pass through; flow that it is a part of
}

// reader counts how often a flow has come in a file.
type reader struct {
	seen map[string]int
	said map[string]bool
}

func newReader() *reader { return &reader{map[string]int{}, map[string]bool{}} }

// command makes the command that records a flow.
func (r *reader) command(f flow) (*domain.RecordReportedTransaction, error) {
	kind, ok := types[strings.ToLower(f.status)]
	if !ok {
		return nil, in("status", refusal("value_malformed", fmt.Sprintf("%.40q is no status of a flow", f.status), "use pledge, commitment or paid"))
	}
	amount, err := amountOf(f.amount)
	if err != nil {
		return nil, in("amountUSD", err)
	}
	day, err := domain.ParseDate(f.date[:min(len(f.date), len("2018-03-05"))])
	if err != nil {
		return nil, in("date", err)
	}
	c := &domain.RecordReportedTransaction{Amount: amount, Currency: "USD", Evidence: domain.Evidence{Date: day, SourceReference: f.id, Note: f.note()}}
	c.System, c.Type = System, kind
	switch b := strings.ToLower(f.boundary); {
	case b != "" && b != "incoming":
		c.System += "/" + b
	case b == "" && f.parent != "" && strings.EqualFold(f.kind, "pass through"):
		c.System += "/internal" // the money came in with the flow that it is a part of
	}
	if f.until == "" || f.until == f.year {
		c.BudgetYear, _ = strconv.Atoi(f.year) // several years, or none: that of the date
	}
	c.Activity, c.Title = "no-plan", f.planName
	if f.plan != "" {
		c.Activity = "plan-" + f.plan
	} else if f.planName != "" {
		c.Activity = f.planName
	}
	c.Provider = strings.Join(f.sources, "; ")
	c.Receiver = strings.Join(f.destinations, "; ")
	c.ProviderName, c.ReceiverName = c.Provider, c.Receiver
	for _, l := range f.locations {
		c.Recipients = append(c.Recipients, domain.ReportedShare{Code: l})
	}
	r.name(c, f)
	return c, domain.Check(c)
}

// name tells flows apart that the file has under one id, such as one that is
// part of two plans.
func (r *reader) name(c *domain.RecordReportedTransaction, f flow) {
	if f.id == "" {
		c.Fingerprint = strings.Join([]string{f.status, f.amount, f.date, c.Provider, c.Receiver, c.Activity}, " ")
	}
	known := c.System + " " + c.Activity + " " + cmp.Or(f.id, c.Fingerprint)
	said := strings.Join([]string{c.System, f.id, f.status, f.amount, f.date}, " ")
	if r.seen[known]++; r.seen[known] > 1 {
		c.Occurrence = r.seen[known]
	}
	c.Repeated = f.id != "" && r.said[said]
	r.said[said] = true
}

// note is what no field has a place for.
func (f flow) note() string {
	var parts []string
	for _, p := range []struct{ name, text string }{{"", f.description}, {"contribution ", f.contribution}, {"method ", f.method},
		{"budget year ", f.year}, {"original ", strings.TrimSpace(f.originalAmount + " " + f.original)}, {"exchange rate ", f.exchange}} {
		if p.text != "" {
			parts = append(parts, p.name+strings.Join(strings.Fields(p.text), " "))
		}
	}
	text := []rune(strings.Join(parts, "; "))
	return string(text[:min(len(text), noteMax)])
}

// noteMax is how many characters of a note are kept.
const noteMax = 1500

// amountOf reads a number of JSON or of a table, which may have an exponent, as
// in 1.5e+07. What is finer than a cent is rounded later, as the whole would be.
func amountOf(text string) (domain.Amount, error) {
	text = strings.TrimSpace(text)
	if mantissa, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		n, err := strconv.Atoi(exponent)
		number, exact := new(big.Rat).SetString(mantissa)
		const most = 18
		if err != nil || !exact || n < -most || n > most || len(mantissa) > 2*most {
			return domain.Amount{}, refusal("amount_format", fmt.Sprintf("%.40q is no amount", text), "write it in digits")
		}
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
		if n < 0 {
			scale.Inv(scale)
		}
		text = number.Mul(number, scale).FloatString(most)
	}
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return domain.ParseAmountStrict(text)
}

func refusal(code, message, hint string) *domain.Refusal {
	return &domain.Refusal{Code: code, Message: message, Hint: hint}
}

func in(field string, err error) error {
	r, ok := err.(*domain.Refusal)
	if !ok {
		r = refusal("value_malformed", err.Error(), "check the value")
	}
	r.Field = field
	return r
}

// list parts a cell with several names. A country's name may have a comma in
// it, so only codes are parted by commas.
func list(text string) []string {
	by := ";"
	if !slices.ContainsFunc(strings.Split(text, ","), func(part string) bool { return len(strings.TrimSpace(part)) != len("AFG") }) {
		by = ","
	}
	var all []string
	for part := range strings.SplitSeq(text, by) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
