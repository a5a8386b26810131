package main

import (
	"context"
	"fmt"

	"aidledger/domain"
	"aidledger/projections/vault"
)

// openVault connects the keys of people, and returns what seals commands. Its
// master key is the one that was given, else that of the data directory.
func (s *server) openVault(ctx context.Context, database string) (seal func(context.Context, string, domain.Command) error, err error) {
	text := s.vaultKey
	if text == "" {
		if text, err = s.data.secret("master.key"); err != nil {
			return nil, err
		}
	}
	if s.master, err = vault.ParseKey(text); err != nil {
		return nil, err
	}
	if s.vault, err = vault.Open(ctx, database, s.master); err != nil {
		return nil, fmt.Errorf("the vault of keys: %w", err)
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.vault.Close(); return nil }})
	return s.vault.Seal, nil
}

// startForgetting destroys the keys of people as soon as the log says that they
// are forgotten.
func (s *server) startForgetting(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.vault.Follow(running, s.runner, func(err error) { s.log.Warn("keys of forgotten people could not be destroyed yet", "error", err) })
	}()
	s.parts = append(s.parts, part{"the vault", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
}
