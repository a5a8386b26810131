package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestPlacesAreRegistered(t *testing.T) {
	at := func(id domain.ID, level string, parent domain.ID) *domain.RegisterPlace {
		return &domain.RegisterPlace{Place: id, Name: "Place", Level: level, Parent: parent, Evidence: on("2018")}
	}
	dated := at("130732101", "township", county)
	dated.CodeYear = 2019
	old, far := at("130732101", "township", county), at("130732101", "township", county)
	old.CodeYear, far.CodeYear = -1, 1<<40

	s := given(t, opened()...)
	s.when(dated).then(&domain.PlaceRegistered{Evidence: on("2018"), Place: "130732101", Name: "Place", Level: "township", Parent: county, CodeYear: 2019})
	s.and(at("130000", "province", ""), at("130700", "prefecture", "130000"), at("130705", "county", "130700"), at("110108", "county", ""),
		at("east-of-town", "village", township), at("130732101001", "village", "130732101"), at("130705001", "township", "130705"))

	refusals(t, opened(), []refusal{
		{"an id that is taken", nil, at(east, "village", township), "id_taken", "place", []string{"id=130732100201", "noun=place"}},
		{"a parent that is unknown", nil, at("130733100", "township", "130733"), "place_not_found", "parent", []string{"id=130733"}},
		{"a parent that is an organisation", nil, at("130733100", "township", "haidian"), "place_expected", "parent", []string{"id=haidian", "noun=organisation"}},
		{"a township without a parent", nil, at("130732101", "township", ""), "field_required", "parent", nil},
		{"a township in a village", nil, at("130732101", "township", east), "parent_level", "parent", nil},
		{"a township in a township", nil, at("130732101", "township", township), "parent_level", "parent", nil},
		{"a code that does not lie in its parent", nil, at("130733100", "township", county), "code_malformed", "place", []string{"parent=130732", "place=130733100"}},
		{"a county that does not lie in its province", []domain.Command{at("130000", "province", "")}, at("110108", "county", "130000"),
			"code_malformed", "place", []string{"parent=130000", "place=110108"}},
		{"a village code with 9 digits", nil, at("130732101", "village", township), "code_malformed", "place", []string{"place=130732101"}},
		{"a county code with 12 digits", nil, at("130732100203", "county", ""), "code_malformed", "place", []string{"place=130732100203"}},
		{"a township with a local id", nil, at("my-town", "township", county), "code_malformed", "place", []string{"place=my-town"}},
		{"a level that there is not", nil, at("130733", "hamlet", ""), "value_unknown", "level", nil},
		{"a code list of a year that is none", nil, old, "year_range", "code_year", []string{"year=-1"}},
		{"a code list of a year that is far away", nil, far, "year_range", "code_year", []string{"year=1099511627776"}},
	})
}
