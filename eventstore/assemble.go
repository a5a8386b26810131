package eventstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"aidledger/domain"

	"github.com/google/uuid"
)

// entriesMax is how many jobs are taken into one block at most. It bounds how
// much has to be decided again when another writer was faster.
const entriesMax = 4096

// pending is a block that is being put together: its entries as they will be
// stored, and what to tell whom once it is.
type pending struct {
	entries  []pendingEntry
	keys     map[entryKey]int // where each entry is
	size     int              // bytes of the entries
	events   uint32
	jobs     []*job // whose commands were looked at
	outcomes [][]Outcome
	full     bool  // no further command has room, or may be decided before it is stored
	refused  bool  // a rule said no, on the state as this process knows it
	fatal    error // the log cannot be read; nothing of the block counts
	mark     int   // of the state with the block in it

	data     []byte // set by publish
	doubt    bool   // it may be stored although nobody said so
	hash     Hash
	sequence uint64
}

type pendingEntry struct {
	key     entryKey
	content string
	actor   string
	facts   []domain.Event
	json    []byte
}

// assemble decides the commands of the backlog one after the other, each on the
// state that the ones before it left behind, until the block is full. A command
// whose id is in this very block ends the block: it is answered after it. What
// was not looked at is left.
func (w *writer) assemble(ctx context.Context, backlog []*job) (b *pending, left []*job) {
	b = newPending()
	for i, j := range backlog {
		if w.take(ctx, b, j); b.full || b.fatal != nil {
			return b, backlog[i+1:]
		}
	}
	return b, nil
}

func newPending() *pending { return &pending{keys: map[entryKey]int{}} }

// take decides the remaining commands of one job, as far as the block has room.
func (w *writer) take(ctx context.Context, b *pending, j *job) {
	mark, before := w.domain.Mark(), *b
	b.jobs, b.outcomes = append(b.jobs, j), append(b.outcomes, nil)
	defer func() { b.full, b.mark = b.full || len(b.jobs) >= entriesMax, w.domain.Mark() }()
	outcomes := &b.outcomes[len(b.outcomes)-1]
	if j.ctx.Err() != nil && len(j.out) == 0 {
		*outcomes = all(len(j.items), failure(OutcomeUnknown, "the caller did not wait", "repeat it with the same id", j.ctx.Err()))
		return
	}
	for k := len(j.out); k < len(j.items); k++ {
		out, wait := w.decide(ctx, b, &j.items[k])
		if b.fatal != nil {
			return
		}
		whole := j.atomic || j.dry
		if wait && (!whole || len(before.entries) > 0 || w.flying != nil) {
			b.full = true
			if whole {
				w.rewind(b, before, mark)
				*outcomes = nil
			}
			return
		}
		if wait {
			out.Err = failure(CommandTooLarge, "the commands do not fit into one block together", "send fewer, or not as one", nil)
		}
		if j.atomic && out.Err != nil {
			w.rewind(b, before, mark)
			*outcomes = all(len(j.items), failure(BatchNotRecorded, fmt.Sprintf("command %d of the batch was refused, so none was recorded", k+1),
				"mend it and send the whole batch again", nil))
			(*outcomes)[k] = out
			return
		}
		*outcomes = append(*outcomes, out)
	}
	if j.dry {
		w.rewind(b, before, mark)
		*outcomes, b.refused = dryRun(*outcomes), true
	}
}

// dryRun marks what was decided and is not recorded.
func dryRun(outcomes []Outcome) []Outcome {
	for i := range outcomes {
		r := &outcomes[i].Receipt
		if outcomes[i].Err != nil || r.Repeated {
			continue
		}
		r.DryRun, r.Beneficiary = true, ""
		for k := range r.Events {
			r.Events[k].Position = Position{}
		}
	}
	return outcomes
}

// rewind takes back everything that a job added to the block.
func (w *writer) rewind(b *pending, before pending, mark int) {
	w.rollback(mark)
	for _, e := range b.entries[len(before.entries):] {
		delete(b.keys, e.key)
	}
	b.entries, b.size, b.events = before.entries, before.size, before.events
}

// decide decides one command. wait says that it has to be decided in a later
// block.
func (w *writer) decide(ctx context.Context, b *pending, it *item) (out Outcome, wait bool) {
	if it.err != nil {
		return Outcome{Err: it.err}, false
	}
	if w.decided(b, it.key) != nil {
		return Outcome{}, true // answered from the log, when this block is in it
	}
	record, ok, err := w.entry(ctx, it.key)
	if err != nil {
		b.fatal = err
		return Outcome{}, false
	}
	if ok {
		return w.repeated(ctx, b, it, record)
	}
	if err := w.elsewhere(); err != nil {
		b.refused = true
		return Outcome{Err: err}, false
	}
	now := w.store.cfg.Now().UTC().Truncate(time.Microsecond)
	dctx := domain.Context{Entry: it.ID, Actor: it.Actor, Role: it.Role, Recorded: now, Today: domain.DateOf(now.In(w.zone))}
	if r, ok := it.Command.(domain.Referrer); ok {
		original, err := w.original(ctx, b, r.RefersTo())
		if err != nil {
			b.fatal = err
			return Outcome{}, false
		}
		dctx.Original = original
	}
	if out := w.unchanged(ctx, b, it, dctx.Original); out.Err != nil || b.fatal != nil {
		return out, false
	}
	if err := w.checkZone(it.Command, &dctx); err != nil {
		return Outcome{Err: err}, false
	}
	events, err := w.domain.Decide(it.Command, dctx)
	if err != nil {
		b.refused = true
		return Outcome{Err: err}, false
	}
	return w.add(b, it, now, events)
}

// checkZone refuses a ledger whose time zone nobody knows, and gives its first
// command the calendar of that zone. It is here because the database of time
// zones is not part of the domain.
func (w *writer) checkZone(c domain.Command, dctx *domain.Context) error {
	open, ok := c.(*domain.OpenLedger)
	if !ok {
		return nil
	}
	name := open.Zone
	if name == "" {
		name = domain.DefaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return &domain.Refusal{Code: "zone_unknown", Field: "zone", Message: fmt.Sprintf("%q is not a time zone", name),
			Hint: "use a name such as Asia/Shanghai"}
	}
	dctx.Today = domain.DateOf(dctx.Recorded.In(zone))
	return nil
}

// add folds the events of a command into the state and puts its entry into the
// block, unless the block has no room for it.
func (w *writer) add(b *pending, it *item, now time.Time, events []domain.Event) (Outcome, bool) {
	entry := Entry{ID: it.ID, Command: it.name, Content: it.content, Actor: it.Actor, Role: it.Role,
		Correlation: it.Correlation, Causation: it.Causation, Recorded: now, Events: make([]Event, len(events))}
	receipt := Receipt{Ledger: w.ledger, Entry: it.ID, Recorded: now, Events: make([]EventRef, len(events))}
	for i, fact := range events {
		e, err := encodeEvent(newEventID(), fact)
		if err != nil {
			return Outcome{Err: failure(LogUnavailable, "the event cannot be encoded", "", err)}, false
		}
		entry.Events[i] = e
		// The block's sequence is filled in when it is known.
		receipt.Events[i] = EventRef{ID: e.ID, Type: e.Type, Position: Position{Event: b.events + uint32(i)}}
		receipt.name(fact)
	}
	raw, err := entry.append(nil)
	if err != nil {
		return Outcome{Err: failure(LogUnavailable, "the entry cannot be encoded", "", err)}, false
	}
	if limit := w.blockMax(); b.size+len(raw) > limit {
		if len(b.entries) == 0 {
			return Outcome{Err: failure(CommandTooLarge, fmt.Sprintf("the command takes %d bytes, more than the %d that a block may have", len(raw), limit),
				"split it", nil)}, false
		}
		return Outcome{}, true
	}
	for _, fact := range events {
		w.domain.Evolve(fact)
	}
	w.setZone()
	b.keys[it.key] = len(b.entries)
	b.entries = append(b.entries, pendingEntry{key: it.key, content: it.content, actor: it.Actor, facts: events, json: raw})
	b.size += len(raw) + 1
	b.events += uint32(len(events))
	return Outcome{Receipt: receipt}, false
}

// blockMax is how many bytes the entries of a block may take.
func (w *writer) blockMax() int {
	const own = 4 << 20
	const frame = 2048 // the block's own fields and headers
	return int(min(w.store.cfg.Conn.MaxPayload(), own)) - frame
}

// repeated answers a command whose id is in the log.
func (w *writer) repeated(ctx context.Context, b *pending, it *item, r entryRecord) (Outcome, bool) {
	again := recordOf(r.block, it.content, it.Actor)
	switch {
	case again.actor != r.actor:
		return Outcome{Err: failure(KeyTaken, fmt.Sprintf("the id %s was used by somebody else", it.ID), "use an id of your own, such as a UUID", nil)}, false
	case again.content != r.content:
		return Outcome{Err: failure(KeyReused, fmt.Sprintf("the id %s was used for another command, or for other values", it.ID), "use a new id for a new command", nil)}, false
	}
	block, err := w.read(ctx, r.block)
	if err != nil {
		b.fatal = unreadable(err)
		return Outcome{}, false
	}
	if receipt, ok := block.receipt(it.ID); ok {
		receipt.Repeated = true
		return Outcome{Receipt: receipt}, false
	}
	b.fatal = failure(LogUnreadable, "an entry is not where it was recorded", "run aidledger verify", nil)
	return Outcome{}, false
}

// decided returns the entry of a key that is not in the log yet: of the block
// that is being put together, or of the one that is on its way. Nil: there is none.
func (w *writer) decided(b *pending, key entryKey) *pendingEntry {
	for _, p := range []*pending{b, w.flying} {
		if p == nil {
			continue
		}
		if i, ok := p.keys[key]; ok {
			return &p.entries[i]
		}
	}
	return nil
}

// original returns the events of an earlier entry, which may be in a block that
// is not in the log yet; none if there is no such entry.
func (w *writer) original(ctx context.Context, b *pending, id string) (events []domain.Event, err error) {
	key := keyOf(id)
	if e := w.decided(b, key); e != nil {
		return e.facts, nil
	}
	record, ok, err := w.entry(ctx, key)
	if !ok || err != nil {
		return nil, err
	}
	block, err := w.read(ctx, record.block)
	if err != nil {
		return nil, unreadable(err)
	}
	for i := range block.Entries {
		if block.Entries[i].ID == id {
			for _, e := range block.Entries[i].Events {
				events = append(events, e.Fact)
			}
		}
	}
	return events, nil
}

// read returns a stored block. It keeps the last one, since a batch that is
// sent again asks for the same block many times.
func (w *writer) read(ctx context.Context, sequence uint64) (*Block, error) {
	if w.lastRead != nil && w.lastRead.Sequence == sequence {
		return w.lastRead, nil
	}
	m, err := w.store.Block(ctx, sequence)
	if err != nil {
		return nil, err
	}
	b, err := Decode(m)
	if err != nil {
		return nil, err
	}
	w.lastRead = b
	return b, nil
}

// receipt returns the receipt of an entry of a stored block.
func (b *Block) receipt(entry string) (r Receipt, ok bool) {
	var at uint32
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.ID != entry {
			at += uint32(len(e.Events))
			continue
		}
		r = Receipt{Ledger: b.Ledger, Entry: e.ID, Recorded: e.Recorded, Events: make([]EventRef, len(e.Events))}
		for j, ev := range e.Events {
			r.Events[j] = EventRef{ID: ev.ID, Type: ev.Type, Position: Position{Event: at}}
			r.name(ev.Fact)
			at++
		}
		r.place(b.Sequence)
		return r, true
	}
	return r, false
}

// place fills in the sequence of the block that holds the entry.
func (r *Receipt) place(sequence uint64) {
	r.Position = Position{Block: sequence, Event: WholeBlock}
	for i := range r.Events {
		r.Events[i].Position.Block = sequence
		r.Position = r.Events[i].Position
	}
}

// answer gives every job whose commands are all done its outcomes, and returns
// the jobs that have commands left.
func (b *pending) answer() []*job {
	var left []*job
	for i, j := range b.jobs {
		for _, o := range b.outcomes[i] {
			if o.Err == nil && !o.Receipt.DryRun && o.Receipt.Position.IsZero() {
				o.Receipt.place(b.sequence)
			}
			j.out = append(j.out, o)
		}
		if len(j.out) == len(j.items) {
			j.answer <- j.out
		} else {
			left = append(left, j)
		}
	}
	return left
}

// encode puts the block together. The bytes are those that json.Marshal gives
// for a Block, without encoding each entry again.
func (b *pending) encode(ledger string, previous Hash) {
	data := make([]byte, 0, b.size+256)
	data = append(data, `{"v":`...)
	data = strconv.AppendInt(data, blockFormat, 10)
	data = append(data, `,"ledger":"`...)
	data = append(data, ledger...) // an id: nothing to escape
	data = append(data, `","previous":"`...)
	data = append(data, previous.String()...)
	data = append(data, `","entries":[`...)
	for i, e := range b.entries {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, e.json...)
	}
	b.data = append(data, `]}`...)
	b.hash = sha256.Sum256(b.data)
}

func recordOf(block uint64, content, actor string) entryRecord {
	c, a := fnv.New64a(), fnv.New32a()
	c.Write([]byte(content)) // a hash already
	a.Write([]byte(actor))
	return entryRecord{block: block, content: c.Sum64(), actor: a.Sum32()}
}

// newEventID returns a UUIDv7, which sorts by the time of its making.
func newEventID() string { return uuid.Must(uuid.NewV7()).String() }
