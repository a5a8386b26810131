package eventstore

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// Permissions lists the subjects that the user of a server needs at NATS for a
// stream, and for that of places where one is named, and nothing else: to add to the log, to read it, and to keep copies of
// states and files beside it. The user cannot update, purge or delete the log,
// delete a message of it, or write where another program reads. DenyDelete alone
// does not protect a history: whoever may update or delete the stream empties it.
//
// STREAM.CREATE is among them, for the first start; it cannot change a stream
// that exists.
func Permissions(stream, places string) (publish, subscribe []string) {
	own := &Store{cfg: Config{Stream: stream}}
	bucket := stream + "-files"
	publish = []string{
		stream + ".*", own.snapshotStream() + ".>", "$O." + bucket + ".>",
		"$JS.API.INFO",
		"$JS.API.STREAM.PURGE." + own.snapshotStream(), // copies of states, which the log can make again
		"events.>", "$JS.API.STREAM.PURGE." + EventStream(stream), // as is what subscribers get
	}
	streams := []string{stream, own.snapshotStream(), "OBJ_" + bucket, EventStream(stream)}
	if places != "" {
		publish, streams = append(publish, places+".ledgers.*", places+".regions."+stream), append(streams, places)
	}
	for _, name := range streams {
		publish = append(publish,
			"$JS.API.STREAM.CREATE."+name, "$JS.API.STREAM.INFO."+name, "$JS.API.STREAM.MSG.GET."+name,
			"$JS.API.DIRECT.GET."+name, "$JS.API.DIRECT.GET."+name+".>",
			"$JS.API.CONSUMER.CREATE."+name, "$JS.API.CONSUMER.CREATE."+name+".>",
			"$JS.API.CONSUMER.INFO."+name+".>", "$JS.API.CONSUMER.DELETE."+name+".>", "$JS.API.CONSUMER.MSG.NEXT."+name+".>",
			"$JS.ACK."+name+".>", "$JS.FC."+name+".>")
	}
	return publish, []string{"_INBOX.>"}
}

// denials remembers what the server said that this user may not do. A refused
// publish has no answer of its own: it looks like one that was lost.
type denials struct {
	count atomic.Uint64
	last  atomic.Pointer[string]
}

// watchDenials hears of denials, besides whoever heard of errors before. The
// connection holds them for good, and so they hold nothing of the store.
func watchDenials(conn *nats.Conn) *denials {
	d := &denials{}
	before := conn.Opts.AsyncErrorCB
	conn.SetErrorHandler(func(c *nats.Conn, sub *nats.Subscription, err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			text := err.Error()
			d.last.Store(&text)
			d.count.Add(1)
		}
		if before != nil {
			before(c, sub, err)
		}
	})
	return d
}

// since returns the failure that stands behind an error, where something was
// denied after the count was seen; the error itself otherwise.
func (d *denials) since(seen uint64, err error) error {
	if err == nil || d.count.Load() == seen {
		return err
	}
	return failure(LogForbidden, fmt.Sprintf("the NATS user of this server may not do that: %.200s", *d.last.Load()),
		"give the user the permissions that aidledger setup nats prints", err)
}
