package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/notary"
	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// proofRoutes is the part of the API that is about proofs.
var proofRoutes = []Route{
	{"GET", "/v1/ledgers/{ledger}/checkpoint", access.ReadLedger, (*Server).getCheckpoint, "The last signed checkpoint, or that of ?size=."},
	{"POST", "/v1/ledgers/{ledger}/checkpoint", access.Verify, (*Server).postCheckpoint, "Signs what was recorded until now."},
	{"GET", "/v1/ledgers/{ledger}/checkpoint/consistency", access.ReadLedger, (*Server).getConsistency, "Proof that the tree of ?size= holds that of ?old=."},
	{"GET", "/v1/ledgers/{ledger}/checkpoint/inclusion", access.ReadLedger, (*Server).getInclusion, "Proof that the entry ?index= is in the tree of ?size=."},
	{"GET", "/v1/ledgers/{ledger}/checkpoint/request", access.ReadLedger, (*Server).getCosignatureRequest, "What an auditor who cosigned ?old= needs to cosign the last one."},
	{"POST", "/v1/ledgers/{ledger}/checkpoint/cosignatures", access.Verify, (*Server).postCosignatures, "Keeps signature lines of auditors on the checkpoint of ?size=."},
	{"GET", "/v1/blocks", access.Operate, (*Server).getBlocks, "The blocks of all ledgers up to ?to=, one a line, as they are stored."},
	{"GET", "/v1/ledgers/{ledger}/why", access.ReadLedger, (*Server).getWhy,
		"The movements behind one number of ?stage=, fund, project, village, provider, year, with its value after each."},
	{"GET", "/v1/ledgers/{ledger}/diff", access.ReadLedger, (*Server).getDiff, "What changed in the totals between ?from= and ?to=, and the movements between."},
	{"GET", "/v1/ledgers/{ledger}/checkpoints", access.ReadLedger, (*Server).getCheckpoints, "Every signed checkpoint up to that of ?size=, as text."},
	{"GET", "/v1/ledgers/{ledger}/entries", access.Export, (*Server).getEntries,
		"The leaves of the tree of ?size=, one a line; ?year, fund, project, place, provider choose some, and leave hashes of the rest."},
	{"GET", "/v1/ledgers/{ledger}/evidence", access.Export, (*Server).getEvidence, "Everything under the last checkpoint as one zip file, which aidledger-verify checks without a network."},
	{"GET", "/v1/ledgers/{ledger}/keys", access.ReadLedger, (*Server).getKeys, "The keys with which checkpoints and receipts are verified."},
	{"GET", "/v1/ledgers/{ledger}/receipts/{id}", access.ReadLog, (*Server).getReceipt, "A file that proves an entry to anybody, without a network."},
}

// Checkpoint is a signed checkpoint of a ledger. Standing says in words what
// vouches for it, and Signed is the note that others verify.
type Checkpoint struct {
	Ledger   string              `json:"ledger"`
	Origin   string              `json:"origin"`
	Size     int64               `json:"size"`
	Root     tlog.Hash           `json:"root"`
	Position eventstore.Position `json:"position"` // the log was read up to here
	Head     eventstore.Hash     `json:"head"`     // of the ledger's last block
	SignedAt time.Time           `json:"signed_at"`
	Standing string              `json:"standing"`
	Signed   string              `json:"signed"`
}

// checkpoint describes a kept checkpoint, after its signature was verified.
func (s *Server) checkpoint(c projections.SignedCheckpoint) (Checkpoint, error) {
	standing, err := s.Notary.Standing(c)
	return Checkpoint{Ledger: c.Ledger, Origin: c.Origin, Size: c.Size, Root: c.Root, Head: c.Head, SignedAt: c.SignedAt,
		Position: eventstore.Position{Block: c.Block, Event: eventstore.WholeBlock}, Standing: standing, Signed: string(c.Note)}, err
}

// sizeMax bounds the sizes of trees that can be asked for.
const sizeMax = 1<<31 - 1

func (s *Server) getCheckpoint(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	size := p.number("size", 0, 0, sizeMax)
	if err := s.begin(r, p); err != nil {
		return err
	}
	kept, err := s.Views.Archive().Checkpoint(r.Context(), ledgerOf(r), int64(size))
	if err != nil {
		return err
	}
	c, err := s.checkpoint(kept)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, c)
}

// postCheckpoint signs what was recorded before the request.
func (s *Server) postCheckpoint(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	if err := s.begin(r, p); err != nil {
		return err
	}
	if _, err := s.signNow(r.Context(), ledgerOf(r)); err != nil {
		return err
	}
	return s.getCheckpoint(access.Caller{}, w, r)
}

// Signing says what was signed last about each ledger, and why nothing is
// signed where that is so.
type Signing struct {
	Checkpoints []SigningState `json:"checkpoints"`
	Failed      string         `json:"failed,omitempty"`
}

// SigningState is the last checkpoint of a ledger in short.
type SigningState struct {
	Ledger   string    `json:"ledger"`
	Size     int64     `json:"size"`
	SignedAt time.Time `json:"signed_at"`
	Standing string    `json:"standing"`
}

// Signing says what was signed last about each ledger.
func (s *Server) Signing(ctx context.Context) (out Signing) {
	out.Checkpoints = []SigningState{}
	if s.Notary == nil {
		out.Failed = "this server signs nothing"
		return out
	}
	if err := s.Notary.Failed(); err != nil {
		out.Failed = "the last attempt failed; see the server's log"
		if damage, ok := errors.AsType[*notary.Damage](err); ok {
			out.Failed = damage.Error()
		}
	}
	last, err := s.Views.Archive().LastCheckpoints(ctx)
	if err != nil {
		out.Failed = "the checkpoints cannot be read"
		s.Log.Warn("the checkpoints cannot be read", "error", err)
	}
	for _, c := range last {
		standing, err := s.Notary.Standing(c)
		if err != nil {
			standing = "not genuine: run aidledger verify"
		}
		out.Checkpoints = append(out.Checkpoints, SigningState{c.Ledger, c.Size, c.SignedAt, standing})
	}
	return out
}

// Proof is a list of hashes of RFC 6962 for a tree of a size: that an entry is
// in it, or that it holds what the tree of Old entries held.
type Proof struct {
	Size  int64       `json:"size"`
	Index *int64      `json:"index,omitempty"`
	Old   *int64      `json:"old,omitempty"`
	Proof []tlog.Hash `json:"proof"`
}

// hashes reads the tree of the last checkpoint of the ledger in the path.
func (s *Server) hashes(r *http.Request) (tlog.HashReader, int64, error) {
	a := s.Views.Archive()
	last, err := a.Checkpoint(r.Context(), ledgerOf(r), 0)
	if err != nil {
		return nil, 0, err
	}
	return a.Hashes(r.Context(), last), last.Size, nil
}

// getConsistency answers with what a verifier of an older checkpoint needs.
func (s *Server) getConsistency(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	old, size := int64(p.number("old", 0, 0, sizeMax)), int64(p.number("size", 0, 0, sizeMax))
	if err := s.begin(r, p); err != nil {
		return err
	}
	hashes, last, err := s.hashes(r)
	if err != nil {
		return err
	}
	if size == 0 {
		size = last
	}
	if size > last || old > size {
		return newProblem("size_unknown", "the last checkpoint has a smaller tree, or the old size is above the size", "use sizes of checkpoints, the old one first")
	}
	answer := Proof{Size: size, Old: &old, Proof: []tlog.Hash{}}
	if old > 0 {
		if answer.Proof, err = tlog.ProveTree(size, old, hashes); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, answer)
}

// getInclusion answers with the proof that an entry is in a tree.
func (s *Server) getInclusion(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	index, size := int64(p.number("index", 0, 0, sizeMax)), int64(p.number("size", 0, 0, sizeMax))
	if err := s.begin(r, p); err != nil {
		return err
	}
	hashes, last, err := s.hashes(r)
	if err != nil {
		return err
	}
	if size == 0 {
		size = last
	}
	if size > last || index >= size {
		return newProblem("size_unknown", "the last checkpoint has a smaller tree, or the entry is not in it", "use the size of a checkpoint and an index below it")
	}
	answer := Proof{Size: size, Index: &index}
	if answer.Proof, err = tlog.ProveRecord(size, index, hashes); err != nil {
		return err
	}
	return reply(w, http.StatusOK, answer)
}

// Verification says how both copies of the log compare with each other and with
// what was signed, and, where they are whole, how the read models and the stream
// of events compare with a replay.
type Verification struct {
	projections.Report
	Copies notary.Audit `json:"copies"`
	Feed   *feed.Audit  `json:"feed,omitempty"` // of the stream of events, where this server feeds one
}

// postVerify compares everything with everything. The body may hold signed
// checkpoints that somebody kept, one after the other.
func (s *Server) postVerify(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return readFault(err)
	}
	kept, err := proof.SplitNotes(body)
	if err != nil {
		return newProblem("body_malformed", "the body is not one signed checkpoint after the other", "send signed checkpoints, as aidledger checkpoint --note prints them")
	}
	return s.long(w, r, func(ctx context.Context, progress func(done, total uint64)) (any, error) {
		return s.Verify(ctx, kept, progress)
	})
}

// Verify compares both copies of the log with each other, with what was signed
// and with the checkpoints that somebody kept; and where they are whole, every
// row of the read models and every message of the stream of events with a replay,
// and every file with its hash.
func (s *Server) Verify(ctx context.Context, kept [][]byte, progress func(done, total uint64)) (v Verification, err error) {
	if v.Copies, err = s.Notary.Audit(ctx, kept, progress); err != nil || !v.Copies.Clean() {
		return v, err
	}
	if v.Report, err = s.Runner.Verify(ctx, progress); err != nil {
		return v, err
	}
	if err = CheckFiles(ctx, s.Store, s.Views, &v.Report); err != nil || s.Feed == nil {
		return v, err
	}
	a, err := s.Feed.Verify(ctx, progress)
	v.Feed, v.Clean = &a, v.Clean && a.Clean()
	return v, err
}

var contentText = []string{"text/plain; charset=utf-8"}

func replyText(w http.ResponseWriter, text []byte) error {
	w.Header()["Content-Type"] = contentText
	_, _ = w.Write(text) // the client may be gone; there is nobody to tell
	return nil
}

// getReceipt answers with a file that proves an entry to anybody.
func (s *Server) getReceipt(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	if err := s.begin(r, p); err != nil {
		return err
	}
	receipt, err := s.Views.Receipt(r.Context(), ledgerOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return replyText(w, receipt.Format())
}

// getCosignatureRequest answers with what an auditor who has cosigned a size
// needs to cosign the last checkpoint.
func (s *Server) getCosignatureRequest(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	old := p.number("old", 0, 0, sizeMax)
	if err := s.begin(r, p); err != nil {
		return err
	}
	last, err := s.Views.Archive().Checkpoint(r.Context(), ledgerOf(r), 0)
	if err != nil {
		return err
	}
	if int64(old) > last.Size {
		return newProblem("size_unknown", "the last checkpoint has a smaller tree than that", "somebody has cosigned more than this log holds: keep that checkpoint, and run aidledger verify")
	}
	request, err := s.Notary.Request(r.Context(), last, int64(old))
	if err != nil {
		return err
	}
	return replyText(w, request.Format())
}

// postCosignatures keeps the signature lines of an auditor or witness on a
// checkpoint of a size.
func (s *Server) postCosignatures(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	size := p.number("size", 0, 0, sizeMax)
	if err := s.begin(r, p); err != nil {
		return err
	}
	lines, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return readFault(err)
	}
	c, err := s.Views.Archive().Checkpoint(r.Context(), ledgerOf(r), int64(size))
	if err != nil {
		return err
	}
	switch err := s.Notary.Cosigned(r.Context(), c, string(lines)); {
	case errors.Is(err, notary.ErrNoCosignature):
		return newProblem("cosignature_refused", err.Error(), "its key must be in the list of witnesses of the server, and the checkpoint must be the one of that size")
	case err != nil:
		return err
	}
	return s.getCheckpoint(access.Caller{}, w, r)
}

// getKeys answers with the verifier keys of a ledger's checkpoints.
func (s *Server) getKeys(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	if err := s.begin(r, p); err != nil {
		return err
	}
	if err := s.hasLedger(r.Context(), ledgerOf(r)); err != nil {
		return err
	}
	keys, err := s.Notary.VerifierKeys(r.Context(), ledgerOf(r))
	if err != nil {
		return err
	}
	return replyText(w, []byte(keys))
}

// damageProblem says that nothing can be signed, to who asked for it.
func damageProblem(err error) *Problem {
	var damage *notary.Damage
	if !errors.As(err, &damage) || errors.Is(err, context.Canceled) {
		return nil
	}
	return newProblem("copies_differ", damage.Error(), "run aidledger verify")
}
