package domain_test

import (
	"slices"
	"testing"

	"aidledger/domain"
)

const (
	county   = domain.ID("130732")
	township = domain.ID("130732100")
	east     = domain.ID("130732100201")
	west     = domain.ID("130732100202")
	north    = domain.ID("north-village")
	abroad   = domain.ID("130728") // another county
)

// opened is a ledger with places and organisations (e1 to e10).
func opened() []domain.Command {
	commands := []domain.Command{&domain.OpenLedger{Title: "Programme", Evidence: on("2016")}}
	for _, p := range []domain.RegisterPlace{
		{Place: county, Name: "Chicheng", Level: "county"},
		{Place: abroad, Name: "Huai'an", Level: "county"},
		{Place: township, Name: "Town", Level: "township", Parent: county},
		{Place: east, Name: "East", Level: "village", Parent: township},
		{Place: west, Name: "West", Level: "village", Parent: township},
		{Place: north, Name: "North", Level: "village", Parent: township},
	} {
		p.Evidence = on("2016")
		commands = append(commands, &p)
	}
	for _, name := range []domain.ID{"haidian", "bureau", "builder"} {
		commands = append(commands, &domain.RegisterOrganisation{Organisation: name, Name: string(name), Kind: "government", Evidence: on("2016")})
	}
	return commands
}

// approvedProject is a project that may be given money (3 entries).
func approvedProject(id domain.ID) []domain.Command {
	return []domain.Command{
		&domain.RegisterProject{Project: id, Name: string(id), County: county, Evidence: on("2017")},
		&domain.SetTargets{Project: id, Targets: []domain.Target{{Indicator: "households", Value: quantity("40"), Unit: "户"}}, Evidence: on("2017")},
		&domain.ApproveProject{ProjectStep: step(id, "2017")},
	}
}

func step(id domain.ID, date string) domain.ProjectStep {
	return domain.ProjectStep{Project: id, Evidence: on(date)}
}

// halves gives two villages half of a project each.
func halves(id domain.ID) *domain.AssignPlaces {
	return &domain.AssignPlaces{Project: id, Evidence: on("2018-02"), Shares: []domain.PlaceShare{
		{Place: east, Percent: quantity("50")}, {Place: west, Percent: quantity("50")}}}
}

// programme has the projects road (halves) and school (without places), and the
// fund f with 1,000 committed, 600 received, and 400 for the road (e11 to e20).
func programme() []domain.Command {
	return slices.Concat(opened(), approvedProject("road"), approvedProject("school"), []domain.Command{
		halves("road"),
		commit("f", "1000", "2018-03-05"),
		receive("f", "600", "2018-04-01"),
		allocate("f", "road", "400", "2018-05-01"),
	})
}

func input(fund domain.ID, sum string) domain.FundInput {
	return domain.FundInput{Fund: fund, Provider: "haidian", Amount: amount(sum)}
}

func part(fund domain.ID, sum string) domain.FundAmount {
	return domain.FundAmount{Fund: fund, Amount: amount(sum)}
}

func pledge(fund domain.ID, sum, date string) *domain.PledgeFunds {
	return &domain.PledgeFunds{FundInput: input(fund, sum), Evidence: on(date)}
}

func commit(fund domain.ID, sum, date string) *domain.CommitFunds {
	return &domain.CommitFunds{FundInput: input(fund, sum), Evidence: by("doc-1", date)}
}

func increase(fund domain.ID, sum, date string) *domain.IncreaseCommitment {
	return &domain.IncreaseCommitment{FundAmount: part(fund, sum), Evidence: by("doc-2", date)}
}

func reduce(fund domain.ID, sum, date string) *domain.ReduceCommitment {
	return &domain.ReduceCommitment{FundAmount: part(fund, sum), Evidence: by("doc-3", date)}
}

func receive(fund domain.ID, sum, date string) *domain.ReceiveFunds {
	return &domain.ReceiveFunds{FundInput: input(fund, sum), Evidence: on(date)}
}

func allocate(fund, project domain.ID, sum, date string) *domain.AllocateFunds {
	return &domain.AllocateFunds{FundAmount: part(fund, sum), Project: project, Evidence: on(date)}
}

func reallocate(fund, from, to domain.ID, sum, date string) *domain.ReallocateFunds {
	return &domain.ReallocateFunds{FundAmount: part(fund, sum), From: from, To: to, Evidence: on(date)}
}

func disburse(fund, project domain.ID, sum, date string) *domain.DisburseFunds {
	return &domain.DisburseFunds{FundAmount: part(fund, sum), Project: project, Evidence: on(date)}
}

func spend(fund, project domain.ID, sum, date string) *domain.ReportExpenditure {
	return &domain.ReportExpenditure{FundAmount: part(fund, sum), Project: project, Evidence: on(date)}
}

func giveBack(fund, project domain.ID, sum, date string) *domain.ReturnFunds {
	return &domain.ReturnFunds{FundAmount: part(fund, sum), Project: project, Evidence: on(date)}
}

func carry(fund, to domain.ID, sum, date string) *domain.CarryOver {
	return &domain.CarryOver{FundAmount: part(fund, sum), To: to, Evidence: on(date)}
}

// facts are those of the funds of this world: given by Haidian for 2018.
func facts(fund domain.ID) domain.FundFacts {
	return domain.FundFacts{Fund: fund, Provider: "haidian", BudgetYear: 2018}
}

// inHalves is an amount of the road.
func inHalves(eastFen, westFen int64) []domain.PlaceAmount {
	return []domain.PlaceAmount{{Place: east, Amount: cny(eastFen)}, {Place: west, Amount: cny(westFen)}}
}

// everything is a programme in which everything has happened.
func everything(t testing.TB) *story {
	paid := disburse("f", "road", "100", "2018-06")
	paid.Voucher, paid.Disbursement, paid.Payer, paid.SourceReference = "7", "d-1", "bureau", "page 3"
	s := given(t, programme()...).and(paid, reversal(21), pledge("p", "5", "2018-06"), &domain.LapsePledge{Fund: "p", Evidence: on("2018-06")},
		increase("f", "5", "2018-06"), reduce("f", "5", "2018-06"), receive("r", "5", "2018-06"), allocate("f", "school", "50", "2018-06"),
		reallocate("f", "school", "road", "10", "2018-06"), disburse("f", "school", "30", "2018-06"), spend("f", "school", "20", "2018-06"),
		giveBack("f", "school", "10", "2018-06"), giveBack("f", "", "10", "2018-06"), commit("g", "1", "2018"), carry("f", "g", "5", "2018-06"),
		computers("5", ""), valued("10"), handOut("2"), people("i", "5"), partOf("i", "j", "4"), reversal(40),
		&domain.AddNote{NoteID: "n", Kind: "memo", Text: "t", Evidence: on("2018-06")},
		agree("a"), pair("pair"), unpair("pair", "2019"), halves("school"), reported("1", "5", "2018"), imported("import-1"),
		&domain.ReverseImport{Import: "import-1", Reason: "the wrong file", Evidence: on("2018")}, closed(2017))
	everyRequest(s)
	restate(s)
	reconcile(s)
	everyFinding(s)
	everyBenefit(s)
	everyKey(s)
	everyMove(s)
	s.and(publish("report", cell2018), draw("sample", domain.SampleRecords, 1, population(5)))
	for _, next := range steps[1:5] {
		s.and(next.do(step("road", "2018")))
	}
	return s.and(steps[5].do(step("school", "2018")), commit("last", "1", "2018"), earmark("last", domain.EarmarkFunds{Until: day("2020")}), lift("last"), reduce("last", "1", "2018"), &domain.CloseFund{Fund: "last", Evidence: on("2018")})
}
