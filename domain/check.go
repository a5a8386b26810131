package domain

import "slices"

// A check looks for what is odd in the read models and raises findings (see
// finding.go). What it takes for odd is a setting of the ledger. Rules:
//   - a threshold is one of those below, and not negative.

// CheckThreshold is a setting of a check: its name, what it usually is, and what
// it means.
type CheckThreshold struct {
	Name  string `json:"name"`
	Usual int    `json:"usual"`
	Doc   string `json:"doc"`
}

var checkThresholds = []CheckThreshold{
	{"idle-days", 365, "days after which cash that was not paid out is idle (闲置)"},
	{"severe-idle-days", 730, "days after which it is severely so"},
	{"late-days", 180, "days between receipt and payment after which the payment is late (滞拨)"},
	{"unspent-days", 365, "days after which a commitment of which nothing was spent is odd"},
	{"recording-days", 90, "days between date and recording after which an entry is late"},
	{"notice-days", 30, "days after its first payment by which a project has a public notice"},
	{"year-end-percent", 40, "percent of a year's payments in December from which they bunch"},
	{"round-percent", 80, "percent of at least ten payments that are whole ten thousands from which they are odd"},
	{"split-days", 7, "days within which payments that pass the approval threshold together are taken as split"},
}

// CheckThresholds lists the settings of all checks.
func CheckThresholds() []CheckThreshold { return slices.Clone(checkThresholds) }

// CheckThresholdSet says what a check takes for odd from now on.
type CheckThresholdSet struct {
	Evidence
	Threshold string `json:"threshold"`
	Value     int    `json:"value"`
}

// SetCheckThreshold says what a check takes for odd.
type SetCheckThreshold struct {
	Threshold string `json:"threshold" enum:"idle-days,severe-idle-days,late-days,unspent-days,recording-days,notice-days,year-end-percent,round-percent,split-days" doc:"which setting"`
	Value     int    `json:"value" doc:"its new value, in days or percent"`
	Evidence
}

var (
	_ = command[SetCheckThreshold]("set-check-threshold", "Says from when on a check finds something odd.")
	_ = event[CheckThresholdSet]()
)

func (c *SetCheckThreshold) decide(l *Ledger, ctx Context) ([]Event, error) {
	const most = 36500 // days in a hundred years
	if c.Value < 0 || c.Value > most {
		return nil, refuse("threshold_range", "%d is no value of %s", c.Value, c.Threshold).in("value").
			hint("give 1 to %d", most).with("value", c.Value)
	}
	if old, ok := l.checkLimits.get(c.Threshold); ok && old == c.Value {
		return nil, nil
	}
	e, err := l.evidence("check-threshold-set", c.Evidence, ctx)
	return one(&CheckThresholdSet{Evidence: e, Threshold: c.Threshold, Value: c.Value}, err)
}

// EventType is check-threshold-set.
func (*CheckThresholdSet) EventType() string { return "check-threshold-set" }

func (e *CheckThresholdSet) evolve(l *Ledger) {
	l.checkLimits.put(e.Threshold, e.Value)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
