package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The kinds of keys of signed notes: of who signs, and of who cosigns.
const (
	kindSigner   = 1
	kindCosigner = 4
)

const privatePrefix = "PRIVATE+KEY+"

var errKey = errors.New("it is not a key of the kind that is needed here")

// keyHash is the id of a key of a name.
func keyHash(name string, kind byte, public ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{kind})
	h.Write(public)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// formatKey writes a key as c2sp.org/signed-note does. The material is the
// public key, or the seed of a private one.
func formatKey(name string, kind byte, public ed25519.PublicKey, material []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, kind, public), base64.StdEncoding.EncodeToString(append([]byte{kind}, material...)))
}

// parseKey reads what formatKey wrote; public makes a public key of the material.
func parseKey(text string, kind byte, public func([]byte) ed25519.PublicKey) (name string, material []byte, err error) {
	name, rest, _ := strings.Cut(text, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || name == "" || len(raw) != 1+ed25519.SeedSize || raw[0] != kind {
		return "", nil, errKey
	}
	if id != fmt.Sprintf("%08x", keyHash(name, kind, public(raw[1:]))) {
		return "", nil, errKey
	}
	return name, raw[1:], nil
}

func parsePublic(text string, kind byte) (name string, key ed25519.PublicKey, err error) {
	return parseKey(text, kind, func(material []byte) ed25519.PublicKey { return material })
}

func parsePrivate(text string, kind byte) (name string, key ed25519.PrivateKey, err error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(text), privatePrefix)
	if !ok {
		return "", nil, errKey
	}
	name, seed, err := parseKey(text, kind, func(seed []byte) ed25519.PublicKey {
		return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	})
	if err != nil {
		return "", nil, err
	}
	return name, ed25519.NewKeyFromSeed(seed), nil
}

func generate(random io.Reader, name string, kind byte) (private string, err error) {
	public, key, err := ed25519.GenerateKey(random)
	if err != nil {
		return "", err
	}
	return privatePrefix + formatKey(name, kind, public, key.Seed()), nil
}

// PublicKey is the public half of a [SigningKey]. Each ledger of the server has
// a name of its own, which begins with the name of the key.
type PublicKey struct {
	name string
	key  ed25519.PublicKey
}

// ParsePublicKey reads what String writes.
func ParsePublicKey(text string) (k PublicKey, err error) {
	k.name, k.key, err = parsePublic(strings.TrimSpace(text), kindSigner)
	return k, err
}

// String returns the key as text, under the name that it was made with.
func (k PublicKey) String() string { return formatKey(k.name, kindSigner, k.key, k.key) }

// Name returns the name that the key was made with.
func (k PublicKey) Name() string { return k.name }

// Origin returns the name of the tree of a ledger.
func (k PublicKey) Origin(ledger string) string { return k.name + "/" + ledger }

// Verifier returns the key as that of the tree of a ledger, as text.
func (k PublicKey) Verifier(ledger string) string {
	return formatKey(k.Origin(ledger), kindSigner, k.key, k.key)
}

// SigningKey is the private key of a server. It signs for every ledger of the
// server.
type SigningKey struct {
	PublicKey
	private ed25519.PrivateKey
}

// GenerateSigningKey makes a private key as text.
func GenerateSigningKey(random io.Reader, name string) (string, error) {
	return generate(random, name, kindSigner)
}

// ParseSigningKey reads a private key.
func ParseSigningKey(text string) (k SigningKey, err error) {
	if k.name, k.private, err = parsePrivate(text, kindSigner); err == nil {
		k.key = k.private.Public().(ed25519.PublicKey)
	}
	return k, err
}

// Signer returns the key as that of the tree of a ledger.
func (k SigningKey) Signer(ledger string) (note.Signer, error) {
	return note.NewSigner(privatePrefix + formatKey(k.Origin(ledger), kindSigner, k.key, k.private.Seed()))
}
