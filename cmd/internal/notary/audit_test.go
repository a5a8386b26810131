package notary

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"github.com/jackc/pgx/v5"
)

// copied is a log in memory, which a test changes as it likes.
type copied []eventstore.Message

func (l copied) End(context.Context) (uint64, error) {
	if len(l) == 0 {
		return 0, nil
	}
	return l[len(l)-1].Sequence, nil
}

func (l copied) Blocks(_ context.Context, after, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for _, m := range l {
			if m.Sequence <= after || m.Sequence > until {
				continue
			}
			if m.Sequence != after+1 {
				yield(eventstore.Message{}, &eventstore.BadBlock{Code: "sequence_missing", Position: blockPosition(after + 1), Reason: "it is missing"})
				return
			}
			if !yield(m, nil) {
				return
			}
			after++
		}
	}
}

// scene is a log of two ledgers and its archive, most of it signed, which is
// changed again and again.
type scene struct {
	*office
	conn   *pgx.Conn
	blocks copied // as they were
	signed uint64 // up to here
	early  []byte // a checkpoint of the first ledger that somebody kept
	kept   []byte // the last one
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{office: newOffice(t)}
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 60 {
		ledger := []string{"one", "two"}[random.IntN(2)]
		if step < 2 {
			ledger = []string{"one", "two"}[step]
		}
		var rs []eventstore.Request
		for range 1 + random.IntN(4) {
			s.n++
			rs = append(rs, eventstore.Request{ID: fmt.Sprintf("k-%d", s.n), Actor: "owner", Role: "owner",
				Command: &domain.RegisterOrganisation{Organisation: domain.ID(fmt.Sprintf("org-%d", s.n)), Name: "单位", Kind: "government"}})
		}
		if step < 2 {
			rs[0].Command = &domain.OpenLedger{Title: ledger}
		}
		for _, o := range s.store.SubmitBatch(t.Context(), ledger, rs, false) {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		if step == 20 || step == 35 || step == 50 {
			s.sign(t)
		}
		if step == 35 {
			s.early = s.last(t, "one").Note
		}
	}
	s.kept = s.last(t, "one").Note
	end := s.reach(t)
	for m, err := range s.store.Blocks(t.Context(), 0, end) {
		if err != nil {
			t.Fatal(err)
		}
		s.blocks = append(s.blocks, m)
	}
	var err error
	if s.conn, err = pgx.Connect(t.Context(), s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	s.exec(t, "set search_path = aidledger_archive; grant all on all tables in schema aidledger_archive to current_user; alter table blocks disable trigger never_changed; alter table checkpoints disable trigger never_changed")
	for _, table := range []string{"blocks", "checkpoints", "tiles"} {
		s.exec(t, "create table saved_"+table+" as select * from "+table)
	}
	return s
}

func (s *scene) reach(t *testing.T) uint64 {
	t.Helper()
	end, err := s.store.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.runner.WaitFor(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	return end
}

func (s *scene) sign(t *testing.T) {
	t.Helper()
	s.signed = s.reach(t)
	if err := s.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// restore makes everything as it was.
func (s *scene) restore(t *testing.T) {
	t.Helper()
	s.Log = slices.Clone(s.blocks)
	for _, table := range []string{"blocks", "checkpoints", "tiles"} {
		s.exec(t, fmt.Sprintf("delete from %[1]s; insert into %[1]s select * from saved_%[1]s", table))
	}
}

// put writes a block of the archive, with all that its row says about it.
func (s *scene) put(t *testing.T, m eventstore.Message) {
	t.Helper()
	if _, err := s.conn.Exec(t.Context(), "update blocks set data = $1, hash = sha256($1), ledger = $2 where sequence = $3", m.Data, m.Ledger, int64(m.Sequence)); err != nil {
		t.Fatal(err)
	}
}

// forged returns the log with one block changed, and the chain made good after
// it where that is asked for: what an insider does who knows what he is doing.
func (s *scene) forged(at int, chain bool) copied {
	out := slices.Clone(s.blocks)
	ledger := out[at].Ledger
	head := [32]byte(out[at].Hash())
	out[at].Data = bytes.Replace(out[at].Data, []byte(`"actor":"owner"`), []byte(`"actor":"other"`), 1)
	for i := at; i < len(out) && chain; i++ {
		if out[i].Ledger != ledger {
			continue
		}
		b, err := proof.ParseBlock(out[i].Data)
		if err != nil {
			panic(err)
		}
		if i > at {
			b.Previous = head
		}
		out[i].Data = b.Bytes()
		head = out[i].Hash()
	}
	return out
}

// change is one way in which something is not what it was any more. It returns
// the first bad position, and what is wrong and right there.
type change struct {
	name string
	make func(t *testing.T, s *scene, r *rand.Rand) (at uint64, in, right string)
}

// changes lists what the test does. Blocks are named by their index, which is
// one less than their sequence.
var changes = []change{
	{"a bit of a block of the log is flipped", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at, log := r.IntN(len(s.blocks)), slices.Clone(s.blocks)
		log[at].Data = flip(log[at].Data, r)
		s.Log = log
		return uint64(at + 1), InLog, InArchive
	}},
	{"a block of the log is deleted", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks) - 1)
		s.Log = slices.Delete(slices.Clone(s.blocks), at, at+1)
		return uint64(at + 1), InLog, InArchive
	}},
	{"two blocks of the log are swapped", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at, log := r.IntN(len(s.blocks)-1), slices.Clone(s.blocks)
		with := at + 1 + r.IntN(len(log)-at-1)
		log[at].Data, log[with].Data = log[with].Data, log[at].Data
		log[at].Ledger, log[with].Ledger = log[with].Ledger, log[at].Ledger
		s.Log = log
		return uint64(at + 1), InLog, InArchive
	}},
	{"two blocks of the log that are not signed yet are swapped", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		log := slices.Clone(s.blocks)
		at := int(s.signed) + r.IntN(len(log)-int(s.signed)-1)
		with := at + 1 + r.IntN(len(log)-at-1)
		log[at].Data, log[with].Data = log[with].Data, log[at].Data
		log[at].Ledger, log[with].Ledger = log[with].Ledger, log[at].Ledger
		s.Log = log
		return uint64(at + 1), InLog, InArchive
	}},
	{"a block of the log is truncated", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at, log := r.IntN(len(s.blocks)), slices.Clone(s.blocks)
		log[at].Data = log[at].Data[:r.IntN(len(log[at].Data))]
		s.Log = log
		return uint64(at + 1), InLog, InArchive
	}},
	{"a block of the log is forged and the chain made good", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(int(s.signed))
		s.Log = s.forged(at, true)
		return uint64(at + 1), InLog, InArchive
	}},
	{"the end of the log is cut off", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		s.Log = s.blocks[:at]
		return uint64(at + 1), InLog, InArchive
	}},
	{"a byte of a block of the archive is changed", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		if _, err := s.conn.Exec(t.Context(), "update blocks set data = $1 where sequence = $2", flip(s.blocks[at].Data, r), int64(at+1)); err != nil {
			t.Fatal(err)
		}
		return uint64(at + 1), InArchive, InLog
	}},
	{"a block of the archive is forged with its row", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		s.put(t, s.forged(at, false)[at])
		return uint64(at + 1), InArchive, InLog
	}},
	{"a block of the archive is deleted", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks) - 1)
		s.exec(t, fmt.Sprintf("delete from blocks where sequence = %d", at+1))
		return uint64(at + 1), InArchive, InLog
	}},
	{"a number in a row of the archive is changed", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		s.exec(t, fmt.Sprintf("update blocks set first = first + 1 where sequence = %d", at+1))
		return uint64(at + 1), InArchive, InLog
	}},
	{"the end of the archive is cut off", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		s.exec(t, fmt.Sprintf("delete from blocks where sequence > %d", at))
		return uint64(at + 1), InArchive, InLog
	}},
	{"both copies are forged alike and the chain made good", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(int(s.signed))
		log := s.forged(at, true)
		for _, m := range log[at:] {
			s.put(t, m)
		}
		s.Log = log
		return uint64(at + 1), InLog, ""
	}},
	{"both copies are forged alike and the chain left as it was", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(len(s.blocks))
		log := s.forged(at, false)
		s.put(t, log[at])
		s.Log = log
		return uint64(at + 1), InLog, ""
	}},
	{"the end of both copies is cut off", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		at := r.IntN(int(s.signed))
		s.Log = s.blocks[:at]
		s.exec(t, fmt.Sprintf("delete from blocks where sequence > %d", at))
		return uint64(at + 1), InLog, ""
	}},
	{"a checkpoint is forged", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		var at uint64
		if err := s.conn.QueryRow(t.Context(), "select block from checkpoints order by block, ledger offset $1 limit 1", r.IntN(6)).Scan(&at); err != nil {
			t.Fatal(err)
		}
		s.exec(t, fmt.Sprintf("update checkpoints set root = sha256(root) where block = %d", at))
		return at, InCheckpoint, ""
	}},
	{"the row of a checkpoint names another block", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		s.exec(t, fmt.Sprintf("update checkpoints set block = greatest(block %+d, 1) where (ledger, size) = (select ledger, size from checkpoints order by block, ledger offset %d limit 1)",
			[]int{-30, 30}[r.IntN(2)], r.IntN(6)))
		return 0, InCheckpoint, ""
	}},
	{"the row of a checkpoint names another hash", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		s.exec(t, fmt.Sprintf("update checkpoints set head = sha256(head) where (ledger, size) = (select ledger, size from checkpoints order by block, ledger offset %d limit 1)", r.IntN(6)))
		return 0, InCheckpoint, ""
	}},
	{"the last checkpoint is deleted", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		s.exec(t, fmt.Sprintf("delete from checkpoints where (ledger, size) = (select ledger, max(size) from checkpoints where ledger = '%s' group by ledger)", []string{"one", "two"}[r.IntN(2)]))
		return 0, InCheckpoint, ""
	}},
	{"two ledgers of the log change names", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		log := slices.Clone(s.blocks)
		other := map[string]string{"one": "two", "two": "one"}
		alsoInside := r.IntN(2) == 0
		for i, m := range log {
			log[i].Ledger = other[m.Ledger]
			if alsoInside {
				log[i].Data = bytes.Replace(m.Data, []byte(`"ledger":"`+m.Ledger), []byte(`"ledger":"`+log[i].Ledger), 1)
			}
		}
		s.Log = log
		return 1, InLog, InArchive
	}},
	{"a tile of the tree is changed", func(t *testing.T, s *scene, r *rand.Rand) (uint64, string, string) {
		ledger := []string{"one", "two"}[r.IntN(2)]
		s.exec(t, fmt.Sprintf("update tiles set data = set_byte(data, %[1]d, 255 - get_byte(data, %[1]d)) where ledger = '%[2]s'", r.IntN(32), ledger))
		return 0, InTree, ""
	}},
}

// repairable wants the blocks for a new copy to be those that were recorded.
func (s *scene) repairable(t *testing.T, a Audit) {
	t.Helper()
	blocks, err := s.Whole(t.Context(), a)
	if err != nil {
		t.Error(err)
		return
	}
	n := 0
	for m, err := range blocks {
		if err != nil || n >= len(s.blocks) || m.Ledger != s.blocks[n].Ledger || !bytes.Equal(m.Data, s.blocks[n].Data) {
			t.Errorf("block %d of the new copy is not the one that was recorded (%v)", n+1, err)
			return
		}
		n++
	}
	if n != len(s.blocks) {
		t.Errorf("the new copy would have %d of %d blocks", n, len(s.blocks))
	}
}

func flip(data []byte, r *rand.Rand) []byte {
	out := bytes.Clone(data)
	out[r.IntN(len(out))] ^= 1 << r.IntN(8)
	return out
}

// auditTrials is how often each change is made, each time elsewhere: more than
// 700 changes in all.
const auditTrials = 32

func TestWhatWasChangedIsFoundWhereItWasChanged(t *testing.T) {
	s := newScene(t)
	s.restore(t)
	noFalseAlarm := func() {
		a, err := s.Audit(t.Context(), [][]byte{s.early, s.kept}, func(uint64, uint64) {})
		if err != nil || !a.Clean() || a.Checkpoints != 8 || a.Entries < 100 {
			t.Fatalf("where nothing was changed the audit says %+v, %v", a, err)
		}
	}
	noFalseAlarm()
	for i, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			for trial := range auditTrials {
				s.restore(t)
				r := rand.New(rand.NewPCG(uint64(i), uint64(trial)))
				at, in, right := c.make(t, s, r)
				a, err := s.Audit(t.Context(), nil, func(uint64, uint64) {})
				if err != nil || a.Clean() {
					t.Fatalf("trial %d: a change at block %d is not found: %+v, %v", trial, at, a, err)
				}
				first := a.Findings[0]
				if at > 0 && first.Position.Block != at || first.In != in || first.Right != right {
					t.Errorf("trial %d: the change is in the %s at block %d and the %q is right; found %+v", trial, in, at, right, a.Findings)
				}
				if right != "" {
					s.repairable(t, a)
				}
			}
		})
	}
	s.restore(t)
	noFalseAlarm()
}

func TestACheckpointThatWasKeptElsewhereFindsWhatAnInsiderHides(t *testing.T) {
	s := newScene(t)
	s.restore(t)
	// Both copies, the tree and every checkpoint are made anew over another past.
	at := slices.IndexFunc(s.blocks[3:], func(m eventstore.Message) bool { return m.Ledger == "one" }) + 3
	log := s.forged(at, true)
	for _, m := range log[at:] {
		s.put(t, m)
	}
	s.Log = log
	s.exec(t, "delete from checkpoints; delete from tiles")
	s.exec(t, "update aidledger.heads h set hash = encode((select hash from blocks b where b.ledger = h.ledger order by sequence desc limit 1), 'hex')")
	if err := s.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Audit(t.Context(), nil, func(uint64, uint64) {}); err != nil || !a.Clean() {
		t.Fatalf("the insider was careless: %+v, %v", a, err)
	}
	var size int64
	if c, err := proof.ReadUnverified(s.early); err == nil {
		size = c.Size
	}
	a, err := s.Audit(t.Context(), [][]byte{s.early, s.kept}, func(uint64, uint64) {})
	if err != nil || a.Clean() || a.Findings[0].Right != "" {
		t.Fatalf("with the checkpoint of %d entries the audit says %+v, %v", size, a, err)
	}
	_, err = s.Audit(t.Context(), [][]byte{bytes.Replace(s.early, []byte("ledger.example"), []byte("ledger.exampla"), 1)}, func(uint64, uint64) {})
	if err == nil {
		t.Error("a checkpoint of somebody else is compared")
	}
}

func TestACheckpointThatWasKeptElsewhereFindsThatEverythingWasRolledBack(t *testing.T) {
	s := newScene(t)
	s.restore(t)
	var at int
	if err := s.conn.QueryRow(t.Context(), "select min(block) from checkpoints").Scan(&at); err != nil {
		t.Fatal(err)
	}
	s.Log = s.blocks[:at]
	s.exec(t, fmt.Sprintf("delete from blocks where sequence > %[1]d; delete from checkpoints where block > %[1]d; delete from tiles", at))
	s.exec(t, fmt.Sprintf(`update aidledger.checkpoint set block = %[1]d;
		update aidledger.heads h set hash = encode((select hash from blocks b where b.ledger = h.ledger order by sequence desc limit 1), 'hex')`, at))
	if err := s.RepairTrees(t.Context(), blocksOf(t.Context(), s.Log, uint64(at))); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Audit(t.Context(), nil, func(uint64, uint64) {}); err != nil || !a.Clean() {
		t.Fatalf("the insider was careless: %+v, %v", a, err)
	}
	a, err := s.Audit(t.Context(), [][]byte{s.kept}, func(uint64, uint64) {})
	if err != nil || a.Clean() || a.Findings[0].Position.Block != uint64(at+1) {
		t.Fatalf("with a checkpoint of later the audit says %+v, %v", a, err)
	}
}

var _ projections.Log = copied{}
