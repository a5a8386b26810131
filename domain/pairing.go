package domain

import "cmp"

// Agreements and pairings say who helps whom. Rules:
//   - a unit is not paired with itself;
//   - the same two units are paired once at a time for the same purpose;
//   - a pairing ends once, not before it began.
//
// A source often counts pairings without naming the units ("6 enterprises and 6
// villages"). Such units are organisations of the kind group, and Pairs says
// for how many pairs the entry stands.

// AgreementSigned says that two parties agreed in writing.
type AgreementSigned struct {
	Evidence
	Agreement ID     `json:"agreement"`
	Title     string `json:"title"`
	Party     ID     `json:"party"`
	OtherSide ID     `json:"other_side"`
	Until     Date   `json:"until,omitzero"`
}

// SignAgreement records a written agreement.
type SignAgreement struct {
	Evidence
	Agreement ID     `json:"agreement" doc:"id of the new agreement"`
	Title     string `json:"title" doc:"its title"`
	Party     ID     `json:"party" doc:"organisation that helps"`
	OtherSide ID     `json:"other_side" doc:"organisation that is helped"`
	Until     Date   `json:"until,omitzero" doc:"last day on which it holds"`
}

// PairingEstablished says that one unit helps another from its date on.
type PairingEstablished struct {
	Evidence
	Pairing   ID     `json:"pairing"`
	Helper    ID     `json:"helper"`
	Helped    ID     `json:"helped"`
	Purpose   string `json:"purpose"`
	Agreement ID     `json:"agreement,omitempty"`
	Pairs     int    `json:"pairs"`
	Undated   bool   `json:"undated,omitzero"`
}

// EstablishPairing records that one unit helps another.
type EstablishPairing struct {
	Evidence
	Pairing   ID     `json:"pairing" doc:"id of the new pairing"`
	Helper    ID     `json:"helper" doc:"organisation or place that helps"`
	Helped    ID     `json:"helped" doc:"organisation or place that is helped"`
	Purpose   string `json:"purpose" enum:"county,township,village,hospital,school,disease-control,enterprise,community,social-organisation,other" doc:"which kind of pairing it is"`
	Agreement ID     `json:"agreement,omitempty" doc:"agreement that it rests on"`
	Pairs     int    `json:"pairs,omitzero" doc:"number of pairs that it stands for; 1 if left out"`
	Undated   bool   `json:"undated,omitzero" doc:"the source does not say since when"`
}

// PairingEnded says that a pairing holds no longer.
type PairingEnded struct {
	Evidence
	Pairing ID `json:"pairing"`
}

// EndPairing ends a pairing.
type EndPairing struct {
	Evidence
	Pairing ID `json:"pairing" doc:"pairing that ends"`
}

var (
	_ = command[SignAgreement]("sign-agreement", "Records a written agreement between two organisations.")
	_ = command[EstablishPairing]("establish-pairing", "Records that one unit helps another (结对).")
	_ = command[EndPairing]("end-pairing", "Ends a pairing.")
	_ = event[AgreementSigned]()
	_ = event[PairingEstablished]()
	_ = event[PairingEnded]()
)

type agreement struct {
	title string
}

func (a *agreement) fields() []any { return []any{&a.title} }

type pairing struct {
	pair    pairKey
	since   Date
	undated bool
	ended   bool
}

func (p *pairing) fields() []any { return []any{&p.pair, &p.since, &p.undated, &p.ended} }

type pairKey struct {
	helper, helped ID
	purpose        string
}

func (k *pairKey) fields() []any { return []any{&k.helper, &k.helped, &k.purpose} }

func (c *SignAgreement) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Agreement, "agreement"); err != nil {
		return nil, err
	}
	if err := l.known(ref{NounOrganisation, c.Party, "party"}, ref{NounOrganisation, c.OtherSide, "other_side"}); err != nil {
		return nil, err
	}
	if c.Party == c.OtherSide {
		return nil, refuse("self_agreement", "%s cannot sign with itself", c.Party).in("other_side").hint("name the other side")
	}
	e, err := l.evidence("agreement-signed", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	if !c.Until.IsZero() && c.Until.Last().Before(e.Date.First()) {
		return nil, refuse("date_order", "it would end (%s) before it was signed (%s)", c.Until, e.Date).in("until").hint("check both dates").
			with("date", e.Date).with("until", c.Until)
	}
	return []Event{&AgreementSigned{Evidence: e, Agreement: c.Agreement, Title: c.Title, Party: c.Party, OtherSide: c.OtherSide, Until: c.Until}}, nil
}

func (c *EstablishPairing) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Pairing, "pairing"); err != nil {
		return nil, err
	}
	if c.Helper == c.Helped {
		return nil, refuse("self_pairing", "%s cannot be paired with itself", c.Helper).in("helped").hint("name the unit that is helped")
	}
	if err := l.unit(c.Helper, "helper"); err != nil {
		return nil, err
	}
	if err := l.unit(c.Helped, "helped"); err != nil {
		return nil, err
	}
	if err := l.known(ref{NounAgreement, c.Agreement, "agreement"}); err != nil {
		return nil, err
	}
	pairs := cmp.Or(c.Pairs, 1)
	if err := checkPairs(pairs); err != nil {
		return nil, err
	}
	if other, active := l.activePairs.get(pairKey{c.Helper, c.Helped, c.Purpose}); active {
		return nil, clash("pairing_active", "%s helps %s already (%s)", c.Helper, c.Helped, other).in("helped").
			hint("end that pairing first").with("pairing", other)
	}
	e, err := l.evidence("pairing-established", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&PairingEstablished{Evidence: e, Pairing: c.Pairing, Helper: c.Helper, Helped: c.Helped,
		Purpose: c.Purpose, Agreement: c.Agreement, Pairs: pairs, Undated: c.Undated}}, nil
}

func checkPairs(n int) error {
	const pairsMax = 1_000_000 // more than there are villages in China
	switch {
	case n < 1:
		return refuse("quantity_not_positive", "%d is not a number of pairs", n).in("pairs").hint("give 1 or more").with("pairs", n)
	case n > pairsMax:
		return refuse("quantity_too_large", "%d pairs are more than there can be", n).in("pairs").
			hint("give at most %d", pairsMax).with("pairs", n).with("limit", pairsMax)
	}
	return nil
}

// unit refuses what can neither help nor be helped.
func (l *Ledger) unit(id ID, field string) error {
	if noun, _ := l.names.get(id); noun == NounPlace {
		return nil
	}
	if err := l.noun(NounOrganisation, id, field); err != nil {
		return err
	}
	return nil
}

func (c *EndPairing) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.noun(NounPairing, c.Pairing, "pairing"); err != nil {
		return nil, err
	}
	p, _ := l.pairings.get(c.Pairing)
	if p.ended {
		return nil, clash("wrong_state", "the pairing %s has ended already", c.Pairing).in("pairing").hint("nothing is left to end")
	}
	e, err := l.evidence("pairing-ended", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	if !p.undated && e.Date.Last().Before(p.since.First()) {
		return nil, refuse("date_order", "it would end (%s) before it began (%s)", e.Date, p.since).in("date").hint("check the date").
			with("date", e.Date).with("since", p.since)
	}
	return []Event{&PairingEnded{Evidence: e, Pairing: c.Pairing}}, nil
}

// EventType is agreement-signed.
func (*AgreementSigned) EventType() string { return "agreement-signed" }

// EventType is pairing-established.
func (*PairingEstablished) EventType() string { return "pairing-established" }

// EventType is pairing-ended.
func (*PairingEnded) EventType() string { return "pairing-ended" }

func (e *AgreementSigned) evolve(l *Ledger) {
	l.names.put(e.Agreement, NounAgreement)
	l.agreements.put(e.Agreement, agreement{title: e.Title})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *PairingEstablished) evolve(l *Ledger) {
	pair := pairKey{e.Helper, e.Helped, e.Purpose}
	l.names.put(e.Pairing, NounPairing)
	l.pairings.put(e.Pairing, pairing{pair: pair, since: e.Date, undated: e.Undated})
	l.activePairs.put(pair, e.Pairing)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *PairingEnded) evolve(l *Ledger) {
	p, _ := l.pairings.get(e.Pairing)
	p.ended = true
	l.pairings.put(e.Pairing, p)
	l.activePairs.del(p.pair)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
