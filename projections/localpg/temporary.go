package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Temporary starts a cluster in a new temporary directory, which disappears with the server, and so at the latest when
// the process ends. It is not durable and meant for tests. The result of initdb is kept in the directory cache for the
// next time, which makes a start about four times as fast; an empty name means no cache.
func Temporary(ctx context.Context, cache string) (*Cluster, error) {
	base, err := TemporaryBase(ctx)
	if err != nil {
		return nil, err
	}
	sweep(base)
	for {
		dir, err := os.MkdirTemp(base, temporaryPrefix)
		if err != nil {
			return nil, fmt.Errorf("localpg: %w", err)
		}
		if os.Geteuid() == 0 { // as makeAll does
			if err := os.Chmod(dir, 0o711); err != nil {
				return nil, fmt.Errorf("localpg: %w", err)
			}
		}
		c := &Cluster{dir: dir, leftover: dir, cache: cache, temporary: true, config: Config{Unsafe: true}}
		err = c.start(ctx)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, ErrLocked) { // another process took the new directory for a stale one
			return nil, err
		}
	}
}

const temporaryPrefix = "aidledger-postgres-"

// memoryMin is how much room, in bytes, a file system in memory must have to be used: many databases of 8 MB each.
const memoryMin = 1 << 30

// TemporaryBase is the directory for temporary clusters, and for other directories in which tests start one. A file system in memory makes a start and every new database
// several times as fast and spares the disk; it is used where there is one with room to spare (containers often have a
// small one). Otherwise it is the usual directory for temporary files, unless its path is too long for a socket or
// closed to the server's user.
func TemporaryBase(ctx context.Context) (string, error) {
	user, err := serverAccount("")
	if err != nil {
		return "", err
	}
	var memory syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &memory) == nil && uint64(memory.Bavail)*uint64(memory.Bsize) > memoryMin {
		return "/dev/shm", nil
	}
	base := os.TempDir()
	if !socketFits(filepath.Join(base, temporaryPrefix+"0123456789", "run")) || user.reach(ctx, base) != nil {
		base = "/tmp"
	}
	return base, nil
}

// sweep removes temporary clusters whose owner was killed before there was a watchdog to do it.
func sweep(base string) {
	found, _ := filepath.Glob(filepath.Join(base, temporaryPrefix+"*"))
	for _, dir := range found {
		lock, err := tryLock(filepath.Join(dir, "lock"), 0)
		if err != nil {
			continue
		}
		guard, err := tryLock(filepath.Join(dir, "server.lock"), 0)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			os.RemoveAll(dir)
		}
		if guard != nil {
			guard.Close()
		}
		lock.Close()
	}
}

// giveAway makes the server's user the owner of a temporary directory, so that the watchdog, who runs as that user, can
// remove it. It is the last step before the server starts: root writes nothing into a directory that is not its own.
func (c *Cluster) giveAway() error {
	for _, path := range []string{c.confFile(""), c.dir} {
		if err := c.account.give(path); err != nil {
			return fmt.Errorf("localpg: %w", err)
		}
	}
	return nil
}
