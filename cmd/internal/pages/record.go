package pages

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/google/uuid"
)

// desks groups the commands as people look for them. A command that no group
// names is in the last one.
var desks = []struct {
	name     string
	commands []string
}{
	{"funding", []string{"pledge-funds", "commit-funds", "receive-funds", "increase-commitment", "reduce-commitment", "lapse-pledge", "carry-over", "earmark-funds", "lift-earmark"}},
	{"project", []string{"register-project", "set-targets", "assign-places", "approve-project", "start-project", "suspend-project", "resume-project", "accept-project", "cancel-project"}},
	{"payment", []string{"allocate-funds", "reallocate-funds", "request-disbursement", "change-request", "withdraw-request", "lapse-request", "approve-disbursement", "reject-disbursement", "disburse-funds", "report-expenditure", "return-funds"}},
	{"goods", []string{"receive-gift", "value-gift", "distribute-gift"}},
	{"people", []string{"register-beneficiary", "record-benefit", "record-benefits", "set-benefit-standard", "remove-beneficiary", "restrict-beneficiary", "forget-beneficiary"}},
	{"register", []string{"register-organisation", "register-place", "sign-agreement", "establish-pairing", "end-pairing", "report-indicator", "add-note", "add-attachment"}},
	{"oversee", []string{"raise-finding", "answer-finding", "rectify-finding", "close-finding", "publish-notice", "withdraw-notice", "publish-report", "draw-sample", "set-check-threshold"}},
	{"bank", []string{"define-statement-format", "match-statement-line", "unmatch-statement-line"}},
	{"close", []string{"reverse-entry", "close-fund", "close-year", "allow-restatement", "set-approval-threshold", "lift-approval-threshold"}},
}

// byOtherPages are commands that nobody fills a form for: files bring them, or
// who runs the server does.
var byOtherPages = []string{"adopt-ledger", "introduce-signing-key", "move-ledger", "open-ledger", "record-import", "record-reported-transaction", "record-statement-line",
	"retire-signing-key", "reverse-import"}

// recordView lists what a person may record.
type recordView struct {
	Desks  []navGroup
	Drafts []draftLine
	Kept   bool // a draft was kept just now
}

func (v *visit) record() error {
	view := recordView{Kept: v.query.Get("kept") != ""}
	var err error
	if view.Drafts, err = v.drafts(); err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, name := range byOtherPages {
		listed[name] = true
	}
	for _, d := range desks {
		view.Desks = append(view.Desks, v.desk(d.name, d.commands, listed))
	}
	var others []string
	for _, c := range domain.Commands() {
		if !listed[c.Name] {
			others = append(others, c.Name)
		}
	}
	view.Desks = append(view.Desks, v.desk("other", others, listed))
	view.Desks = slices.DeleteFunc(view.Desks, func(g navGroup) bool { return len(g.Items) == 0 })
	return v.show(http.StatusOK, "record", v.say("page.record"), view)
}

func (v *visit) desk(name string, commands []string, listed map[string]bool) navGroup {
	g := navGroup{Label: v.say("desk." + name)}
	for _, c := range commands {
		listed[c] = true
		if _, ok := domain.LookupCommand(c); ok && v.caller.Has(access.OfCommand(c)) {
			g.Items = append(g.Items, option{Label: v.label("command", c), Href: v.href("record/" + c)})
		}
	}
	return g
}

// formView is the form of one command.
type formView struct {
	Command     string
	Lead        string
	Fields      []field
	More        []field // that are seldom needed
	MoreOpen    bool
	Lists       []offerList
	Key         string   // makes it safe to send the form twice
	Problem     *failure // what is wrong with no input alone
	Checked     []fact   // what the amount is in words, and what would be left
	Warnings    []cell
	Done        *receiptView
	Submit      string // what the button says that records it
	Batch       string // address of the form for many
	Draft       string // id of the draft that it was; empty: none
	MayDraft    bool   // it can be kept for later
	Interrupted bool   // it was written before a session ended, and is not recorded
	Allow       string // address of the form by which somebody else allows it in a closed year
}

// receiptView tells what was recorded.
type receiptView struct {
	What            string // the command
	Said            string // that it is recorded
	Facts           []fact // what it moved
	Position, Entry cell
	Voucher         string // address of the voucher to print
	Reverse         string // address of the form that takes it back; empty: it cannot be
	Again           string // address of the form for what was taken back, to be recorded anew
}

// commandOf returns the command that the path names.
func (v *visit) commandOf() (domain.CommandType, error) {
	t, ok := domain.LookupCommand(v.r.PathValue("command"))
	if !ok || t.Name == "open-ledger" {
		return t, problem(http.StatusNotFound, "path_not_found", "there is no form of that name", "use the list of forms")
	}
	if !v.caller.Has(access.OfCommand(t.Name)) {
		return t, problem(http.StatusForbidden, access.Forbidden, "the role does not have the capability "+string(access.OfCommand(t.Name)), "ask somebody who may do it")
	}
	return t, nil
}

// form shows the form of a command. Its address may fill it in: that is how a
// draft is kept, how the next form begins, and how a page leads to a form.
func (v *visit) form() error {
	t, err := v.commandOf()
	if err != nil {
		return err
	}
	back := v.readInterrupted()
	if err := v.readDraft(v.query.Get("draft")); err != nil {
		return err
	}
	o, err := v.offers(t)
	if err != nil {
		return err
	}
	if v.query.Get("date") == "" {
		v.query.Set("date", v.Now().In(v.zone()).Format("2006-01-02"))
	}
	view := v.formView(t, v.query, o)
	view.Interrupted = back
	if entry := v.query.Get("done"); entry != "" {
		if view.Done, err = v.receiptView(t, entry, v.query.Get("at")); err != nil {
			return err
		}
	}
	if v.query.Get("entry")+v.query.Get("finding") != "" { // it says what it is about
		c, _ := decodeForm(t, v.query)
		if view.Checked, _, err = v.foresee(c); err != nil {
			return err
		}
	}
	return v.showForm(http.StatusOK, t, view)
}

func (v *visit) receiptView(t domain.CommandType, entry, at string) (done *receiptView, err error) {
	done = &receiptView{What: v.label("command", t.Name), Said: v.say("form.recorded"), Position: text(at), Entry: linked(entry, v.href("trace/"+url.PathEscape(entry))), Reverse: v.href("record/reverse-entry", "entry", entry)}
	position, err := eventstore.ParsePosition(at)
	if err == nil && position.Event != eventstore.WholeBlock {
		done.Position = v.at(at)
	}
	if t.Name == "disburse-funds" {
		done.Voucher = v.href("voucher/" + url.PathEscape(entry))
	}
	if done.Facts, err = v.moved(entry); err != nil {
		return nil, err
	}
	events, err := v.said(position, entry)
	if err != nil || len(events) == 0 {
		return done, err
	}
	if !domain.Reversible(events[0].event.Type) || !v.caller.Has(access.CorrectEntries) {
		done.Reverse = ""
	}
	if reversed := fieldsOf(events[0])["entry"]; t.Name == "reverse-entry" {
		done.Again, err = v.again(reversed)
	} else if len(done.Facts) == 0 {
		done.Said = v.say("form.done")
		done.Facts, err = v.entered(t, events[0])
	}
	return done, err
}

func (v *visit) showForm(status int, t domain.CommandType, view formView) error {
	name := "form"
	switch t.Name {
	case "disburse-funds":
		name = "disburse"
	case "add-attachment":
		name = "attach"
	}
	return v.show(status, name, v.label("command", t.Name), view)
}

// formView lays the inputs of a command out: in the order in which a voucher has
// them, and what is seldom needed apart.
func (v *visit) formView(t domain.CommandType, values url.Values, o *offers) formView {
	view := formView{Command: t.Name, Lead: v.texts["form-lead."+t.Name], Key: values.Get("idempotency_key")}
	if view.Key == "" {
		view.Key = uuid.NewString()
	}
	all := v.fields(t.Name, t.Field, "", values, o)
	slices.SortStableFunc(all, func(a, b field) int { return rank(a.Name) - rank(b.Name) })
	if t.Name == "draw-sample" { // what limits it is seldom needed
		slices.SortStableFunc(all, func(a, b field) int { return first(b.Required) - first(a.Required) })
	}
	view.Submit = cmp.Or(v.texts["form.do."+t.Name], v.say("form.record"))
	for _, f := range all {
		if slices.Contains(unwritten[t.Name], f.Name) {
			continue
		}
		made := fresh(t.Name, f.Name)
		if made && f.Hint == "" { // nobody has to think about it
			f.Label, f.Hint = v.label("field", "id"), v.say("hint.fresh")
		}
		f.Required = f.Required || slices.Contains(alsoRequired[t.Name], f.Name)
		if !made && (f.Required || !seldom[f.Name] || values.Get(f.Name) != "") {
			view.Fields = append(view.Fields, f)
		} else {
			view.More = append(view.More, f)
		}
	}
	view.Lists = o.listed()
	if _, once := pageAfter[t.Name]; !once && t.Name != "reverse-entry" && t.Name != "add-attachment" {
		view.Batch = v.href("batch/" + t.Name)
	}
	view.Draft, view.MayDraft = values.Get("draft"), v.mayDraft(t.Name)
	return view
}

// The order of the inputs, and those that are seldom needed.
var (
	formOrder = []string{"date", "voucher", "payer", "payee", "provider", "fund", "from", "project", "to", "name", "title", "amount", "place", "places",
		"quantity", "unit", "value", "method", "purpose", "budget_year", "reason", "document", "note", "source_reference"}
	seldom = map[string]bool{"currency": true, "approximate": true, "disbursement": true, "request": true, "undated": true, "source_reference": true, "reimbursement": true,
		"organisation": true, "gift": true, "indicator": true, "id": true, "commercial": true, "code_year": true, "pairing": true, "qualifier": true, "format": true}
)

// unwritten are fields that nobody writes: an attachment has them from its file, and
// a finding from the check that raised it.
var unwritten = map[string][]string{"add-attachment": {"attachment", "name", "media_type", "length", "sha256"}, "raise-finding": {"check", "key"}}

// fresh tells whether a field is the id of a new thing that nobody has to think
// about. A fund may be there already, and a place has a code that people know.
func fresh(command, field string) bool {
	return field == newNoun[command].field && field != "fund" && field != "place"
}

// alsoRequired are inputs that the ledger demands where their command does not.
var alsoRequired = map[string][]string{"commit-funds": {"document"}, "receive-gift": {"unit"}}

func first(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func rank(name string) int {
	if i := slices.Index(formOrder, name); i >= 0 {
		return i
	}
	return slices.Index(formOrder, "title")
}

// post records what a form says, or shows the form again with what is wrong.
// With the button "check" it only shows what would be recorded.
func (v *visit) post() error {
	t, err := v.commandOf()
	if err != nil {
		return err
	}
	if t.Name == "add-attachment" {
		return v.addAttachment(t)
	}
	if err := v.readForm(1 << 20); err != nil {
		return err
	}
	values := v.r.PostForm
	numbered := values.Get("do") == "draft" && slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(values))...), domain.HoldsIDNumber)
	if values.Get("do") == "draft" && !numbered {
		return v.keepDraft(t.Name, values)
	}
	o, err := v.offers(t)
	if err != nil {
		return err
	}
	if numbered {
		view, wrong := v.formView(t, values, o), v.failure(web.ProblemOf(&domain.Refusal{Code: "id_number_in_text", Message: "the text has a citizen's number in it",
			Hint: "take it out; nothing about people is kept in a draft"}))
		view.Problem = &wrong
		return v.showForm(http.StatusUnprocessableEntity, t, view)
	}
	o.resolve(t.Name, t.Field, "", values)
	c, found := decodeForm(t, values)
	view := v.formView(t, values, o)
	if err := domain.Check(c); err != nil {
		found = append(found, newRefusals(err, found)...)
	}
	if view.Checked, view.Warnings, err = v.foresee(c); err != nil {
		return err
	}
	switch {
	case values.Get("do") == "check":
		return v.showCheck(t, view, c, found)
	case len(found) > 0:
		v.showFaults(&view, found)
		return v.showForm(http.StatusUnprocessableEntity, t, view)
	case len(view.Warnings) > 0 && values.Get("do") != "confirm":
		return v.showForm(http.StatusConflict, t, view)
	}
	receipt, err := v.server.Record(v.ctx(), v.caller, v.ledger.Ledger, eventstore.Request{ID: view.Key, Command: c})
	if err != nil {
		v.showError(&view, err)
		view.Allow = v.allowance(err, values)
		return v.showForm(web.ProblemOf(err).Status, t, view)
	}
	if id := values.Get("draft"); id != "" && v.mayDraft(t.Name) {
		if err := v.server.People.DropDraft(v.ctx(), v.caller.Person, id); err != nil {
			v.Log.Warn("a draft that was recorded stays", "error", err)
		}
	}
	v.awaitViews(receipt.Position.Block)
	http.Redirect(v.w, v.r, v.next(t, values, receipt), http.StatusSeeOther)
	return nil
}

// allowance is the form, filled in, by which somebody else lets an entry be
// recorded in a year that is closed; empty where the refusal is another one.
func (v *visit) allowance(err error, values url.Values) string {
	for _, r := range newRefusals(err, nil) {
		if r.Code == "period_closed" {
			return v.href("record/allow-restatement", "entry", r.Detail["entry"], "year", r.Detail["year"],
				"fund", values.Get("fund"), "amount", values.Get("amount"), "currency", values.Get("currency"))
		}
	}
	return ""
}

// showCheck shows what would be recorded, or why the ledger would refuse it.
func (v *visit) showCheck(t domain.CommandType, view formView, c domain.Command, found domain.Refusals) error {
	if len(found) > 0 {
		v.showFaults(&view, found)
	} else if _, err := v.server.Try(v.ctx(), v.caller, v.ledger.Ledger, eventstore.Request{ID: uuid.NewString(), Command: c}); err != nil {
		v.showError(&view, err)
	} else {
		canBe := "form.can-be-recorded"
		if v.texts["form.do."+t.Name] != "" {
			canBe = "form.can-be-done"
		}
		view.Checked = append(view.Checked, fact{v.say("form.checked"), cell{Text: v.say(canBe), State: "ok"}})
	}
	return v.showForm(http.StatusOK, t, view)
}

// newRefusals leaves out faults of inputs that have one already.
func newRefusals(err error, known domain.Refusals) domain.Refusals {
	all, several := errors.AsType[domain.Refusals](err)
	if one, ok := errors.AsType[*domain.Refusal](err); ok && !several {
		all = domain.Refusals{one}
	}
	return slices.DeleteFunc(slices.Clone(all), func(r *domain.Refusal) bool {
		return slices.ContainsFunc(known, func(k *domain.Refusal) bool { return k.Field == r.Field })
	})
}

// showFaults writes faults beside their inputs, and the rest above the form.
func (v *visit) showFaults(view *formView, found domain.Refusals) {
	rest := v.accuse(view.Fields, found)
	before := len(rest)
	rest = v.accuse(view.More, rest)
	view.MoreOpen = len(rest) < before
	if len(rest) > 0 {
		f := v.failure(web.ProblemOf(rest))
		view.Problem = &f
	}
}

// showError shows why the ledger did not record a form.
func (v *visit) showError(view *formView, err error) {
	found := newRefusals(err, nil)
	if len(found) == 0 {
		f := v.failure(web.ProblemOf(err))
		view.Problem = &f
		return
	}
	v.showFaults(view, found)
}

// awaitViews lets the pages show what was recorded, unless that takes long.
func (v *visit) awaitViews(block uint64) {
	ctx, cancel := context.WithTimeout(v.ctx(), 5*time.Second)
	defer cancel()
	_ = v.Runner.WaitFor(ctx, block) // it is recorded; the page comes a little later
}

// pageAfter is the page that shows what a command did, where nobody records
// several of its kind one after the other.
var pageAfter = map[string]struct{ path, field string }{
	"draw-sample": {"samples", "sample"}, "publish-report": {"reports", "report"}, "publish-notice": {"notices", "notice"}, "withdraw-notice": {"notices", "notice"},
	"define-statement-format": {"statements", ""}, "match-statement-line": {"statements", ""}, "unmatch-statement-line": {"statements", ""},
	"answer-finding": {"findings", "finding"}, "rectify-finding": {"findings", "finding"}, "close-finding": {"findings", "finding"},
}

// staying are further fields of a command that are the same in the next form.
var staying = map[string][]string{"register-beneficiary": {"kind", "place"}, "record-benefit": {"period", "disbursement"}, "receive-funds": {"fund"}}

// next is the address of the page after a form: one that shows what was done, or
// the next form of the same kind, in which what usually stays the same is filled
// in.
func (v *visit) next(t domain.CommandType, values url.Values, r eventstore.Receipt) string {
	if id := strings.TrimSpace(values.Get("request")); id != "" && t.Name != "disburse-funds" {
		return v.href("requests/" + url.PathEscape(strings.ToLower(id)))
	}
	if page, ok := pageAfter[t.Name]; ok && page.field == "" {
		return v.href(page.path)
	} else if ok {
		if id := strings.TrimSpace(values.Get(page.field)); id != "" {
			return v.href(page.path + "/" + url.PathEscape(strings.ToLower(id)))
		}
	}
	params := []string{"done", r.Entry, "at", r.Position.String()}
	for _, name := range append([]string{"date", "provider", "fund", "project", "payer", "document", "donor", "from"}, staying[t.Name]...) {
		if fresh := newNoun[t.Name]; name != fresh.field || slices.Contains(staying[t.Name], name) {
			params = append(params, name, values.Get(name))
		}
	}
	if number := strings.TrimSpace(values.Get("voucher")); number != "" {
		params = append(params, "voucher", following(number))
	}
	return v.href("record/"+t.Name, params...)
}

// following is the number after the last one of a text: 记-2019-009 → 记-2019-010.
func following(number string) string {
	digits := []rune(number)
	for i := len(digits) - 1; i >= 0; i-- {
		switch {
		case digits[i] >= '0' && digits[i] < '9':
			digits[i]++
			return string(digits)
		case digits[i] == '9':
			digits[i] = '0'
		default:
			if i == len(digits)-1 {
				return ""
			}
			return string(slices.Insert(digits, i+1, '1'))
		}
	}
	return "1" + string(digits)
}
