package main

import (
	"context"
	"fmt"
	"time"

	"aidledger/projections"
)

// standbyWait is how long a start waits for the standby to have what its primary
// had.
const standbyWait = 30 * time.Second

// openStandby connects what answers queries: the database of the read models, or
// a standby of it, which must have followed so far.
func (s *server) openStandby(ctx context.Context) error {
	s.reads = s.views
	if s.readURL == "" {
		return nil
	}
	return s.step("connected to the standby", func() (err error) {
		if s.reads, err = projections.OpenStandby(ctx, s.readURL, s.views); err != nil {
			return fmt.Errorf("the standby of --read-url cannot be used: %w", err)
		}
		s.parts = append(s.parts, part{"", func(context.Context) error { s.reads.Close(); return nil }})
		s.runner.ReadFrom(s.reads)
		status, err := projections.NewRunner(s.views, s.store, s.log).Status(ctx)
		if err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, standbyWait)
		defer cancel()
		if err := s.runner.WaitFor(waiting, status.Position); err != nil {
			return fmt.Errorf("the standby of --read-url has not reached block %d, which the database of --postgres-url has: %w", status.Position, err)
		}
		block, hash, err := s.reads.Remembered(ctx)
		if err != nil {
			return err
		}
		if err := s.store.CheckHead(ctx, block, hash); err != nil {
			return fmt.Errorf("the database of --read-url is no standby of that of --postgres-url: %w", err)
		}
		return nil
	})
}
