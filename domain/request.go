package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// A request (申请) asks for a payment before it is made, and an approval (审批)
// by somebody else lets it be made. Rules:
//   - what is requested could be paid today: the project is open, and its
//     allocation and the cash of the fund cover it;
//   - a request that is open reserves its amount on both: nobody else is paid,
//     given or carried over what is reserved;
//   - whoever requested or changed it does not approve it; the approval names the
//     content that it approves, and any change voids it;
//   - the states are requested → approved → paid; it is rejected while it is
//     requested, and withdrawn by its authors or lapsed after its last day while
//     it is requested or approved; after its last day it can no longer be
//     approved or paid, whether anybody records that or not;
//   - the payment is what was approved: fund, project, amount, payer, payee and,
//     where the request names them, places.
//
// When a payment is reversed, its request is approved again: the amount is
// reserved, and the right payment can be made or the request withdrawn.

// RequestContent is what somebody approves. Places are those that the request
// names; without any, the project's own places share the amount when it is paid.
type RequestContent struct {
	Request ID            `json:"request"`
	Fund    ID            `json:"fund"`
	Project ID            `json:"project"`
	Amount  Money         `json:"amount"`
	Places  []PlaceAmount `json:"places,omitempty"`
	Payer   ID            `json:"payer,omitempty"`
	Payee   ID            `json:"payee,omitempty"`
	Purpose string        `json:"purpose,omitempty"`
	LastDay Date          `json:"last_day,omitzero"`
}

// DisbursementRequested says that somebody asked for a payment. Content is the
// hash of what was asked, by which an approval names it.
type DisbursementRequested struct {
	RequestContent
	Evidence
	Content string `json:"content"`
	By      string `json:"by"`
}

// RequestChanged says that somebody asked for another payment instead.
type RequestChanged struct {
	RequestContent
	Evidence
	Content string `json:"content"`
	By      string `json:"by"`
}

// DisbursementApproved says that a second person approved a request with this
// content.
type DisbursementApproved struct {
	Evidence
	Request ID     `json:"request"`
	Content string `json:"content"`
	By      string `json:"by"`
}

// DisbursementRejected says that a request was turned down.
type DisbursementRejected struct {
	Evidence
	Request ID     `json:"request"`
	Reason  string `json:"reason"`
	By      string `json:"by"`
}

// RequestWithdrawn says that its author took a request back.
type RequestWithdrawn struct {
	Evidence
	Request ID     `json:"request"`
	By      string `json:"by"`
}

// RequestLapsed says that the last day of a request passed before it was paid.
type RequestLapsed struct {
	Evidence
	Request ID `json:"request"`
}

// RequestPaid says which payment an approved request led to, and which persons
// requested, approved and paid. It stands beside the payment in its entry.
type RequestPaid struct {
	Correction
	Evidence
	Request     ID     `json:"request"`
	Amount      Money  `json:"amount"`
	RequestedBy string `json:"requested_by"`
	ApprovedBy  string `json:"approved_by"`
	PaidBy      string `json:"paid_by"`
}

// RequestInput is what a request asks for.
type RequestInput struct {
	FundAmount
	Request ID          `json:"request" doc:"id of the request"`
	Project ID          `json:"project" doc:"project that is to be paid"`
	Place   ID          `json:"place,omitempty" doc:"one place that all of it is for; left out: the project's places by their shares"`
	Places  []PlacePart `json:"places,omitempty" doc:"the part of each place, the whole amount together"`
	Payer   ID          `json:"payer,omitempty" doc:"organisation that is to pay"`
	Payee   ID          `json:"payee,omitempty" doc:"organisation that is to be paid"`
	Purpose string      `json:"purpose,omitempty" doc:"what the payment is for"`
	LastDay Date        `json:"last_day,omitzero" doc:"after this day it can no longer be paid; left out: no such day"`
}

// RequestDisbursement asks for a payment.
type RequestDisbursement struct {
	RequestInput
	Evidence
}

// ChangeRequest asks for another payment instead; an approval is void then.
type ChangeRequest struct {
	RequestInput
	Evidence
}

// ApproveDisbursement lets the payment of a request be made.
type ApproveDisbursement struct {
	Request ID     `json:"request" doc:"request to approve"`
	Content string `json:"content" doc:"hash of the content that is approved, as the request shows it"`
	Evidence
}

// RejectDisbursement turns a request down.
type RejectDisbursement struct {
	Request ID     `json:"request" doc:"request to turn down"`
	Reason  string `json:"reason" text:"note" doc:"why"`
	Evidence
}

// WithdrawRequest takes a request back.
type WithdrawRequest struct {
	Request ID `json:"request" doc:"own request to take back"`
	Evidence
}

// LapseRequest records that the last day of a request has passed.
type LapseRequest struct {
	Request ID `json:"request" doc:"request whose last day has passed"`
	Evidence
}

var (
	_ = command[RequestDisbursement]("request-disbursement", "Asks for a payment and reserves its amount (申请拨付).")
	_ = command[ChangeRequest]("change-request", "Asks for another payment instead; an approval is void then.")
	_ = command[ApproveDisbursement]("approve-disbursement", "Lets the payment of somebody else's request be made (审批).")
	_ = command[RejectDisbursement]("reject-disbursement", "Turns a request for a payment down (驳回).")
	_ = command[WithdrawRequest]("withdraw-request", "Takes a request back (撤回).")
	_ = command[LapseRequest]("lapse-request", "Records that the last day of a request has passed.")

	_ = event[DisbursementRequested]()
	_ = event[RequestChanged]()
	_ = event[DisbursementApproved]()
	_ = event[DisbursementRejected]()
	_ = event[RequestWithdrawn]()
	_ = event[RequestLapsed]()
	_ = event[RequestPaid]()
)

// Hash returns the SHA-256, in hexadecimal, of the content and the document
// that it rests on: of each part in the order of the fields, with a zero byte
// after it. Amounts, also those of the places, are decimal with their currency.
func (r RequestContent) Hash(document string) string {
	h := sha256.New()
	part := func(s string) {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	for _, s := range []string{"request", string(r.Request), string(r.Fund), string(r.Project), r.Amount.String(), strconv.Itoa(len(r.Places))} {
		part(s)
	}
	for _, p := range r.Places {
		part(string(p.Place))
		part(p.Amount.String())
	}
	for _, s := range []string{string(r.Payer), string(r.Payee), r.Purpose, r.LastDay.String(), document} {
		part(s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

type request struct {
	RequestContent
	content  string // hash
	state    requestState
	authors  []string // who requested and changed it
	approver string
}

func (r *request) fields() []any {
	return []any{&r.RequestContent, &r.content, &r.state, &r.authors, &r.approver}
}

type requestState string

const (
	requestOpen      requestState = "requested"
	requestApproved  requestState = "approved"
	requestRejected  requestState = "rejected"
	requestWithdrawn requestState = "withdrawn"
	requestLapsed    requestState = "lapsed"
	requestPaid      requestState = "paid"
)

// reserves tells whether a request keeps its amount from others on a day.
func (r request) reserves(today Date) bool {
	return (r.state == requestOpen || r.state == requestApproved) && !r.overdue(today)
}

func (r request) overdue(today Date) bool {
	return !r.LastDay.IsZero() && r.LastDay.Last().Before(today)
}

// request returns a request that is in one of the given states. A request whose
// last day has passed is lapsed.
func (l *Ledger) request(id ID, ctx Context, what string, from ...requestState) (request, error) {
	if err := l.noun(NounRequest, id, "request"); err != nil {
		return request{}, err
	}
	r, _ := l.requests.get(id)
	state := r.state
	if !r.reserves(ctx.Today) && slices.Contains(from, state) {
		state = requestLapsed
	}
	if !slices.Contains(from, state) {
		return r, clash("wrong_state", "the request %s is %s and cannot %s", id, state, what).in("request").
			hint("look at the request's history, or make a new one").with("request", id).with("state", state)
	}
	return r, nil
}

// reserved returns what open requests keep from others: of a fund, and of its
// allocation to one project. The request that is being paid does not count.
func (l *Ledger) reserved(k lineKey, ctx Context, except ID) (ofFund, ofLine int64) {
	open, _ := l.openRequests.get(k.fund)
	for _, id := range open {
		if r, _ := l.requests.get(id); id != except && r.reserves(ctx.Today) {
			ofFund += r.Amount.Minor
			if r.Project == k.project {
				ofLine += r.Amount.Minor
			}
		}
	}
	return ofFund, ofLine
}

// content settles what a request asks for.
func (c RequestInput) content(l *Ledger, e Evidence, eventType string, ctx Context) (RequestContent, Evidence, error) {
	none := RequestContent{}
	f, e, m, err := c.take(l, e, eventType, ctx, append(placeRefs(c.Place, c.Places),
		ref{NounProject, c.Project, "project"}, ref{NounOrganisation, c.Payer, "payer"}, ref{NounOrganisation, c.Payee, "payee"})...)
	if err != nil {
		return none, e, err
	}
	if err := l.payable(c.Project); err != nil {
		return none, e, err
	}
	out := RequestContent{Request: c.Request, Fund: c.Fund, Project: c.Project, Amount: m,
		Payer: c.Payer, Payee: c.Payee, Purpose: c.Purpose, LastDay: c.LastDay}
	places, err := l.placesFor(m, c.Project, c.Place, c.Places)
	if err != nil {
		return none, e, err
	}
	if c.Place != "" || len(c.Places) > 0 {
		out.Places = places
	}
	if err := l.earmarked(c.Fund, c.Project, places, e.Date); err != nil {
		return none, e, err
	}
	if (request{RequestContent: out}).overdue(ctx.Today) {
		return none, e, refuse("last_day_passed", "%s has passed; today is %s", c.LastDay, ctx.Today).in("last_day").
			hint("give a later day, or none").with("last_day", c.LastDay).with("today", ctx.Today)
	}
	return out, e, l.covers(f, lineKey{c.Fund, c.Project}, m, ctx, c.Request)
}

func (c *RequestDisbursement) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Request, "request"); err != nil {
		return nil, err
	}
	content, e, err := c.content(l, c.Evidence, "disbursement-requested", ctx)
	return one(&DisbursementRequested{RequestContent: content, Evidence: e, Content: content.Hash(e.Document), By: ctx.Actor}, err)
}

func (c *ChangeRequest) decide(l *Ledger, ctx Context) ([]Event, error) {
	r, err := l.request(c.Request, ctx, "be changed", requestOpen, requestApproved)
	if err != nil {
		return nil, err
	}
	content, e, err := c.content(l, c.Evidence, "request-changed", ctx)
	if err != nil {
		return nil, err
	}
	hash := content.Hash(e.Document)
	if hash == r.content {
		return nil, nil
	}
	return []Event{&RequestChanged{RequestContent: content, Evidence: e, Content: hash, By: ctx.Actor}}, nil
}

func (c *ApproveDisbursement) decide(l *Ledger, ctx Context) ([]Event, error) {
	r, err := l.request(c.Request, ctx, "be approved", requestOpen)
	if err != nil {
		return nil, err
	}
	if slices.Contains(r.authors, ctx.Actor) {
		return nil, refuse("self_approval", "%s requested it and cannot approve it", ctx.Actor).in("request").
			hint("ask another person to approve it").with("request", c.Request).with("actor", ctx.Actor)
	}
	if c.Content != r.content {
		return nil, clash("stale_approval", "the request %s has another content than the one that is approved", c.Request).in("content").
			hint("look at the request again, and approve what it asks for now").with("content", r.content).with("given", c.Content)
	}
	if err := l.payable(r.Project); err != nil {
		return nil, err
	}
	e, err := l.evidence("disbursement-approved", c.Evidence, ctx)
	return one(&DisbursementApproved{Evidence: e, Request: c.Request, Content: r.content, By: ctx.Actor}, err)
}

func (c *RejectDisbursement) decide(l *Ledger, ctx Context) ([]Event, error) {
	if _, err := l.request(c.Request, ctx, "be rejected", requestOpen); err != nil {
		return nil, err
	}
	e, err := l.evidence("disbursement-rejected", c.Evidence, ctx)
	return one(&DisbursementRejected{Evidence: e, Request: c.Request, Reason: c.Reason, By: ctx.Actor}, err)
}

func (c *WithdrawRequest) decide(l *Ledger, ctx Context) ([]Event, error) {
	r, err := l.request(c.Request, ctx, "be withdrawn", requestOpen, requestApproved)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.authors, ctx.Actor) {
		return nil, clash("not_requester", "%s did not request it", ctx.Actor).in("request").
			hint("ask who requested it to withdraw it, or reject it").with("request", c.Request).with("actor", ctx.Actor)
	}
	e, err := l.evidence("request-withdrawn", c.Evidence, ctx)
	return one(&RequestWithdrawn{Evidence: e, Request: c.Request, By: ctx.Actor}, err)
}

func (c *LapseRequest) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.noun(NounRequest, c.Request, "request"); err != nil {
		return nil, err
	}
	r, _ := l.requests.get(c.Request)
	switch {
	case r.state == requestLapsed:
		return nil, nil
	case r.reserves(ctx.Today):
		return nil, clash("request_not_due", "the last day of the request %s has not passed", c.Request).in("request").
			hint("wait until it has, or withdraw the request").with("last_day", r.LastDay).with("today", ctx.Today)
	case r.state != requestOpen && r.state != requestApproved:
		return nil, clash("wrong_state", "the request %s is %s and cannot lapse", c.Request, r.state).in("request").
			hint("nothing is left to do").with("request", c.Request).with("state", r.state)
	}
	e, err := l.evidence("request-lapsed", c.Evidence, ctx)
	return one(&RequestLapsed{Evidence: e, Request: c.Request}, err)
}

// approval returns what a payment records about its request: nothing where it
// names none, which only a small payment may do. The payment takes from the
// request what it does not say itself.
func (c *DisburseFunds) approval(l *Ledger, paid *FundsDisbursed, ctx Context) ([]Event, error) {
	if c.Request == "" {
		return nil, l.aboveThreshold(paid.Amount)
	}
	r, err := l.request(c.Request, ctx, "be paid", requestApproved)
	if err != nil {
		return nil, err
	}
	if paid.Payer == "" {
		paid.Payer = r.Payer
	}
	if paid.Payee == "" {
		paid.Payee = r.Payee
	}
	if len(r.Places) > 0 && c.Place == "" && len(c.Places) == 0 {
		paid.Places = slices.Clone(r.Places)
	}
	for _, part := range []struct {
		name string
		same bool
	}{
		{"fund", paid.Fund == r.Fund}, {"project", paid.Project == r.Project}, {"amount", paid.Amount == r.Amount},
		{"payer", r.Payer == "" || paid.Payer == r.Payer}, {"payee", paid.Payee == r.Payee},
		{"places", len(r.Places) == 0 && c.Place == "" && len(c.Places) == 0 || slices.Equal(paid.Places, r.Places)},
	} {
		if !part.same {
			return nil, clash("request_differs", "the %s of the payment is not that of the request %s", part.name, c.Request).in(part.name).
				hint("pay what was approved, or have the request changed and approved again").with("request", c.Request)
		}
	}
	return []Event{&RequestPaid{Evidence: Evidence{Date: paid.Date}, Request: c.Request, Amount: paid.Amount,
		RequestedBy: r.authors[0], ApprovedBy: r.approver, PaidBy: ctx.Actor}}, nil
}
