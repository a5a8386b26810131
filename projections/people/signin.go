package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aidledger/projections"

	"github.com/jackc/pgx/v5"
)

// How many attempts to sign in there may be in a time, successful ones left out:
// for one name from one address, for one name, and from one address. The first
// is what a person meets; the others stop a crowd of machines.
const (
	attemptsFor         = 15 * time.Minute
	attemptsMax         = 5
	attemptsLoginMax    = 50
	attemptsAddressMax  = 200
	sessionMax          = 12 * time.Hour
	attemptsForgottenAt = 24 * time.Hour
)

// Attempt is somebody who wants to sign in. Code is the second factor, where
// there is one; Address is where the attempt comes from.
type Attempt struct {
	Login    string
	Password string
	Code     string
	Address  string
}

// SignIn checks who somebody is and returns the secret of a new session. The
// answer to a wrong name is that to a wrong password and takes as long.
func (s *Store) SignIn(ctx context.Context, a Attempt) (session string, err error) {
	login := strings.ToLower(strings.TrimSpace(a.Login))
	keys, err := s.count(ctx, login, a.Address)
	if err != nil {
		return "", err
	}
	var person, hash string
	var totp []byte
	var last int64
	err = s.pool.QueryRow(ctx, `select person, password, totp, totp_step from people where login = $1 and not disabled`, login).
		Scan(&person, &hash, &totp, &last)
	if err != nil && err != pgx.ErrNoRows {
		return "", err
	}
	ok, err := s.checkPassword(ctx, hash, a.Password)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fail(SignInRefused, fmt.Sprintf("check both; after %d attempts there is a pause", attemptsMax), "the name or the password is wrong")
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if totp != nil {
			if err := s.secondFactor(ctx, tx, person, totp, last, a.Code); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `delete from attempts where key = any($1)`, keys); err != nil {
			return err
		}
		session, err = s.begin(ctx, tx, person, "password")
		return err
	})
	return session, err
}

// count notes an attempt, and refuses it where there were too many. It returns
// the keys that a success clears.
func (s *Store) count(ctx context.Context, login, address string) (clear [][]byte, err error) {
	now := s.now()
	for _, limit := range []struct {
		key string
		max int
	}{{"both " + login + " " + address, attemptsMax}, {"login " + login, attemptsLoginMax}, {"address " + address, attemptsAddressMax}} {
		key := hashOf(limit.key)
		var failures int
		var since time.Time
		err := s.pool.QueryRow(ctx, `insert into attempts as a (key, failures, since) values ($1, 1, $2)
			on conflict (key) do update set failures = case when a.since <= $3 then 1 else a.failures + 1 end,
				since = case when a.since <= $3 then $2 else a.since end
			returning failures, since`, key, now, now.Add(-attemptsFor)).Scan(&failures, &since)
		if err != nil {
			return nil, err
		}
		if failures > limit.max {
			return nil, &projections.Error{Code: TooManyAttempts, Message: "there were too many attempts to sign in",
				Hint: "wait and try again", RetryAfter: since.Add(attemptsFor).Sub(now)}
		}
		clear = append(clear, key)
	}
	_, err = s.pool.Exec(ctx, `delete from attempts where since < $1`, now.Add(-attemptsForgottenAt))
	return clear[:2], err
}

// begin makes a session, and notes it.
func (s *Store) begin(ctx context.Context, tx pgx.Tx, person, method string) (string, error) {
	session, now := secret("als"), s.now()
	_, err := tx.Exec(ctx, `insert into sessions (hash, person, method, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $4, $5)`,
		hashOf(session), person, method, now, now.Add(sessionMax))
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `delete from sessions where expires_at <= $1 or seen_at <= $2`, now, now.Add(-idleMax)); err != nil {
		return "", err
	}
	return session, s.note(ctx, tx, Access{Person: person, Act: ActSignIn, Why: method})
}

// SignOut ends a session.
func (s *Store) SignOut(ctx context.Context, session string) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from sessions where hash = $1`, hashOf(session))
		return err
	})
}

// SessionMax is how long a session lasts at most.
func SessionMax() time.Duration { return sessionMax }
