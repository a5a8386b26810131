package exchange

import (
	"strings"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/projections"
)

// The codes of results and measures.
const (
	outcome, otherResult = "2", "9"
	inUnits, inPercent   = "1", "2"
)

// qualifiers say how exact a value is.
var qualifiers = map[string]string{"about": "约 about", "at-least": "至少 at least", "at-most": "至多 at most", "expected": "预计 expected"}

// results adds what was counted. Business that is no aid is a result of its own
// type, and values are never added up.
func (p *publication) results(a *iati.Activity, all []projections.Indicator) {
	for _, i := range all {
		from, until := i.From, i.Until
		if from.IsZero() {
			from = i.Date // the period that the report stands for
		}
		if until.IsZero() {
			until = from
		}
		actual := &iati.Figure{Value: i.Value.String()}
		if i.Place != "" {
			p.locate(a, i.Place)
			actual.Location = &iati.PlaceRef{Reference: string(i.Place)}
		}
		if said := qualifiers[i.Qualifier]; said != "" {
			actual.Comment = &iati.Text{Narrative: said}
		}
		kind := outcome
		if i.Commercial {
			kind = otherResult
		}
		counted := indicatorOf(i.Name, i.Unit)
		if i.Commercial {
			counted.Description = &iati.Text{Narrative: "商业活动，不是援助 business, not aid"}
		}
		counted.Periods = []iati.Period{{Start: day(from.First()), End: day(until.Last()), Actual: actual}}
		a.Results = append(a.Results, iati.Result{Type: kind, Title: iati.Text{Narrative: i.Name}, Indicators: []iati.Indicator{counted}})
	}
}

// targets adds what a project is meant to reach, beside what was counted under
// the same name and in the same unit. The period is the one that was counted for,
// else the one from its start to its end, or to the end of that year.
func (p *publication) targets(a *iati.Activity, r projections.Project) {
	for _, t := range r.Targets {
		figure := &iati.Figure{Value: t.Value.String()}
		title := indicatorOf(t.Indicator, t.Unit).Title
		met := false
		for i := range a.Results {
			if counted := &a.Results[i].Indicators[0]; counted.Title == title && counted.Periods[0].Target == nil {
				counted.Periods[0].Target, met = figure, true
				break
			}
		}
		if met {
			continue
		}
		start, end := r.Date, r.Ended
		if !r.Started.IsZero() {
			start = r.Started
		}
		if end.IsZero() {
			end, _ = domain.ParseDate(start.First().String()[:len("2018")])
		}
		meant := indicatorOf(t.Indicator, t.Unit)
		meant.Periods = []iati.Period{{Start: day(start.First()), End: day(end.Last()), Target: figure}}
		a.Results = append(a.Results, iati.Result{Type: outcome, Title: iati.Text{Narrative: t.Indicator}, Indicators: []iati.Indicator{meant}})
	}
}

// indicatorOf is a thing that is counted, with its unit in its name.
func indicatorOf(name, unit string) iati.Indicator {
	i := iati.Indicator{Measure: inUnits, Ascending: 1, Title: iati.Text{Narrative: name + "（" + unit + "）"}}
	if strings.ContainsAny(unit, "%％") {
		i.Measure = inPercent
	}
	return i
}
