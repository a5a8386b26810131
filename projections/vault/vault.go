package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/migration"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	schema      = "aidledger_vault"
	indexSecret = "index"
)

// The codes of the errors of this package, which are of type *projections.Error.
const (
	WrongKey = "vault_key_wrong"    // the master key is not the one that the vault was made with
	Erased   = "beneficiary_erased" // the key of the person is gone
)

func fail(code, hint, format string, args ...any) error {
	return &projections.Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Vault holds the keys of the people of all ledgers. It is safe for concurrent
// use.
type Vault struct {
	pool   *pgxpool.Pool
	master Key
	index  Key // of the hashes that people are found by
}

// Open brings the tables up to date and returns the vault. It returns
// vault_key_wrong for a master key that did not make it.
func Open(ctx context.Context, url string, master Key) (*Vault, error) {
	pool, err := migration.Connect(ctx, url, schema, "")
	if err != nil {
		return nil, err
	}
	v := &Vault{pool: pool, master: master}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the tables of the vault: %w", err)
	}
	if err := v.readIndexKey(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return v, nil
}

// Close ends all connections.
func (v *Vault) Close() { v.pool.Close() }

// migrate applies what is missing.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return migration.Up(ctx, pool, schema, "Keys of people. Cannot be made anew from the log: back it up, apart from the master key.", migrations)
}

// readIndexKey reads the key of the hashes that people are found by, and makes
// it the first time.
func (v *Vault) readIndexKey(ctx context.Context) error {
	fresh := NewKey()
	wrapped := v.master.wrap(fresh, indexSecret)
	var stored []byte
	if _, err := v.pool.Exec(ctx, `insert into secrets (name, value) values ($1, $2) on conflict do nothing`, indexSecret, wrapped); err != nil {
		return err
	}
	if err := v.pool.QueryRow(ctx, `select value from secrets where name = $1`, indexSecret).Scan(&stored); err != nil {
		return err
	}
	key, err := v.master.unwrap(stored, indexSecret)
	if err != nil {
		return fail(WrongKey, "use the master key that belongs to this database", "the vault was made with another master key")
	}
	v.index = key
	return nil
}

// foundBy is the keyed hash of a citizen number in a ledger.
func (v *Vault) foundBy(ledger, number string) []byte {
	h := hmac.New(sha256.New, v.index[:])
	h.Write([]byte(ledger + "\x00" + number))
	return h.Sum(nil)
}

// owner is the associated data of the key of a person.
func owner(ledger string, beneficiary domain.ID) string { return ledger + "\x00" + string(beneficiary) }

// person returns the pseudonym and the key of whoever has a number, made the
// first time.
func (v *Vault) person(ctx context.Context, ledger, number string) (domain.ID, Key, error) {
	fresh, pseudonym := NewKey(), newPseudonym()
	_, err := v.pool.Exec(ctx, `insert into persons (ledger, beneficiary, found_by, key) values ($1, $2, $3, $4) on conflict do nothing`,
		ledger, pseudonym, v.foundBy(ledger, number), v.master.wrap(fresh, owner(ledger, pseudonym)))
	if err != nil {
		return "", Key{}, err
	}
	id, key, ok, err := v.known(ctx, ledger, number)
	if err == nil && !ok { // it was forgotten in between
		err = fail(Erased, "nobody can read it any more", "who was just registered was forgotten")
	}
	return id, key, err
}

func newPseudonym() domain.ID { return domain.ID("p-" + strings.ToLower(rand.Text())) }

// known returns the pseudonym and the key of whoever has a number, and false
// where nobody does.
func (v *Vault) known(ctx context.Context, ledger, number string) (id domain.ID, key Key, ok bool, err error) {
	var wrapped []byte
	err = v.pool.QueryRow(ctx, `select beneficiary, key from persons where ledger = $1 and found_by = $2`, ledger, v.foundBy(ledger, number)).Scan(&id, &wrapped)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", Key{}, false, nil
	}
	if err == nil {
		key, err = v.master.unwrap(wrapped, owner(ledger, id))
	}
	return id, key, err == nil, err
}

// Find returns the pseudonym of whoever has a citizen number, and false where
// nobody does.
func (v *Vault) Find(ctx context.Context, ledger, number string) (id domain.ID, ok bool, err error) {
	err = v.pool.QueryRow(ctx, `select beneficiary from persons where ledger = $1 and found_by = $2`, ledger, v.foundBy(ledger, number)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

// Unseal returns the sealed texts of a person in clear, by their field. It
// returns beneficiary_erased where the person was forgotten.
func (v *Vault) Unseal(ctx context.Context, ledger string, beneficiary domain.ID, sealed map[string]string) (map[string]string, error) {
	var wrapped []byte
	err := v.pool.QueryRow(ctx, `select key from persons where ledger = $1 and beneficiary = $2`, ledger, beneficiary).Scan(&wrapped)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fail(Erased, "nobody can read it any more", "the beneficiary %s was forgotten", beneficiary)
	}
	if err != nil {
		return nil, err
	}
	key, err := v.master.unwrap(wrapped, owner(ledger, beneficiary))
	if err != nil {
		return nil, err
	}
	clear := map[string]string{}
	for field, text := range sealed {
		if text == "" {
			continue
		}
		if clear[field], err = key.open(text, owner(ledger, beneficiary)+"\x00"+field); err != nil {
			return nil, fmt.Errorf("the %s of %s: %w", field, beneficiary, err)
		}
	}
	return clear, nil
}

// Destroy destroys the keys of people, and returns how many that were. It is
// called with everybody who was forgotten, by each server, again and again.
func (v *Vault) Destroy(ctx context.Context, forgotten []projections.Pseudonym) (int64, error) {
	var ledgers, ids []string
	for _, f := range forgotten {
		ledgers, ids = append(ledgers, f.Ledger), append(ids, string(f.Beneficiary))
	}
	done, err := v.pool.Exec(ctx, `delete from persons p using unnest($1::text[], $2::text[]) f (ledger, beneficiary)
		where f.ledger = p.ledger and f.beneficiary = p.beneficiary`, ledgers, ids)
	if err != nil || done.RowsAffected() == 0 {
		return 0, err
	}
	// What a deleted row leaves in the table goes with it, at once.
	_, err = v.pool.Exec(ctx, `vacuum (full) persons`)
	return done.RowsAffected(), err
}

// sweepEvery is how often what was read anew is looked through at most.
const sweepEvery = 100 * time.Millisecond

// Follow destroys the keys of who was forgotten whenever the read models have
// moved on, until ctx ends. It reports what goes wrong and tries again.
func (v *Vault) Follow(ctx context.Context, runner *projections.Runner, views *projections.DB, report func(error)) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	var seen uint64
	for first := true; ; first = false {
		status, err := runner.Status(ctx)
		if err == nil && (first || status.Position != seen) {
			var forgotten []projections.Pseudonym
			if forgotten, err = views.Forgotten(ctx); err == nil {
				_, err = v.Destroy(ctx, forgotten)
			}
			if err == nil {
				seen = status.Position
			}
		}
		if err != nil && ctx.Err() == nil {
			report(err)
		}
		if err == nil {
			_ = runner.WaitFor(ctx, seen+1) // it ends early only with ctx, or to be asked again
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
