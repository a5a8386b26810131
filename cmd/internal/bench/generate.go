package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
)

// The size of the generated programme, which is that of a large county over
// ten years.
const (
	providers = 50 // unless the Config says otherwise
	years     = 10
	firstYear = 2010
	projects  = 300
	villages  = 500
	seed      = 20160101
	batchSize = 1000
)

// largeLedger holds the generated programme.
const largeLedger = "bench-large"

func mustAmount(s string) domain.Amount {
	a, err := domain.ParseAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

var (
	plenty = mustAmount("10000000000")
	cent   = mustAmount("0.01")
)

// small is a programme with one fund and one project that can be paid.
func small() []domain.Command {
	return []domain.Command{
		&domain.OpenLedger{Title: "Benchmark (invented)", Invented: true},
		&domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"},
		&domain.RegisterProject{Project: "road", Name: "Road"},
		&domain.SetTargets{Project: "road", Targets: []domain.Target{{Indicator: "length", Value: domain.WholeQuantity(3), Unit: "km"}}},
		&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}},
		&domain.CommitFunds{FundInput: domain.FundInput{Fund: "fund", Provider: "giver", Amount: plenty}, Evidence: domain.Evidence{Document: "1"}},
		&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "fund", Amount: plenty}},
		&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: plenty}, Project: "road"},
	}
}

func payment() domain.Command {
	return &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: cent}, Project: "road"}
}

// submit records commands that must all be accepted.
func submit(ctx context.Context, to *eventstore.Store, ledger string, commands []domain.Command) error {
	for some := range slices.Chunk(commands, batchSize) {
		batch := make([]eventstore.Request, len(some))
		for i, c := range some {
			batch[i] = request(c)
		}
		for i, out := range to.SubmitBatch(ctx, ledger, batch, false) {
			if out.Err != nil {
				return fmt.Errorf("%s: %w", domain.CommandName(some[i]), out.Err)
			}
		}
	}
	return nil
}

// generate fills the large ledger with a fixed seed: one event per command.
func (b *bench) generate(ctx context.Context) error {
	r := rand.New(rand.NewPCG(seed, seed))
	commands := frame(b.providers)
	row, err := b.timed("generate", "commands", b.Events, func() error {
		for done := 0; done < b.Events; done += len(commands) {
			if done > 0 {
				commands = commands[:0]
				for range min(batchSize, b.Events-done) {
					commands = append(commands, disbursement(r, b.providers))
				}
			}
			if err := submit(ctx, b.large, largeLedger, commands); err != nil {
				return err
			}
			b.Progress("generate", uint64(done), uint64(b.Events))
		}
		return nil
	})
	if err != nil {
		return err
	}
	row.Note = "batches of 1,000 commands in process"
	b.record(row)
	return nil
}

// frame opens the large ledger: providers, funds, villages, projects and the
// allocations that the disbursements use up.
func frame(providers int) []domain.Command {
	out := []domain.Command{
		&domain.OpenLedger{Title: "Large benchmark (invented)", Invented: true},
		&domain.RegisterPlace{Place: "130732", Name: "County", Level: "county"},
		&domain.RegisterPlace{Place: "130732100", Name: "Township", Level: "township", Parent: "130732"},
	}
	for v := range villages {
		out = append(out, &domain.RegisterPlace{Place: village(v), Name: fmt.Sprintf("Village %d", v), Level: "village", Parent: "130732100"})
	}
	for p := range projects {
		id := project(p)
		half, _ := domain.ParseQuantity("50")
		out = append(out,
			&domain.RegisterProject{Project: id, Name: fmt.Sprintf("Project %d", p)},
			&domain.SetTargets{Project: id, Targets: []domain.Target{{Indicator: "people", Value: domain.WholeQuantity(100), Unit: "人"}}},
			&domain.AssignPlaces{Project: id, Shares: []domain.PlaceShare{{Place: village(villagesOf(p)[0]), Percent: half}, {Place: village(villagesOf(p)[1]), Percent: half}}},
			&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: id}})
	}
	for o := range providers {
		provider := domain.ID(fmt.Sprintf("provider-%d", o))
		out = append(out, &domain.RegisterOrganisation{Organisation: provider, Name: fmt.Sprintf("Provider %d", o), Kind: "government"})
		for y := range years {
			on := domain.Evidence{Date: day(y, 0), Document: fmt.Sprintf("%d-%d", o, y)}
			f := domain.FundInput{Fund: fund(o, y), Provider: provider, BudgetYear: firstYear + y, Amount: plenty}
			out = append(out, &domain.CommitFunds{FundInput: f, Evidence: on}, &domain.ReceiveFunds{FundInput: f, Evidence: domain.Evidence{Date: day(y, 0)}})
		}
	}
	for l := range lines(providers) {
		o, y, p := line(l, providers)
		out = append(out, &domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: fund(o, y), Amount: mustAmount("100000000")}, Project: project(p), Evidence: domain.Evidence{Date: day(y, 1)}})
	}
	return out
}

// lines is how many allocations there are: four projects for each fund.
func lines(providers int) int { return 4 * providers * years }

func line(l, providers int) (provider, year, prj int) {
	f := l / 4
	return f % providers, f / providers, (l * 7) % projects
}

func disbursement(r *rand.Rand, providers int) domain.Command {
	o, y, p := line(r.IntN(lines(providers)), providers)
	return &domain.DisburseFunds{
		FundAmount: domain.FundAmount{Fund: fund(o, y), Amount: cent}, Project: project(p),
		Place:    village(villagesOf(p)[r.IntN(2)]),
		Evidence: domain.Evidence{Date: day(y, 2+r.IntN(360))},
	}
}

func village(v int) domain.ID { return domain.ID(fmt.Sprintf("v-%03d", v)) }
func project(p int) domain.ID { return domain.ID(fmt.Sprintf("p-%03d", p)) }
func fund(o, y int) domain.ID { return domain.ID(fmt.Sprintf("f-%d-%d", o, firstYear+y)) }
func villagesOf(p int) [2]int { return [2]int{(2 * p) % villages, (2*p + 1) % villages} }
func day(y, d int) domain.Date {
	return domain.DateOf(time.Date(firstYear+y, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d))
}
