package main

import (
	"context"
	"fmt"

	"aidledger/eventstore"
	"aidledger/projections/vault"
)

// openVault connects the keys of people, which seal commands for the log. Its
// master key is the one that was given, else that of the data directory.
func (s *server) openVault(ctx context.Context, log *eventstore.Config, database string) (err error) {
	text := s.vaultKey
	if text == "" {
		if text, err = s.data.secret("master.key"); err != nil {
			return err
		}
	}
	if s.master, err = vault.ParseKey(text); err != nil {
		return err
	}
	if s.vault, err = vault.Open(ctx, database, s.master); err != nil {
		return fmt.Errorf("the vault of keys: %w", err)
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.vault.Close(); return nil }})
	log.Seal, log.Rehearse = s.vault.Seal, s.vault.Rehearse
	return nil
}

// startForgetting destroys the keys of people as soon as the log says that they
// are forgotten.
func (s *server) startForgetting(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.vault.Follow(running, s.runner, s.views, func(err error) { s.log.Warn("keys of forgotten people could not be destroyed yet", "error", err) })
	}()
	s.parts = append(s.parts, part{"the vault", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
}
