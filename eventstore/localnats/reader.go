package localnats

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
)

// Reader is who may come from outside of the process: it hears subjects, reads
// the messages of one stream by their numbers, and can do nothing else.
type Reader struct {
	Address  string // HOST:PORT to listen on; a port of 0 is any
	Token    string // what it presents
	Stream   string
	Subjects string // that it hears, such as events.>
}

// services are the requests that it may make.
func (r Reader) services() []string {
	return []string{"$JS.API.STREAM.INFO." + r.Stream, "$JS.API.STREAM.MSG.GET." + r.Stream}
}

// readersAccount is the account of readers. It is not that of the log: there a
// reader could let the server answer on the subject of a ledger.
const readersAccount = "READERS"

// gate lets the process itself in, and readers into their account.
type gate struct {
	inside  string // password of the process, which nobody else knows
	reader  Reader
	address *net.TCPAddr
	readers atomic.Pointer[server.Account] // nil: not yet open
}

func newGate(r Reader) (*gate, error) {
	at, err := bindable(r.Address)
	return &gate{inside: rand.Text(), reader: r, address: at}, err
}

// bindable returns the address that listening on it would have. A NATS server
// that cannot listen does not say so.
func bindable(address string) (*net.TCPAddr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for readers: %w", err)
	}
	return l.Addr().(*net.TCPAddr), l.Close()
}

// Check tells whether a client may connect, and as whom.
func (g *gate) Check(c server.ClientAuthentication) bool {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	said := c.GetOpts()
	if same(said.Password, g.inside) {
		return true
	}
	account := g.readers.Load()
	if account == nil || g.reader.Token == "" || !same(said.Token, g.reader.Token) {
		return false
	}
	c.RegisterUser(&server.User{Username: "reader", Account: account, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: g.reader.services()},
		Subscribe: &server.SubjectPermission{Allow: []string{g.reader.Subjects, "_INBOX.>"}},
	}})
	return true
}

// listen makes a server listen to readers.
func (g *gate) listen(o *server.Options) error {
	_, err := bindable(g.address.String())
	o.DontListen, o.Host, o.Port, o.CustomClientAuthentication = false, g.address.IP.String(), g.address.Port, g
	return err
}

// open lets readers in, now that the server runs.
func (g *gate) open(s *server.Server) error {
	log := s.GlobalAccount()
	readers, err := s.RegisterAccount(readersAccount)
	if err != nil {
		return err
	}
	to := []*server.Account{readers}
	if err = log.AddStreamExport(g.reader.Subjects, to); err == nil {
		err = readers.AddStreamImport(log, g.reader.Subjects, "")
	}
	for _, subject := range g.reader.services() {
		if err == nil {
			err = log.AddServiceExport(subject, to)
		}
		if err == nil {
			err = readers.AddServiceImport(log, subject, subject)
		}
	}
	if err != nil {
		return fmt.Errorf("let readers in: %w", err)
	}
	g.readers.Store(readers)
	return nil
}
