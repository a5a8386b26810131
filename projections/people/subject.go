package people

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Link says that an identity provider means a person by a subject.
func (s *Store) Link(ctx context.Context, by, person, issuer, subject string) error {
	if by == person {
		return fail(OwnRole, "ask another administrator", "nobody links themselves")
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into subjects (issuer, subject, person, created_at) values ($1, $2, $3, $4)`, issuer, subject, person, s.now())
		if isDuplicate(err) {
			return fail(SubjectTaken, "see who it is in the access log", "that subject is a person already")
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: person, Why: "linked to a subject of " + issuer})
	})
}

// SignInSubject returns the secret of a new session of the person whom an
// identity provider means; nobody who was not linked gets one.
func (s *Store) SignInSubject(ctx context.Context, issuer, subject string) (session string, err error) {
	var person string
	err = s.pool.QueryRow(ctx, `select person from subjects join people using (person) where issuer = $1 and subject = $2 and not disabled`,
		issuer, subject).Scan(&person)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fail(PersonNotFound, "ask an administrator to link it", "nobody here is linked to that account")
	}
	if err != nil {
		return "", err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		session, err = s.begin(ctx, tx, person, "oidc")
		return err
	})
	return session, err
}
