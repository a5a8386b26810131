package domain

import "slices"

// This file folds the events of request.go into the state.

// EventType is disbursement-requested.
func (*DisbursementRequested) EventType() string { return "disbursement-requested" }

// EventType is request-changed.
func (*RequestChanged) EventType() string { return "request-changed" }

// EventType is disbursement-approved.
func (*DisbursementApproved) EventType() string { return "disbursement-approved" }

// EventType is disbursement-rejected.
func (*DisbursementRejected) EventType() string { return "disbursement-rejected" }

// EventType is request-withdrawn.
func (*RequestWithdrawn) EventType() string { return "request-withdrawn" }

// EventType is request-lapsed.
func (*RequestLapsed) EventType() string { return "request-lapsed" }

// EventType is request-paid.
func (*RequestPaid) EventType() string { return "request-paid" }

func (e *DisbursementRequested) evolve(l *Ledger) {
	l.names.put(e.Request, NounRequest)
	l.ask(e.RequestContent, e.Content, []string{e.By})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *RequestChanged) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	l.end(r, requestWithdrawn)
	l.ask(e.RequestContent, e.Content, append(slices.Clone(r.authors), e.By))
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *DisbursementApproved) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	r.state, r.approver = requestApproved, e.By
	l.requests.put(e.Request, r)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *DisbursementRejected) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	l.end(r, requestRejected)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *RequestWithdrawn) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	l.end(r, requestWithdrawn)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *RequestLapsed) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	l.end(r, requestLapsed)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *RequestPaid) evolve(l *Ledger) {
	r, _ := l.requests.get(e.Request)
	if e.Reverses == "" {
		l.end(r, requestPaid)
		return
	}
	r.state = requestApproved
	l.requests.put(r.Request, r)
	l.list(r)
}

func (e RequestPaid) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount = e.Amount.Neg()
	return &e
}

// ask opens a request, or opens it again with another content.
func (l *Ledger) ask(c RequestContent, hash string, authors []string) {
	r := request{RequestContent: c, content: hash, state: requestOpen, authors: authors}
	l.requests.put(c.Request, r)
	l.list(r)
}

// list notes that a request reserves money of its fund.
func (l *Ledger) list(r request) {
	open, _ := l.openRequests.get(r.Fund)
	l.openRequests.put(r.Fund, append(slices.Clone(open), r.Request))
}

// end ends what a request reserves.
func (l *Ledger) end(r request, s requestState) {
	r.state = s
	l.requests.put(r.Request, r)
	open, _ := l.openRequests.get(r.Fund)
	open = slices.DeleteFunc(slices.Clone(open), func(id ID) bool { return id == r.Request })
	if len(open) == 0 {
		l.openRequests.del(r.Fund)
		return
	}
	l.openRequests.put(r.Fund, open)
}
