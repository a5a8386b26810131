package pages

import (
	"net/http"
	"net/url"
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/checks"
	"aidledger/domain"
	"aidledger/projections"
)

// findingsView is the board of what was found wrong.
type findingsView struct {
	States     []option
	Severities []option
	Table      table
	Raise      string // address of the form, for who may use it
	Check      string // address that runs all checks, for who may
	Checked    string // what the last run found
}

var (
	findingStates = []string{"raised", "answered", "rectified", "closed"}
	severities    = []string{"severe", "major", "minor"}
)

func (v *visit) findings() error {
	state, severity := v.query.Get("state"), v.query.Get("severity")
	q := projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listPage, After: v.query.Get("after"), Filter: map[string]string{}}
	if v.query.Get("format") != "" {
		q.Limit = listMax
	}
	if state == "" {
		q.Filter["open"] = "true"
	} else if state != "all" {
		q.Filter["state"] = state
	}
	if severity != "" {
		q.Filter["severity"] = severity
	}
	found, err := v.Views.Findings(v.ctx(), q)
	if err != nil {
		return err
	}
	var view findingsView
	if v.query.Has("odd") {
		view.Checked = v.say("finding.checked", v.number("odd"), v.number("raised"), v.number("closed"))
	}
	view.States = []option{{Label: v.say("finding.open"), Href: v.with("state", ""), Current: state == ""}, {Label: v.say("all"), Href: v.with("state", "all"), Current: state == "all"}}
	for _, s := range findingStates {
		view.States = append(view.States, option{Label: v.label("finding-state", s), Href: v.with("state", s), Current: s == state})
	}
	view.Severities = []option{{Label: v.say("all"), Href: v.with("severity", ""), Current: severity == ""}}
	for _, s := range severities {
		view.Severities = append(view.Severities, option{Label: v.label("severity", s), Href: v.with("severity", s), Current: s == severity})
	}
	if view.Table, err = v.findingsTable(found.Rows); err != nil {
		return err
	}
	view.Table.Empty = v.say("finding.none")
	v.paged(&view.Table, found.Next)
	if v.caller.Has(access.RaiseFindings) {
		view.Raise = v.href("record/raise-finding")
	}
	if v.caller.Has(access.RaiseFindings) && v.caller.LimitOf(access.RaiseFindings).IsZero() {
		view.Check = v.href("findings")
	}
	if sent, err := v.sendFile("findings", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "findings", v.say("page.findings"), view)
}

// runChecks looks for what is odd now.
func (v *visit) runChecks() error {
	c := checks.Checker{Store: v.Store, Views: v.Site.Views, Runner: v.Runner, Now: v.Now, Log: v.Log}
	out, err := c.Run(v.ctx(), v.ledger.Ledger)
	if err != nil {
		return err
	}
	end, err := v.Store.End(v.ctx())
	if err != nil {
		return err
	}
	v.awaitViews(end)
	http.Redirect(v.w, v.r, v.href("findings", "odd", strconv.Itoa(len(out.Found)), "raised", strconv.Itoa(out.Raised), "closed", strconv.Itoa(out.Closed)), http.StatusSeeOther)
	return nil
}

// findingView is one finding with what became of it.
type findingView struct {
	Text        string
	Facts       []fact
	Answer      []fact
	Steps       table
	Attachments table
	Next        []option // forms of what can be done now
}

// nextOfFinding lists the commands that may follow a state, the usual one first.
var nextOfFinding = map[string][]string{"raised": {"answer-finding"}, "answered": {"rectify-finding", "close-finding"}, "rectified": {"close-finding"}}

func (v *visit) finding() error {
	id := v.r.PathValue("finding")
	found, err := v.Views.Findings(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{"finding": id}})
	if err != nil {
		return err
	}
	if len(found.Rows) == 0 {
		return problem(http.StatusNotFound, "not_found", "there is no such finding", "use the list of findings")
	}
	f := found.Rows[0]
	if err := v.learn(f.About); err != nil {
		return err
	}
	view := findingView{Text: v.found(f)}
	due := ""
	if !f.DueDate.IsZero() {
		due = f.DueDate.String()
	}
	view.Facts = v.given("state", cell{Text: v.label("finding-state", f.State), State: f.State}, "severity", cell{Text: v.label("severity", f.Severity), State: f.Severity},
		"about", v.thing(f.About), "due_date", text(due), "raised_by", text(v.who(f.RaisedBy)), "date", text(f.Date.String()), "document", text(f.Document),
		"entry", linked(f.Entry, v.href("trace/"+f.Entry)))
	view.Answer = v.given("answer", text(f.Answer), "rectification", text(f.Rectification), "proof", text(f.Proof), "outcome", text(v.label("outcome", f.Outcome)), "closed_by", text(v.who(f.ClosedBy)))
	view.Steps = table{Columns: v.columns("step", "person", "role", "recorded", "entry")}
	for _, s := range f.Steps {
		view.Steps.Rows = append(view.Steps.Rows, row{Cells: []cell{text(v.label("finding-step", s.Step)), text(v.who(s.Person)), text(v.label("role", s.Role)), text(v.moment(s.Recorded)), linked(s.Entry, v.href("trace/"+s.Entry))}})
	}
	for _, command := range nextOfFinding[f.State] {
		if v.caller.Has(access.OfCommand(command)) {
			view.Next = append(view.Next, option{Label: v.label("command", command), Href: v.href("record/"+command, "finding", id)})
		}
	}
	if view.Attachments, err = v.attachments("about", string(f.Finding)); err != nil {
		return err
	}
	return v.show(http.StatusOK, "finding", v.label("noun", "finding"), view)
}

// given makes facts of the values that are there: names of fields, each with its
// cell.
func (v *visit) given(pairs ...any) []fact {
	var all []fact
	for i := 0; i < len(pairs); i += 2 {
		if c := pairs[i+1].(cell); c.Text != "" || c.Unknown {
			all = append(all, fact{v.label("field", pairs[i].(string)), c})
		}
	}
	return all
}

// attachments lists the files about a thing, or of an entry.
func (v *visit) attachments(by, id string) (table, error) {
	t := table{Columns: v.columns("attachment", "media_type", "+length", "date")}
	files, err := v.Views.Attachments(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Filter: map[string]string{by: id}})
	for _, f := range files.Rows {
		name := text(f.Name)
		if v.caller.Method != "" { // the API does not know visitors
			name.Href = "/v1/ledgers/" + url.PathEscape(v.ledger.Ledger) + "/attachments/" + url.PathEscape(string(f.Attachment))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{name, text(f.MediaType), {Text: whole(uint64(max(f.Length, 0))), Number: true}, text(f.Date.String())}})
	}
	return t, err
}

// findingsTable lists what was found to be wrong. The state leads to the form of
// the next step, for who may take it.
func (v *visit) findingsTable(all []projections.Finding) (table, error) {
	t := table{Columns: v.columns("finding", "severity", "state", "about", "due_date", "raised_by")}
	var ids []domain.ID
	for _, f := range all {
		ids = append(ids, f.About)
	}
	if err := v.learn(ids...); err != nil {
		return t, err
	}
	for _, f := range all {
		due := ""
		if !f.DueDate.IsZero() {
			due = f.DueDate.String()
		}
		state := cell{Text: v.label("finding-state", f.State), State: f.State}
		if next := nextOfFinding[f.State]; len(next) > 0 && v.caller.Has(access.OfCommand(next[0])) {
			state.Href = v.href("record/"+next[0], "finding", string(f.Finding))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{linked(v.found(f), v.href("findings/"+url.PathEscape(string(f.Finding)))), {Text: v.label("severity", f.Severity), State: f.Severity}, state,
			v.thing(f.About), text(due), text(v.who(f.RaisedBy))}})
	}
	return t, nil
}
