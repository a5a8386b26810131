package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"aidledger/projections/vault"

	"github.com/jackc/pgx/v5"
)

// The second factor is a code of six digits that changes every 30 seconds (RFC
// 6238 with SHA-1, which is what every authenticator knows). A code is good one
// step early and one late, and once.
const (
	totpStep     = 30 * time.Second
	totpDigits   = 6
	totpBytes    = 20 // of a secret
	recoveryMany = 10 // codes that a person gets
)

// totpCode is the code of a time step.
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// totpMatch returns the step of a code, 0 if it is none that is good now.
func totpMatch(secret []byte, code string, now time.Time, last int64) int64 {
	current := now.Unix() / int64(totpStep/time.Second)
	var match int64
	for step := current - 1; step <= current+1; step++ {
		if step > last && subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			match = step
		}
	}
	return match
}

// belongsTo is what the sealed secret of a person is bound to.
func belongsTo(person string) string { return "second factor\x00" + person }

func (s *Store) sealed(person string, secret []byte) []byte {
	return s.key.Seal(secret, belongsTo(person))
}

func (s *Store) unsealed(person string, sealed []byte) ([]byte, error) {
	secret, err := s.key.Unseal(sealed, belongsTo(person))
	if err != nil {
		return nil, fail(vault.WrongKey, "use the master key that belongs to this database", "the second factor was sealed with another master key")
	}
	return secret, nil
}

// sealSecondFactors seals the secrets of earlier versions, which were kept in
// clear: those have the length of a secret.
func (s *Store) sealSecondFactors(ctx context.Context) error {
	for _, column := range []string{"totp", "totp_pending"} {
		rows, _ := s.pool.Query(ctx, `select person, `+column+` from people where length(`+column+`) = $1`, totpBytes)
		var person string
		var secret []byte
		clear := map[string][]byte{}
		if _, err := pgx.ForEachRow(rows, []any{&person, &secret}, func() error { clear[person] = slices.Clone(secret); return nil }); err != nil {
			return err
		}
		for person, secret := range clear {
			if _, err := s.pool.Exec(ctx, `update people set `+column+` = $2 where person = $1 and `+column+` = $3`, person, s.sealed(person, secret), secret); err != nil {
				return err
			}
		}
	}
	return nil
}

// StartSecondFactor makes a secret for a person's authenticator and returns the
// address that it reads. It is of no effect before a code confirms it.
func (s *Store) StartSecondFactor(ctx context.Context, person string) (address string, err error) {
	var key [totpBytes]byte
	rand.Read(key[:]) // never fails
	var login string
	err = s.pool.QueryRow(ctx, `update people set totp_pending = $2 where person = $1 returning login`, person, s.sealed(person, key[:])).Scan(&login)
	if err != nil {
		return "", err
	}
	return "otpauth://totp/" + url.PathEscape("aidledger:"+login) + "?" + url.Values{
		"secret": {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key[:])}, "issuer": {"aidledger"},
	}.Encode(), nil
}

// ConfirmSecondFactor turns the second factor on and returns codes that stand
// in for it once each.
func (s *Store) ConfirmSecondFactor(ctx context.Context, person, code string) (recovery []string, err error) {
	err = s.change(ctx, func(tx pgx.Tx) error {
		var pending []byte
		if err := tx.QueryRow(ctx, `select totp_pending from people where person = $1 for update`, person).Scan(&pending); err != nil {
			return err
		}
		step := int64(0)
		if len(pending) > 0 {
			secret, err := s.unsealed(person, pending)
			if err != nil {
				return err
			}
			step = totpMatch(secret, code, s.now(), 0)
		}
		if step == 0 {
			return fail(SecondFactorRefused, "type the code that the authenticator shows now; check the clocks", "the code does not match")
		}
		if _, err := tx.Exec(ctx, `update people set totp = totp_pending, totp_pending = null, totp_step = $2 where person = $1`, person, step); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from recovery_codes where person = $1`, person); err != nil {
			return err
		}
		for range recoveryMany {
			code := strings.ToLower(rand.Text()[:20])
			recovery = append(recovery, code)
			if _, err := tx.Exec(ctx, `insert into recovery_codes (person, hash) values ($1, $2)`, person, hashOf(code)); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, Access{Person: person, Act: ActPeople, Thing: person, Why: "second factor turned on"})
	})
	return recovery, err
}

// secondFactor checks and uses up a code of a person who has a second factor.
func (s *Store) secondFactor(ctx context.Context, tx pgx.Tx, person string, totp []byte, last int64, code string) error {
	code = strings.ToLower(strings.Join(strings.Fields(code), ""))
	if code == "" {
		return fail(SecondFactorRequired, "type the code that the authenticator shows, or a recovery code", "a second factor is needed")
	}
	secret, err := s.unsealed(person, totp)
	if err != nil {
		return err
	}
	if step := totpMatch(secret, code, s.now(), last); step != 0 {
		used, err := tx.Exec(ctx, `update people set totp_step = $2 where person = $1 and totp_step < $2`, person, step)
		if err == nil && used.RowsAffected() == 0 { // somebody else was faster with the same code
			err = refusedCode()
		}
		return err
	}
	used, err := tx.Exec(ctx, `update recovery_codes set used_at = $3 where person = $1 and hash = $2 and used_at is null`, person, hashOf(code), s.now())
	if err == nil && used.RowsAffected() == 0 {
		return refusedCode()
	}
	return err
}

func refusedCode() error {
	return fail(SecondFactorRefused, "type the code that the authenticator shows now; each works once", "the code does not match")
}
