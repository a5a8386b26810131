package chaos

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link passes a TCP connection on and can be slow, stuck, cut or deaf.
type link struct {
	listener net.Listener
	target   func() (net.Conn, error)

	mu      sync.Mutex
	change  *sync.Cond
	closed  bool
	cut     bool          // connections are closed and not made
	stuck   bool          // nothing passes, and nobody is told
	delay   time.Duration // of everything that passes
	deaf    int           // how many more acknowledgements of the log to swallow, with their connection
	conns   map[net.Conn]bool
	watched map[string]*atomic.Int64 // how often the target said something

	swallowed, cuts int
}

// newLink listens on an address of its own and passes connections on to what
// dial connects to. It counts what the target says of the words.
func newLink(dial func() (net.Conn, error), words ...string) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, target: dial, conns: map[net.Conn]bool{}, watched: map[string]*atomic.Int64{}}
	l.change = sync.NewCond(&l.mu)
	for _, word := range words {
		l.watched[word] = new(atomic.Int64)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go l.serve(c)
		}
	}()
	return l, nil
}

// dialTCP dials an address.
func dialTCP(address string) func() (net.Conn, error) {
	return func() (net.Conn, error) { return net.DialTimeout("tcp", address, 2*time.Second) }
}

func (l *link) address() string { return l.listener.Addr().String() }

// set changes how the link behaves. A cut closes what is open.
func (l *link) set(change func(*link)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
	if l.cut {
		l.cuts++
		for c := range l.conns {
			c.Close()
		}
	}
	l.change.Broadcast()
}

func (l *link) close() {
	l.listener.Close()
	l.set(func(l *link) { l.closed, l.cut = true, true })
}

func (l *link) serve(client net.Conn) {
	defer client.Close()
	if !l.keep(client) {
		return
	}
	defer l.drop(client)
	server, err := l.target()
	if err != nil {
		return
	}
	defer server.Close()
	if !l.keep(server) {
		return
	}
	defer l.drop(server)
	done := make(chan struct{}, 2)
	pass := func(from, to net.Conn, answers bool) {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil || !l.passes(buf[:n], answers) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	go pass(client, server, false)
	go pass(server, client, true)
	<-done
}

func (l *link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.conns[c] = true
	return true
}

func (l *link) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// passes waits for as long as the link is stuck or slow. It returns false where
// the connection is to be closed.
func (l *link) passes(data []byte, answers bool) bool {
	if answers {
		for word, n := range l.watched {
			n.Add(int64(bytes.Count(data, []byte(word))))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deaf > 0 && answers && bytes.Contains(data, []byte(`{"stream":"AIDLEDGER"`)) && bytes.Contains(data, []byte(`"seq":`)) {
		l.deaf--
		l.swallowed++
		return false
	}
	if delay := l.delay; delay > 0 {
		l.mu.Unlock()
		<-time.After(delay)
		l.mu.Lock()
	}
	for l.stuck && !l.cut {
		l.change.Wait()
	}
	return !l.cut
}
