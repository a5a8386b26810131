package domain_test

import (
	"fmt"
	"maps"
	"slices"

	"aidledger/domain"
)

// This file holds a model of the money core: the rules once more, as sums in
// plain maps. random_test.go lets it and the ledger answer the same commands.

// purse holds one amount for each stage, in fen.
type purse map[domain.Stage]int64

func (p purse) cash() int64 {
	return p[domain.Received] + p[domain.CarriedIn] + p[domain.Returned] - p[domain.CarriedOut] - p[domain.Disbursed] - p[domain.Repaid]
}

func (p purse) funding() int64 { return p[domain.Committed] + p[domain.Recognised] }

func (p purse) free() int64 {
	return p.funding() + p[domain.CarriedIn] - p[domain.CarriedOut] - p[domain.Allocated]
}

func (p purse) undisbursed() int64 { return p[domain.Allocated] - p[domain.Disbursed] }

func (p purse) unspent() int64 { return p[domain.Disbursed] - p[domain.Spent] - p[domain.Returned] }

type line struct{ fund, project domain.ID }

// change is what one entry adds to one fund, and to one project where there is one.
type change struct {
	line
	stage domain.Stage
	fen   int64
}

// wish is a request; it reserves its amount while it is open.
type wish struct {
	line
	fen            int64
	open, approved bool
}

type entry struct {
	id       string
	pays     domain.ID // the request that it paid
	changes  []change
	commits  domain.ID // the fund that it committed
	alters   domain.ID // the fund whose commitment it raised or lowered
	reversed bool
}

type model struct {
	funds     map[domain.ID]purse
	lines     map[line]purse
	known     map[domain.ID]bool
	closed    map[domain.ID]bool
	committed map[domain.ID]bool
	altered   map[domain.ID]int
	wishes    map[domain.ID]*wish
	entries   []*entry
}

func newModel() *model {
	return &model{funds: map[domain.ID]purse{}, lines: map[line]purse{}, known: map[domain.ID]bool{}, closed: map[domain.ID]bool{},
		committed: map[domain.ID]bool{}, altered: map[domain.ID]int{}, wishes: map[domain.ID]*wish{}}
}

func (m *model) fund(id domain.ID) purse {
	if m.funds[id] == nil {
		m.funds[id] = purse{}
	}
	return m.funds[id]
}

func (m *model) line(fund, project domain.ID) purse {
	k := line{fund, project}
	if m.lines[k] == nil {
		m.lines[k] = purse{}
	}
	return m.lines[k]
}

// reserved is what requests keep from others.
func (m *model) reserved(k line) (ofFund, ofLine int64) {
	for _, w := range m.wishes {
		if w.open && w.fund == k.fund {
			ofFund += w.fen
			if w.project == k.project {
				ofLine += w.fen
			}
		}
	}
	return ofFund, ofLine
}

// left is what may still be paid out of a fund and of an allocation.
func (m *model) left(fund, project domain.ID) (cash, undisbursed int64) {
	ofFund, ofLine := m.reserved(line{fund, project})
	return m.fund(fund).cash() - ofFund, m.line(fund, project).undisbursed() - ofLine
}

func (m *model) open(id domain.ID) bool { return m.known[id] && !m.closed[id] }

// answer says whether a command is accepted, and what it then changes.
func (m *model) answer(c domain.Command) (*entry, bool) {
	switch c := c.(type) {
	case *domain.PledgeFunds:
		empty := !m.committed[c.Fund] && !slices.ContainsFunc(slices.Collect(maps.Values(m.fund(c.Fund))), func(fen int64) bool { return fen != 0 })
		return m.one(c.Fund, "", domain.Pledged, fen(c.Amount)), !m.closed[c.Fund] && empty
	case *domain.CommitFunds:
		e := m.one(c.Fund, "", domain.Committed, fen(c.Amount))
		e.commits = c.Fund
		return e, !m.closed[c.Fund] && !m.committed[c.Fund] && m.fund(c.Fund)[domain.Recognised] == 0
	case *domain.ReceiveFunds:
		e := m.one(c.Fund, "", domain.Received, fen(c.Amount))
		if f := m.fund(c.Fund); !m.committed[c.Fund] && f[domain.Received] == f[domain.Recognised] {
			e.changes = append(e.changes, change{line{fund: c.Fund}, domain.Recognised, fen(c.Amount)})
		}
		return e, !m.closed[c.Fund]
	case *domain.IncreaseCommitment:
		e := m.one(c.Fund, "", domain.Committed, fen(c.Amount))
		e.alters = c.Fund
		return e, m.open(c.Fund) && m.committed[c.Fund]
	case *domain.ReduceCommitment:
		e := m.one(c.Fund, "", domain.Committed, -fen(c.Amount))
		e.alters = c.Fund
		f := m.fund(c.Fund)
		return e, m.open(c.Fund) && m.committed[c.Fund] && fen(c.Amount) <= f.free() && fen(c.Amount) <= f[domain.Committed]
	case *domain.LapsePledge:
		f := m.fund(c.Fund)
		left := f[domain.Pledged] - max(f[domain.Committed], f[domain.Received])
		return m.one(c.Fund, "", domain.Pledged, -left), m.open(c.Fund) && left > 0
	case *domain.CloseFund:
		f := m.fund(c.Fund)
		return &entry{}, m.open(c.Fund) && f.cash() == 0 && f.unspent() == 0 && f[domain.Committed] <= f[domain.Received]
	}
	return m.answerUse(c)
}

// answerUse is answer for the commands that use what a fund has.
func (m *model) answerUse(c domain.Command) (*entry, bool) {
	switch c := c.(type) {
	case *domain.AllocateFunds:
		return m.one(c.Fund, c.Project, domain.Allocated, fen(c.Amount)), m.open(c.Fund) && fen(c.Amount) <= m.fund(c.Fund).free()
	case *domain.ReallocateFunds:
		e := m.one(c.Fund, c.From, domain.Allocated, -fen(c.Amount))
		if c.To != "" {
			e.changes = append(e.changes, change{line{c.Fund, c.To}, domain.Allocated, fen(c.Amount)})
		}
		_, undisbursed := m.left(c.Fund, c.From)
		return e, m.open(c.Fund) && c.From != c.To && fen(c.Amount) <= undisbursed
	case *domain.DisburseFunds:
		e := m.one(c.Fund, c.Project, domain.Disbursed, fen(c.Amount))
		if c.Request != "" {
			e.pays = c.Request
			w := m.wishes[c.Request]
			return e, m.open(c.Fund) && w != nil && w.open && w.approved
		}
		return e, m.open(c.Fund) && m.covers(c.Fund, c.Project, c.Amount)
	case *domain.RequestDisbursement:
		return &entry{}, m.open(c.Fund) && m.wishes[c.Request] == nil && m.covers(c.Fund, c.Project, c.Amount)
	case *domain.ApproveDisbursement:
		w := m.wishes[c.Request]
		return &entry{}, w != nil && w.open && !w.approved
	case *domain.WithdrawRequest:
		return &entry{}, m.wishes[c.Request] != nil && m.wishes[c.Request].open
	case *domain.ReportExpenditure:
		return m.one(c.Fund, c.Project, domain.Spent, fen(c.Amount)), m.open(c.Fund) && fen(c.Amount) <= m.line(c.Fund, c.Project).unspent()
	case *domain.ReturnFunds:
		if c.Project == "" {
			cash, _ := m.left(c.Fund, "")
			return m.one(c.Fund, "", domain.Repaid, fen(c.Amount)), m.open(c.Fund) && fen(c.Amount) <= cash
		}
		return m.one(c.Fund, c.Project, domain.Returned, fen(c.Amount)), m.open(c.Fund) && fen(c.Amount) <= m.line(c.Fund, c.Project).unspent()
	case *domain.CarryOver:
		e := m.one(c.Fund, "", domain.CarriedOut, fen(c.Amount))
		e.changes = append(e.changes, change{line{fund: c.To}, domain.CarriedIn, fen(c.Amount)})
		cash, _ := m.left(c.Fund, "")
		return e, m.open(c.Fund) && m.open(c.To) && c.Fund != c.To && fen(c.Amount) <= cash
	case *domain.ReverseEntry:
		return m.back(c)
	}
	panic(fmt.Sprintf("the model does not know %T", c))
}

func (m *model) covers(fund, project domain.ID, a domain.Amount) bool {
	cash, undisbursed := m.left(fund, project)
	return fen(a) <= cash && fen(a) <= undisbursed
}

func (m *model) one(fund, project domain.ID, stage domain.Stage, fen int64) *entry {
	return &entry{changes: []change{{line{fund, project}, stage, fen}}}
}

func fen(a domain.Amount) int64 {
	m, err := a.Money("CNY")
	if err != nil {
		panic(err)
	}
	return m.Minor
}

// back answers the reversal of an entry: nothing that is left may rest on it.
func (m *model) back(c *domain.ReverseEntry) (*entry, bool) {
	i := slices.IndexFunc(m.entries, func(e *entry) bool { return e.id == c.Entry })
	if i < 0 || m.entries[i].reversed || len(m.entries[i].changes) == 0 {
		return nil, false
	}
	original := m.entries[i]
	reversal := &entry{commits: original.commits, alters: original.alters, pays: original.pays, reversed: true}
	after := &model{funds: map[domain.ID]purse{}, lines: map[line]purse{}}
	for _, ch := range original.changes {
		if m.closed[ch.fund] {
			return nil, false
		}
		after.funds[ch.fund], after.lines[ch.line] = maps.Clone(m.fund(ch.fund)), maps.Clone(m.line(ch.fund, ch.project))
		ch.fen = -ch.fen
		reversal.changes = append(reversal.changes, ch)
	}
	after.add(reversal)
	ok := original.commits == "" || m.altered[original.commits] == 0
	for id, f := range after.funds {
		reserved, _ := m.reserved(line{fund: id})
		ok = ok && f[domain.Pledged] >= 0 && f[domain.Committed] >= 0 && f.cash() >= reserved && f.free() >= min(0, m.fund(id).free())
	}
	for k, l := range after.lines {
		_, reserved := m.reserved(k)
		ok = ok && (k.project == "" || l.undisbursed() >= reserved && l.unspent() >= 0)
	}
	return reversal, ok
}

// add adds the changes of an entry.
func (m *model) add(e *entry) {
	for _, ch := range e.changes {
		m.fund(ch.fund)[ch.stage] += ch.fen
		if ch.project != "" {
			m.line(ch.fund, ch.project)[ch.stage] += ch.fen
		}
	}
}

// record adds an entry that was accepted.
func (m *model) record(id string, c domain.Command, e *entry) {
	m.add(e)
	for _, ch := range e.changes {
		m.known[ch.fund] = true
	}
	if c, ok := c.(*domain.CloseFund); ok {
		m.closed[c.Fund] = true
	}
	if e.commits != "" {
		m.committed[e.commits] = !e.reversed
	}
	if e.alters != "" && e.reversed {
		m.altered[e.alters]--
	} else if e.alters != "" {
		m.altered[e.alters]++
	}
	if e.pays != "" {
		m.wishes[e.pays].open = e.reversed
	}
	switch c := c.(type) {
	case *domain.RequestDisbursement:
		m.wishes[c.Request] = &wish{line: line{c.Fund, c.Project}, fen: fen(c.Amount), open: true}
	case *domain.ApproveDisbursement:
		m.wishes[c.Request].approved = true
	case *domain.WithdrawRequest:
		m.wishes[c.Request].open = false
	case *domain.ReverseEntry:
		m.entries[slices.IndexFunc(m.entries, func(e *entry) bool { return e.id == c.Entry })].reversed = true
		return // a reversal is not reversed
	}
	e.id = id
	m.entries = append(m.entries, e)
}
