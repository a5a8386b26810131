package domain

import (
	"slices"
	"strconv"
)

// A disbursement (拨付) pays money of a fund out to a project. Rules:
//   - not more than the allocation of the fund to the project, and not more than
//     the cash that the fund holds;
//   - the project is open: approved, started or accepted (for final payments),
//     not suspended or cancelled;
//   - a place that is named is one of the project's, or lies in one of them; an
//     amount for several places is divided among them to the minor unit;
//   - a voucher number (凭证号) is used once in a year by the organisation that
//     pays;
//   - above the approval threshold it needs a request that another person
//     approved (see request.go); what other requests reserve is not paid out;
//   - what the fund is earmarked for limits what it pays (see earmark.go);
//   - the date is not before the fund was opened, not in the future and not in
//     a closed year.

// FundsDisbursed says that money of a fund was paid out to a project.
type FundsDisbursed struct {
	FundFacts
	Correction
	Evidence
	Project      ID            `json:"project"`
	Amount       Money         `json:"amount"`
	Places       []PlaceAmount `json:"places,omitempty"`
	Disbursement ID            `json:"disbursement,omitempty"`
	Payer        ID            `json:"payer,omitempty"`
	Payee        ID            `json:"payee,omitempty"`
	Voucher      string        `json:"voucher,omitempty"`
}

// DisburseFunds pays money of a fund out to a project.
type DisburseFunds struct {
	FundAmount
	Project      ID          `json:"project" doc:"project that is paid"`
	Place        ID          `json:"place,omitempty" doc:"one place that all of it is for; left out: the project's places by their shares"`
	Places       []PlacePart `json:"places,omitempty" doc:"the part of each place, the whole amount together"`
	Disbursement ID          `json:"disbursement,omitempty" doc:"id to trace it by; the entry's id works too"`
	Payer        ID          `json:"payer,omitempty" doc:"organisation that pays and numbers the voucher"`
	Payee        ID          `json:"payee,omitempty" doc:"organisation that is paid"`
	Voucher      string      `json:"voucher,omitempty" doc:"voucher number (凭证号)"`
	Request      ID          `json:"request,omitempty" doc:"approved request that is paid; needed above the approval threshold"`
	Evidence
}

// PlacePart is the part of an amount that a person assigns to one place.
type PlacePart struct {
	Place  ID     `json:"place" doc:"place"`
	Amount Amount `json:"amount" doc:"its part"`
}

var (
	_ = command[DisburseFunds]("disburse-funds", "Pays money of a fund out to a project (拨付).")
	_ = event[FundsDisbursed]()
)

func (c *DisburseFunds) decide(l *Ledger, ctx Context) ([]Event, error) {
	f, e, m, err := c.take(l, c.Evidence, "funds-disbursed", ctx, append(placeRefs(c.Place, c.Places),
		ref{NounProject, c.Project, "project"}, ref{NounOrganisation, c.Payer, "payer"}, ref{NounOrganisation, c.Payee, "payee"})...)
	if err != nil {
		return nil, err
	}
	if err := l.payable(c.Project); err != nil {
		return nil, err
	}
	places, err := l.placesFor(m, c.Project, c.Place, c.Places)
	if err != nil {
		return nil, err
	}
	paid := &FundsDisbursed{FundFacts: f.facts(c.Fund), Evidence: e, Project: c.Project, Amount: m, Places: places,
		Disbursement: c.Disbursement, Payer: c.Payer, Payee: c.Payee, Voucher: c.Voucher}
	approval, err := c.approval(l, paid, ctx)
	if err != nil {
		return nil, err
	}
	if err := l.earmarked(c.Fund, c.Project, paid.Places, e.Date); err != nil {
		return nil, err
	}
	if err := l.unused(paid); err != nil {
		return nil, err
	}
	if err := l.covers(f, lineKey{c.Fund, c.Project}, m, ctx, c.Request); err != nil {
		return nil, err
	}
	return append([]Event{paid}, approval...), nil
}

// payable refuses a project that may not be paid.
func (l *Ledger) payable(id ID) error {
	p, _ := l.projects.get(id)
	switch p.state {
	case registered, suspended, cancelled:
		return clash("project_not_open", "the project %s is %s", id, p.state).in("project").
			hint("only a project that is approved, started or accepted is paid").with("project", id).with("state", p.state)
	}
	return nil
}

// covers refuses what the allocation or the cash of the fund does not cover,
// less what other requests reserve.
func (l *Ledger) covers(f fund, k lineKey, m Money, ctx Context, own ID) error {
	line, _ := l.lines.get(k)
	ofFund, ofLine := l.reserved(k, ctx, own)
	if left := line.Undisbursed() - ofLine; m.Minor > left {
		return refuse("insufficient_allocation", "only %s of the fund %s is left for the project %s", f.money(max(left, 0)), k.fund, k.project).
			in("amount").hint("pay at most that, or allocate more first").with("allocated", f.money(line[Allocated])).
			with("disbursed", f.money(line[Disbursed])).with("asked", m).requested(f, ofLine)
	}
	if cash := f.sums.Cash() - ofFund; m.Minor > cash {
		return refuse("insufficient_funds", "the fund %s has only %s in cash to pay with", k.fund, f.money(max(cash, 0))).in("amount").
			hint("pay at most that, or record what was received first").with("cash", f.money(f.sums.Cash())).
			with("received", f.money(f.sums[Received])).with("asked", m).requested(f, ofFund)
	}
	return nil
}

// requested adds what requests reserve, where they do.
func (r *Refusal) requested(f fund, minor int64) *Refusal {
	if minor == 0 {
		return r
	}
	return r.with("requested", f.money(minor))
}

// unused refuses numbers that were used before.
func (l *Ledger) unused(e *FundsDisbursed) error {
	if e.Disbursement != "" {
		if err := l.free(e.Disbursement, "disbursement"); err != nil {
			return err
		}
	}
	if e.Voucher != "" && l.keys.has(voucherKey(e.Payer, e.Date.Year(), e.Voucher)) {
		return clash("voucher_used", "the voucher %s of %d is recorded already", e.Voucher, e.Date.Year()).in("voucher").
			hint("check the number; a voucher is paid once").with("voucher", e.Voucher).with("year", e.Date.Year())
	}
	return nil
}

func voucherKey(payer ID, year int, number string) key {
	return keyOf("voucher", string(payer), strconv.Itoa(year), FoldName(number))
}

// paymentKey is what a payment with a voucher has in common with its reversal,
// which may have another date and has the negative amount.
func (e *FundsDisbursed) paymentKey() key {
	return keyOf("payment", string(e.Payer), e.Voucher, string(e.Fund), string(e.Project), strconv.FormatUint(magnitude(e.Amount.Minor), 10),
		string(e.Disbursement), string(e.Payee), e.Document, e.SourceReference, e.Note)
}

// claimVoucher takes the voucher number of a payment in the year of its date.
// A reversal frees it in that year: the payment has the reversal's own date, or
// else it is the first one that is equal to it in all but the date.
func (e *FundsDisbursed) claimVoucher(l *Ledger) {
	k := e.paymentKey()
	dates, _ := l.payments.get(k)
	if e.Reverses == "" {
		l.keys.put(voucherKey(e.Payer, e.Date.Year(), e.Voucher), struct{}{})
		l.payments.put(k, append(slices.Clone(dates), e.Date))
		return
	}
	if len(dates) == 0 {
		return
	}
	i := max(slices.Index(dates, e.Date), 0)
	l.keys.del(voucherKey(e.Payer, dates[i].Year(), e.Voucher))
	if dates = slices.Concat(dates[:i], dates[i+1:]); len(dates) == 0 {
		l.payments.del(k)
		return
	}
	l.payments.put(k, dates)
}

// placeRefs lists the places that a command names.
func placeRefs(one ID, parts []PlacePart) []ref {
	refs := []ref{{NounPlace, one, "place"}}
	for _, part := range parts {
		refs = append(refs, ref{NounPlace, part.Place, "places"})
	}
	return refs
}

// placesFor divides an amount of a project among places: the one that is named,
// the parts that are given, or the project's own places by their shares.
func (l *Ledger) placesFor(m Money, projectID, one ID, parts []PlacePart) ([]PlaceAmount, error) {
	p, _ := l.projects.get(projectID)
	switch {
	case one != "" && len(parts) > 0:
		return nil, refuse("place_and_places", "both place and places are given").in("place").hint("give one of them")
	case one != "":
		if err := l.placeOf(p, projectID, one, "place"); err != nil {
			return nil, err
		}
		return []PlaceAmount{{Place: one, Amount: m}}, nil
	case len(parts) > 0:
		return l.placeParts(m, projectID, p, parts)
	}
	return splitByShares(m, p.shares), nil
}

func (l *Ledger) placeParts(m Money, projectID ID, p project, parts []PlacePart) ([]PlaceAmount, error) {
	var sum int64
	seen := map[ID]bool{}
	out := make([]PlaceAmount, len(parts))
	for i, part := range parts {
		if err := l.placeOf(p, projectID, part.Place, "places"); err != nil {
			return nil, err
		}
		if seen[part.Place] {
			return nil, refuse("place_repeated", "%s is named twice", part.Place).in("places").hint("name each place once").with("place", part.Place)
		}
		seen[part.Place] = true
		amount, err := money(part.Amount, "", m.Currency)
		if err != nil {
			return nil, asRefusal(err).in("places")
		}
		out[i] = PlaceAmount{Place: part.Place, Amount: amount}
		if sum += amount.Minor; outOfRange(sum) {
			break
		}
	}
	if sum != m.Minor {
		return nil, refuse("shares_not_whole", "the parts of the places do not add up to %s", m).in("places").
			hint("change them so that they add up exactly").with("sum", Money{Minor: sum, Currency: m.Currency}).with("amount", m)
	}
	return out, nil
}

func (l *Ledger) placeOf(p project, projectID, id ID, field string) error {
	if err := l.noun(NounPlace, id, field); err != nil {
		return err
	}
	for _, s := range p.shares {
		if l.within(id, s.Place) {
			return nil
		}
	}
	return refuse("place_not_in_project", "%s is not among the places of the project %s", id, projectID).in(field).
		hint("assign it to the project first (assign-places), or name another place").with("place", id).with("project", projectID)
}

// EventType is funds-disbursed.
func (*FundsDisbursed) EventType() string { return "funds-disbursed" }

func (e *FundsDisbursed) evolve(l *Ledger) {
	if e.Disbursement != "" && e.Reverses == "" {
		l.names.put(e.Disbursement, NounDisbursement)
	}
	if e.Disbursement != "" {
		e.pays(l)
	}
	if e.Voucher != "" {
		e.claimVoucher(l)
	}
	if len(e.Places) == 0 {
		l.wait(Disbursed, e.FundFacts, e.Project, e.Amount, e.Date)
	}
	l.record(e, e.Correction, e.Evidence)
}

func (e *FundsDisbursed) movements(out []Movement) []Movement {
	m := e.movement(Disbursed, e.Amount, e.Date)
	m.Project = e.Project
	return m.perPlace(out, e.Places)
}

func (e FundsDisbursed) reversal(entry string, on Date) Event {
	taken(&e.Correction, &e.Evidence, entry, on)
	e.Amount, e.Places = e.Amount.Neg(), negated(e.Places)
	return &e
}

func (e *FundsDisbursed) place(l *Ledger) { e.Places = l.settledPlaces(e.Places, e.Project, e.Amount) }
