package eventstore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"

	"github.com/nats-io/nats.go/jetstream"
)

func TestAFileIsKnownByItsHash(t *testing.T) {
	nats := server(t)
	s := open(t, nats)
	ctx := t.Context()
	data := bytes.Repeat([]byte("scan of a voucher "), 20_000)
	sum := sha256.Sum256(data)
	want := hex.EncodeToString(sum[:])
	if _, err := s.File(ctx, "test", want); !eventstore.Is(err, eventstore.FileMissing) {
		t.Fatalf("before there is any: %v", err)
	}
	for range 2 {
		if hash, err := s.PutFile(ctx, "test", data); err != nil || hash != want {
			t.Fatalf("%s %v, want %s", hash, err, want)
		}
	}
	if got, err := s.File(ctx, "test", want); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if _, err := s.File(ctx, "other", want); !eventstore.Is(err, eventstore.FileMissing) {
		t.Errorf("another ledger: %v", err)
	}
	if _, err := s.PutFile(ctx, "test", make([]byte, eventstore.FileMax+1)); !eventstore.Is(err, eventstore.FileTooLarge) {
		t.Errorf("a large file: %v", err)
	}
	js, err := jetstream.New(nats.Conn())
	if err != nil {
		t.Fatal(err)
	}
	files, err := js.ObjectStore(ctx, s.Stream()+"-files")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Put(ctx, jetstream.ObjectMeta{Name: "test/" + want}, strings.NewReader("forged")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.File(ctx, "test", want); !eventstore.Is(err, eventstore.FileDamaged) {
		t.Errorf("a forged file: %v", err)
	}
	if hash, err := s.PutFile(ctx, "test", data); err != nil || hash != want {
		t.Errorf("the right file again: %s %v", hash, err)
	}
	if got, err := s.File(ctx, "test", want); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A server that finds a piece of a file damaged on its disk leaves it out without a
// word.
func TestAFileOfWhichThePiecesAreDamagedOnTheDiskIsNoticedAtOnce(t *testing.T) {
	dir := t.TempDir()
	nats, err := localnats.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, nats)
	hash, err := s.PutFile(t.Context(), "test", bytes.Repeat([]byte("scan of a voucher "), 50_000))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	nats.Close()
	blocks, _ := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "OBJ_*", "msgs", "*.blk"))
	if len(blocks) != 1 {
		t.Fatalf("the file is in %q", blocks)
	}
	stored, err := os.ReadFile(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	stored[len(stored)/2] ^= 1
	if err := os.WriteFile(blocks[0], stored, 0o600); err != nil {
		t.Fatal(err)
	}
	if nats, err = localnats.Start(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	if _, err := open(t, nats).File(t.Context(), "test", hash); !eventstore.Is(err, eventstore.FileDamaged) {
		t.Errorf("got %v", err)
	}
}
