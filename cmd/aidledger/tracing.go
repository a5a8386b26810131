package main

import (
	"context"
	"time"

	"aidledger/cmd/internal/tracing"
	"aidledger/eventstore"
)

// deliverMax is how long the end of the server waits for the collector of traces.
const deliverMax = 2 * time.Second

// startTracing follows requests and blocks if the environment names a collector.
func (s *server) startTracing(ctx context.Context, log *eventstore.Config) (err error) {
	if s.tracer, err = tracing.Open(ctx, version(), s.log); err != nil || s.tracer == nil {
		return err
	}
	log.Writing = s.tracer.Block
	s.parts = append(s.parts, part{"", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, deliverMax)
		defer cancel()
		if err := s.tracer.Close(ctx); err != nil {
			s.log.Warn("the last traces are not delivered", "error", err)
		}
		return nil
	}})
	return nil
}
