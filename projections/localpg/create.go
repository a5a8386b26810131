package localpg

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// create makes the data directory of this version when there is none. It is made under another name and renamed when
// complete, so that a directory with the right name is always whole. What killed starts left half-made is removed: the
// guard is held, so nobody is writing there any more.
func (c *Cluster) create(ctx context.Context, guard *os.File) error {
	stale, _ := filepath.Glob(filepath.Join(c.dir, "pg*.new-*"))
	for _, path := range stale {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("localpg: %w", err)
		}
	}
	if _, err := os.Stat(filepath.Join(c.dataDir(), "PG_VERSION")); err == nil {
		return nil
	}
	fresh, err := os.MkdirTemp(c.dir, filepath.Base(c.dataDir())+".new-")
	if err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.fill(ctx, guard, fresh); err != nil {
		os.RemoveAll(fresh)
		return err
	}
	if err := os.Rename(fresh, c.dataDir()); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	c.created = true
	return c.syncDir()
}

// fill puts a new cluster into an empty directory: from the cache when there is one, otherwise by initdb.
func (c *Cluster) fill(ctx context.Context, guard *os.File, fresh string) error {
	if c.config.Primary != nil {
		return c.copyPrimary(ctx, guard, fresh)
	}
	args := []string{
		"--username=" + role, "--auth=peer", "--encoding=UTF8", "--locale=C", "--no-instructions",
		"--data-checksums", // a damaged page is an error, not a wrong total
	}
	if c.config.Unsafe {
		args = append(args, "--no-sync", "--wal-segsize=1")
	}
	cached := ""
	if c.cache != "" {
		key := sha256.Sum256([]byte(strings.Join(args, "\n")))
		cached = filepath.Join(c.cache, fmt.Sprintf("postgres-%s-%x", c.installed.version, key[:4]))
		if _, err := os.Stat(cached); err == nil {
			return c.copyOf(cached, fresh)
		}
	}
	if err := c.account.give(fresh); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.finish(ctx, guard, "initdb", append(args, "-D", fresh)...); err != nil {
		return err
	}
	if cached != "" {
		saveTo(cached, fresh)
	}
	return nil
}

// copyPrimary puts a copy of the primary, which goes on meanwhile, into an empty directory. It holds how to follow it.
func (c *Cluster) copyPrimary(ctx context.Context, guard *os.File, fresh string) error {
	if err := c.account.give(fresh); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return c.finish(ctx, guard, "pg_basebackup", "--pgdata="+fresh, "--host="+c.config.Primary.sockets, fmt.Sprintf("--port=%d", port),
		"--username="+role, "--no-password", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf")
}

// finish runs one of PostgreSQL's programs to its end.
func (c *Cluster) finish(ctx context.Context, guard *os.File, name string, args ...string) error {
	p, err := c.launch(guard, "INT", "", c.installed.program(name), args...)
	if err != nil {
		return err
	}
	if err := p.wait(ctx); err != nil {
		_ = p.stop(context.WithoutCancel(ctx))
		return c.withLog(fmt.Errorf("%s: %w", name, err))
	}
	if code := p.status.ExitStatus(); code != 0 {
		return c.withLog(fmt.Errorf("%s ended with status %d", name, code))
	}
	return nil
}

// copyOf fills fresh from the cache. The copies are open to nobody else, because fresh itself is not.
func (c *Cluster) copyOf(cached, fresh string) error {
	err := os.CopyFS(fresh, os.DirFS(cached))
	if err == nil && c.account.dropped() {
		err = filepath.WalkDir(fresh, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return c.account.give(path)
		})
	}
	if err != nil {
		return fmt.Errorf("localpg: copy %s (remove it if it is damaged): %w", cached, err)
	}
	return nil
}

// saveTo puts a new cluster into the cache. A cache that cannot be written costs time and nothing else, and of several
// processes that save at once the first one does it, so no failure matters here.
func saveTo(cached, fresh string) {
	parent := filepath.Dir(cached)
	if os.MkdirAll(parent, 0o700) != nil {
		return
	}
	lock, err := tryLock(filepath.Join(parent, "lock"), os.O_CREATE)
	if err != nil {
		return
	}
	defer lock.Close()
	killed, _ := filepath.Glob(filepath.Join(parent, "new-*"))
	for _, path := range killed {
		os.RemoveAll(path)
	}
	part, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return
	}
	if os.CopyFS(part, os.DirFS(fresh)) != nil || os.Rename(part, cached) != nil {
		os.RemoveAll(part)
	}
}

// syncDir makes the rename of the data directory durable.
func (c *Cluster) syncDir() error {
	if c.config.Unsafe {
		return nil
	}
	dir, err := os.Open(c.dir)
	if err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return nil
}
