package domain_test

import (
	"testing"

	"aidledger/domain"
)

func agree(id domain.ID) *domain.SignAgreement {
	return &domain.SignAgreement{Agreement: id, Title: "Agreement", Party: "haidian", OtherSide: "bureau", Evidence: on("2018-05"), Until: day("2018")}
}

func pair(id domain.ID) *domain.EstablishPairing {
	return &domain.EstablishPairing{Pairing: id, Helper: "haidian", Helped: east, Purpose: "village", Evidence: on("2018-05")}
}

func unpair(id domain.ID, date string) *domain.EndPairing {
	return &domain.EndPairing{Pairing: id, Evidence: on(date)}
}

func TestAgreementsAreSigned(t *testing.T) {
	given(t, opened()...).when(agree("a")).
		then(&domain.AgreementSigned{Evidence: on("2018-05"), Agreement: "a", Title: "Agreement", Party: "haidian", OtherSide: "bureau", Until: day("2018")})
	change := func(f func(*domain.SignAgreement)) *domain.SignAgreement { c := agree("a"); f(c); return c }
	refusals(t, opened(), []refusal{
		{"under an id that is taken", []domain.Command{agree("a")}, agree("a"), "id_taken", "agreement", []string{"id=a", "noun=agreement"}},
		{"by a party that is unknown", nil, change(func(c *domain.SignAgreement) { c.Party = "x" }), "organisation_not_found", "party", []string{"id=x"}},
		{"with an other side that is unknown", nil, change(func(c *domain.SignAgreement) { c.OtherSide = "x" }), "organisation_not_found", "other_side", []string{"id=x"}},
		{"with itself", nil, change(func(c *domain.SignAgreement) { c.OtherSide = "haidian" }), "self_agreement", "other_side", nil},
		{"until a day before it", nil, change(func(c *domain.SignAgreement) { c.Until = day("2018-04-30") }), "date_order", "until", []string{"date=2018-05", "until=2018-04-30"}},
	})
}

func TestUnitsArePaired(t *testing.T) {
	t.Run("as one pair, from a date on", func(t *testing.T) {
		s := given(t, opened()...)
		s.when(pair("p")).then(&domain.PairingEstablished{Evidence: on("2018-05"), Pairing: "p", Helper: "haidian", Helped: east, Purpose: "village", Pairs: 1})
		s.when(unpair("p", "2019")).then(&domain.PairingEnded{Evidence: on("2019"), Pairing: "p"})
	})
	t.Run("as groups, resting on an agreement", func(t *testing.T) {
		c := pair("p")
		c.Pairs, c.Undated, c.Agreement = 6, true, "a"
		s := given(t, opened()...).and(agree("a"))
		s.when(c).then(&domain.PairingEstablished{Evidence: on("2018-05"), Pairing: "p", Helper: "haidian", Helped: east, Purpose: "village", Pairs: 6, Undated: true, Agreement: "a"})
		s.and(unpair("p", "2018-01")) // nobody knows since when
	})
	t.Run("again once it has ended, and for another purpose at any time", func(t *testing.T) {
		school := pair("q")
		school.Purpose = "school"
		given(t, opened()...).and(pair("p"), school, unpair("p", "2018-05"), pair("r"))
	})
	change := func(f func(*domain.EstablishPairing)) *domain.EstablishPairing { c := pair("q"); f(c); return c }
	refusals(t, append(opened(), pair("p")), []refusal{
		{"under an id that is taken", nil, pair("p"), "id_taken", "pairing", []string{"id=p", "noun=pairing"}},
		{"with itself", nil, change(func(c *domain.EstablishPairing) { c.Helped = "haidian" }), "self_pairing", "helped", nil},
		{"by what is unknown", nil, change(func(c *domain.EstablishPairing) { c.Helper = "x" }), "organisation_not_found", "helper", []string{"id=x"}},
		{"with what is unknown", nil, change(func(c *domain.EstablishPairing) { c.Helped = "x" }), "organisation_not_found", "helped", []string{"id=x"}},
		{"with a pairing", nil, change(func(c *domain.EstablishPairing) { c.Helped = "p" }), "organisation_expected", "helped", []string{"id=p", "noun=pairing"}},
		{"by an agreement that is unknown", nil, change(func(c *domain.EstablishPairing) { c.Agreement = "x" }), "agreement_not_found", "agreement", []string{"id=x"}},
		{"as less than one pair", nil, change(func(c *domain.EstablishPairing) { c.Pairs = -1 }), "quantity_not_positive", "pairs", []string{"pairs=-1"}},
		{"as more pairs than there can be", nil, change(func(c *domain.EstablishPairing) { c.Pairs = 1 << 40 }), "quantity_too_large", "pairs", []string{"limit=1000000", "pairs=1099511627776"}},
		{"for a purpose that there is not", nil, change(func(c *domain.EstablishPairing) { c.Purpose = "fun" }), "value_unknown", "purpose", nil},
		{"twice at a time", nil, pair("q"), "pairing_active", "helped", []string{"pairing=p"}},
		{"and end twice", []domain.Command{unpair("p", "2019")}, unpair("p", "2019"), "wrong_state", "pairing", nil},
		{"and end before they began", nil, unpair("p", "2018-04"), "date_order", "date", []string{"date=2018-04", "since=2018-05"}},
		{"and end unknown", nil, unpair("q", "2030"), "pairing_not_found", "pairing", []string{"id=q"}},
	})
}
