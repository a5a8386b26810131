package eventstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
)

// Request asks for one command to be recorded. ID makes it safe to repeat: the
// same id with the same command gets the first answer for ever. It has 1 to 128
// visible ASCII characters. Correlation and Causation are ids of the caller's
// own that lead through several systems; they may be empty.
type Request struct {
	ID          string
	Command     domain.Command
	Actor       string
	Role        string
	Correlation string
	Causation   string

	// After, where it is not zero, records the command only if nothing was
	// recorded after that block about what the command changes: it is still what
	// the caller has seen. AfterIn is the region of that block; a ledger that was
	// moved has to be told it, since the logs of regions count alike.
	After   uint64
	AfterIn string
}

// Receipt says where a command was recorded. Position is that of its last
// event; an entry without events has the end of its block. Repeated says that
// it had been recorded before, and that this is the first answer.
type Receipt struct {
	Ledger   string     `json:"ledger"`
	Entry    string     `json:"entry"`
	Position Position   `json:"position"`
	Recorded time.Time  `json:"recorded"`
	Events   []EventRef `json:"events"`
	Repeated bool       `json:"repeated,omitzero"`
	DryRun   bool       `json:"dry_run,omitzero"` // it was decided and not recorded; the positions are zero

	Beneficiary domain.ID `json:"beneficiary,omitzero"` // pseudonym of the person who was registered
}

// name adds the pseudonym that was given to somebody, who cannot be referred to
// otherwise.
func (r *Receipt) name(fact domain.Event) {
	if e, ok := fact.(*domain.BeneficiaryRegistered); ok {
		r.Beneficiary = e.Beneficiary
	}
}

// EventRef names one event that a command led to.
type EventRef struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Position Position `json:"position"`
}

// Outcome is a Receipt, or the error that stands in its place: a
// *domain.Refusal or domain.Refusals where a rule said no, and a *Failure
// where the log could not do it.
type Outcome struct {
	Receipt Receipt
	Err     error
}

// BatchMax is how many commands one call may carry.
const BatchMax = 10_000

// Submit records one command. It returns after the block that holds it is
// stored. When ctx ends first, the outcome is unknown: repeat it with the same
// id to learn it.
func (s *Store) Submit(ctx context.Context, ledger string, r Request) (Receipt, error) {
	out := s.SubmitBatch(ctx, ledger, []Request{r}, false)[0]
	return out.Receipt, out.Err
}

// SubmitBatch records several commands in their order and returns one outcome
// for each. An atomic batch is recorded as a whole or not at all: when one
// command is refused, the others fail with the code batch_not_recorded. A
// batch that is not atomic records what it can.
func (s *Store) SubmitBatch(ctx context.Context, ledger string, rs []Request, atomic bool) []Outcome {
	return s.submit(ctx, ledger, rs, atomic, false)
}

// Try decides commands in their order, each on what those before it would leave
// behind, and records none of them.
func (s *Store) Try(ctx context.Context, ledger string, rs []Request) []Outcome {
	return s.submit(ctx, ledger, rs, false, true)
}

func (s *Store) submit(ctx context.Context, ledger string, rs []Request, atomic, dry bool) []Outcome {
	if len(rs) > BatchMax {
		return all(len(rs), failure(CommandTooLarge, "a batch has at most 10,000 commands", "send it in parts", nil))
	}
	if len(rs) == 0 {
		return nil
	}
	w, err := s.writer(ctx, ledger, rs, dry)
	if err != nil {
		return all(len(rs), err)
	}
	var tried []Outcome
	if !dry && s.cfg.Rehearse != nil && slices.ContainsFunc(rs, registers) {
		tried = s.submit(ctx, ledger, rs, atomic, true)
		if atomic && slices.ContainsFunc(tried, func(o Outcome) bool { return o.Err != nil }) {
			return tried
		}
	}
	j := &job{ctx: ctx, atomic: atomic, dry: dry, items: make([]item, len(rs)), answer: make(chan []Outcome, 1)}
	seal := s.sealer(dry)
	for i, r := range rs {
		if tried != nil && tried[i].Err != nil && registers(r) {
			j.items[i] = item{Request: r, key: keyOf(r.ID), err: tried[i].Err}
			continue
		}
		j.items[i] = newItem(ctx, w.ledger, r, seal)
	}
	return w.submit(j)
}

// registers tells whether a command makes a key for somebody. Such a command is
// tried before it is sealed, so that a refusal leaves no key behind.
func registers(r Request) bool {
	_, ok := r.Command.(*domain.RegisterBeneficiary)
	return ok
}

func all(n int, err error) []Outcome {
	out := make([]Outcome, n)
	for i := range out {
		out[i].Err = err
	}
	return out
}

// job is what one call submitted; item is one command of it.
type job struct {
	ctx    context.Context
	atomic bool
	dry    bool // decided, and not recorded
	items  []item
	out    []Outcome // of the items that are done, in order
	answer chan []Outcome
}

type item struct {
	Request
	key     entryKey
	name    string
	content string // hash of the command and its fields
	err     error  // found before it was queued
}

// Sealer seals what a command of a ledger says about a person.
type Sealer func(ctx context.Context, ledger string, c domain.Command) (domain.Command, error)

// sealer is what seals commands that are recorded, or only decided.
func (s *Store) sealer(dry bool) Sealer {
	switch {
	case dry && s.cfg.Rehearse != nil:
		return s.cfg.Rehearse()
	case dry || s.cfg.Seal == nil:
		return nil
	}
	return func(ctx context.Context, ledger string, c domain.Command) (domain.Command, error) {
		return c, s.cfg.Seal(ctx, ledger, c)
	}
}

// newItem checks and hashes a command in the caller's goroutine, so that the
// one writer of the ledger has less to do.
func newItem(ctx context.Context, ledger string, r Request, seal Sealer) item {
	it := item{Request: r, key: keyOf(r.ID), name: domain.CommandName(r.Command)}
	if it.err = checkRequestID(r.ID); it.err != nil {
		return it
	}
	if it.err = domain.Check(r.Command); it.err != nil {
		return it
	}
	if seal != nil && domain.HoldsPersonal(r.Command) {
		if it.Command, it.err = seal(ctx, ledger, r.Command); it.err != nil {
			return it
		}
	}
	fields, err := json.Marshal(it.Command)
	if err != nil {
		it.err = failure(LogUnavailable, "the command cannot be encoded", "start the server with its vault if it is about a person", err)
		return it
	}
	h := sha256.New()
	h.Write([]byte(it.name))
	h.Write([]byte{0})
	h.Write(fields)
	it.content = hex.EncodeToString(h.Sum(nil)[:16])
	return it
}

func checkRequestID(id string) error {
	bad := len(id) == 0 || len(id) > 128
	for i := 0; i < len(id) && !bad; i++ {
		bad = id[i] <= ' ' || id[i] > '~'
	}
	if bad {
		return &domain.Refusal{Code: "command_id_format", Message: "a command needs an id of 1 to 128 visible ASCII characters",
			Hint: "use a UUID, and the same one when you repeat the command"}
	}
	return nil
}

// entryKey is a hash of a command id that keeps millions of them small.
type entryKey [16]byte

func keyOf(id string) entryKey {
	sum := sha256.Sum256([]byte(id))
	return entryKey(sum[:16])
}
