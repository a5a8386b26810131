package people

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Person is somebody who may sign in. Person is the id that stands in the log.
type Person struct {
	Person       string    `json:"person"`
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	Role         string    `json:"role"`
	Grants       []Grant   `json:"grants,omitempty"`
	Demo         bool      `json:"demo,omitzero"`
	Disabled     bool      `json:"disabled,omitzero"`
	HasPassword  bool      `json:"has_password"`
	SecondFactor bool      `json:"second_factor"`
	Created      time.Time `json:"created"`
}

// idPrefix begins the id of every person, and the name of none to sign in with.
const idPrefix = "p-"

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// Add makes a person known, who has no password yet: see [Store.Invite]. By is
// who does it.
func (s *Store) Add(ctx context.Context, by string, p Person) (Person, error) {
	p.Login = strings.ToLower(strings.TrimSpace(p.Login))
	if !loginForm.MatchString(p.Login) || strings.HasPrefix(p.Login, idPrefix) {
		return p, fail(LoginFormat, "use 1 to 64 of a-z, 0-9, dot, @, - and _", "%.80q is not a name to sign in with", p.Login)
	}
	if p.Name == "" {
		p.Name = p.Login
	}
	p.Person, p.Created = idPrefix+strings.ToLower(rand.Text()[:10]), s.now()
	err := s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into people (person, login, name, role, demo, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
			p.Person, p.Login, p.Name, p.Role, p.Demo, p.Created, by)
		if isDuplicate(err) {
			return fail(LoginTaken, "choose another one", "somebody signs in as %s already", p.Login)
		}
		if err != nil {
			return err
		}
		if err := setGrants(ctx, tx, p.Person, p.Grants); err != nil {
			return err
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: p.Person, Why: "added as " + p.Role})
	})
	return p, err
}

// columns of a Person, in the order in which scan reads them.
const columns = `person, login, name, role, demo, disabled, password <> '', totp is not null, created_at`

func (p *Person) scan(row pgx.Row) error {
	return row.Scan(&p.Person, &p.Login, &p.Name, &p.Role, &p.Demo, &p.Disabled, &p.HasPassword, &p.SecondFactor, &p.Created)
}

// People lists everybody by login.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	rows, err := s.pool.Query(ctx, `select `+columns+` from people order by login`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Person, err error) { return p, p.scan(row) })
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Grants, err = grantsOf(ctx, s.pool, all[i].Person); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Lookup returns the person with that id or login.
func (s *Store) Lookup(ctx context.Context, idOrLogin string) (p Person, err error) {
	err = p.scan(s.pool.QueryRow(ctx, `select `+columns+` from people where person = $1 or login = $1`, idOrLogin))
	if errors.Is(err, pgx.ErrNoRows) {
		return p, fail(PersonNotFound, "aidledger people list shows everybody", "nobody is called %.80q", idOrLogin)
	}
	if err == nil {
		p.Grants, err = grantsOf(ctx, s.pool, p.Person)
	}
	return p, err
}

// SetRole gives a person another role and other grants, and ends the sessions.
func (s *Store) SetRole(ctx context.Context, by, person, role string, grants []Grant) error {
	return s.alter(ctx, by, person, "role "+role, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update people set role = $2 where person = $1`, person, role); err != nil {
			return err
		}
		return setGrants(ctx, tx, person, grants)
	})
}

// SetDisabled keeps a person out, or lets the person in again. Sessions end, and
// tokens rest.
func (s *Store) SetDisabled(ctx context.Context, by, person string, disabled bool) error {
	why := map[bool]string{true: "disabled", false: "enabled"}[disabled]
	return s.alter(ctx, by, person, why, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update people set disabled = $2 where person = $1`, person, disabled)
		return err
	})
}

// alter changes what a person may do. Nobody does that to themselves: an
// administrator who could take another role would not be kept from the money.
func (s *Store) alter(ctx context.Context, by, person, why string, f func(pgx.Tx) error) error {
	if by == person {
		return fail(OwnRole, "ask another administrator", "nobody changes what they themselves may do")
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from sessions where person = $1`, person); err != nil {
			return err
		}
		return s.note(ctx, tx, Access{Person: by, Act: ActPeople, Thing: person, Why: why})
	})
}

func setGrants(ctx context.Context, tx pgx.Tx, person string, grants []Grant) error {
	if _, err := tx.Exec(ctx, `delete from grants where person = $1`, person); err != nil {
		return err
	}
	for _, g := range grants {
		_, err := tx.Exec(ctx, `insert into grants (person, capability, places, projects) values ($1, $2, coalesce($3::text[], '{}'), coalesce($4::text[], '{}'))`,
			person, g.Capability, g.Places, g.Projects)
		if err != nil {
			return err
		}
	}
	return nil
}

func grantsOf(ctx context.Context, pool *pgxpool.Pool, person string) ([]Grant, error) {
	rows, err := pool.Query(ctx, `select capability, places, projects from grants where person = $1 order by capability`, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Grant])
}
