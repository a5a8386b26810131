package domain

// A published report (公布的报表) freezes a set of totals with the point of the log
// that they were taken at, so that what changed since can be told from what was
// wrong then. Rules:
//   - nobody types its figures: the server takes them from the totals of a signed
//     checkpoint, after the command has come in and before it is decided;
//   - a report is never changed or taken back; a later one has an id of its own;
//   - an amount that nobody reported is not in it, and that is not zero.

// reportCellsMax is how many amounts a report may have.
const reportCellsMax = 5_000

// Checkpoint is a point of the log and what vouches for it: everything up to the
// block Position, the hash of the ledger's last block by then, and the size and
// root of the tree that was signed.
type Checkpoint struct {
	Position string `json:"position"`
	Head     string `json:"head"`
	Entries  int    `json:"entries"`
	Root     string `json:"root"`
}

// ReportCell is one amount of a report. Key is what the line stands for; it is
// empty for what is not allocated, or not assigned to a village.
type ReportCell struct {
	Key    string `json:"key"`
	Stage  Stage  `json:"stage"`
	Amount Money  `json:"amount"`
}

// ReportScope says which totals a report has.
type ReportScope struct {
	By             string   `json:"by" enum:"year,budget-year,project,village,provider,fund" doc:"what each line stands for"`
	Year           int      `json:"year,omitzero" whole:"year" doc:"only this year; all years together if left out"`
	Currency       Currency `json:"currency,omitempty" doc:"only this currency; all if left out"`
	EffectiveUntil Date     `json:"effective_until,omitzero" doc:"only what happened up to this date"`
}

// ReportPublished says which totals were published, and what they were then.
type ReportPublished struct {
	Evidence
	ReportScope
	Report     ID           `json:"report"`
	Title      string       `json:"title"`
	Checkpoint Checkpoint   `json:"checkpoint"`
	Cells      []ReportCell `json:"cells"`
}

// PublishReport freezes totals as they are now. Figures are put in by whoever
// can read the totals, and nobody else; they are no part of what was asked for,
// so the same command may be sent again.
type PublishReport struct {
	Report ID     `json:"report" doc:"id of the new report"`
	Title  string `json:"title" doc:"title of the report"`
	ReportScope
	Evidence
	Figures *ReportFigures `json:"-"`
}

// ReportFigures are the totals at a checkpoint.
type ReportFigures struct {
	Checkpoint Checkpoint
	Cells      []ReportCell
}

var (
	_ = command[PublishReport]("publish-report", "Freezes a set of totals as they are now, with what vouches for them (公布报表).")
	_ = event[ReportPublished]()
)

func (c *PublishReport) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Report, "report"); err != nil {
		return nil, err
	}
	if c.Figures == nil {
		return nil, refuse("figures_missing", "the totals of the report are not known here").in("report").
			hint("publish it with: aidledger publish-report, or POST the command")
	}
	if n := len(c.Figures.Cells); n == 0 || n > reportCellsMax {
		return nil, refuse("report_size", "these totals have %d amounts, and a report has 1 to %d", n, reportCellsMax).in("by").
			hint("choose another year, currency or line").with("amounts", n).with("most", reportCellsMax)
	}
	e, err := l.evidence("report-published", c.Evidence, ctx)
	return one(&ReportPublished{Evidence: e, ReportScope: c.ReportScope, Report: c.Report, Title: c.Title,
		Checkpoint: c.Figures.Checkpoint, Cells: c.Figures.Cells}, err)
}

// EventType is report-published.
func (*ReportPublished) EventType() string { return "report-published" }

func (e *ReportPublished) evolve(l *Ledger) {
	l.names.put(e.Report, NounReport)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
