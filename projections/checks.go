package projections

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

//go:embed checks.sql
var checksSQL string

// check finds one kind of thing that is odd; see checks.sql.
type check struct {
	name     string
	severity string
	query    string
}

// checks are the sections of checks.sql, each of which begins with a line
// "-- check NAME SEVERITY".
var checks = func() []check {
	const mark = "-- check "
	var all []check
	_, sections, _ := strings.Cut(checksSQL, mark)
	for section := range strings.SplitSeq(sections, mark) {
		head, query, _ := strings.Cut(section, "\n")
		name, severity, _ := strings.Cut(head, " ")
		all = append(all, check{name, severity, strings.TrimSuffix(strings.TrimSpace(query), ";")})
	}
	return all
}()

// Suspicion is what a check found.
type Suspicion struct {
	Check    string    `json:"check"`
	Key      string    `json:"key"`
	About    domain.ID `json:"about,omitzero"`
	Severity string    `json:"severity"`
	Text     string    `json:"text"`
}

// Suspicions is what all checks found in a ledger, and what they had found
// before: the findings of checks that are open. Rounds counts how often each
// check and key was raised.
type Suspicions struct {
	Position eventstore.Position
	Found    []Suspicion
	Open     []Finding
	Rounds   map[[2]string]int
}

// Suspicions runs all checks over a ledger as it is on a day.
func (db *DB) Suspicions(ctx context.Context, ledger string, today domain.Date) (Suspicions, error) {
	var out Suspicions
	err := db.snapshot(ctx, func(tx pgx.Tx) error {
		out = Suspicions{Rounds: map[[2]string]int{}}
		var err error
		if out.Position, err = position(ctx, tx, ledger, findingsProjection.name); err != nil {
			return err
		}
		thresholds, err := thresholdsOf(ctx, tx, ledger)
		if err != nil {
			return err
		}
		for _, c := range checks {
			rows, _ := tx.Query(ctx, thresholds.Replace(c.query), pgx.NamedArgs{"ledger": ledger, "today": today.Last().Time()})
			found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Suspicion, error) {
				s := Suspicion{Check: c.name, Severity: c.severity}
				var amount domain.Money
				err := row.Scan(&s.About, &s.Key, &s.Text, &amount.Minor, &amount.Currency)
				s.Text = strings.ReplaceAll(s.Text, "{amount}", amount.String())
				return s, err
			})
			if err != nil {
				return fmt.Errorf("the check %s: %w", c.name, err)
			}
			out.Found = append(out.Found, found...)
		}
		lost, err := unbalanced(ctx, tx, ledger)
		if err != nil {
			return err
		}
		out.Found = append(out.Found, lost...)
		return out.before(ctx, tx, db, ledger)
	})
	return out, err
}

// before reads what checks have found before.
func (s *Suspicions) before(ctx context.Context, tx pgx.Tx, db *DB, ledger string) error {
	const all = 1_000_000
	c := &conditions{}
	c.and("x.ledger = ? and x.check_name <> '' and x.state <> 'closed'", ledger)
	var err error
	if s.Open, err = findingsList.read(ctx, tx, db, c, all); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, "select check_name, key, count(*) from aidledger.findings where ledger = $1 and check_name <> '' group by 1, 2", ledger)
	var name, key string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&name, &key, &n}, func() error {
		s.Rounds[[2]string{name, key}] = n
		return nil
	})
	return err
}

// standing is the part of the journal that was not taken back.
const standing = `(select * from aidledger.journal j where j.ledger = @ledger and j.reverses = ''
	and not exists (select from aidledger.journal r where r.ledger = @ledger and r.reverses = j.entry))`

// thresholdsOf returns what puts the thresholds of a ledger into a query.
func thresholdsOf(ctx context.Context, tx pgx.Tx, ledger string) (*strings.Replacer, error) {
	values, err := checkValues(ctx, tx, ledger)
	pairs := []string{"{standing}", standing}
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", fmt.Sprint(value))
	}
	return strings.NewReplacer(pairs...), err
}
