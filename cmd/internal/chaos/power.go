package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aidledger/eventstore"

	"golang.org/x/sys/unix"
)

// The request of ext4 that stops a file system at once, without writing what
// is only in memory; see EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH in
// the Linux source.
const (
	ext4Shutdown   = 0x8004587d
	withoutFlushed = 2
)

// noLoops says why this process cannot mount an image of ext4.
func noLoops() error {
	if err := noMounts(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "aidledger-loop-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "image")
	if err := newImage(image); err != nil {
		return err
	}
	mount := filepath.Join(dir, "mount")
	if err := os.Mkdir(mount, 0o700); err != nil {
		return err
	}
	if err := command("mount", "-o", "loop", image, mount); err != nil {
		return err
	}
	return command("umount", mount)
}

func newImage(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(96<<20), f.Close()); err != nil {
		return err
	}
	return command("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", path)
}

// cutPower stops the file system below a directory as a loss of power does.
func cutPower(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.IoctlSetPointerInt(int(f.Fd()), ext4Shutdown, withoutFlushed)
}

// powerCut cuts the power of the log's disk while clients pay. Without sync
// always, which is how a NATS server comes, acknowledged payments are lost.
func powerCut(ctx context.Context, r *Run) error {
	m := newMemory()
	cuts := r.scale(2, 20)
	if r.Unprotected {
		cuts = 10 // the system may write by itself what nobody synced
	}
	for cut := range cuts {
		if err := r.cutOnce(ctx, m, cut); err != nil {
			return err
		}
	}
	r.figure("%d power cuts with sync always: acknowledged %d, lost 0, duplicated 0", cuts, len(m.acknowledged))
	return nil
}

func (r *Run) cutOnce(ctx context.Context, m *memory, cut int) (err error) {
	image, mount := filepath.Join(r.Dir, fmt.Sprint("image", cut)), filepath.Join(r.Dir, fmt.Sprint("disk", cut))
	if err := errors.Join(newImage(image), os.Mkdir(mount, 0o700), command("mount", "-o", "loop", image, mount)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, command("umount", mount), os.Remove(image)) }()
	server, err := r.startNode(ctx, fmt.Sprint("power", cut), filepath.Join(mount, "nats"), "")
	if err != nil {
		return err
	}
	defer func() { server.kill() }()
	conn, err := connect(server.url())
	if err != nil {
		return err
	}
	defer conn.Close()
	open := func() (store *eventstore.Store, err error) {
		waited := until(ctx, "opening the log", func() bool {
			store, err = eventstore.Open(ctx, eventstore.Config{Conn: conn, Log: quiet, Now: time.Now, PublishTimeout: 200 * time.Millisecond, AnswerTimeout: time.Second})
			return !eventstore.Is(err, eventstore.LogUnavailable)
		})
		return store, cmp.Or(err, waited)
	}
	store, err := open()
	if err != nil {
		return err
	}
	defer func() { store.Close() }()
	if err := must(ctx, store.Submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	here := newMemory()
	enough := 50 + r.dice.IntN(300)
	stop := here.load(ctx, store.Submit, 16)
	defer stop()
	if err := until(ctx, "the load", func() bool { return here.count() >= enough }); err != nil {
		return err
	}
	// Without power nobody answers either. In the instant of the cut ext4 tells a
	// sync that is under way now and then that it succeeded, although its data is
	// gone; so what is answered from here on does not count.
	here.deafen(true)
	if err := cutPower(mount); err != nil {
		return err
	}
	server.kill()
	stop()
	here.deafen(false)
	store.Close()
	if err := errors.Join(command("umount", mount), command("mount", "-o", "loop", image, mount)); err != nil {
		return err
	}
	if err := server.restart(ctx); err != nil {
		return err
	}
	if store, err = open(); err != nil {
		return violated("%d payments were acknowledged, and after the power cut the log cannot be opened: %v", here.count(), err)
	}
	for id, fen := range here.acknowledged {
		m.acknowledged[id] = fen
	}
	return here.survived(ctx, store)
}

// survived compares the log after a power cut with what was acknowledged, also
// after what had no answer was sent again.
func (m *memory) survived(ctx context.Context, store *eventstore.Store) error {
	survived, err := audit(ctx, store)
	if err != nil {
		return violated("after the power cut: %v", err)
	}
	if err := survived.compare(m.acknowledged); err != nil {
		return err
	}
	if _, err := m.repeat(ctx, store.Submit, false); err != nil {
		return violated("after the power cut: %v", err)
	}
	t, err := audit(ctx, store)
	if err != nil {
		return violated("after the power cut: %v", err)
	}
	return m.compare(t)
}
