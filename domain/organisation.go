package domain

import "strings"

// Organisations give, hand on, carry out and receive. Rules:
//   - an id is taken once and for all;
//   - a unified social credit code (统一社会信用代码, GB 32100-2015) has 18
//     characters whose last one checks the others, and belongs to one organisation.

// OrganisationRegistered says that an organisation takes part.
type OrganisationRegistered struct {
	Evidence
	Organisation ID     `json:"organisation"`
	Name         string `json:"name"`
	Kind         string `json:"kind"`
	CreditCode   string `json:"credit_code,omitempty"`
	Place        ID     `json:"place,omitempty"`
}

// RegisterOrganisation makes an organisation known.
type RegisterOrganisation struct {
	Evidence
	Organisation ID     `json:"organisation" doc:"id of the new organisation"`
	Name         string `json:"name" doc:"official name"`
	Kind         string `json:"kind" enum:"government,public-institution,hospital,school,enterprise,social-organisation,village-committee,group,other" doc:"what it is; group: several units that the source does not tell apart"`
	CreditCode   string `json:"credit_code,omitempty" example:"11130732000000000E" doc:"unified social credit code, 18 characters"`
	Place        ID     `json:"place,omitempty" doc:"place where it is"`
}

var (
	_ = command[RegisterOrganisation]("register-organisation", "Makes an organisation known: a provider, an implementer, a payee or a partner.")
	_ = event[OrganisationRegistered]()
)

type organisation struct {
	name string
}

func (o *organisation) fields() []any { return []any{&o.name} }

func (c *RegisterOrganisation) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Organisation, "organisation"); err != nil {
		return nil, err
	}
	code := ""
	if c.CreditCode != "" {
		var err error
		if code, err = parseCreditCode(c.CreditCode); err != nil {
			return nil, err
		}
		if l.keys.has(keyOf("credit-code", code)) {
			return nil, clash("credit_code_taken", "%s belongs to another organisation", code).in("credit_code").
				hint("use the organisation that is registered already")
		}
	}
	if err := l.known(ref{NounPlace, c.Place, "place"}); err != nil {
		return nil, err
	}
	e, err := l.evidence("organisation-registered", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&OrganisationRegistered{Evidence: e, Organisation: c.Organisation, Name: c.Name, Kind: c.Kind,
		CreditCode: code, Place: c.Place}}, nil
}

// EventType is organisation-registered.
func (*OrganisationRegistered) EventType() string { return "organisation-registered" }

func (e *OrganisationRegistered) evolve(l *Ledger) {
	l.names.put(e.Organisation, NounOrganisation)
	l.organisations.put(e.Organisation, organisation{name: e.Name})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
	if e.CreditCode != "" {
		l.keys.put(keyOf("credit-code", e.CreditCode), struct{}{})
	}
}

// parseCreditCode checks the form and the check character of GB 32100-2015.
func parseCreditCode(s string) (string, error) {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // without I, O, S, V, Z
	code := strings.ToUpper(s)
	malformed := refuse("credit_code_malformed", "%s is not a unified social credit code", shown(s)).in("credit_code").
		hint("copy its 18 characters from the certificate")
	if len(code) != 18 {
		return "", malformed
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(alphabet, code[i])
		if v < 0 {
			return "", malformed
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if alphabet[(31-sum%31)%31] != code[17] {
		return "", malformed.with("check_character", string(code[17]))
	}
	return code, nil
}
