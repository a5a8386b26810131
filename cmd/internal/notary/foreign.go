package notary

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aidledger/eventstore/proof"

	"golang.org/x/mod/sumdb/note"
)

// ForeignKey says that a ledger is signed with another key than the notary has.
type ForeignKey struct {
	Ledger string
	Known  string // the key that signs the ledger: its public half, or its name and fingerprint
}

// Error returns which key signs the ledger, and what to do.
func (f *ForeignKey) Error() string {
	return fmt.Sprintf("the ledger %s is signed with the key %s, and this one has never signed it; copy signing-key and retired-keys of the server that "+
		"signs, or restore them from a backup of the keys", f.Ledger, f.Known)
}

// CheckKeys returns a *ForeignKey where a ledger was signed, and not with a key
// of the notary, or where its events know other keys alone. It does not look
// whether signatures are genuine: a damaged one is a finding of an audit.
func (n *Notary) CheckKeys(ctx context.Context) error {
	last, err := n.Archive.LastCheckpoints(ctx)
	if err != nil {
		return err
	}
	for _, c := range last {
		var unsigned *note.UnverifiedNoteError
		if _, err := note.Open(c.Note, note.VerifierList()); !errors.As(err, &unsigned) {
			continue // it is no note
		}
		if !slices.ContainsFunc(unsigned.Note.UnverifiedSigs, func(s note.Signature) bool { return n.has(c.Ledger, s) }) {
			first := unsigned.Note.UnverifiedSigs[0]
			return &ForeignKey{c.Ledger, fmt.Sprintf("%s+%08x", first.Name, first.Hash)}
		}
		if err := n.recorded(ctx, c.Ledger); err != nil {
			return err
		}
	}
	return nil
}

// has tells whether a signature says that a key of the notary made it.
func (n *Notary) has(ledger string, s note.Signature) bool {
	return slices.ContainsFunc(n.publicKeys(), func(k proof.PublicKey) bool {
		v, err := note.NewVerifier(k.Verifier(ledger))
		return err == nil && v.Name() == s.Name && v.KeyHash() == s.Hash
	})
}

// recorded returns a *ForeignKey where the events of a ledger say which keys sign
// it, and none of them is a key with which the notary signs.
func (n *Notary) recorded(ctx context.Context, ledger string) error {
	spans, err := n.Archive.KeySpans(ctx, ledger)
	if err != nil {
		return err
	}
	foreign := ""
	for key, span := range spans {
		if span.Since == 0 || span.Until != 0 {
			continue // it began with the ledger, or signs no more
		}
		if slices.ContainsFunc(n.Keys, func(k proof.SigningKey) bool { return k.Verifier(ledger) == key }) {
			return nil
		}
		foreign = key
	}
	if foreign == "" {
		return nil
	}
	return &ForeignKey{ledger, foreign}
}
