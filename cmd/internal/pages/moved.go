package pages

import (
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// moved says what an entry moved: the amount of each stage, from where to where.
// It says nothing about an entry that moved no money, or that the caller may not
// see.
func (v *visit) moved(entry string) ([]fact, error) {
	journal, err := v.Views.Journal(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Entry: strings.TrimSpace(entry), Limit: listMax})
	if err != nil || len(journal.Movements) == 0 {
		return nil, err
	}
	first := journal.Movements[0]
	var places []domain.ID
	for _, m := range journal.Movements {
		if m.Place != "" && !slices.Contains(places, m.Place) {
			places = append(places, m.Place)
		}
	}
	if err := v.learn(append(places, first.Fund, first.Project, first.Payee, first.Payer)...); err != nil {
		return nil, err
	}
	var names []string
	for _, p := range places {
		names = append(names, v.name(string(p)))
	}
	var all []fact
	for _, sum := range v.sums(journal.Movements) {
		all = append(all, fact{sum.Cells[1].Text, sum.Cells[2]})
	}
	held := "fund"
	if first.Stage == domain.InKind.String() || first.Stage == domain.Distributed.String() {
		held = "gift"
	}
	return append(all, v.given("date", text(first.Date.String()), "voucher", text(first.Voucher), "document", text(first.Document), "payee", v.thing(first.Payee),
		"project", v.thing(first.Project), held, v.thing(first.Fund), "place", text(strings.Join(names, v.say("and"))))...), nil
}
