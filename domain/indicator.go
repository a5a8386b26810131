package domain

import "cmp"

// An indicator (成效指标) is a result that is counted, not money that is
// disbursed: people, villages, tonnes, and also sales and investment plans in
// yuan, which are no aid and are in no total of aid. Rules:
//   - a value has a unit and is not negative;
//   - values are not added up; one may be a part of another, in the same unit,
//     and then does not exceed it;
//   - without a date of its own it is dated at the end of its period, or today
//     while the period lasts.

// IndicatorReported says what was reported for a period and a scope.
type IndicatorReported struct {
	Correction
	Evidence
	Indicator  ID       `json:"indicator"`
	Name       string   `json:"name"`
	Value      Quantity `json:"value"`
	Unit       string   `json:"unit"`
	Qualifier  string   `json:"qualifier,omitempty"`
	From       Date     `json:"from,omitzero"`
	Until      Date     `json:"until,omitzero"`
	Place      ID       `json:"place,omitempty"`
	Project    ID       `json:"project,omitempty"`
	Fund       ID       `json:"fund,omitempty"`
	PartOf     ID       `json:"part_of,omitempty"`
	Commercial bool     `json:"commercial,omitzero"`
}

// ReportIndicator records a result.
type ReportIndicator struct {
	Indicator  ID       `json:"indicator" doc:"id of this report"`
	Name       string   `json:"name" doc:"what is counted"`
	Value      Quantity `json:"value" doc:"the number"`
	Unit       string   `json:"unit,omitempty" doc:"its unit: 人, 人次, 户, 村, 元 …; required"`
	Qualifier  string   `json:"qualifier,omitempty" enum:"about,at-least,at-most,expected" doc:"how exact it is; exact if left out"`
	From       Date     `json:"from,omitzero" doc:"first day of the period; left out: the source does not say"`
	Until      Date     `json:"until,omitzero" doc:"last day of the period; the end of from if left out"`
	Place      ID       `json:"place,omitempty" doc:"place that it is about"`
	Project    ID       `json:"project,omitempty" doc:"project that it is about"`
	Fund       ID       `json:"fund,omitempty" doc:"fund that it is about"`
	PartOf     ID       `json:"part_of,omitempty" doc:"indicator that it is a part of"`
	Commercial bool     `json:"commercial,omitzero" doc:"business, not aid: investment plans, sales, spending of visitors"`
	Evidence
}

var (
	_ = command[ReportIndicator]("report-indicator", "Records a result that is counted (成效指标).")
	_ = event[IndicatorReported]()
)

type indicator struct {
	value  Quantity
	unit   string
	partOf ID
}

func (i *indicator) fields() []any { return []any{&i.value, &i.unit, &i.partOf} }

func (c *ReportIndicator) decide(l *Ledger, ctx Context) ([]Event, error) {
	if _, standing := l.indicators.get(c.Indicator); standing {
		return nil, clash("id_taken", "the indicator %s is reported already", c.Indicator).in("indicator").
			hint("choose another id, or reverse that report first").with("id", c.Indicator)
	}
	if noun, ok := l.names.get(c.Indicator); ok && noun != NounIndicator {
		return nil, l.free(c.Indicator, "indicator")
	}
	if err := l.known(ref{NounPlace, c.Place, "place"}, ref{NounProject, c.Project, "project"},
		ref{NounFund, c.Fund, "fund"}, ref{NounIndicator, c.PartOf, "part_of"}); err != nil {
		return nil, err
	}
	if c.Value.Sign() < 0 {
		return nil, refuse("quantity_negative", "the value is %s", c.Value).in("value").hint("give 0 or more").with("value", c.Value)
	}
	if err := unit(c.Unit); err != nil {
		return nil, err
	}
	if err := l.partOf(c); err != nil {
		return nil, err
	}
	if !c.Until.IsZero() && c.From.IsZero() {
		return nil, required("from")
	}
	if c.Until.Last().Before(c.From.First()) && !c.Until.IsZero() {
		return nil, refuse("date_order", "the period ends (%s) before it begins (%s)", c.Until, c.From).in("until").hint("check both dates").
			with("from", c.From).with("until", c.Until)
	}
	e := c.Evidence
	if end := cmp.Or(c.Until, c.From); e.Date.IsZero() && !ctx.Today.Before(end.First()) {
		e.Date = end
	}
	e, err := l.evidence("indicator-reported", e, ctx)
	return one(&IndicatorReported{Evidence: e, Indicator: c.Indicator, Name: c.Name, Value: c.Value, Unit: c.Unit, Qualifier: c.Qualifier,
		From: c.From, Until: c.Until, Place: c.Place, Project: c.Project, Fund: c.Fund, PartOf: c.PartOf, Commercial: c.Commercial}, err)
}

func (l *Ledger) partOf(c *ReportIndicator) error {
	if c.PartOf == "" {
		return nil
	}
	whole, standing := l.indicators.get(c.PartOf)
	switch {
	case !standing:
		return missing("indicator_not_found", "no indicator is called %q", c.PartOf).in("part_of").hint("report the whole first")
	case whole.unit != c.Unit:
		return refuse("unit_mismatch", "the whole is counted in %s, the part in %s", whole.unit, c.Unit).in("unit").
			hint("use the same unit, or leave part_of out").
			with("part", c.Unit).with("whole", whole.unit)
	case c.Value.Compare(whole.value) > 0:
		return refuse("part_exceeds_whole", "the part is %s, the whole %s is only %s", c.Value, c.PartOf, whole.value).in("value").
			hint("check both numbers").with("part", c.Value).with("whole", whole.value)
	}
	return nil
}

// EventType is indicator-reported.
func (*IndicatorReported) EventType() string { return "indicator-reported" }

func (e *IndicatorReported) evolve(l *Ledger) {
	l.claimSource(e.EventType(), e.Correction, e.Evidence)
	if e.Reverses != "" {
		l.indicators.del(e.Indicator)
		return
	}
	l.names.put(e.Indicator, NounIndicator)
	l.indicators.put(e.Indicator, indicator{value: e.Value, unit: e.Unit, partOf: e.PartOf})
}

func (e IndicatorReported) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Value = e.Value.neg()
	return &e
}

// recount refuses to take back an indicator that others are parts of.
func (e *IndicatorReported) recount(l *Ledger, _ map[ID]gift) error {
	var part ID // the first by its id, so that the answer is always the same
	for id, other := range l.indicators.rows {
		if other.partOf == e.Indicator && (part == "" || id < part) {
			part = id
		}
	}
	if part == "" {
		return nil
	}
	return clash("entry_in_use", "the indicator %s is a part of it", part).in("entry").
		hint("reverse that one first").with("indicator", part)
}
