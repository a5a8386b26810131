package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aidledger/eventstore"
	"aidledger/eventstore/localnats"
)

// command runs a program of the system.
func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// noMounts says why this process cannot mount file systems.
func noMounts() error {
	if os.Geteuid() != 0 {
		return errors.New("this is not root")
	}
	dir, err := os.MkdirTemp("", "aidledger-mount-")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	if err := command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir); err != nil {
		return err
	}
	return command("umount", dir)
}

// fill takes all the room of a file system but some bytes.
func fill(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for written := int64(0); written < size; written += int64(len(block)) {
		if _, err := f.Write(block); err != nil {
			return nil // it is full
		}
	}
	return nil
}

// diskFull fills the disk of the log while clients pay, and makes room again.
func diskFull(ctx context.Context, r *Run) (err error) {
	mount := filepath.Join(r.Dir, "small")
	if err := os.Mkdir(mount, 0o700); err != nil {
		return err
	}
	if err := command("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", mount); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, command("umount", mount)) }()
	nats, err := localnats.Start(filepath.Join(mount, "nats"))
	if err != nil {
		return err
	}
	defer nats.Close()
	cfg := eventstore.Config{Conn: nats.Conn(), Log: quiet, Now: time.Now, SyncAlways: true, PublishTimeout: 300 * time.Millisecond,
		AnswerTimeout: 1500 * time.Millisecond, Room: nats.Room}
	var revived atomic.Int32
	if !r.Unprotected {
		cfg.Revive = func() error {
			err := nats.Revive()
			if err == nil {
				revived.Add(1)
			}
			return err
		}
	}
	// A slow disk can end the wait of a write before it has met the full disk.
	for round := 0; round < r.scale(2, 10) || !r.Unprotected && revived.Load() == 0 && round < 20; round++ {
		// In every other round nobody looks for room before a write, as when the
		// last of it goes between the look and the write.
		if cfg.Room = nats.Room; round%2 == 0 {
			cfg.Room = nil
		}
		if err := r.fillOnce(ctx, cfg, filepath.Join(mount, "filler"), round); err != nil {
			return err
		}
	}
	if revived.Load() == 0 {
		return fmt.Errorf("%w: JetStream never had to be started again", errNothing)
	}
	r.figure("JetStream was started again %d times, by itself", revived.Load())
	return nil
}

func (r *Run) fillOnce(ctx context.Context, cfg eventstore.Config, filler string, round int) error {
	store, err := eventstore.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	name := fmt.Sprint(ledger, round)
	if err := must(ctx, store.Submit, name, programme(1, plenty)...); err != nil {
		return err
	}
	var acknowledged, refused sync.Map
	pays := func() (code string) {
		q := ask(pay(0, 1))
		_, err := store.Submit(ctx, name, q)
		if code = codeOf(err); code == "" {
			acknowledged.Store(q.ID, int64(1))
		} else if code == eventstore.LogUnavailable {
			refused.Store(q.ID, true)
		}
		return code
	}
	if err := until(ctx, "a payment with room", func() bool { return pays() == "" }); err != nil {
		return err
	}
	if err := fill(filler, 64<<20); err != nil {
		return err
	}
	code := ""
	for range 5000 { // JetStream may still have room inside a file
		if code = pays(); code != "" {
			break
		}
	}
	if code == "" {
		return fmt.Errorf("%w: 5,000 payments found room on a full disk", errNothing)
	}
	if code != eventstore.LogUnavailable && code != eventstore.OutcomeUnknown {
		return fmt.Errorf("a full disk has the code %q", code)
	}
	if err := os.Remove(filler); err != nil {
		return err
	}
	begun := time.Now()
	limit := patience
	if r.Unprotected {
		limit = 6 * time.Second // it would be for ever
	}
	for code = pays(); code != ""; code = pays() {
		if time.Since(begun) > limit {
			return violated("there has been room for %s, and payments still end with %s", time.Since(begun).Round(time.Second), code)
		}
	}
	took := time.Since(begun)
	n, err := compareAnswers(ctx, store, &acknowledged, &refused)
	if err != nil {
		return err
	}
	how := "seen before the write"
	if cfg.Room == nil {
		how = "met by a write"
	}
	r.figure("full disk %s: acknowledged %d, lost 0; worked again %s after there was room", how, n, took.Round(time.Millisecond))
	return nil
}

// compareAnswers looks for what was acknowledged in the log, and for what was
// said not to be there. It returns how many were acknowledged.
func compareAnswers(ctx context.Context, store *eventstore.Store, acknowledged, refused *sync.Map) (int, error) {
	t, err := audit(ctx, store)
	if err != nil {
		return 0, err
	}
	lost, ghosts, n := 0, 0, 0
	acknowledged.Range(func(id, _ any) bool {
		if n++; t.entries[id.(string)] != 1 {
			lost++
		}
		return true
	})
	refused.Range(func(id, _ any) bool {
		ghosts += t.entries[id.(string)]
		return true
	})
	if lost > 0 || ghosts > 0 {
		return n, violated("of %d acknowledged payments %d are lost or there twice; %d that were said not to be recorded are", n, lost, ghosts)
	}
	return n, nil
}
