package notary

import (
	"context"
	"strings"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"
)

// VerifierKeys returns the public keys with which others verify what is signed
// for a ledger, one a line, each with the sizes of trees for which it is
// believed: those of the notary, those that it has retired, and those of its
// witnesses.
func (n *Notary) VerifierKeys(ctx context.Context, ledger string) (text string, err error) {
	spans, err := n.Archive.KeySpans(ctx, ledger)
	if err != nil {
		return "", err
	}
	for _, k := range n.publicKeys() {
		key := k.Verifier(ledger)
		text += key + spans[key].String() + "\n"
	}
	for _, w := range n.Witnesses {
		text += w.Key + "\n"
	}
	return text, nil
}

// publicKeys lists every key that has ever signed.
func (n *Notary) publicKeys() (all []proof.PublicKey) {
	for _, k := range n.Keys {
		all = append(all, k.PublicKey)
	}
	return append(all, n.Retired...)
}

// keys is whom the notary believes itself: all its keys, and those of its
// witnesses.
func (n *Notary) keys(ledger string) (proof.Keys, error) {
	text := ""
	for _, k := range n.publicKeys() {
		text += k.Verifier(ledger) + "\n"
	}
	for _, w := range n.Witnesses {
		text += w.Key + "\n"
	}
	return proof.ParseKeys(text)
}

// Rotation returns the requests that record in a ledger which keys have begun
// and ceased to sign it, as far as its last checkpoint shows. They may be
// submitted again.
func (n *Notary) Rotation(ctx context.Context, ledger string) (requests []eventstore.Request, err error) {
	first, err := n.Archive.FirstCheckpoint(ctx, ledger)
	if projections.Is(err, projections.CheckpointNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	last, err := n.Archive.Checkpoint(ctx, ledger, 0)
	if err != nil {
		return nil, err
	}
	spans, err := n.Archive.KeySpans(ctx, ledger)
	if err != nil {
		return nil, err
	}
	add := func(act, key string, c domain.Command) {
		id := act + "-" + strings.Split(key, "+")[1] // the fingerprint
		requests = append(requests, eventstore.Request{ID: id, Command: c, Actor: "notary", Role: domain.ServerRole})
	}
	for _, k := range n.Keys {
		key := k.Verifier(ledger)
		if spans[key].Since == 0 && !hasSigned(key, first) && hasSigned(key, last) {
			add("introduce", key, &domain.IntroduceSigningKey{Key: key, Since: int(last.Size)})
		}
	}
	for _, k := range n.Retired {
		key := k.Verifier(ledger)
		if spans[key].Until == 0 && hasSigned(key, last) {
			add("retire", key, &domain.RetireSigningKey{Key: key, Until: int(last.Size)})
		}
	}
	return requests, nil
}

// hasSigned tells whether a key has signed a checkpoint.
func hasSigned(key string, c projections.SignedCheckpoint) bool {
	keys, err := proof.ParseKeys(key)
	if err != nil {
		return false
	}
	_, err = keys.Open(c.Note)
	return err == nil
}
