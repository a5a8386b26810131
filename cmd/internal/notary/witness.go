package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// Witness is somebody else who cosigns: a server of c2sp.org/tlog-witness, or
// an auditor whose machine has no network.
type Witness struct {
	URL string // prefix of add-checkpoint; empty: nobody to ask
	Key string // verifier key
}

// ParseWitnesses reads a list of witnesses: on each line a verifier key, and
// before it, with a space between them, the URL of one that can be asked. Empty
// lines and lines that begin with # say nothing.
func ParseWitnesses(text string) (all []Witness, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		address, key, ok := strings.Cut(line, " ")
		if !ok {
			address, key = "", line
		}
		u, err := url.Parse(address)
		if err != nil || ok && u.Host == "" || ok && u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%.200q is not the address of a witness; write https://HOST/PATH and its verifier key", address)
		}
		if k, err := proof.ParseKeys(key); err != nil || len(k.Witnesses) != 1 {
			return nil, fmt.Errorf("%.200q is not the verifier key of a witness", key)
		}
		all = append(all, Witness{strings.TrimSuffix(address, "/"), strings.TrimSpace(key)})
	}
	return all, nil
}

// A witness has so long to answer, and its answer may have so many bytes.
const (
	witnessPatience = 10 * time.Second
	witnessAnswer   = 64 << 10
)

// askWitnesses asks every witness to cosign a checkpoint. One that does not
// answer costs the checkpoint nothing but its cosignature.
func (n *Notary) askWitnesses(ctx context.Context, c projections.SignedCheckpoint) {
	for _, w := range n.Witnesses {
		if w.URL == "" {
			continue
		}
		err := n.ask(ctx, w, c)
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, errDisputed):
			n.Out.Error("a witness disputes the ledger; compare it with a checkpoint that somebody keeps: aidledger verify --checkpoint",
				"witness", w.URL, "ledger", c.Ledger, "size", c.Size, "error", err)
		default:
			n.Out.Warn("a witness has not cosigned", "witness", w.URL, "ledger", c.Ledger, "size", c.Size, "error", err)
		}
	}
}

// ask asks a witness. The first question assumes that it knows nothing; its
// answer then says what size it has cosigned.
func (n *Notary) ask(ctx context.Context, w Witness, c projections.SignedCheckpoint) error {
	ctx, cancel := context.WithTimeout(ctx, witnessPatience)
	defer cancel()
	old := int64(0)
	for range 3 {
		request, err := n.Request(ctx, c, old)
		if err != nil {
			return err
		}
		lines, knows, err := post(ctx, w.URL+"/add-checkpoint", request.Format())
		switch {
		case errors.Is(err, errStale) && knows > c.Size:
			return n.ahead(ctx, c, knows)
		case errors.Is(err, errStale) && knows != old:
			old = knows
			continue
		case errors.Is(err, errStale):
			return fmt.Errorf("%w: it has cosigned another root of %d entries", errDisputed, knows)
		case err != nil:
			return err
		}
		return n.Cosigned(ctx, c, lines)
	}
	return errors.New("it has cosigned another size each time that it was asked")
}

// ahead says what it means that a witness knows more entries than a checkpoint
// has: another server has signed since, or entries are gone.
func (n *Notary) ahead(ctx context.Context, c projections.SignedCheckpoint, knows int64) error {
	last, err := n.Archive.Checkpoint(ctx, c.Ledger, 0)
	if err == nil && last.Size < knows {
		err = fmt.Errorf("%w: it has cosigned %d entries, and the ledger has signed %d", errDisputed, knows, last.Size)
	}
	return err
}

// Request returns what asks for a cosignature from who has cosigned a tree of
// another size.
func (n *Notary) Request(ctx context.Context, c projections.SignedCheckpoint, old int64) (r proof.Request, err error) {
	r = proof.Request{Old: old, Checkpoint: c.Note}
	if old < 0 || old > c.Size {
		return r, fmt.Errorf("the tree has %d entries and cannot be shown to hold %d", c.Size, old)
	}
	if old > 0 {
		r.Proof, err = tlog.ProveTree(c.Size, old, n.Archive.Hashes(ctx, c))
	}
	return r, err
}

// ErrNoCosignature says that no line is a cosignature of a witness of the list.
var ErrNoCosignature = errors.New("there is no new cosignature by a key that is known")

// Cosigned keeps those of some signature lines on a checkpoint that a witness
// of the notary's list has made. It returns ErrNoCosignature where there is none.
func (n *Notary) Cosigned(ctx context.Context, c projections.SignedCheckpoint, lines string) error {
	keys, err := n.keys(c.Ledger)
	if err != nil {
		return err
	}
	before := len(c.Note)
	signed, added, err := keys.AddCosignatures(c.Note, lines)
	if err != nil {
		return err
	}
	if len(added) == 0 {
		return ErrNoCosignature
	}
	for line := range strings.Lines(string(signed[before:])) {
		if err := n.Archive.SaveCosignature(ctx, c.Ledger, c.Size, line); err != nil {
			return err
		}
	}
	return nil
}

// errStale says that a witness has cosigned another size, and errDisputed that
// the ledger is not, or not any more, the one that it has cosigned.
var (
	errStale    = errors.New("the witness has cosigned another size")
	errDisputed = errors.New("this is not the ledger that it has cosigned before")
)

// post sends a request to a witness. With errStale comes the size that it has.
func post(ctx context.Context, address string, body []byte) (lines string, knows int64, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, witnessAnswer))
	switch {
	case err != nil:
		return "", 0, err
	case answer.StatusCode == http.StatusOK:
		return string(text), 0, nil
	case answer.StatusCode == http.StatusConflict && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/x.tlog.size"):
		if knows, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			return "", knows, errStale
		}
	case answer.StatusCode == http.StatusConflict || answer.StatusCode == http.StatusUnprocessableEntity:
		return "", 0, fmt.Errorf("%w: it answered %s", errDisputed, answer.Status)
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusForbidden:
		return "", 0, fmt.Errorf("it answered %s: who runs it has to add what aidledger keys prints", answer.Status)
	}
	return "", 0, fmt.Errorf("it answered %s", answer.Status)
}
