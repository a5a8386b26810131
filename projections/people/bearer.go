package people

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bearer is the person whose secret was shown, and what the secret is for.
// Token is the id of an API token, empty for a session.
type Bearer struct {
	Person       string
	Login        string
	Name         string
	Role         string
	Demo         bool
	SecondFactor bool
	Grants       []Grant

	Token        string
	Capabilities []string // scope of the token; nil for all
	Ledgers      []string // scope of the token; nil for all
}

// Grant is a capability beside those of the role, or one of the role with a
// limit. Empty lists do not limit.
type Grant struct {
	Capability string   `json:"capability"`
	Places     []string `json:"places,omitempty"`
	Projects   []string `json:"projects,omitempty"`
}

// idleMax is how long a session lasts that nobody uses.
const idleMax = 30 * time.Minute

// Session returns who has the session of a cookie; ok is false where nobody has.
func (s *Store) Session(ctx context.Context, secret string) (b Bearer, ok bool, err error) {
	return s.bearer(ctx, secret, func(ctx context.Context, hash []byte, now time.Time) (b Bearer, until time.Time, err error) {
		err = s.pool.QueryRow(ctx, `update sessions set seen_at = $2 where hash = $1 and expires_at > $2 and seen_at > $3
			returning person, expires_at`, hash, now, now.Add(-idleMax)).Scan(&b.Person, &until)
		return b, until, err
	})
}

// Token returns whose API token that is; ok is false where nobody's.
func (s *Store) Token(ctx context.Context, secret string) (b Bearer, ok bool, err error) {
	return s.bearer(ctx, secret, func(ctx context.Context, hash []byte, now time.Time) (b Bearer, until time.Time, err error) {
		err = s.pool.QueryRow(ctx, `select person, token, capabilities, ledgers, expires_at from tokens
			where hash = $1 and expires_at > $2 and revoked_at is null`, hash, now).
			Scan(&b.Person, &b.Token, &b.Capabilities, &b.Ledgers, &until)
		return b, until, err
	})
}

// bearer finds out whose a secret is, from memory where it is known. Find reads
// the row of the secret, and until when it is good.
func (s *Store) bearer(ctx context.Context, secret string, find func(ctx context.Context, hash []byte, now time.Time) (Bearer, time.Time, error)) (Bearer, bool, error) {
	key, now := sha256.Sum256([]byte(secret)), s.now()
	if b, ok := s.known.get(key, now); ok {
		return b, true, nil
	}
	before := s.known.before()
	b, until, err := find(ctx, key[:], now)
	if err == nil {
		err = s.describe(ctx, &b)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return Bearer{}, false, nil
	}
	if err != nil {
		return Bearer{}, false, err
	}
	if again := now.Add(knownFor); again.Before(until) {
		until = again
	}
	s.known.put(key, b, until, before)
	return b, true, nil
}

// describe fills in what is known about the person, and has no row for one who
// is disabled.
func (s *Store) describe(ctx context.Context, b *Bearer) error {
	err := s.pool.QueryRow(ctx, `select login, name, role, demo, totp is not null from people where person = $1 and not disabled`, b.Person).
		Scan(&b.Login, &b.Name, &b.Role, &b.Demo, &b.SecondFactor)
	if err != nil {
		return err
	}
	b.Grants, err = grantsOf(ctx, s.pool, b.Person)
	return err
}
