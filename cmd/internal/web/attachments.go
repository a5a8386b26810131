package web

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// postAttachment stores the body as a file and records what it belongs to.
func (s *Server) postAttachment(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	add := &domain.AddAttachment{Attachment: p.id("attachment"), About: p.id("about"), Entry: p.text("entry"), Name: p.text("name"),
		MediaType: r.Header.Get("Content-Type"), Evidence: domain.Evidence{Date: p.date("date"), Document: p.text("document"), Note: p.text("note")}}
	wait := p.flag("wait")
	if err := p.err(); err != nil {
		return err
	}
	if add.MediaType == "" {
		add.MediaType = "application/octet-stream"
	}
	request, err := requestOf(r)
	if err != nil {
		return err
	}
	request.Command = add
	receipt, err := s.Attach(r.Context(), c, ledgerOf(r), request, http.MaxBytesReader(w, r.Body, eventstore.FileMax))
	if err != nil {
		return err
	}
	answer := recorded{Receipt: receipt}
	if wait {
		reached := s.reached(r.Context(), receipt.Position.Block) == nil
		answer.Waited = &reached
	}
	return reply(w, statusOfReceipt(receipt), answer)
}

// Attach stores the bytes of a file and records, by a command that adds an
// attachment, what they belong to. Nothing is stored for who may not.
func (s *Server) Attach(ctx context.Context, c access.Caller, ledger string, q eventstore.Request, file io.Reader) (receipt eventstore.Receipt, err error) {
	if q, err = s.stamp(ctx, c, ledger, q); err != nil {
		return receipt, err
	}
	if _, err := s.Views.Attachments(ctx, projections.ListQuery{Ledger: ledger, Limit: 1}); err != nil {
		return receipt, err // a file of a ledger that does not exist is not kept
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return receipt, readFault(err)
	}
	add := q.Command.(*domain.AddAttachment)
	if add.SHA256, err = s.Store.PutFile(ctx, ledger, data); err != nil {
		return receipt, err
	}
	add.Length = len(data)
	return s.Store.Submit(ctx, ledger, q)
}

// getAttachment returns the bytes of a file. What is damaged is not returned.
func (s *Server) getAttachment(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := s.begin(r, newParams(r)); err != nil {
		return err
	}
	found, err := s.Views.Attachments(r.Context(), projections.ListQuery{Ledger: ledgerOf(r), Filter: map[string]string{"attachment": r.PathValue("id")}})
	if err != nil {
		return err
	}
	if len(found.Rows) == 0 {
		return newProblem("not_found", "no attachment has that id", "GET the attachments of the ledger")
	}
	a := found.Rows[0]
	data, err := s.Store.File(r.Context(), ledgerOf(r), a.SHA256)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", a.MediaType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	_, _ = w.Write(data) // the client may be gone; there is nobody to tell
	return nil
}

// CheckFiles adds to a report the attachments whose bytes are lost or changed.
func CheckFiles(ctx context.Context, store *eventstore.Store, views *projections.DB, report *projections.Report) error {
	ledgers, err := store.Ledgers(ctx)
	if err != nil {
		return err
	}
	for _, ledger := range ledgers {
		for q := (projections.ListQuery{Ledger: ledger, Limit: rowsMax}); ; {
			page, err := views.Attachments(ctx, q)
			if err != nil {
				return err
			}
			for _, a := range page.Rows {
				report.Files++
				_, err := store.File(ctx, ledger, a.SHA256)
				switch {
				case eventstore.Is(err, eventstore.FileMissing), eventstore.Is(err, eventstore.FileDamaged):
					report.DamagedFiles = append(report.DamagedFiles, ledger+" "+string(a.Attachment))
					report.Clean = false
				case err != nil:
					return err
				}
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	return nil
}
