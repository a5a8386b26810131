// Package checks runs the checks over the read models and records what they
// find: it raises each thing that is odd once, as a finding, and closes the
// finding when the facts have changed.
package checks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// Actor is who raises and closes the findings of checks.
const Actor = "checks"

// Checker runs checks. Now is its clock.
type Checker struct {
	Store  *eventstore.Store
	Views  *projections.DB
	Runner *projections.Runner
	Now    func() time.Time
	Log    *slog.Logger
}

// Outcome says what a run of all checks over a ledger led to. Found is what is
// odd now, whether it was known or not.
type Outcome struct {
	Ledger string                  `json:"ledger"`
	Date   domain.Date             `json:"date"`
	Raised int                     `json:"raised"`
	Closed int                     `json:"closed"`
	Found  []projections.Suspicion `json:"found"`
}

// Run runs all checks over a ledger, on the day that it is there, and records
// what is new. Two runs at the same time record it once.
func (c *Checker) Run(ctx context.Context, ledger string) (Outcome, error) {
	out := Outcome{Ledger: ledger}
	if err := c.upToDate(ctx); err != nil {
		return out, err
	}
	var err error
	if out.Date, err = c.today(ctx, ledger); err != nil {
		return out, err
	}
	s, err := c.Views.Suspicions(ctx, ledger, out.Date)
	if err != nil {
		return out, err
	}
	out.Found = s.Found
	raise, closing := requests(s)
	if out.Raised, err = c.record(ctx, ledger, raise); err != nil {
		return out, err
	}
	out.Closed, err = c.record(ctx, ledger, closing)
	return out, err
}

// RunEvery runs all checks over all ledgers again and again until ctx ends.
func (c *Checker) RunEvery(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		ledgers, err := c.Store.Ledgers(ctx)
		for _, ledger := range ledgers {
			if _, failed := c.Run(ctx, ledger); failed != nil && !eventstore.Away(failed) {
				err = failed
			}
		}
		if err != nil && ctx.Err() == nil {
			c.Log.Warn("the checks could not run and try again later", "error", err)
		}
	}
}

// upToDate waits until the read models hold what the log holds: a check that
// does not see its own findings would raise them again.
func (c *Checker) upToDate(ctx context.Context) error {
	end, err := c.Store.End(ctx)
	if err != nil {
		return err
	}
	return c.Runner.WaitFor(ctx, end)
}

func (c *Checker) today(ctx context.Context, ledger string) (domain.Date, error) {
	all, err := c.Views.Ledgers(ctx, projections.ListQuery{Filter: map[string]string{"ledger": ledger}})
	if err != nil {
		return domain.Date{}, err
	}
	if len(all.Rows) == 0 {
		return domain.Date{}, &projections.Error{Code: projections.LedgerNotFound, Message: fmt.Sprintf("no ledger is called %q", ledger),
			Hint: "check the name, or open the ledger first"}
	}
	zone, err := time.LoadLocation(all.Rows[0].Zone)
	if err != nil {
		return domain.Date{}, err
	}
	return domain.DateOf(c.Now().In(zone)), nil
}

// requests returns the commands that record what is new. Their ids follow from
// what they record, so that nothing is recorded twice.
func requests(s projections.Suspicions) (raise, closing []eventstore.Request) {
	found := map[[2]string]bool{}
	for _, x := range s.Found {
		k := [2]string{x.Check, x.Key}
		if found[k] {
			continue
		}
		found[k] = true
		if slices.ContainsFunc(s.Open, func(f projections.Finding) bool { return f.Check == x.Check && f.Key == x.Key }) {
			continue
		}
		id := fmt.Sprintf("check-%s-%d", short(x.Check, x.Key), s.Rounds[k]+1)
		raise = append(raise, request("raise-"+id, &domain.RaiseFinding{Finding: domain.ID(id), About: x.About, Severity: x.Severity,
			Text: x.Text, Check: x.Check, Key: x.Key}))
	}
	for _, f := range s.Open {
		if !found[[2]string{f.Check, f.Key}] {
			closing = append(closing, request("close-"+string(f.Finding), &domain.CloseFinding{Finding: f.Finding, Outcome: "facts-changed"}))
		}
	}
	return raise, closing
}

func request(id string, c domain.Command) eventstore.Request {
	return eventstore.Request{ID: id, Command: c, Actor: Actor, Role: domain.CheckRole}
}

// short is a hash of what a check found that can be a part of an id.
func short(check, key string) string {
	sum := sha256.Sum256([]byte(check + "\x00" + key))
	return hex.EncodeToString(sum[:10])
}

// record submits commands and counts those that recorded something new.
func (c *Checker) record(ctx context.Context, ledger string, rs []eventstore.Request) (n int, err error) {
	const chunk = 1000
	for part := range slices.Chunk(rs, chunk) {
		for _, out := range c.Store.SubmitBatch(ctx, ledger, part, false) {
			if out.Err != nil {
				return n, out.Err
			}
			if !out.Receipt.Repeated && len(out.Receipt.Events) > 0 {
				n++
			}
		}
	}
	return n, nil
}
