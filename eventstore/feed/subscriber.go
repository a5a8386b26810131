package feed

import (
	"fmt"
	"strings"

	"aidledger/eventstore"
)

// Subscriber is another system that may read events, and nothing else.
type Subscriber struct {
	Name   string // of its user, and of the consumer that remembers how far it is
	Log    string // name of the stream of the log
	Filter string // subjects that it may read, such as events.haidian-chicheng.>
}

// services are the subjects by which it asks for what it has not read. The
// consumer is made by the server's user: who may make one decides where its
// messages go, and that could be the log.
func (s Subscriber) services() (asked []string, acknowledged string) {
	consumer := eventstore.EventStream(s.Log) + "." + s.Name
	return []string{"$JS.API.CONSUMER.MSG.NEXT." + consumer, "$JS.API.CONSUMER.INFO." + consumer}, "$JS.ACK." + consumer + ".>"
}

// Exports and Imports are the lines of the configuration of a NATS server for
// the account of the ledger, and for that of the subscriber. It has an account
// of its own, since a user of the ledger's account could let the server answer
// on any subject of it, and so write into the log what is no block.
func (s Subscriber) Exports() string {
	asked, acknowledged := s.services()
	lines := []string{fmt.Sprintf("{ stream: %q }", s.Filter)}
	for _, subject := range asked {
		lines = append(lines, fmt.Sprintf("{ service: %q, response_type: stream }", subject))
	}
	return strings.Join(append(lines, fmt.Sprintf("{ service: %q }", acknowledged)), "\n")
}

// Imports returns the lines for the account of the subscriber.
func (s Subscriber) Imports(account string) string {
	asked, acknowledged := s.services()
	lines := []string{fmt.Sprintf("{ stream: { account: %s, subject: %q } }", account, s.Filter)}
	for _, subject := range append(asked, acknowledged) {
		lines = append(lines, fmt.Sprintf("{ service: { account: %s, subject: %q } }", account, subject))
	}
	return strings.Join(lines, "\n")
}
