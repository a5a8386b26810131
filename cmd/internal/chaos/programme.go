package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
)

// ledger is the name of the ledger that most scenarios write to.
const ledger = "chaos"

type (
	request = eventstore.Request
	receipt = eventstore.Receipt
)

// submit records one command: Store.Submit, or the same over HTTP.
type submit func(ctx context.Context, ledger string, r request) (receipt, error)

// quiet drops what the store would log: a scenario looks at the errors itself.
var quiet = slog.New(slog.DiscardHandler)

var keys atomic.Uint64

// ask makes a request with an id of its own.
func ask(c domain.Command) eventstore.Request {
	return eventstore.Request{ID: fmt.Sprintf("chaos-%d-%d", time.Now().UnixNano(), keys.Add(1)), Command: c, Actor: "owner", Role: "owner"}
}

// fen returns an amount of so many fen.
func fen(n int64) domain.Amount {
	a, err := domain.ParseAmount(fmt.Sprintf("%d.%02d", n/100, n%100))
	if err != nil {
		panic(err) // of a number that a scenario chose
	}
	return a
}

func fundID(i int) domain.ID { return domain.ID(fmt.Sprintf("fund-%d", i)) }

func pay(fund int, minor int64) *domain.DisburseFunds {
	return &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: fundID(fund), Amount: fen(minor)}, Project: "road"}
}

func allocate(fund int, minor int64) *domain.AllocateFunds {
	return &domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: fundID(fund), Amount: fen(minor)}, Project: "road"}
}

// plenty is more cash, in fen, than any scenario pays out of one fund.
const plenty = 100_000_000_00

// programme returns the commands that open a ledger with one project and so
// many funds that hold plenty of cash, of which each allocates some fen.
func programme(funds int, allocated int64) []domain.Command {
	commands := []domain.Command{
		&domain.OpenLedger{Title: "Chaos"},
		&domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"},
		&domain.RegisterProject{Project: "road", Name: "Road"},
		&domain.SetTargets{Project: "road", Targets: []domain.Target{{Indicator: "km", Value: domain.WholeQuantity(3), Unit: "km"}}},
		&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}},
	}
	for i := range funds {
		commands = append(commands,
			&domain.CommitFunds{FundInput: domain.FundInput{Fund: fundID(i), Provider: "giver", Amount: fen(plenty)},
				Evidence: domain.Evidence{Document: fmt.Sprintf("doc-%d", i)}},
			&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: fundID(i), Amount: fen(plenty)}})
		if allocated > 0 {
			commands = append(commands, allocate(i, allocated))
		}
	}
	return commands
}

// must records commands that no rule refuses.
func must(ctx context.Context, do submit, name string, commands ...domain.Command) error {
	for _, c := range commands {
		if _, err := insist(ctx, do, name, ask(c)); err != nil {
			return fmt.Errorf("%s: %w", domain.CommandName(c), err)
		}
	}
	return nil
}

// codeOf returns the stable code of an error, "" where there is none.
func codeOf(err error) string {
	var failure *eventstore.Failure
	var refusal *domain.Refusal
	var problem *web.Problem
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return failure.Code
	case errors.As(err, &refusal):
		return refusal.Code
	case errors.As(err, &problem):
		return problem.Code
	}
	return "unknown: " + err.Error()
}

// tally is what a log holds.
type tally struct {
	blocks  uint64
	entries map[string]int   // how often each entry was recorded
	paid    map[string]int64 // fen that were disbursed, by fund
	left    map[string]int64 // fen that are allocated and not disbursed, by fund
	lowest  int64            // of all values that left ever had
	last    map[string]eventstore.Hash
}

func newTally() *tally {
	return &tally{entries: map[string]int{}, paid: map[string]int64{}, left: map[string]int64{}, last: map[string]eventstore.Hash{}}
}

// audit reads a whole log from its first byte to its end, and checks the chain.
// It asks again where the log does not answer, as while its leader changes.
func audit(ctx context.Context, store *eventstore.Store) (t *tally, err error) {
	waited := until(ctx, "reading the log", func() bool {
		var end uint64
		if end, err = store.End(ctx); err == nil {
			t, err = auditTo(ctx, store, end)
		}
		return !eventstore.Is(err, eventstore.LogUnavailable)
	})
	return t, cmp.Or(err, waited)
}

func auditTo(ctx context.Context, store *eventstore.Store, end uint64) (*tally, error) {
	t := newTally()
	if end == 0 {
		return t, nil // until 0 would follow the log for ever
	}
	for m, err := range store.Blocks(ctx, 0, end) {
		if err != nil {
			return t, err
		}
		b, err := eventstore.Decode(m)
		if err != nil {
			return t, err
		}
		if b.Previous != t.last[b.Ledger] {
			return t, violated("block %d does not carry the hash of the block before it", b.Sequence)
		}
		t.last[b.Ledger] = b.Hash
		t.add(b)
	}
	if t.blocks != end {
		return t, violated("the log has %d blocks and says that it ends with %d", t.blocks, end)
	}
	return t, nil
}

func (t *tally) add(b *eventstore.Block) {
	t.blocks++
	for _, e := range b.Entries {
		t.entries[e.ID]++
		for _, event := range e.Events {
			for _, m := range domain.Movements(event.Fact) {
				fund := string(m.Fund)
				switch m.Stage {
				case domain.Disbursed:
					t.paid[fund] += m.Money.Minor
					t.left[fund] -= m.Money.Minor
				case domain.Allocated:
					t.left[fund] += m.Money.Minor
				}
				t.lowest = min(t.lowest, t.left[fund])
			}
		}
	}
}

// compare looks for every acknowledged payment in the log. payments holds the
// fen of each, by the id of its entry.
func (t *tally) compare(payments map[string]int64) error {
	lost, twice := 0, 0
	for id := range payments {
		if t.entries[id] == 0 {
			lost++
		}
	}
	for _, n := range t.entries {
		if n > 1 {
			twice++
		}
	}
	if lost > 0 || twice > 0 {
		return violated("of %d acknowledged payments %d are lost, and %d entries were recorded twice", len(payments), lost, twice)
	}
	return nil
}

// total is how many fen were disbursed, of all funds together.
func (t *tally) total() (sum int64) {
	for paid := range maps.Values(t.paid) {
		sum += paid
	}
	return sum
}
