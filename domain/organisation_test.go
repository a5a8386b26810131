package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestOrganisationsAreRegistered(t *testing.T) {
	const code = "91350100M000100Y43" // the example of GB 32100-2015
	unit := func(id domain.ID, change func(*domain.RegisterOrganisation)) *domain.RegisterOrganisation {
		c := &domain.RegisterOrganisation{Organisation: id, Name: "Unit", Kind: "enterprise", Evidence: on("2018")}
		if change != nil {
			change(c)
		}
		return c
	}
	coded := func(id domain.ID, code string) *domain.RegisterOrganisation {
		return unit(id, func(c *domain.RegisterOrganisation) { c.CreditCode = code })
	}
	given(t, opened()...).when(unit("new", func(c *domain.RegisterOrganisation) { c.CreditCode, c.Place = "91350100m000100y43", east })).
		then(&domain.OrganisationRegistered{Evidence: on("2018"), Organisation: "new", Name: "Unit", Kind: "enterprise", CreditCode: code, Place: east})
	refusals(t, opened(), []refusal{
		{"an id that is taken", nil, unit("haidian", nil), "id_taken", "organisation", []string{"id=haidian", "noun=organisation"}},
		{"an id that names a place", nil, unit(east, nil), "id_taken", "organisation", []string{"id=130732100201", "noun=place"}},
		{"a place that is unknown", nil, unit("new", func(c *domain.RegisterOrganisation) { c.Place = "nowhere" }), "place_not_found", "place", []string{"id=nowhere"}},
		{"a kind that there is not", nil, unit("new", func(c *domain.RegisterOrganisation) { c.Kind = "club" }), "value_unknown", "kind", nil},
		{"a code that is too short", nil, coded("new", code[:17]), "credit_code_malformed", "credit_code", nil},
		{"a code with a letter that is not used", nil, coded("new", "9135010OM000100Y43"), "credit_code_malformed", "credit_code", nil},
		{"a code with a wrong digit", nil, coded("new", "91350100M000100Y42"), "credit_code_malformed", "credit_code", []string{"check_character=2"}},
		{"a code with digits exchanged", nil, coded("new", "91530100M000100Y43"), "credit_code_malformed", "credit_code", []string{"check_character=3"}},
		{"a code of another organisation", []domain.Command{coded("first", code)}, coded("new", "91350100m000100y43"), "credit_code_taken", "credit_code", nil},
	})
}
