package people

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Access is one line of the access log: who did what, about what, and why. It
// names persons and things by id and holds no personal data.
type Access struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	Person string    `json:"person"`
	Role   string    `json:"role,omitempty"`
	Act    string    `json:"act"`
	Ledger string    `json:"ledger,omitempty"`
	Thing  string    `json:"thing,omitempty"`
	Why    string    `json:"why,omitempty"`
}

// What an Access can be.
const (
	ActRead   = "read"    // somebody read about beneficiaries
	ActReveal = "reveal"  // somebody saw a personal number in full
	ActExport = "export"  // somebody took data out
	ActPeople = "people"  // somebody changed what a person may do
	ActSignIn = "sign-in" // somebody signed in
)

// Record adds a line to the access log. Whoever shows personal data or hands out
// an export calls it first, and shows nothing when it fails.
func (s *Store) Record(ctx context.Context, a Access) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return s.note(ctx, tx, a) })
}

func (s *Store) note(ctx context.Context, tx pgx.Tx, a Access) error {
	_, err := tx.Exec(ctx, `insert into access_log (at, person, role, act, ledger, thing, why) values ($1, $2, $3, $4, $5, $6, $7)`,
		s.now(), a.Person, a.Role, a.Act, a.Ledger, a.Thing, a.Why)
	return err
}

// AccessQuery says which lines of the access log are wanted. Empty fields do
// not filter; Before is the number of the last line of the page before.
type AccessQuery struct {
	Person, Act, Ledger, Thing string
	Before                     int64
	Limit                      int
}

// AccessLog returns lines of the access log, the newest first.
func (s *Store) AccessLog(ctx context.Context, q AccessQuery) ([]Access, error) {
	rows, err := s.pool.Query(ctx, `select number, at, person, role, act, ledger, thing, why from access_log
		where ($1 = '' or person = $1) and ($2 = '' or act = $2) and ($3 = '' or ledger = $3) and ($4 = '' or thing = $4)
			and ($5 = 0 or number < $5)
		order by number desc limit $6`, q.Person, q.Act, q.Ledger, q.Thing, q.Before, q.Limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Access])
}
