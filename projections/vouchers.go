package projections

import (
	"context"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// Voucher is a voucher number that an organisation has used.
type Voucher struct {
	Organisation domain.ID   `json:"organisation"`
	Number       string      `json:"number"`
	Date         domain.Date `json:"date"` // of the first entry under it
	Entry        string      `json:"entry"`
}

// vouchersMax is how many numbers of one year are looked at.
const vouchersMax = 50_000

// Vouchers lists the voucher numbers of a year by organisation and number; of
// one organisation where it is not empty. A number stays used when its payment
// was taken back.
func (db *DB) Vouchers(ctx context.Context, ledger string, year int, organisation domain.ID) (all []Voucher, err error) {
	err = db.at(ctx, ledger, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select payer, voucher, min(date)::text, min(entry) from aidledger.journal j
			where ledger = $1 and year = $2::smallint and voucher <> '' and reverses = '' and ($3 = '' or payer = $3)
			group by 1, 2 order by 1, 2 limit $4`, ledger, year, organisation, vouchersMax)
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Voucher, err error) {
			var date string
			if err = row.Scan(&v.Organisation, &v.Number, &date, &v.Entry); err == nil {
				v.Date, err = domain.ParseDate(date)
			}
			return v, err
		})
		return err
	})
	return all, err
}
