package pages

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// statementsView compares bank statements with the ledger: proposals to confirm,
// what is in one and not in the other, or what is matched.
type statementsView struct {
	Show     string
	Shows    []option
	Formats  []option
	Define   string // address of the form for another format
	May      bool   // the caller may import and confirm
	Key      string // makes it safe to confirm twice
	Done     string
	Problem  *failure
	Read     importsView // what was wrong with a statement
	Table    table
	Reversed table // matched entries that were taken back
}

// statementShows are the parts of the page. The number of things is in the label
// of each but the last.
var statementShows = []string{"proposals", "lines", "entries", "matched"}

func (v *visit) statements() error {
	view := statementsView{}
	for _, done := range []string{"imported", "confirmed"} {
		if n := v.query.Get(done); n != "" {
			view.Done = v.say("statement."+done, v.number(done), v.number("already"))
		}
	}
	return v.showStatements(http.StatusOK, view)
}

func (v *visit) showStatements(status int, view statementsView) error {
	view.May, view.Key = v.caller.Has(access.ImportReports) && !v.past.Shown, rand.Text()
	if view.May {
		view.Define = v.href("record/define-statement-format", v.usualColumns()...)
	}
	formats, err := v.Views.StatementFormats(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax})
	if err != nil {
		return err
	}
	for _, f := range formats.Rows {
		view.Formats = append(view.Formats, option{Value: string(f.Format), Label: f.Account, Current: string(f.Format) == v.query.Get("format")})
	}
	tellApart(view.Formats)
	proposals, err := v.Views.ProposeMatches(v.ctx(), v.ledger.Ledger)
	if err != nil {
		return err
	}
	differences, err := v.Views.StatementDifferences(v.ctx(), v.ledger.Ledger)
	if err != nil {
		return err
	}
	v.chooseShow(&view, len(proposals.Rows), len(differences.Lines), len(differences.Entries)+len(differences.Reversed))
	next, after := "", v.query.Get("after")
	switch view.Show {
	case "proposals":
		proposals.Rows, next = pageOf(v, after, proposals.Rows, func(m projections.StatementMatch) string { return string(m.Line) + " " + m.Entry })
		view.Table = v.proposalsTable(proposals.Rows, view.May && v.query.Get("format") == "")
	case "lines":
		differences.Lines, next = pageOf(v, after, differences.Lines, func(l projections.StatementLine) string { return string(l.Line) })
		view.Table = v.openLinesTable(differences.Lines)
	case "entries":
		differences.Entries, next = pageOf(v, after, differences.Entries, func(e projections.CashEntry) string { return e.Entry })
		view.Table, view.Reversed = v.cashTable(differences.Entries), v.cashTable(differences.Reversed)
		view.Table.Columns = view.Table.Columns[:4] // they have no line
	default:
		lines, err := v.Views.StatementLines(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: after, Filter: map[string]string{"open": "false"}})
		if err != nil {
			return err
		}
		view.Table, next = v.matchedLinesTable(lines.Rows), lines.Next
	}
	view.Table.Empty = v.say("statement.empty." + view.Show)
	v.paged(&view.Table, next)
	if sent, err := v.sendFile("statements-"+view.Show, &view.Table); sent {
		return err
	}
	return v.show(status, "statements", v.say("page.statements"), view)
}

// chooseShow takes the part of the page that is asked for, or the first.
func (v *visit) chooseShow(view *statementsView, counts ...int) {
	view.Show = statementShows[0]
	for i, name := range statementShows {
		o := option{Label: v.say("statement.show." + name), Href: v.href("statements", "show", name)}
		if i < len(counts) {
			o.Label += " " + strconv.Itoa(counts[i])
		}
		if v.query.Get("show") == name {
			view.Show = name
		}
		view.Shows = append(view.Shows, o)
	}
	for i, name := range statementShows {
		view.Shows[i].Current = name == view.Show
	}
}

// usualColumns fill the form of a format with headings that many banks write.
func (v *visit) usualColumns() (params []string) {
	for i, field := range []string{"serial", "date", "received", "paid", "reference"} {
		at := "columns." + strconv.Itoa(i) + "."
		params = append(params, at+"heading", v.say("statement.heading."+field), at+"field", field)
	}
	return params
}

// proposalsTable offers each proposal to be confirmed. What the bank's reference
// names, of the same amount, is chosen already.
func (v *visit) proposalsTable(all []projections.StatementMatch, may bool) table {
	t := table{Columns: v.columns("serial", "booked", "+open", "bank_text", "entry", "date", "+amount", "ground")}
	if may {
		t.Columns = append(t.Columns, column{Label: v.say("statement.confirm")})
	}
	for _, m := range all {
		paper := strings.TrimSpace(m.Document + " " + m.Voucher)
		if paper == "" {
			paper = m.Entry
		}
		r := row{Cells: []cell{text(m.Serial), text(m.Booked.String()), v.amount(&m.Open, m.Currency, false, ""), text(m.Reference), linked(paper, v.href("trace/"+url.PathEscape(m.Entry))),
			text(m.Date.String()), v.amount(&m.Amount, m.Currency, false, ""), text(v.ground(m))}}
		if may {
			r.Cells = append(r.Cells, cell{Text: m.Serial + " " + paper, Pick: string(m.Line) + " " + m.Entry, Picked: m.By == "reference" && m.Amount == m.Open})
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// ground says what speaks for a proposal.
func (v *visit) ground(m projections.StatementMatch) string {
	if m.By == "date" && m.Days == 0 {
		return v.say("statement.by.day")
	}
	return v.say("statement.by."+m.By, max(m.Days, -m.Days))
}

// openLinesTable lists what no entry accounts for, and leads to the form that
// records it.
func (v *visit) openLinesTable(all []projections.StatementLine) table {
	t := table{Columns: v.columns("serial", "booked", "+open", "bank_text", "own_account", "next_step", "other_entry")}
	for _, l := range all {
		command, name := "receive-funds", "document"
		open := strings.TrimPrefix(l.Open, "-")
		if open != l.Open {
			command, name = "disburse-funds", "voucher"
		}
		step, other := cell{}, cell{}
		if v.caller.Has(access.OfCommand(command)) && !v.past.Shown {
			step = linked(v.label("command", command), v.href("record/"+command, "date", l.Date.String(), "amount", open, name, l.Reference))
		}
		if v.caller.Has(access.ImportReports) && !v.past.Shown {
			other = linked(v.say("statement.choose"), v.href("record/match-statement-line", "line", string(l.Line)))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(l.Serial), text(l.Date.String()), v.amount(&l.Open, l.Currency, false, ""), text(l.Reference), text(l.Account), step, other}})
	}
	return t
}

// cashTable lists entries that moved cash, with the line that each is matched
// with.
func (v *visit) cashTable(all []projections.CashEntry) table {
	t := table{Columns: v.columns("date", "paper", "+amount", "entry", "line")}
	for _, e := range all {
		r := row{Cells: []cell{text(e.Date.String()), text(strings.TrimSpace(e.Document + " " + e.Voucher)), v.amount(&e.Amount, e.Currency, false, ""),
			linked(e.Entry, v.href("trace/"+url.PathEscape(e.Entry)))}}
		if e.Line != "" {
			r.Cells = append(r.Cells, v.unmatch(e.Line))
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// unmatch leads to the form that takes the matches of a line back, for who may.
func (v *visit) unmatch(line domain.ID) cell {
	if !v.caller.Has(access.CorrectEntries) || v.past.Shown {
		return text(string(line))
	}
	return linked(v.label("command", "unmatch-statement-line"), v.href("record/unmatch-statement-line", "line", string(line)))
}

func (v *visit) matchedLinesTable(all []projections.StatementLine) table {
	t := table{Columns: v.columns("serial", "booked", "+amount", "bank_text", "own_account", "entry", "next_step")}
	for _, l := range all {
		entry := text(strings.Join(l.Entries, v.say("and")))
		if len(l.Entries) == 1 {
			entry = linked(l.Entries[0], v.href("trace/"+url.PathEscape(l.Entries[0])))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{text(l.Serial), text(l.Date.String()), v.amount(&l.Amount, l.Currency, false, ""), text(l.Reference), text(l.Account), entry, v.unmatch(l.Line)}})
	}
	return t
}

// importStatement records the lines of a statement. Lines that are known are
// passed over, and where one is at fault nothing is recorded.
func (v *visit) importStatement() error {
	o, file, err := v.receive()
	if err == nil {
		defer file.Close()
		var report exchange.Report
		o.Command, o.Statement = "", domain.ID(v.r.FormValue("format"))
		if o.Statement == "" {
			err = problem(http.StatusUnprocessableEntity, "statement_format_not_found", "no format of the statement is named", "choose the account, or say how its statements are read")
		} else if report, err = v.server.Import(v.r, v.caller, file, o); err == nil && report.Outcome != exchange.Refused {
			http.Redirect(v.w, v.r, v.href("statements", "imported", strconv.Itoa(report.Recorded), "already", strconv.Itoa(report.Already), "format", string(o.Statement)), http.StatusSeeOther)
			return nil
		}
		if err == nil {
			view := statementsView{}
			v.reported(&view.Read, report)
			return v.showStatements(http.StatusUnprocessableEntity, view)
		}
	}
	wrong, status := v.wrong(err)
	if status >= http.StatusInternalServerError {
		return err
	}
	return v.showStatements(status, statementsView{Problem: wrong})
}

// confirmMatches records the matches that a person has chosen, all or none.
func (v *visit) confirmMatches() error {
	if err := v.readForm(1 << 20); err != nil {
		return err
	}
	var requests []eventstore.Request
	for _, pick := range v.r.PostForm["pick"] {
		line, entry, _ := strings.Cut(pick, " ")
		requests = append(requests, eventstore.Request{ID: v.r.PostForm.Get("idempotency_key") + "-" + strconv.Itoa(len(requests)), Command: &domain.MatchStatementLine{Line: domain.ID(line), Entry: entry}})
	}
	if len(requests) == 0 {
		return v.showStatements(http.StatusUnprocessableEntity, statementsView{Problem: &failure{Message: v.say("statement.nothing-chosen")}})
	}
	outcomes, err := v.server.RecordAll(v.ctx(), v.caller, v.ledger.Ledger, requests)
	for i := 0; err == nil && i < len(outcomes); i++ {
		if err = outcomes[i].Err; err != nil && web.ProblemOf(err).Code == eventstore.BatchNotRecorded {
			err = nil // another one says why
		}
	}
	if err != nil {
		wrong, status := v.wrong(err)
		return v.showStatements(status, statementsView{Problem: wrong})
	}
	v.awaitViews(outcomes[len(outcomes)-1].Receipt.Position.Block)
	http.Redirect(v.w, v.r, v.href("statements", "confirmed", strconv.Itoa(len(requests))), http.StatusSeeOther)
	return nil
}
