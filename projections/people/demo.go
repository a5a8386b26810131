package people

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// KeepDemo makes the people of a demonstration, who all have one password that
// everybody may know, and lets those in who are there already. Without people it
// keeps everybody out who ever was of a demonstration.
func (s *Store) KeepDemo(ctx context.Context, by string, demo []Person, password string) error {
	var hash string
	if len(demo) > 0 {
		var err error
		if hash, err = s.hashPassword(ctx, password); err != nil {
			return err
		}
	}
	err := s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `with out as (update people set disabled = true where demo and not disabled returning person)
			delete from sessions where person in (select person from out)`)
		return err
	})
	for _, p := range demo {
		if err != nil {
			return err
		}
		p.Demo = true
		_, err = s.Add(ctx, by, p)
		if err == nil || isTaken(err) {
			err = s.change(ctx, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `update people set disabled = false, password = $2, role = $3, totp = null where login = $1 and demo`, p.Login, hash, p.Role)
				return err
			})
		}
	}
	return err
}
