package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

//go:embed entries.sql
var entriesSQL string

// entriesProjection holds the entries that moved no money, so that every entry
// can be looked up: the journal has the others. It also holds in which blocks
// there is something else than payments, of which alone lists are made.
var entriesProjection = &projection{
	name:   "entries",
	sql:    entriesSQL,
	tables: []string{"entries", "listed_blocks"},
	begin:  func(bulk bool) projector { return &entriesProjector{bulk: bulk} },
}

type entriesProjector struct {
	copying
	blocks copying
	bulk   bool
	ledger string // of the last entry
	entry  string
	block  uint64 // the last one that is listed
}

func (p *entriesProjector) flush(ctx context.Context, tx pgx.Tx) error {
	form := " from stdin (format binary)"
	if p.bulk {
		form = " from stdin (format binary, freeze)"
	}
	if err := p.blocks.flush(ctx, tx, "copy listed_blocks"+form); err != nil {
		return err
	}
	return p.copying.flush(ctx, tx, "copy entries"+form)
}

// apply takes the first event of an entry that moves no money. The events of an
// entry follow each other in one block.
func (p *entriesProjector) apply(f *fact) error {
	if f.at.Block != p.block && (len(f.movements) == 0 || listedTypes()[f.event.Type]) {
		p.block = f.at.Block
		p.blocks.row(2)
		p.blocks.int64(int64(f.at.Block))
		p.blocks.text(f.ledger)
	}
	if len(f.movements) > 0 || f.ledger == p.ledger && f.entry.ID == p.entry {
		return nil
	}
	p.ledger, p.entry = f.ledger, f.entry.ID
	p.row(7)
	p.text(f.ledger)
	p.text(f.entry.ID)
	p.int64(int64(f.at.Block))
	p.int32(int(f.at.Event))
	p.text(f.event.Type)
	p.time(f.entry.Recorded)
	p.text(f.entry.Actor)
	return nil
}

// RecordedEntry says what one command recorded first, who gave it and when.
type RecordedEntry struct {
	Entry     string              `json:"entry"`
	Position  eventstore.Position `json:"position"`
	EventType string              `json:"event_type"`
	Actor     string              `json:"actor"`
	Recorded  time.Time           `json:"recorded"`
}

// readEntry reads an entry, nil where there is none.
func readEntry(ctx context.Context, tx pgx.Tx, _ *DB, ledger, id string) (any, error) {
	rows, _ := tx.Query(ctx, `select entry, block, event, event_type, actor, recorded from aidledger.entries where ledger = $1 and entry = $2
		union all select entry, block, event, event_type, actor, recorded from aidledger.movements j where ledger = $1 and entry = $2
		order by block, event limit 1`, ledger, id)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (RecordedEntry, error) {
		var e RecordedEntry
		var block, event int64
		err := row.Scan(&e.Entry, &block, &event, &e.EventType, &e.Actor, &e.Recorded)
		e.Position, e.Recorded = eventstore.Position{Block: uint64(block), Event: uint32(event)}, e.Recorded.UTC()
		return e, err
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
