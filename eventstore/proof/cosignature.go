package proof

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Cosigner is the private key of somebody who watches the growth of trees: an
// auditor or a witness.
type Cosigner struct {
	name string
	key  ed25519.PrivateKey
}

// GenerateCosigner makes the private key of a cosigner as text.
func GenerateCosigner(random io.Reader, name string) (string, error) {
	if name == "" || strings.ContainsAny(name, "+ \t\n") {
		return "", errors.New("the name of a cosigner has no space and no +; use one such as audit-office.example/2026")
	}
	return generate(random, name, kindCosigner)
}

// ParseCosigner reads the private key of a cosigner.
func ParseCosigner(text string) (c Cosigner, err error) {
	c.name, c.key, err = parsePrivate(text, kindCosigner)
	return c, err
}

// Verifier returns the public key as text.
func (c Cosigner) Verifier() string {
	public := c.key.Public().(ed25519.PublicKey)
	return formatKey(c.name, kindCosigner, public, public)
}

// line returns the signature line of c2sp.org/tlog-cosignature for the text of
// a checkpoint.
func (c Cosigner) line(text string, at time.Time) string {
	seconds := at.Unix()
	raw := binary.BigEndian.AppendUint32(nil, keyHash(c.name, kindCosigner, c.key.Public().(ed25519.PublicKey)))
	raw = binary.BigEndian.AppendUint64(raw, uint64(seconds))
	raw = append(raw, ed25519.Sign(c.key, cosignedMessage(text, seconds))...)
	return "— " + c.name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func cosignedMessage(text string, seconds int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text)
}

// cosignatureVerifier is a [note.Verifier] of cosignatures.
type cosignatureVerifier struct {
	name string
	key  ed25519.PublicKey
}

func newCosignatureVerifier(text string) (v cosignatureVerifier, err error) {
	v.name, v.key, err = parsePublic(text, kindCosigner)
	return v, err
}

// Name implements [note.Verifier].
func (v cosignatureVerifier) Name() string { return v.name }

// KeyHash implements [note.Verifier].
func (v cosignatureVerifier) KeyHash() uint32 { return keyHash(v.name, kindCosigner, v.key) }

// Verify implements [note.Verifier].
func (v cosignatureVerifier) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	return seconds < 1<<62 && ed25519.Verify(v.key, cosignedMessage(string(text), int64(seconds)), signature[8:])
}

// cosignedAt tells whether a verified signature is by one of the witnesses, and
// from when it is.
func cosignedAt(witnesses []note.Verifier, s note.Signature) (time.Time, bool) {
	for _, w := range witnesses {
		if w.Name() != s.Name || w.KeyHash() != s.Hash {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil || len(raw) < 12 {
			return time.Time{}, false
		}
		return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), true
	}
	return time.Time{}, false
}

// AddCosignatures returns a checkpoint with those of some signature lines that
// a known witness made for it; the others are left out.
func (k Keys) AddCosignatures(signed []byte, lines string) ([]byte, []Cosigned, error) {
	var added []Cosigned
	for line := range strings.Lines(lines) {
		if strings.Contains(string(signed), line) || !strings.HasSuffix(line, "\n") {
			continue
		}
		text, _, ok := strings.Cut(string(signed), "\n\n")
		if !ok {
			return nil, nil, errors.New("it is not a signed checkpoint")
		}
		n, err := note.Open([]byte(text+"\n\n"+line), note.VerifierList(k.Witnesses...))
		if err != nil {
			continue
		}
		if at, ok := cosignedAt(k.Witnesses, n.Sigs[0]); ok {
			signed = append(signed[:len(signed):len(signed)], line...)
			added = append(added, Cosigned{n.Sigs[0].Name, at})
		}
	}
	return signed, added, nil
}
