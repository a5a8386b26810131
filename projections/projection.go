package projections

import (
	"context"
	"iter"
	"slices"
	"sync"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Log is where the blocks come from. Blocks yields every sequence after one
// and up to another in order, or for ever where until is 0.
type Log interface {
	End(ctx context.Context) (uint64, error)
	Blocks(ctx context.Context, after, until uint64) iter.Seq2[eventstore.Message, error]
}

// projections lists all read models. To add one, write a Go file and a SQL file
// and name it here.
var projections = []*projection{
	registerProjection,
	projectsProjection,
	fundsProjection,
	giftsProjection,
	pairingsProjection,
	indicatorsProjection,
	notesProjection,
	importsProjection,
	reportedProjection,
	earmarksProjection,
	requestsProjection,
	restatementsProjection,
	entriesProjection,
	findingsProjection,
	noticesProjection,
	approvalsProjection,
	reportsProjection,
	samplesProjection,
	signingKeysProjection,
	beneficiariesProjection,
	journalProjection,
	totalsProjection,
	bankProjection,
}

// projection is one read model: its tables and what it makes of events.
type projection struct {
	name   string
	sql    string                    // creates its tables; below the line afterBulk, what a bulk load is faster without
	tables []string                  // each gets a view in the stable schema and is verified
	reads  []string                  // event types that alone its rows are made of; nil: it must understand every event
	dated  bool                      // its rows say themselves what they were at any point
	whole  bool                      // in a bulk load one projector takes all events: it holds rows, not events
	begin  func(bulk bool) projector // for one batch; bulk: its tables are empty and new in the transaction
	ready  func(projector) projector // of a whole one: what can be written before the end of the load; nil: nothing
}

// projector turns the events of one batch into rows. It holds nothing else, so
// a batch that fails is simply forgotten. An error of apply halts the
// projection.
type projector interface {
	apply(f *fact) error
	flush(ctx context.Context, tx pgx.Tx) error
}

// fact is one event with what projectors need to know about it.
type fact struct {
	at        eventstore.Position
	ledger    string
	entry     *eventstore.Entry
	event     *eventstore.Event
	movements []domain.Movement
	flows     []flowID   // of each movement
	after     []flowSums // of each flow after the movement; in a bulk load, which reads from the first event on
}

// ofLists are the read models that hold what is now: what they were is replayed.
func ofLists() []*projection {
	return slices.DeleteFunc(slices.Clone(projections), func(p *projection) bool { return p.dated })
}

// listedTypes are the types of events that some list is made of.
var listedTypes = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, p := range projections {
		for _, eventType := range p.reads {
			all[eventType] = true
		}
	}
	return all
})

// needs tells whether the projection cannot go on without an event of a type.
func (p *projection) needs(eventType string) bool {
	return p.reads == nil || slices.Contains(p.reads, eventType)
}
