package chaos

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"aidledger/eventstore"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// nodeVariable tells a new process of this program to be a NATS server with
// the configuration file that it names.
const nodeVariable = "AIDLEDGER_CHAOS_NODE"

// Child turns the process into a NATS server or a log where a scenario started
// it as one, and never returns then. A program that runs scenarios calls it
// first.
func Child() {
	watched()
	if dir := os.Getenv(storeVariable); dir != "" {
		fmt.Fprintln(os.Stderr, serveStore(dir))
		os.Exit(1)
	}
	file := os.Getenv(nodeVariable)
	if file == "" {
		return
	}
	go func() { // the scenario that started us holds the other end
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	options, err := natsserver.ProcessConfigFile(file)
	if err == nil {
		var s *natsserver.Server
		if s, err = natsserver.NewServer(options); err == nil {
			s.ConfigureLogger()
			s.Start()
			s.WaitForShutdown()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// node is a NATS server in a process of its own.
type node struct {
	process
	name    string
	file    string // of its configuration
	address string // for clients
	stdin   io.Closer
}

// startNode starts a NATS server. The configuration is added to what every
// node has; the directory holds its files.
func (r *Run) startNode(ctx context.Context, name, dir, configuration string) (*node, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(address)
	n := &node{name: name, address: address, file: filepath.Join(r.Dir, name+".conf")}
	text := fmt.Sprintf("server_name: %s\nhost: %q\nport: %s\nmax_payload: 8MB\nlame_duck_duration: 30s\n%s\njetstream { store_dir: %q, max_mem: 64MB, max_file: 10GB%s }\n",
		name, host, port, configuration, dir, syncSetting(!r.Unprotected))
	if err := os.WriteFile(n.file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return n, n.restart(ctx)
}

func syncSetting(always bool) string {
	if always {
		return ", sync_interval: always"
	}
	return ""
}

// restart starts the node again where it was.
func (n *node) restart(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	n.cmd = exec.Command(self)
	n.cmd.Env = append(os.Environ(), nodeVariable+"="+n.file)
	n.cmd.Stderr, n.cmd.Stdout = &n.process, &n.process
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	return until(ctx, "the NATS server "+n.name+" answering", func() bool {
		c, err := net.Dial("tcp", n.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (n *node) url() string { return "nats://" + n.address }

// connect connects as the product does: it never gives up, and leaves a server
// that hangs.
func connect(urls string) (*nats.Conn, error) {
	return nats.Connect(urls, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(5*time.Second), nats.RetryOnFailedConnect(true),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
}

// openNode opens the log of a node, which must be there.
func openNode(ctx context.Context, n *node) (store *eventstore.Store, done func(), err error) {
	conn, err := connect(n.url())
	if err != nil {
		return nil, nil, err
	}
	store, err = eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, MustExist: true})
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return store, func() { store.Close(); conn.Close() }, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
