package main

import (
	"context"
	"fmt"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/eventstore/localnats"
	"aidledger/projections/localpg"

	"github.com/nats-io/nats.go"
)

// startLog connects to the NATS servers that were named, or starts one inside
// this process. It returns how to open the log there.
func (s *server) startLog() (eventstore.Config, error) {
	cfg := eventstore.Config{Stream: s.stream, Replicas: s.replicas, Now: time.Now, Log: s.log, Program: program()}
	if s.natsURL != "" {
		err := s.step("connected to NATS", func() (err error) {
			cfg.Conn, err = s.connectNATS()
			return err
		})
		return cfg, err
	}
	var inside *localnats.Server
	err := s.step("started NATS JetStream in "+s.data.file("nats"), func() (err error) {
		inside, err = s.startNATS()
		return err
	})
	if err != nil {
		return cfg, err
	}
	if s.natsListen != "" {
		s.readers = "nats://" + inside.Address()
		fmt.Fprintf(s.notes, "other systems read events at %s with the token in %s\n", s.readers, s.data.file(readerToken))
	}
	s.parts = append(s.parts, part{"NATS", func(context.Context) error { inside.Close(); return nil }})
	cfg.Conn, cfg.SyncAlways, cfg.Room, cfg.Revive = inside.Conn(), inside.SyncAlways(), inside.Room, inside.Revive
	s.versions["nats"] = cfg.Conn.ConnectedServerVersion()
	return cfg, nil
}

// readerToken is the file of what other systems present to read events.
const readerToken = "reader-token"

func (s *server) startNATS() (*localnats.Server, error) {
	if s.natsListen == "" {
		return localnats.Start(s.data.file("nats"))
	}
	token, err := s.data.secret(readerToken)
	if err != nil {
		return nil, err
	}
	return localnats.StartFor(s.data.file("nats"), localnats.Reader{Address: s.natsListen, Token: token,
		Stream: eventstore.EventStream(s.region), Subjects: feed.Subjects})
}

func (s *server) connectNATS() (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("aidledger"), nats.MaxReconnects(-1),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2), // leave a node that hangs
	}
	if s.natsUser != "" {
		options = append(options, nats.UserInfo(s.natsUser, s.natsPW))
	}
	conn, err := nats.Connect(s.natsURL, options...)
	if err != nil {
		return nil, fmt.Errorf("the NATS servers of AIDLEDGER_NATS_URL cannot be used: %w", err)
	}
	s.parts = append(s.parts, part{"NATS", func(context.Context) error { conn.Close(); return nil }})
	s.versions["nats"] = conn.ConnectedServerVersion()
	return conn, nil
}

// startDatabase returns the connection string of the database for the read
// models: the one that was named, or that of a private cluster.
func (s *server) startDatabase(ctx context.Context) (string, error) {
	if s.postgresURL != "" {
		return s.postgresURL, nil
	}
	const database = "aidledger"
	var cluster *localpg.Cluster
	begun := time.Now()
	cluster, err := localpg.Start(ctx, s.data.file("postgres"), localpg.Config{})
	if err != nil {
		return "", err
	}
	s.parts = append(s.parts, part{"PostgreSQL", cluster.Stop})
	s.keepDatabase(cluster)
	s.versions["postgresql"] = cluster.Version()
	if err := cluster.CreateDatabase(ctx, database); err != nil {
		return "", err
	}
	fmt.Fprintf(s.notes, "started PostgreSQL %s in %s (%s)\n", cluster.Version(), s.data.file("postgres"), time.Since(begun).Round(time.Millisecond))
	return cluster.ConnString(database), nil
}

// lookAfter is how often the private cluster is looked at.
const lookAfter = 250 * time.Millisecond

// keepDatabase starts the private cluster again whenever it has ended by
// itself. Commands need no database, and the read models catch up.
func (s *server) keepDatabase(cluster *localpg.Cluster) {
	running, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		look := time.NewTicker(lookAfter)
		defer look.Stop()
		said := ""
		for {
			select {
			case <-running.Done():
				return
			case <-look.C:
			}
			switch revived, err := cluster.Revive(running); {
			case revived:
				said = ""
				s.log.Warn("PostgreSQL had ended and was started again")
			case err != nil && running.Err() == nil && err.Error() != said:
				said = err.Error()
				s.log.Error("PostgreSQL has ended and cannot be started again; it is tried until it can", "error", err)
			}
		}
	}()
	s.parts = append(s.parts, part{"PostgreSQL", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
}
