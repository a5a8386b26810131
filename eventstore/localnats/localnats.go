// Package localnats runs a NATS server with JetStream inside the process, for
// a ledger on one machine and for tests. Only the process itself can reach it,
// and a [Reader] where it listens for one. It syncs every write to disk before it is
// acknowledged, unlike a NATS server with default settings, which syncs every
// two minutes.
package localnats

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Server is a running server and one connection to it.
type Server struct {
	dir  string
	gate *gate // nil: it listens on no port
	conn *nats.Conn

	mu     sync.Mutex     // held while the server is exchanged for a new one
	server *server.Server // that which runs, or ran last
	closed bool
	down   bool // it could not be started again, and is being tried
}

// maxPayload is how large one block may be, in bytes.
const maxPayload = 8 << 20

// startMax is how long a server may take to recover its files and answer.
const startMax = 10 * time.Minute

// roomMin is how many bytes the disk must have left for further blocks: one of
// the largest, and what the server writes beside it.
const roomMin = 2 * maxPayload

// Start runs a server that keeps its files in dir, and connects to it. It
// returns an error when the files cannot be used.
func Start(dir string) (*Server, error) { return start(&Server{dir: dir}) }

// StartFor is like [Start], and lets a reader in. It returns an error also when
// the address of the reader cannot be listened on.
func StartFor(dir string, r Reader) (*Server, error) {
	g, err := newGate(r)
	if err != nil {
		return nil, err
	}
	return start(&Server{dir: dir, gate: g})
}

func start(s *Server) (*Server, error) {
	inside, err := run(s.dir, s.gate)
	if err != nil {
		return nil, err
	}
	s.server = inside
	s.conn, err = s.connect(nats.Name("aidledger"))
	if err != nil {
		inside.Shutdown()
		return nil, fmt.Errorf("connect to the NATS server: %w", err)
	}
	return s, nil
}

func run(dir string, g *gate) (*server.Server, error) {
	if err := settle(dir); err != nil {
		return nil, err
	}
	o := &server.Options{
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
	}
	if g != nil {
		if err := g.listen(o); err != nil {
			return nil, err
		}
	}
	s, err := server.NewServer(o)
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
	if g != nil {
		if err := g.open(s); err != nil {
			s.Shutdown()
			return nil, err
		}
	}
	return s, nil
}

// Address is where readers find the server; it is empty where it listens for none.
func (s *Server) Address() string {
	if s.gate == nil {
		return ""
	}
	return s.gate.address.String()
}

// Conn returns the connection to the server. Close ends it.
func (s *Server) Conn() *nats.Conn { return s.conn }

// Connect makes a further connection, which the caller closes.
func (s *Server) Connect() (*nats.Conn, error) { return s.connect() }

func (s *Server) connect(options ...nats.Option) (*nats.Conn, error) {
	if s.gate != nil {
		options = append(options, nats.UserInfo("aidledger", s.gate.inside))
	}
	return nats.Connect("", append(options, nats.InProcessServer(s), nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond), nats.ReconnectJitter(0, 0))...)
}

// InProcessConn connects to the server that runs now. The NATS client calls it,
// also to connect again after [Server.Revive].
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server.InProcessConn()
}

// SyncAlways tells whether the server syncs each write before it acknowledges.
func (s *Server) SyncAlways() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.server.JetStreamConfig()
	return c != nil && c.SyncAlways
}

// Room returns an error where the disk has less room than further blocks may
// need. Nothing should be written then: after a write that found no room,
// JetStream takes no more until it is started again.
func (s *Server) Room() error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.dir, &disk); err != nil {
		return fmt.Errorf("the disk of the log: %w", err)
	}
	if free := uint64(disk.Bavail) * uint64(disk.Bsize); free < roomMin {
		return fmt.Errorf("the disk of %s is full: %d bytes are free, and %d are kept for the log; make room", s.dir, free, uint64(roomMin))
	}
	return nil
}

// Revive starts the server again where it stands, for a server that answers but
// does not store, as JetStream does after its disk was full or did not sync.
// Connections come back by themselves. It returns an error, and changes
// nothing, where the disk has no room or still does not sync. A server that
// cannot be started is tried again until it can.
func (s *Server) Revive() error {
	if err := s.Room(); err != nil {
		return err
	}
	if err := syncs(s.dir); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.down {
		return nil
	}
	s.server.Shutdown()
	s.server.WaitForShutdown()
	err := s.again()
	if s.down = err != nil; s.down {
		go s.keepTrying()
	}
	return err
}

// again starts the server where it was. The lock is held.
func (s *Server) again() error {
	server, err := run(s.dir, s.gate)
	if err == nil {
		s.server = server
	}
	return err
}

// retryEvery is how long a server that cannot be started waits to be tried again.
const retryEvery = time.Second

func (s *Server) keepTrying() {
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for down := true; down; {
		<-retry.C
		s.mu.Lock()
		if !s.closed {
			s.down = s.again() != nil
		}
		down = s.down && !s.closed
		s.mu.Unlock()
	}
}

// Close ends the connection and stops the server; what it holds is on disk.
func (s *Server) Close() {
	s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.server.Shutdown()
	s.server.WaitForShutdown()
}
