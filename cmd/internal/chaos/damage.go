package chaos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"

	"github.com/nats-io/nats.go/jetstream"
)

// original is a log as it was before it was damaged.
type original struct {
	dir    string
	hashes []eventstore.Hash // of block 1, 2, ...
	files  []string          // relative to dir
}

// makeOriginal writes a log of two ledgers and stops its server.
func (r *Run) makeOriginal(ctx context.Context, blocks int) (*original, error) {
	o := &original{dir: filepath.Join(r.Dir, "original")}
	nats, err := localnats.Start(o.dir)
	if err != nil {
		return nil, err
	}
	defer nats.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	for _, name := range []string{ledger, "other"} {
		if err := must(ctx, store.Submit, name, programme(1, plenty)...); err != nil {
			return nil, err
		}
	}
	for i := range blocks {
		batch := make([]eventstore.Request, r.scale(1, 40))
		for j := range batch {
			batch[j] = ask(pay(0, int64(1+i)))
		}
		for _, out := range store.SubmitBatch(ctx, []string{ledger, "other"}[i%2], batch, true) {
			if out.Err != nil {
				return nil, out.Err
			}
		}
	}
	end, err := store.End(ctx)
	if err != nil {
		return nil, err
	}
	for m, err := range store.Blocks(ctx, 0, end) {
		if err != nil {
			return nil, err
		}
		o.hashes = append(o.hashes, m.Hash())
	}
	store.Close()
	nats.Close()
	err = filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			name, _ := filepath.Rel(o.dir, path)
			o.files = append(o.files, name)
		}
		return err
	})
	return o, err
}

// damageOnce copies the log and damages one file of the copy. What it returns
// says what it did.
func (r *Run) damageOnce(o *original, dir string) (string, error) {
	if err := os.CopyFS(dir, os.DirFS(o.dir)); err != nil {
		return "", err
	}
	blocks := slices.DeleteFunc(slices.Clone(o.files), func(f string) bool { return filepath.Ext(f) != ".blk" })
	files := o.files
	if r.dice.IntN(4) > 0 {
		files = blocks // where the money is
	}
	name := files[r.dice.IntN(len(files))]
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	kind := []string{"flipped a bit", "zeroed 512 bytes", "cut off the end", "cut off less than a block", "removed the file", "emptied the file"}[r.dice.IntN(6)]
	at := r.dice.IntN(max(len(data), 1))
	switch {
	case kind == "removed the file" || len(data) == 0:
		return name + ": removed", os.Remove(path)
	case kind == "emptied the file":
		data = nil
	case kind == "cut off the end":
		data = data[:at]
	case kind == "cut off less than a block":
		data = data[:len(data)-1-min(r.dice.IntN(400), len(data)-1)]
	case kind == "flipped a bit":
		data[at] ^= 1 << r.dice.IntN(8)
	default:
		clear(data[at:min(at+512, len(data))])
	}
	return fmt.Sprintf("%s: %s at %d", name, kind, at), os.WriteFile(path, data, 0o600)
}

// foundBy says how damage was found.
type foundBy string

const (
	notThere foundBy = "nothing was lost"
	byStart  foundBy = "the NATS server"
	byOpen   foundBy = "opening the log"
	byHead   foundBy = "the checkpoint"
	byRead   foundBy = "the check of all blocks"
	slipped  foundBy = "nobody"
)

// find opens a damaged log as a server does, and reads it.
func (o *original) find(ctx context.Context, dir string) (foundBy, error) {
	nats, err := localnats.Start(dir)
	if err != nil {
		return byStart, nil
	}
	defer nats.Close()
	store, err := eventstore.Open(ctx, eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true, MustExist: true})
	if err != nil {
		return byOpen, nil
	}
	defer store.Close()
	if err := store.CheckHead(ctx, uint64(len(o.hashes)), o.hashes[len(o.hashes)-1]); err != nil {
		return byHead, nil
	}
	// Writers begin with a snapshot and may never look at an old block, so a
	// server checks all of them once it has started.
	if err := store.Check(ctx, uint64(len(o.hashes))); err != nil && store.Damage() != nil {
		return byRead, nil
	}
	switch intact, err := o.same(ctx, store); {
	case err != nil:
		return slipped, nil
	case intact:
		return notThere, nil
	}
	return slipped, nil
}

// same reads the log and tells whether it is what it was. The error is what a
// reader is told.
func (o *original) same(ctx context.Context, store *eventstore.Store) (bool, error) {
	n, same := 0, true
	heads := map[string]eventstore.Hash{}
	for m, err := range store.Blocks(ctx, 0, uint64(len(o.hashes))) {
		if err != nil {
			return same, err
		}
		b, err := eventstore.Decode(m)
		if err != nil {
			return same, err
		}
		if b.Previous != heads[b.Ledger] {
			return same, errors.New("the chain is broken")
		}
		heads[b.Ledger] = b.Hash
		same = same && b.Hash == o.hashes[n]
		n++
	}
	return same && n == len(o.hashes), nil
}

// naively reads the log as a program would that trusts its server: it takes
// what comes until nothing comes any more.
func (o *original) naively(ctx context.Context, dir string) (foundBy, error) {
	nats, err := localnats.Start(dir)
	if err != nil {
		return byStart, nil
	}
	defer nats.Close()
	js, err := jetstream.New(nats.Conn())
	if err != nil {
		return slipped, err
	}
	stream, err := js.Stream(ctx, eventstore.DefaultStream)
	if err != nil {
		return byOpen, nil
	}
	state := stream.CachedInfo().State
	n := 0
	for sequence := state.FirstSeq; sequence <= state.LastSeq; sequence++ {
		_, err := stream.GetMsg(ctx, sequence)
		switch {
		case err == nil:
			n++
		case !errors.Is(err, jetstream.ErrMsgNotFound): // a consumer jumps over what is not there
			return byRead, nil
		}
	}
	if n != len(o.hashes) {
		return slipped, nil
	}
	return notThere, nil
}

// damage damages the files of a stopped log at many places.
func damage(ctx context.Context, r *Run) error {
	o, err := r.makeOriginal(ctx, r.scale(120, 1500))
	if err != nil {
		return err
	}
	find := o.find
	if r.Unprotected {
		find = o.naively
	}
	counts := map[foundBy]int{}
	cases := r.scale(40, 400)
	for i := range cases {
		dir := filepath.Join(r.Dir, fmt.Sprint("case", i))
		what, err := r.damageOnce(o, dir)
		if err != nil {
			return err
		}
		limited, cancel := context.WithTimeout(ctx, patience)
		by, err := find(limited, dir)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if counts[by]++; by == slipped {
			return violated("%s, and nobody noticed", what)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	found := cases - counts[notThere]
	if found == 0 {
		return errNothing
	}
	r.figure("%d damaged logs of %d blocks: %d found (%d by the NATS server, %d by opening, %d by the checkpoint, %d by the check of all blocks), %d whole all the same, 0 slipped through",
		cases, len(o.hashes), found, counts[byStart], counts[byOpen], counts[byHead], counts[byRead], counts[notThere])
	return nil
}
