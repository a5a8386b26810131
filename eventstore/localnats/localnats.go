// Package localnats runs a NATS server with JetStream inside the process, for
// a ledger on one machine and for tests. It listens on no port: only the
// process itself can reach it. It syncs every write to disk before it is
// acknowledged, unlike a NATS server with default settings, which syncs every
// two minutes.
package localnats

import (
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Server is a running server and one connection to it.
type Server struct {
	server *server.Server
	conn   *nats.Conn
}

// maxPayload is how large one block may be, in bytes.
const maxPayload = 8 << 20

// startMax is how long a server may take to recover its files and answer.
const startMax = 10 * time.Minute

// Start runs a server that keeps its files in dir, and connects to it. It
// returns an error when the files cannot be used.
func Start(dir string) (*Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "aidledger",
		DontListen: true,
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: true,
		MaxPayload: maxPayload,
		NoSigs:     true,
		NoLog:      true,
		// JetStream refuses to start with less than it may use; what it does use
		// is bounded by what the stream holds.
		JetStreamMaxMemory: 256 << 20,
		JetStreamMaxStore:  1 << 40,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the NATS server: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(startMax) {
		s.Shutdown()
		return nil, fmt.Errorf("the NATS server in %s did not become ready", dir)
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, fmt.Errorf("JetStream cannot use %s; check that the directory is writable and has room", dir)
	}
	conn, err := nats.Connect("", nats.InProcessServer(s), nats.Name("aidledger"), nats.MaxReconnects(-1))
	if err != nil {
		s.Shutdown()
		return nil, fmt.Errorf("connect to the NATS server: %w", err)
	}
	return &Server{server: s, conn: conn}, nil
}

// Conn returns the connection to the server. Close ends it.
func (s *Server) Conn() *nats.Conn { return s.conn }

// Connect makes a further connection, which the caller closes.
func (s *Server) Connect() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(s.server), nats.MaxReconnects(-1))
}

// SyncAlways tells whether the server syncs each write before it acknowledges.
func (s *Server) SyncAlways() bool {
	c := s.server.JetStreamConfig()
	return c != nil && c.SyncAlways
}

// Close ends the connection and stops the server; what it holds is on disk.
func (s *Server) Close() {
	s.conn.Close()
	s.server.Shutdown()
	s.server.WaitForShutdown()
}
