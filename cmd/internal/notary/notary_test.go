package notary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
	"aidledger/eventstore/proof"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// office is a log with its read models and a notary.
type office struct {
	*Notary
	store  *eventstore.Store
	views  *projections.DB
	runner *projections.Runner
	url    string
	n      int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	nats, err := localnats.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	o := &office{url: pgtest.Database(t)}
	quiet := slog.New(slog.DiscardHandler)
	if o.store, err = eventstore.Open(t.Context(), eventstore.Config{Conn: nats.Conn(), Now: time.Now, Log: quiet, SyncAlways: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.store.Close)
	if o.views, err = projections.Open(t.Context(), o.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.views.Close)
	o.runner = projections.NewRunner(o.views, o.store, quiet)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = o.runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	o.Notary = &Notary{Log: o.store, Archive: o.views.Archive(), Keys: []proof.SigningKey{newKey(t, "ledger.example")}, Now: time.Now, Out: quiet}
	return o
}

func newKey(t *testing.T, name string) proof.SigningKey {
	t.Helper()
	text, err := proof.GenerateSigningKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := proof.ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// record records some commands in a ledger and waits for the archive.
func (o *office) record(t *testing.T, ledger string, some int) {
	t.Helper()
	for range some {
		o.n++
		var c domain.Command = &domain.RegisterOrganisation{Organisation: domain.ID(fmt.Sprintf("org-%d", o.n)), Name: "单位", Kind: "government"}
		if o.n == 1 || ledger != "one" && o.n%10 == 1 {
			c = &domain.OpenLedger{Title: ledger}
		}
		r, err := o.store.Submit(t.Context(), ledger, eventstore.Request{ID: fmt.Sprintf("k-%d", o.n), Command: c, Actor: "owner", Role: "owner"})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.runner.WaitFor(t.Context(), r.Position.Block); err != nil {
			t.Fatal(err)
		}
	}
}

func (o *office) sql(t *testing.T, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// verifiers is whom others believe about a ledger.
func (o *office) verifiers(t *testing.T, ledger string) proof.Keys {
	t.Helper()
	text, err := o.VerifierKeys(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := proof.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (o *office) last(t *testing.T, ledger string) projections.SignedCheckpoint {
	t.Helper()
	c, err := o.Archive.Checkpoint(t.Context(), ledger, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACheckpointCoversEveryEntryThatWasRecorded(t *testing.T) {
	o := newOffice(t)
	for range 3 {
		o.record(t, "one", 7)
		if err := o.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.n = 30
	o.record(t, "two", 4)
	if err := o.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	edges := map[string]*proof.Edge{"one": {}, "two": {}}
	for m, err := range o.store.Blocks(t.Context(), 0, 25) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := proof.ParseBlock(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range b.Leaves {
			edges[m.Ledger].Add(tlog.RecordHash(leaf))
		}
	}
	for ledger, edge := range edges {
		c := o.last(t, ledger)
		if c.Size != edge.Size() || c.Root != edge.Root() {
			t.Errorf("the checkpoint of %s has %d entries and the root %s; the log has %d and %s", ledger, c.Size, c.Root, edge.Size(), edge.Root())
		}
		keys := o.verifiers(t, ledger)
		if opened, err := keys.Open(c.Note); err != nil || opened.Standing() != "signed, not witnessed" {
			t.Errorf("the checkpoint of %s opens as %q, %v", ledger, opened.Standing(), err)
		}
		receipt, err := o.views.Receipt(t.Context(), ledger, fmt.Sprint(c.Block))
		if ledger == "two" && err == nil {
			_, err = receipt.Verify(keys)
			if err != nil {
				t.Errorf("the receipt of the last entry of %s: %v", ledger, err)
			}
		}
	}
	all, err := o.Archive.Checkpoints(t.Context(), "one")
	if err != nil || len(all) != 3 {
		t.Fatalf("%d checkpoints of one were signed (%v)", len(all), err)
	}
	if err := o.SignAll(t.Context()); err != nil { // a day has ended
		t.Fatal(err)
	}
	if c := o.last(t, "one"); c.Size != 21 || !c.SignedAt.After(all[2].SignedAt) {
		t.Errorf("after the day's end the last checkpoint is %+v", c)
	}
}

// changed is a log with one block that is not what it was.
type changed struct {
	projections.Log
	at uint64
}

func (l changed) Blocks(ctx context.Context, after, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range l.Log.Blocks(ctx, after, until) {
			if m.Sequence == l.at {
				m.Data = []byte(strings.Replace(string(m.Data), "单位", "单佐", 1))
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func TestNothingIsSignedWhileACopyIsNotWhatItWas(t *testing.T) {
	const unlock = "grant all on all tables in schema aidledger_archive to current_user"
	for name, c := range map[string]struct {
		damage   func(o *office)
		position string // empty: of no one block
	}{
		"a block of the log was changed": {func(o *office) { o.Log = changed{o.store, 9} }, "9"},
		"a block of the archive was changed": {func(o *office) {
			o.sql(t, unlock, "alter table aidledger_archive.blocks disable trigger never_changed",
				"update aidledger_archive.blocks set data = decode(replace(encode(data, 'hex'), 'e58d95', 'e58d96'), 'hex') where sequence = 8")
		}, "8"},
		"a block of the archive was deleted": {func(o *office) {
			o.sql(t, unlock, "alter table aidledger_archive.blocks disable trigger never_changed",
				"delete from aidledger_archive.blocks where sequence = 7")
		}, "7"},
		"the last checkpoint was forged": {func(o *office) {
			o.sql(t, unlock, "alter table aidledger_archive.checkpoints disable trigger never_changed",
				"update aidledger_archive.checkpoints set root = sha256(root)")
		}, "5"},
		"a tile of the tree was changed": {func(o *office) {
			o.sql(t, "update aidledger_archive.tiles set data = set_byte(data, 3, 1 - get_byte(data, 3) % 2)")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.record(t, "one", 5)
			if err := o.Sign(t.Context()); err != nil {
				t.Fatal(err)
			}
			o.record(t, "one", 5)
			c.damage(o)
			err := o.Sign(t.Context())
			var damage *Damage
			if err == nil || o.Failed() == nil || c.position != "" && (!errors.As(err, &damage) || damage.Position.String() != c.position) {
				t.Errorf("it says %v, want damage at position %s", err, c.position)
			}
			if last := o.last(t, "one"); last.Size != 5 {
				t.Errorf("%d entries are signed", last.Size)
			}
		})
	}
}

func TestAWitnessThatFollowsTheTreeCosignsIt(t *testing.T) {
	o := newOffice(t)
	o.record(t, "one", 3)
	w := newWitness(t, "witness.example", o.Keys[0].Verifier("one"))
	server := httptest.NewServer(w)
	defer server.Close()
	var err error
	if o.Witnesses, err = ParseWitnesses("# public\n" + server.URL + "/ " + w.verifier() + "\n"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := o.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		standing, err := o.Standing(o.last(t, "one"))
		if err != nil || !strings.HasPrefix(standing, "signed, and witnessed by witness.example") {
			t.Errorf("the checkpoint is %q (%v)", standing, err)
		}
		o.record(t, "one", 4)
	}
	if w.stale != 2 {
		t.Errorf("the witness was asked %d times about a size that it has not cosigned, want 2: it knew nothing the first time", w.stale)
	}
	server.Close()
	if err := o.Sign(t.Context()); err != nil {
		t.Errorf("without its witness nothing is signed: %v", err)
	}
	if standing, err := o.Standing(o.last(t, "one")); err != nil || standing != "signed, not witnessed" {
		t.Errorf("without its witness the checkpoint is %q (%v)", standing, err)
	}
}

func TestAWitnessThatKnowsAnotherPastIsHeard(t *testing.T) {
	o := newOffice(t)
	o.record(t, "one", 3)
	w := newWitness(t, "witness.example", o.Keys[0].Verifier("one"))
	server := httptest.NewServer(w)
	defer server.Close()
	var err error
	if o.Witnesses, err = ParseWitnesses(server.URL + " " + w.verifier()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		size     int64
		root     tlog.Hash
		disputed bool
	}{
		"it has cosigned what is there":          {3, tlog.Hash{}, false},
		"it has cosigned another root":           {3, tlog.Hash{1}, true},
		"it has cosigned another past":           {2, tlog.Hash{1}, true},
		"it has cosigned more than there is now": {9, tlog.Hash{1}, true},
	} {
		if err := o.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := o.last(t, "one")
		if w.size, w.root = c.size, c.root; !c.disputed {
			w.root = last.Root
		}
		if err := o.ask(t.Context(), o.Witnesses[0], last); errors.Is(err, errDisputed) != c.disputed {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestTheListOfWitnessesIsChecked(t *testing.T) {
	for _, bad := range []string{"https://w.example", "ftp://w.example key", "https:// key", "w.example+00000000+BAAA"} {
		if all, err := ParseWitnesses(bad); err == nil {
			t.Errorf("%q is read as %v", bad, all)
		}
	}
}
