package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

//go:embed requests.sql
var requestsSQL string

// requestsProjection holds the payments that were asked for, and who did what
// about them.
var requestsProjection = &projection{
	name:   "requests",
	sql:    requestsSQL,
	tables: []string{"requests", "request_steps", "approval_thresholds"},
	reads: []string{"disbursement-requested", "request-changed", "disbursement-approved", "disbursement-rejected", "request-withdrawn",
		"request-lapsed", "request-paid", "approval-threshold-set", "approval-threshold-lifted"},
	begin: func(bool) projector { return &requestsProjector{} },
}

type requestsProjector struct{ statements }

func (p *requestsProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.DisbursementRequested:
		places, err := json.Marshal(e.Places)
		if err != nil {
			return err
		}
		p.register(`insert into requests (ledger, request, fund, project, amount, currency, places, payer, payee, purpose, last_day, content,
				requested_by, state, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'requested', $14, $15, $16, $17, $18)`,
			f, e.Evidence, f.ledger, e.Request, e.Fund, e.Project, e.Amount.Minor, e.Amount.Currency, places, e.Payer, e.Payee, e.Purpose,
			e.LastDay.String(), e.Content, e.By)
		p.step(f, e.Request, "requested", e.Content, "")
	case *domain.RequestChanged:
		places, err := json.Marshal(e.Places)
		if err != nil {
			return err
		}
		p.add(`update requests set fund = $3, project = $4, amount = $5, currency = $6, places = $7, payer = $8, payee = $9, purpose = $10,
				last_day = $11, content = $12, document = $13, state = 'requested', approved_by = ''
			where ledger = $1 and request = $2`,
			f.ledger, e.Request, e.Fund, e.Project, e.Amount.Minor, e.Amount.Currency, places, e.Payer, e.Payee, e.Purpose,
			e.LastDay.String(), e.Content, e.Document)
		p.step(f, e.Request, "changed", e.Content, "")
	case *domain.DisbursementApproved:
		p.add(`update requests set state = 'approved', approved_by = $3 where ledger = $1 and request = $2`, f.ledger, e.Request, e.By)
		p.step(f, e.Request, "approved", e.Content, "")
	case *domain.DisbursementRejected:
		p.end(f, e.Request, "rejected", e.Reason)
	case *domain.RequestWithdrawn:
		p.end(f, e.Request, "withdrawn", "")
	case *domain.RequestLapsed:
		p.end(f, e.Request, "lapsed", "")
	case *domain.RequestPaid:
		p.paid(f, e)
	case *domain.ApprovalThresholdSet:
		p.add(`insert into approval_thresholds (ledger, currency, amount, entry) values ($1, $2, $3, $4)
			on conflict (ledger, currency) do update set amount = excluded.amount, entry = excluded.entry`,
			f.ledger, e.Amount.Currency, e.Amount.Minor, f.entry.ID)
	case *domain.ApprovalThresholdLifted:
		p.add(`delete from approval_thresholds where ledger = $1 and currency = $2`, f.ledger, e.Currency)
	}
	return nil
}

func (p *requestsProjector) end(f *fact, request domain.ID, state, reason string) {
	p.add(`update requests set state = $3 where ledger = $1 and request = $2`, f.ledger, request, state)
	p.step(f, request, state, "", reason)
}

func (p *requestsProjector) paid(f *fact, e *domain.RequestPaid) {
	if e.Reverses != "" {
		p.add(`update requests set state = 'approved', paid_by = '', payment = '' where ledger = $1 and request = $2`, f.ledger, e.Request)
		p.step(f, e.Request, "reversed", "", "")
		return
	}
	p.add(`update requests set state = 'paid', paid_by = $3, payment = $4 where ledger = $1 and request = $2`, f.ledger, e.Request, e.PaidBy, f.entry.ID)
	p.step(f, e.Request, "paid", "", "")
}

func (p *requestsProjector) step(f *fact, request domain.ID, step, content, reason string) {
	p.add(`insert into request_steps (ledger, request, block, event, step, person, role, recorded, content, reason, entry)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, f.ledger, request, int64(f.at.Block), int64(f.at.Event), step,
		f.entry.Actor, f.entry.Role, f.entry.Recorded, content, reason, f.entry.ID)
}

// Request is a payment that was asked for. Content is the hash by which an
// approval names what it approves.
type Request struct {
	Request     domain.ID            `json:"request"`
	Fund        domain.ID            `json:"fund"`
	Project     domain.ID            `json:"project"`
	Amount      *string              `json:"amount"`
	Currency    domain.Currency      `json:"currency"`
	Places      []domain.PlaceAmount `json:"places,omitempty"`
	Payer       domain.ID            `json:"payer,omitzero"`
	Payee       domain.ID            `json:"payee,omitzero"`
	Purpose     string               `json:"purpose,omitzero"`
	LastDay     domain.Date          `json:"last_day,omitzero"`
	Content     string               `json:"content"`
	State       string               `json:"state"`
	RequestedBy string               `json:"requested_by"`
	ApprovedBy  string               `json:"approved_by,omitzero"`
	PaidBy      string               `json:"paid_by,omitzero"`
	Payment     string               `json:"payment,omitzero"`
	Steps       []RequestStep        `json:"steps"`
	Provenance
}

// RequestStep is what one person did with a request.
type RequestStep struct {
	Step     string    `json:"step"`
	Person   string    `json:"person"`
	Role     string    `json:"role,omitzero"`
	Recorded time.Time `json:"recorded"`
	Content  string    `json:"content,omitzero"`
	Reason   string    `json:"reason,omitzero"`
	Entry    string    `json:"entry"`
}

var requestsList = listing[Request]{
	projection: "requests", table: "requests", id: "request",
	filters: equal("request", "state", "fund", "project", "requested_by", "approved_by", "paid_by"),
	extent:  extent{places: "select p ->> 'place' from jsonb_array_elements(x.places) p union all (" + placesOfProject + " and x.places = '[]')", projects: "select x.project"},
	columns: `x.request, x.fund, x.project, x.amount, x.currency, x.places, x.payer, x.payee, x.purpose, x.last_day, x.content, x.state,
		x.requested_by, x.approved_by, x.paid_by, x.payment,
		(select jsonb_agg(jsonb_build_object('step', s.step, 'person', s.person, 'role', s.role, 'recorded', s.recorded,
				'content', s.content, 'reason', s.reason, 'entry', s.entry) order by s.block, s.event)
			from aidledger.request_steps s where s.ledger = x.ledger and s.request = x.request)`,
	targets: func(v *Request) ([]any, func() error) {
		var amount *int64
		var places, steps []byte
		return []any{&v.Request, &v.Fund, &v.Project, &amount, &v.Currency, &places, &v.Payer, &v.Payee, &v.Purpose, into(&v.LastDay),
				&v.Content, &v.State, &v.RequestedBy, &v.ApprovedBy, &v.PaidBy, &v.Payment, &steps}, func() error {
				v.Amount = decimal(amount, v.Currency)
				if err := json.Unmarshal(places, &v.Places); err != nil {
					return err
				}
				return json.Unmarshal(steps, &v.Steps)
			}
	},
	origin: func(v *Request) *Provenance { return &v.Provenance },
	idOf:   func(v *Request) string { return string(v.Request) },
}

// samePersonList lists requests in which one person took two steps.
var samePersonList = func() listing[Request] {
	l := requestsList
	l.where = "x.paid_by in (x.requested_by, x.approved_by) and x.paid_by <> ''"
	return l
}()

// Requests lists the requests of a ledger by id.
func (db *DB) Requests(ctx context.Context, q ListQuery) (List[Request], error) {
	return requestsList.list(ctx, db, q)
}

// SamePersonChains lists the requests that were paid by the person who had
// requested or approved them.
func (db *DB) SamePersonChains(ctx context.Context, q ListQuery) (List[Request], error) {
	return samePersonList.list(ctx, db, q)
}
