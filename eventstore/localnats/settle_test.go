package localnats

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAStartWritesTheEndOfTheLogAnew(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "jetstream", "$G", "streams", "LOG", "msgs", "1.blk")
	fill(t, dir)
	before, inode := read(t, file)

	if err := settle(dir); err != nil {
		t.Fatal(err)
	}
	after, other := read(t, file)
	if os.SameFile(inode, other) || !bytes.Equal(before, after) {
		t.Errorf("the end of the log is the same file %t and has the same content %t; want another one with the same content",
			os.SameFile(inode, other), bytes.Equal(before, after))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
	if n := fill(t, dir); n != 2 {
		t.Errorf("after another start the log has %d messages, want 2", n)
	}
}

func TestALogWhoseEndCannotBeWrittenIsNotStarted(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "settle.tmp"), 0o700); err != nil { // as unwritable as a disk without syncs
		t.Fatal(err)
	}
	if s, err := Start(dir); err == nil {
		s.Close()
		t.Error("it started")
	}
}

// fill starts a server, adds one message to its log and returns how many it has.
func fill(t *testing.T, dir string) uint64 {
	t.Helper()
	s, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "LOG", Subjects: []string{"log"}}); err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "log", []byte("a message"))
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

func read(t *testing.T, file string) ([]byte, os.FileInfo) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return data, info
}
