package notary

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// witness is a server that was written from c2sp.org/tlog-witness and
// c2sp.org/tlog-cosignature, and uses nothing of ours: what our notary says to
// it is what any witness understands.
type witness struct {
	name string
	key  ed25519.PrivateKey
	logs note.Verifiers

	mu    sync.Mutex
	size  int64
	root  tlog.Hash
	stale int // questions that were about another size
}

func newWitness(t *testing.T, name string, log string) *witness {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(log))
	if err != nil {
		t.Fatal(err)
	}
	return &witness{name: name, key: key, logs: note.VerifierList(v)}
}

// material is the public key with its kind, from which the id of the key is made.
func (w *witness) material() []byte {
	return append([]byte{4}, w.key.Public().(ed25519.PublicKey)...)
}

func (w *witness) id() []byte {
	sum := sha256.Sum256(append([]byte(w.name+"\n"), w.material()...))
	return sum[:4]
}

func (w *witness) verifier() string {
	return fmt.Sprintf("%s+%x+%s", w.name, w.id(), base64.StdEncoding.EncodeToString(w.material()))
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	head, signed, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	old, numberErr := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if r.Method != http.MethodPost || r.URL.Path != "/add-checkpoint" || err != nil || numberErr != nil || !ok || len(lines) > 64 {
		http.Error(out, "malformed", http.StatusBadRequest)
		return
	}
	opened, err := note.Open([]byte(signed), w.logs)
	if err != nil {
		http.Error(out, err.Error(), http.StatusForbidden)
		return
	}
	text := strings.Split(opened.Text, "\n")
	size, _ := strconv.ParseInt(text[1], 10, 64)
	root, err := tlog.ParseHash(text[2])
	switch {
	case err != nil || old > size:
		http.Error(out, "malformed", http.StatusBadRequest)
		return
	case old != w.size:
		w.stale++
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(out, "%d\n", w.size)
		return
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			http.Error(out, "malformed", http.StatusBadRequest)
			return
		}
		proof = append(proof, h)
	}
	if old == size && root != w.root || old > 0 && old < size && tlog.CheckTree(proof, size, root, old, w.root) != nil {
		http.Error(out, "inconsistent", http.StatusUnprocessableEntity)
		return
	}
	w.size, w.root = size, root
	_, _ = io.WriteString(out, w.cosign(opened.Text))
}

func (w *witness) cosign(text string) string {
	now := time.Now().Unix()
	raw := binary.BigEndian.AppendUint64(w.id(), uint64(now))
	raw = append(raw, ed25519.Sign(w.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", now, text))...)
	return "— " + w.name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}
