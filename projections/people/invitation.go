package people

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// invitationMax is how long a link by which a person chooses a password works.
const invitationMax = 72 * time.Hour

// Invite returns the secret of a link by which a person chooses a password,
// once. Older links of the person stop working. The second factor goes when the
// link is used, as it is for somebody who lost everything; by is who does it.
func (s *Store) Invite(ctx context.Context, by, person string) (invitation string, err error) {
	if by == person {
		return "", fail(OwnRole, "ask another administrator", "nobody invites themselves")
	}
	invitation = secret("ali")
	now := s.now()
	err = s.change(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from invitations where person = $1`, person); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into invitations (hash, person, created_at, expires_at) values ($1, $2, $3, $4)`,
			hashOf(invitation), person, now, now.Add(invitationMax))
		if err != nil {
			return err
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: person, Why: "invited"})
	})
	return invitation, err
}

// Invited returns whose invitation that is, as long as it works.
func (s *Store) Invited(ctx context.Context, invitation string) (Person, error) {
	var person string
	err := s.pool.QueryRow(ctx, `select person from invitations where hash = $1 and used_at is null and expires_at > $2`,
		hashOf(invitation), s.now()).Scan(&person)
	if errors.Is(err, pgx.ErrNoRows) {
		return Person{}, used()
	}
	if err != nil {
		return Person{}, err
	}
	return s.Lookup(ctx, person)
}

func used() error {
	return fail(InvitationUsed, "ask an administrator for a new one", "the link was used already or has expired")
}

// Accept uses an invitation up: the person has the password from then on, and no
// older session or second factor.
func (s *Store) Accept(ctx context.Context, invitation, password string) error {
	p, err := s.Invited(ctx, invitation)
	if err != nil {
		return err
	}
	if err := checkStrength(p.Login, password); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update invitations set used_at = $2 where hash = $1 and used_at is null and expires_at > $2`, hashOf(invitation), s.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 { // somebody was faster
			return used()
		}
		_, err = tx.Exec(ctx, `update people set totp = null, totp_pending = null where person = $1`, p.Person)
		if err != nil {
			return err
		}
		return s.setPassword(ctx, tx, p.Person, hash)
	})
}

// ChangePassword gives a person another password and ends all sessions, this one
// included.
func (s *Store) ChangePassword(ctx context.Context, person, old, password string) error {
	p, err := s.Lookup(ctx, person)
	if err != nil {
		return err
	}
	if _, err := s.count(ctx, p.Login, "change of password"); err != nil {
		return err
	}
	var hash string
	if err := s.pool.QueryRow(ctx, `select password from people where person = $1`, person).Scan(&hash); err != nil {
		return err
	}
	if ok, err := s.checkPassword(ctx, hash, old); err != nil || !ok {
		return errors.Join(err, fail(SignInRefused, "type the password with which you signed in", "the old password is wrong"))
	}
	if err := checkStrength(p.Login, password); err != nil {
		return err
	}
	if hash, err = s.hashPassword(ctx, password); err != nil {
		return err
	}
	return s.change(ctx, func(tx pgx.Tx) error { return s.setPassword(ctx, tx, person, hash) })
}

func (s *Store) setPassword(ctx context.Context, tx pgx.Tx, person, hash string) error {
	if _, err := tx.Exec(ctx, `update people set password = $2 where person = $1`, person, hash); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from sessions where person = $1`, person); err != nil {
		return err
	}
	return s.note(ctx, tx, Access{Person: person, Act: ActPeople, Thing: person, Why: "password chosen"})
}

// FirstInvitation returns an invitation of the first person, who is made for it,
// as long as nobody has a password or another way to sign in; ok is false where
// somebody has. Older ones stop working.
func (s *Store) FirstInvitation(ctx context.Context, by string, first Person) (invitation string, ok bool, err error) {
	var somebody bool
	err = s.pool.QueryRow(ctx, `select exists (select from people where not demo and (password <> '' or exists (select from subjects x where x.person = people.person)))`).Scan(&somebody)
	if err != nil || somebody {
		return "", false, err
	}
	p, err := s.Add(ctx, by, first)
	if isTaken(err) {
		p, err = s.Lookup(ctx, first.Login)
	}
	if err != nil {
		return "", false, err
	}
	invitation, err = s.Invite(ctx, by, p.Person)
	return invitation, err == nil, err
}
