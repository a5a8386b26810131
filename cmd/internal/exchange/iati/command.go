package iati

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"aidledger/domain"
)

// sum is a short hash of a reference or of a transaction.
type sum [16]byte

func sumOf(parts ...string) sum {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return sum(h.Sum(nil)[:16])
}

// command makes the command of a transaction, or says what is wrong with it.
func (r *reader) command(a *activity, t *transaction) Transaction {
	out := Transaction{Number: r.number, Line: t.line, Name: strings.TrimSpace(fmt.Sprintf("%.80s %.80s", a.identifier, t.reference)), Currency: domain.Currency(strings.ToUpper(a.currency))}
	c := &domain.RecordReportedTransaction{
		Report: domain.Report{System: a.publisher, Activity: a.identifier, Title: a.title,
			Provider: t.provider.id(), ProviderName: t.provider.name, Receiver: t.receiver.id(), ReceiverName: t.receiver.name},
		Places: shares(a.places),
	}
	recipients := t.recipients
	if len(recipients) == 0 {
		recipients = a.recipients
	}
	c.Recipients = shares(recipients)
	c.SourceReference, c.Note = t.reference, t.description
	fault := func(field string, err *domain.Refusal) Transaction {
		err.Field = field
		out.Fault = err
		return out
	}
	if a.identifier == "" {
		return fault("iati-identifier", refusal("field_required", "the activity has no iati-identifier", "ask the publisher what it is called"))
	}
	if err := r.say(a, t, c); err != nil {
		return fault(err.Field, err)
	}
	if incoming := c.Type == "1" || c.Type == "11" || c.Type == "13"; incoming && c.Receiver == "" {
		c.Receiver, c.ReceiverName = a.named, a.named // who reports money that comes in has received it, says the standard
	}
	if c.Amount.IsNegative() {
		c.Reason = t.description
	}
	r.name(t, c)
	if err := domain.Check(c); err != nil {
		out.Fault = err
		return out
	}
	out.Command = c
	return out
}

// say reads type, date, currency and amount, which must be said once.
func (r *reader) say(a *activity, t *transaction, c *domain.RecordReportedTransaction) *domain.Refusal {
	for _, once := range []struct {
		name string
		n    int
	}{{"transaction-type", len(t.types)}, {"value", len(t.values)}} {
		if once.n > 1 {
			return in(once.name, refusal("element_repeated", fmt.Sprintf("the transaction has %d elements %s, so nobody can tell what it says", once.n, once.name), "ask the publisher to write one transaction for each"))
		}
		if once.n == 0 {
			return in(once.name, refusal("field_required", "the transaction has no "+once.name, "ask the publisher for it"))
		}
	}
	c.Type = t.types[0]
	if known, ok := oldTypes[strings.ToUpper(c.Type)]; ok {
		c.Type = known
	}
	v := t.values[0]
	if v.currency == "" {
		v.currency = a.currency
	}
	if v.currency == "" {
		return in("currency", refusal("currency_required", "neither the value nor the activity names a currency", "ask the publisher for the currency, or for a default-currency"))
	}
	currency, err := domain.ParseReportedCurrency(v.currency)
	if err != nil {
		return in("currency", asRefusal(err))
	}
	c.Currency = currency
	if err := r.date(a, t, c); err != nil {
		return err
	}
	if c.Amount, c.SourceAmount, err = amountOf(v.text, currency); err != nil {
		return in("value", asRefusal(err))
	}
	return nil
}

// date takes the date of the transaction. The date of the value is required by
// the standard from 2.01 on; before, each may stand for the other.
func (r *reader) date(a *activity, t *transaction, c *domain.RecordReportedTransaction) *domain.Refusal {
	old := strings.HasPrefix(r.version, "1") || r.version == ""
	text := t.values[0].date
	if text == "" && !old {
		return in("value-date", refusal("field_required", "the value has no value-date", "ask the publisher for it"))
	}
	switch {
	case len(t.dates) > 1:
		return in("transaction-date", refusal("element_repeated", fmt.Sprintf("the transaction has %d dates", len(t.dates)), "ask the publisher which one it is"))
	case len(t.dates) == 1 && t.dates[0] != "":
		text = t.dates[0]
	case text == "":
		return in("transaction-date", refusal("field_required", "the transaction has no date", "ask the publisher for it"))
	}
	d, err := domain.ParseDate(dayOf(text))
	if err != nil {
		return in("transaction-date", asRefusal(err))
	}
	c.Date, c.Outside = d, a.outside(d)
	return nil
}

// dayOf cuts off a time of day or a time zone, which XML allows.
func dayOf(text string) string {
	if i := strings.IndexAny(text, "TZ+ "); i == len("2018-03-05") {
		return text[:i]
	}
	return text
}

// name tells transactions apart that their source calls by one name. The
// occurrence counts how often a reference has come in the file, whatever the
// order; where all else is the same, too, it is the same one published again.
func (r *reader) name(t *transaction, c *domain.RecordReportedTransaction) {
	source := []string{c.System, c.Activity, t.reference}
	said := append(slices.Clone(source), c.Type, string(c.Currency), c.Date.String(), t.values[0].text)
	if t.reference == "" {
		shared := sumOf(append(said, t.values[0].date, c.Provider, c.Receiver, c.Note, fmt.Sprint(c.Recipients))...)
		c.Fingerprint = hex.EncodeToString(shared[:])
		c.Occurrence = r.count(shared)
		return
	}
	c.Occurrence = r.count(sumOf(source...))
	c.Repeated = r.count(sumOf(said...)) > 0
}

// count returns the occurrence of what has come before: 0 for the first, 2 for
// the second.
func (r *reader) count(s sum) int {
	r.seen[s]++
	if n := r.seen[s]; n > 1 {
		return n
	}
	return 0
}

func in(field string, r *domain.Refusal) *domain.Refusal {
	r.Field = field
	return r
}

func asRefusal(err error) *domain.Refusal {
	if r, ok := err.(*domain.Refusal); ok {
		return r
	}
	return refusal("value_malformed", err.Error(), "check the value")
}
