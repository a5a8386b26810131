package projections

import "time"

// What flows are called by, and what they add up to.
const (
	flowNames = "flow, fund, provider, project, place, payee, other_fund, stage, currency, year, budget_year, on_receipt"
	flowTotal = "amount, entries, place_entries"
)

// sums is the query that adds up what the conditions ask for, by flows: as they
// are now, as they were, or as single movements where only those can tell.
func (c *conditions) sums() string {
	switch {
	case c.few:
		return movementsSQL + "ledger = $1" + also(c.String())
	case len(c.clauses) > 0:
		return movementsSQL + "flow = any(array(select flow from aidledger.flows where ledger = $1" + also(c.ofFlows()) + "))" + also(c.ofMovements())
	case c.until.IsZero():
		return "select " + flowNames + ", " + flowTotal + " from aidledger.flows where ledger = $1" + also(c.ofFlows())
	}
	return c.pastFlows()
}

// movementsSQL selects single movements with the columns of flows.
const movementsSQL = "select " + flowNames + ", " + flowTotal + `,
		case when approximate then entries else 0 end as approximate, case when approximate then place_entries else 0 end as place_approximate
	from aidledger.movements j where `

// countedSQL counts the entries of movements.
const countedSQL = `sum(entries), sum(place_entries),
	sum(case when approximate then entries else 0 end), sum(case when approximate then place_entries else 0 end)`

// pastFlows selects flows as they were. The last movement of a flow before a
// position says what the flow added up to there. A date cuts through the flows
// of its year alone: those of earlier years are as they are, and of later ones
// there was nothing.
func (c *conditions) pastFlows() string {
	last := `select flow_amount as amount, flow_entries as entries, flow_place_entries as place_entries,
			flow_approximate as approximate, flow_place_approximate as place_approximate
		from aidledger.movements j where j.flow = f.flow` + also(c.at)
	const newest = " order by j.block desc, j.event desc, j.leg desc limit 1"
	flows, sums := also(c.ofFlows()), last+newest
	if !c.until.EffectiveUntil.IsZero() {
		year := c.cutYear()
		flows += also("year <= " + year)
		if !c.endsYear() {
			sums = "(" + last + " and f.year < " + year + newest + `) union all (
				select sum(amount)::bigint, ` + countedSQL + `
				from aidledger.movements j where j.flow = f.flow and f.year = ` + year + also(c.ofMovements()) + " having count(*) > 0)"
		}
	}
	return "select " + flowNames + ", s.* from (select * from aidledger.flows where ledger = $1" + flows + ") f cross join lateral (" + sums + ") s"
}

// cutYear is the year of the effective date, as SQL, and endsYear tells whether
// nothing of that year comes after it.
func (c *conditions) cutYear() string { return "extract(year from " + c.day + ")::smallint" }

func (c *conditions) endsYear() bool {
	last := c.until.EffectiveUntil.Last().Time()
	return last.Month() == time.December && last.Day() == 31
}
