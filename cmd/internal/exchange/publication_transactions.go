package exchange

import (
	"strings"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/projections"
)

// The stages whose movements are transactions: of a fund or gift, and of a
// project, which has its budget from what is allocated. Three stages are none.
// Recognised is the other side of a receipt that is there already, and what is
// carried over stays in the ledger: it would be counted twice.
const (
	incomingStages = "pledged,committed,received,repaid,in-kind,distributed"
	outgoingStages = "allocated,disbursed,returned,spent"
)

// transactionTypes are the codes of the stages. What is paid back is the type of
// what it takes back, with a negative amount.
var transactionTypes = map[string]string{
	domain.Pledged.String(): "13", domain.Committed.String(): "11", domain.Received.String(): "1", domain.Repaid.String(): "1",
	domain.InKind.String(): "1", domain.Disbursed.String(): "3", domain.Returned.String(): "3", domain.Spent.String(): "4",
	domain.Distributed.String(): "4",
}

// add makes a transaction of a movement; the amount is that of all its places.
func (p *publication) add(a *iati.Activity, m projections.Movement, amount domain.Money) {
	if m.Stage == domain.Returned.String() || m.Stage == domain.Repaid.String() {
		amount = amount.Neg()
	}
	on := p.last(m.Date)
	t := iati.Transferred{Reference: m.Entry, Type: iati.Code{Code: transactionTypes[m.Stage]}, Date: day(on),
		Value: iati.Value{Currency: string(amount.Currency), Date: on.String(), Amount: amount.Decimal()}}
	if said := saidOf(m, on); said != "" {
		t.Description = &iati.Text{Narrative: said}
	}
	provider, us := p.party(m.Provider), p.us()
	switch m.Stage {
	case domain.Disbursed.String(), domain.Returned.String():
		if m.Payer != "" {
			us = p.party(m.Payer)
		}
		us.Provides = p.identifier(m.Fund)
		t.Provider = &us
		if m.Payee != "" {
			payee := p.party(m.Payee)
			t.Receiver = &payee
		}
	case domain.Spent.String(), domain.Distributed.String():
		us.Provides = p.identifier(m.Fund)
		t.Provider = &us
	default:
		t.Provider, t.Receiver = &provider, &us
	}
	if m.Stage == domain.InKind.String() || m.Stage == domain.Distributed.String() {
		t.Channel = &iati.Code{Code: thirdParties}
	}
	a.Transactions = append(a.Transactions, t)
}

// saidOf is what a reader of the file should know about a transaction.
func saidOf(m projections.Movement, on domain.Date) string {
	var said []string
	for _, part := range []struct {
		is   bool
		text string
	}{
		{m.Reverses != "", "红字冲销 reversal of " + m.Reverses},
		{m.Stage == domain.Returned.String() || m.Stage == domain.Repaid.String(), "退回 paid back"},
		{m.Document != "", "文号 " + m.Document},
		{m.Approximate, "约数 approximate"},
		{m.Date.Precision() != "day", "来源仅载 " + m.Date.String() + "，日期为 " + on.String() + " the source gives no day"},
	} {
		if part.is {
			said = append(said, part.text)
		}
	}
	return strings.Join(said, "；")
}
