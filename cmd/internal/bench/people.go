package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"aidledger/domain"
	"aidledger/projections"
)

// peopleGrowth is what grows with the people who are helped.
var peopleGrowth = []growthCase{
	{"rebuild", "s", 0, (*bench).growRebuild},
	{"page of beneficiaries", "ms", logarithmic, (*bench).growBeneficiaries},
	{"people helped, by village", "ms", logarithmic, (*bench).growHelped},
	{"totals of all years", "ms", logarithmic, totalsGrowth("year", "")},
	{"one benefit, p50", "ms", logarithmic, (*bench).growBenefit},
	{"start, to the first command", "s", 0, (*bench).growStart},
}

// beneficiary is the pseudonym of somebody. What is personal is sealed before a
// command comes to the log, so what is sealed here is of the usual length.
func beneficiary(n int) domain.ID { return domain.ID("b-" + strconv.Itoa(n)) }

func sealed(n int) (p domain.Personal) {
	p.Seal(fmt.Sprintf("%064d", n))
	return p
}

// help fills the large ledger with beneficiaries, each of whom got two benefits.
func (b *bench) help(ctx context.Context) error {
	commands := append(frame(b.providers), paid("paid"))
	for n := range b.beneficiaries {
		commands = append(commands, &domain.RegisterBeneficiary{Beneficiary: beneficiary(n), Kind: "person", Place: village(n % villages),
			Name: sealed(n), IDNumber: sealed(n)})
	}
	for year := range 2 {
		var all []domain.BenefitLine
		for n := range b.beneficiaries {
			all = append(all, domain.BenefitLine{Beneficiary: beneficiary(n), Amount: cent})
		}
		for some := range slices.Chunk(all, batchSize) {
			commands = append(commands, &domain.RecordBenefits{BenefitInput: benefitOf(year), Benefits: some})
		}
	}
	return submit(ctx, b.large, largeLedger, commands)
}

// paid is a payment of a project that benefits are taken from.
func paid(id domain.ID) domain.Command {
	o, y, p := line(0, providers)
	return &domain.DisburseFunds{Disbursement: id, FundAmount: domain.FundAmount{Fund: fund(o, y), Amount: mustAmount("1000000")}, Project: project(p),
		Evidence: domain.Evidence{Date: day(y, 2)}}
}

func benefitOf(year int) domain.BenefitInput {
	_, y, p := line(0, providers)
	return domain.BenefitInput{Project: project(p), Period: day(y+year, 1), Disbursement: "paid"}
}

func (b *bench) growBeneficiaries(ctx context.Context) (float64, error) {
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		page, err := b.views.Beneficiaries(ctx, projections.ListQuery{Ledger: largeLedger, After: string(beneficiary(b.beneficiaries / 2))})
		return len(page.Rows), err
	})
}

func (b *bench) growHelped(ctx context.Context) (float64, error) {
	return b.asking(ctx, func(ctx context.Context) (int, error) {
		all, err := b.views.PeopleHelped(ctx, largeLedger, "village")
		return len(all.Rows), err
	})
}

// growBenefit measures the milliseconds that a benefit takes: each goes to
// somebody else, in a period of its own.
func (b *bench) growBenefit(ctx context.Context) (float64, error) {
	n := 0
	row, err := b.load(ctx, "benefit", 1, 1, func(ctx context.Context, _ int) error {
		in := benefitOf(2 + n/b.beneficiaries)
		c := &domain.RecordBenefits{BenefitInput: in, Benefits: []domain.BenefitLine{{Beneficiary: beneficiary(n % b.beneficiaries), Amount: cent}}}
		n++
		_, err := b.large.Submit(ctx, largeLedger, request(c))
		return err
	})
	return float64(row.P50) / float64(time.Millisecond), err
}

// clientGrowth is what grows with the clients that work at the same time.
var clientGrowth = []growthCase{
	{"rebuild", "s", 0, (*bench).growRebuild},
	{"command, p50", "ms", 0, func(b *bench, ctx context.Context) (float64, error) { return commandGrowth(b.clients)(b, ctx) }},
	{"command, for each client", "ms", logarithmic, (*bench).growShare},
	{"totals of all years, p50", "ms", 0, (*bench).growAsked},
}

// growShare measures the milliseconds for a command by the rate of all clients:
// it grows where they stand in each other's way.
func (b *bench) growShare(ctx context.Context) (float64, error) {
	row, err := b.recordAll(ctx, b.clients)
	return 1000 / row.Rate, err
}

func (b *bench) growAsked(ctx context.Context) (float64, error) {
	row, err := b.load(ctx, "query", b.clients, 1, func(ctx context.Context, _ int) error {
		_, err := b.views.Totals(ctx, projections.TotalsQuery{Ledger: largeLedger, By: "year"})
		return err
	})
	return float64(row.P50) / float64(time.Millisecond), err
}
