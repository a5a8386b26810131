package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
)

// invented makes up the commands of the ledger Invented from the tables in
// invented_plan.go, in the order of their days. It uses neither a clock nor
// randomness: it returns the same commands every time. An error says which
// entry of the tables is malformed.
func invented() ([]eventstore.Request, error) {
	s := &story{}
	s.tell("2018-01-02", "open", &domain.OpenLedger{Invented: true,
		Title: "【虚构数据】赤城帮扶资金演示台账 INVENTED figures, for demonstration only"})
	s.places()
	s.organisations()
	for _, f := range fundPlans {
		s.fund(f)
	}
	for _, p := range projectPlans {
		s.project(p)
	}
	for _, l := range linePlans {
		s.allocation(l)
		s.payments(l)
	}
	s.corrections()
	s.goods()
	s.partners()
	return s.requests()
}

// story collects commands with the day on which each is told.
type story struct {
	told []toldCommand
	err  error // the first malformed entry
}

type toldCommand struct {
	day string
	eventstore.Request
}

// tell adds a command that happens on the day on which it is told.
func (s *story) tell(day, id string, c domain.Command) {
	*input[domain.Date](c, "date") = s.date(day)
	s.tellLater(day, id, c)
}

// tellLater adds a command that is told on that day and keeps its own date.
func (s *story) tellLater(day, id string, c domain.Command) {
	id = "invented-" + id
	*input[string](c, "source_reference") = id
	s.told = append(s.told, toldCommand{day, eventstore.Request{ID: id, Command: c, Actor: actor, Role: role}})
}

// input returns a pointer to a field of a command.
func input[T any](c domain.Command, name string) *T {
	t, _ := domain.LookupCommand(domain.CommandName(c))
	i := slices.IndexFunc(t.Field, func(f domain.Field) bool { return f.Name == name })
	return domain.FieldPointer(c, t.Field[i]).(*T)
}

// requests sorts what was told by day, keeps the order within a day, and
// numbers the vouchers of each year.
func (s *story) requests() ([]eventstore.Request, error) {
	if s.err != nil {
		return nil, fmt.Errorf("the invented ledger: %w", s.err)
	}
	slices.SortStableFunc(s.told, func(a, b toldCommand) int { return strings.Compare(a.day, b.day) })
	numbers := map[int]int{}
	all := make([]eventstore.Request, len(s.told))
	for i, t := range s.told {
		all[i] = t.Request
		if c, ok := t.Command.(*domain.DisburseFunds); ok && c.Voucher == "" {
			year := c.Date.Year()
			numbers[year]++
			c.Voucher = fmt.Sprintf("虚拨%d-%03d", year, numbers[year])
		}
	}
	return all, nil
}

func keep[T any](s *story, v T, err error) T {
	if s.err == nil {
		s.err = err
	}
	return v
}

func (s *story) date(text string) domain.Date {
	d, err := domain.ParseDate(text)
	return keep(s, d, err)
}

func (s *story) amount(m domain.Money) domain.Amount {
	a, err := domain.ParseAmount(m.Decimal())
	return keep(s, a, err)
}

func (s *story) yuan(text string) domain.Amount {
	a, err := domain.ParseAmount(text)
	return keep(s, a, err)
}

func (s *story) money(text string) domain.Money {
	m, err := s.yuan(text).Money("CNY")
	return keep(s, m, err)
}

func (s *story) quantity(text string) domain.Quantity {
	q, err := domain.ParseQuantity(text)
	return keep(s, q, err)
}

// weekday returns the n-th of count working days that are spread evenly from
// the first day to the last one.
func (s *story) weekday(first, last string, n, count int) time.Time {
	from, to := s.date(first).Time(), s.date(last).Time()
	day := from.AddDate(0, 0, int(to.Sub(from).Hours())/24*n/max(count-1, 1))
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	if day.Before(from) {
		return from
	}
	return day
}

func iso(t time.Time) string { return t.Format(time.DateOnly) }

// allocation sets money aside for a project.
func (s *story) allocation(l linePlan) {
	s.tell(l.allocated, "allocate-"+l.name(), &domain.AllocateFunds{
		FundAmount: domain.FundAmount{Fund: l.fund, Amount: s.yuan(l.amount)}, Project: l.project})
}

// payments pays a line out in instalments of different size, and reports each
// of them as spent about a month later, as far as that is within 2019.
func (s *story) payments(l linePlan) {
	if l.instalments == 0 {
		return
	}
	p := planOf(l.project)
	weights := make([]int64, l.instalments)
	for i := range weights {
		weights[i] = int64(3 + (5*i+l.instalments)%7)
	}
	spentFrom := time.Time{}
	if l.fund == reimbursing {
		spentFrom = s.date(p.accepted).Time().AddDate(0, 0, 14)
	}
	for i, m := range s.money(l.paid).Split(weights) {
		day := s.weekday(l.first, l.last, i, l.instalments)
		id := fmt.Sprintf("%s-%02d", l.name(), i+1)
		one, parts := s.placesOf(p, i, m, iso(day))
		money := domain.FundAmount{Fund: l.fund, Amount: s.amount(m)}
		payee := p.payees[i%len(p.payees)]
		s.tell(iso(day), "pay-"+id, &domain.DisburseFunds{FundAmount: money, Project: l.project, Place: one, Places: parts,
			Disbursement: domain.ID("inv-pay-" + id), Payer: treasury, Payee: payee})
		spent := day.AddDate(0, 0, 24+i%3*7)
		if spent.Before(spentFrom) {
			spent = spentFrom
		}
		if i < l.instalments-l.open && iso(spent) <= "2019-12-31" {
			s.tell(iso(spent), "spend-"+id, &domain.ReportExpenditure{FundAmount: money, Project: l.project, Place: one, Places: parts,
				Payee: payee, Voucher: "虚支-" + id})
		}
	}
}

// placesOf lets instalments differ in how they name their places: by the shares
// of the project, one village, or a part for each of two villages. Before a
// project has places it names none.
func (s *story) placesOf(p projectPlan, i int, m domain.Money, day string) (one domain.ID, parts []domain.PlacePart) {
	villages := p.villages
	switch {
	case day < p.placed || i%4 < 2:
		return "", nil
	case i%4 == 2 || len(villages) == 1:
		return villages[i%len(villages)], nil
	}
	for k, part := range m.Split([]int64{3, 2}) {
		parts = append(parts, domain.PlacePart{Place: villages[(i+k)%len(villages)], Amount: s.amount(part)})
	}
	return "", parts
}
