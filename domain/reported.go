package domain

import (
	"cmp"
	"strconv"
)

// A reported transaction is what somebody else published about a flow of money,
// such as a transaction of an IATI file. Rules:
//   - it is a fact about what was said, and none of our rules judges it: the
//     amount may be negative, above any commitment, of the future or of a year
//     that is closed; what is odd about it is named in the event;
//   - what its source calls it (system, activity, reference and occurrence) is
//     recorded once; a transaction without a reference goes by a fingerprint;
//   - shares count where they add up to 100 percent: then they divide the
//     amount, to the minor unit. Otherwise the amount is not assigned;
//   - an amount with more decimals than its currency has is rounded half to
//     even, and its text is kept;
//   - it moves nothing: no total of the ledger's own figures contains it.

// Report is what a source says about a transaction, besides its amount. A party
// goes by its identifier, or by its name where it has none.
type Report struct {
	System       string `json:"system" doc:"who published it: the identifier of the publisher"`
	Activity     string `json:"activity" text:"note" doc:"identifier of the activity (iati-identifier)"`
	Title        string `json:"title,omitempty" text:"note" doc:"title of the activity"`
	Occurrence   int    `json:"occurrence,omitzero" whole:"count" doc:"tells transactions apart that have one reference in one source: 2 for the second"`
	Repeated     bool   `json:"repeated,omitzero" doc:"the source has the same transaction under the same reference before; totals count it once"`
	Outside      bool   `json:"outside,omitzero" doc:"the date is before the activity began or after it ended"`
	BudgetYear   int    `json:"budget_year,omitzero" doc:"year in which the source counts it; that of the date if left out"`
	Fingerprint  string `json:"fingerprint,omitempty" doc:"stands for the reference of a transaction that has none"`
	Type         string `json:"type" enum:"1,2,3,4,5,6,7,8,9,10,11,12,13" doc:"IATI transaction type"`
	Provider     string `json:"provider,omitempty" text:"note" doc:"identifier of who gives, or the name"`
	ProviderName string `json:"provider_name,omitempty" text:"note" doc:"name of who gives"`
	Receiver     string `json:"receiver,omitempty" text:"note" doc:"identifier of who receives, or the name"`
	ReceiverName string `json:"receiver_name,omitempty" text:"note" doc:"name of who receives"`
	SourceAmount string `json:"source_amount,omitempty" doc:"the amount as the source writes it, where that is not what is counted"`
	Reason       string `json:"reason,omitempty" text:"note" doc:"why the amount is negative"`
}

// ReportedShare is the share of a transaction that goes to a country or region,
// or to a place, as its source names it.
type ReportedShare struct {
	Code    string   `json:"code" doc:"code of the country, region or place"`
	Percent Quantity `json:"percent,omitzero" doc:"its share in percent; left out: not said"`
}

// ReportedPart is the part of an amount that goes to a country, region or
// place. The parts of an amount add up to the whole.
type ReportedPart struct {
	Code   string `json:"code"`
	Amount Money  `json:"amount"`
}

// TransactionReported says what somebody else published about a flow of money.
// Anomalies are codes of what is odd about it: adjustment (a negative amount
// corrects an earlier one), zero_amount, rounded, date_in_future,
// outside_activity, period_closed, reference_repeated, reference_missing,
// recipients_not_assigned, places_not_assigned.
type TransactionReported struct {
	Correction
	Evidence
	Report
	Amount     Money          `json:"amount"`
	Recipients []ReportedPart `json:"recipients,omitempty"`
	Places     []ReportedPart `json:"places,omitempty"`
	Anomalies  []string       `json:"anomalies,omitempty"`
}

// RecordReportedTransaction records what somebody else published.
type RecordReportedTransaction struct {
	Report
	Amount     Amount          `json:"amount" doc:"amount; negative where it corrects an earlier one"`
	Currency   Currency        `json:"currency,omitempty" currency:"reported" doc:"ISO 4217 code; the ledger's if left out"`
	Recipients []ReportedShare `json:"recipients,omitempty" doc:"countries and regions that it goes to"`
	Places     []ReportedShare `json:"places,omitempty" doc:"places that it goes to"`
	Evidence
}

var (
	_ = command[RecordReportedTransaction]("record-reported-transaction", "Records what somebody else published about a flow of money, beside the ledger's own figures.")
	_ = event[TransactionReported]()
)

// reportKey is what makes a reported transaction unique.
func reportKey(r Report, reference string) key {
	if reference == "" {
		return keyOf("reported", r.System, r.Activity, "", r.Fingerprint, strconv.Itoa(r.Occurrence))
	}
	return keyOf("reported", r.System, r.Activity, reference, strconv.Itoa(r.Occurrence))
}

// claims tells whether the transaction can be recognised when it comes again.
func (r Report) claims(reference string) bool { return reference != "" || r.Fingerprint != "" }

func (c *RecordReportedTransaction) decide(l *Ledger, ctx Context) ([]Event, error) {
	if c.claims(c.SourceReference) && l.keys.has(reportKey(c.Report, c.SourceReference)) {
		return nil, clash("source_reference_used", "the transaction %q of %s is recorded already", cmp.Or(c.SourceReference, c.Fingerprint), c.Activity).
			in("source_reference").hint("if it is another one, give it its own reference or occurrence").
			with("activity", c.Activity).with("source_reference", c.SourceReference)
	}
	out := &TransactionReported{Evidence: c.Evidence, Report: c.Report}
	if out.Date.IsZero() {
		out.Date = ctx.Today
	}
	currency := cmp.Or(c.Currency, c.Amount.Currency(), l.Facts().Currency)
	m, rounded, err := c.Amount.Round(currency)
	if err != nil {
		return nil, asRefusal(err).in("amount")
	}
	out.Amount = m
	if rounded && out.SourceAmount == "" {
		out.SourceAmount = c.Amount.String()
	}
	if m.Minor < 0 && out.Reason == "" {
		out.Reason = "the source gives a negative amount, which corrects an earlier one"
	}
	assigned, placed := true, true
	out.Recipients, assigned = divided(m, c.Recipients)
	out.Places, placed = divided(m, c.Places)
	for _, odd := range []struct {
		code string
		is   bool
	}{
		{"adjustment", m.Minor < 0},
		{"zero_amount", m.Minor == 0},
		{"rounded", out.SourceAmount != ""},
		{"date_in_future", ctx.Today.Before(out.Date.First())},
		{"outside_activity", c.Outside},
		{"period_closed", l.closedYears.has(out.Date.Year())},
		{"reference_repeated", c.Repeated},
		{"reference_missing", c.SourceReference == ""},
		{"recipients_not_assigned", !assigned},
		{"places_not_assigned", !placed},
	} {
		if odd.is {
			out.Anomalies = append(out.Anomalies, odd.code)
		}
	}
	return []Event{out}, nil
}

// divided divides an amount by shares, or says that they do not add up to the
// whole. One place without a percentage gets all of it.
func divided(m Money, shares []ReportedShare) (parts []ReportedPart, ok bool) {
	if len(shares) == 0 {
		return nil, true
	}
	weights := make([]int64, len(shares))
	var sum Quantity
	for i, s := range shares {
		if len(shares) == 1 && s.Percent.IsZero() {
			s.Percent = WholeQuantity(100)
		}
		if s.Percent.Sign() < 0 || s.Percent.Compare(WholeQuantity(100)) > 0 {
			return nil, false
		}
		weights[i] = s.Percent.micro
		sum = sum.add(s.Percent)
	}
	if sum != WholeQuantity(100) {
		return nil, false
	}
	for i, part := range m.Split(weights) {
		parts = append(parts, ReportedPart{Code: shares[i].Code, Amount: part})
	}
	return parts, true
}

// EventType is transaction-reported.
func (*TransactionReported) EventType() string { return "transaction-reported" }

func (e *TransactionReported) evolve(l *Ledger) {
	if e.claims(e.SourceReference) {
		l.claim(e.Correction, reportKey(e.Report, e.SourceReference))
	}
}

func (e TransactionReported) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	e.Recipients, e.Places = partsTaken(e.Recipients), partsTaken(e.Places)
	return &e
}

func partsTaken(parts []ReportedPart) []ReportedPart {
	var out []ReportedPart
	for _, p := range parts {
		out = append(out, ReportedPart{p.Code, p.Amount.Neg()})
	}
	return out
}
