package domain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aidledger/domain"
)

// villager registers somebody of the east whose texts are sealed.
func villager(pseudonym domain.ID) *domain.RegisterBeneficiary {
	c := &domain.RegisterBeneficiary{Beneficiary: pseudonym, Kind: "person", Place: east, Evidence: on("2018")}
	c.Name.Seal("sealed name")
	c.IDNumber.Seal("sealed number")
	return c
}

func stepOf(pseudonym domain.ID) domain.BeneficiaryStep {
	return domain.BeneficiaryStep{Beneficiary: pseudonym, Reason: "moved away", Evidence: on("2019")}
}

// help gives benefits of the payment d-1 for the road.
func help(period string, lines ...domain.BenefitLine) *domain.RecordBenefits {
	return &domain.RecordBenefits{BenefitInput: domain.BenefitInput{Project: "road", Period: day(period), Disbursement: "d-1"}, Benefits: lines, Evidence: on("2018-07")}
}

func got(pseudonym domain.ID, sum string) domain.BenefitLine {
	return domain.BenefitLine{Beneficiary: pseudonym, Amount: amount(sum)}
}

// helped is a programme with the payment d-1 of 100 for the road (e21) and the
// villagers p-1 and p-2 (e22, e23).
func helped(t testing.TB) *story {
	t.Helper()
	return given(t, programme()...).and(payment("d-1"), villager("p-1"), villager("p-2"))
}

func payment(id domain.ID) *domain.DisburseFunds {
	c := disburse("f", "road", "100", "2018-06")
	c.Disbursement = id
	return c
}

// everyBenefit lets all happen to beneficiaries.
func everyBenefit(s *story) {
	s.and(disburseAs("d-2", "1"), villager("p-1"), villager("p-2"), villager("p-3"))
	for _, id := range []domain.ID{"p-1"} {
		s.and(&domain.RecordBenefit{BenefitInput: domain.BenefitInput{Project: "road", Period: day("2018"), Disbursement: "d-2"}, BenefitLine: got(id, "0.5"), Evidence: on("2018-07")})
	}
	s.and(&domain.SetBenefitStandard{Project: "road", Amount: amount("5"), Evidence: on("2018")}, &domain.RemoveBeneficiary{BeneficiaryStep: stepOf("p-1")},
		&domain.RestrictBeneficiary{BeneficiaryStep: stepOf("p-2")}, &domain.ForgetBeneficiary{BeneficiaryStep: stepOf("p-3")})
}

func disburseAs(id domain.ID, sum string) *domain.DisburseFunds {
	c := disburse("f", "road", sum, "2018-06")
	c.Disbursement = id
	return c
}

func TestABeneficiaryIsRegisteredOnceAndOnlySealed(t *testing.T) {
	s := given(t, programme()...)
	s.when(villager("p-1")).then(&domain.BeneficiaryRegistered{Evidence: on("2018"), Beneficiary: "p-1", Kind: "person", Place: east, Name: "sealed name", IDNumber: "sealed number"})
	o := s.when(villager("p-1"))
	o.refused("duplicate_beneficiary", "id_number")
	if strings.Contains(o.err.Error(), "p-1") {
		t.Errorf("the refusal tells who it is: %v", o.err)
	}
	open := &domain.RegisterBeneficiary{Kind: "person", Place: east, Name: domain.NewPersonal("李"), IDNumber: domain.NewPersonal("11010519491231002X")}
	s.when(open).refused("not_sealed", "id_number")
	nowhere := villager("p-9")
	nowhere.Place = "nowhere"
	s.when(nowhere).refused("place_not_found", "place", "id=nowhere")

	s.and(&domain.RemoveBeneficiary{BeneficiaryStep: stepOf("p-1")})
	moved := villager("p-1")
	moved.Place = west
	s.when(moved).then(&domain.BeneficiaryRegistered{Evidence: on("2018"), Beneficiary: "p-1", Kind: "person", Place: west, Name: "sealed name", IDNumber: "sealed number"})
	s.when(villager("p-1")).refused("duplicate_beneficiary", "id_number")
}

func TestSomebodyIsForgotten(t *testing.T) {
	s := helped(t).and(help("2018", got("p-1", "40")))
	forget := &domain.ForgetBeneficiary{BeneficiaryStep: stepOf("p-1")}
	s.when(forget).then(&domain.BeneficiaryForgotten{BeneficiaryStep: stepOf("p-1")})
	s.when(forget).nothing()
	s.when(help("2019", got("p-1", "1"))).refused("beneficiary_erased", "benefits[0].beneficiary", "beneficiary=p-1")
	s.when(help("2019", got("p-1", "1"))).kind(domain.Clash)
	s.when(&domain.RemoveBeneficiary{BeneficiaryStep: stepOf("p-1")}).refused("beneficiary_erased", "beneficiary", "beneficiary=p-1")
	s.when(villager("p-1")).refused("duplicate_beneficiary", "id_number")
	remove := &domain.RemoveBeneficiary{BeneficiaryStep: stepOf("p-2")}
	s.when(remove).then(&domain.BeneficiaryRemoved{BeneficiaryStep: stepOf("p-2")})
	s.when(remove).nothing()
	s.when(help("2019", got("p-2", "1"))).refused("beneficiary_not_entitled", "benefits[0].beneficiary", "beneficiary=p-2", "state=removed")
	s.when(&domain.RestrictBeneficiary{BeneficiaryStep: stepOf("p-2")}).then(&domain.BeneficiaryRestricted{BeneficiaryStep: stepOf("p-2")})
	s.when(&domain.ForgetBeneficiary{BeneficiaryStep: stepOf("p-7")}).refused("beneficiary_not_found", "beneficiary", "id=p-7")
}

func TestNobodyIsHelpedTwice(t *testing.T) {
	s := helped(t)
	benefit := func(id domain.ID, minor int64, period string) *domain.BenefitRecorded {
		return &domain.BenefitRecorded{Evidence: on("2018-07"), Beneficiary: id, Kind: "person", Place: east, Project: "road", Period: day(period), Amount: cny(minor), Disbursement: "d-1"}
	}
	s.when(help("2018", got("p-1", "40"), got("p-2", "30.5"))).then(benefit("p-1", 4000, "2018"), benefit("p-2", 3050, "2018")) // e24
	for _, period := range []string{"2018", "2018-03"} {
		s.when(help(period, got("p-1", "1"))).refused("benefit_twice", "benefits[0].beneficiary", "beneficiary=p-1", "period=2018")
	}
	s.when(help("2019", got("p-1", "1"), got("p-1", "1"))).refused("benefit_twice", "benefits[1].beneficiary", "beneficiary=p-1", "period=2019")
	s.when(help("2019", got("p-1", "29.51"))).refused("benefits_exceed_disbursement", "benefits[0].amount", "left=29.50 CNY", "paid=100.00 CNY")
	s.when(reversal(21)).refused("entry_in_use", "entry", "disbursement=d-1", "given=70.50 CNY")
	s.and(reversal(24), help("2018-03", got("p-1", "100")))
	s.when(help("2018-04", domain.BenefitLine{Amount: amount("1")})).refused("field_required", "benefits[0].beneficiary")
	s.when(help("2018-04", got("p-8", "1"))).refused("beneficiary_not_found", "benefits[0].beneficiary", "id=p-8")
	other := help("2018-04", got("p-1", "1"))
	other.Project = "school"
	s.when(other).refused("disbursement_differs", "disbursement", "disbursement=d-1", "project=school")
}

func TestNumbersOfPeopleAreCheckedAndOneForm(t *testing.T) {
	for _, c := range []struct{ kind, in, want, code string }{
		{"id-number", "11010519491231002X", "11010519491231002X", ""},
		{"id-number", " 110105 19491231 002x ", "11010519491231002X", ""},
		{"id-number", "440524188001010014", "440524188001010014", ""},
		{"id-number", "１３０７３２１９９００２２８００１８", "130732199002280018", ""},
		{"id-number", "130732199002280019", "", "id_card_checksum"},
		{"id-number", "130732201802290011", "", "id_card_date"},
		{"id-number", "990732199003077839", "", "id_card_region"},
		{"id-number", "130732630412002", "", "id_card_length"},
		{"id-number", "", "", "id_card_length"},
		{"id-number", "1307321990022800X8", "", "id_card_format"},
		{"bank-card", "6222 0202 0000 0000 0001", "", "bank_card_length"},
		{"bank-card", "6222020200000000001", "", "bank_card_checksum"},
		{"bank-card", "4111 1111-1111 1111", "4111111111111111", ""},
		{"phone", "138 0013 8000", "13800138000", ""},
		{"phone", "call me", "", "phone_format"},
		{"name", " 李　", "李", ""},
		{"name", "a\x00", "", "text_control_character"},
	} {
		text, err := domain.ParsePersonal(c.kind, c.in)
		if text != c.want || c.code != "" && refusalOf(err).Code != c.code || c.code == "" && err != nil {
			t.Errorf("%s %q: %q %v", c.kind, c.in, text, err)
		}
		if err != nil && len(c.in) > 8 && strings.Contains(err.Error(), c.in[4:12]) {
			t.Errorf("%s: the refusal repeats the number: %v", c.kind, err)
		}
	}
	for kind, want := range map[string]string{"id-number": "110105********002X", "bank-card": "**************002X", "phone": "110***********002X", "name": "1*****************"} {
		if got := domain.MaskPersonal(kind, "11010519491231002X"); got != want {
			t.Errorf("%s is masked as %s, want %s", kind, got, want)
		}
	}
	if domain.MaskPersonal("name", "李") != "*" || domain.MaskPersonal("name", "李四") != "李*" {
		t.Error("a name is not masked")
	}
}

func TestWhatIsInClearIsNeitherShownNorEncoded(t *testing.T) {
	c := &domain.RegisterBeneficiary{Kind: "person", Place: east, Name: domain.NewPersonal("李四"), IDNumber: domain.NewPersonal("11010519491231002x")}
	if err := domain.Check(c); err != nil || c.IDNumber.Clear() != "11010519491231002X" {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(format, c) + fmt.Sprintf(format, *c) + fmt.Sprintf(format, c.Name); strings.Contains(got, "李") || strings.Contains(got, "1949") {
			t.Errorf("%s shows %s", format, got)
		}
	}
	if data, err := json.Marshal(c); err == nil {
		t.Errorf("it is encoded: %s", data)
	}
	c.Name.Seal("x")
	c.IDNumber.Seal("y")
	if data, err := json.Marshal(c); err != nil || strings.Contains(string(data), "1949") {
		t.Errorf("%s %v", data, err)
	}
	for text, ok := range map[string]bool{"ID 11010519491231002x, urgent": false, "１１０１０５１９４９１２３１００２Ｘ": false, "110105194912310021": true, "911010519491231002X": true, "page 3": true} {
		err := domain.Check(&domain.AddNote{NoteID: "n", Kind: "memo", Text: text})
		if (err == nil) != ok || err != nil && refusalOf(err).Code != "id_number_in_text" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
