package exchange

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"

	"aidledger/domain"
	"aidledger/eventstore"
)

// UndoReport says what taking an import back did, or would do.
type UndoReport struct {
	Ledger   string              `json:"ledger"`
	Import   domain.ID           `json:"import"`
	Outcome  Outcome             `json:"outcome"`
	Reversed int                 `json:"reversed"` // entries
	Already  int                 `json:"already"`  // reversed before
	Kept     int                 `json:"kept"`     // entries that nothing can take back, such as names
	Refused  int                 `json:"refused"`  // entries on which later ones depend
	Faults   []UndoFault         `json:"faults,omitempty"`
	Position eventstore.Position `json:"position,omitzero"`
}

// UndoFault is why an entry is not taken back.
type UndoFault struct {
	Entry   string `json:"entry"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// undo is one import that is taken back.
type undo struct {
	*Importer
	ctx     context.Context
	reason  string
	entries []string // newest first
	fresh   bits     // places of those that are to be reversed
	size    int
	report  UndoReport
}

// Undo reverses every entry that an import brought, the newest first. Where an
// entry cannot be taken back nothing is, unless the others are wanted.
func (im *Importer) Undo(ctx context.Context, ledger string, id domain.ID, reason string, o Options, progress func(done, total uint64)) (UndoReport, error) {
	u := &undo{Importer: im, ctx: ctx, reason: reason}
	u.report = UndoReport{Ledger: ledger, Import: id}
	r, err := im.Store.Rehearse(ctx, ledger)
	if err != nil {
		return u.report, err
	}
	if err := u.find(r.Ledger()); err != nil {
		return u.report, err
	}
	for i := range u.entries {
		if err := u.try(r, i); err != nil {
			return u.report, err
		}
	}
	last, err := u.request("done", &domain.ReverseImport{Import: id, Reason: reason, Kept: u.report.Kept + u.report.Refused})
	if err == nil {
		_, err = r.Try(ctx, last)
	}
	if err != nil {
		return u.report, err
	}
	switch {
	case u.report.Kept+u.report.Refused > 0 && !o.SkipBad:
		u.report.Outcome, u.report.Reversed = Refused, 0
		return u.report, nil
	case o.DryRun:
		u.report.Outcome = Rehearsed
		return u.report, nil
	}
	p := posting{store: im.Store, ledger: ledger, progress: func(done int) { progress(uint64(done), uint64(u.report.Reversed)) }}
	if u.report.Reversed < eventstore.BatchMax && u.size < im.Store.BlockMax() {
		for q := range u.requests(last) {
			p.whole = append(p.whole, q)
		}
	}
	err = p.post(ctx, u.requests(last))
	u.report.Outcome, u.report.Position = Recorded, p.position
	return u.report, err
}

// find lists the entries of the import.
func (u *undo) find(l *domain.Ledger) error {
	if !l.ImportKnown(u.report.Import) {
		return &domain.Refusal{Kind: domain.NotFound, Code: "import_not_found", Message: "no import is called " + strconv.Quote(string(u.report.Import)),
			Hint: "aidledger import list shows them", Field: "import"}
	}
	if l.ImportReversed(u.report.Import) {
		return &domain.Refusal{Kind: domain.Clash, Code: "already_reversed", Message: "the import was taken back before", Hint: "import the right file instead", Field: "import"}
	}
	err := u.Store.EntriesOf(u.ctx, u.report.Ledger, string(u.report.Import), func(e *eventstore.Entry) error {
		if e.Command != "record-import" && e.Command != "open-ledger" {
			u.entries = append(u.entries, e.ID)
		}
		return nil
	})
	slices.Reverse(u.entries)
	return err
}

// try rehearses the reversal of one entry.
func (u *undo) try(r *eventstore.Rehearsal, i int) error {
	q, err := u.reversal(i)
	if err != nil {
		return err
	}
	trial, err := r.Try(u.ctx, q)
	var refusal *domain.Refusal
	switch {
	case err == nil && trial.Repeated, eventstore.Is(err, eventstore.KeyReused):
		u.report.Already++
	case err == nil:
		u.report.Reversed++
		u.fresh.set(i)
		u.size += trial.Size + 1
	case !errors.As(err, &refusal):
		return err
	case refusal.Code == "already_reversed":
		u.report.Already++
	default:
		if u.report.Refused++; refusal.Code == "not_reversible" {
			u.report.Refused--
			u.report.Kept++
		}
		if len(u.report.Faults) < faultsMax {
			u.report.Faults = append(u.report.Faults, UndoFault{u.entries[i], refusal.Code, refusal.Message, refusal.Hint})
		}
	}
	return nil
}

func (u *undo) reversal(i int) (eventstore.Request, error) {
	return u.request(strconv.Itoa(len(u.entries)-i), &domain.ReverseEntry{Entry: u.entries[i], Reason: u.reason})
}

func (u *undo) request(key string, c domain.Command) (eventstore.Request, error) {
	id := string(u.report.Import) + "-undo"
	return u.Stamp(eventstore.Request{ID: id + "-" + key, Command: c, Correlation: id})
}

// requests yields the reversals that were rehearsed, and then the last word.
func (u *undo) requests(last eventstore.Request) iter.Seq2[eventstore.Request, error] {
	return func(yield func(eventstore.Request, error) bool) {
		for i := range u.entries {
			if !u.fresh.has(i) {
				continue
			}
			if !yield(u.reversal(i)) {
				return
			}
		}
		yield(last, nil)
	}
}
