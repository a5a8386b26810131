package people

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"aidledger/projections"

	"github.com/jackc/pgx/v5"
)

// Draft is a form that a person began and has not recorded.
type Draft struct {
	Draft   string // its id
	Person  string
	Ledger  string
	Command string
	Form    map[string][]string // values by the name of the input
	Kept    time.Time
}

// How long a draft is kept, and how many of one person.
const (
	draftAge  = 90 * 24 * time.Hour
	draftsMax = 200
)

// KeepDraft keeps a draft, in the place of an older one with its id that the
// person has, and returns the id. What is too old goes.
func (s *Store) KeepDraft(ctx context.Context, d Draft) (string, error) {
	now := s.now()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from drafts where kept_at < $1 or person = $2 and draft in
			(select draft from drafts where person = $2 order by kept_at desc offset $3)`, now.Add(-draftAge), d.Person, draftsMax-1); err != nil {
			return err
		}
		changed, err := tx.Exec(ctx, `update drafts set form = $3, kept_at = $4 where draft = $1 and person = $2`, d.Draft, d.Person, d.Form, now)
		if err != nil || changed.RowsAffected() > 0 {
			return err
		}
		d.Draft = "draft-" + strings.ToLower(rand.Text())
		_, err = tx.Exec(ctx, `insert into drafts (draft, person, ledger, command, form, kept_at) values ($1, $2, $3, $4, $5, $6)`,
			d.Draft, d.Person, d.Ledger, d.Command, d.Form, now)
		return err
	})
	return d.Draft, err
}

// Drafts lists the drafts of a person in a ledger, the newest first.
func (s *Store) Drafts(ctx context.Context, person, ledger string) ([]Draft, error) {
	rows, _ := s.pool.Query(ctx, `select draft, person, ledger, command, form, kept_at from drafts where person = $1 and ledger = $2 order by kept_at desc`, person, ledger)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Draft])
}

// FindDraft returns a draft of a person; not_found where the person has none of
// that id.
func (s *Store) FindDraft(ctx context.Context, person, draft string) (Draft, error) {
	rows, _ := s.pool.Query(ctx, `select draft, person, ledger, command, form, kept_at from drafts where person = $1 and draft = $2`, person, draft)
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Draft])
	if errors.Is(err, pgx.ErrNoRows) {
		err = fail(projections.NotFound, "begin the form anew", "there is no such draft; it was recorded, deleted or is too old")
	}
	return d, err
}

// DropDraft deletes a draft of a person, if there is one.
func (s *Store) DropDraft(ctx context.Context, person, draft string) error {
	_, err := s.pool.Exec(ctx, `delete from drafts where person = $1 and draft = $2`, person, draft)
	return err
}
