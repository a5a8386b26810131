package people

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Token is a secret by which a program acts for a person, without the secret.
type Token struct {
	Token        string     `json:"token"` // its id
	Person       string     `json:"person"`
	Name         string     `json:"name"`
	Capabilities []string   `json:"capabilities,omitempty"` // nil: all that the person has
	Ledgers      []string   `json:"ledgers,omitempty"`      // nil: all
	Created      time.Time  `json:"created"`
	Expires      time.Time  `json:"expires"`
	Revoked      *time.Time `json:"revoked,omitzero"`
}

// How long a token lasts when nobody says, and at most.
const (
	TokenUsual = 90 * 24 * time.Hour
	TokenMax   = 366 * 24 * time.Hour
)

// NewToken makes a token of a person and returns its secret, which is shown this
// one time. By is who does it.
func (s *Store) NewToken(ctx context.Context, by string, t Token, lasts time.Duration) (string, Token, error) {
	text := secret("alt")
	t.Token, t.Created = "t-"+text[4:14], s.now()
	t.Expires = t.Created.Add(min(lasts, TokenMax))
	err := s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into tokens (token, hash, person, name, capabilities, ledgers, created_at, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, t.Token, hashOf(text), t.Person, t.Name, t.Capabilities, t.Ledgers, t.Created, t.Expires)
		if err != nil {
			return err
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: t.Person, Why: "token " + t.Token + " made"})
	})
	return text, t, err
}

// Tokens lists the tokens of a person, the newest first.
func (s *Store) Tokens(ctx context.Context, person string) ([]Token, error) {
	rows, err := s.pool.Query(ctx, `select token, person, name, capabilities, ledgers, created_at, expires_at, revoked_at from tokens
		where person = $1 order by created_at desc, token`, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Token])
}

// Revoke ends a token of a person for ever.
func (s *Store) Revoke(ctx context.Context, by, person, token string) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update tokens set revoked_at = coalesce(revoked_at, $3) where token = $1 and person = $2`, token, person, s.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fail(TokenNotFound, "list the tokens of the person", "the person has no token %.40q", token)
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: person, Why: "token " + token + " revoked"})
	})
}
