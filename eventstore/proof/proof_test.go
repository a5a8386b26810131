package proof

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// noon is when the tests cosign.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// rootOf is the root of a tree as RFC 6962 defines it.
func rootOf(leaves [][]byte) (root tlog.Hash) {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := rootOf(leaves[:k]), rootOf(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

func leafNo(i int) []byte { return fmt.Appendf(nil, `{"id":"k-%d"}`, i) }

// tree is a tree that is kept in memory.
type tree struct {
	leaves [][]byte
	growth *Growth
}

func newTree(t testing.TB, size int) *tree {
	t.Helper()
	tr := &tree{growth: Grow(0, nil)}
	tr.grow(t, size)
	return tr
}

func (tr *tree) grow(t testing.TB, by int) {
	t.Helper()
	for range by {
		leaf := leafNo(len(tr.leaves))
		tr.leaves = append(tr.leaves, leaf)
		if err := tr.growth.Add(tlog.RecordHash(leaf)); err != nil {
			t.Fatal(err)
		}
	}
}

// identity is a server's key and what others know of it.
type identity struct {
	SigningKey
	Keys
}

func newIdentity(t testing.TB) identity {
	t.Helper()
	text, err := GenerateSigningKey(rand.Reader, "ledger.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys("# keys\n" + key.Verifier("one") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return identity{key, keys}
}

func (id identity) sign(t testing.TB, tr *tree) []byte {
	t.Helper()
	root, err := tr.growth.Root()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := id.Signer("one")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Checkpoint{Origin: id.Origin("one"), Size: tr.growth.Size(), Root: root}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (id identity) request(t testing.TB, tr *tree, old int64) Request {
	t.Helper()
	r := Request{Old: old, Checkpoint: id.sign(t, tr)}
	if old > 0 {
		var err error
		if r.Proof, err = tlog.ProveTree(tr.growth.Size(), old, tr.growth); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestARootIsThatOfRFC6962HoweverTheTreeGrows(t *testing.T) {
	tr := newTree(t, 0)
	var edge Edge
	var kept *Growth
	for size := range 300 {
		want := rootOf(tr.leaves)
		grown, err := tr.growth.Root()
		if err != nil || edge.Root() != want || grown != want || edge.Size() != int64(size) {
			t.Fatalf("a tree of %d leaves has the roots %s and %s (%v), want %s", size, edge.Root(), grown, err, want)
		}
		if size == 200 {
			kept = Grow(200, tr.growth)
		}
		if size >= 200 {
			if root, err := kept.Root(); err != nil || root != want {
				t.Fatalf("grown from 200 leaves to %d, the root is %s (%v), want %s", size, root, err, want)
			}
			if err := kept.Add(tlog.RecordHash(leafNo(size))); err != nil {
				t.Fatal(err)
			}
		}
		tr.grow(t, 1)
		edge.Add(tlog.RecordHash(leafNo(size)))
	}
	tiles, err := kept.Tiles()
	if err != nil || len(tiles) != 3 || tiles[0].W != 256 || tiles[1].W != 44 || tiles[2].L != 1 {
		t.Errorf("from 200 to 300 leaves the tiles %v were made (%v)", tiles, err)
	}
}

func TestAReceiptProvesItsEntryAndNothingElse(t *testing.T) {
	id, tr := newIdentity(t), newTree(t, 77)
	proof, err := tlog.ProveRecord(77, 42, tr.growth)
	if err != nil {
		t.Fatal(err)
	}
	text := Receipt{Leaf: tr.leaves[42], Index: 42, Proof: proof, Checkpoint: id.sign(t, tr)}.Format()
	verify := func(text []byte, k Keys) error {
		r, err := ParseReceipt(text)
		if err == nil {
			_, err = r.Verify(k)
		}
		return err
	}
	if err := verify(text, id.Keys); err != nil {
		t.Fatalf("the receipt\n%s\nis refused: %v", text, err)
	}
	if err := verify(text, newIdentity(t).Keys); err == nil {
		t.Error("a receipt is accepted that an unknown key signed")
	}
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		spare := i == len(text)-3 // bits that base64 leaves over at the end of the signature
		if verify(changed, id.Keys) == nil && !spare {
			t.Errorf("the receipt is accepted with byte %d, %q, changed to %q", i, text[i], changed[i])
		}
	}
	for i := range text {
		if verify(text[:i], id.Keys) == nil {
			t.Errorf("the receipt is accepted when it ends after %d bytes of %d", i, len(text))
		}
	}
}

func TestAnAuditorCosignsWhatGrewAndRefusesTheRest(t *testing.T) {
	id := newIdentity(t)
	text, err := GenerateCosigner(rand.Reader, "audit.example")
	if err != nil {
		t.Fatal(err)
	}
	cosigner, err := ParseCosigner(text)
	if err != nil {
		t.Fatal(err)
	}
	auditor := Auditor{cosigner, id.Keys}
	tr := newTree(t, 10)
	first, line, err := auditor.Cosign(id.request(t, tr, 0), Checkpoint{}, noon)
	if err != nil || first.Size != 10 {
		t.Fatalf("the first checkpoint is answered with %v, %v", first, err)
	}

	known := id.Keys
	if known.Witnesses, err = witnesses(cosigner); err != nil {
		t.Fatal(err)
	}
	cosigned, added, err := known.AddCosignatures(id.sign(t, tr), line+strings.Replace(line, "A", "B", 1))
	if err != nil || len(added) != 1 || added[0] != (Cosigned{"audit.example", noon}) {
		t.Fatalf("the cosignature was added as %v (%v)", added, err)
	}
	if o, err := known.Open(cosigned); err != nil || !strings.HasPrefix(o.Standing(), "signed, and witnessed by audit.example") {
		t.Errorf("the cosigned checkpoint opens as %q (%v)", o.Standing(), err)
	}
	if o, err := id.Keys.Open(cosigned); err != nil || o.Standing() != "signed, not witnessed" {
		t.Errorf("for who does not know the auditor it is %q (%v)", o.Standing(), err)
	}
	if _, err := (Keys{Witnesses: known.Witnesses}).Open(cosigned); err == nil {
		t.Error("a checkpoint is accepted that only the auditor has signed")
	}

	tr.grow(t, 20)
	changed := newTree(t, 0)
	changed.leaves, changed.growth = nil, Grow(0, nil)
	for i := range 30 {
		if err := changed.growth.Add(tlog.RecordHash(leafNo(max(i, 1)))); err != nil { // the first leaf is another one
			t.Fatal(err)
		}
	}
	forged := id.request(t, changed, 10)
	shorter := newTree(t, 9)
	for name, c := range map[string]struct {
		request Request
		code    string
	}{
		"grown":                      {id.request(t, tr, 10), ""},
		"grown, from another size":   {id.request(t, tr, 5), "stale"},
		"changed before the last":    {forged, "inconsistent_checkpoints"},
		"shorter than the last":      {id.request(t, shorter, 9), "older"},
		"an old size above the size": {Request{Old: 40, Checkpoint: id.sign(t, tr)}, "bad_size"},
		"of another log":             {newNamed(t, "other.example").request(t, tr, 10), "unknown_origin"},
		"signed by a stranger":       {newIdentity(t).request(t, tr, 10), "not_signed"},
		"no checkpoint":              {Request{Old: 10, Checkpoint: []byte("x\n")}, "bad_checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := ParseRequest(c.request.Format())
			if err != nil {
				t.Fatal(err)
			}
			_, line, err := auditor.Cosign(request, first, noon)
			var refused *Refused
			switch {
			case c.code == "" && err != nil:
				t.Error(err)
			case c.code != "" && (!errors.As(err, &refused) || refused.Code != c.code || line != ""):
				t.Errorf("it is answered with %q, %v; want the code %s", line, err, c.code)
			}
		})
	}
}

func witnesses(c Cosigner) ([]note.Verifier, error) {
	k, err := ParseKeys(c.Verifier())
	return k.Witnesses, err
}

func newNamed(t *testing.T, name string) identity {
	t.Helper()
	text, err := GenerateSigningKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return identity{SigningKey: key}
}

func TestBothKeysOfARotationAreBelieved(t *testing.T) {
	older, newer, tr := newIdentity(t), newIdentity(t), newTree(t, 3)
	root, err := tr.growth.Root()
	if err != nil {
		t.Fatal(err)
	}
	var signers []note.Signer
	for _, id := range []identity{older, newer} {
		s, err := id.Signer("one")
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, s)
	}
	signed, err := Checkpoint{older.Origin("one"), 3, root}.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]Keys{"the old key": older.Keys, "the new key": newer.Keys} {
		if _, err := keys.Open(signed); err != nil {
			t.Errorf("with %s alone: %v", name, err)
		}
	}
}

func TestAKeyIsBelievedInItsSpanAlone(t *testing.T) {
	id, tr := newIdentity(t), newTree(t, 3)
	signed := id.sign(t, tr)
	for _, c := range []struct {
		span     string
		believed bool
	}{
		{"", true}, {" since 3", true}, {" until 3", true}, {" since 1 until 3", true}, {" until 9 since 2", true},
		{" since 4", false}, {" until 2", false},
	} {
		keys, err := ParseKeys("# the list\n" + id.Verifier("one") + c.span + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Open(signed); (err == nil) != c.believed {
			t.Errorf("a key%s and a tree of 3 entries: %v", c.span, err)
		}
	}
	for _, bad := range []string{" since", " since x", " since -1", " from 3", " 3"} {
		if _, err := ParseKeys(id.Verifier("one") + bad); err == nil {
			t.Errorf("%q is read as a span", bad)
		}
	}
	public, err := ParsePublicKey(id.String())
	if err != nil || public.Verifier("one") != id.Verifier("one") || public.Name() != id.Name() {
		t.Errorf("the public key is read as %v, %v", public, err)
	}
}

func TestABlockIsReadInItsOneFormOnly(t *testing.T) {
	good := `{"v":1,"ledger":"one","previous":"` + strings.Repeat("0a", 32) + `","entries":[{"id":"a","events":[{"x":"],["}]},{"id":"b"}]}`
	b, err := ParseBlock([]byte(good))
	if err != nil || b.Ledger != "one" || len(b.Leaves) != 2 || string(b.Leaves[1]) != `{"id":"b"}` {
		t.Fatalf("ParseBlock gives %+v, %v", b, err)
	}
	for name, bad := range map[string]string{
		"a space":           strings.Replace(good, `,"ledger"`, `, "ledger"`, 1),
		"a space in a list": strings.Replace(good, `},{"id":"b"`, `}, {"id":"b"`, 1),
		"capital digits":    strings.Replace(good, "0a", "0A", 1),
		"a member more":     good[:len(good)-1] + `,"x":1}`,
		"another version":   strings.Replace(good, `"v":1`, `"v":2`, 1),
		"something after":   good + " ",
		"cut off":           good[:len(good)-1],
		"no entries":        strings.Replace(good, "entries", "Entries", 1),
		"another element":   strings.Replace(good, `{"id":"b"}`, `7`, 1),
		"nothing":           "",
	} {
		if _, err := ParseBlock([]byte(bad)); err == nil {
			t.Errorf("a block with %s is accepted", name)
		}
	}
}
