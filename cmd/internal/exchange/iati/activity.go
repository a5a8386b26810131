package iati

import (
	"cmp"
	"encoding/xml"
	"fmt"

	"aidledger/domain"
)

// activity is what the transactions of one activity share, and the
// transactions, which may stand before it.
type activity struct {
	identifier string
	title      string
	publisher  string // identifier, or the name where it has none
	named      string // name of the publisher
	currency   string
	began      domain.Date // the earliest of the planned and the actual day; zero: not said
	ended      domain.Date // the latest of them
	recipients []share
	places     []share
	all        []*transaction
}

// share is a country, region or place with its percentage as text.
type share struct {
	code, percent string
}

// transaction is one transaction as it is written. What stands in it more than
// once is kept, since that makes it ambiguous.
type transaction struct {
	line               int
	reference          string
	types              []string
	values             []value
	dates              []string
	provider, receiver party
	description        string
	recipients         []share
}

type value struct {
	text, currency, date string
}

type party struct {
	reference, name string
}

// id is what a party goes by.
func (p party) id() string {
	if p.reference != "" {
		return p.reference
	}
	return p.name
}

// activity reads one activity and yields its transactions.
func (r *reader) activity(start xml.StartElement) error {
	a := &activity{currency: attribute(start, "default-currency")}
	for end := r.depth - 1; r.depth > end; {
		token, err := r.next()
		if err != nil {
			return err
		}
		if t, ok := token.(xml.StartElement); ok {
			if err := r.part(a, t); err != nil {
				return err
			}
		}
	}
	a.publisher = cmp.Or(a.publisher, a.named, r.system)
	for _, t := range a.all {
		if r.number++; r.number > transactionsMax {
			return refusal("file_too_large", fmt.Sprintf("the file has more than %d transactions", transactionsMax), "split it by activities")
		}
		if !r.yield(r.command(a, t), nil) {
			return errStop
		}
	}
	return nil
}

// part reads one element of an activity.
func (r *reader) part(a *activity, t xml.StartElement) (err error) {
	switch t.Name.Local {
	case "iati-identifier":
		return r.first(&a.identifier)
	case "title":
		return r.first(&a.title)
	case "reporting-org":
		a.publisher = clean(attribute(t, "ref"))
		return r.first(&a.named)
	case "recipient-country", "recipient-region":
		a.recipients = append(a.recipients, recipientOf(t))
	case "activity-date":
		return r.activityDate(a, t)
	case "location":
		return r.location(a, t)
	case "transaction":
		if len(a.all) == perActivityMax {
			return refusal("file_too_large", fmt.Sprintf("an activity has more than %d transactions", perActivityMax), "split the file")
		}
		return r.transaction(a, t)
	}
	return r.skip()
}

// activityDate widens the time in which an activity is said to go on. The codes
// before 2.01 are words.
func (r *reader) activityDate(a *activity, t xml.StartElement) error {
	said, err := r.text()
	if err != nil {
		return err
	}
	d, malformed := domain.ParseDate(dayOf(cmp.Or(attribute(t, "iso-date"), said)))
	if malformed != nil {
		return nil // nobody can tell, and no figure depends on it
	}
	switch attribute(t, "type") {
	case "1", "2", "start-planned", "start-actual":
		if a.began.IsZero() || d.Before(a.began) {
			a.began = d
		}
	case "3", "4", "end-planned", "end-actual":
		if a.ended.IsZero() || a.ended.Before(d) {
			a.ended = d
		}
	}
	return nil
}

// outside tells whether a day is certainly none of those of the activity.
func (a *activity) outside(d domain.Date) bool {
	return !a.began.IsZero() && d.Last().Before(a.began.First()) || !a.ended.IsZero() && a.ended.Last().Before(d.First())
}

// first reads a text into a field that has none yet.
func (r *reader) first(field *string) error {
	said, err := r.text()
	if *field == "" {
		*field = said
	}
	return err
}

func recipientOf(t xml.StartElement) share {
	return share{clean(attribute(t, "code")), attribute(t, "percentage")}
}

// location reads which place an activity is at: a code of a gazetteer, else the
// publisher's own reference, else the name.
func (r *reader) location(a *activity, t xml.StartElement) error {
	place := share{percent: attribute(t, "percentage")}
	reference, name := attribute(t, "ref"), ""
	for end := r.depth - 1; r.depth > end; {
		token, err := r.next()
		if err != nil {
			return err
		}
		inner, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case inner.Name.Local == "location-id" && place.code == "":
			place.code = clean(attribute(inner, "code"))
		case inner.Name.Local == "gazetteer-entry" && place.code == "":
			err = r.first(&place.code)
		case inner.Name.Local == "name":
			err = r.first(&name)
		}
		if err != nil {
			return err
		}
	}
	for _, other := range []string{reference, name, "unnamed"} {
		if place.code == "" {
			place.code = clean(other)
		}
	}
	a.places = append(a.places, place)
	return nil
}

func (r *reader) transaction(a *activity, start xml.StartElement) error {
	line, _ := r.xml.InputPos()
	t := &transaction{line: line, reference: clean(attribute(start, "ref"))}
	a.all = append(a.all, t)
	for end := r.depth - 1; r.depth > end; {
		token, err := r.next()
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := r.element(t, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// element reads one element of a transaction.
func (r *reader) element(t *transaction, e xml.StartElement) error {
	said, err := r.text()
	if err != nil {
		return err
	}
	or := func(name string) string {
		if v := clean(attribute(e, name)); v != "" {
			return v
		}
		return said
	}
	switch e.Name.Local {
	case "transaction-type":
		t.types = append(t.types, or("code"))
	case "value":
		t.values = append(t.values, value{said, attribute(e, "currency"), attribute(e, "value-date")})
	case "transaction-date":
		t.dates = append(t.dates, or("iso-date"))
	case "provider-org":
		t.provider = party{clean(attribute(e, "ref")), said}
	case "receiver-org":
		t.receiver = party{clean(attribute(e, "ref")), said}
	case "description":
		if t.description == "" {
			t.description = said
		}
	case "recipient-country", "recipient-region":
		t.recipients = append(t.recipients, recipientOf(e))
	}
	return nil
}

// oldTypes are the codes of IATI before 2.01, and the names that some files
// have in their place.
var oldTypes = map[string]string{
	"IF": "1", "C": "2", "D": "3", "E": "4", "IR": "5", "LR": "6", "R": "7", "QP": "8", "QS": "9", "CG": "10",
	"INCOMING FUNDS": "1", "COMMITMENT": "2", "OUTGOING COMMITMENT": "2", "DISBURSEMENT": "3", "EXPENDITURE": "4",
	"INTEREST REPAYMENT": "5", "INTEREST PAYMENT": "5", "LOAN REPAYMENT": "6", "REIMBURSEMENT": "7", "PURCHASE OF EQUITY": "8",
	"SALE OF EQUITY": "9", "CREDIT GUARANTEE": "10", "INCOMING COMMITMENT": "11", "OUTGOING PLEDGE": "12", "INCOMING PLEDGE": "13",
}

// shares turns what an activity says about its recipients or places into what
// the command takes. A percentage that is no number counts as not said, and one
// without a code leaves all of it unassigned.
func shares(all []share) []domain.ReportedShare {
	var out []domain.ReportedShare
	for _, s := range all {
		if s.code == "" {
			return nil
		}
		percent, _ := percentOf(s.percent)
		out = append(out, domain.ReportedShare{Code: s.code, Percent: percent})
	}
	return out
}
