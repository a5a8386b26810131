package web

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/evidence"
	"aidledger/cmd/internal/exchange"
	"aidledger/eventstore"
	"aidledger/projections"
)

// getEvidence answers with a bundle of everything under the last checkpoint, as
// one zip file: what aidledger-verify checks without this server.
func (s *Server) getEvidence(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	if err := s.begin(r, p); err != nil {
		return err
	}
	ledger := ledgerOf(r)
	last, err := s.Views.Archive().Checkpoint(r.Context(), ledger, 0)
	if err != nil {
		return err
	}
	if err := s.noteExport(r, c, "evidence", ""); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(noDeadline)
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+ledger+`-evidence.zip"`)
	out := zip.NewWriter(w)
	if err := s.bundle(r.Context(), out, last); err != nil {
		s.Log.Warn("a bundle of evidence broke off", "ledger", ledger, "error", err)
		panic(http.ErrAbortHandler) // the client must not take what it has for all of it
	}
	_ = out.Close() // the client may be gone; there is nobody to tell
	return nil
}

// bundle writes the bundle of a checkpoint. Totals are as of it.
func (s *Server) bundle(ctx context.Context, to evidence.Folder, last projections.SignedCheckpoint) error {
	at := eventstore.Position{Block: last.Block, Event: eventstore.WholeBlock}
	b := evidence.NewWriter(to, evidence.Manifest{Ledger: last.Ledger, Origin: last.Origin, Size: last.Size, Position: at.String(),
		Made: time.Now().UTC().Truncate(time.Second)})
	if err := b.Add(evidence.CheckpointFile, bytes.NewReader(last.Note)); err != nil {
		return err
	}
	err := b.Write(evidence.EntriesFile, func(w io.Writer) error { return s.writeEntries(ctx, w, last, nil) })
	if err != nil {
		return err
	}
	notes, err := s.notesUntil(ctx, last.Ledger, last.Size)
	if err != nil {
		return err
	}
	if err := b.Add(evidence.CheckpointsFile, bytes.NewReader(notes)); err != nil {
		return err
	}
	keys, err := s.Notary.VerifierKeys(ctx, last.Ledger)
	if err != nil {
		return err
	}
	if err := b.Add(evidence.KeysFile, strings.NewReader(keys)); err != nil {
		return err
	}
	for _, by := range evidence.Dimensions() {
		totals, err := s.allTotals(ctx, projections.TotalsQuery{Ledger: last.Ledger, By: by, AsOf: projections.AsOf{Position: at}})
		if err != nil {
			return err
		}
		if err := b.Write(evidence.TotalsFile(by), func(w io.Writer) error { return TotalsCSV(w, totals) }); err != nil {
			return err
		}
	}
	return b.Close()
}

// allTotals reads totals to their end.
func (s *Server) allTotals(ctx context.Context, q projections.TotalsQuery) (all projections.Totals, err error) {
	for {
		page, err := s.Views.Totals(ctx, q)
		if err != nil {
			return all, err
		}
		page.Rows = append(all.Rows, page.Rows...)
		all = page
		if q.After = page.Next; q.After == "" {
			return all, nil
		}
	}
}

// totalsColumns are the columns of a table of totals, as in JSON.
var totalsColumns = []string{"pledged", "committed", "recognised", "received", "in_kind", "funding", "carried_in", "carried_out", "allocated",
	"disbursed", "spent", "returned", "repaid", "distributed", "unallocated", "due", "cash", "undisbursed", "unspent"}

// TotalsCSV writes every stage of every row. Amounts have no grouping, so that
// a spreadsheet reads them as numbers.
func TotalsCSV(w io.Writer, t projections.Totals) error {
	out := csv.NewWriter(w)
	head := append([]string{"ledger", "position", t.By, "name", "line", "currency"}, totalsColumns...)
	_ = out.Write(append(head, "approximate")) // Flush reports what failed
	for _, r := range t.Rows {
		cells := []string{t.Ledger, t.Position.String(), exchange.Inert(r.Key), exchange.Inert(r.Name), r.Line, string(r.Currency)}
		for _, name := range totalsColumns {
			cell := ""
			if text := r.Column(name); text != nil {
				cell = *text
			}
			cells = append(cells, cell)
		}
		_ = out.Write(append(cells, strings.Join(r.Approximate, " ")))
	}
	out.Flush()
	return out.Error()
}
