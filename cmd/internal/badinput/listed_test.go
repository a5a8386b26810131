package badinput

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// inCases names, for the ids of the shared list that are inputs of commands, a
// case of this package.
var inCases = map[string]string{
	"B001": "an amount of zero", "B003": "minus zero", "B005": "finer than a fen", "B007": "fewer decimals",
	"B009": "as many fen as an int64 holds", "B011": "a number that no machine holds", "B013": "a floating point amount",
	"B015": "full-width digits", "B017": "groups of other sizes", "B019": "万 of what", "B023": "capital numerals",
	"B025": "spaces of three kinds around it", "B027": "digits of another script", "B029": "RMB",
	"B031": "dollars out of a fund in yuan", "B037": "an unknown project", "B039": "a date before the commitment",
	"B049": "more returned than paid out", "B051": "a gift of nothing", "B053": "an organisation that helps itself",
	"B061": "a leap day", "B063": "a thirteenth month", "B065": "a date in Chinese", "B069": "a date that has not come",
	"B071": "a leap second", "B073": "the day of that hour", "B099": "a compatibility ideograph",
	"B101": "a bullet as the dot of names", "B103": "a name that turns the writing direction", "B105": "a name that colours the terminal",
	"B107": "bytes that are not UTF-8", "B109": "a name of spaces", "B111": "markup", "B113": "a formula",
	"B115": "the id *", "B117": "the id a.b", "B119": "the id NUL", "B121": "an endless id", "B123": "the nil UUID",
	"B171": "a second object", "B173": "an amount in capitals", "B175": "100,000 arrays in each other",
}

// inTests names a test or a story of another package.
var inTests = map[string]string{
	"B021": "TestTablesAreReadAsPeopleWriteThem", "B033": "TestSumsNeverMixCurrenciesAndNeverOverflow",
	"B035": "TestTwoWritersRacingForTheLastYuanNeverOverspend", "B041": "TestALargePaymentNeedsTwoPersons",
	"B043": "TestAnApprovalIsOfOneContent", "B045": "TestARequestEndsOnce", "B047": "TestReversalsAreRefused",
	"B055": "TestPlacesAreAssigned", "B057": "TestABeneficiaryIsKnownMaskedAndRevealedWithAReason",
	"B059": "TestSomebodyIsForgotten", "B067": "TestDateOfAnInstantIsTheDayInItsLocation",
	"B075": "TestAClockThatWentBackIsFoundAndHoldsNothingUp", "B077": "TestNumbersOfPeopleAreCheckedAndOneForm",
	"B079": "TestNumbersOfPeopleAreCheckedAndOneForm", "B081": "TestNumbersOfPeopleAreCheckedAndOneForm",
	"B083": "TestNumbersOfPeopleAreCheckedAndOneForm", "B085": "TestNumbersOfPeopleAreCheckedAndOneForm",
	"B087": "TestABeneficiaryIsKnownMaskedAndRevealedWithAReason", "B089": "TestNumbersOfPeopleAreCheckedAndOneForm",
	"B091": "TestABeneficiaryIsKnownMaskedAndRevealedWithAReason", "B093": "TestNoFileHoldsWhatIsPersonal",
	"B095": "TestSomebodyWhoIsForgottenIsGoneWithinASecond", "B097": "TestTheSamePersonSealsToTheSameBytes",
	"B125": "TestTheServersPasswordCannotShortenTheLog", "B129": "TestABlockWhoseAcknowledgementWasLostIsFoundAndCountedOnce",
	"B131": "TestAKeyOfSomebodyElseIsRefused", "B133": "killed-import.txtar",
	"B135": "TestTablesAreReadAsPeopleWriteThem", "B137": "TestTablesAreReadAsPeopleWriteThem",
	"B139": "TestTablesAreRefusedWhereTheyCouldMeanSomethingElse", "B141": "TestTablesAreReadAsPeopleWriteThem",
	"B143": "TestOneRowAtFaultOfTen", "B145": "TestTablesAreReadAsPeopleWriteThem", "B147": "TestWorkbooksSayWhatAPersonDoesNotSee",
	"B149": "TestWorkbooksSayWhatAPersonDoesNotSee", "B151": "TestTablesAreReadAsPeopleWriteThem",
	"B153": "TestWhatIsNoWorkbookIsRefused", "B155": "TestWhatIsNoWorkbookIsRefused",
	"B157": "TestTransactionsAreReadAsTheyAreWritten", "B159": "TestWhatOthersPublishedIsAddedUpAsTheyPublishedIt",
	"B161": "TestFilesThatAreNotWhatTheySayAreRefused", "B163": "TestFilesThatAreNotWhatTheySayAreRefused",
	"B165": "TestNoCommandIsRecordedForARoleThatMayNotGiveIt", "B167": "TestRequestsThatAreWrongInTheirForm",
	"B169": "TestRequestsThatNoClientLibrarySends", "B177": "TestRequestsThatAreWrongInTheirForm",
	"B179": "TestRequestsThatAreWrongInTheirForm", "B181": "TestManyWrongPasswordsAreToldToWait",
	"B183": "TestASessionEndsWhenTheRoleChanges", "B185": "TestATokenHasAScopeExpiresAndCanBeRevoked",
	"B187": "TestRequestsThatNoClientLibrarySends", "B189": "TestAPanicBecomesAProblemAndTheServerGoesOn", "B191": "usage.txtar",
	"B193": "usage.txtar", "B195": "start.txtar", "B197": "TestTheTokenIsKeptForItsOwnerAlone", "B199": "usage.txtar",
	"B201": "TestOutputThatCannotBeWrittenIsAFailure", "B203": "TestAStreamThatCouldForgetIsRefused",
	"B207": "TestAnOldVersionIsBroughtUpToDateStepByStep", "B209": "TestWhatAnotherClientWritesIntoALedgerStopsItsWriter",
	"B211": "TestWhatAnotherClientWritesIntoALedgerStopsItsWriter", "B213": "TestWhatAnotherClientWritesIntoALedgerStopsItsWriter",
	"B215": "TestAClockThatWentBackIsFoundAndHoldsNothingUp", "B219": "lost.txtar", "B223": "TestAnArchivedBlockCannotBeChanged",
	"B225": "TestACheckpointThatWasKeptElsewhereFindsWhatAnInsiderHides",
}

// inChaos names a scenario of package chaos.
var inChaos = map[string]string{
	"B127": "repeats", "B205": "poison", "B217": "damage", "B221": "damage", "B227": "power-cut",
	"B229": "database", "B231": "cluster",
}

func TestEveryCaseHasAnAnswerAndANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Name] || (c.Code == "") != (c.Status == 201) || c.Status == 201 && c.Field != "" {
			t.Errorf("%s: its name is taken, or it is not clear what it asks for", c.Name)
		}
		seen[c.Name] = true
	}
	if len(seen) < 200 {
		t.Errorf("only %d cases are left", len(seen))
	}
}

// Where the list that is shared with others is at hand, each of its ids has a
// place here.
func TestNothingOfTheSharedListIsForgotten(t *testing.T) {
	all := sources(t)
	known := map[string]int{}
	for id, name := range inCases {
		known[id]++
		if !slices.ContainsFunc(Cases(), func(c Case) bool { return c.Name == name }) {
			t.Errorf("%s: there is no case %q", id, name)
		}
	}
	for id, name := range inTests {
		known[id]++
		if !strings.Contains(all, "func "+name+"(") && !strings.Contains(all, name) {
			t.Errorf("%s: there is no test %s", id, name)
		}
	}
	for id, name := range inChaos {
		known[id]++
		if !strings.Contains(all, `Name: "`+name+`"`) {
			t.Errorf("%s: there is no scenario %s", id, name)
		}
	}
	for _, id := range shared(t) {
		if known[id] != 1 {
			t.Errorf("%s has %d places", id, known[id])
		}
	}
}

// shared reads the ids of the list; there are none where it is not at hand.
func shared(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "..", "shared", "bad-inputs.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, row := range rows[1:] {
		ids = append(ids, row[0])
	}
	return ids
}

// sources is what the tests, the stories and the scenarios are called, in one
// text.
func sources(t *testing.T) string {
	t.Helper()
	declared := regexp.MustCompile(`func Test\w+\(|Name: "[^"]*"`)
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(path, ".txtar"):
			all.WriteString(d.Name() + "\n")
		case strings.HasSuffix(path, "_test.go") && d.Name() != "listed_test.go", d.Name() == "scenarios.go":
			text, err := os.ReadFile(path)
			for _, name := range declared.FindAllString(string(text), -1) {
				all.WriteString(name + "\n")
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
