package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"strconv"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
	"aidledger/eventstore"
)

// Importer brings files of one caller into ledgers. Decode reads a line of JSON
// into a command and its id, where the line has one; name is the command of
// lines that name none. Stamp says who the caller is, and refuses what the caller
// may not do.
type Importer struct {
	Store  *eventstore.Store
	Decode func(name string, line []byte) (id string, c domain.Command, err error)
	Stamp  func(eventstore.Request) (eventstore.Request, error)
}

// Report says what an import did, or would do.
type Report struct {
	Ledger   string              `json:"ledger"`
	Import   domain.ID           `json:"import"`
	File     string              `json:"file"`
	SHA256   string              `json:"sha256"`
	Format   string              `json:"format"`
	Outcome  Outcome             `json:"outcome"`
	Opened   bool                `json:"opened,omitzero"` // the ledger is new
	Rows     int                 `json:"rows"`            // in the file
	Recorded int                 `json:"recorded"`        // by this run; of a dry run: would be
	Already  int                 `json:"already"`         // recorded before
	Refused  int                 `json:"refused"`         // rows at fault
	LeftOut  int                 `json:"left_out"`        // rows that are no records, such as totals
	Events   map[string]int      `json:"events"`          // by type
	Faults   []Fault             `json:"faults,omitempty"`
	Notices  []Notice            `json:"notices,omitempty"`
	Position eventstore.Position `json:"position,omitzero"` // of the last entry
	Findings int                 `json:"findings"`          // that checks raised about the ledger after it
}

// Notice is what a person should know about a row that is not at fault.
type Notice struct {
	Row  int    `json:"row,omitzero"`
	Text string `json:"text"`
}

// Outcome is how an import ended.
type Outcome string

// The outcomes.
const (
	Recorded  Outcome = "recorded"
	Rehearsed Outcome = "rehearsed"     // a dry run
	Refused   Outcome = "refused"       // rows are at fault, and nothing was recorded
	Known     Outcome = "known-already" // everything had been recorded before
)

// faultsMax is how many faults and notices a report names; it counts all.
const faultsMax = 1000

// run is one import.
type run struct {
	*Importer
	ctx      context.Context
	ledger   string
	file     *File
	options  Options
	progress func(done, total uint64)

	rehearsal *eventstore.Rehearsal
	report    Report
	before    []eventstore.Request // of the ledger and the import itself
	opening   int                  // rows that come before those: 1 where the file opens the ledger itself
	size      int                  // bytes of the entries that are to be recorded
	fresh     bits                 // rows that are to be recorded, by their key
}

// Import rehearses a file and, unless rows are at fault or it is a dry run,
// records it. The error is one of the file as a whole, or of the log.
func (im *Importer) Import(ctx context.Context, ledger string, f *File, o Options, progress func(done, total uint64)) (Report, error) {
	r := &run{Importer: im, ctx: ctx, ledger: ledger, file: f, options: o, progress: progress}
	r.report = Report{Ledger: ledger, File: f.Name, SHA256: f.SHA256, Format: f.Format, Events: map[string]int{}}
	if err := r.begin(); err != nil {
		return r.report, err
	}
	if err := r.rehearse(); err != nil {
		return r.report, err
	}
	switch {
	case r.report.Rows+r.report.LeftOut == 0:
		return r.report, r.empty()
	case r.report.Refused > 0 && (!o.SkipBad || r.report.Recorded+r.report.Already == 0):
		r.report.Outcome, r.report.Recorded = Refused, 0
		return r.report, nil
	case o.DryRun:
		r.report.Outcome = Rehearsed
		return r.report, nil
	case r.report.Recorded == 0:
		r.report.Outcome = Known
		return r.report, nil
	}
	r.report.Outcome = Recorded
	return r.report, r.record()
}

// begin opens a new ledger in the rehearsal, and finds the id of the import: the
// one that follows from the file and how it is read, or a further one where that
// was taken back.
func (r *run) begin() (err error) {
	if r.rehearsal, err = r.Store.Rehearse(r.ctx, r.ledger); err != nil {
		return err
	}
	r.rehearsal.Remember = r.file.Format == FormatJSONLines
	hash := sha256.Sum256([]byte(r.ledger + "\x00" + r.file.SHA256 + "\x00" + r.options.mapping()))
	base := "import-" + hex.EncodeToString(hash[:8])
	r.report.Import = domain.ID(base)
	for n := 2; r.rehearsal.Ledger().ImportReversed(r.report.Import); n++ {
		r.report.Import = domain.ID(base + "-" + strconv.Itoa(n))
	}
	if r.rehearsal.Ledger().Opened() || !r.options.Open {
		return nil
	}
	if r.opensItself() {
		r.opening, r.report.Opened = 1, true
		return nil
	}
	open := &domain.OpenLedger{Title: r.options.Title, Currency: r.currency()}
	if open.Title == "" {
		open.Title = r.file.Name
	}
	r.report.Opened = true
	return r.first("open", open)
}

// opensItself tells whether the first command of the file opens the ledger.
func (r *run) opensItself() bool {
	for w, err := range r.Importer.rows(r.file, r.options) {
		_, opens := w.command.(*domain.OpenLedger)
		return err == nil && opens
	}
	return false
}

// currency is what the first activity of a file counts in.
func (r *run) currency() domain.Currency {
	switch r.file.Format {
	case FormatIATI:
	case FormatFTS:
		return "USD"
	default:
		return ""
	}
	for t := range iati.Read(r.file.open(), "") {
		c, _ := domain.ParseCurrency(string(t.Currency))
		return c
	}
	return ""
}

// empty says that a file has nothing to record.
func (r *run) empty() error {
	switch r.file.Format {
	case FormatIATI:
		return fault("file_empty", "the file has no transactions", "ask the publisher for the file with transactions; what is planned or budgeted is not imported")
	case FormatFTS:
		return fault("file_empty", "the file has no flows", "take a page of the API that has some")
	}
	return fault("file_empty", "the file has no rows that say something", "give a file with rows below the names of the columns")
}

// first rehearses a command that is not a row.
func (r *run) first(key string, c domain.Command) error {
	q, err := r.request(string(r.report.Import)+"-"+key, c)
	if err == nil {
		_, err = r.rehearsal.Try(r.ctx, q)
	}
	if err != nil {
		return err
	}
	r.before = append(r.before, q)
	return nil
}

func (r *run) request(id string, c domain.Command) (eventstore.Request, error) {
	return r.Stamp(eventstore.Request{ID: id, Command: c, Correlation: string(r.report.Import)})
}

func (r *run) requestOf(w row) (eventstore.Request, error) {
	if w.id != "" {
		return r.request(w.id, w.command)
	}
	return r.request(string(r.report.Import)+"-"+strconv.Itoa(w.key), w.command)
}

// rehearse decides every row, each on what the ones before led to.
func (r *run) rehearse() error {
	for w, err := range r.Importer.rows(r.file, r.options) {
		if err != nil {
			return err
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := r.try(w); err != nil {
			return err
		}
		r.progress(uint64(r.report.Rows), 0)
	}
	if r.rehearsal.Ledger().ImportKnown(r.report.Import) || r.report.Recorded == 0 {
		return nil
	}
	return r.first("source", &domain.RecordImport{Import: r.report.Import, File: r.file.Name, SHA256: r.file.SHA256, Format: r.file.Format,
		Mapping: r.options.mapping(), Rows: r.report.Recorded, Skipped: r.report.Refused})
}

// try decides one row.
func (r *run) try(w row) error {
	if w.notice != "" && len(r.report.Notices) < faultsMax {
		r.report.Notices = append(r.report.Notices, Notice{w.number, w.notice})
	}
	if w.command == nil && w.fault == nil {
		if w.key > 0 {
			r.report.LeftOut++
		}
		return nil
	}
	r.report.Rows++
	if w.fault != nil {
		r.refuse(w, w.fault)
		return nil
	}
	q, err := r.requestOf(w)
	if err != nil {
		r.refuse(w, err)
		return nil
	}
	trial, err := r.rehearsal.Try(r.ctx, q)
	switch {
	case known(err), err == nil && trial.Repeated:
		r.report.Already++
		return nil
	case err != nil && !isRefusal(err) && !eventstore.Is(err, eventstore.KeyReused) && !eventstore.Is(err, eventstore.KeyTaken):
		return err
	case err != nil:
		r.refuse(w, err)
		return nil
	}
	r.report.Recorded++
	for _, e := range trial.Events {
		r.report.Events[e.EventType()]++
	}
	r.fresh.set(w.key)
	r.size += trial.Size + 1
	return nil
}

// known tells whether a row was refused because its source has been recorded.
func known(err error) bool {
	var refusal *domain.Refusal
	return errors.As(err, &refusal) && refusal.Code == "source_reference_used"
}

func isRefusal(err error) bool {
	return errors.As(err, new(*domain.Refusal)) || errors.As(err, new(domain.Refusals))
}

func (r *run) refuse(w row, err error) {
	r.report.Refused++
	for _, f := range faultsOf(w.number, err) {
		f.Name, f.Column = w.name, w.headed(f.Column)
		if len(r.report.Faults) < faultsMax {
			r.report.Faults = append(r.report.Faults, f)
		}
	}
}

// record gives the rows to the log.
func (r *run) record() error {
	p := posting{store: r.Store, ledger: r.ledger, progress: func(done int) { r.progress(uint64(done), uint64(r.report.Recorded)) }}
	if r.report.Recorded+len(r.before) <= eventstore.BatchMax && r.size < r.Store.BlockMax() {
		for q, err := range r.requests() {
			if err != nil {
				return err
			}
			p.whole = append(p.whole, q)
		}
	}
	err := p.post(r.ctx, r.requests())
	r.report.Position = p.position
	return err
}

// requests yields what is to be recorded, in its order.
func (r *run) requests() iter.Seq2[eventstore.Request, error] {
	return func(yield func(eventstore.Request, error) bool) {
		n := 0
		begin := func() bool {
			for _, q := range r.before {
				if n == r.opening && !yield(q, nil) {
					return false
				}
			}
			n++
			return true
		}
		for w, err := range r.Importer.rows(r.file, r.options) {
			if err != nil {
				yield(eventstore.Request{}, err)
				return
			}
			if w.command == nil || !r.fresh.has(w.key) {
				continue
			}
			if !begin() || !yield(r.requestOf(w)) {
				return
			}
		}
		begin()
	}
}

// bits is a set of small numbers.
type bits []uint64

func (b *bits) set(n int) {
	for n/64 >= len(*b) {
		*b = append(*b, make([]uint64, 1+len(*b))...)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bits) has(n int) bool { return n/64 < len(b) && b[n/64]&(1<<(n%64)) != 0 }
