package projections

import (
	"context"
	_ "embed"
	"fmt"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

//go:embed journal.sql
var journalSQL string

// journalProjection holds every movement of money, one row for each.
var journalProjection = &projection{
	name:   "journal",
	sql:    journalSQL,
	tables: []string{"journal"},
	dated:  true,
	begin:  func(bulk bool) projector { return &journalProjector{bulk: bulk} },
}

type journalProjector struct {
	copying
	bulk    bool
	waiting []*fact // until it is known what their flows add up to
}

// journalColumns counts the columns of the table journal.
const journalColumns = 37

func (p *journalProjector) flush(ctx context.Context, tx pgx.Tx) error {
	if p.bulk {
		return p.copying.flush(ctx, tx, "copy journal from stdin (format binary, freeze)")
	}
	sums, err := readFlowBalances(ctx, tx, p.waiting)
	if err != nil {
		return err
	}
	for _, f := range p.waiting {
		d, err := detailOf(f.event.Fact)
		if err != nil {
			return err
		}
		p.write(f, d, sums.after(f, d.reverses != "", nil))
	}
	p.waiting = nil
	return p.copying.flush(ctx, tx, "copy journal from stdin (format binary)")
}

func (p *journalProjector) apply(f *fact) error {
	if len(f.movements) == 0 {
		return nil
	}
	d, err := detailOf(f.event.Fact)
	switch {
	case err != nil:
		return err
	case p.bulk:
		p.write(f, d, f.after)
	default:
		p.waiting = append(p.waiting, f)
	}
	return nil
}

// write writes the columns in the order of the table.
func (p *journalProjector) write(f *fact, d detail, after []flowSums) {
	for i := range f.movements {
		m := &f.movements[i]
		entries, placeEntries := entriesOf(f, d.reverses != "", i)
		p.row(journalColumns)
		p.int64(int64(f.at.Block))
		p.int32(int(f.at.Event))
		p.int32(i)
		p.uuid(f.flows[i])
		p.int64(m.Money.Minor)
		p.time(f.entry.Recorded)
		p.date(m.Date.Last())
		p.int16(m.Date.Year())
		p.int16(m.BudgetYear)
		p.int16(entries)
		p.int16(placeEntries)
		p.bool(m.Approximate)
		p.bool(m.OnReceipt)
		p.int64(after[i].amount)
		p.int32(int(after[i].entries))
		p.int32(int(after[i].approximate))
		p.int32(int(after[i].placeEntries))
		p.int32(int(after[i].placeApproximate))
		p.text(f.ledger)
		p.text(f.entry.ID)
		p.text(string(d.disbursement))
		p.text(d.voucher)
		p.text(f.event.Type)
		p.text(m.Stage.String())
		p.text(string(m.Fund))
		p.text(string(m.Provider))
		p.text(string(m.Project))
		p.text(string(m.Place))
		p.text(string(m.Money.Currency))
		p.text(m.Date.Precision())
		p.text(d.document)
		p.text(d.source)
		p.text(string(d.payer))
		p.text(string(d.payee))
		p.text(d.reverses)
		p.text(f.entry.Actor)
		p.text(string(otherFund(f.event.Fact, m)))
	}
}

// detail is what an event about money says besides its movements.
type detail struct {
	document, voucher, source  string
	disbursement, payer, payee domain.ID
	reverses                   string
}

func detailOf(fact domain.Event) (detail, error) {
	switch e := fact.(type) {
	case *domain.FundsDisbursed:
		return detail{e.Document, e.Voucher, e.SourceReference, e.Disbursement, e.Payer, e.Payee, e.Reverses}, nil
	case *domain.ExpenditureReported:
		return detail{e.Document, e.Voucher, e.SourceReference, "", "", e.Payee, e.Reverses}, nil
	case *domain.FundsPledged:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.PledgeLapsed:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsCommitted:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.CommitmentIncreased:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.CommitmentReduced:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsReceived:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsAllocated:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsReallocated:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.PlacesAssigned:
		return evidenceOf(e.Evidence, domain.Correction{}), nil
	case *domain.FundsReturned:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsRepaid:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.FundsCarriedOver:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.GiftReceived:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.GiftValued:
		return evidenceOf(e.Evidence, e.Correction), nil
	case *domain.GiftDistributed:
		return evidenceOf(e.Evidence, e.Correction), nil
	}
	return detail{}, fmt.Errorf("the journal does not know what %s says besides its amounts; add it to detailOf", fact.EventType())
}

func evidenceOf(e domain.Evidence, c domain.Correction) detail {
	return detail{document: e.Document, source: e.SourceReference, reverses: c.Reverses}
}

// entriesOf says what a leg adds to a count of entries, and to one by place. An
// amount that is divided among places is one entry, and one in each place; a
// reversal takes one away. Assigning places later only moves what was counted.
func entriesOf(f *fact, reversal bool, leg int) (entries, placeEntries int) {
	m := &f.movements[leg]
	if _, handover := f.event.Fact.(*domain.PlacesAssigned); handover {
		if m.Place == "" {
			return 0, -1
		}
		return 0, 1
	}
	one := 1
	if reversal {
		one = -1
	}
	if leg > 0 {
		if before := &f.movements[leg-1]; before.Stage == m.Stage && before.Fund == m.Fund && before.Project == m.Project {
			return 0, one
		}
	}
	return one, one
}
