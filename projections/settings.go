package projections

import (
	"context"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Settings are what a ledger was told about approvals and checks.
type Settings struct {
	Position  eventstore.Position `json:"position"`
	Checks    map[string]int      `json:"checks"`    // by the name of the threshold
	Approvals []ApprovalThreshold `json:"approvals"` // none: no payment needs an approval
}

// ApprovalThreshold is the largest payment in a currency that needs no approval.
type ApprovalThreshold struct {
	Currency domain.Currency `json:"currency"`
	Amount   string          `json:"amount"` // decimal text
	Entry    string          `json:"entry"`
}

// Settings returns the thresholds of a ledger: those that were set, and what is
// usual for the rest.
func (db *DB) Settings(ctx context.Context, ledger string) (Settings, error) {
	var out Settings
	err := db.at(ctx, ledger, func(tx pgx.Tx) error {
		out = Settings{Approvals: []ApprovalThreshold{}}
		var err error
		if out.Position, err = position(ctx, tx, ledger, findingsProjection.name); err != nil {
			return err
		}
		if out.Checks, err = checkValues(ctx, tx, ledger); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, "select currency, amount, entry from aidledger.approval_thresholds where ledger = $1 order by currency", ledger)
		var m domain.Money
		var entry string
		_, err = pgx.ForEachRow(rows, []any{&m.Currency, &m.Minor, &entry}, func() error {
			out.Approvals = append(out.Approvals, ApprovalThreshold{m.Currency, m.Decimal(), entry})
			return nil
		})
		return err
	})
	return out, err
}

// checkValues returns the thresholds of all checks of a ledger.
func checkValues(ctx context.Context, tx pgx.Tx, ledger string) (map[string]int, error) {
	values := map[string]int{}
	for _, t := range domain.CheckThresholds() {
		values[t.Name] = t.Usual
	}
	rows, _ := tx.Query(ctx, "select threshold, value from aidledger.check_thresholds where ledger = $1", ledger)
	var name string
	var value int
	_, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		values[name] = value
		return nil
	})
	return values, err
}

// Bytes is how much room the read models take on disk.
func (db *DB) Bytes(ctx context.Context) (n int64, err error) {
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&n)
	})
	return n, err
}
