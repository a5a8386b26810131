package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"

	"github.com/google/uuid"
)

// requestsView lists payments that were asked for.
type requestsView struct {
	States []option
	Table  table
	Ask    string // address of the form to ask for one
}

// requestStates are the states of a request, those that wait for somebody first.
var requestStates = []string{"requested", "approved", "paid", "rejected", "withdrawn", "lapsed"}

func (v *visit) requests() error {
	state, filter := cmp.Or(v.query.Get("state"), "requested"), map[string]string{}
	if filter["state"] = state; state == "mine" {
		filter = map[string]string{"requested_by": v.caller.Person}
	}
	q := projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: v.query.Get("after"), Filter: filter}
	rows, err := v.Views.Requests(v.ctx(), q)
	if err != nil {
		return err
	}
	var view requestsView
	for _, s := range requestStates {
		view.States = append(view.States, option{Label: v.label("request-state", s), Href: v.href("requests", "state", s), Current: s == state})
	}
	if v.caller.Has(access.RequestDisbursement) {
		view.Ask = v.href("record/request-disbursement")
		if v.caller.Person != "" {
			view.States = append(view.States, option{Label: v.say("requests.mine"), Href: v.href("requests", "state", "mine"), Current: state == "mine"})
		}
	}
	view.Table = table{Columns: v.columns("purpose", "state", "date", "project", "payee", "+amount", "requested_by", "last_day", "request"), Empty: v.say("requests.empty")}
	var ids []domain.ID
	for _, r := range rows.Rows {
		ids = append(ids, r.Project, r.Payee)
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	for _, r := range rows.Rows {
		last := ""
		if !r.LastDay.IsZero() {
			last = r.LastDay.String()
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(v.called(r), v.href("requests/"+url.PathEscape(string(r.Request)))), {Text: v.label("request-state", r.State), State: r.State}, text(r.Date.String()),
			v.thing(r.Project), v.thing(r.Payee), v.amount(r.Amount, r.Currency, false, ""), text(v.who(r.RequestedBy)), text(last), text(string(r.Request))}})
	}
	v.paged(&view.Table, rows.Next)
	if sent, err := v.sendFile("requests", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "requests", v.say("page.requests"), view)
}

// called is what people call a request: what it is for, or whom it pays.
func (v *visit) called(r projections.Request) string {
	return cmp.Or(r.Purpose, v.name(string(r.Payee)), string(r.Request))
}

// requestView is one request, with what changes when it is paid.
type requestView struct {
	ID, State string
	Facts     []fact
	Capitals  string
	Parts     table
	Effect    table // what is there now, and what would be left
	Steps     table
	Decide    *decision // the caller may approve or reject it
	Own       bool      // the caller asked for it, and so cannot
	Pay       string    // address of the form to pay it
	Withdraw  string    // address of the form to take it back
	Following string    // address of another one that waits, for who has decided this one
}

// decision is what the forms to approve and to reject need.
type decision struct {
	Approve, Reject string // where they go
	Content         string
	Keys            [2]string
}

func (v *visit) request() error {
	id := domain.ID(v.r.PathValue("request"))
	rows, err := v.Views.Requests(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"request": string(id)}, Limit: 1})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows.Rows, func(r projections.Request) bool { return r.Request == id })
	if i < 0 {
		return problem(http.StatusNotFound, "not_found", "no request has that id", "use the list of requests")
	}
	r := rows.Rows[i]
	view := requestView{ID: string(id), State: r.State}
	if err := v.requestFacts(&view, r); err != nil {
		return err
	}
	if view.Effect, err = v.effect(r); err != nil {
		return err
	}
	open, approved := r.State == "requested", r.State == "approved"
	view.Own = open && r.RequestedBy == v.caller.Person
	if open && v.caller.Has(access.ApproveDisbursement) && !view.Own {
		view.Decide = &decision{Approve: v.href("record/approve-disbursement"), Reject: v.href("record/reject-disbursement"), Content: r.Content,
			Keys: [2]string{uuid.NewString(), uuid.NewString()}}
	}
	if !open && v.caller.Has(access.ApproveDisbursement) {
		if view.Following, err = v.waitingRequest(); err != nil {
			return err
		}
	}
	if approved && v.caller.Has(access.DisburseFunds) {
		view.Pay = v.href("record/disburse-funds", "request", string(id), "fund", string(r.Fund), "project", string(r.Project), "payer", string(r.Payer),
			"payee", string(r.Payee), "amount", cmp.Or(pointed(r.Amount), ""), "note", r.Purpose)
	}
	if (open || approved) && r.RequestedBy == v.caller.Person && v.caller.Has(access.RequestDisbursement) {
		view.Withdraw = v.href("record/withdraw-request", "request", string(id))
	}
	return v.show(http.StatusOK, "request", v.say("request.title", v.called(r)), view)
}

// waitingRequest is the address of a request that somebody else made and that
// waits; empty: none.
func (v *visit) waitingRequest() (string, error) {
	rows, err := v.Views.Requests(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"state": "requested"}, Limit: listPage})
	for _, r := range rows.Rows {
		if r.RequestedBy != v.caller.Person {
			return v.href("requests/" + url.PathEscape(string(r.Request))), nil
		}
	}
	return "", err
}

func pointed(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (v *visit) requestFacts(view *requestView, r projections.Request) error {
	ids := []domain.ID{r.Fund, r.Project, r.Payer, r.Payee}
	for _, p := range r.Places {
		ids = append(ids, p.Place)
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	amount := v.amount(r.Amount, r.Currency, false, "")
	for _, f := range []struct {
		name  string
		value cell
	}{
		{"state", cell{Text: v.label("request-state", r.State), State: r.State}}, {"amount", amount}, {"payee", v.thing(r.Payee)}, {"payer", v.thing(r.Payer)},
		{"fund", v.thing(r.Fund)}, {"project", v.thing(r.Project)}, {"purpose", text(r.Purpose)}, {"date", text(r.Date.String())}, {"document", text(r.Document)},
		{"requested_by", text(v.who(r.RequestedBy))}, {"approved_by", text(v.who(r.ApprovedBy))}, {"paid_by", text(v.who(r.PaidBy))}, {"payment", linked(r.Payment, v.href("voucher/"+url.PathEscape(r.Payment)))},
	} {
		if f.value.Text != "" {
			view.Facts = append(view.Facts, fact{v.label("field", f.name), f.value})
		}
	}
	if n, ok := minor(r.Amount, r.Currency); ok {
		view.Capitals, _ = domain.Money{Minor: n, Currency: r.Currency}.Capitals() // another currency has none
	}
	if len(r.Places) > 0 {
		view.Parts = table{Columns: v.columns("place", "+amount")}
		for _, p := range r.Places {
			view.Parts.Rows = append(view.Parts.Rows, row{Cells: []cell{v.thing(p.Place), v.exact(p.Amount, "")}})
		}
	}
	view.Steps = table{Columns: v.columns("step", "person", "role", "recorded", "opinion", "entry")}
	opinions, err := v.opinions(r.Request)
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		view.Steps.Rows = append(view.Steps.Rows, row{Cells: []cell{{Text: v.label("request-step", s.Step), State: s.Step}, text(v.who(s.Person)), text(v.label("role", s.Role)),
			text(v.moment(s.Recorded)), text(cmp.Or(s.Reason, opinions[s.Entry])), linked(s.Entry, v.href("trace/"+url.PathEscape(s.Entry)))}})
	}
	return nil
}

// opinions are what approvers wrote about a request, by entry. Who reads a part of
// the ledger does not see them: approvals are of no place.
func (v *visit) opinions(request domain.ID) (map[string]string, error) {
	if v.readsPart() {
		return nil, nil
	}
	approvals, err := v.Views.Approvals(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax, Filter: map[string]string{"thing": string(request)}})
	notes := map[string]string{}
	for _, a := range approvals.Rows {
		notes[a.Entry] = a.Note
	}
	return notes, err
}

// effect shows what the payment takes from: the line of the fund for the project
// and the cash of the fund, now and after it.
func (v *visit) effect(r projections.Request) (table, error) {
	t := table{}
	asked, known := minor(r.Amount, r.Currency)
	if !known || r.State == "paid" {
		return t, nil
	}
	id := string(r.Fund)
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "fund", Key: &id, Currency: r.Currency})
	if err != nil || len(totals.Rows) == 0 {
		return t, err
	}
	line, err := v.lineMoney(r.Fund, r.Project, r.Currency)
	if err != nil {
		return t, err
	}
	cash, _ := minor(totals.Rows[0].Cash, r.Currency)
	t.Columns = []column{{Label: ""}, {Label: v.say("request.now"), Number: true}, {Label: v.say("request.this"), Number: true}, {Label: v.say("request.after"), Number: true}}
	for _, l := range []struct {
		label string
		now   domain.Money
	}{{"request.line", line}, {"request.cash", domain.Money{Minor: cash, Currency: r.Currency}}} {
		if l.label == "request.cash" && v.readsPart() {
			continue
		}
		less := domain.Money{Minor: asked, Currency: r.Currency}.Neg()
		after, err := l.now.Add(less)
		if err != nil {
			return t, err
		}
		cells := []cell{text(v.say(l.label))}
		for _, m := range []domain.Money{l.now, less, after} {
			cells = append(cells, v.exact(m, ""))
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t, nil
}
