package pages

import (
	"cmp"
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// paperGap stands between what a paper says. The number of its voucher comes
// first: it is what people know a paper by.
const paperGap = " · "

// offerPapers lets the inputs of a command that name an entry or a payment offer
// the last ones, by the number of their voucher.
func (v *visit) offerPapers(t domain.CommandType, o *offers) error {
	for _, f := range t.Field {
		switch nouns := nounsOf[t.Name+"."+f.Name]; {
		case slices.Contains(nouns, "payment"):
			return v.papers(o, "payment", domain.Disbursed.String())
		case slices.Contains(nouns, "entry"):
			return v.papers(o, "entry", "")
		}
	}
	return nil
}

// papers are the last entries of a stage, or of all, that nothing takes back.
func (v *visit) papers(o *offers, noun, stage string) error {
	journal, err := v.Views.Journal(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Stage: stage, Newest: true, Limit: listMax})
	if err != nil {
		return err
	}
	var payees []domain.ID
	sums, gone := map[string]int64{}, map[string]bool{}
	for _, m := range journal.Movements {
		n, _ := minor(&m.Amount, m.Currency)
		sums[m.Entry+m.Stage] += n
		payees = append(payees, m.Payee)
		if m.Reverses != "" {
			gone[m.Entry], gone[m.Reverses] = true, true
		}
	}
	if err := v.learn(payees...); err != nil {
		return err
	}
	for _, m := range journal.Movements {
		if gone[m.Entry] {
			continue
		}
		gone[m.Entry] = true // its other movements are of the same paper
		id := m.Entry
		if noun == "payment" {
			id = string(cmp.Or(m.Disbursement, domain.ID(m.Entry)))
		}
		sum := domain.Money{Minor: sums[m.Entry+m.Stage], Currency: m.Currency}
		says := []string{cmp.Or(m.Voucher, m.Document), m.Date.String(), v.label("stage", m.Stage), sum.Grouped(), v.name(string(m.Payee))}
		o.byNoun[noun] = append(o.byNoun[noun], option{Value: id, Label: strings.Join(slices.DeleteFunc(says, func(s string) bool { return s == "" }), paperGap)})
	}
	tellApart(o.byNoun[noun])
	return nil
}
