package chaos

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
)

// stage is what a step of a random programme does with money.
type stage int

const (
	receiving stage = iota
	allocating
	paying
	reversing
	stages
)

// step is one command of a random programme. Of is the step that a reversal
// takes back, as an index of all steps.
type step struct {
	stage stage
	fund  int
	fen   int64
	of    int
}

// model is a ledger as a child would keep it: four numbers for each fund. It
// knows nothing of events, blocks and logs.
type model struct {
	funds    map[int]account
	steps    []step
	recorded map[int]bool
	reversed map[int]bool
	careless bool // does not look at the cash before it pays
}

type account struct{ committed, received, allocated, paid int64 }

func newModel(funds int, committed int64) *model {
	m := &model{funds: map[int]account{}, recorded: map[int]bool{}, reversed: map[int]bool{}}
	for i := range funds {
		m.funds[i] = account{committed: committed}
	}
	return m
}

// do takes the next step and tells whether a rule allows it.
func (m *model) do(s step) bool {
	at := len(m.steps)
	m.steps = append(m.steps, s)
	a := m.funds[s.fund]
	switch s.stage {
	case receiving:
		a.received += s.fen
	case allocating:
		if a.allocated+s.fen > a.committed {
			return false
		}
		a.allocated += s.fen
	case paying:
		if a.paid+s.fen > a.allocated || a.paid+s.fen > a.received && !m.careless {
			return false
		}
		a.paid += s.fen
	case reversing:
		return m.reverse(at, s.of)
	}
	m.funds[s.fund], m.recorded[at] = a, true
	return true
}

func (m *model) reverse(at, of int) bool {
	if of >= at || !m.recorded[of] || m.reversed[of] || m.steps[of].stage == reversing {
		return false
	}
	old := m.steps[of]
	a := m.funds[old.fund]
	switch old.stage {
	case receiving:
		a.received -= old.fen
	case allocating:
		a.allocated -= old.fen
	case paying:
		a.paid -= old.fen
	}
	if a.paid > a.allocated || a.paid > a.received {
		return false
	}
	m.funds[old.fund], m.recorded[at], m.reversed[of] = a, true, true
	return true
}

// doAll takes steps that are all or nothing, and tells whether they were
// allowed. It costs the same however many there were before.
func (m *model) doAll(steps []step) bool {
	first, before := len(m.steps), maps.Clone(m.funds)
	whole := true
	var reversed []int
	for _, s := range steps {
		allowed := m.do(s)
		if whole = whole && allowed; allowed && s.stage == reversing {
			reversed = append(reversed, s.of)
		}
	}
	if whole {
		return true
	}
	m.funds = before
	for at := range steps {
		delete(m.recorded, first+at)
	}
	for _, of := range reversed {
		delete(m.reversed, of)
	}
	return false
}

// stepID is the id of the command of a step.
func stepID(n int) string { return fmt.Sprint("step-", n) }

func (s step) command() domain.Command {
	switch s.stage {
	case receiving:
		return &domain.ReceiveFunds{FundInput: domain.FundInput{Fund: fundID(s.fund), Amount: fen(s.fen)}}
	case allocating:
		return allocate(s.fund, s.fen)
	case paying:
		return pay(s.fund, s.fen)
	}
	return &domain.ReverseEntry{Entry: stepID(s.of), Reason: "a mistake"}
}

func (s step) request(n int) request {
	return request{ID: stepID(n), Command: s.command(), Actor: "owner", Role: "owner"}
}

// committedOnly returns the commands that open a ledger whose funds were
// committed and have received nothing yet.
func committedOnly(funds int, committed int64) []domain.Command {
	commands := programme(0, 0)
	for i := range funds {
		commands = append(commands, &domain.CommitFunds{FundInput: domain.FundInput{Fund: fundID(i), Provider: "giver", Amount: fen(committed)},
			Evidence: domain.Evidence{Document: fmt.Sprintf("doc-%d", i)}})
	}
	return commands
}

// compareStep tells where the ledger and the model do not agree.
func compareStep(n int, s step, allowed bool, out eventstore.Outcome) error {
	if _, failed := out.Err.(*eventstore.Failure); failed {
		return fmt.Errorf("step %d: %w", n, out.Err)
	}
	if allowed != (out.Err == nil) {
		return violated("step %d, %+v: the model says %t, the ledger says %q", n, s, allowed, codeOf(out.Err))
	}
	return nil
}

// programmes gives random commands to the ledger and to the model, alone, in
// batches, all or nothing, and again, with restarts between them.
func programmes(ctx context.Context, r *Run) error {
	const funds = 40
	committed := int64(r.scale(5_000, 200_000))
	dir := filepath.Join(r.Dir, "nats")
	m := newModel(funds, committed)
	m.careless = r.Unprotected
	c := &clock{now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	total, restarts := r.scale(6_000, 1_000_000), r.scale(4, 20)
	refused, repeated := 0, 0
	for part := range restarts {
		err := withStore(ctx, dir, c, func(store *eventstore.Store) error {
			if part == 0 {
				if err := must(ctx, store.Submit, ledger, committedOnly(funds, committed)...); err != nil {
					return err
				}
			}
			for len(m.steps) < total*(part+1)/restarts {
				n, again, err := r.batchOf(ctx, store, m)
				refused, repeated = refused+n, repeated+again
				if err != nil {
					return err
				}
			}
			t, err := audit(ctx, store)
			if err != nil {
				return err
			}
			for i := range funds {
				id, a := string(fundID(i)), m.funds[i]
				if t.paid[id] != a.paid || t.left[id] != a.allocated-a.paid {
					return violated("fund %d: the model has %+v, the log %d paid and %d left", i, a, t.paid[id], t.left[id])
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if refused == 0 || refused == total || repeated == 0 || len(m.reversed) == 0 {
		return errNothing
	}
	r.figure("%d commands (%d refused, %d reversals, %d repeated), %d restarts: 0 differences from the model", len(m.steps), refused, len(m.reversed), repeated, restarts)
	return nil
}

func (r *Run) randomStep(m *model, offset int) step {
	s := step{stage: stage(r.dice.IntN(int(stages))), fund: r.dice.IntN(len(m.funds)), fen: 1 + r.dice.Int64N(60)}
	if s.stage == reversing {
		s.of = max(len(m.steps)+offset-1-r.dice.IntN(200), 0)
	}
	return s
}

// batchOf sends some random steps, and some of them again.
func (r *Run) batchOf(ctx context.Context, store *eventstore.Store, m *model) (refused, repeated int, err error) {
	atomic := r.dice.IntN(8) == 0
	size := 1 + r.dice.IntN(200)
	if atomic {
		size = 1 + r.dice.IntN(3)
	}
	steps, requests := make([]step, size), make([]request, size)
	first := len(m.steps)
	for i := range steps {
		steps[i] = r.randomStep(m, i)
		requests[i] = steps[i].request(first + i)
	}
	outcomes := store.SubmitBatch(ctx, ledger, requests, atomic)
	if atomic {
		return r.judgeAtomic(m, steps, outcomes)
	}
	for i, s := range steps {
		allowed := m.do(s)
		if !allowed {
			refused++
		}
		if err := compareStep(first+i, s, allowed, outcomes[i]); err != nil {
			return refused, repeated, err
		}
	}
	// What was refused may be allowed by now, and would be recorded.
	known := 0
	for known < min(size, 3) && outcomes[known].Err == nil {
		known++
	}
	for i, out := range store.SubmitBatch(ctx, ledger, requests[:known], false) {
		if out.Err != nil || !out.Receipt.Repeated || out.Receipt.Position != outcomes[i].Receipt.Position {
			return refused, repeated, violated("step %d again: %+v, %v; first it was %+v", first+i, out.Receipt, out.Err, outcomes[i].Receipt)
		}
		repeated++
	}
	return refused, repeated, nil
}

// judgeAtomic compares a batch that is recorded as a whole or not at all.
func (r *Run) judgeAtomic(m *model, steps []step, outcomes []eventstore.Outcome) (refused, repeated int, err error) {
	whole := m.doAll(steps)
	recorded := true
	for _, out := range outcomes {
		recorded = recorded && out.Err == nil
	}
	if whole != recorded {
		var codes []string
		for _, out := range outcomes {
			codes = append(codes, codeOf(out.Err))
		}
		return 0, 0, violated("a batch of %+v: the model says %t, the ledger says %q", steps, whole, codes)
	}
	if whole {
		return 0, 0, nil
	}
	return len(steps), 0, nil
}
