package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a password, as OWASP recommends: 19 MiB of memory, two passes.
// Few are hashed at a time, so that signing in cannot take all memory.
const (
	argonMemory  = 19 << 10 // KiB
	argonPasses  = 2
	argonLanes   = 1
	argonBytes   = 32
	hashesAtOnce = 2

	passwordMin = 12   // characters
	passwordMax = 1024 // bytes
)

// hashPassword returns a password in the PHC form of Argon2id.
func (s *Store) hashPassword(ctx context.Context, password string) (string, error) {
	var salt [16]byte
	rand.Read(salt[:]) // never fails
	sum, err := s.argon(ctx, password, salt[:], argonMemory, argonPasses, argonLanes, argonBytes)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, encode(salt[:]), encode(sum)), err
}

func (s *Store) argon(ctx context.Context, password string, salt []byte, memory, passes uint32, lanes uint8, size int) ([]byte, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(size)), nil
}

// nobody is checked in place of the password of somebody who does not exist, so
// that both take the same time.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// checkPassword tells whether a password is the one that was hashed. An empty
// hash is nobody's and takes as long.
func (s *Store) checkPassword(ctx context.Context, hash, password string) (bool, error) {
	exists := hash != ""
	if !exists {
		hash = nobody
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("a stored password has an unknown form")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil || version != argon2.Version {
		return false, fmt.Errorf("a stored password has an unknown form")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("a stored password has an unknown form")
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("a stored password has an unknown form")
	}
	got, err := s.argon(ctx, password, salt, memory, passes, lanes, len(want))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && exists, err
}

// checkStrength refuses a password that can be guessed.
func checkStrength(login, password string) error {
	lower := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case n < passwordMin:
		return fail(PasswordWeak, fmt.Sprintf("use %d characters or more, such as several words", passwordMin), "the password has %d characters", n)
	case len(password) > passwordMax:
		return fail(PasswordWeak, "use a shorter one", "the password has more than %d bytes", passwordMax)
	case strings.Contains(lower, strings.ToLower(login)), strings.Count(lower, lower[:1]) == len(lower), strings.Contains(lower, "aidledger"):
		return fail(PasswordWeak, "use several words that have nothing to do with each other", "the password is easy to guess")
	}
	return nil
}
