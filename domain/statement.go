package domain

import (
	"cmp"
	"encoding/hex"
	"strconv"
)

// A bank statement (银行对账单) says what happened on an account of ours, as the
// bank saw it. Rules:
//   - a format says how the statements of one account are read, and may be said
//     anew when the bank changes its tables;
//   - a line is a fact that the bank reported: it is recorded once, known by its
//     account and the bank's serial number (流水号), and none of our rules judges
//     its date or amount. Who the other side was is not recorded: it may be a
//     person;
//   - a person matches a line with the entry that moved this money: in the same
//     currency and direction, and for no more than what is open of the line, since
//     a bank may book several payments as one;
//   - an entry is matched once, and a match can be taken back with a reason;
//   - lines move nothing: no total contains them.

// StatementFormatDefined says how the statements of an account are read.
type StatementFormatDefined struct {
	Evidence
	Format   ID                `json:"format"`
	Account  string            `json:"account"`
	Currency Currency          `json:"currency"`
	Columns  []StatementColumn `json:"columns"`
}

// StatementColumn says what stands under a heading of a statement.
type StatementColumn struct {
	Heading string `json:"heading" text:"note" doc:"heading of the column, as the bank writes it"`
	Field   string `json:"field" enum:"serial,date,amount,received,paid,reference" doc:"what stands there; amount: negative for what was paid"`
}

// DefineStatementFormat says how the statements of an account are read.
type DefineStatementFormat struct {
	Format   ID                `json:"format" doc:"id of the format; one that exists is said anew"`
	Account  string            `json:"account" doc:"our account, as we call it"`
	Currency Currency          `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Columns  []StatementColumn `json:"columns" example:"heading=流水号,field=serial; heading=记账日期,field=date; heading=金额,field=amount" doc:"headings of the bank and what they mean"`
	Evidence
}

// StatementLineRecorded says what the bank booked. The amount is negative for
// what was paid.
type StatementLineRecorded struct {
	Correction
	Evidence
	Line      ID     `json:"line"`
	Format    ID     `json:"format"`
	Account   string `json:"account"`
	Serial    string `json:"serial"`
	Amount    Money  `json:"amount"`
	Reference string `json:"reference,omitempty"`
}

// RecordStatementLine records a line of a bank statement.
type RecordStatementLine struct {
	Format    ID     `json:"format" doc:"format of the statement, which knows account and currency"`
	Serial    string `json:"serial" doc:"the bank's number of the line (流水号)"`
	Amount    Amount `json:"amount,omitzero" doc:"amount; negative for what was paid"`
	Received  Amount `json:"received,omitzero" doc:"amount that came in, in place of amount"`
	Paid      Amount `json:"paid,omitzero" doc:"amount that went out, in place of amount"`
	Reference string `json:"reference,omitempty" text:"note" doc:"number that the bank repeats, such as our voucher number; no names"`
	Evidence
}

// StatementLineMatched says which entry moved the money of a line.
type StatementLineMatched struct {
	Evidence
	Line   ID     `json:"line"`
	Entry  string `json:"entry"`
	Amount Money  `json:"amount"`
}

// MatchStatementLine confirms that an entry moved the money of a line.
type MatchStatementLine struct {
	Line  ID     `json:"line" doc:"line of a bank statement"`
	Entry string `json:"entry" doc:"id of the entry that moved the money"`
	Evidence
}

// StatementLineUnmatched takes every match of a line back.
type StatementLineUnmatched struct {
	Evidence
	Line   ID     `json:"line"`
	Reason string `json:"reason"`
}

// UnmatchStatementLine takes every match of a line back.
type UnmatchStatementLine struct {
	Line   ID     `json:"line" doc:"line of a bank statement"`
	Reason string `json:"reason" text:"note" doc:"why the match was wrong"`
	Evidence
}

var (
	_ = command[DefineStatementFormat]("define-statement-format", "Says how the bank statements of an account are read.")
	_ = command[RecordStatementLine]("record-statement-line", "Records a line of a bank statement (对账单).")
	_ = command[MatchStatementLine]("match-statement-line", "Confirms that an entry moved the money of a line of a bank statement.")
	_ = command[UnmatchStatementLine]("unmatch-statement-line", "Takes the matches of a line of a bank statement back.")
	_ = event[StatementFormatDefined]()
	_ = event[StatementLineRecorded]()
	_ = event[StatementLineMatched]()
	_ = event[StatementLineUnmatched]()
)

type statementFormat struct {
	account  string
	currency Currency
}

func (f *statementFormat) fields() []any { return []any{&f.account, &f.currency} }

// statementLine knows what is open of its amount, and which entries it has.
type statementLine struct {
	open    Money
	amount  int64
	entries []string
}

func (s *statementLine) fields() []any { return []any{&s.open, &s.amount, &s.entries} }

func (c *DefineStatementFormat) decide(l *Ledger, ctx Context) ([]Event, error) {
	if noun, known := l.names.get(c.Format); known && noun != NounStatementFormat {
		return nil, l.free(c.Format, "format")
	}
	says := map[string]bool{}
	for i, column := range c.Columns {
		if says[column.Field] {
			return nil, refuse("column_repeated", "two columns are %s", column.Field).in("columns[" + strconv.Itoa(i) + "].field").hint("name each field once")
		}
		says[column.Field] = true
	}
	if !says["serial"] || !says["date"] || !says["amount"] && !(says["received"] && says["paid"]) {
		return nil, refuse("columns_incomplete", "the columns do not say all about a line").in("columns").
			hint("name serial, date, and either amount or both received and paid")
	}
	e, err := l.evidence("statement-format-defined", c.Evidence, ctx)
	return one(&StatementFormatDefined{Evidence: e, Format: c.Format, Account: c.Account, Currency: cmp.Or(c.Currency, l.Facts().Currency), Columns: c.Columns}, err)
}

// statementLineID follows from the account and the bank's serial number.
func statementLineID(account, serial string) (ID, key) {
	k := keyOf("statement-line", account, serial)
	return ID("line-" + hex.EncodeToString(k[:8])), k
}

func (c *RecordStatementLine) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.noun(NounStatementFormat, c.Format, "format"); err != nil {
		return nil, err
	}
	f, _ := l.statementFormats.get(c.Format)
	id, k := statementLineID(f.account, c.Serial)
	if l.keys.has(k) {
		return nil, clash("source_reference_used", "the line %s of the account %s is recorded already", shown(c.Serial), f.account).in("serial").
			hint("check the serial number").with("line", id)
	}
	if c.Date.IsZero() {
		return nil, required("date")
	}
	m, err := c.money(f.currency)
	if err != nil {
		return nil, err
	}
	return []Event{&StatementLineRecorded{Evidence: c.Evidence, Line: id, Format: c.Format, Account: f.account, Serial: c.Serial, Amount: m, Reference: c.Reference}}, nil
}

// money is what the line moved: one of three fields says so.
func (c *RecordStatementLine) money(currency Currency) (m Money, err error) {
	said := 0
	for _, part := range []struct {
		name   string
		amount Amount
		out    bool
	}{{"amount", c.Amount, false}, {"received", c.Received, false}, {"paid", c.Paid, true}} {
		if part.amount.IsZero() {
			continue
		}
		said++
		if m, err = part.amount.Money(currency); err != nil {
			return m, asRefusal(err).in(part.name)
		}
		if part.out {
			m = m.Neg()
		}
	}
	if said != 1 {
		return m, refuse("amount_ambiguous", "%d of the fields amount, received and paid are given", said).in("amount").
			hint("give exactly one, and not 0")
	}
	return m, nil
}

// RefersTo returns the entry that moved the money.
func (c *MatchStatementLine) RefersTo() string { return c.Entry }

func (c *MatchStatementLine) decide(l *Ledger, ctx Context) ([]Event, error) {
	line, known := l.statementLines.get(c.Line)
	switch matched, taken := l.matchedEntries.get(c.Entry); {
	case !known:
		return nil, missing("statement_line_not_found", "no line of a statement is called %q", c.Line).in("line").hint("list the open lines")
	case len(ctx.Original) == 0:
		return nil, missing("entry_not_found", "no entry is called %s", shown(c.Entry)).in("entry").hint("look its id up in the journal")
	case taken && matched == c.Line:
		return nil, nil
	case taken:
		return nil, clash("entry_matched", "the entry is matched with the line %s", matched).in("entry").hint("take that match back first").with("line", matched)
	case l.reversed.has(c.Entry):
		return nil, clash("already_reversed", "the entry %s is reversed", c.Entry).in("entry").hint("match the entry that was recorded instead")
	}
	var moved Money
	for _, e := range ctx.Original {
		for _, m := range Movements(e) {
			if sign := m.Stage.cash(); sign != 0 {
				moved.Currency = m.Money.Currency
				moved.Minor += sign * m.Money.Minor
			}
		}
	}
	switch {
	case moved.IsZero():
		return nil, refuse("entry_moves_no_cash", "the entry moved no cash").in("entry").hint("name a receipt, a payment or what was paid back")
	case moved.Currency != line.open.Currency || (moved.Minor < 0) != (line.open.Minor < 0) || magnitude(moved.Minor) > magnitude(line.open.Minor):
		return nil, refuse("amount_differs", "the entry moved %s, and %s is open of the line", moved, line.open).in("entry").
			hint("match another entry, or correct the one that is wrong").with("moved", moved).with("open", line.open)
	}
	e, err := l.evidence("statement-line-matched", c.Evidence, ctx)
	return one(&StatementLineMatched{Evidence: e, Line: c.Line, Entry: c.Entry, Amount: moved}, err)
}

// cash is 1 for a stage that brings cash onto our accounts, -1 for one that takes
// it away.
func (s Stage) cash() int64 {
	switch s {
	case Received, Returned:
		return 1
	case Disbursed, Repaid:
		return -1
	}
	return 0
}

func (c *UnmatchStatementLine) decide(l *Ledger, ctx Context) ([]Event, error) {
	line, known := l.statementLines.get(c.Line)
	if !known {
		return nil, missing("statement_line_not_found", "no line of a statement is called %q", c.Line).in("line").hint("list the matched lines")
	}
	if len(line.entries) == 0 {
		return nil, nil
	}
	e, err := l.evidence("statement-line-unmatched", c.Evidence, ctx)
	return one(&StatementLineUnmatched{Evidence: e, Line: c.Line, Reason: c.Reason}, err)
}

// EventType is statement-format-defined.
func (*StatementFormatDefined) EventType() string { return "statement-format-defined" }

// EventType is statement-line-recorded.
func (*StatementLineRecorded) EventType() string { return "statement-line-recorded" }

// EventType is statement-line-matched.
func (*StatementLineMatched) EventType() string { return "statement-line-matched" }

// EventType is statement-line-unmatched.
func (*StatementLineUnmatched) EventType() string { return "statement-line-unmatched" }

func (e *StatementFormatDefined) evolve(l *Ledger) {
	l.names.put(e.Format, NounStatementFormat)
	l.statementFormats.put(e.Format, statementFormat{e.Account, e.Currency})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *StatementLineRecorded) evolve(l *Ledger) {
	_, k := statementLineID(e.Account, e.Serial)
	l.claim(e.Correction, k)
	if e.Reverses != "" {
		l.statementLines.del(e.Line)
		return
	}
	l.statementLines.put(e.Line, statementLine{open: e.Amount, amount: e.Amount.Minor})
}

func (e *StatementLineMatched) evolve(l *Ledger) {
	line, _ := l.statementLines.get(e.Line)
	line.open.Minor -= e.Amount.Minor
	line.entries = append(line.entries[:len(line.entries):len(line.entries)], e.Entry)
	l.statementLines.put(e.Line, line)
	l.matchedEntries.put(e.Entry, e.Line)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *StatementLineUnmatched) evolve(l *Ledger) {
	line, _ := l.statementLines.get(e.Line)
	for _, entry := range line.entries {
		l.matchedEntries.del(entry)
	}
	line.open.Minor, line.entries = line.amount, nil
	l.statementLines.put(e.Line, line)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e StatementLineRecorded) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

// recount refuses to take back a line that is matched.
func (e *StatementLineRecorded) recount(l *Ledger, _ map[ID]gift) error {
	line, _ := l.statementLines.get(e.Line)
	if len(line.entries) == 0 {
		return nil
	}
	return clash("entry_in_use", "the line %s is matched with an entry", e.Line).in("entry").hint("take the match back first").with("line", e.Line)
}
