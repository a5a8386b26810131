package exchange

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/projections"
)

// Publication says who publishes a ledger's own figures, and what every
// activity of it has in common. The zero Publication is the ledger itself,
// helping rural areas of China.
type Publication struct {
	Organisation domain.ID // that reports; empty: the ledger itself
	Reference    string    // its identifier; empty: by its credit code, else its id
	Country      string    // ISO 3166 code of the country that is helped; CN if empty
	Sector       string    // five digits of the DAC; 43040 if empty
	Now          time.Time // when it is published
}

// The codes of activities whose publication names none: rural development in
// China, by grants for projects.
const (
	countryCN        = "CN"
	ruralDevelopment = "43040"
	standardGrant    = "110"
	projectAid       = "C01"
)

// The files of a publication.
const (
	Activities        = "iati"
	OrganisationsFile = "iati-organisations"
)

// publication is what writing one needs to know of the ledger.
type publication struct {
	Publication
	*Exporter
	ctx           context.Context
	ledger        projections.Ledger
	today         domain.Date
	asOf          projections.AsOf // figures are all of one position
	reporter      iati.Reporter
	organisations map[domain.ID]projections.Organisation
	places        map[domain.ID]projections.Place
	indicators    map[domain.ID][]projections.Indicator // of a project, else a fund, else the programme
}

// Publish begins a file of IATI: what it returns writes it. Nothing personal is
// in it, and no note, since notes are not made for the public.
func (e *Exporter) Publish(ctx context.Context, ledger, name string, p Publication) (write func(io.Writer) error, err error) {
	pub := &publication{Publication: p, Exporter: e, ctx: ctx}
	pub.Country, pub.Sector = cmp.Or(p.Country, countryCN), cmp.Or(p.Sector, ruralDevelopment)
	if err := pub.read(ledger); err != nil {
		return nil, err
	}
	if name == OrganisationsFile {
		organisation, err := pub.organisation()
		return func(w io.Writer) error {
			file := iati.NewWriter(w, true, p.Now)
			_ = file.Write(organisation) // Close reports what failed
			return file.Close()
		}, err
	}
	return func(w io.Writer) error {
		file := iati.NewWriter(w, false, p.Now)
		if err := pub.activities(file); err != nil {
			return err
		}
		return file.Close()
	}, nil
}

// read reads the registers, and who reports.
func (p *publication) read(ledger string) error {
	journal, err := p.Views.Journal(p.ctx, projections.JournalQuery{Ledger: ledger, Limit: 1})
	if err != nil {
		return err
	}
	p.asOf.Position = journal.Position
	all, err := p.Views.Ledgers(p.ctx, projections.ListQuery{})
	if err != nil {
		return err
	}
	for _, l := range all.Rows {
		if l.Ledger == ledger {
			p.ledger = l
		}
	}
	zone, err := time.LoadLocation(p.ledger.Zone)
	if err != nil {
		return err
	}
	p.today = domain.DateOf(p.Now.In(zone))
	if p.organisations, err = byID(p, (*projections.DB).Organisations, func(o projections.Organisation) domain.ID { return o.Organisation }); err != nil {
		return err
	}
	if p.places, err = byID(p, (*projections.DB).Places, func(o projections.Place) domain.ID { return o.Place }); err != nil {
		return err
	}
	p.indicators = map[domain.ID][]projections.Indicator{}
	for i, err := range rowsOf(p, (*projections.DB).Indicators) {
		if err != nil {
			return err
		}
		about := cmp.Or(i.Project, i.Fund)
		p.indicators[about] = append(p.indicators[about], i)
	}
	return p.reports()
}

// rowsOf yields all rows of a list.
func rowsOf[T any](p *publication, query func(*projections.DB, context.Context, projections.ListQuery) (projections.List[T], error)) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for v, err := range listed(query)(p.Exporter, p.ctx, p.ledger.Ledger) {
			row, _ := v.(T)
			if !yield(row, err) {
				return
			}
		}
	}
}

func byID[T any](p *publication, query func(*projections.DB, context.Context, projections.ListQuery) (projections.List[T], error), id func(T) domain.ID) (map[domain.ID]T, error) {
	all := map[domain.ID]T{}
	for row, err := range rowsOf(p, query) {
		if err != nil {
			return nil, err
		}
		all[id(row)] = row
	}
	return all, nil
}

// reports finds out who publishes.
func (p *publication) reports() error {
	p.reporter = iati.Reporter{Reference: p.ledger.Ledger, Type: organisationTypes["other"], Text: iati.Text{Narrative: p.ledger.Title}}
	if p.Organisation != "" {
		o, ok := p.organisations[p.Organisation]
		if !ok {
			return &domain.Refusal{Kind: domain.NotFound, Code: "organisation_not_found", Field: "reporting_org",
				Message: fmt.Sprintf("no organisation is called %q", p.Organisation), Hint: "give the id of one that is registered"}
		}
		party := p.party(o.Organisation)
		p.reporter = iati.Reporter{Reference: cmp.Or(party.Reference, string(o.Organisation)), Type: party.Type, Text: iati.Text{Narrative: o.Name}}
	}
	p.reporter.Reference = cmp.Or(p.Reference, p.reporter.Reference)
	if strings.Trim(p.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(p.Country) != len(countryCN) {
		return in("country", fault("country_malformed", fmt.Sprintf("%.40q is no code of a country", p.Country), "give two capital letters of ISO 3166, such as CN"))
	}
	if strings.Trim(p.Sector, "0123456789") != "" || len(p.Sector) != len(ruralDevelopment) {
		return in("sector", fault("sector_malformed", fmt.Sprintf("%.40q is no code of a sector", p.Sector), "give five digits of the DAC, such as 43040 for rural development"))
	}
	if text := p.reporter.Reference; strings.ContainsAny(text, "/&|?") || strings.TrimSpace(text) != text {
		return in("reporting_ref", fault("reference_malformed", fmt.Sprintf("%.100q is no identifier of an organisation", text), "leave out spaces around it and the characters / & | ?"))
	}
	return nil
}

// organisationTypes are the codes of the kinds of organisations.
var organisationTypes = map[string]string{
	"government": "11", "public-institution": "15", "hospital": "15", "school": "80", "enterprise": "70",
	"social-organisation": "22", "village-committee": "15", "group": "90", "other": "90",
}

// party names an organisation. One without a credit code goes by its name.
func (p *publication) party(id domain.ID) iati.Party {
	o := p.organisations[id]
	out := iati.Party{Type: organisationTypes[o.Kind], Narrative: cmp.Or(o.Name, string(id))}
	if o.CreditCode != "" {
		out.Reference = "CN-USCI-" + o.CreditCode
	}
	return out
}

// us is who reports, as a party.
func (p *publication) us() iati.Party {
	return iati.Party{Reference: p.reporter.Reference, Type: p.reporter.Type, Narrative: p.reporter.Narrative}
}

// identifier names the activity of a fund, gift or project, or the programme.
func (p *publication) identifier(id domain.ID) string {
	whole := p.reporter.Reference + "-" + p.ledger.Ledger
	if id == "" {
		return whole
	}
	return whole + ":" + string(id)
}

// last is the last day of a period, unless it lies in the future.
func (p *publication) last(d domain.Date) domain.Date {
	if last := d.Last(); last.Before(p.today) {
		return last
	}
	return p.today
}

func day(d domain.Date) iati.Day { return iati.Day{Date: d.String()} }

// organisation is the file about who reports: what was committed in each budget
// year, and what was paid out in each year. What nobody reported is left out.
func (p *publication) organisation() (*iati.Organisation, error) {
	out := &iati.Organisation{Updated: iati.Moment(p.Now), Language: "zh", Currency: string(p.ledger.Currency), Identifier: p.reporter.Reference,
		Name: p.reporter.Text, Reporting: p.reporter}
	for _, part := range []struct {
		by     string
		status string
		stages []domain.Stage
		to     *[]iati.Budget
	}{
		{"budget-year", committedBudget, []domain.Stage{domain.Committed, domain.Recognised}, &out.Budgets},
		{"year", "", []domain.Stage{domain.Disbursed}, &out.Expenditure},
	} {
		totals, err := p.Views.Totals(p.ctx, projections.TotalsQuery{Ledger: p.ledger.Ledger, By: part.by, AsOf: p.asOf, Limit: 10_000})
		if err != nil {
			return nil, err
		}
		for _, row := range totals.Rows {
			if row.Line != "" {
				continue
			}
			if b, ok, err := p.budget(row, part.stages); err != nil {
				return nil, err
			} else if ok {
				b.Status = part.status
				*part.to = append(*part.to, b)
			}
		}
	}
	return out, nil
}

// budget is a year of totals: the stages given, of which a fund has one.
func (p *publication) budget(row projections.TotalsRow, stages []domain.Stage) (b iati.Budget, ok bool, err error) {
	sum := domain.Money{Currency: row.Currency}
	for _, s := range stages {
		amount := row.Amount(s)
		if amount == nil {
			continue
		}
		m, err := moneyOf(*amount, row.Currency)
		if err == nil {
			sum, err = sum.Add(m)
		}
		if err != nil {
			return b, false, err
		}
	}
	return yearOf(row.Key, sum), !sum.IsZero(), nil
}

// yearOf is an amount for a year.
func yearOf(year string, m domain.Money) iati.Budget {
	start := year + "-01-01"
	return iati.Budget{Start: iati.Day{Date: start}, End: iati.Day{Date: year + "-12-31"},
		Value: iati.Value{Currency: string(m.Currency), Date: start, Amount: m.Decimal()}}
}

func moneyOf(text string, c domain.Currency) (domain.Money, error) {
	a, err := domain.ParseAmountStrict(text)
	if err != nil {
		return domain.Money{}, err
	}
	return a.Money(c)
}
