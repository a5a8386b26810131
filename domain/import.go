package domain

// An import brings the rows of a file into the ledger, each as a command of its
// own. Rules:
//   - what was imported is known: which file, by its hash, how it was read, and
//     by whom and when, as of every entry;
//   - an import is recorded once, and reversed at most once; the same file may
//     be imported again after that, under another id.

// ImportRecorded says that the rows of a file were imported. The entries that
// came out of it carry its id as their correlation.
type ImportRecorded struct {
	Evidence
	Import  ID     `json:"import"`
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Format  string `json:"format"`
	Mapping string `json:"mapping,omitempty"`
	Rows    int    `json:"rows"`
	Skipped int    `json:"skipped,omitzero"`
}

// RecordImport records where rows come from.
type RecordImport struct {
	Import  ID     `json:"import" doc:"id of the new import"`
	File    string `json:"file" text:"note" doc:"name of the file"`
	SHA256  string `json:"sha256" doc:"SHA-256 of the file in hexadecimal"`
	Format  string `json:"format" enum:"iati,fts,csv,xlsx,json-lines" doc:"what the file is"`
	Mapping string `json:"mapping,omitempty" text:"note" doc:"how it was read: command, sheet, unit, columns"`
	Rows    int    `json:"rows" whole:"count" doc:"how many rows are recorded"`
	Skipped int    `json:"skipped,omitzero" whole:"count" doc:"how many rows at fault are left out"`
	Evidence
}

// ImportReversed says that everything that an import brought was taken back.
type ImportReversed struct {
	Evidence
	Import ID     `json:"import"`
	Reason string `json:"reason"`
	Kept   int    `json:"kept,omitzero"` // entries that cannot be taken back
}

// ReverseImport closes the reversal of an import; its entries are reversed one by one.
type ReverseImport struct {
	Import ID     `json:"import" doc:"id of the import"`
	Reason string `json:"reason" text:"note" doc:"why it was wrong"`
	Kept   int    `json:"kept,omitzero" whole:"count" doc:"how many of its entries cannot be taken back"`
	Evidence
}

var (
	_ = command[RecordImport]("record-import", "Records which file rows come from; an import does it by itself.")
	_ = command[ReverseImport]("reverse-import", "Records that an import was taken back; aidledger import undo does it by itself.")
	_ = event[ImportRecorded]()
	_ = event[ImportReversed]()
)

// ImportReversed tells whether an import was recorded and taken back.
func (l *Ledger) ImportReversed(id ID) bool {
	reversed, _ := l.imports.get(id)
	return reversed
}

// ImportKnown tells whether an import was recorded.
func (l *Ledger) ImportKnown(id ID) bool { return l.imports.has(id) }

func (c *RecordImport) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Import, "import"); err != nil {
		return nil, err
	}
	e, err := l.evidence("import-recorded", c.Evidence, ctx)
	return one(&ImportRecorded{Evidence: e, Import: c.Import, File: c.File, SHA256: c.SHA256, Format: c.Format, Mapping: c.Mapping,
		Rows: c.Rows, Skipped: c.Skipped}, err)
}

func (c *ReverseImport) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.noun(NounImport, c.Import, "import"); err != nil {
		return nil, err
	}
	if l.ImportReversed(c.Import) {
		return nil, clash("already_reversed", "the import %s is reversed already", c.Import).in("import").
			hint("import the right file instead").with("import", c.Import)
	}
	e, err := l.evidence("import-reversed", c.Evidence, ctx)
	return one(&ImportReversed{Evidence: e, Import: c.Import, Reason: c.Reason, Kept: c.Kept}, err)
}

// EventType is import-recorded.
func (*ImportRecorded) EventType() string { return "import-recorded" }

// EventType is import-reversed.
func (*ImportReversed) EventType() string { return "import-reversed" }

func (e *ImportRecorded) evolve(l *Ledger) {
	l.names.put(e.Import, NounImport)
	l.imports.put(e.Import, false)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *ImportReversed) evolve(l *Ledger) {
	l.imports.put(e.Import, true)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
