package notary

import (
	"errors"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
)

func TestAForeignKeyIsFound(t *testing.T) {
	o := newOffice(t)
	o.record(t, "one", 2)
	old, stranger := o.Keys, []proof.SigningKey{newKey(t, "ledger.example")}
	check := func(when string, keys []proof.SigningKey, foreign bool) {
		t.Helper()
		o.Keys = keys
		if err := o.CheckKeys(t.Context()); errors.As(err, new(*ForeignKey)) != foreign || !foreign && err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	check("before anything is signed", stranger, false)
	o.Keys = old
	if err := o.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("the key that signs", old, false)
	check("another key", stranger, true)
	both := append(old[:1:1], stranger...)
	check("a rotation that begins", both, false)

	key := stranger[0].Verifier("one")
	q := eventstore.Request{ID: "introduce", Actor: "notary", Role: domain.ServerRole, Command: &domain.IntroduceSigningKey{Key: key, Since: 1}}
	if r, err := o.store.Submit(t.Context(), "one", q); err != nil || o.runner.WaitFor(t.Context(), r.Position.Block) != nil {
		t.Fatal(err)
	}
	check("a rotation that is recorded", both, false)
	check("a server that has not heard of it", old, true)
	check("a key that nobody knows beside it", append(old[:1:1], newKey(t, "ledger.example")), true)
}
