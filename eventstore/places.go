package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Places records in which region each ledger is. A region is a log with its
// servers and its database; several of them that share a NATS system share one
// stream of places, so that no ledger is opened twice. A place is recorded before
// the first block of its ledger, and changes when the ledger is moved.
type Places struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	name   string
	here   string // the region of this process; empty: of none
}

// Place is where a ledger is. URL leads to the servers of its region; it is
// empty where none of them has told it yet.
type Place struct {
	Region string
	URL    string
}

// The messages of a stream of places: one for each ledger, and one for each
// region and address that it had.
type (
	placeOfLedger struct {
		Format int      `json:"v"`
		Region string   `json:"region"`
		To     string   `json:"to,omitzero"`     // region to which it is being moved
		By     string   `json:"by,omitzero"`     // who moves it
		Note   string   `json:"note,omitzero"`   // and why
		Former []string `json:"former,omitzero"` // regions whose logs have it up to a move
	}
	addressOfRegion struct {
		Format int    `json:"v"`
		URL    string `json:"url"`
		Stream string `json:"stream,omitzero"` // its log, where that has not the name of the region
	}
)

// holds tells whether the log of a region may have blocks of the ledger.
func (p placeOfLedger) holds(region string) bool {
	return p.Region == region || p.To == region || slices.Contains(p.Former, region)
}

const placesFormat = 1

// OpenPlaces opens the stream of places for a server of a region, and creates it
// if it is not there and the region has a name. It returns a *Failure as Open does.
func OpenPlaces(ctx context.Context, conn *nats.Conn, name, here string, replicas int) (*Places, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, failure(LogUnavailable, "JetStream cannot be used", "", err)
	}
	stream, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) && here != "" {
		wanted := settings(Config{Stream: name, Replicas: max(replicas, 1)})
		wanted.Description, wanted.Subjects = "aidledger: in which region each ledger is", []string{name + ".*.*"}
		stream, err = js.CreateStream(ctx, wanted)
	}
	if err != nil {
		return nil, failure(LogUnavailable, fmt.Sprintf("the stream %s cannot be opened", name),
			"check that the NATS server is reachable and has JetStream enabled", err)
	}
	p := &Places{js: js, stream: stream, name: name, here: here}
	return p, errors.Join(checkSettings(stream.CachedInfo().Config), checkState(name, stream.CachedInfo().State))
}

// Here returns the region of this process.
func (p *Places) Here() string { return p.here }

func (p *Places) ledger(name string) string { return p.name + ".ledgers." + name }

func (p *Places) region(name string) string { return p.name + ".regions." + name }

// Of returns where a ledger is, a zero Place where nobody has opened it.
func (p *Places) Of(ctx context.Context, ledger string) (Place, error) {
	if _, err := domain.ParseID(ledger); err != nil {
		return Place{}, nil // it would not be a subject either
	}
	at, _, err := p.recorded(ctx, ledger)
	if err != nil || at.Region == "" {
		return Place{}, err
	}
	var address addressOfRegion
	_, err = p.last(ctx, p.region(at.Region), &address)
	return Place{Region: at.Region, URL: address.URL}, err
}

// recorded reads the place of a ledger and the sequence of its record, which are
// zero where nobody has opened it.
func (p *Places) recorded(ctx context.Context, ledger string) (at placeOfLedger, sequence uint64, err error) {
	sequence, err = p.last(ctx, p.ledger(ledger), &at)
	return at, sequence, err
}

// record changes the place of a ledger, unless that changed after a sequence. It
// returns that of the new record.
func (p *Places) record(ctx context.Context, ledger string, at placeOfLedger, after uint64) (sequence uint64, err error) {
	at.Format = placesFormat
	data, err := json.Marshal(at)
	if err != nil {
		return 0, err
	}
	ack, err := p.js.Publish(ctx, p.ledger(ledger), data, jetstream.WithExpectLastSequencePerSubject(after))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// Announce tells the other regions the address of this one and its log, which
// has another name than the region after a repair.
func (p *Places) Announce(ctx context.Context, url, stream string) error {
	before, now := addressOfRegion{}, addressOfRegion{Format: placesFormat, URL: url}
	if stream != p.here {
		now.Stream = stream
	}
	if _, err := p.last(ctx, p.region(p.here), &before); err != nil || before == now {
		return err
	}
	data, err := json.Marshal(now)
	if err == nil {
		_, err = p.js.Publish(ctx, p.region(p.here), data)
	}
	return err
}

// last reads the last message of a subject; its sequence is 0 where there is none.
func (p *Places) last(ctx context.Context, subject string, value any) (sequence uint64, err error) {
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return p.stream.GetLastMsgForSubject(ctx, subject)
	})
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, readError(ctx, err)
	}
	return m.Sequence, json.Unmarshal(m.Data, value)
}

// claim records that a ledger is here, unless another region was faster: it
// returns ledger_elsewhere then. Where record is false it only looks.
func (p *Places) claim(ctx context.Context, ledger string, record bool) error {
	at, _, err := p.recorded(ctx, ledger)
	if err != nil || at.Region == p.here {
		return err
	}
	if at.Region != "" {
		return elsewhere(ledger, at.Region)
	}
	if !record {
		return nil
	}
	_, err = p.record(ctx, ledger, placeOfLedger{Region: p.here}, 0)
	switch v := verdict(err); {
	case v == stored:
		return nil
	case v == notStored:
		return failure(LogUnavailable, "the place of the ledger was not recorded", "see the NATS server; then try again with the same id", err)
	}
	// Somebody was faster, which may have been this region, or nobody knows.
	if at, _, failed := p.recorded(ctx, ledger); failed == nil && at.Region == p.here {
		return nil
	} else if failed == nil && at.Region != "" {
		return elsewhere(ledger, at.Region)
	}
	return failure(LogUnavailable, "the place of the ledger was not recorded", "try again with the same id", err)
}

func elsewhere(ledger, region string) *Failure {
	return failure(LedgerElsewhere, fmt.Sprintf("the ledger %s is in the region %s", ledger, region), "ask a server of that region", nil)
}

// opens tells whether a ledger may begin with some requests.
func opens(rs []Request) bool {
	return slices.ContainsFunc(rs, func(r Request) bool { _, ok := r.Command.(*domain.OpenLedger); return ok })
}

// claimAll records the places of the ledgers that the log has already, where
// they are not recorded, and refuses a log that has a ledger of another region.
func (s *Store) claimAll(ctx context.Context) error {
	ledgers, err := s.Ledgers(ctx)
	for _, ledger := range ledgers {
		if err != nil {
			return err
		}
		var at placeOfLedger
		if at, _, err = s.cfg.Places.recorded(ctx, ledger); err == nil && !at.holds(s.cfg.Places.here) {
			err = s.cfg.Places.claim(ctx, ledger, true)
		}
	}
	return err
}
