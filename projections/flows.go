package projections

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// flowKey names one flow: all movements of one stage, year and currency that
// go the same way. How many flows there are depends on what a programme looks
// like, not on how long its history is, so whatever a person asks is answered
// from flows, or finds its movements by them.
type flowKey struct {
	ledger                                           string
	fund, provider, project, place, payee, otherFund domain.ID
	currency                                         domain.Currency
	budgetYear, year                                 int16
	stage                                            domain.Stage
	onReceipt                                        bool
}

// flowID stands for a flowKey in the journal and its index: the first half of
// its SHA-256. Nobody can make two keys that share one.
type flowID [16]byte

// flow is the sum of the movements of one flow.
type flow struct {
	flowKey
	flowSums
	id flowID
	in *yearSums // that it is counted in; nil where nobody counts for cutoffs
}

// flowSums is what movements add up to: their amounts, the entries that they
// count for, and how many of those are approximate; the last two once more where
// entries are counted by place.
type flowSums struct {
	amount                         int64
	entries, approximate           int64
	placeEntries, placeApproximate int64
}

// flowKeyOf returns the flow of one movement of an event.
func flowKeyOf(ledger string, e domain.Event, m *domain.Movement) flowKey {
	k := flowKey{ledger: ledger, fund: m.Fund, provider: m.Provider, project: m.Project, place: m.Place, currency: m.Money.Currency,
		budgetYear: int16(m.BudgetYear), year: int16(m.Date.Year()), stage: m.Stage, onReceipt: m.OnReceipt}
	switch e := e.(type) {
	case *domain.FundsDisbursed:
		k.payee = e.Payee
	case *domain.ExpenditureReported:
		k.payee = e.Payee
	case *domain.FundsCarriedOver:
		k.otherFund = otherFund(e, m)
	}
	return k
}

// otherFund returns the fund on the other side of what was carried over.
func otherFund(e domain.Event, m *domain.Movement) domain.ID {
	carried, ok := e.(*domain.FundsCarriedOver)
	switch {
	case !ok:
		return ""
	case m.Stage == domain.CarriedIn:
		return carried.Fund
	}
	return carried.To.Fund
}

func (k *flowKey) id() flowID {
	var room [128]byte
	b := room[:0]
	for _, name := range [...]string{k.ledger, string(k.fund), string(k.provider), string(k.project), string(k.place), string(k.payee),
		string(k.otherFund), string(k.currency)} {
		b = append(b, name...)
		b = append(b, 0) // no name has it
	}
	b = binary.BigEndian.AppendUint16(b, uint16(k.budgetYear))
	b = binary.BigEndian.AppendUint16(b, uint16(k.year))
	b = append(b, byte(k.stage))
	if k.onReceipt {
		b = append(b, 1)
	}
	sum := sha256.Sum256(b)
	return flowID(sum[:])
}

// flows adds movements up.
type flows map[flowID]*flow

// of returns the flow of a movement, which begins with its first one.
func (a flows) of(id flowID, f *fact, m *domain.Movement) *flow {
	known := a[id]
	if known == nil {
		known = &flow{flowKey: flowKeyOf(f.ledger, f.event.Fact, m), id: id}
		known.ownNames()
		a[id] = known
	}
	return known
}

// ownNames copies the names, so that the flow does not keep the block that they
// were read from.
func (f *flow) ownNames() {
	f.ledger = strings.Clone(f.ledger)
	for _, id := range []*domain.ID{&f.fund, &f.provider, &f.project, &f.place, &f.payee, &f.otherFund} {
		*id = domain.ID(strings.Clone(string(*id)))
	}
}

// add counts one movement.
func (f *flowSums) add(m *domain.Movement, entries, placeEntries int) {
	f.amount += m.Money.Minor
	f.entries += int64(entries)
	f.placeEntries += int64(placeEntries)
	if m.Approximate {
		f.approximate += int64(entries)
		f.placeApproximate += int64(placeEntries)
	}
}

// plus counts the sums of other movements.
func (f *flowSums) plus(o flowSums) {
	f.amount += o.amount
	f.entries += o.entries
	f.approximate += o.approximate
	f.placeEntries += o.placeEntries
	f.placeApproximate += o.placeApproximate
}

// sorted returns all flows in the order of their ids.
func (a flows) sorted() []*flow {
	return slices.SortedFunc(maps.Values(a), func(a, b *flow) int { return bytes.Compare(a.id[:], b.id[:]) })
}

// copyFlows writes flows into an empty table.
func copyFlows(ctx context.Context, tx pgx.Tx, all []*flow) error {
	var rows copying
	for _, f := range all {
		rows.row(16)
		rows.uuid(f.id)
		rows.text(f.ledger)
		rows.text(string(f.fund))
		rows.text(string(f.project))
		rows.text(string(f.place))
		rows.text(string(f.payee))
		rows.text(string(f.otherFund))
		rows.text(f.stage.String())
		rows.text(string(f.currency))
		rows.int16(int(f.year))
		rows.text(string(f.provider))
		rows.int16(int(f.budgetYear))
		rows.bool(f.onReceipt)
		rows.int64(f.amount)
		rows.int64(f.entries)
		rows.int64(f.placeEntries)
	}
	return rows.flush(ctx, tx, "copy flows from stdin (format binary, freeze)")
}

// upsertFlows adds flows to a table that may hold them.
func upsertFlows(ctx context.Context, tx pgx.Tx, all []*flow) error {
	n := len(all)
	names, sums, ids := make([][]string, 9), make([][]int64, 3), make([][16]byte, n)
	years, budgetYears, onReceipt := make([]int16, n), make([]int16, n), make([]bool, n)
	for i, f := range all {
		for j, name := range [...]string{f.ledger, string(f.fund), string(f.project), string(f.place), string(f.payee), string(f.otherFund),
			f.stage.String(), string(f.currency), string(f.provider)} {
			names[j] = append(names[j], name)
		}
		for j, sum := range [...]int64{f.amount, f.entries, f.placeEntries} {
			sums[j] = append(sums[j], sum)
		}
		ids[i], years[i], budgetYears[i], onReceipt[i] = f.id, f.year, f.budgetYear, f.onReceipt
	}
	args := []any{ids, years, budgetYears, onReceipt}
	for _, column := range names {
		args = append(args, column)
	}
	for _, column := range sums {
		args = append(args, column)
	}
	_, err := tx.Exec(ctx, `insert into flows (flow, year, budget_year, on_receipt, ledger, fund, project, place, payee, other_fund, stage, currency, provider,
			amount, entries, place_entries)
		select * from unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::boolean[],
			$5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
			$14::bigint[], $15::bigint[], $16::bigint[])
		on conflict (flow) do update set
			amount        = flows.amount + excluded.amount,
			entries       = flows.entries + excluded.entries,
			place_entries = flows.place_entries + excluded.place_entries`, args...)
	return err
}
