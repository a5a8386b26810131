package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key is a key of 256 bits.
type Key [32]byte

// NewKey returns a random key.
func NewKey() (k Key) {
	_, _ = rand.Read(k[:]) // it never fails: the program ends where there is no randomness
	return k
}

// ParseKey reads a key of 64 hexadecimal digits.
func ParseKey(text string) (k Key, err error) {
	data, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(data) != len(k) {
		return k, errors.New("the master key is not 64 hexadecimal digits; make one with: openssl rand -hex 32")
	}
	return Key(data), nil
}

// String hides the key.
func (Key) String() string { return "•••" }

// Hex returns the key as ParseKey reads it.
func (k Key) Hex() string { return hex.EncodeToString(k[:]) }

// For returns a key of its own for one use of k.
func (k Key) For(use string) Key { return Key(k.derive(use)) }

var errUnreadable = errors.New("it was sealed with another key, or changed since")

// version is the first byte of what is sealed, so that a later form can be told
// from this one.
const version = 1

// derive returns a key for one use of k.
func (k Key) derive(use string) []byte {
	derived, err := hkdf.Key(sha256.New, k[:], nil, "aidledger vault "+use, len(k))
	if err != nil {
		panic(fmt.Sprintf("vault: 32 bytes cannot be derived: %v", err))
	}
	return derived
}

func (k Key) aead() cipher.AEAD {
	block, err := aes.NewCipher(k.derive("seal"))
	if err != nil {
		panic(fmt.Sprintf("vault: a key of 32 bytes is refused: %v", err))
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(fmt.Sprintf("vault: AES has no GCM: %v", err))
	}
	return aead
}

// Seal encrypts data that belong to something. The nonce follows from the key, the data and what they
// belong to: sealing again gives the same, and two different texts never share
// one, short of a collision of 96 bits under a key that seals a few.
func (k Key) Seal(data []byte, belongsTo string) []byte {
	h := hmac.New(sha256.New, k.derive("nonce"))
	h.Write([]byte(belongsTo))
	h.Write([]byte{0})
	h.Write(data)
	aead := k.aead()
	out := append([]byte{version}, h.Sum(nil)[:aead.NonceSize()]...)
	return aead.Seal(out, out[1:], data, []byte(belongsTo))
}

// Unseal decrypts what Seal made for the same thing.
func (k Key) Unseal(sealed []byte, belongsTo string) ([]byte, error) {
	aead := k.aead()
	if len(sealed) < 1+aead.NonceSize() || sealed[0] != version {
		return nil, errUnreadable
	}
	nonce, rest := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	data, err := aead.Open(nil, nonce, rest, []byte(belongsTo))
	if err != nil {
		return nil, errUnreadable
	}
	return data, nil
}

// text seals a text for the log.
func (k Key) text(clear, belongsTo string) string {
	return base64.RawURLEncoding.EncodeToString(k.Seal([]byte(clear), belongsTo))
}

// open reads a text of the log.
func (k Key) open(sealed, belongsTo string) (string, error) {
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", errUnreadable
	}
	clear, err := k.Unseal(data, belongsTo)
	return string(clear), err
}

// wrap encrypts another key. Each is random, so its nonce is as good as random.
func (k Key) wrap(other Key, belongsTo string) []byte { return k.Seal(other[:], belongsTo) }

func (k Key) unwrap(wrapped []byte, belongsTo string) (Key, error) {
	data, err := k.Unseal(wrapped, belongsTo)
	if err != nil || len(data) != len(Key{}) {
		return Key{}, errUnreadable
	}
	return Key(data), nil
}
