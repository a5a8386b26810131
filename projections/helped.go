package projections

import (
	"context"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// helpedCounts is what benefits do to the numbers of people who were helped:
// one line for each benefit, which counts one, or takes one back.
type helpedCounts struct {
	ledgers, beneficiaries, kinds, places, projects, currencies []string
	years, amounts, counts                                      []int64
}

func (h *helpedCounts) add(ledger string, e *domain.BenefitRecorded) {
	count := int64(1)
	if e.Reverses != "" {
		count = -1
	}
	h.ledgers, h.beneficiaries, h.kinds = append(h.ledgers, ledger), append(h.beneficiaries, string(e.Beneficiary)), append(h.kinds, e.Kind)
	h.places, h.projects, h.years = append(h.places, string(e.Place)), append(h.projects, string(e.Project)), append(h.years, int64(e.Period.Year()))
	h.currencies, h.amounts, h.counts = append(h.currencies, string(e.Amount.Currency)), append(h.amounts, e.Amount.Minor), append(h.counts, count)
}

// helpedSQL adds the lines of a batch up for each person in each dimension. Who
// has the first benefit there is counted, and who has lost the last one is not.
const helpedSQL = `with lines as (
		select ledger, dimension, key, currency, beneficiary, kind, sum(count)::bigint as benefits, sum(amount)::bigint as amount
		from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[])
				l (ledger, beneficiary, kind, place, project, currency, year, amount, count)
			cross join lateral (values ('village', place), ('project', project), ('year', year::text), ('all', '')) d (dimension, key)
		group by ledger, dimension, key, currency, beneficiary, kind
	), people as (
		insert into helped_people as h (ledger, dimension, key, currency, beneficiary, kind, benefits)
		select ledger, dimension, key, currency, beneficiary, kind, benefits from lines
		on conflict (ledger, dimension, key, currency, beneficiary, kind) do update set benefits = h.benefits + excluded.benefits
		returning ledger, dimension, key, currency, beneficiary, kind, benefits
	), more as (
		select l.*, (p.benefits > 0)::integer - (p.benefits - l.benefits > 0)::integer as people
		from lines l join people p using (ledger, dimension, key, currency, beneficiary, kind)
	)
	insert into helped as h (ledger, dimension, key, currency, persons, households, benefits, amount)
	select ledger, dimension, key, currency, coalesce(sum(people) filter (where kind = 'person'), 0),
		coalesce(sum(people) filter (where kind = 'household'), 0), sum(benefits), sum(amount)
	from more group by ledger, dimension, key, currency
	on conflict (ledger, dimension, key, currency) do update set persons = h.persons + excluded.persons,
		households = h.households + excluded.households, benefits = h.benefits + excluded.benefits, amount = h.amount + excluded.amount`

func (h *helpedCounts) flush(ctx context.Context, tx pgx.Tx) error {
	if len(h.ledgers) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, helpedSQL, h.ledgers, h.beneficiaries, h.kinds, h.places, h.projects, h.currencies, h.years, h.amounts, h.counts)
	return err
}

// Helped counts people who were helped, each once, however often they were.
// Amounts are what they got, in decimal text.
type Helped struct {
	Key        string          `json:"key"`
	Persons    int64           `json:"persons"`
	Households int64           `json:"households"`
	Benefits   int64           `json:"benefits"`
	Amount     *string         `json:"amount"`
	Currency   domain.Currency `json:"currency"`
}

// HelpedList is how many people were helped by village, project or year, and
// Together how many that are in all: less than the sum, where somebody was helped
// in several.
type HelpedList struct {
	By       string              `json:"by"`
	Position eventstore.Position `json:"position"`
	Rows     []Helped            `json:"rows"`
	Together []Helped            `json:"together"` // one for each currency
}

// PeopleHelped counts who was helped by village, project or year.
func (db *DB) PeopleHelped(ctx context.Context, ledger, by string) (HelpedList, error) {
	out := HelpedList{By: by}
	column, ok := map[string]string{"village": "place", "project": "project", "year": "year::text"}[by]
	if !ok {
		return out, fail(BadQuery, "use village, project or year", "people are not counted by %.100q", by)
	}
	c := &conditions{args: []any{ledger}}
	count := func(dimension, _ string) string {
		return `select key, persons, households, benefits, amount, currency from aidledger.helped
			where ledger = $1 and dimension = '` + dimension + `' and benefits > 0 order by key, currency`
	}
	if within := c.benefitsWithin(db.within); within != "" { // who sees a part sees numbers of that part
		count = func(_, key string) string { return countHelped(key, within) }
	}
	err := db.at(ctx, ledger, func(tx pgx.Tx) (err error) {
		if out.Position, err = position(ctx, tx, ledger, beneficiariesProjection.name); err != nil {
			return err
		}
		if out.Rows, err = helped(ctx, tx, count(by, column), c.args...); err != nil {
			return err
		}
		out.Together, err = helped(ctx, tx, count("all", "''"), c.args...)
		return err
	})
	return out, err
}

// countHelped counts over all benefits, each beneficiary once.
func countHelped(key, within string) string {
	return `select ` + key + `, count(distinct beneficiary) filter (where kind = 'person'), count(distinct beneficiary) filter (where kind = 'household'),
			count(*), sum(amount)::bigint, currency
		from aidledger.benefits b where ledger = $1 and reverses = ''` + within + `
			and not exists (select from aidledger.benefits r where r.ledger = $1 and r.reverses = b.entry)
		group by 1, currency order by 1, currency`
}

func helped(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]Helped, error) {
	rows, _ := tx.Query(ctx, sql, args...)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Helped, error) {
		var v Helped
		var amount *int64
		err := row.Scan(&v.Key, &v.Persons, &v.Households, &v.Benefits, &amount, &v.Currency)
		v.Amount = decimal(amount, v.Currency)
		return v, err
	})
}
