package eventstore

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore/localnats"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"
)

// kept is a log in which a snapshot is made after every 20 events.
type kept struct {
	*testing.T
	server *localnats.Server
	stream string
	ids    int
	random *rand.Rand
}

// keeping gives each test a log of its own on one server.
func keeping(t *testing.T, server *localnats.Server, stream string) *kept {
	return &kept{T: t, server: server, stream: stream, random: rand.New(rand.NewPCG(1, uint64(len(stream))))}
}

func (k *kept) open(program string) *Store {
	k.Helper()
	s, err := Open(k.Context(), Config{Conn: k.server.Conn(), Stream: k.stream, Now: time.Now, Program: program, SnapshotEvents: 20,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(s.Close)
	return s
}

func (k *kept) give(s *Store, ledger string, commands ...domain.Command) []Outcome {
	rs := make([]Request, len(commands))
	for i, c := range commands {
		k.ids++
		rs[i] = Request{ID: fmt.Sprintf("k-%d", k.ids), Command: c, Actor: "tester"}
	}
	return s.SubmitBatch(k.Context(), ledger, rs, false)
}

// begin opens a ledger in which money can be paid.
func (k *kept) begin(s *Store, ledger string) {
	k.Helper()
	much, _ := domain.ParseAmount("1000000")
	for _, out := range k.give(s, ledger,
		&domain.OpenLedger{Title: "Kept", Zone: "Europe/Paris"},
		&domain.RegisterOrganisation{Organisation: "giver", Name: "Giver", Kind: "government"},
		&domain.RegisterProject{Project: "road", Name: "Road"},
		&domain.SetTargets{Project: "road", Targets: []domain.Target{{Indicator: "km", Value: domain.WholeQuantity(3), Unit: "km"}}},
		&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: "road"}},
		&domain.CommitFunds{FundInput: domain.FundInput{Fund: "fund", Provider: "giver", Amount: much}, Evidence: domain.Evidence{Document: "1"}},
		&domain.ReceiveFunds{FundInput: domain.FundInput{Fund: "fund", Amount: much}},
		&domain.AllocateFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: much}, Project: "road"}) {
		if out.Err != nil {
			k.Fatal(out.Err)
		}
	}
}

// live gives random commands: payments with and without numbers of their own,
// new funds, reversals of any earlier entry, and repetitions.
func (k *kept) live(s *Store, ledger string, n int) {
	for range n {
		var c domain.Command
		amount, _ := domain.ParseAmount(fmt.Sprint(1 + k.random.IntN(50)))
		switch k.random.IntN(6) {
		case 0:
			c = &domain.ReverseEntry{Entry: fmt.Sprintf("k-%d", 1+k.random.IntN(k.ids)), Reason: "wrong"}
		case 1:
			c = &domain.CommitFunds{FundInput: domain.FundInput{Fund: domain.ID(fmt.Sprintf("f-%d", k.random.IntN(20))), Provider: "giver", Amount: amount},
				Evidence: domain.Evidence{Document: "2", SourceReference: fmt.Sprint(k.random.IntN(1000))}}
		case 2:
			c = &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: amount}, Project: "road", Payer: "giver",
				Voucher: fmt.Sprint(k.random.IntN(1000))}
		default:
			c = &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: amount}, Project: "road"}
		}
		k.give(s, ledger, c)
	}
}

// again closes the store, which lets the last snapshot finish, and returns a new one.
func (k *kept) again(s *Store, program string) *Store {
	s.Close()
	return k.open(program)
}

// replayed folds the log of a ledger after a state.
func (k *kept) replayed(s *Store, ledger string, state ledgerState) ledgerState {
	k.Helper()
	end, err := s.End(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	for m, err := range s.blocks(k.Context(), s.subject(ledger), state.last, end) {
		if err == nil {
			err = state.fold(m)
		}
		if err != nil {
			k.Fatal(err)
		}
	}
	return state
}

// all is every entry of an index, and where it is.
func (x *entryIndex) all(t *testing.T) map[entryKey]entryRecord {
	t.Helper()
	out, sorted := map[entryKey]entryRecord{}, x.sorted
	if x.paged != nil {
		var err error
		if sorted, err = x.paged.all(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range len(sorted) / entryBytes {
		key := entryKey(sorted.key(i))
		out[key], _ = sorted.find(key)
	}
	for _, more := range []map[entryKey]entryRecord{x.frozen, x.recent} {
		for k, r := range more {
			out[k] = r
		}
	}
	return out
}

func TestASnapshotAndTheLogAfterItAreWhatTheWholeLogIs(t *testing.T) {
	k := keeping(t, testServer(t), "WHOLE")
	s := k.open("p")
	k.begin(s, "one")
	k.begin(s, "two")
	for round := range 6 {
		k.live(s, "one", 30+round)
		k.live(s, "two", 3)
		s = k.again(s, "p")
		k.live(s, "one", 3) // after the snapshot
		state, err := s.snapshot(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		from := state.last
		state, whole := k.replayed(s, "one", state), k.replayed(s, "one", newLedgerState())
		if from == 0 || from >= state.last || len(state.entries.paged.pages) == 0 {
			t.Fatalf("the snapshot ends with block %d of %d", from, state.last)
		}
		if !reflect.DeepEqual(state.domain, whole.domain) || state.last != whole.last || state.head != whole.head || state.zone.String() != whole.zone.String() {
			t.Fatalf("round %d: from the snapshot the state is\n%+v\nfrom the log\n%+v", round, state.domain, whole.domain)
		}
		if !reflect.DeepEqual(state.entries.all(t), whole.entries.all(t)) {
			t.Fatalf("round %d: the snapshot leads to other entries", round)
		}
	}
	// What was told before any snapshot is still known.
	pay := &domain.OpenLedger{Title: "Kept", Zone: "Europe/Paris"}
	receipt, err := s.Submit(t.Context(), "one", Request{ID: "k-1", Command: pay, Actor: "tester"})
	if err != nil || !receipt.Repeated || receipt.Position.Block != 1 {
		t.Errorf("the first command repeated gets %+v, %v", receipt, err)
	}
	if _, err := s.Submit(t.Context(), "one", Request{ID: "k-2", Command: pay, Actor: "tester"}); !Is(err, KeyReused) {
		t.Errorf("an id of long ago was taken again: %v", err)
	}
	if _, err := s.snapshot(t.Context(), "two"); err != nil {
		t.Errorf("the other ledger has no snapshot: %v", err)
	}
}

func TestASnapshotThatCannotBeTrustedIsNotUsed(t *testing.T) {
	k := keeping(t, testServer(t), "TRUST")
	s := k.open("p")
	k.begin(s, "one")
	k.begin(s, "two")
	k.live(s, "one", 40)
	k.live(s, "two", 40)
	s = k.again(s, "p")
	ctx := t.Context()
	stream, head, _, err := s.snapshotHead(ctx, "one")
	if err != nil {
		t.Fatal(err)
	}
	body, err := readParts(ctx, stream, head)
	if err != nil {
		t.Fatal(err)
	}
	_, other, _, err := s.snapshotHead(ctx, "two")
	if err != nil {
		t.Fatal(err)
	}
	// put stores a snapshot of the ledger as a stranger would.
	put := func(ledger string, head snapshotHead, body []byte) {
		ack, err := s.js.Publish(ctx, head.Parts, body)
		if err != nil {
			t.Fatal(err)
		}
		head.First = ack.Sequence
		data, _ := json.Marshal(&head)
		if _, err := s.js.Publish(ctx, s.snapshotSubject(ledger), data); err != nil {
			t.Fatal(err)
		}
	}
	if put("one", head, body); unusable(s, "one") != nil {
		t.Fatalf("the snapshot as it was is not used: %v", unusable(s, "one"))
	}
	flipped := slices.Clone(body)
	flipped[len(body)/2] ^= 4
	with := func(change func(*snapshotHead)) snapshotHead {
		h := head
		h.Parts += "x"
		change(&h)
		return h
	}
	for name, c := range map[string]struct {
		head snapshotHead
		body []byte
		why  string
	}{
		"a flipped bit":              {head, flipped, "damaged"},
		"a part that is missing":     {with(func(h *snapshotHead) { h.Bytes *= 2 }), body, "missing"},
		"a body that is cut off":     {with(func(h *snapshotHead) {}), body[:len(body)-1], "missing"},
		"another form":               {with(func(h *snapshotHead) { h.Form[0]++ }), body, "another program"},
		"a future format":            {with(func(h *snapshotHead) { h.Format++ }), body, "another program"},
		"the name of another ledger": {with(func(h *snapshotHead) { h.Ledger = "two" }), body, "another program"},
		"a block of another ledger":  {with(func(h *snapshotHead) { h.Block, h.Hash = other.Block, other.Hash }), body, "not the one"},
		"the hash of another log":    {with(func(h *snapshotHead) { h.Hash[3]++ }), body, "not the one"},
		"a block that is not there":  {with(func(h *snapshotHead) { h.Block += 1000 }), body, "missing from the stream"},
	} {
		if put("one", c.head, c.body); unusable(s, "one") == nil || !strings.Contains(unusable(s, "one").Error(), c.why) {
			t.Errorf("%s: %v, want %q", name, unusable(s, "one"), c.why)
		}
	}
	// The ledger goes on from its log, and makes a better one, even where the one
	// that is there says that it is further.
	put("one", with(func(h *snapshotHead) { h.Block += 1000 }), body)
	k.live(s, "one", 30)
	whole := k.replayed(s, "one", newLedgerState())
	s = k.again(s, "p")
	if unusable(s, "one") != nil {
		t.Fatal(unusable(s, "one"))
	}
	if state, _ := s.snapshot(ctx, "one"); state.last == 0 || whole.last < state.last {
		t.Errorf("the new snapshot ends with block %d of %d", state.last, whole.last)
	}
	if s = k.again(s, "q"); unusable(s, "one") == nil {
		t.Error("another program uses the snapshot")
	}
}

func unusable(s *Store, ledger string) error {
	_, err := s.snapshot(context.Background(), ledger)
	return err
}

// A process that is killed while it writes a snapshot leaves some parts. They
// neither count nor stay.
func TestWhatAKilledProcessLeavesOfASnapshotIsSweptAway(t *testing.T) {
	k := keeping(t, testServer(t), "KILLED")
	s := k.open("p")
	k.begin(s, "one")
	k.live(s, "one", 40)
	s = k.again(s, "p")
	_, before, _, err := s.snapshotHead(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.js.Publish(t.Context(), s.snapshotSubject("one")+".dead", make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := s.snapshot(t.Context(), "one"); err != nil || state.last != before.Block {
		t.Errorf("the snapshot before it is not used: block %d, %v", state.last, err)
	}
	k.live(s, "one", 40)
	s = k.again(s, "p")
	stream, head, _, err := s.snapshotHead(t.Context(), "one")
	if err != nil || head.Block <= before.Block {
		t.Fatalf("no later snapshot was made: %+v, %v", head, err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(s.snapshotStream()+".>"))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]uint64{s.snapshotSubject("one"): 1, head.Parts: 2}; !reflect.DeepEqual(info.State.Subjects, want) {
		t.Errorf("the stream holds %v, want %v", info.State.Subjects, want)
	}
}

func TestTwoProcessesKeepOneSnapshot(t *testing.T) {
	k := keeping(t, testServer(t), "TWO")
	s, other := k.open("p"), k.open("p")
	k.begin(s, "one")
	for range 8 {
		k.live(s, "one", 10)
		k.live(other, "one", 10)
	}
	other.Close()
	s = k.again(s, "p")
	state, err := s.snapshot(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.replayed(s, "one", state).domain, k.replayed(s, "one", newLedgerState()).domain; !reflect.DeepEqual(got, want) {
		t.Error("the snapshot leads elsewhere than the log")
	}
}

// The writer decides ahead as long as commands come, and has to pause for it.
func TestASnapshotIsMadeWhileCommandsKeepComing(t *testing.T) {
	k := keeping(t, testServer(t), "BUSY")
	s := k.open("p")
	k.begin(s, "one")
	cent, _ := domain.ParseAmount("0.01")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var clients sync.WaitGroup
	for client := range 8 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				s.Submit(ctx, "one", Request{ID: fmt.Sprintf("c-%d-%d", client, n), Actor: "tester",
					Command: &domain.DisburseFunds{FundAmount: domain.FundAmount{Fund: "fund", Amount: cent}, Project: "road"}})
			}
		})
	}
	for made := 0; made < 3 && ctx.Err() == nil; {
		if state, err := s.snapshot(ctx, "one"); err == nil && state.last > uint64(made)*20 {
			made++
		}
	}
	if ctx.Err() != nil {
		t.Error("no snapshot was made in a minute")
	}
	stop()
	clients.Wait()
}

func TestALargeSnapshotIsCutIntoParts(t *testing.T) {
	k := keeping(t, testServer(t), "PARTS")
	s := k.open("p")
	if _, err := s.createSnapshotStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, snapshotPartMax - 1, snapshotPartMax, snapshotPartMax + 1, 3*snapshotPartMax + 7} {
		whole := make([]byte, size)
		for i := range whole {
			whole[i] = byte(k.random.Uint32())
		}
		head := snapshotHead{Parts: s.snapshotSubject("one") + ".x"}
		if err := s.writeParts(t.Context(), &head, whole[:size/3], whole[size/3:]); err != nil {
			t.Fatal(err)
		}
		stream, err := s.js.Stream(t.Context(), s.snapshotStream())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readParts(t.Context(), stream, head); err != nil || !slices.Equal(got, whole) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
	}
}

func TestMergedEntriesAreFound(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	x, want := newEntryIndex(nil), map[entryKey]entryRecord{}
	for range 20 {
		for range r.IntN(60) {
			key := entryKey{byte(r.IntN(5)), byte(r.IntN(256))}
			record := entryRecord{block: r.Uint64(), content: r.Uint64(), actor: r.Uint32()}
			x.put(key, record)
			want[key] = record
		}
		x.freeze()
		frozen := x.frozen
		for key, record := range want {
			if got, ok, _ := x.get(t.Context(), key); !ok || got != record {
				t.Fatalf("%x is %+v while it is frozen, want %+v", key, got, record)
			}
		}
		x.thaw(x.sorted.merge(frozen))
		if got := x.all(t); !reflect.DeepEqual(got, want) || len(x.sorted) != len(want)*entryBytes {
			t.Fatalf("%d entries are %d, in %d bytes", len(want), len(got), len(x.sorted))
		}
	}
	if _, ok, _ := x.get(t.Context(), entryKey{9}); ok {
		t.Error("an entry that nobody put is there")
	}
}

func testServer(t *testing.T) *localnats.Server {
	t.Helper()
	s, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
