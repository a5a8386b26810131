package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// Balance says of one fund or project whether what went in is what came out and
// what remains, of one kind of money and currency. What went in and out is added
// up from the movements by where they lead; what remains is that of the totals,
// which are added up on their own. Amounts are decimal text.
type Balance struct {
	Node
	Of       string          `json:"of"` // funding, cash, goods, allocation, payments, allocated-to-places or disbursed-to-places
	Currency domain.Currency `json:"currency"`
	In       string          `json:"in"`
	Out      string          `json:"out"`
	Remains  string          `json:"remains"`
	Holds    bool            `json:"holds"`
}

// balance is a kind of money that goes in and out of a fund or project.
type balance struct {
	of      string
	in, out []domain.Stage
	remains func(domain.Sums) int64
}

var balances = map[string][]balance{
	"fund": {
		{"funding", []domain.Stage{domain.Committed, domain.Recognised, domain.CarriedIn}, []domain.Stage{domain.CarriedOut, domain.Allocated}, domain.Sums.Unallocated},
		{"cash", []domain.Stage{domain.Received, domain.CarriedIn, domain.Returned}, []domain.Stage{domain.CarriedOut, domain.Disbursed, domain.Repaid}, domain.Sums.Cash},
		{"goods", []domain.Stage{domain.InKind}, []domain.Stage{domain.Distributed}, domain.Sums.Held},
	},
	"project": {
		{"allocation", []domain.Stage{domain.Allocated}, []domain.Stage{domain.Disbursed}, domain.Sums.Undisbursed},
		{"payments", []domain.Stage{domain.Disbursed}, []domain.Stage{domain.Spent, domain.Returned}, domain.Sums.Unspent},
	},
}

// conserved adds to a trace the balances of all funds and projects on the way,
// each as a whole. Who may see only a part does not get them.
func (t *Trace) conserved(ctx context.Context, tx pgx.Tx, q TraceQuery) error {
	if !q.within.IsZero() {
		return nil
	}
	ids := map[string]map[string]Node{"fund": {}, "project": {}}
	for _, e := range slices.Concat(t.Up, t.Down) {
		for _, n := range []Node{e.From, e.To} {
			noun := n.Noun
			if noun == "gift" {
				noun = "fund"
			}
			if ids[noun] != nil {
				ids[noun][n.ID] = n
			}
		}
	}
	for _, noun := range []string{"fund", "project"} {
		list := slices.AppendSeq([]string{}, maps.Keys(ids[noun])) // nil would stand for all
		found, err := readBalances(ctx, tx, q.Ledger, noun, list, q.AsOf)
		if err != nil {
			return err
		}
		for i := range found {
			found[i].Node = ids[noun][found[i].ID]
		}
		t.Conservation = append(t.Conservation, found...)
	}
	return nil
}

// account is the money of one fund or project in one currency.
type account struct {
	id             string
	currency       domain.Currency
	moved, totals  domain.Sums
	placed, others domain.Sums // of the movements, with a place and without
}

// readBalances reads the balances of some funds or projects; of all where ids is
// nil. It reads nothing while the totals and the movements are not of one block.
func readBalances(ctx context.Context, tx pgx.Tx, ledger, noun string, ids []string, as AsOf) ([]Balance, error) {
	c := &conditions{args: []any{ledger, noun, ids}}
	c.asOf(as)
	c.andFlow("($3::text[] is null or " + noun + " = any($3))")
	moved := c.sums()
	totals := `select key, currency, stage, amount from aidledger.totals
		where ledger = $1 and dimension = $2 and year = 0 and ($3::text[] is null or key = any($3))`
	if !as.IsZero() { // there are no totals of the past apart from those of flows
		totals = `select ` + noun + `, currency, stage, sum(amount) from moved where $2 <> '' group by 1, 2, 3`
	}
	rows, _ := tx.Query(ctx, `with moved as materialized (`+moved+`)
		select kind, key, currency, stage, amount::bigint from (
			select 0 as kind, `+noun+` as key, currency, stage, sum(amount) as amount from moved where place = '' group by 2, 3, 4
			union all
			select 1, `+noun+`, currency, stage, sum(amount) from moved where place <> '' group by 2, 3, 4
			union all
			select 2, t.* from (`+totals+`) t (key, currency, stage, amount)) s
		where key <> '' and (select count(distinct block) from aidledger.checkpoint where projection in ('journal', 'totals')) = 1
		order by key, currency`, c.args...)
	var accounts []account
	var kind int
	var key, currency string
	var stage domain.Stage
	var amount int64
	_, err := pgx.ForEachRow(rows, []any{&kind, &key, &currency, into(&stage), &amount}, func() error {
		if last := len(accounts) - 1; last < 0 || accounts[last].id != key || accounts[last].currency != domain.Currency(currency) {
			accounts = append(accounts, account{id: key, currency: domain.Currency(currency)})
		}
		a := &accounts[len(accounts)-1]
		sums := []*domain.Sums{&a.others, &a.placed, &a.totals}[kind]
		sums[stage] += amount
		if kind < 2 {
			a.moved[stage] += amount
		}
		return nil
	})
	var all []Balance
	for _, a := range accounts {
		all = append(all, a.balances(noun)...)
	}
	return all, err
}

// balances returns those of an account in which anything has moved.
func (a *account) balances(noun string) (all []Balance) {
	add := func(of string, in, out, remains int64) {
		if in == 0 && out == 0 && remains == 0 {
			return
		}
		text := func(minor int64) string { return domain.Money{Minor: minor, Currency: a.currency}.Decimal() }
		all = append(all, Balance{Node: Node{Noun: noun, ID: a.id}, Of: of, Currency: a.currency,
			In: text(in), Out: text(out), Remains: text(remains), Holds: in == out+remains})
	}
	for _, b := range balances[noun] {
		var in, out int64
		for _, s := range b.in {
			in += a.moved[s]
		}
		for _, s := range b.out {
			out += a.moved[s]
		}
		add(b.of, in, out, b.remains(a.totals))
	}
	if noun == "project" {
		for _, s := range []domain.Stage{domain.Allocated, domain.Disbursed} {
			add(s.String()+"-to-places", a.totals[s], a.placed[s], a.others[s])
		}
	}
	return all
}

// unbalanced finds the funds and projects of a ledger whose money is not
// conserved. That is an error of the read models, or of the program.
func unbalanced(ctx context.Context, tx pgx.Tx, ledger string) (found []Suspicion, err error) {
	for _, noun := range []string{"fund", "project"} {
		all, err := readBalances(ctx, tx, ledger, noun, nil, AsOf{})
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			if !b.Holds {
				found = append(found, Suspicion{Check: "conservation", Severity: "severe", About: domain.ID(b.ID),
					Key: fmt.Sprintf("%s %s %s", b.ID, b.Of, b.Currency),
					Text: fmt.Sprintf("of the %s of %s, %s %s went in, and %s came out and %s remains: run aidledger verify", b.Of, b.ID,
						b.In, b.Currency, b.Out, b.Remains)})
			}
		}
	}
	return found, nil
}
