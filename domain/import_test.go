package domain_test

import (
	"strings"
	"testing"

	"aidledger/domain"
)

func imported(id domain.ID) *domain.RecordImport {
	return &domain.RecordImport{Import: id, File: "a.csv", SHA256: strings.Repeat("0", 64), Format: "csv", Mapping: "command receive-funds", Rows: 3, Skipped: 1, Evidence: on("2018")}
}

func TestAnImportIsRecordedAndReversedOnce(t *testing.T) {
	s := given(t, opened()...)
	s.when(imported("import-1")).then(&domain.ImportRecorded{Evidence: on("2018"), Import: "import-1", File: "a.csv", SHA256: strings.Repeat("0", 64),
		Format: "csv", Mapping: "command receive-funds", Rows: 3, Skipped: 1})
	s.when(imported("import-1")).refused("id_taken", "import", "id=import-1", "noun=import")
	if s.ledger.ImportReversed("import-1") {
		t.Error("it is reversed")
	}
	back := &domain.ReverseImport{Import: "import-1", Reason: "the wrong file", Kept: 1, Evidence: on("2019")}
	s.when(back).then(&domain.ImportReversed{Evidence: on("2019"), Import: "import-1", Reason: "the wrong file", Kept: 1})
	if !s.ledger.ImportReversed("import-1") {
		t.Error("it is not reversed")
	}
	s.when(back).refused("already_reversed", "import", "import=import-1")
	s.when(&domain.ReverseImport{Import: "import-2", Reason: "there is none"}).refused("import_not_found", "import", "id=import-2")
}
