package domain

import (
	"slices"
	"strings"
)

// Stage says at which step of its life an amount is counted. Stages are never
// added to each other: a total always says which stage it counts. The numbers
// in brackets are IATI 2.03 transaction types.
type Stage uint8

// The stages, in the order in which money passes through them.
const (
	Pledged     Stage = iota // 认捐: promised, without obligation [12, 13]
	Committed                // 安排/下达: notified by document [2, 11]
	Recognised               // 确认: received without a commitment, so the receipt itself is the funding
	Received                 // 到位: cash has arrived [1]
	CarriedIn                // 结转转入: cash brought in from another fund of the same ledger
	CarriedOut               // 结转转出: cash handed on to another fund of the same ledger
	Allocated                // 分配: set aside for a project [budget]
	Disbursed                // 拨付: paid out to a project [3]
	Spent                    // 支出/报账: used by the project [4, 7]
	Returned                 // 退回: paid back by a project to the fund [negative 3]
	Repaid                   // 缴回: paid back by the fund to its provider [negative 1]
	InKind                   // 捐物折款: value of goods received [1 with channel 3 or 4]
	Distributed              // 物资发放: value of goods handed out
	stageCount
)

var stageNames = [stageCount]string{
	"pledged", "committed", "recognised", "received", "carried-in", "carried-out", "allocated",
	"disbursed", "spent", "returned", "repaid", "in-kind", "distributed",
}

// Stages lists every stage in the order of its life.
func Stages() []Stage {
	all := make([]Stage, stageCount)
	for i := range all {
		all[i] = Stage(i)
	}
	return all
}

// String returns the stage's name as it stands in events, tables and queries.
func (s Stage) String() string {
	if s < stageCount {
		return stageNames[s]
	}
	return "unknown"
}

// MarshalText returns the stage's name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stage's name; it returns an error for any other text.
func (s *Stage) UnmarshalText(b []byte) error {
	i := slices.Index(stageNames[:], string(b))
	if i < 0 {
		return refuse("stage_unknown", "%q is not a stage", shown(string(b))).hint("use one of %s", strings.Join(stageNames[:], ", "))
	}
	*s = Stage(i)
	return nil
}

// Reported tells whether the stage is a fact from outside the ledger. Where
// nobody reported such a fact it is unknown, which is not the same as zero; a
// decision that was never taken (a commitment, an allocation) is zero.
func (s Stage) Reported() bool {
	switch s {
	case Received, Disbursed, Spent, Returned, Repaid, InKind, Distributed:
		return true
	}
	return false
}

// Account is one line of the small chart of accounts of the journal. A movement
// goes from one account to another, so debits equal credits at every position.
type Account string

// The chart of accounts. Each account is kept per fund (or gift), project and
// place; its balance is what went in less what went out.
const (
	ProviderPledgesAccount     Account = "provider:pledges"
	FundPledgesAccount         Account = "fund:pledges"
	ProviderCommitmentsAccount Account = "provider:commitments"
	FundUnallocatedAccount     Account = "fund:unallocated"
	ProjectAllocatedAccount    Account = "project:allocated"
	ProviderCashAccount        Account = "provider:cash"
	FundCashAccount            Account = "fund:cash"
	CarryOverAccount           Account = "carry-over"
	ProjectAdvancesAccount     Account = "project:advances"
	ProjectSpentAccount        Account = "project:spent"
	ProviderGoodsAccount       Account = "provider:goods"
	GiftHeldAccount            Account = "gift:held"
	GiftDistributedAccount     Account = "gift:distributed"
)

var routes = [stageCount]struct{ from, to Account }{
	Pledged:     {ProviderPledgesAccount, FundPledgesAccount},
	Committed:   {ProviderCommitmentsAccount, FundUnallocatedAccount},
	Recognised:  {ProviderCommitmentsAccount, FundUnallocatedAccount},
	Received:    {ProviderCashAccount, FundCashAccount},
	CarriedIn:   {CarryOverAccount, FundCashAccount},
	CarriedOut:  {FundCashAccount, CarryOverAccount},
	Allocated:   {FundUnallocatedAccount, ProjectAllocatedAccount},
	Disbursed:   {FundCashAccount, ProjectAdvancesAccount},
	Spent:       {ProjectAdvancesAccount, ProjectSpentAccount},
	Returned:    {ProjectAdvancesAccount, FundCashAccount},
	Repaid:      {FundCashAccount, ProviderCashAccount},
	InKind:      {ProviderGoodsAccount, GiftHeldAccount},
	Distributed: {GiftHeldAccount, GiftDistributedAccount},
}

// Route returns the account that an amount of this stage leaves and the one
// that it enters.
func (s Stage) Route() (from, to Account) {
	return routes[s].from, routes[s].to
}

// Movement is one amount of one stage that belongs to one fund (or gift), at
// most one project and at most one place. It leaves one account and enters
// another (see [Stage.Route]). A negative amount is a red-letter entry: a
// reduction or a reversal. Movements are all that totals are made of.
type Movement struct {
	Stage       Stage
	Fund        ID // the fund, or the gift for goods
	Provider    ID // who gave the fund or the gift
	BudgetYear  int
	Project     ID // empty: not of a project
	Place       ID // empty: not yet assigned to a village
	Money       Money
	Date        Date // effective date
	Approximate bool
	OnReceipt   bool // the fund is funded by its receipts, not by a commitment
}

// PlaceAmount is the part of an amount that belongs to one place. The parts of
// an amount add up to the whole, to the minor unit.
type PlaceAmount struct {
	Place  ID    `json:"place"`
	Amount Money `json:"amount"`
}

// perPlace appends one movement per part, or the whole one where there are no
// parts.
func (m Movement) perPlace(out []Movement, parts []PlaceAmount) []Movement {
	if len(parts) == 0 {
		return append(out, m)
	}
	for _, p := range parts {
		m.Place, m.Money = p.Place, p.Amount
		out = append(out, m)
	}
	return out
}

func negated(parts []PlaceAmount) []PlaceAmount {
	if len(parts) == 0 {
		return nil
	}
	out := make([]PlaceAmount, len(parts))
	for i, p := range parts {
		out[i] = PlaceAmount{Place: p.Place, Amount: p.Amount.Neg()}
	}
	return out
}

// Movements returns the movements of money that an event stands for, in a
// fixed order. Most events that are not about money have none.
func Movements(e Event) []Movement {
	return AppendMovements(nil, e)
}

// AppendMovements appends the movements of an event to a slice and returns it,
// so that a reader of many events can use one slice for all of them.
func AppendMovements(out []Movement, e Event) []Movement {
	if m, ok := e.(interface{ movements([]Movement) []Movement }); ok {
		return m.movements(out)
	}
	return out
}

// Sums holds one amount per stage, in minor units of one currency.
type Sums [stageCount]int64

// Cash is what a fund holds: received and carried in, less what was handed on,
// paid out and repaid, plus what projects returned.
func (s Sums) Cash() int64 {
	return s[Received] + s[CarriedIn] - s[CarriedOut] - s[Disbursed] + s[Returned] - s[Repaid]
}

// Unallocated is what may still be given to projects: committed, or received
// without a commitment, or carried in, less what was handed on and what is
// allocated already. It is negative where money was handed on to another fund
// that had been allocated in this one.
func (s Sums) Unallocated() int64 {
	return s[Committed] + s[Recognised] + s[CarriedIn] - s[CarriedOut] - s[Allocated]
}

// Undisbursed is allocated and not yet paid out.
func (s Sums) Undisbursed() int64 { return s[Allocated] - s[Disbursed] }

// Unspent is paid out, and neither reported as spent nor returned.
func (s Sums) Unspent() int64 { return s[Disbursed] - s[Spent] - s[Returned] }

// Due is committed and not yet received.
func (s Sums) Due() int64 { return s[Committed] - s[Received] }

// Held is the value of goods that were received and not yet handed out.
func (s Sums) Held() int64 { return s[InKind] - s[Distributed] }
