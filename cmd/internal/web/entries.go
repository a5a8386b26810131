package web

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// getEntries answers with the leaves of a ledger's tree, one a line, up to the
// checkpoint of ?size=. Where ?year=, fund, project, place or provider choose
// some of the entries, the others are there as the hash of their leaf alone.
func (s *Server) getEntries(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	size := p.number("size", 0, 0, sizeMax)
	q := projections.JournalQuery{Ledger: ledgerOf(r), Fund: p.id("fund"), Project: p.id("project"), Place: p.id("place"),
		Provider: p.id("provider"), Year: p.number("year", 0, 1949, 2200)}
	if err := s.begin(r, p); err != nil {
		return err
	}
	last, err := s.Views.Archive().Checkpoint(r.Context(), q.Ledger, int64(size))
	if err != nil {
		return err
	}
	var chosen map[eventstore.Position]bool
	if cmp.Or(q.Fund, q.Project, q.Place, q.Provider) != "" || q.Year != 0 {
		if chosen, err = s.Views.EntriesAbout(r.Context(), q); err != nil {
			return err
		}
	}
	if err := s.noteExport(r, c, "entries", ""); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(noDeadline)
	w.Header()["Content-Type"] = contentLines
	if err := s.writeEntries(r.Context(), w, last, chosen); err != nil {
		panic(http.ErrAbortHandler) // the client must not take what it has for all of it
	}
	return nil
}

// writeEntries writes the leaves under a checkpoint, one a line.
func (s *Server) writeEntries(ctx context.Context, w io.Writer, last projections.SignedCheckpoint, chosen map[eventstore.Position]bool) error {
	out := bufio.NewWriterSize(w, 64<<10)
	left := last.Size
	for m, err := range s.Views.Archive().Blocks(ctx, 0, last.Block) {
		if err == nil && m.Ledger == last.Ledger {
			left, err = writeLeaves(out, m, chosen, left)
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeLeaves writes the entries of a block, and returns how many are left to
// write. The map has the position of the first event of each entry that was
// chosen; nil: all.
func writeLeaves(out *bufio.Writer, m eventstore.Message, chosen map[eventstore.Position]bool, left int64) (int64, error) {
	cut, err := proof.ParseBlock(m.Data)
	if err != nil {
		return left, err
	}
	b, err := eventstore.DecodeEnvelope(m)
	if err != nil {
		return left, err
	}
	at := eventstore.Position{Block: m.Sequence}
	for i, leaf := range cut.Leaves {
		if left == 0 {
			break
		}
		left--
		show := chosen == nil
		for range b.Entries[i].Events {
			show = show || chosen[at]
			at.Event++
		}
		if show {
			_, _ = out.Write(leaf)
		} else {
			hash := tlog.RecordHash(leaf)
			_, _ = out.WriteString(`"` + base64.StdEncoding.EncodeToString(hash[:]) + `"`)
		}
		_ = out.WriteByte('\n')
	}
	return left, nil
}

// getCheckpoints answers with the notes of all checkpoints of a ledger up to
// that of ?size=, one after the other.
func (s *Server) getCheckpoints(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	size := int64(p.number("size", 0, 0, sizeMax))
	if err := s.begin(r, p); err != nil {
		return err
	}
	text, err := s.notesUntil(r.Context(), ledgerOf(r), size)
	if err != nil {
		return err
	}
	return replyText(w, text)
}

// notesUntil is the notes of all checkpoints up to that of a size; 0: all.
func (s *Server) notesUntil(ctx context.Context, ledger string, size int64) (text []byte, err error) {
	all, err := s.Views.Archive().Checkpoints(ctx, ledger)
	for _, c := range all {
		if size == 0 || c.Size <= size {
			text = append(text, c.Note...)
		}
	}
	return text, err
}

// getBlocks answers with the stored bytes of every block up to ?to=, one a line.
func (s *Server) getBlocks(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	to := p.position("to")
	if err := p.err(); err != nil {
		return err
	}
	end, err := s.Store.End(r.Context())
	if err != nil {
		return err
	}
	if to.IsZero() || to.Block > end {
		to.Block = end
	}
	if err := s.noteExport(r, c, "blocks", ""); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(noDeadline)
	w.Header()["Content-Type"] = contentLines
	out := bufio.NewWriterSize(w, 64<<10)
	if to.Block > 0 {
		for m, err := range s.Store.Blocks(r.Context(), 0, to.Block) {
			if err != nil {
				panic(http.ErrAbortHandler) // the client must not take what it has for all of it
			}
			_, _ = out.Write(m.Data)
			_ = out.WriteByte('\n')
		}
	}
	_ = out.Flush() // the client may be gone; there is nobody to tell
	return nil
}
