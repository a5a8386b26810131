package main

import (
	"context"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go"
)

// openPlaces opens the record of where each ledger is, nil where there is one
// region alone. A region has the name that its stream was given, also where a
// repair has made another stream.
func (s *server) openPlaces(ctx context.Context, conn *nats.Conn) (places *eventstore.Places, err error) {
	if s.places == "" {
		return nil, nil
	}
	err = s.step("opened the places of ledgers "+s.places, func() error {
		places, err = eventstore.OpenPlaces(ctx, conn, s.places, s.region, s.replicas)
		return err
	})
	s.regions = places
	return places, err
}

// announceRegion tells the servers of other regions where to send who asks for a
// ledger of this one.
func (s *server) announceRegion(ctx context.Context) error {
	if s.regions == nil {
		return nil
	}
	return s.regions.Announce(ctx, s.publicURL, s.stream)
}
