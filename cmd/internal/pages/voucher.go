package pages

import (
	"html/template"
	"net/http"
	"net/url"

	"aidledger/cmd/internal/qr"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// voucherView is a payment voucher on half a sheet of paper.
type voucherView struct {
	Programme string
	Facts     []fact
	Amount    cell
	Capitals  string
	Parts     table // of villages, where there are several
	Hash      string
	Code      template.HTML // leads back here with the hash, to be compared
	Printed   string        // whether the hash on a paper is that of the ledger: "same", "other", or nothing to compare
	Reversed  bool          // it takes another entry back
	TakenBack cell          // the entry that takes this one back
}

// voucher shows the payment that one entry recorded.
func (v *visit) voucher() error {
	entry := v.r.PathValue("entry")
	journal, err := v.Views.Journal(v.ctx(), projections.JournalQuery{Ledger: v.ledger.Ledger, Entry: entry, Stage: domain.Disbursed.String(), Limit: listMax})
	if err != nil {
		return err
	}
	if len(journal.Movements) == 0 && v.past.Shown {
		return problem(http.StatusNotFound, "not_recorded_yet", "no payment of that entry had been recorded by then", "choose a later point, or the present")
	}
	if len(journal.Movements) == 0 {
		return problem(http.StatusNotFound, "not_found", "no payment has that entry", "check the entry")
	}
	m := journal.Movements[0]
	total := domain.Money{Currency: m.Currency}
	view := voucherView{Programme: v.ledger.Title, Reversed: m.Reverses != ""}
	ids := []domain.ID{m.Fund, m.Project, m.Payer, m.Payee, m.Provider}
	for _, leg := range journal.Movements {
		n, _ := minor(&leg.Amount, leg.Currency)
		if total, err = total.Add(domain.Money{Minor: n, Currency: leg.Currency}); err != nil {
			return err
		}
		ids = append(ids, leg.Place)
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	decimal := total.Decimal()
	view.Amount = v.amount(&decimal, m.Currency, m.Approximate, "")
	view.Amount.Text = total.Grouped()
	if view.Capitals, err = total.Capitals(); err != nil {
		view.Capitals = "" // another currency, or red
	}
	if by, found, err := v.takenBack(m); err != nil {
		return err
	} else if found {
		view.TakenBack = v.reversal(by)
	}
	note, err := v.noteOf(m)
	if err != nil {
		return err
	}
	view.Facts = v.given("voucher", text(m.Voucher), "date", text(m.Date.String()), "payer", v.thing(m.Payer), "payee", v.thing(m.Payee),
		"provider", v.thing(m.Provider), "fund", v.thing(m.Fund), "project", v.thing(m.Project), "disburse-funds.note", text(note), "document", text(m.Document),
		"source_reference", text(m.SourceReference), "actor", text(v.who(m.Actor)), "recorded", text(v.moment(m.Recorded)), "entry", text(m.Entry))
	if len(journal.Movements) > 1 || m.Place != "" {
		view.Parts = table{Columns: v.columns("place", "+amount")}
		for _, leg := range journal.Movements {
			view.Parts.Rows = append(view.Parts.Rows, row{Cells: []cell{v.thing(leg.Place), v.amount(&leg.Amount, leg.Currency, leg.Approximate, "")}})
		}
	}
	if view.Hash, err = v.hashOf(m.Position); err != nil {
		return err
	}
	if printed := v.query.Get("hash"); printed != "" {
		view.Printed = map[bool]string{true: "same", false: "other"}[printed == view.Hash]
	}
	code, err := qr.Encode([]byte(v.server.PublicURL + "/ledgers/" + url.PathEscape(v.ledger.Ledger) + "/voucher/" + url.PathEscape(entry) + "?hash=" + view.Hash))
	if err != nil {
		return err
	}
	view.Code = template.HTML(code.SVG()) // it is made of numbers alone
	return v.show(http.StatusOK, "voucher", v.say("voucher.title"), view)
}

// hashOf is the hash of the block that holds a position: who has it printed can
// tell whether the log was changed.
func (v *visit) hashOf(at eventstore.Position) (string, error) {
	for m, err := range v.Store.Blocks(v.ctx(), at.Block-1, at.Block) {
		if err != nil {
			return "", err
		}
		return m.Hash().String(), nil
	}
	return "", nil
}
