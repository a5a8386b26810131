package pages

import (
	"net/http"
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// whyView is how a number came about: movement by movement with the value
// after each, or stage by stage for a number that follows from several.
type whyView struct {
	Of    []fact // what the number counts
	Parts table
	Steps table
	Rows  string // address of the movements as the journal shows them
}

// whyOf is the address of the steps to a number, from that of the movements
// behind it: both pages are limited by the same parameters.
func whyOf(rows string) string { return strings.Replace(rows, "/journal?", "/why?", 1) }

func (v *visit) why() error {
	q := v.journalQuery()
	q.Limit, q.Newest = v.rowsAtOnce(), false // in the order of the log
	stages := strings.Split(q.Stage, ",")
	column := columnOfStages(stages)
	view := whyView{Rows: strings.Replace(v.with("after", ""), "/why?", "/journal?", 1)}
	var limits journalView
	if err := v.journalFilters(&limits); err != nil {
		return err
	}
	view.Of = []fact{{v.say("why.number"), text(v.label("column", column))}}
	for _, f := range limits.Filters {
		if f.Name != "stage" {
			view.Of = append(view.Of, fact{f.Label, f.Shown})
		}
	}
	var err error
	if len(stages) > 1 {
		err = v.whyParts(&view, q, column, stages)
	} else {
		err = v.whySteps(&view, q)
	}
	if err != nil {
		return err
	}
	shown := &view.Steps
	if len(stages) > 1 {
		shown = &view.Parts
	}
	if sent, err := v.sendFile("why-"+column, shown); sent {
		return err
	}
	return v.show(http.StatusOK, "why", v.say("why.title", v.label("column", column)), view)
}

// columnOfStages is the column of totals that is made of these stages.
func columnOfStages(stages []string) string {
	for column, of := range derived {
		if of == strings.Join(stages, ",") {
			return column
		}
	}
	return strings.ReplaceAll(strings.Join(stages, ","), "-", "_")
}

// whySteps goes through the movements behind a number of one stage.
func (v *visit) whySteps(view *whyView, q projections.JournalQuery) error {
	why, err := v.Views.Why(v.ctx(), q)
	if err != nil {
		return err
	}
	v.holdsFor(why.Position)
	movements := make([]projections.Movement, len(why.Steps))
	for i, s := range why.Steps {
		movements[i] = s.Movement
	}
	if view.Steps, err = v.movements(movements); err != nil {
		return err
	}
	view.Steps.Empty = v.say("why.empty")
	i := 1 + slices.IndexFunc(view.Steps.Columns, func(c column) bool { return c.Number })
	view.Steps.Columns = slices.Insert(view.Steps.Columns, i, column{Label: v.say("why.running"), Number: true, Hint: v.say("why.running-hint")})
	for n, s := range why.Steps {
		r := &view.Steps.Rows[n]
		r.Cells = slices.Insert(r.Cells, i, v.amount(&s.Running, s.Currency, false, ""))
	}
	v.paged(&view.Steps, why.Next)
	return nil
}

// minus lists, for the columns that follow from several stages, those that are
// taken away.
var minus = map[string][]string{
	"unallocated": {"carried-out", "allocated"},
	"due":         {"received"},
	"cash":        {"carried-out", "disbursed", "repaid"},
	"undisbursed": {"disbursed"},
	"unspent":     {"spent", "returned"},
}

// whyParts shows a number that follows from several stages: what is added, what
// is taken away, and what is left, for each currency.
func (v *visit) whyParts(view *whyView, q projections.JournalQuery, name string, stages []string) error {
	view.Parts = table{Empty: v.say("why.empty"), Columns: []column{{Label: v.label("field", "stage")}, {Label: v.label("field", "amount"), Number: true}}}
	left := map[domain.Currency]int64{}
	var currencies []domain.Currency
	q.Limit, q.After = 1, "" // the sums are enough
	for _, stage := range stages {
		q.Stage = stage
		why, err := v.Views.Why(v.ctx(), q)
		if err != nil {
			return err
		}
		if stage == stages[0] {
			v.holdsFor(why.Position)
		}
		for _, sum := range why.Sum {
			c := sum.Currency
			n, _ := minor(&sum.Amount, c)
			if slices.Contains(minus[name], stage) {
				n = -n
			}
			if _, known := left[c]; !known {
				currencies = append(currencies, c)
			}
			left[c] += n
			view.Parts.Rows = append(view.Parts.Rows, row{Cells: []cell{text(v.label("stage", stage)), v.exact(domain.Money{Minor: n, Currency: c}, v.with("stage", stage))}})
		}
	}
	for _, c := range currencies {
		view.Parts.Rows = append(view.Parts.Rows, row{Sum: true, Cells: []cell{text(v.label("column", name)), v.exact(domain.Money{Minor: left[c], Currency: c}, "")}})
	}
	v.paged(&view.Parts, "")
	return nil
}
