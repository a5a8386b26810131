package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"aidledger/projections"
	"aidledger/projections/migration"
	"aidledger/projections/vault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

const schema = "aidledger_people"

// Store is the people of one database. It is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	key   vault.Key // of the secrets of second factors
	now   func() time.Time
	log   *slog.Logger
	known cache
	slots chan struct{} // one for each password that is hashed at a time
	stop  context.CancelFunc
	done  chan struct{}
}

// Open brings the tables up to date and returns the store. The key seals what
// must be read again: the secrets of second factors. Now is the clock.
func Open(ctx context.Context, url string, key vault.Key, now func() time.Time, log *slog.Logger) (*Store, error) {
	pool, err := migration.Connect(ctx, url, schema, "")
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the tables of people: %w", err)
	}
	s := &Store{pool: pool, key: key, now: now, log: log, slots: make(chan struct{}, hashesAtOnce), done: make(chan struct{})}
	if err := s.sealSecondFactors(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the secrets of second factors: %w", err)
	}
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.listen(listening)
	return s, nil
}

// Migrate brings the tables up to date as the role that owns them, for a server
// whose own user must not. Open finds nothing to do then.
func Migrate(ctx context.Context, url, role string) error {
	pool, err := migration.Connect(ctx, url, schema, role)
	if err != nil {
		return err
	}
	defer pool.Close()
	return migrate(ctx, pool)
}

// Close ends all connections.
func (s *Store) Close() {
	s.stop()
	<-s.done
	s.pool.Close()
}

// migrate applies what is missing.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return migration.Up(ctx, pool, schema, "Who may sign in, and who read what. Cannot be made anew from the log: back it up.", migrations)
}

// The codes of the errors of this package, which are of type *projections.Error.
const (
	SignInRefused        = "sign_in_refused"        // the name or the password is wrong
	SecondFactorRequired = "second_factor_required" // the password is right, and a code is needed
	SecondFactorRefused  = "second_factor_refused"  // the code is wrong or was used
	TooManyAttempts      = "too_many_attempts"      // wait before the next one
	InvitationUsed       = "invitation_used"        // the link was used, has expired, or never was
	PasswordWeak         = "password_weak"          // too short, or the name itself
	LoginTaken           = "login_taken"            // another person has it
	LoginFormat          = "login_format"           // not a name to sign in with
	PersonNotFound       = "person_not_found"       // nobody has that id or name
	TokenNotFound        = "token_not_found"        // the person has no such token
	SubjectTaken         = "subject_taken"          // the subject is another person already
	OwnRole              = "own_role"               // nobody changes what they themselves may do
)

func fail(code, hint, format string, args ...any) error {
	return &projections.Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func isDuplicate(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == "23505" || refused.Code == "42P06")
}

func isTaken(err error) bool { return projections.Is(err, LoginTaken) }

// change runs f in a transaction and makes every process forget what it knew
// about people, so that the change counts at once.
func (s *Store) change(ctx context.Context, f func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `select pg_notify('`+schema+`', '')`)
		return err
	})
	s.known.forget() // whatever came of it
	return err
}

// secret returns 256 random bits as text, with a prefix that says what they are.
func secret(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()+rand.Text()) }

// hashOf is what is stored of a secret.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
