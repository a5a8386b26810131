package pages

import (
	"net/url"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// takenBack is the movement that takes one back, where there is any.
func (v *visit) takenBack(m projections.Movement) (by projections.Movement, found bool, err error) {
	q := projections.JournalQuery{Ledger: v.ledger.Ledger, Fund: m.Fund, Project: m.Project, Payee: m.Payee, Disbursement: m.Disbursement, Stage: m.Stage, Reversals: true, Limit: listMax}
	for {
		journal, err := v.Views.Journal(v.ctx(), q)
		if err != nil {
			return by, false, err
		}
		for _, by := range journal.Movements {
			if by.Reverses == m.Entry {
				return by, true, nil
			}
		}
		if q.After = journal.Next; q.After == "" {
			return by, false, nil
		}
	}
}

// reversal says on which day an entry was taken back, and leads there.
func (v *visit) reversal(by projections.Movement) cell {
	return linked(v.say("entry.taken-back", by.Date), v.href("trace/"+url.PathEscape(by.Entry)))
}

// again is the address of a form with what an entry says that was taken back, to
// be recorded anew with what was wrong; empty where there is no such form. What
// an entry gave to each village follows from the project, so it is left out.
func (v *visit) again(entry string) (string, error) {
	journal, err := v.Views.Journal(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Entry: entry, Limit: 1})
	if err != nil || len(journal.Movements) == 0 || v.past.Shown {
		return "", err
	}
	at := journal.Movements[0].Position
	events, err := v.said(at, entry)
	i := slices.IndexFunc(events, func(e located) bool { return e.at == at })
	if i < 0 || err != nil {
		return "", err
	}
	t, ok := domain.LookupCommand(events[i].entry.Command)
	if needs := access.OfCommand(t.Name); !ok || !v.caller.Has(needs) || needs == access.KeepBeneficiaries || slices.Contains(byOtherPages, t.Name) {
		return "", nil
	}
	said, params := fieldsOf(events[i]), []string(nil)
	for _, f := range t.Field {
		if f.Name == newNoun[t.Name].field && !slices.Contains(staying[t.Name], f.Name) {
			continue // the id stays taken
		}
		value := said[f.Name]
		if f.Type == "amount" {
			value, _, _ = strings.Cut(value, " ")
		}
		params = append(params, f.Name, value)
	}
	return v.href("record/"+t.Name, params...), nil
}
