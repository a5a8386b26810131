package web

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/cmd/internal/notary"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"golang.org/x/mod/sumdb/tlog"
)

// signing returns a notary that signs when it is asked to.
func signing(t testing.TB, store *eventstore.Store, views *projections.DB, log *slog.Logger) *notary.Notary {
	t.Helper()
	text, err := proof.GenerateSigningKey(rand.Reader, "ledger.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return &notary.Notary{Log: store, Archive: views.Archive(), Keys: []proof.SigningKey{key}, Witnesses: []notary.Witness{{Key: auditor().Verifier()}},
		Now: time.Now, Out: log}
}

// auditor cosigns for the tests.
var auditor = sync.OnceValue(func() proof.Cosigner {
	text, err := proof.GenerateCosigner(rand.Reader, "audit.example")
	if err != nil {
		panic(err)
	}
	c, err := proof.ParseCosigner(text)
	if err != nil {
		panic(err)
	}
	return c
})

// askProof prepares a question about proofs: something is signed, and what the
// path and body need of it is filled in.
func (a *api) askProof(t *testing.T, id, path, body string) (string, string) {
	t.Helper()
	if o := operations["GET "+strings.Replace(path, "/test/", "/{ledger}/", 1)]; o.tag != "proofs" && id != "getReceipt" && id != "addCosignatures" {
		if id == "why" {
			path += "?stage=disbursed"
		}
		return path, body
	}
	a.call(t, "POST", "/v1/ledgers/test/checkpoint", "")
	switch id {
	case "getReceipt":
		path = "/v1/ledgers/test/receipts/9"
	case "addCosignatures":
		r, err := proof.ParseRequest([]byte(a.call(t, "GET", "/v1/ledgers/test/checkpoint/request", "").body))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := proof.ParseKeys(a.call(t, "GET", "/v1/ledgers/test/keys", "").body)
		if err != nil {
			t.Fatal(err)
		}
		if _, body, err = (proof.Auditor{Cosigner: auditor(), Keys: keys}).Cosign(r, proof.Checkpoint{}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return path, body
}

func TestProofsOfTheAPIVerifyWithItsKeys(t *testing.T) {
	a := opened(t)
	const work = "/v1/ledgers/test"
	a.must(t, "one", "disburse-funds", pay(`"1.10"`))
	early := read[Checkpoint](t, a.call(t, "POST", work+"/checkpoint", ""))
	if early.Standing != "signed, not witnessed" || early.Size == 0 {
		t.Fatalf("the checkpoint is %+v", early)
	}
	paid := a.must(t, "two", "disburse-funds", pay(`"2.20"`))
	if got := a.call(t, "GET", work+"/receipts/two?wait_for="+paid.Position.String(), ""); got.problem().Code != projections.NotSignedYet {
		t.Errorf("before its checkpoint the receipt is %d %s", got.status, got.body)
	}
	late := read[Checkpoint](t, a.call(t, "POST", work+"/checkpoint", ""))
	keys, err := proof.ParseKeys(a.call(t, "GET", work+"/keys", "").body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Checkpoint{early, late} {
		if o, err := keys.Open([]byte(c.Signed)); err != nil || o.Size != c.Size || o.Root != c.Root {
			t.Errorf("the checkpoint %+v opens as %+v (%v)", c, o, err)
		}
	}
	grown := read[Proof](t, a.call(t, "GET", fmt.Sprintf("%s/checkpoint/consistency?old=%d", work, early.Size), ""))
	if err := tlog.CheckTree(grown.Proof, late.Size, late.Root, early.Size, early.Root); err != nil {
		t.Errorf("consistency: %v", err)
	}
	for _, id := range []string{"two", paid.Position.String()} {
		receipt, err := proof.ParseReceipt([]byte(a.call(t, "GET", work+"/receipts/"+id, "").body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Verify(keys); err != nil {
			t.Errorf("the receipt of %s: %v", id, err)
		}
		included := read[Proof](t, a.call(t, "GET", fmt.Sprintf("%s/checkpoint/inclusion?index=%d", work, receipt.Index), ""))
		if err := tlog.CheckRecord(included.Proof, late.Size, late.Root, receipt.Index, tlog.RecordHash(receipt.Leaf)); err != nil {
			t.Errorf("inclusion of %s: %v", id, err)
		}
		if n := len(receipt.Format()); n > 1500 {
			t.Errorf("the receipt of %s has %d bytes", id, n)
		}
	}
}

func TestQuestionsAboutProofsThatHaveNoAnswer(t *testing.T) {
	a := opened(t)
	a.call(t, "POST", "/v1/ledgers/test/checkpoint", "")
	for path, code := range map[string]string{
		"GET /v1/ledgers/nobody/checkpoint":                     projections.CheckpointNotFound,
		"GET /v1/ledgers/test/checkpoint?size=1":                projections.CheckpointNotFound,
		"GET /v1/ledgers/test/checkpoint?size=x":                "parameter_malformed",
		"GET /v1/ledgers/test/checkpoint/consistency?old=9999":  "size_unknown",
		"GET /v1/ledgers/test/checkpoint/inclusion?index=9999":  "size_unknown",
		"GET /v1/ledgers/test/checkpoint/request?old=9999":      "size_unknown",
		"GET /v1/ledgers/test/receipts/nothing":                 projections.NotFound,
		"GET /v1/ledgers/test/receipts/999999":                  projections.NotFound,
		"GET /v1/ledgers/test/receipts/1.999":                   projections.NotFound,
		"GET /v1/ledgers/nobody/keys":                           "ledger_not_found",
		"POST /v1/ledgers/test/checkpoint/cosignatures":         "cosignature_refused",
		"POST /v1/ledgers/test/checkpoint/cosignatures?size=-1": "parameter_malformed",
	} {
		var method, target string
		if _, err := fmt.Sscan(path, &method, &target); err != nil {
			t.Fatal(err)
		}
		if got := a.call(t, method, target, ""); got.problem().Code != code {
			t.Errorf("%s answers %d %s, want the code %s", path, got.status, got.body, code)
		}
	}
}
