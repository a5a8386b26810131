package projections

import (
	"strings"

	"aidledger/domain"
)

const stageCount = len(domain.Sums{})

// totalsSum makes a line of totals from the stages that have a row. A fact that
// nobody reported stays unknown; a decision that was never taken is zero. What
// follows from stages is unknown where it would say nothing.
func totalsSum(currency domain.Currency, stages []string, amounts []int64, approximate []bool) (TotalsSum, error) {
	out := TotalsSum{Currency: currency}
	var sums domain.Sums
	var known, vague [stageCount]bool
	for i, name := range stages {
		var s domain.Stage
		if err := s.UnmarshalText([]byte(name)); err != nil {
			return out, err
		}
		sums[s], known[s], vague[s] = amounts[i], true, approximate[i]
	}
	any := func(stages ...domain.Stage) bool {
		for _, s := range stages {
			if known[s] {
				return true
			}
		}
		return false
	}
	texts := make([]string, 0, stageCount+6) // a page has hundreds, so they share their memory
	show := func(minor int64, known bool) *string {
		if !known {
			return nil
		}
		texts = append(texts, domain.Money{Minor: minor, Currency: currency}.Decimal())
		return &texts[len(texts)-1]
	}
	for _, s := range domain.Stages() {
		*out.field(s) = show(sums[s], known[s] || !s.Reported())
		if vague[s] {
			out.Approximate = append(out.Approximate, s.String())
		}
	}
	out.Funding = show(sums[domain.Committed]+sums[domain.Recognised]+sums[domain.InKind], true)
	out.Unallocated = show(sums.Unallocated(), true)
	// What a fund without a commitment received fulfils no commitment.
	out.Due = show(sums.Due()+sums[domain.Recognised], known[domain.Received])
	out.Cash = show(sums.Cash(), any(domain.Received, domain.CarriedIn))
	out.Undisbursed = show(sums.Undisbursed(), known[domain.Allocated])
	out.Unspent = show(sums.Unspent(), known[domain.Disbursed])
	return out, nil
}

// field returns where the amount of a stage is shown.
func (t *TotalsSum) field(s domain.Stage) **string {
	return [stageCount]**string{
		domain.Pledged: &t.Pledged, domain.Committed: &t.Committed, domain.Recognised: &t.Recognised,
		domain.Received: &t.Received, domain.CarriedIn: &t.CarriedIn, domain.CarriedOut: &t.CarriedOut,
		domain.Allocated: &t.Allocated, domain.Disbursed: &t.Disbursed, domain.Spent: &t.Spent,
		domain.Returned: &t.Returned, domain.Repaid: &t.Repaid, domain.InKind: &t.InKind,
		domain.Distributed: &t.Distributed,
	}[s]
}

// Amount returns the amount of a stage as decimal text, nil where nobody
// reported it.
func (t *TotalsSum) Amount(s domain.Stage) *string { return *t.field(s) }

// Column returns an amount by its name in JSON, such as carried_in, as decimal
// text: nil where nobody reported it, and where there is no such column.
func (t *TotalsSum) Column(name string) *string {
	switch name {
	case "funding":
		return t.Funding
	case "unallocated":
		return t.Unallocated
	case "due":
		return t.Due
	case "cash":
		return t.Cash
	case "undisbursed":
		return t.Undisbursed
	case "unspent":
		return t.Unspent
	}
	var s domain.Stage
	if s.UnmarshalText([]byte(strings.ReplaceAll(name, "_", "-"))) != nil {
		return nil
	}
	return t.Amount(s)
}
