package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

// numberOf returns a number that explains a refusal, by its name.
func numberOf(err error, name string) string {
	var refusal *domain.Refusal
	var problem *web.Problem
	switch {
	case errors.As(err, &refusal):
		return refusal.Detail[name]
	case errors.As(err, &problem):
		return problem.Numbers[name]
	}
	return ""
}

// agrees compares the totals of a server and its verification with a replay.
func (r *Run) agrees(ctx context.Context, s *server, store *eventstore.Store) error {
	t, err := audit(ctx, store)
	if err != nil {
		return err
	}
	return r.agreesWith(ctx, s, t)
}

func (r *Run) agreesWith(ctx context.Context, s *server, t *tally) error {
	if err := s.caughtUp(ctx, t.blocks); err != nil {
		return err
	}
	report, err := s.verify(ctx)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	var totals projections.Totals
	if err := s.do(ctx, "GET", "/v1/ledgers/"+ledger+"/totals?by=fund&limit=10000", "", nil, &totals); err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	off := int64(0)
	seen := 0
	for _, row := range totals.Rows {
		paid, err := minorOf(row.Disbursed)
		if err != nil {
			return err
		}
		if paid != t.paid[row.Key] {
			off += max(paid-t.paid[row.Key], t.paid[row.Key]-paid)
		}
		if paid != 0 {
			seen++
		}
	}
	if !report.Clean || off != 0 || seen != len(t.paid) {
		return violated("the totals are %d fen off, %d of %d funds are there, and verify says clean=%t %v", off, seen, len(t.paid), report.Clean, report.Copies.Findings)
	}
	r.figure("totals by fund = replay, 0 fen off; verify compared %d tables over %d events, 0 differences", len(report.Tables), report.Events)
	return nil
}

// verify lets the server compare its read models with a replay.
func (s *server) verify(ctx context.Context) (web.Verification, error) {
	var text []byte
	if err := s.do(ctx, "POST", "/v1/verify", "", nil, &text); err != nil {
		return web.Verification{}, err
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	var last web.ProgressLine[web.Verification]
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return web.Verification{}, err
	}
	if last.Problem != nil {
		return web.Verification{}, last.Problem
	}
	return *last.Result, nil
}

// caughtUp waits until the read models have a block.
func (s *server) caughtUp(ctx context.Context, block uint64) error {
	return until(ctx, fmt.Sprintf("the read models reaching block %d", block), func() bool {
		var status projections.Status
		return s.do(ctx, "GET", "/v1/status", "", nil, &status) == nil && status.Position >= block
	})
}

func minorOf(text *string) (int64, error) {
	if text == nil {
		return 0, nil
	}
	a, err := domain.ParseAmount(strings.TrimSuffix(*text, " CNY"))
	if err != nil {
		return 0, err
	}
	m, err := a.Money("CNY")
	return m.Minor, err
}
