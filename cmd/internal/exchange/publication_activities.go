package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/projections"
)

// The codes of roles, dates, relations and budgets in an activity.
const (
	funding, accountable, implementing = "1", "2", "4"
	plannedStart, actualStart          = "1", "2"
	actualEnd                          = "4"
	parent, child                      = "1", "2"
	originalBudget, committedBudget    = "1", "2"
	thirdParties                       = "4" // goods that come through others
)

// projectStatus is the code of each state of a project.
var projectStatus = map[string]string{"registered": "1", "approved": "2", "started": "2", "accepted": "3", "cancelled": "5", "suspended": "6"}

// activities writes the programme, and below it one activity for each fund, gift
// and project. Every transaction is in one activity: what came in is in its fund
// or gift, what went out to a project in the project.
func (p *publication) activities(file *iati.Writer) error {
	programme := p.activity("", p.ledger.Title, p.ledger.Title, 1)
	programme.Participants = append(programme.Participants, roleOf(p.us(), accountable))
	programme.Status = iati.Code{Code: "2"}
	programme.Dates = []iati.DatedType{{Date: p.ledger.Date.First().String(), Type: actualStart}}
	var below []*iati.Activity
	for _, of := range []func() ([]*iati.Activity, error){p.funds, p.gifts, p.projects} {
		all, err := of()
		if err != nil {
			return err
		}
		below = append(below, all...)
	}
	for _, a := range below {
		programme.Related = append(programme.Related, iati.Related{Reference: a.Identifier, Type: child})
	}
	if err := file.Write(programme); err != nil {
		return err
	}
	for _, a := range below {
		a.Related = []iati.Related{{Reference: programme.Identifier, Type: parent}}
		if err := p.transfer(a); err != nil {
			return err
		}
		if err := file.Write(a); err != nil {
			return err
		}
		a.Transactions = nil // one activity at a time in memory
	}
	return nil
}

// activity begins an activity about a thing of the ledger.
func (p *publication) activity(id domain.ID, title, description string, level int) *iati.Activity {
	if p.ledger.Invented {
		description += "（虚构数据，仅作演示 invented for demonstration）"
	}
	a := &iati.Activity{Updated: iati.Moment(p.Now), Language: "zh", Currency: string(p.ledger.Currency), Hierarchy: level,
		Identifier: p.identifier(id), Reporting: p.reporter, Title: iati.Text{Narrative: title},
		Description: iati.Description{Type: "1", Text: iati.Text{Narrative: description}},
		Country:     iati.Code{Code: p.Country}, Sectors: []iati.Sector{{Vocabulary: "1", Code: p.Sector}},
		Finance: &iati.Code{Code: standardGrant}, Aid: &iati.Code{Vocabulary: "1", Code: projectAid}}
	p.results(a, p.indicators[id])
	return a
}

func roleOf(party iati.Party, role string) iati.Party {
	party.Role = role
	return party
}

func (p *publication) funds() (all []*iati.Activity, err error) {
	for f, err := range rowsOf(p, (*projections.DB).Funds) {
		if err != nil {
			return nil, err
		}
		title := fmt.Sprintf("%d年%s资金 %s", f.BudgetYear, p.party(f.Provider).Narrative, f.Fund)
		text := title
		if f.Purpose != "" {
			text = f.Purpose
		}
		a := p.activity(f.Fund, title, text, 2)
		p.given(a, f.Provider, f.Date)
		if f.Closed {
			a.Status = iati.Code{Code: "4"}
		}
		all = append(all, a)
	}
	return all, nil
}

// given says who gave a fund or a gift, to whom and when.
func (p *publication) given(a *iati.Activity, by domain.ID, on domain.Date) {
	a.Participants = []iati.Party{roleOf(p.party(by), funding), roleOf(p.us(), accountable)}
	a.Status = iati.Code{Code: "2"}
	a.Dates = []iati.DatedType{{Date: on.First().String(), Type: actualStart}}
}

func (p *publication) gifts() (all []*iati.Activity, err error) {
	for g, err := range rowsOf(p, (*projections.DB).Gifts) {
		if err != nil {
			return nil, err
		}
		a := p.activity(g.Gift, g.Item, fmt.Sprintf("%s：%s %s %s", p.party(g.Donor).Narrative, g.Item, g.Quantity, g.Unit), 2)
		p.given(a, g.Donor, g.Date)
		all = append(all, a)
	}
	return all, nil
}

func (p *publication) projects() (all []*iati.Activity, err error) {
	for r, err := range rowsOf(p, (*projections.DB).Projects) {
		if err != nil {
			return nil, err
		}
		a := p.activity(r.Project, r.Name, r.Name, 2)
		a.Participants = append(a.Participants, roleOf(p.us(), accountable))
		if r.Implementer != "" {
			a.Participants = append(a.Participants, roleOf(p.party(r.Implementer), implementing))
		}
		a.Status = iati.Code{Code: projectStatus[r.State]}
		a.Dates = []iati.DatedType{{Date: r.Date.First().String(), Type: plannedStart}}
		if !r.Started.IsZero() {
			a.Dates = append(a.Dates, iati.DatedType{Date: r.Started.First().String(), Type: actualStart})
		}
		if !r.Ended.IsZero() {
			a.Dates = append(a.Dates, iati.DatedType{Date: p.last(r.Ended).String(), Type: actualEnd})
		}
		if r.Sector != "" {
			a.Sectors = append(a.Sectors, iati.Sector{Vocabulary: "99", Code: r.Sector, Narrative: r.Sector})
		}
		for _, s := range r.Places {
			p.locate(a, s.Place)
		}
		if len(r.Places) == 0 && r.County != "" {
			p.locate(a, r.County)
		}
		p.targets(a, r)
		all = append(all, a)
	}
	return all, nil
}

// locate adds a place to an activity, once.
func (p *publication) locate(a *iati.Activity, id domain.ID) {
	if slices.ContainsFunc(a.Locations, func(l iati.Location) bool { return l.Reference == string(id) }) {
		return
	}
	l := iati.Location{Reference: string(id), Administrative: &iati.Code{Vocabulary: "A4", Code: p.Country}}
	if name := p.places[id].Name; name != "" {
		l.Name = &iati.Text{Narrative: name}
	}
	a.Locations = append(a.Locations, l)
}

// transfer adds the transactions and budgets of a fund, gift or project, in the
// order of the log. Of a movement that was divided among places it makes one
// transaction, since no transaction names a place.
func (p *publication) transfer(a *iati.Activity) error {
	id := domain.ID(strings.TrimPrefix(a.Identifier, p.identifier("")+":"))
	incoming, outgoing := projections.JournalQuery{Fund: id, Stage: incomingStages}, projections.JournalQuery{Project: id, Stage: outgoingStages}
	budgets := map[string]map[domain.Currency]domain.Money{}
	for _, q := range []projections.JournalQuery{incoming, outgoing} {
		q.Ledger, q.AsOf, q.Limit = p.ledger.Ledger, p.asOf, pageSize
		var whole projections.Movement
		var sum domain.Money
		flush := func() {
			if !sum.IsZero() {
				p.add(a, whole, sum)
			}
		}
		for v, err := range pages(func(after string) ([]projections.Movement, string, error) {
			q.After = after
			page, err := p.Views.Journal(p.ctx, q)
			return page.Movements, page.Next, err
		}) {
			if err != nil {
				return err
			}
			m, _ := v.(projections.Movement)
			amount, err := moneyOf(m.Amount, m.Currency)
			if err != nil {
				return err
			}
			if m.Stage == domain.Allocated.String() {
				if err := allocate(budgets, m, amount); err != nil {
					return err
				}
				continue
			}
			if m.Position != whole.Position || m.Stage != whole.Stage || m.Currency != whole.Currency || m.Fund != whole.Fund {
				flush()
				whole, sum = m, domain.Money{Currency: m.Currency}
			}
			if sum, err = sum.Add(amount); err != nil {
				return err
			}
		}
		flush()
	}
	numbered(a.Transactions)
	setAside(a, budgets)
	return nil
}

// allocate adds an allocation to the budget of its year.
func allocate(budgets map[string]map[domain.Currency]domain.Money, m projections.Movement, amount domain.Money) (err error) {
	year := strconv.Itoa(m.BudgetYear)
	if budgets[year] == nil {
		budgets[year] = map[domain.Currency]domain.Money{}
	}
	sum, known := budgets[year][m.Currency]
	if !known {
		sum.Currency = m.Currency
	}
	budgets[year][m.Currency], err = sum.Add(amount)
	return err
}

// setAside writes the budgets of a project; nothing is left out of none.
func setAside(a *iati.Activity, budgets map[string]map[domain.Currency]domain.Money) {
	for _, year := range slices.Sorted(maps.Keys(budgets)) {
		for _, currency := range slices.Sorted(maps.Keys(budgets[year])) {
			if m := budgets[year][currency]; !m.IsZero() {
				b := yearOf(year, m)
				b.Type, b.Status = originalBudget, committedBudget
				a.Budgets = append(a.Budgets, b)
			}
		}
	}
}

// numbered tells apart what one entry led to in one activity.
func numbered(all []iati.Transferred) {
	seen := map[string]int{}
	for i := range all {
		entry := all[i].Reference
		if seen[entry]++; seen[entry] > 1 {
			all[i].Reference += "-" + strconv.Itoa(seen[entry])
		}
	}
}
